//! A report for people: a tree from the domain down to the row of the table.

use std::fmt::{self, Write as _};
use std::net::IpAddr;

use super::{Finding, Outcome};
use crate::command::print::{BAD, FAINT, GOOD, UNSURE};
use crate::command::reason;
use crate::command::settings::Origin;
use crate::front::dns::client::Said;
use crate::oracle::{Ruling, Source};
use crate::verdict::domain::NotMail;
use crate::verdict::evidence::{Addresses, Answer, Failure, Host, MxAnswer};
use crate::verdict::local::{NameList, Say};
use crate::verdict::table::Action;
use crate::verdict::{Domain, Rules, Verdict};

/// The report, coloured; whoever prints it takes the colours out where they do not belong.
pub(super) fn report(finding: &Finding<'_>, origin: &Origin) -> String {
    let mut text = String::new();
    // Writing to a String does not fail.
    let _infallible = match &finding.outcome {
        Outcome::Ruled(domain, ruling) => ruled(&mut text, domain, ruling, finding, origin),
        Outcome::NoMailDomain(domain) => no_mail_domain(&mut text, domain),
        Outcome::Said(domain, said) => remote(&mut text, domain, said, finding),
        Outcome::Error(_, error) => {
            writeln!(text, "{} {UNSURE}error{UNSURE:#} {error}", finding.given)
        }
    };
    text
}

fn no_mail_domain(text: &mut String, domain: &Domain) -> fmt::Result {
    let why = match domain.not_mail() {
        Some(NotMail::AllNumeric) => "an address, not a mail domain: never looked up",
        Some(NotMail::SingleLabel) | None => "a single label, not a mail domain: never looked up",
    };
    writeln!(text, "{domain} {GOOD}not listed{GOOD:#} {why}")
}

fn remote(text: &mut String, domain: &Domain, said: &Said, finding: &Finding<'_>) -> fmt::Result {
    match said {
        Said::Listed { text: why, .. } => writeln!(text, "{domain} {BAD}listed{BAD:#} {why}")?,
        Said::NotListed { .. } => writeln!(text, "{domain} {GOOD}not listed{GOOD:#}")?,
        Said::Undecided { why } => writeln!(text, "{domain} {UNSURE}undecided{UNSURE:#} {why}")?,
    }
    let took = finding.took;
    match said {
        Said::Listed { code, ttl, .. } => {
            writeln!(
                text,
                "└─ {FAINT}A {code}, TTL {ttl} s, took {took:.1?}{FAINT:#}"
            )
        }
        Said::NotListed { ttl } => {
            writeln!(text, "└─ {FAINT}TTL {ttl} s, took {took:.1?}{FAINT:#}")
        }
        Said::Undecided { .. } => writeln!(text, "└─ {FAINT}SERVFAIL, took {took:.1?}{FAINT:#}"),
    }
}

fn ruled(
    text: &mut String,
    domain: &Domain,
    ruling: &Ruling<'_>,
    finding: &Finding<'_>,
    origin: &Origin,
) -> fmt::Result {
    match ruling.verdict() {
        Verdict::Listed(listing) => {
            writeln!(text, "{domain} {BAD}listed{BAD:#} {}", listing.text)?;
        }
        Verdict::NotListed(not_listed) => {
            let why = reason::of_innocence(not_listed.reason, ruling.evidence().mx);
            let why = why.map(|why| format!(" {why}")).unwrap_or_default();
            writeln!(text, "{domain} {GOOD}not listed{GOOD:#}{why}")?;
        }
        Verdict::Undecided(doubt) => {
            let at = doubt
                .host
                .map(|host| format!("{host}: "))
                .unwrap_or_default();
            writeln!(
                text,
                "{domain} {UNSURE}undecided{UNSURE:#} {at}{}",
                doubt.failure
            )?;
        }
    }
    if ruling.source == Source::Operator {
        let domains = &ruling.rules.local.domains;
        said(text, "├─", domains.find(domain.as_ref()), domains)?;
    }
    mx(text, ruling.evidence().mx)?;
    for host in ruling.evidence().hosts() {
        self::host(text, host, ruling)?;
    }
    if ruling.evidence().hosts_left_out > 0 {
        writeln!(
            text,
            "├─ {} more hosts left out",
            ruling.evidence().hosts_left_out
        )?;
    }
    let (policy, ttl, took) = (
        origin.policy.as_str(),
        ruling.remaining.as_secs(),
        finding.took,
    );
    writeln!(
        text,
        "└─ {FAINT}policy {policy}, kept for {ttl} s, took {took:.1?}{FAINT:#}"
    )
}

fn mx(text: &mut String, mx: MxAnswer) -> fmt::Result {
    match mx {
        MxAnswer::Records { .. } | MxAnswer::OwnZone | MxAnswer::NotAsked => Ok(()),
        MxAnswer::Implicit { ttl } => {
            writeln!(
                text,
                "├─ no MX: the domain itself is the host {FAINT}(TTL {ttl} s){FAINT:#}"
            )
        }
        MxAnswer::Null { ttl } => writeln!(text, "├─ MX . {FAINT}(TTL {ttl} s){FAINT:#}"),
        MxAnswer::Pending => writeln!(text, "├─ MX {UNSURE}?{UNSURE:#} {}", Failure::Pending),
        MxAnswer::Failed(failure) => writeln!(text, "├─ MX {UNSURE}?{UNSURE:#} {failure}"),
    }
}

fn host(text: &mut String, host: Host<'_>, ruling: &Ruling<'_>) -> fmt::Result {
    let (name, preference) = (host.name(), host.preference);
    match (ruling.evidence().mx, ruling.evidence().mx.ttl()) {
        (MxAnswer::Records { .. }, Some(ttl)) => {
            writeln!(
                text,
                "├─ MX {preference} {name} {FAINT}(TTL {ttl} s){FAINT:#}"
            )?;
        }
        _ => writeln!(text, "├─ {name}")?,
    }
    match host.addresses {
        Addresses::Resolved { a, aaaa } => {
            answer(text, "A", &a)?;
            answer(text, "AAAA", &aaaa)?;
            if matches!((a, aaaa), (Answer::Absent { .. }, Answer::Absent { .. })) {
                writeln!(text, "│  └─ {FAINT}no address{FAINT:#}")?;
            }
        }
        Addresses::Literal(_) => writeln!(text, "│  ├─ {FAINT}an address by itself{FAINT:#}")?,
        Addresses::Localhost => writeln!(text, "│  ├─ {FAINT}loopback by name{FAINT:#}")?,
        Addresses::NotAHost => writeln!(text, "│  └─ {FAINT}no host name: skipped{FAINT:#}")?,
        Addresses::OwnZone => {
            writeln!(text, "│  └─ {FAINT}in a zone of our own: skipped{FAINT:#}")?;
        }
    }
    let say = ruling.rules.local.host(host);
    said(text, "│  ├─", say, &ruling.rules.local.hosts)?;
    known(text, host, ruling.rules, say.is_some())
}

/// The addresses of a host; of one that the operator has spoken of by name they decide nothing.
fn known(text: &mut String, host: Host<'_>, rules: &Rules, is_named: bool) -> fmt::Result {
    let known: Vec<(IpAddr, Option<u32>)> = host.known().collect();
    for (index, (address, ttl)) in known.iter().enumerate() {
        let branch = if index + 1 == known.len() {
            "└─"
        } else {
            "├─"
        };
        let ttl = ttl
            .map(|ttl| format!(" {FAINT}(TTL {ttl} s){FAINT:#}"))
            .unwrap_or_default();
        match rules.hit(*address).filter(|_| !is_named) {
            None => writeln!(text, "│  {branch} {address}{ttl}")?,
            Some(hit) => {
                let inside = hit
                    .embedded
                    .map(|inside| format!(", as {inside},"))
                    .unwrap_or_default();
                writeln!(
                    text,
                    "│  {branch} {BAD}{address}{BAD:#}{ttl}{inside} hits {} {FAINT}({}:{}){FAINT:#} {}",
                    hit.row.pattern, hit.source, hit.row.line, hit.text
                )?;
            }
        }
    }
    Ok(())
}

/// The line of a list that the operator has spoken in, if there is one.
fn said(text: &mut String, branch: &str, say: Option<&Say>, list: &NameList) -> fmt::Result {
    let Some(say) = say else { return Ok(()) };
    let what = match say.action {
        Action::Pass => format!("{GOOD}exempt{GOOD:#}"),
        Action::List { .. } => format!("{BAD}listed{BAD:#}"),
    };
    let (pattern, source, line) = (&say.pattern, list.source(), say.line);
    writeln!(
        text,
        "{branch} {what} by the name {pattern} {FAINT}({source}:{line}){FAINT:#}"
    )
}

/// Says why a family's addresses are not known, if they are not.
fn answer<L>(text: &mut String, family: &str, answer: &Answer<L>) -> fmt::Result {
    match answer.failure() {
        Some(failure) => writeln!(text, "│  ├─ {family} {UNSURE}?{UNSURE:#} {failure}"),
        None => Ok(()),
    }
}
