//! A report for programs: one JSON object a line. Its shape is documented in docs/check-json.md and
//! only grows.

use std::net::{IpAddr, Ipv4Addr};

use serde::Serialize;

use super::{Finding, Outcome};
use crate::command::reason;
use crate::command::settings::Origin;
use crate::front::dns::client;
use crate::oracle::Ruling;
use crate::verdict::evidence::octets::AddressList;
use crate::verdict::evidence::{Addresses, Answer, Host, MxAnswer};
use crate::verdict::local::{NameList, Say};
use crate::verdict::table::{Action, Hit};
use crate::verdict::{Domain, Verdict};

#[derive(Debug, Default, Serialize)]
struct Report<'a> {
    input: &'a str,
    domain: Option<&'a str>,
    verdict: &'static str,
    reason: Option<String>,
    code: Option<Ipv4Addr>,
    text: Option<&'a str>,
    policy: Option<&'static str>,
    ttl: Option<u64>,
    took_us: u128,
    mx: Option<Mx>,
    hosts: Option<Vec<ReportedHost<'a>>>,
    hosts_left_out: Option<usize>,
    said: Option<Said<'a>>,
}

#[derive(Debug, Serialize)]
struct Mx {
    kind: &'static str,
    ttl: Option<u32>,
}

#[derive(Debug, Serialize)]
struct ReportedHost<'a> {
    preference: u16,
    name: &'a str,
    kind: &'static str,
    addresses: Vec<ReportedAddress<'a>>,
    failures: Vec<String>,
    said: Option<Said<'a>>,
}

/// A line of the operator's, about a name.
#[derive(Debug, Serialize)]
struct Said<'a> {
    source: &'a str,
    line: usize,
    name: &'a str,
    is_exception: bool,
}

#[derive(Debug, Serialize)]
struct ReportedAddress<'a> {
    address: IpAddr,
    ttl: Option<u32>,
    hit: Option<ReportedHit<'a>>,
}

#[derive(Debug, Serialize)]
struct ReportedHit<'a> {
    source: &'a str,
    pattern: &'a str,
    line: usize,
    code: Ipv4Addr,
    text: &'a str,
    embedded: Option<Ipv4Addr>,
}

/// The report, with the newline that ends it.
pub(super) fn report(finding: &Finding<'_>, origin: &Origin) -> String {
    let blank = Report {
        input: &finding.given,
        took_us: finding.took.as_micros(),
        ..Report::default()
    };
    let report = match &finding.outcome {
        Outcome::Ruled(domain, ruling) => ruled(blank, domain, ruling, origin),
        Outcome::NoMailDomain(domain) => Report {
            domain: Some(domain.as_str()),
            verdict: "not-listed",
            reason: Some("no-mail-domain".to_owned()),
            ..blank
        },
        Outcome::Said(domain, said) => remote(blank, domain, said),
        Outcome::Error(domain, error) => Report {
            domain: domain.as_ref().map(Domain::as_str),
            verdict: "error",
            reason: Some(error.clone()),
            ..blank
        },
    };
    // The report is made of strings and numbers, which always have a JSON form.
    serde_json::to_string(&report)
        .map(|line| line + "\n")
        .unwrap_or_default()
}

fn ruled<'a>(
    blank: Report<'a>,
    domain: &'a Domain,
    ruling: &'a Ruling<'_>,
    origin: &Origin,
) -> Report<'a> {
    let (evidence, local) = (ruling.evidence(), &ruling.rules.local);
    let report = Report {
        domain: Some(domain.as_str()),
        policy: Some(origin.policy.as_str()),
        ttl: Some(ruling.remaining.as_secs()),
        mx: Some(Mx {
            kind: mx_kind(evidence.mx),
            ttl: evidence.mx.ttl(),
        }),
        hosts: Some(
            evidence
                .hosts()
                .map(|host| reported(host, ruling))
                .collect(),
        ),
        hosts_left_out: Some(evidence.hosts_left_out),
        said: local
            .domains
            .find(domain.as_ref())
            .map(|say| said(&local.domains, say)),
        ..blank
    };
    match ruling.verdict() {
        Verdict::Listed(listing) => Report {
            verdict: "listed",
            reason: Some(reason::of_listing(&listing.cause)),
            code: Some(listing.code),
            text: Some(listing.text),
            ..report
        },
        Verdict::NotListed(not_listed) => Report {
            verdict: "not-listed",
            reason: Some(not_listed.reason.as_str().to_owned()),
            ..report
        },
        Verdict::Undecided(doubt) => Report {
            verdict: "undecided",
            reason: Some(doubt.failure.to_string()),
            ..report
        },
    }
}

fn remote<'a>(blank: Report<'a>, domain: &'a Domain, said: &'a client::Said) -> Report<'a> {
    let report = Report {
        domain: Some(domain.as_str()),
        ..blank
    };
    match said {
        client::Said::Listed { code, text, ttl } => Report {
            verdict: "listed",
            code: Some(*code),
            text: Some(text),
            ttl: Some((*ttl).into()),
            ..report
        },
        client::Said::NotListed { ttl } => Report {
            verdict: "not-listed",
            ttl: Some((*ttl).into()),
            ..report
        },
        client::Said::Undecided { why } => Report {
            verdict: "undecided",
            reason: Some(why.clone()),
            ..report
        },
    }
}

fn mx_kind(mx: MxAnswer) -> &'static str {
    match mx {
        MxAnswer::Records { .. } => "records",
        MxAnswer::Implicit { .. } => "implicit",
        MxAnswer::Null { .. } => "null",
        MxAnswer::OwnZone => "own-zone",
        MxAnswer::NotAsked => "not-asked",
        MxAnswer::Pending | MxAnswer::Failed(_) => "failed",
    }
}

fn reported<'a>(host: Host<'a>, ruling: &'a Ruling<'_>) -> ReportedHost<'a> {
    let (kind, answers) = match &host.addresses {
        Addresses::Resolved { a, aaaa } => ("resolved", vec![("A", a), ("AAAA", aaaa)]),
        Addresses::Literal(_) => ("literal", Vec::new()),
        Addresses::Localhost => ("localhost", Vec::new()),
        Addresses::NotAHost => ("not-a-host", Vec::new()),
        Addresses::OwnZone => ("own-zone", Vec::new()),
    };
    let failure = |(family, answer): (&str, &Answer<AddressList<'_>>)| {
        answer
            .failure()
            .map(|failure| format!("{family}: {failure}"))
    };
    let address = |(address, ttl)| {
        let hit = ruling.rules.hit(address).map(reported_hit);
        ReportedAddress { address, ttl, hit }
    };
    let local = &ruling.rules.local;
    ReportedHost {
        preference: host.preference,
        name: host.name(),
        kind,
        addresses: host.known().map(address).collect(),
        failures: answers.into_iter().filter_map(failure).collect(),
        said: local.host(host).map(|say| said(&local.hosts, say)),
    }
}

/// What a list of the operator's says.
fn said<'a>(list: &'a NameList, say: &'a Say) -> Said<'a> {
    Said {
        source: list.source(),
        line: say.line,
        name: &say.pattern,
        is_exception: say.action == Action::Pass,
    }
}

fn reported_hit(hit: Hit<'_>) -> ReportedHit<'_> {
    ReportedHit {
        source: hit.source,
        pattern: &hit.row.pattern,
        line: hit.row.line,
        code: hit.code,
        text: hit.text,
        embedded: hit.embedded,
    }
}
