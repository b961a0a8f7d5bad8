//! systemd-resolved, in front of an Unbound that has the lines of its own page.
//!
//! It runs without systemd and D-Bus, in a mount namespace where its configuration, its folder in /run and its user are.

use std::fs;

use super::place::{Habit, Place};
use super::unbound;
use crate::daemons::address;
use crate::daemons::process::{Process, installed, unpacked};
use crate::daemons::unbound::Unbound;

/// The user that Debian's package makes, where it is not installed.
const USER: &str = "systemd-resolve:x:995:995::/:/usr/sbin/nologin\n";
const GROUP: &str = "systemd-resolve:x:995:\n";

/// `sh -c` script with the folder as its first argument, the program as the rest.
const IN_NAMESPACE: &str = "set -e; folder=$1; shift
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /etc/systemd
mount --bind \"$folder/passwd\" /etc/passwd
mount --bind \"$folder/group\" /etc/group
install -D \"$folder/resolved.conf\" /etc/systemd/resolved.conf.d/bogusmx.conf
install -D \"$folder/stub.conf\" /etc/systemd/resolved.conf.d/stub.conf
install -D \"$folder/root.positive\" /run/dnssec-trust-anchors.d/root.positive
install -d -o systemd-resolve -g systemd-resolve /run/systemd/resolve
exec \"$@\"";

/// Starts both with the pages' lines.
pub(crate) fn start(place: &Place) -> Process {
    let resolver = (address::loopback(), 53).into();
    let snippet = unbound::snippet(place);
    let unbound = Unbound::start_with(&place.folder(), resolver, &place.nsd, &snippet, "");
    let page = "resolvers/systemd-resolved.md";
    let config = place.plain_file(page, "/etc/systemd/resolved.conf.d/bogusmx.conf");
    let config = config.replace("DNS=127.0.0.1", &format!("DNS={}", resolver.ip()));
    place.write("resolved.conf", &config);
    let listener = format!(
        "[Resolve]\nDNSStubListener=no\nDNSStubListenerExtra={}\n",
        place.server
    );
    let validation = place.either(Habit::Validates, "DNSSEC=yes\n", "DNSSEC=no\n");
    place.write("stub.conf", &(listener + validation));
    place.write("root.positive", &place.nsd.anchor().ds);
    for (file, line) in [("passwd", USER), ("group", GROUP)] {
        let mut text = fs::read_to_string(format!("/etc/{file}")).expect("a user database");
        if !text.contains("systemd-resolve:") {
            text.push_str(line);
        }
        place.write(file, &text);
    }
    let folder = place.folder();
    let program = unpacked("lib/systemd/systemd-resolved", "systemd-resolved");
    let args = [
        "--mount",
        "sh",
        "-c",
        IN_NAMESPACE,
        "sh",
        folder.to_str().expect("a plain path"),
        program.to_str().expect("a plain path"),
    ];
    let unshare = installed("unshare", "util-linux");
    Process::start("resolved", &unshare, &args, &folder).needs(unbound.into_process())
}
