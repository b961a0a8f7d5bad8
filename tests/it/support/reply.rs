//! What a scripted upstream sends for a question: the world's answer, bent by the behaviours of its line.

use std::net::IpAddr;
use std::time::Duration;

use hickory_proto::op::{Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA, NS, SOA};
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};

use super::packet::{labels, name};
use super::world::{Behaviour, Flaw, World};

/// Everything sent for one question, in order.
#[derive(Debug, Default)]
pub(crate) struct Reply {
    /// The messages; none at all is silence.
    pub(crate) messages: Vec<Vec<u8>>,
    /// How long the upstream thinks first.
    pub(crate) delay: Duration,
    /// Whether the test decides when to send.
    pub(crate) held: bool,
}

/// Answers `question` out of `world`.
pub(crate) fn reply(world: &World, question: &Message, over_tcp: bool) -> Reply {
    let Some(asked) = question.queries.first() else {
        return Reply::default();
    };
    let behaviours = world.behaviours(asked.name(), asked.query_type());
    let mut reply = Reply::default();
    let mut honest = true;
    let mut message = answer(world, question, asked, &behaviours);
    for behaviour in &behaviours {
        match behaviour {
            Behaviour::Silent => return Reply::default(),
            Behaviour::NoTcp if over_tcp => return Reply::default(),
            Behaviour::Held => reply.held = true,
            Behaviour::Delay(delay) => reply.delay = *delay,
            Behaviour::Garbage => honest = false,
            Behaviour::Truncated if !over_tcp => truncate(&mut message),
            Behaviour::TcpWrongQuestion if over_tcp => spoil(&mut message, Flaw::Question, asked),
            Behaviour::UpperCase => shout(&mut message),
            _ => {}
        }
        if !over_tcp {
            let forged = forged(behaviour, question, asked);
            reply.messages.extend(forged);
        }
    }
    if honest {
        let limit = usize::from(question.max_payload());
        let mut bytes = message.to_vec().expect("a message that encodes");
        if bytes.len() > limit && !over_tcp {
            truncate(&mut message);
            bytes = message.to_vec().expect("a message that encodes");
        }
        reply.messages.push(bytes);
    }
    reply
}

/// The honest answer, or the kind of failure that the behaviours ask for.
fn answer(world: &World, question: &Message, asked: &Query, behaviours: &[Behaviour]) -> Message {
    let mut message = empty_response(question, asked.clone());
    let mut soa = Some((300, 300));
    let one_link = behaviours
        .iter()
        .any(|behaviour| matches!(behaviour, Behaviour::OneLink));
    let (mut answers, exists) = look_up(world, asked, one_link);
    if !exists {
        message.metadata.response_code = ResponseCode::NXDomain;
    }
    for behaviour in behaviours {
        match behaviour {
            Behaviour::Servfail => return failure(message, ResponseCode::ServFail),
            Behaviour::Refused => return failure(message, ResponseCode::Refused),
            Behaviour::Lame => return referral(message),
            Behaviour::NxDomain(ttl, minimum) => {
                message.metadata.response_code = ResponseCode::NXDomain;
                soa = Some((*ttl, *minimum));
                answers.clear();
            }
            Behaviour::NoData(ttl, minimum) => {
                message.metadata.response_code = ResponseCode::NoError;
                soa = Some((*ttl, *minimum));
                answers.clear();
            }
            Behaviour::NoSoa => soa = None,
            Behaviour::Beside(owner, address) => answers.push(address_record(owner, *address)),
            Behaviour::Chaos(address) => {
                let mut record = address_record(asked.name(), *address);
                record.dns_class = DNSClass::CH;
                answers.push(record);
            }
            Behaviour::Authority(owner, address) => {
                message.add_authority(address_record(owner, *address));
            }
            Behaviour::Glue(owner, address) => {
                message.add_additional(address_record(owner, *address));
            }
            _ => {}
        }
    }
    let complete = answers
        .iter()
        .any(|record| record.record_type() == asked.query_type());
    if !complete
        && !one_link
        && let Some((ttl, minimum)) = soa
    {
        message.add_authority(start_of_authority(asked.name(), ttl, minimum));
    }
    message.add_answers(answers);
    message
}

/// Follows CNAMEs as a recursive resolver would; says whether the last name exists.
fn look_up(world: &World, asked: &Query, one_link: bool) -> (Vec<Record>, bool) {
    let mut owner = asked.name().to_lowercase();
    let mut answers: Vec<Record> = Vec::new();
    while let [alias] = world.records(&owner, RecordType::CNAME).as_slice() {
        let been_here = answers.iter().any(|record| record.name == owner);
        if been_here || asked.query_type() == RecordType::CNAME {
            break;
        }
        answers.push(alias.clone());
        if let RData::CNAME(target) = &alias.data {
            owner = target.0.to_lowercase();
        }
        if one_link {
            return (answers, true);
        }
    }
    answers.extend(world.records(&owner, asked.query_type()));
    (answers, world.exists(&owner))
}

/// An untrue message that comes over UDP before the true one.
fn forged(behaviour: &Behaviour, question: &Message, asked: &Query) -> Option<Vec<u8>> {
    let mut message = empty_response(question, asked.clone());
    match behaviour {
        Behaviour::First(flaw, address) => {
            message.add_answer(address_record(asked.name(), IpAddr::V4(*address)));
            spoil(&mut message, *flaw, asked);
        }
        Behaviour::Garbage | Behaviour::FirstGarbage => {
            let mut bytes = question.metadata.id.to_be_bytes().to_vec();
            bytes.extend([
                0x81, 0x80, 0, 1, 0, 9, 0, 0, 0, 0, 0xc0, 0xff, 0x3f, 1, 2, 3,
            ]);
            return Some(bytes);
        }
        _ => return None,
    }
    Some(message.to_vec().expect("a message that encodes"))
}

/// Makes the answer wrong in one way.
fn spoil(message: &mut Message, flaw: Flaw, asked: &Query) {
    let other = || Query::query(name("another.question.example"), asked.query_type());
    let mut same = asked.clone();
    match flaw {
        Flaw::Id => message.metadata.id = message.metadata.id.wrapping_add(1),
        Flaw::Opcode => message.metadata.op_code = OpCode::Notify,
        Flaw::Query => message.metadata.message_type = MessageType::Query,
        Flaw::Question => message.queries = vec![other()],
        Flaw::Two => message.queries.push(other()),
        Flaw::Type => {
            same.set_query_type(RecordType::TXT);
            message.queries = vec![same];
        }
        Flaw::Class => {
            same.set_query_class(DNSClass::CH);
            message.queries = vec![same];
        }
        Flaw::Case => {
            same.set_name(with_first_letter_flipped(asked.name()));
            message.queries = vec![same];
        }
    }
}

/// One bit away from the name, which compares equal to it.
fn with_first_letter_flipped(owner: &Name) -> Name {
    let mut text = owner.to_ascii().into_bytes();
    let first = text.iter_mut().find(|octet| octet.is_ascii_alphabetic());
    *first.expect("a name with a letter") ^= 0x20;
    name(&String::from_utf8(text).expect("ASCII"))
}

fn empty_response(question: &Message, asked: Query) -> Message {
    let mut message = Message::response(question.metadata.id, question.metadata.op_code);
    message.metadata.recursion_desired = question.metadata.recursion_desired;
    message.metadata.recursion_available = true;
    message.edns.clone_from(&question.edns);
    message.add_query(asked);
    message
}

fn failure(mut message: Message, code: ResponseCode) -> Message {
    message.metadata.response_code = code;
    message
}

fn referral(mut message: Message) -> Message {
    message.metadata.response_code = ResponseCode::NoError;
    message.metadata.recursion_available = false;
    let parent = name("example");
    let server = RData::NS(NS(name("ns.elsewhere.example")));
    message.add_authority(Record::from_rdata(parent, 300, server));
    message
}

fn truncate(message: &mut Message) {
    message.metadata.truncation = true;
    message.answers.clear();
    message.authorities.clear();
    message.additionals.clear();
}

/// The SOA of the top-level domain that the name is in.
fn start_of_authority(owner: &Name, ttl: u32, minimum: u32) -> Record {
    let zone = owner.trim_to(1);
    let data = SOA::new(
        name("ns.upstream.example"),
        name("hostmaster.upstream.example"),
        1,
        3600,
        600,
        86_400,
        minimum,
    );
    Record::from_rdata(zone, ttl, RData::SOA(data))
}

fn address_record(owner: &Name, address: IpAddr) -> Record {
    let data = match address {
        IpAddr::V4(address) => RData::A(A(address)),
        IpAddr::V6(address) => RData::AAAA(AAAA(address)),
    };
    Record::from_rdata(owner.clone(), 300, data)
}

/// Writes the names of the message in capitals: DNS names compare without regard to case.
fn shout(message: &mut Message) {
    let upper = |owner: &Name| name(&labels_upper(owner));
    for query in &mut message.queries {
        let shouted = upper(query.name());
        query.set_name(shouted);
    }
    let sections = [&mut message.answers, &mut message.authorities];
    for record in sections.into_iter().flatten() {
        record.name = upper(&record.name);
        match &mut record.data {
            RData::MX(mx) => mx.exchange = upper(&mx.exchange),
            RData::CNAME(cname) => cname.0 = upper(&cname.0),
            _ => {}
        }
    }
}

fn labels_upper(owner: &Name) -> String {
    let text = owner.to_ascii().to_uppercase();
    assert!(!labels(&text).is_empty(), "the root has no case");
    text
}
