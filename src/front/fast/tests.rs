//! Both paths say the same.

use std::net::UdpSocket;
use std::sync::Arc;

use proptest::prelude::*;
use tokio::runtime::Runtime;

use super::parity::{at_once, check_same, client, fast, runtime, slow};
use super::*;
use crate::front::cookie::COOKIE;
use crate::front::dns::{Begun, Dns, Started, Transport};
use crate::front::fixture::{self, LONG, edns, packet};
use crate::oracle::world::World;

/// Names below the zones: mail domains that are remembered, and names that need no verdict.
const NAMES: [&str; 14] = [
    "hot.de",
    "good.de",
    "null.de",
    "dead.de",
    "gone.de",
    "exempt.de",
    "a.named.de",
    LONG,
    "test",
    "invalid",
    "2.0.0.127",
    "1.0.0.127",
    "a b.de",
    "",
];

const ORIGINS: [&str; 4] = [
    "bogusmx.local",
    "nx.bogusmx.example",
    "bogusmx.local.bogusmx.local",
    "outside.example",
];

/// A, NS, SOA, MX, TXT, AAAA, OPT, AXFR, ANY, and one that nobody knows.
const TYPES: [u16; 10] = [1, 2, 6, 15, 16, 28, 41, 252, 255, 65_280];

/// A front that remembers all domains which are asked for here.
fn warm(runtime: &Runtime) -> Dns<World> {
    let dns = fixture::dns();
    for name in NAMES {
        slow(runtime, &dns, &packet(name, ORIGINS[0], 1, 0x0100, &[]));
        slow(runtime, &dns, &packet(name, ORIGINS[1], 1, 0x0100, &[]));
    }
    dns
}

/// Those that are plain, whatever they hold.
fn any_option_code() -> impl Strategy<Value = u16> {
    let is_plain = |code: &u16| ![wire::CLIENT_SUBNET, COOKIE].contains(code);
    any::<u16>().prop_filter("is not plain", is_plain)
}

/// The data of a cookie, with or without a server's part.
fn any_cookie() -> impl Strategy<Value = Vec<u8>> {
    let lengths = prop_oneof![Just(8), Just(24), 16..=40_usize];
    lengths.prop_flat_map(|length| prop::collection::vec(any::<u8>(), length))
}

fn any_edns() -> impl Strategy<Value = Vec<u8>> {
    let unknown = (any_option_code(), prop::collection::vec(any::<u8>(), 0..12));
    let option = prop_oneof![unknown, (Just(COOKIE), any_cookie())];
    let option = option.prop_map(|(code, data)| fixture::option(code, &data));
    let options = prop::collection::vec(option, 0..3).prop_map(|options| options.concat());
    let some = (any::<u16>(), any::<bool>(), options).prop_map(|(payload, dnssec_ok, options)| {
        edns(payload, 0, u16::from(dnssec_ok) << 15, &options)
    });
    prop_oneof![Just(Vec::new()), some]
}

prop_compose! {
    /// A query as resolvers send them, its name in any case.
    fn any_query()(
        name in prop::sample::select(NAMES.to_vec()),
        origin in prop::sample::select(ORIGINS.to_vec()),
        qtype in prop::sample::select(TYPES.to_vec()),
        flags in prop::sample::select(vec![0, 0x0100, 0x0010, 0x0020, 0x0130]),
        edns in any_edns(),
        upper in prop::collection::vec(any::<bool>(), 255),
    ) -> Vec<u8> {
        let mut packet = packet(name, origin, qtype, flags, &edns);
        let end = packet.len() - edns.len() - 4;
        for (octet, upper) in packet[12..end].iter_mut().zip(upper) {
            if upper {
                octet.make_ascii_uppercase();
            }
        }
        packet
    }
}

#[test]
fn both_paths_say_the_same() {
    let runtime = runtime();
    let dns = warm(&runtime);
    let same = |packet: &[u8]| {
        let fast = fast(&runtime, &dns, packet).expect("a plain query");
        check_same(&runtime, &dns, packet, &fast);
        // The question comes back octet for octet, case included.
        let root = packet.iter().skip(12).position(|octet| *octet == 0);
        let question = 12..12 + root.unwrap() + 5;
        assert_eq!(fast[question.clone()], packet[question]);
    };
    proptest!(ProptestConfig::with_cases(4096), |(packet in any_query())| same(&packet));
}

#[test]
fn what_does_not_fit_is_truncated() {
    let runtime = runtime();
    let dns = warm(&runtime);
    let check = |edns: &[u8], length: usize| {
        let packet = packet(LONG, ORIGINS[1], 16, 0, edns);
        let fast = fast(&runtime, &dns, &packet).unwrap();
        assert_eq!(fast.len(), length);
        check_same(&runtime, &dns, &packet, &fast);
    };
    let question = 12 + LONG.len() + 1 + ORIGINS[1].len() + 2 + 4;
    let text = 12 + 256;
    check(&[], question);
    check(&edns(0, 0, 0, &[]), question + 11);
    check(&edns(1232, 0, 0, &[]), question + text + 11);
    check(&edns(u16::MAX, 0, 0, &[]), question + text + 11);
}

#[test]
fn what_is_not_plain_is_handed_over_or_answered_alike() {
    let runtime = runtime();
    let dns = warm(&runtime);
    let any_edit = || (any::<prop::sample::Index>(), any::<u8>());
    proptest!(ProptestConfig::with_cases(4096), |(
        mut packet in any_query(),
        edits in prop::collection::vec(any_edit(), 0..4),
        cut in any::<prop::sample::Index>(),
        is_cut in any::<bool>(),
    )| {
        for (index, octet) in edits {
            let index = index.index(packet.len());
            packet[index] = octet;
        }
        if is_cut {
            packet.truncate(cut.index(packet.len()));
        }
        if let Some(fast) = fast(&runtime, &dns, &packet) {
            check_same(&runtime, &dns, &packet, &fast);
        }
    });
}

#[test]
fn what_needs_more_than_a_glance_is_handed_over() {
    let runtime = runtime();
    let dns = warm(&runtime);
    let check = |packet: &[u8]| assert_eq!(fast(&runtime, &dns, packet), None);
    check(&packet("new.de", ORIGINS[0], 1, 0, &[]));
    check(&packet("hot.de", ORIGINS[0], 1, 0x8000, &[]));
    check(&packet("hot.de", ORIGINS[0], 1, 0x2800, &[]));
    check(&packet("hot.de", ORIGINS[0], 1, 0, &edns(1232, 1, 0, &[])));
    check(&packet(
        "hot.de",
        ORIGINS[0],
        1,
        0,
        &edns(1232, 0, 0, &[0, 3, 0, 9]),
    ));
    check(&packet(
        "hot.de",
        ORIGINS[0],
        1,
        0,
        &edns(1232, 0, 0, &[0, 8, 0, 0]),
    ));
    check(&packet(
        "hot.de",
        ORIGINS[0],
        1,
        0,
        &edns(1232, 0, 0, &fixture::option(COOKIE, &[0; 9])),
    ));
    check(b"\0\0\0\0\0\x01\0\0\0\0\0\0\xc0\x0c\0\x01\0\x01");
    check(&[]);
}

#[test]
fn strangers_are_not_answered_here() {
    let runtime = runtime();
    let dns = warm(&runtime);
    let packet = packet("hot.de", ORIGINS[0], 1, 0, &[]);
    let answered = |client: [u8; 4]| at_once(&dns, &packet, client.into()).is_some();
    assert!(answered([127, 0, 0, 9]));
    assert!(!answered([192, 0, 2, 1]));
}

#[test]
fn who_is_turned_away_hears_the_same() {
    let runtime = runtime();
    let _entered = runtime.enter();
    let dns = Arc::new(fixture::dns());
    let ask = |name: &str| packet(name, ORIGINS[0], 1, 0, &edns(1232, 0, 0, &[]));
    let start = |name: &str| {
        let begun = dns.begin(ask(name), client(), Transport::Udp, &Toll::Due);
        let Begun::Waiting(query) = begun else {
            panic!("{name} is known");
        };
        dns.start(query, &Toll::Due)
    };
    // Nothing is looked up while nobody runs the runtime: these take all the room that there is.
    let waiting: Vec<Started> = (0..32)
        .map(|number| start(&format!("d{number}.de")))
        .collect();
    assert!(waiting.iter().all(|one| matches!(one, Started::Waiting(_))));
    let Started::Done(Some(slow)) = start("new.de") else {
        panic!("more are looked up than may be");
    };
    let fast = at_once(&dns, &ask("new.de"), client().ip());
    assert_eq!(fast, Some(slow));
    // To join others takes no room.
    assert_eq!(at_once(&dns, &ask("d0.de"), client().ip()), None);
}

#[test]
fn what_is_remembered_is_sent_before_a_look_up_begins() {
    let runtime = runtime();
    let _entered = runtime.enter();
    let lane = fixture::lane(warm(&runtime));
    let client = UdpSocket::bind("127.0.0.1:0").unwrap();
    client.connect(lane.socket.local_addr().unwrap()).unwrap();
    client.set_nonblocking(true).unwrap();
    for name in ["new.de", "hot.de", "new.de", "newer.de"] {
        client.send(&packet(name, ORIGINS[0], 1, 0, &[])).unwrap();
    }
    let begun = || lane.dns.authority().oracle().stats().evaluations.get();
    let (before, mut backlog) = (begun(), Backlog::new(&lane));
    let mut batch = Batch::new();
    batch.receive(lane.socket.as_fd(), true).unwrap();
    let mut names = vec![NameBuffer::new(); batch::SLOTS];
    lane.answer(&mut batch, &mut names, &mut backlog);
    assert!(client.recv(&mut [0; 512]).is_ok());
    assert!(client.recv(&mut [0; 512]).is_err());
    assert_eq!(begun(), before);
    // Those who have paid have their place, whoever comes meanwhile.
    let mut crowd = Backlog::new(&lane);
    let ends = Ends {
        client: client.local_addr().unwrap(),
        ours: None,
    };
    for number in 0..32 {
        let packet = packet(&format!("d{number}.de"), ORIGINS[0], 1, 0, &[]);
        crowd.take(packet, ends, Toll::Due);
    }
    crowd.begin_all();
    assert_eq!(begun(), before + 30);
    backlog.begin_all();
    assert_eq!(begun(), before + 32);
}
