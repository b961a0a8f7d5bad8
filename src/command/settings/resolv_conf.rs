//! The system's resolvers, as every program finds them.

use std::net::SocketAddr;
use std::path::Path;

use super::SettingsError;

/// Where they are named.
pub const SYSTEM: &str = "/etc/resolv.conf";

/// The resolvers that a file like resolv.conf(5) names, in its order.
///
/// # Errors
/// [`SettingsError::NoUpstream`] if there are none.
pub fn resolvers(file: &Path) -> Result<Vec<SocketAddr>, SettingsError> {
    let none = |why| SettingsError::NoUpstream {
        file: file.to_owned(),
        why,
    };
    let text = std::fs::read(file).map_err(|error| none(error.to_string()))?;
    let (parsed, _unknown_options) = resolv_conf::Config::parse_with_errors(&text);
    let servers: Vec<SocketAddr> = parsed
        .nameservers
        .iter()
        .map(|server| SocketAddr::new(server.into(), 53))
        .collect();
    if servers.is_empty() {
        Err(none("it names no resolver".into()))
    } else {
        Ok(servers)
    }
}
