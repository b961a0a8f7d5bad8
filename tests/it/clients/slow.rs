//! Domains that take the list long, asked about for the first time: mail servers and filters wait for the verdict.

use std::fmt::Write as _;
use std::time::Instant;

use super::{exim, postfix, rspamd, spamassassin};
use crate::daemons::site::Network;
use crate::daemons::smtp::Session;

/// How long the list needs for a domain: below the time that it gives itself for an answer, and above.
const DELAYS_MS: [u64; 4] = [200, 800, 1100, 3000];

fn network() -> Network {
    let mut world = "null.example A 127.0.0.1\n".to_owned();
    for delay in DELAYS_MS {
        writeln!(
            world,
            "slow{delay}.example MX !delay={delay}ms 10 null.example"
        )
        .expect("a string");
    }
    Network::with_slow_world(&world)
}

/// Fails if a recipient in one of the slow domains `is_found` not to be listed.
#[track_caller]
fn check(delays_ms: &[u64], mut is_found: impl FnMut(&str) -> bool) {
    for delay in delays_ms {
        let start = Instant::now();
        let found = is_found(&format!("someone@slow{delay}.example"));
        // For who runs this by hand: what is on the pages.
        eprintln!("a domain of {delay} ms took {:.1?}", start.elapsed());
        assert!(found, "a domain of {delay} ms");
    }
}

#[test]
fn postfix_waits_for_them() {
    let network = network();
    let postfix = postfix::start(&network, &postfix::page(""));
    check(&DELAYS_MS, |recipient| {
        let reply = postfix::reply(Session::open(postfix.with_list()), recipient);
        reply.starts_with("554 5.7.1 ")
    });
}

#[test]
fn exim_waits_for_them() {
    let network = network();
    let exim = exim::start(&network);
    check(&DELAYS_MS, |recipient| {
        exim::replies(&exim, &[recipient])[0].starts_with("550 ")
    });
}

#[test]
fn rspamd_waits_for_them() {
    let network = network();
    let rspamd = rspamd::start(&network, &["rbl.conf", "groups.conf"]);
    check(&DELAYS_MS, |recipient| {
        let scan = rspamd.scan("j@company.de", &[recipient]);
        rspamd::found(&scan, "RCPT_BOGUSMX").is_some()
    });
}

/// But for the slowest, which it takes for not listed.
#[test]
fn spamassassin_waits_for_most_of_them() {
    let network = network();
    let filter = spamassassin::start(&network);
    check(&DELAYS_MS[..3], |recipient| {
        let report = filter.report("j@company.de", recipient);
        report.contains("BOGUSMX_TO")
    });
}
