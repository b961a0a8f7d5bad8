//! File descriptors: each query to the upstream takes one, and thousands may be under way.

use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit, setrlimit};
use thiserror::Error;

use super::settings::Settings;

/// For standard streams, the runtime, and files that are read again.
const OTHERS: usize = 64;

/// There are not even enough for what clients need.
#[derive(Debug, Error)]
#[error(
    "only {open_max} files may be open at a time, and {needed} are needed without any query to the \
     upstream: allow more (LimitNOFILE of the unit, 'ulimit -n'), or lower 'tcp_connections'"
)]
pub(super) struct DescriptorsError {
    open_max: usize,
    needed: usize,
}

/// Allows this process as many open files as it may have, and the queries to the upstream what the
/// rest leaves of them: so these wait, where others would fail.
///
/// # Errors
/// If nothing is left.
pub(super) fn share_out(settings: &mut Settings) -> Result<(), DescriptorsError> {
    let open_max = raise();
    let sockets = settings.addresses().len() * (1 + settings.udp.sockets());
    let needed = settings
        .tcp
        .connections_max
        .saturating_add(sockets + OTHERS);
    let left = open_max.saturating_sub(needed);
    if left == 0 {
        return Err(DescriptorsError { open_max, needed });
    }
    let wanted = &mut settings.upstream_limits.queries_max;
    if left < *wanted {
        tracing::warn!(
            "only {open_max} files may be open at a time: of the upstream_queries = {wanted}, {left} \
             can be under way, and more wait (LimitNOFILE of the unit, 'ulimit -n')"
        );
        *wanted = left;
    }
    Ok(())
}

/// Raises the soft limit to the hard one, and gives what is in force then.
fn raise() -> usize {
    let limit = Resource::RLIMIT_NOFILE;
    // Where the limit cannot be read there is none that we know of.
    let (soft, hard) = getrlimit(limit).unwrap_or((RLIM_INFINITY, RLIM_INFINITY));
    let is_raised = soft == hard || setrlimit(limit, hard, hard).is_ok();
    let in_force = if is_raised { hard } else { soft };
    usize::try_from(in_force).unwrap_or(usize::MAX)
}
