//! Whether Unbound waits for a domain that is new to the list.

use super::program;
use super::report::Finding;
use super::resolver::Resolver;

const CHECK: &str = "patience";

/// The option of unbound.conf that decides.
const OPTION: &str = "infra-cache-min-rtt";

/// What it must be at least, in milliseconds: with less, the five tries for a new name are over before the longest
/// time that the list takes for one.
const MIN_RTT_MS: u32 = 1000;

/// Reads the configuration of this host's Unbound; none if the resolver is no Unbound of this host.
pub(super) async fn check(resolver: &Resolver) -> Option<Finding> {
    if !resolver.is_unbound() || !resolver.address.ip().is_loopback() {
        return None;
    }
    let finding = match program::output("unbound-checkconf", &["-o", OPTION]).await {
        Err(error) => Finding::unknown(CHECK, error),
        Ok(None) => Finding::unknown(CHECK, "there is no unbound-checkconf to ask"),
        Ok(Some(value)) => judge(value.trim()),
    };
    Some(finding)
}

fn judge(value: &str) -> Finding {
    match value.parse::<u32>() {
        Ok(milliseconds) if milliseconds >= MIN_RTT_MS => {
            Finding::fine(CHECK, format!("unbound.conf has {OPTION}: {value}"))
        }
        Ok(_) => Finding::doubtful(
            CHECK,
            format!(
                "Unbound has {OPTION}: {value}, and on a busy host gives up on a new domain within a second"
            ),
            format!("{OPTION}: {MIN_RTT_MS}: docs/resolvers/unbound.md"),
        ),
        Err(_) => Finding::unknown(CHECK, format!("unbound-checkconf: {OPTION} is '{value}'")),
    }
}
