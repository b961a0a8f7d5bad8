//! Names that are known to have a reserved address, asked for to see whether it comes through.

use std::net::{IpAddr, SocketAddr};

use super::probe;
use super::report::Finding;
use super::upstream::CHECK;
use crate::front::dns::stub::Status;
use crate::verdict::{Domain, Table};

/// What a server makes of a canary.
enum Seen {
    /// Hands on its reserved address.
    Through(IpAddr),
    /// Knows the name, and withholds the address.
    Withheld,
    /// Says something else, which may be right.
    Unclear,
    /// Says nothing.
    Silence,
}

/// Whether the server hands on reserved addresses. One canary that comes through proves it; one that exists without
/// an address disproves it only if no other comes through.
pub(super) async fn sight(server: SocketAddr, canaries: &[Domain]) -> Finding {
    let looks = canaries.iter().map(|canary| look(server, canary));
    let looks = futures::future::join_all(looks).await;
    let find = |wanted: fn(&Seen) -> bool| {
        let mut seen = canaries.iter().zip(&looks);
        seen.find(|(_, (seen, _))| wanted(seen))
    };
    if let Some((canary, (Seen::Through(address), _))) =
        find(|seen| matches!(seen, Seen::Through(_)))
    {
        let seen = format!("{server} hands on reserved addresses, such as {address} for {canary}");
        return Finding::fine(CHECK, seen);
    }
    if let Some((_, (_, words))) = find(|seen| matches!(seen, Seen::Withheld)) {
        let seen = format!(
            "{server} withholds reserved addresses, such as the one of {words}: nothing is listed"
        );
        let mend =
            "turn off its rebinding protection for bogusmx, or name another resolver as 'upstream'";
        return Finding::broken(CHECK, seen, mend);
    }
    let words: Vec<&str> = looks.iter().map(|(_, words)| words.as_str()).collect();
    let words = words.join(", ");
    if looks.iter().all(|(seen, _)| matches!(seen, Seen::Silence)) {
        let mend = "start it, or name another as 'upstream': without it nothing is listed";
        return Finding::broken(CHECK, format!("{server} does not answer: {words}"), mend);
    }
    let mend = "see that it answers for names of the Internet; a canary that is no more can be replaced \
                ('canary' in the configuration)";
    Finding::doubtful(CHECK, format!("{server} could not be tried: {words}"), mend)
}

/// Asks for a canary, and says in words what came. Blocklists of others answer with the unspecified address, which
/// proves nothing.
async fn look(server: SocketAddr, canary: &Domain) -> (Seen, String) {
    let answered = probe::address(server, canary.as_str()).await;
    let words = format!("{canary}: {}", probe::words(&answered));
    let Ok(reply) = answered else {
        return (Seen::Silence, words);
    };
    let table = Table::reserved();
    let is_reserved = |ip: &&IpAddr| table.judge(**ip).is_some() && !ip.is_unspecified();
    if let Some(address) = reply.addresses.iter().find(is_reserved) {
        return (Seen::Through(*address), words);
    }
    // Whoever withholds an address says NXDOMAIN, SERVFAIL or REFUSED for it, but knows of the name all the same.
    let is_known = match reply.status {
        Status::NoError => reply.addresses.is_empty(),
        Status::NxDomain | Status::ServFail | Status::Refused | Status::Other(_) => {
            let text = probe::text(server, canary.as_str()).await;
            text.is_ok_and(|reply| reply.status == Status::NoError)
        }
    };
    (
        if is_known {
            Seen::Withheld
        } else {
            Seen::Unclear
        },
        words,
    )
}

/// As `check` for a daemon elsewhere, whose upstream only it can ask.
pub(super) async fn check_through(
    daemon: SocketAddr,
    origin: &Domain,
    canaries: &[Domain],
) -> Finding {
    let ask = |canary: &Domain| {
        let name = format!("{canary}.{origin}");
        async move { probe::address(daemon, &name).await }
    };
    let answers = futures::future::join_all(canaries.iter().map(ask)).await;
    let mut has_verdict = false;
    let mut words = Vec::new();
    for (canary, answered) in canaries.iter().zip(&answers) {
        words.push(format!("{canary}: {}", probe::words(answered)));
        let Ok(reply) = answered else { continue };
        if !reply.addresses.is_empty() {
            let seen = format!("{daemon} lists {canary}: its upstream hands on reserved addresses");
            return Finding::fine(CHECK, seen);
        }
        has_verdict |= reply.status != Status::ServFail;
    }
    let seen = format!("{daemon} lists no canary: {}", words.join(", "));
    let mend =
        "run bogusmx doctor on that host, without --server, to see what its upstream answers";
    if has_verdict {
        Finding::doubtful(CHECK, seen, mend)
    } else {
        Finding::broken(CHECK, seen, mend)
    }
}
