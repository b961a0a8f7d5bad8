//! Unbound, which recurses by itself.

use super::place::{Habit, Place};
use crate::daemons::page::Page;
use crate::daemons::process::Process;
use crate::daemons::unbound::Unbound;

const PAGE: &str = "resolvers/unbound.md";

/// Starts it with the page's lines.
pub(super) fn start(place: &Place) -> Process {
    start_with(place, &snippet(place))
}

/// As `start`, and takes the list for an authoritative server instead of a resolver.
pub(super) fn start_as_stub(place: &Place) -> Process {
    let snippet = snippet(place);
    let snippet = snippet.replace("forward-zone:", "stub-zone:");
    start_with(place, &snippet.replace("forward-addr:", "stub-addr:"))
}

/// As `start`, on a network with an Active Directory, with the line that the page has for it. Its server is the list's
/// upstream, because NSD would no longer deny `local`.
pub(super) fn start_beside_corp(place: &Place) -> Process {
    let line = "local-zone: \"corp.local.\" transparent";
    assert!(Page::read(PAGE).text().contains(line), "{PAGE}: no {line}");
    let corp = format!(
        "server:
  domain-insecure: \"corp.local\"
  {line}
forward-zone:
  name: \"corp.local\"
  forward-addr: {}@{}
",
        place.upstream.ip(),
        place.upstream.port()
    );
    start_with(place, &(snippet(place) + &place.leave_out(&corp)))
}

/// The page's lines.
pub(super) fn snippet(place: &Place) -> String {
    place.file(PAGE, "/etc/unbound/unbound.conf.d/bogusmx.conf", "@")
}

fn start_with(place: &Place, snippet: &str) -> Process {
    let habits = [
        // The order counts: the last module-config is in force.
        (Habit::Minimises, "qname-minimisation-strict: yes"),
        (Habit::MixesCase, "use-caps-for-id: yes"),
        (Habit::Protects, "private-address: 127.0.0.0/24"),
    ];
    let wanted = habits.iter().filter(|(habit, _)| place.has(*habit));
    let mut more: Vec<_> = wanted.map(|(_, line)| *line).collect();
    if !place.has(Habit::Validates) {
        more.push("module-config: iterator");
    }
    let more = more.join("\n  ");
    Unbound::start_with(&place.folder(), place.server, &place.nsd, snippet, &more).into_process()
}
