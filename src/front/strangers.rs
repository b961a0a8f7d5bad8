//! What clients of public networks get, on both paths: their share over UDP, a cookie against it, and
//! never much more than they sent.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::time::advance;

use super::cookie::{COOKIE, COOKIE_OCTETS};
use super::dns::{Begun, Dns, Toll, Transport};
use super::fast::Asked;
use super::fixture::{self, RESPONSES_PER_SECOND, edns, option, packet};
use crate::oracle::world::World;
use crate::verdict::domain::NameBuffer;

const NEIGHBOUR: [u8; 4] = [127, 0, 0, 1];
const STRANGER: [u8; 4] = [198, 51, 100, 7];
const SAME_NETWORK: [u8; 4] = [198, 51, 100, 8];
const OTHER_NETWORK: [u8; 4] = [198, 51, 101, 7];

const NOERROR: u8 = 0;
const FORMERR: u8 = 1;

/// How a query comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Path {
    Fast,
    Plain,
    Tcp,
}

const PATHS: [Path; 3] = [Path::Fast, Path::Plain, Path::Tcp];
const UDP_PATHS: [Path; 2] = [Path::Fast, Path::Plain];

async fn ask(path: Path, dns: &Dns<World>, packet: &[u8], client: impl Into<IpAddr>) -> Vec<u8> {
    let client = SocketAddr::new(client.into(), 53);
    let transport = match path {
        Path::Tcp => Transport::Tcp,
        Path::Fast | Path::Plain => Transport::Udp,
    };
    let mut toll = Toll::Due;
    if path == Path::Fast {
        let mut sitting = dns.authority().sitting();
        let (mut name, mut reply) = (NameBuffer::new(), vec![0; 1232]);
        if let Some(asked) = Asked::read(packet, client.ip(), &sitting, &mut name) {
            match asked.answer(&mut sitting, &mut reply) {
                Ok(length) => return reply[..length].to_vec(),
                Err(paid) => toll = paid,
            }
        }
    }
    let response = match dns.begin(packet.to_vec(), client, transport, &toll) {
        Begun::Done(response) => response,
        Begun::Waiting(query) => {
            let admission = dns.authority().admit().unwrap();
            dns.finish(&query, admission, query.payer(&toll)).await
        }
    };
    response.expect("every query is answered")
}

fn is_truncated(response: &[u8]) -> bool {
    response[2] & 0x02 != 0
}

fn rcode(response: &[u8]) -> u8 {
    response[3] & 0x0f
}

/// The numbers of records: questions, answers, authority, and EDNS.
fn counts(response: &[u8]) -> [u8; 4] {
    [response[5], response[7], response[9], response[11]]
}

/// The cookie in a response, if it has one.
fn cookie(response: &[u8]) -> Option<Vec<u8>> {
    let head = option(COOKIE, &[0; COOKIE_OCTETS]);
    let mut windows = response.windows(head.len());
    let found = windows.find(|window| window[..4] == head[..4])?;
    Some(found[4..].to_vec())
}

fn with_cookie(name: &str, cookie: &[u8]) -> Vec<u8> {
    let cookie = option(COOKIE, cookie);
    packet(name, "bogusmx.local", 1, 0, &edns(1232, 0, 0, &cookie))
}

fn plain(name: &str) -> Vec<u8> {
    packet(name, "bogusmx.local", 1, 0, &[])
}

/// A query with a cookie and no question.
fn cookie_only(cookie: &[u8]) -> Vec<u8> {
    let opt = edns(1232, 0, 0, &option(COOKIE, cookie));
    [&[0xab, 0xcd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1][..], &opt].concat()
}

/// Takes a client's share.
async fn use_up(path: Path, dns: &Dns<World>, client: [u8; 4]) {
    for _ in 0..RESPONSES_PER_SECOND.get() {
        let response = ask(path, dns, &plain("hot.de"), client).await;
        assert_eq!((is_truncated(&response), counts(&response)[1]), (false, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn past_its_share_a_public_network_is_sent_to_tcp() {
    for path in UDP_PATHS {
        let dns = fixture::dns();
        use_up(path, &dns, STRANGER).await;
        for client in [STRANGER, SAME_NETWORK] {
            for query in [
                plain("hot.de"),
                plain("test"),
                with_cookie("hot.de", b"clientck"),
            ] {
                let response = ask(path, &dns, &query, client).await;
                assert!(is_truncated(&response), "{path:?}");
                assert_eq!(rcode(&response), NOERROR);
                assert_eq!(counts(&response), [1, 0, 0, query[11]]);
                assert_eq!(response[..2], query[..2]);
                // A client's cookie grows by ours, and nothing else grows.
                let more = usize::from(query[11]) * (COOKIE_OCTETS - 8);
                assert_eq!(response.len(), query.len() + more);
            }
        }
        assert_eq!(dns.authority().stats().slipped.get(), 6);
        let response = ask(Path::Tcp, &dns, &plain("hot.de"), STRANGER).await;
        assert_eq!((is_truncated(&response), counts(&response)[1]), (false, 1));
        use_up(path, &dns, OTHER_NETWORK).await;
        advance(Duration::from_secs(1)).await;
        use_up(path, &dns, STRANGER).await;
    }
}

#[tokio::test(start_paused = true)]
async fn neighbours_and_tcp_have_no_limit() {
    for (path, client) in [
        (Path::Fast, NEIGHBOUR),
        (Path::Plain, NEIGHBOUR),
        (Path::Tcp, NEIGHBOUR),
        (Path::Tcp, STRANGER),
    ] {
        let dns = fixture::dns();
        for _ in 0..100 {
            let response = ask(path, &dns, &plain("hot.de"), client).await;
            assert_eq!((is_truncated(&response), counts(&response)[1]), (false, 1));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn past_its_share_nothing_is_looked_up() {
    for path in UDP_PATHS {
        let dns = fixture::dns();
        // What is new to the oracle costs one answer, as everything does.
        for number in 0..RESPONSES_PER_SECOND.get() {
            let response = ask(path, &dns, &plain(&format!("n{number}.de")), STRANGER).await;
            assert!(!is_truncated(&response), "{path:?} {number}");
        }
        let response = ask(path, &dns, &plain("late.de"), STRANGER).await;
        assert!(is_truncated(&response));
        let evaluations = dns.authority().oracle().stats().evaluations.get();
        assert_eq!(evaluations, u64::from(RESPONSES_PER_SECOND.get()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_cookie_of_ours_lifts_the_limit() {
    for path in UDP_PATHS {
        let dns = fixture::dns();
        use_up(path, &dns, STRANGER).await;
        // The empty answer brings it along.
        let response = ask(path, &dns, &with_cookie("hot.de", b"clientck"), STRANGER).await;
        assert!(is_truncated(&response));
        let ours = cookie(&response).unwrap();
        for _ in 0..20 {
            let response = ask(path, &dns, &with_cookie("hot.de", &ours), STRANGER).await;
            assert!(!is_truncated(&response));
            assert_eq!(cookie(&response).as_ref(), Some(&ours));
        }
        // It is good for nobody else, and no other is.
        let response = ask(path, &dns, &with_cookie("hot.de", &ours), SAME_NETWORK).await;
        assert!(is_truncated(&response));
        for other in [
            [0; 24].to_vec(),
            [7; 16].to_vec(),
            [&ours[..23], &[0]].concat(),
        ] {
            let response = ask(path, &dns, &with_cookie("hot.de", &other), STRANGER).await;
            assert!(is_truncated(&response));
        }
        advance(Duration::from_secs(3601)).await;
        use_up(path, &dns, STRANGER).await;
        let response = ask(path, &dns, &with_cookie("hot.de", &ours), STRANGER).await;
        assert!(is_truncated(&response));
    }
}

#[tokio::test(start_paused = true)]
async fn a_cookie_comes_back_whatever_the_answer_is() {
    let dns = fixture::dns();
    for path in PATHS {
        for client in [NEIGHBOUR, STRANGER, [192, 0, 2, 1]] {
            let names = [
                "hot.de",
                "good.de",
                "dead.de",
                "test",
                "invalid",
                "1.0.0.127",
            ];
            for query in names.map(|name| with_cookie(name, b"clientck")) {
                advance(Duration::from_secs(1)).await;
                let response = ask(path, &dns, &query, client).await;
                let cookie = cookie(&response).unwrap();
                assert_eq!(cookie[..8], *b"clientck");
                // The client's share is not the point here.
                assert!(!is_truncated(&response));
            }
        }
        let without = packet("hot.de", "bogusmx.local", 1, 0, &edns(1232, 0, 0, &[]));
        let response = ask(path, &dns, &without, NEIGHBOUR).await;
        assert_eq!(cookie(&response), None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_malformed_cookie_is_formerr() {
    let dns = fixture::dns();
    for path in PATHS {
        for length in [0, 7, 9, 15, 41] {
            let query = with_cookie("hot.de", &vec![7; length]);
            let response = ask(path, &dns, &query, NEIGHBOUR).await;
            assert_eq!((rcode(&response), cookie(&response)), (FORMERR, None));
        }
        // Of several the first one counts.
        let two = |first: &[u8], second: &[u8]| {
            let options = [option(COOKIE, first), option(COOKIE, second)].concat();
            packet("test", "bogusmx.local", 1, 0, &edns(1232, 0, 0, &options))
        };
        for second in [&b"another1"[..], b"short"] {
            let response = ask(path, &dns, &two(b"clientck", second), NEIGHBOUR).await;
            assert_eq!(cookie(&response).unwrap()[..8], *b"clientck");
        }
        let response = ask(path, &dns, &two(b"short", b"clientck"), NEIGHBOUR).await;
        assert_eq!(rcode(&response), FORMERR);
    }
}

#[tokio::test(start_paused = true)]
async fn who_wants_nothing_but_a_cookie_gets_one() {
    let dns = fixture::dns();
    for path in PATHS {
        for presented in [&b"clientck"[..], &[7; 24]] {
            let response = ask(path, &dns, &cookie_only(presented), NEIGHBOUR).await;
            assert_eq!(
                (rcode(&response), counts(&response)),
                (NOERROR, [0, 0, 0, 1])
            );
            assert_eq!(cookie(&response).unwrap()[..8], presented[..8]);
        }
        let response = ask(path, &dns, &cookie_only(&[7; 9]), NEIGHBOUR).await;
        assert_eq!(rcode(&response), FORMERR);
    }
}
