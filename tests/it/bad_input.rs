//! Packets that are no proper query: dropped when they are answers, refused with the right code when they are
//! anything else, and never a reason to stop answering proper queries.

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::RecordType::{A, MX, SOA};

use crate::support::client::{UdpClient, over_tcp, over_udp};
use crate::support::packet::{Edns, QR, RD, header};
use crate::support::{THREE_ENDINGS, bench, question};

/// Sends the octets, then good queries from the same port, one after the other; gives whatever else came back.
fn others_than_good(client: &UdpClient, bytes: &[u8]) -> Vec<Vec<u8>> {
    client.send(bytes);
    // The daemon may work on all at once: each good query is sent when the one before it has been answered.
    let mut others = Vec::new();
    for _ in 0..5 {
        let good = question("test", A);
        client.send(&good.bytes());
        loop {
            let raw = client.receive();
            if raw[..2] == good.id.to_be_bytes() {
                assert_eq!(raw[3] & 0x0f, 0, "a good query is answered well");
                break;
            }
            others.push(raw);
        }
    }
    others
}

/// The response code of the one answer to these octets, whose id and opcode must be copied.
fn code_of(client: &UdpClient, bytes: &[u8]) -> ResponseCode {
    client.send(bytes);
    let answer = client.receive();
    assert_eq!(answer[..2], bytes[..2], "the id is copied");
    assert_eq!(
        answer[2] & 0xf8,
        bytes[2] & 0x78 | 0x80,
        "QR, and the opcode"
    );
    ResponseCode::from(0, answer[3] & 0x0f)
}

/// A query whose question section is these octets.
fn with_question(bytes: &[u8]) -> Vec<u8> {
    let mut message = header(0x4242, 0, [1, 0, 0, 0]);
    message.extend(bytes);
    message
}

#[test]
fn an_answer_is_never_answered() {
    let bench = bench(THREE_ENDINGS);
    let client = UdpClient::new(bench.address());
    let answer = question("test", A).with_flags(QR | RD);
    let malformed = [&answer.bytes()[..20], &[0xc0]].concat();
    let only_a_header = header(0x4242, QR, [1, 1, 1, 1]);
    let no_question = header(0x4242, QR, [0, 0, 0, 0]);
    let other_opcode = question("test", A).with_flags(QR | (5 << 11));
    for bytes in [
        answer.bytes(),
        malformed,
        only_a_header,
        no_question,
        other_opcode.bytes(),
    ] {
        assert_eq!(others_than_good(&client, &bytes), Vec::<Vec<u8>>::new());
    }
}

#[test]
fn an_answer_over_tcp_is_not_answered_either() {
    let bench = bench(THREE_ENDINGS);
    let mut client = crate::support::client::TcpClient::new(bench.address());
    client.send(&question("good.example", A).with_flags(QR).bytes());
    let good = question("test", A);
    client.send(&good.bytes());
    // The daemon may also hang up on somebody who answers without having been asked.
    if let Some(raw) = client.receive() {
        assert_eq!(raw[..2], good.id.to_be_bytes());
    }
    assert_eq!(bench.upstream.questions("good.example", MX), 0);
}

#[test]
fn fewer_octets_than_a_header_are_no_message() {
    let bench = bench(THREE_ENDINGS);
    let client = UdpClient::new(bench.address());
    let query = question("hot.de", A).bytes();
    for len in 0..12 {
        let others = others_than_good(&client, &query[..len]);
        // There is nothing to answer to; FORMERR under the id that came is the most that makes sense.
        for answer in others {
            assert_eq!(answer[..2], query[..2]);
            assert_eq!(answer[3] & 0x0f, 1, "FORMERR");
        }
    }
}

#[test]
fn a_question_that_breaks_off_is_formerr() {
    let bench = bench(THREE_ENDINGS);
    let client = UdpClient::new(bench.address());
    let query = question("hot.de", A).without_edns().bytes();
    for len in [
        12,
        13,
        15,
        query.len() - 5,
        query.len() - 3,
        query.len() - 1,
    ] {
        let code = code_of(&client, &query[..len]);
        assert_eq!(code, ResponseCode::FormErr, "cut after {len} octets");
    }
}

#[test]
fn a_name_that_cannot_be_read_is_formerr() {
    let bench = bench(THREE_ENDINGS);
    let client = UdpClient::new(bench.address());
    let type_and_class = [0, 1, 0, 1];
    let too_long = [[1, b'a'].repeat(140), vec![0]].concat();
    let names: [(&str, &[u8]); 8] = [
        ("points to itself", &[0xc0, 12]),
        ("points in a circle", &[0xc0, 14, 0xc0, 12]),
        (
            "points at a label before itself, for ever",
            &[1, b'a', 0xc0, 12],
        ),
        ("points forward", &[0xc0, 18, 0, 0, 0, 0, 1, b'a', 0]),
        ("points out of the message", &[0xff, 0xff]),
        ("has a label of a reserved kind", &[0x41, b'a', 0]),
        ("has a label longer than the message", &[63, b'a', 0]),
        ("is longer than 255 octets", &too_long),
    ];
    for (what, name) in names {
        let bytes = with_question(&[name, &type_and_class].concat());
        assert_eq!(
            code_of(&client, &bytes),
            ResponseCode::FormErr,
            "a name that {what}"
        );
    }
}

#[test]
fn other_than_one_question_is_formerr() {
    let bench = bench(THREE_ENDINGS);
    let client = UdpClient::new(bench.address());
    let query = question("hot.de", A).with_flags(0);
    let opt = query.edns.as_ref().map(Edns::bytes).unwrap();
    let one = query.question();
    for questions in [vec![], vec![one.clone(), one.clone()], vec![one; 3]] {
        for additionals in [vec![], vec![opt.clone()]] {
            let bytes = query.bytes_with(&questions, &additionals);
            let count = questions.len();
            let code = code_of(&client, &bytes);
            assert_eq!(code, ResponseCode::FormErr, "{count} questions");
        }
    }
    assert_eq!(bench.upstream.questions_in_all(), 0);
}

#[test]
fn opcodes_other_than_query_are_not_implemented() {
    let bench = bench(THREE_ENDINGS);
    let client = UdpClient::new(bench.address());
    for opcode in [1, 2, 3, 4, 5, 6, 7, 15] {
        for domain in ["hot.de", "bogusmx.local."] {
            let query = question(domain, SOA).with_flags(opcode << 11);
            let code = code_of(&client, &query.without_edns().bytes());
            assert_eq!(code, ResponseCode::NotImp, "opcode {opcode}");
        }
    }
    assert_eq!(bench.upstream.questions_in_all(), 0);
}

#[test]
fn an_unknown_version_of_edns_is_badvers() {
    let bench = bench(THREE_ENDINGS);
    for version in [1, 2, 255] {
        let query = question("hot.de", A).with_edns_version(version);
        for answer in [
            over_udp(bench.address(), &query),
            over_tcp(bench.address(), &query),
        ] {
            // The library reads 16 as BADSIG, which shares the number.
            assert_eq!(u16::from(answer.rcode()), 16, "version {version}");
            assert!(answer.message.answers.is_empty());
            let ours = answer.message.edns.unwrap().version();
            assert_eq!(ours, 0, "the version that we speak");
        }
    }
    assert_eq!(bench.upstream.questions_in_all(), 0);
}

#[test]
fn more_than_one_opt_record_is_formerr() {
    let bench = bench(THREE_ENDINGS);
    let client = UdpClient::new(bench.address());
    let query = question("hot.de", A).with_flags(0);
    let opt = query.edns.as_ref().map(Edns::bytes).unwrap();
    let bytes = query.bytes_with(&[query.question()], &[opt.clone(), opt]);
    assert_eq!(code_of(&client, &bytes), ResponseCode::FormErr);
}

#[test]
fn options_that_nobody_knows_are_ignored() {
    let bench = bench(THREE_ENDINGS);
    let query = question("hot.de", A)
        .with_option(3, &[]) // NSID
        .with_option(8, &[0, 1, 24, 0, 192, 0, 2]) // client subnet
        .with_option(10, b"cookie!!") // client cookie
        .with_option(12, &[0; 128]) // padding
        .with_option(15, &[0, 0]) // an extended error, in a query
        .with_option(65_001, b"local use");
    let answer = over_udp(bench.address(), &query);
    assert_eq!(answer.verdict(), "listed 127.0.0.2");
}

#[test]
fn an_opt_record_that_breaks_off_is_no_harm() {
    let bench = bench(THREE_ENDINGS);
    let client = UdpClient::new(bench.address());
    let bytes = question("hot.de", A)
        .with_option(65_001, b"local use")
        .bytes();
    for cut in 1..14 {
        client.send(&bytes[..bytes.len() - cut]);
        let answer = client.receive();
        assert_eq!(
            answer[..2],
            bytes[..2],
            "everything but an answer is answered"
        );
    }
}

#[test]
fn what_follows_the_message_is_no_harm() {
    let bench = bench(THREE_ENDINGS);
    let client = UdpClient::new(bench.address());
    let mut bytes = question("test", A).bytes();
    bytes.extend([0xff; 100]);
    client.send(&bytes);
    let answer = client.receive();
    assert_eq!(
        answer[..2],
        bytes[..2],
        "everything but an answer is answered"
    );
}

#[test]
fn counts_of_records_that_are_not_there_are_formerr() {
    let bench = bench(THREE_ENDINGS);
    let client = UdpClient::new(bench.address());
    for counts in [
        [1, 1, 0, 0],
        [1, 0, 1, 0],
        [1, 0, 0, 1],
        [1, 65_535, 65_535, 65_535],
        [65_535, 0, 0, 0],
    ] {
        let mut bytes = header(0x4242, 0, counts);
        bytes.extend(question("hot.de", A).question());
        let code = code_of(&client, &bytes);
        assert_eq!(code, ResponseCode::FormErr, "{counts:?}");
    }
}

#[test]
fn types_that_are_no_types_of_records_are_answered_too() {
    let bench = bench(THREE_ENDINGS);
    // OPT, TKEY, TSIG, IXFR, AXFR, MAILB, nothing, and the last there is.
    for number in [41, 249, 250, 251, 252, 253, 0, 65_535] {
        for domain in ["hot.de", "good.example", "bogusmx.local."] {
            let mut query = question(domain, A);
            query.record_type = number;
            for answer in [
                over_udp(bench.address(), &query),
                over_tcp(bench.address(), &query),
            ] {
                let records = answer.message.answers.len();
                assert_eq!(records, 0, "{domain} TYPE{number}");
            }
        }
    }
}

#[test]
fn mutilated_queries_do_no_harm() {
    let bench = bench(THREE_ENDINGS);
    let client = UdpClient::new(bench.address());
    let whole = question("hot.de", A).with_option(10, b"cookie!!").bytes();
    // A fixed sequence of pseudo-random numbers: a failure happens again.
    let mut state: u64 = 0x0dd_b1a5_e5ba_d5ee;
    let mut next = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(state >> 33).unwrap() % below
    };
    for round in 0..1000 {
        let mut bytes = whole.clone();
        for _ in 0..=next(4) {
            let at = next(bytes.len());
            bytes[at] = u8::try_from(next(256)).unwrap();
        }
        bytes.truncate(1 + next(whole.len()));
        if bytes.get(2).is_some_and(|flags| flags & 0x80 == 0) {
            client.send(&bytes);
        }
        if round % 50 == 49 {
            // From another port, so that no answer to the above is taken for this one; often enough that the
            // daemon's socket has room for all.
            bench.expect("hot.de -> listed");
        }
    }
}
