//! dnsdist, which hands questions to somebody else.

use super::place::Place;
use crate::daemons::process::{Process, installed};

/// Starts it with the page's lines. It neither validates nor minimises names, and protects nobody.
pub(super) fn start(place: &Place) -> Process {
    let zone = place.file("resolvers/dnsdist.md", "/etc/dnsdist/dnsdist.conf", ":");
    let config = format!(
        "setLocal('{address}:{port}')
setSecurityPollSuffix('')
newServer({{address='{recursor}:53', checkName='de.', checkType='NS'}})
getPool(''):setCache(newPacketCache(10000))
{zone}",
        address = place.server.ip(),
        port = place.server.port(),
        recursor = place.recursor(),
    );
    let config = place.write("dnsdist.conf", &config);
    let args = ["--supervised", "-C", config.to_str().expect("a plain path")];
    let program = installed("dnsdist", "dnsdist");
    Process::start("dnsdist", &program, &args, &place.folder())
}
