//! A stub resolver: asks the list about a domain as a mail server does, A first and TXT when there is an A.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, RecordType};

use super::world::Verdict;

/// Longer than one answer takes.
const PATIENCE: Duration = Duration::from_secs(5);

/// Longer than the list needs to make up its mind.
const DECISION: Duration = Duration::from_secs(15);

/// What the list at `server` says of `domain`.
pub(crate) fn verdict(server: SocketAddr, domain: &str) -> Verdict {
    let name = format!("{domain}.bogusmx.local.");
    let reply = ask(server, &name, RecordType::A);
    match reply.metadata.response_code {
        ResponseCode::NoError if reply.answers.is_empty() => Verdict::NotListed,
        ResponseCode::NoError => {
            assert_eq!(addresses(&reply), [Ipv4Addr::new(127, 0, 0, 2)], "{domain}");
            Verdict::Listed(text(&ask(server, &name, RecordType::TXT)))
        }
        ResponseCode::ServFail => Verdict::Undecided,
        other => panic!("{domain}: {other}"),
    }
}

/// As `verdict`, and asks again while the list has not made up its mind, unless it never will.
pub(crate) fn final_verdict(server: SocketAddr, domain: &str, wanted: &Verdict) -> Verdict {
    let start = Instant::now();
    loop {
        let verdict = verdict(server, domain);
        let may_change = match (&verdict, wanted) {
            (Verdict::Undecided, _) => true,
            // The answer goes out at the first hit, and that of a better host may come behind it.
            (Verdict::Listed(_), Verdict::Listed(_)) => true,
            (Verdict::Listed(_) | Verdict::NotListed, _) => false,
        };
        if verdict == *wanted || !may_change || start.elapsed() > DECISION {
            return verdict;
        }
    }
}

/// Whether the server answers for `name` with records.
pub(crate) fn is_answered(server: SocketAddr, name: &str) -> bool {
    exchange(server, name, RecordType::NS, Duration::from_millis(200))
        .is_some_and(|reply| !reply.answers.is_empty())
}

/// Whether the server says anything about `name`, be it that it will not.
pub(crate) fn is_replied_to(server: SocketAddr, name: &str) -> bool {
    status(server, name).is_some()
}

/// How the server replies when asked for `name`, if it does.
pub(crate) fn status(server: SocketAddr, name: &str) -> Option<ResponseCode> {
    let reply = exchange(server, name, RecordType::NS, Duration::from_millis(200))?;
    Some(reply.metadata.response_code)
}

fn ask(server: SocketAddr, name: &str, kind: RecordType) -> Message {
    exchange(server, name, kind, PATIENCE)
        .unwrap_or_else(|| panic!("no answer from {server} for {name} {kind}"))
}

/// The reply of `server`, if there is one in time; `name` is asked for as it is written.
pub(crate) fn exchange(
    server: SocketAddr,
    name: &str,
    kind: RecordType,
    wait: Duration,
) -> Option<Message> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    socket.connect(server).expect("a loopback address");
    socket.set_read_timeout(Some(wait)).expect("a time");
    let name = Name::from_ascii(name).expect("a domain name");
    let mut query = Message::new(4711, MessageType::Query, OpCode::Query);
    query.metadata.recursion_desired = true;
    query.add_query(Query::query(name, kind));
    socket.send(&query.to_vec().expect("a query")).ok()?;
    let mut buffer = [0; 4096];
    let len = socket.recv(&mut buffer).ok()?;
    Message::from_vec(buffer.get(..len)?).ok()
}

/// All IPv4 addresses in a reply.
pub(crate) fn addresses(reply: &Message) -> Vec<Ipv4Addr> {
    let data = reply.answers.iter().map(|record| &record.data);
    data.filter_map(|data| match data {
        RData::A(address) => Some(address.0),
        _ => None,
    })
    .collect()
}

/// The only text in a reply.
pub(crate) fn text(reply: &Message) -> String {
    let mut data = reply.answers.iter().map(|record| &record.data);
    match (data.next(), data.next()) {
        (Some(RData::TXT(text)), None) => text.to_string(),
        other => panic!("not one TXT: {other:?}"),
    }
}
