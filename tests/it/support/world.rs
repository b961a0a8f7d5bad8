//! The DNS as a test wants it to be, written as text that a mail administrator can read.
//!
//! One line is one record or one misbehaviour:
//!
//! ```text
//! # owner          [TTL] type [!behaviour ...] [data]
//! hot.de                 MX   10 null.hot.de
//! null.hot.de      60    A    127.0.0.1
//! slow.example           MX   !delay=200ms 10 mx.slow.example
//! dead.example           *    !servfail
//! ```
//!
//! A type of `*` means every type, an owner of `*` every name. A name that no line speaks of does not exist.
//! The behaviours are those of [`Behaviour`], in lower case with hyphens.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use hickory_proto::rr::rdata::{A, AAAA, CNAME, MX};
use hickory_proto::rr::{Name, RData, Record, RecordType};

use super::packet::name;

/// What records live for when their line does not say.
const DEFAULT_TTL: u32 = 300;

/// How an upstream server goes wrong, or merely differs, for a question.
#[derive(Clone, Debug)]
pub(crate) enum Behaviour {
    /// `!servfail`
    Servfail,
    /// `!refused`
    Refused,
    /// `!silent`: never answers.
    Silent,
    /// `!held`: answers when the test says so, with `Upstream::release`.
    Held,
    /// `!delay=200ms`
    Delay(Duration),
    /// `!truncated`: empty with TC over UDP, right over TCP.
    Truncated,
    /// `!lame`: a referral to somebody else, NOERROR and no answer.
    Lame,
    /// `!garbage`: the right id, then octets that are no message.
    Garbage,
    /// `!nxdomain=TTL` or `!nxdomain=TTL/MINIMUM` of the SOA.
    NxDomain(u32, u32),
    /// `!nodata=TTL` or `!nodata=TTL/MINIMUM` of the SOA.
    NoData(u32, u32),
    /// `!no-soa`: negative answers come without one.
    NoSoa,
    /// `!upper-case`: every name of the answer is shouted.
    UpperCase,
    /// `!one-link`: one CNAME per answer, as an authoritative server of another zone would do.
    OneLink,
    /// `!beside=NAME/ADDRESS`: a record of another name in the answer section.
    Beside(Name, IpAddr),
    /// `!glue=NAME/ADDRESS`: a record in the additional section.
    Glue(Name, IpAddr),
    /// `!authority=NAME/ADDRESS`: a record in the authority section.
    Authority(Name, IpAddr),
    /// `!chaos=ADDRESS`: a record of the name that was asked for, in class CH.
    Chaos(IpAddr),
    /// `!no-tcp`: silent over TCP.
    NoTcp,
    /// `!tcp-wrong-question`: over TCP, the answer to another name's question.
    TcpWrongQuestion,
    /// `!first-wrong-id=ADDRESS` and so on: over UDP before the right answer, one with this flaw that says this
    /// address.
    First(Flaw, Ipv4Addr),
    /// `!first-garbage`: over UDP before the right answer, octets that are no message.
    FirstGarbage,
}

/// What is wrong with a forged answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// `wrong-id`
    Id,
    /// `wrong-question`: it answers one for another name.
    Question,
    /// `wrong-type`: it answers one for another type.
    Type,
    /// `wrong-class`: it answers one in class CH.
    Class,
    /// `wrong-case`: the name is written in another case.
    Case,
    /// `two-questions`: it has another question beside the right one.
    Two,
    /// `wrong-opcode`: it answers a NOTIFY.
    Opcode,
    /// `query`: it is no response.
    Query,
}

/// What the upstream knows.
#[derive(Debug, Default)]
pub(crate) struct World {
    records: HashMap<(Name, RecordType), Vec<Record>>,
    /// Those spoken of, and all above them.
    names: HashSet<Name>,
    behaviours: HashMap<(Option<Name>, Option<RecordType>), Vec<Behaviour>>,
}

impl World {
    /// Reads the script; a line that cannot be read is a mistake of the test's and panics.
    pub(crate) fn read(script: &str) -> Self {
        let mut world = Self::default();
        let lines = script.lines().map(str::trim);
        for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
            world
                .read_line(line)
                .unwrap_or_else(|| panic!("not a line of a world: {line}"));
        }
        world
    }

    fn read_line(&mut self, line: &str) -> Option<()> {
        let mut words = line.split_whitespace().peekable();
        let owner = match words.next()? {
            "*" => None,
            text => Some(name(text).to_lowercase()),
        };
        let ttl = match words.peek()?.parse() {
            Ok(ttl) => {
                words.next();
                ttl
            }
            Err(_) => DEFAULT_TTL,
        };
        let record_type = match words.next()? {
            "*" => None,
            text => Some(text.parse().ok()?),
        };
        let mut behaviours = Vec::new();
        while let Some(word) = words.next_if(|word| word.starts_with('!')) {
            behaviours.push(Behaviour::read(word.strip_prefix('!')?)?);
        }
        if !behaviours.is_empty() {
            let key = (owner.clone(), record_type);
            self.behaviours.entry(key).or_default().extend(behaviours);
        }
        let mut known = owner.clone();
        while let Some(name) = known {
            known = (!name.is_root()).then(|| name.base_name());
            self.names.insert(name);
        }
        if words.peek().is_some() {
            let (owner, record_type) = (owner?, record_type?);
            let data = read_data(record_type, &mut words)?;
            let records = self.records.entry((owner.clone(), record_type));
            let record = Record::from_rdata(owner, ttl, data);
            records.or_default().push(record);
        }
        words.next().is_none().then_some(())
    }

    /// The records of one name and type, in the order of the script.
    pub(crate) fn records(&self, owner: &Name, wanted: RecordType) -> Vec<Record> {
        let key = (owner.to_lowercase(), wanted);
        self.records.get(&key).cloned().unwrap_or_default()
    }

    /// Whether the name, or one below it, is spoken of.
    pub(crate) fn exists(&self, owner: &Name) -> bool {
        self.names.contains(&owner.to_lowercase())
    }

    /// All behaviours that a question for this name and type meets.
    pub(crate) fn behaviours(&self, owner: &Name, wanted: RecordType) -> Vec<Behaviour> {
        let owners = [Some(owner.to_lowercase()), None];
        let types = [Some(wanted), None];
        owners
            .iter()
            .flat_map(|owner| types.map(|wanted| (owner.clone(), wanted)))
            .filter_map(|key| self.behaviours.get(&key))
            .flatten()
            .cloned()
            .collect()
    }
}

impl Behaviour {
    fn read(word: &str) -> Option<Self> {
        let (kind, value) = word.split_once('=').unwrap_or((word, ""));
        Some(match kind {
            "servfail" => Self::Servfail,
            "refused" => Self::Refused,
            "silent" => Self::Silent,
            "held" => Self::Held,
            "delay" => Self::Delay(humantime::parse_duration(value).ok()?),
            "truncated" => Self::Truncated,
            "lame" => Self::Lame,
            "garbage" => Self::Garbage,
            "nxdomain" => {
                let (ttl, minimum) = read_soa(value)?;
                Self::NxDomain(ttl, minimum)
            }
            "nodata" => {
                let (ttl, minimum) = read_soa(value)?;
                Self::NoData(ttl, minimum)
            }
            "no-soa" => Self::NoSoa,
            "upper-case" => Self::UpperCase,
            "one-link" => Self::OneLink,
            "beside" => {
                let (owner, address) = value.split_once('/')?;
                Self::Beside(name(owner), address.parse().ok()?)
            }
            "glue" => {
                let (owner, address) = value.split_once('/')?;
                Self::Glue(name(owner), address.parse().ok()?)
            }
            "authority" => {
                let (owner, address) = value.split_once('/')?;
                Self::Authority(name(owner), address.parse().ok()?)
            }
            "chaos" => Self::Chaos(value.parse().ok()?),
            "no-tcp" => Self::NoTcp,
            "tcp-wrong-question" => Self::TcpWrongQuestion,
            "first-garbage" => Self::FirstGarbage,
            _ => {
                let flaw = Flaw::read(kind.strip_prefix("first-")?)?;
                Self::First(flaw, value.parse().ok()?)
            }
        })
    }
}

impl Flaw {
    fn read(word: &str) -> Option<Self> {
        Some(match word {
            "wrong-id" => Self::Id,
            "wrong-question" => Self::Question,
            "wrong-type" => Self::Type,
            "wrong-class" => Self::Class,
            "wrong-case" => Self::Case,
            "two-questions" => Self::Two,
            "wrong-opcode" => Self::Opcode,
            "query" => Self::Query,
            _ => return None,
        })
    }
}

/// TTL and MINIMUM of an SOA: `300` for both, `900/120` for each, nothing for the default.
fn read_soa(value: &str) -> Option<(u32, u32)> {
    if value.is_empty() {
        return Some((DEFAULT_TTL, DEFAULT_TTL));
    }
    let (ttl, minimum) = value.split_once('/').unwrap_or((value, value));
    Some((ttl.parse().ok()?, minimum.parse().ok()?))
}

fn read_data<'a>(
    record_type: RecordType,
    words: &mut impl Iterator<Item = &'a str>,
) -> Option<RData> {
    let mut next = || words.next();
    Some(match record_type {
        RecordType::A => RData::A(A(next()?.parse().ok()?)),
        RecordType::AAAA => RData::AAAA(AAAA(next()?.parse().ok()?)),
        RecordType::CNAME => RData::CNAME(CNAME(name(next()?))),
        RecordType::MX => RData::MX(MX::new(next()?.parse().ok()?, name(next()?))),
        _ => return None,
    })
}
