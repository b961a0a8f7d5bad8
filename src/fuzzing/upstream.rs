//! Answers from upstream: `oracle/upstream/reply`, and all that becomes of them.

use std::sync::Arc;
use std::time::Duration;

use crate::front::fast::parity::runtime;
use crate::front::fixture::{LIFETIMES, LIMITS};
use crate::oracle::upstream::recording::Recording;
use crate::oracle::{Oracle, Patience};
use crate::verdict::evidence::MxAnswer;
use crate::verdict::{Cause, Domain, Failure, Policy, Rules, Table, Verdict};

/// Whatever an upstream sends: nothing breaks off, a domain is listed for an address that was sent or that a host's name
/// spells, no longer than the limits say, and a failed look-up of its hosts is never taken for an answer.
///
/// The input is up to three messages, each behind its length as over TCP: the answers to all questions for MX, A and AAAA
/// records. The last one stands for those that are not there.
pub fn run(octets: &[u8]) {
    let recording = recording(octets);
    let addresses = recording.all_addresses();
    runtime().block_on(async {
        let own = vec![Domain::parse("bogusmx.local").unwrap()];
        let oracle = Arc::new(Oracle::new(recording, own, LIMITS, LIFETIMES));
        let domain = Domain::parse("hot.de").unwrap();
        for policy in [Policy::Any, Policy::All, Policy::Loop] {
            let rules = Rules::new(Table::reserved(), policy);
            let ruling = oracle.ask(&domain, &rules, None, Patience::Whole).await;
            let has_failed = matches!(ruling.evidence().mx, MxAnswer::Failed(_));
            match ruling.verdict() {
                Verdict::Listed(listing) => {
                    let Cause::Address { host, address, .. } = listing.cause else {
                        panic!("the operator says nothing here");
                    };
                    let is_spelled =
                        host.name().parse() == Ok(address) || host.name().ends_with("localhost");
                    assert!(is_spelled || addresses.contains(&address), "{address}");
                    assert!(!has_failed);
                }
                Verdict::NotListed(_) => assert!(!has_failed),
                Verdict::Undecided(doubt) => assert_ne!(doubt.failure, Failure::Internal),
            }
            assert!(ruling.remaining <= Duration::from_secs(60));
        }
    });
}

fn recording(mut octets: &[u8]) -> Recording {
    let mut next = || {
        let (length, rest) = octets.split_first_chunk::<2>()?;
        let length = usize::from(u16::from_be_bytes(*length)).min(rest.len());
        let (message, rest) = rest.split_at(length);
        octets = rest;
        Some(message.to_vec())
    };
    let mx = next().unwrap_or_default();
    let a = next().unwrap_or_else(|| mx.clone());
    let aaaa = next().unwrap_or_else(|| a.clone());
    Recording { mx, a, aaaa }
}
