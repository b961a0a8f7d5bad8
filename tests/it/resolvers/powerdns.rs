//! PowerDNS Recursor, which recurses by itself.

use super::place::{Habit, Place};
use crate::daemons::process::{Process, installed};

const PAGE: &str = "resolvers/powerdns.md";

/// An RPZ that takes loopback addresses out of answers; not all of 127.0.0.0/8, where the tests' name servers are.
const PROTECTION: &str = "$TTL 60\n@ SOA localhost. root.localhost. 1 3600 600 86400 60\n@ NS localhost.\n\
    24.0.0.0.127.rpz-ip CNAME .\n";

/// Networks where the recursor asks nobody by default, but for whom it forwards to.
const NOT_ASKED: &str =
    "127.0.0.0/8, 10.0.0.0/8, 100.64.0.0/10, 169.254.0.0/16, 192.168.0.0/16, 172.16.0.0/12";

/// Starts it with the page's lines.
pub(crate) fn start(place: &Place) -> Process {
    start_with(place, &snippet(place))
}

/// As `start`, and takes the list for an authoritative server instead of a resolver.
pub(super) fn start_as_authoritative(place: &Place) -> Process {
    let zone = snippet(place).replace("forward-zones-recurse", "forward-zones");
    start_with(place, &zone)
}

fn snippet(place: &Place) -> String {
    place.file(PAGE, "/etc/powerdns/recursor.d/bogusmx.conf", ":")
}

fn start_with(place: &Place, zone: &str) -> Process {
    let hints = place.write("root.hints", &place.hints());
    let exemption = place.plain_file(PAGE, "/etc/powerdns/recursor.lua");
    let passed = place.plain_file(PAGE, "/etc/powerdns/rpz.zone");
    let rpz = place.write("rpz.zone", &format!("{PROTECTION}{passed}"));
    let protection = format!(
        "rpzFile(\"{}\", {{policyName=\"rebinding\"}})\n",
        rpz.display()
    );
    let (_, ds) = place
        .nsd
        .anchor()
        .ds
        .split_once(" DS ")
        .expect("a DS record");
    let lua = format!(
        "clearTA(\".\")\naddTA(\".\", \"{ds}\")\n{}{exemption}",
        place.either(Habit::Protects, &protection, ""),
    );
    let lua = place.write("recursor.lua", &lua);
    let config = format!(
        "local-address={address}
local-port={port}
hint-file={hints}
lua-config-file={lua}
dnssec={validation}
qname-minimization={minimisation}
nothing-below-nxdomain={minimisation}
allow-from=127.0.0.0/8
dont-query={NOT_ASKED}, !{internet}/32
security-poll-suffix=
threads=1
write-pid=no
{zone}",
        address = place.server.ip(),
        port = place.server.port(),
        internet = place.nsd.address(),
        hints = hints.display(),
        lua = lua.display(),
        validation = place.either(Habit::Validates, "validate", "off"),
        minimisation = place.either(Habit::Minimises, "yes", "no"),
    );
    place.write("recursor.conf", &config);
    let folder = place.folder();
    let folder = folder.to_str().expect("a plain path");
    let args = [
        &format!("--config-dir={folder}"),
        &format!("--socket-dir={folder}"),
        "--daemon=no",
    ];
    let program = installed("pdns_recursor", "pdns-recursor");
    Process::start("pdns_recursor", &program, &args, &place.folder())
}
