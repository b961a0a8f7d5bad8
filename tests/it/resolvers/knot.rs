//! Knot Resolver, which recurses by itself.

use super::place::{Habit, Place};
use crate::daemons::page::Page;
use crate::daemons::process::{Process, installed};

const PAGE: &str = "resolvers/knot.md";

/// Starts it with the page's lines. It minimises names and mixes case always.
pub(crate) fn start(place: &Place) -> Process {
    start_with(place, &snippet(place))
}

/// As `start`, and validates what it forwards, with the line that the page has for that.
pub(super) fn start_forwarding(place: &Place) -> Process {
    let line = "trust_anchors.set_insecure({'bogusmx.local'})";
    assert!(Page::read(PAGE).text().contains(line), "{PAGE}: no {line}");
    let zone = snippet(place).replace("policy.STUB", "policy.FORWARD");
    start_with(place, &(zone + &place.leave_out(line)))
}

fn snippet(place: &Place) -> String {
    place.file(PAGE, "/etc/knot-resolver/kresd.conf", "@")
}

fn start_with(place: &Place, zone: &str) -> Process {
    place.always(&[Habit::Minimises, Habit::MixesCase]);
    let anchor = format!("trust_anchors.add([[{}]])", place.nsd.anchor().ds);
    let config = format!(
        "net.listen('{address}', {port}, {{ kind = 'dns' }})
cache.open(10 * MB, 'lmdb://cache')
modules.load('hints > iterate')
hints.root({{ ['ns.'] = '{root}' }})
trust_anchors.remove('.')
{validation}
{protection}
{zone}",
        address = place.server.ip(),
        port = place.server.port(),
        root = place.nsd.address(),
        validation = place.either(Habit::Validates, &anchor, ""),
        protection = place.either(Habit::Protects, "modules.load('rebinding < iterate')", ""),
    );
    let config = place.write("kresd.conf", &config);
    let folder = place.folder();
    let args = [
        "-n",
        "-c",
        config.to_str().expect("a plain path"),
        folder.to_str().expect("a plain path"),
    ];
    let program = installed("kresd", "knot-resolver");
    Process::start("kresd", &program, &args, &place.folder())
}
