//! Gives up root once the listeners are bound.

use nix::errno::Errno;
use nix::unistd::{Uid, User, setgid, setgroups, setuid};
use thiserror::Error;

/// Why root could not be given up.
#[derive(Debug, Error)]
pub(super) enum PrivilegeError {
    /// There is no such user.
    #[error("the user '{0}' does not exist: name another one as 'user' in the configuration")]
    NoUser(String),
    /// The system refused.
    #[error("cannot become the user '{user}': {error}")]
    Refused {
        /// The user.
        user: String,
        /// Why.
        error: Errno,
    },
}

/// Becomes `user`, with that user's group and no other, if this process is root's.
///
/// # Errors
/// [`PrivilegeError`]; the caller must not go on as root then.
pub(super) fn drop_root(user: &str) -> Result<(), PrivilegeError> {
    if !Uid::effective().is_root() {
        return Ok(());
    }
    let refused = |error| PrivilegeError::Refused {
        user: user.to_owned(),
        error,
    };
    let account = User::from_name(user)
        .map_err(refused)?
        .ok_or_else(|| PrivilegeError::NoUser(user.to_owned()))?;
    setgroups(&[account.gid]).map_err(refused)?;
    setgid(account.gid).map_err(refused)?;
    setuid(account.uid).map_err(refused)
}
