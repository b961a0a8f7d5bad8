//! dnsmasq, which asks somebody else to recurse.

use super::place::{Habit, Place};
use crate::daemons::process::{Process, copied};

/// Starts it with the page's lines.
pub(super) fn start(place: &Place) -> Process {
    let zone = place.file("resolvers/dnsmasq.md", "/etc/dnsmasq.d/bogusmx.conf", "#");
    let (_, ds) = place
        .nsd
        .anchor()
        .ds
        .split_once(" DS ")
        .expect("a DS record");
    let ds = ds.split_whitespace().collect::<Vec<_>>().join(",");
    let validation = format!("dnssec\ntrust-anchor=.,{ds}\n");
    let config = format!(
        "listen-address={address}
port={port}
bind-interfaces
user=root
pid-file=
no-hosts
no-resolv
server={recursor}
{validation}{protection}
{zone}",
        address = place.server.ip(),
        port = place.server.port(),
        recursor = place.recursor(),
        validation = place.either(Habit::Validates, &validation, ""),
        protection = place.either(Habit::Protects, "stop-dns-rebind", ""),
    );
    let config = place.write("dnsmasq.conf", &config);
    let program = copied("dnsmasq", "dnsmasq-base", &place.folder());
    let args = [
        "--keep-in-foreground",
        "--log-facility=-",
        "-C",
        config.to_str().expect("a plain path"),
    ];
    Process::start("dnsmasq", &program, &args, &place.folder())
}
