//! Knot Resolver, which recurses by itself.

use super::place::{Habit, Place};
use crate::daemons::process::{Process, installed};

/// Starts it with the page's lines. It minimises names and mixes case always.
pub(super) fn start(place: &Place) -> Process {
    let zone = place.file("resolvers/knot.md", "/etc/knot-resolver/kresd.conf", "@");
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
