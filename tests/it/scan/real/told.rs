//! What `bogusmx scan` says of a log, and what it should say, given the mails that were sent: slow, and simple enough to
//! be right.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};

use jiff::Timestamp;
use serde_json::Value;

use super::log::Log;
use super::mail::{Cause, Fate, Lost, Mail, Origin, Status};
use crate::daemons::world::{self, Verdict};

/// No test takes longer.
const TEST_SECONDS_MAX: i64 = 600;

/// The report, as far as it follows from what was sent.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    status: Option<i32>,
    /// What `found`, `causes`, `suspected` and `other_backscatter` say, by name; without zeros.
    numbers: BTreeMap<String, u64>,
    /// Loops and bounces.
    domains: BTreeMap<String, (u64, u64)>,
    senders: BTreeMap<String, (u64, u64)>,
    origins: BTreeMap<String, (u64, u64)>,
    verdicts: BTreeMap<String, String>,
    /// One line each.
    incidents: BTreeSet<String>,
}

impl Told {
    /// What the program says, if it may ask this resolver.
    pub(super) fn by_program(log: &Path, resolver: Option<SocketAddr>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bogusmx"));
        command.args(["scan", "--json"]).arg(log);
        match resolver {
            Some(resolver) => command.args(["--upstream", &resolver.to_string()]),
            None => command.arg("--no-dns"),
        };
        let output = command
            .stdin(Stdio::null())
            .output()
            .expect("the program starts");
        let complaints = String::from_utf8_lossy(&output.stderr);
        let said: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {output:?}"));
        assert_eq!(said["unparsable"], 0, "{said}\n{complaints}");
        Self {
            status: output.status.code(),
            ..Self::read(&said)
        }
    }

    fn read(said: &Value) -> Self {
        let mut told = Self::default();
        for group in [&said["found"], &said["causes"]] {
            for (name, count) in group.as_object().expect("an object") {
                told.count(name, number(count));
            }
        }
        for name in ["suspected", "other_backscatter"] {
            told.count(name, number(&said[name]));
        }
        for name in ["loops", "backscatter"] {
            let hours = list(&said["timeline"]).iter();
            let sum: u64 = hours.map(|hour| number(&hour[name])).sum();
            assert_eq!(sum, number(&said["found"][name]), "{name} by time: {said}");
        }
        told.domains = rows(&said["domains"], |row| text(&row["domain"]));
        told.senders = rows(&said["senders"], |row| text(&row["sender"]));
        told.origins = rows(&said["origins"], |row| {
            origin(&row["kind"], &row["name"], &row["client"])
        });
        for row in list(&said["domains"]) {
            if let Some(verdict) = row["verdict"].as_str() {
                told.verdicts
                    .insert(text(&row["domain"]), verdict.to_owned());
            }
        }
        told.incidents = list(&said["incidents"]).iter().map(incident).collect();
        told
    }

    /// What it should say of these mails.
    pub(super) fn by_senders(mails: &[Mail], log: &Log, is_asked: bool) -> Self {
        let mut told = Self::default();
        let listed = if is_asked { listed() } else { BTreeSet::new() };
        let bounces: Vec<Mail> = mails
            .iter()
            .filter_map(|mail| mail.looping_bounce(log))
            .collect();
        for mail in mails.iter().chain(&bounces) {
            told.add(mail, &listed);
            let lines = mail.lost.iter().filter(|lost| lost.cause != Cause::Other);
            told.incidents
                .extend(lines.map(|lost| mail.line(lost, log)));
        }
        if is_asked {
            let verdict = |domain: &String| match listed.contains(domain) {
                true => (domain.clone(), "listed".to_owned()),
                false => (domain.clone(), "not-listed".to_owned()),
            };
            told.verdicts = told.domains.keys().map(verdict).collect();
        }
        told.status = Some(i32::from(!told.domains.is_empty()));
        told
    }

    fn add(&mut self, mail: &Mail, listed: &BTreeSet<String>) {
        let counts = |lost: &&Lost| lost.is_certain() || listed.contains(&lost.domain());
        let of_interest = mail.lost.iter().filter(|lost| lost.cause != Cause::Other);
        let (counted, suspected): (Vec<&Lost>, Vec<&Lost>) = of_interest.partition(counts);
        for _ in suspected {
            self.count("suspected", 1);
        }
        let left = u64::from(matches!(mail.bounce, Some(Fate::Left(_))));
        let mut domains = BTreeSet::new();
        for (nth, lost) in counted.iter().enumerate() {
            // The mail's bounce belongs to its first one.
            let bounces = if nth == 0 { left } else { 0 };
            let word = |word: &dyn std::fmt::Debug| format!("{word:?}").to_lowercase();
            self.count("loops", 1);
            self.count("backscatter", bounces);
            self.count(&word(&lost.status), 1);
            self.count(lost.cause.word(), 1);
            add(&mut self.senders, mail.sender.clone(), bounces);
            add(&mut self.origins, mail.origin.line(), bounces);
            let is_first = domains.insert(lost.domain());
            add(
                &mut self.domains,
                lost.domain(),
                if is_first { left } else { 0 },
            );
        }
        if counted.is_empty() {
            self.count("other_backscatter", left);
        }
    }

    fn count(&mut self, name: &str, count: u64) {
        if count > 0 {
            *self.numbers.entry(name.to_owned()).or_default() += count;
        }
    }
}

impl Mail {
    /// One of its incidents, as `incident` has it.
    fn line(&self, lost: &Lost, log: &Log) -> String {
        let Self { id, sender, .. } = self;
        let (origin, domain) = (self.origin.line(), lost.domain());
        let bounce = self.bounce.map_or("none".to_owned(), |fate| {
            let id = log.bounce_of(id).expect("a bounce");
            format!("{id} to {sender} {}", fate.line())
        });
        let (cause, status) = (
            lost.cause.word(),
            format!("{:?}", lost.status).to_lowercase(),
        );
        let recipient = lost.recipient;
        format!(
            "{id} {origin} from {sender} to {recipient} at {domain}: {cause} {status}, bounce {bounce}"
        )
    }
}

impl Lost {
    /// What a reserved address took may have been sent there on purpose.
    fn is_certain(&self) -> bool {
        match self.cause {
            Cause::Loop => true,
            Cause::Reserved => self.status != Status::Sent,
            Cause::Private | Cause::NoHost | Cause::Other => false,
        }
    }
}

impl Cause {
    fn word(self) -> &'static str {
        match self {
            Self::Loop => "loop",
            Self::Reserved => "reserved",
            Self::Private => "private",
            Self::NoHost => "no_host",
            Self::Other => "other",
        }
    }
}

impl Fate {
    fn line(self) -> String {
        match self {
            Self::Left(relay) => format!("left {relay}"),
            Self::Inside(relay) => format!("inside {relay}"),
            Self::Local => "local".to_owned(),
            Self::Refused | Self::Loops => "refused".to_owned(),
            Self::Waiting => "waiting".to_owned(),
        }
    }
}

impl Origin {
    fn line(&self) -> String {
        match self {
            Self::Client(client) => format!("client {client}"),
            Self::Account { name, client } => format!("account {name} {client}"),
            Self::Local(name) => format!("local {name}"),
        }
    }
}

/// The domains that are listed, as their zone files say.
fn listed() -> BTreeSet<String> {
    let domains = world::domains().into_iter();
    let listed = domains.filter(|domain| matches!(domain.verdict, Verdict::Listed(_)));
    listed.map(|domain| domain.name).collect()
}

fn add(counts: &mut BTreeMap<String, (u64, u64)>, key: String, bounces: u64) {
    let (loops, backscatter) = counts.entry(key).or_default();
    *loops += 1;
    *backscatter += bounces;
}

fn rows(said: &Value, key: impl Fn(&Value) -> String) -> BTreeMap<String, (u64, u64)> {
    let row = |row: &Value| {
        (
            key(row),
            (number(&row["loops"]), number(&row["backscatter"])),
        )
    };
    let all = list(said);
    let rows: BTreeMap<_, _> = all.iter().map(row).collect();
    assert_eq!(rows.len(), all.len(), "a row twice: {said}");
    rows
}

fn incident(said: &Value) -> String {
    let field = |name: &str| text(&said[name]);
    let at: Timestamp = field("at").parse().expect("a time");
    let age = Timestamp::now().duration_since(at);
    assert!(
        (0..TEST_SECONDS_MAX).contains(&age.as_secs()),
        "another year, or zone: {said}"
    );
    let origin = match (&said["account"], &said["local"]) {
        (Value::Null, Value::Null) => origin(&"client".into(), &said["client"], &Value::Null),
        (Value::Null, local) => origin(&"local".into(), local, &Value::Null),
        (account, _) => origin(&"account".into(), account, &said["client"]),
    };
    let bounce = &said["bounce"];
    let bounce = match bounce {
        Value::Null => "none".to_owned(),
        _ => {
            let words = ["fate", "relay"].map(|name| text(&bounce[name]));
            // What nobody took has been seen by a relay, too.
            let is_taken = ["left", "inside"].contains(&words[0].as_str());
            let words = if is_taken {
                words.join(" ")
            } else {
                words[0].clone()
            };
            let (id, recipient) = (text(&bounce["id"]), text(&bounce["recipient"]));
            format!("{id} to {recipient} {words}")
        }
    };
    let [id, sender, recipient] = ["id", "sender", "recipient"].map(field);
    let [domain, cause, status] = ["domain", "cause", "status"].map(field);
    format!(
        "{id} {origin} from {sender} to {recipient} at {domain}: {cause} {status}, bounce {bounce}"
    )
}

fn origin(kind: &Value, name: &Value, client: &Value) -> String {
    let words = [text(kind), text(name), text(client)];
    words.join(" ").trim_end().to_owned()
}

fn list(said: &Value) -> &[Value] {
    said.as_array().expect("a list")
}

fn number(said: &Value) -> u64 {
    said.as_u64().expect("a number")
}

fn text(said: &Value) -> String {
    said.as_str().unwrap_or_default().to_owned()
}
