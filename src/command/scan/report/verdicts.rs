//! What the list says today of the domains in a log.

use std::collections::HashMap;
use std::io::{self, IsTerminal as _};
use std::net::Ipv4Addr;
use std::sync::Arc;

use futures::stream::{self, StreamExt as _};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::command::mail_domain::domain_of;
use crate::command::reason;
use crate::oracle::lookup::Lookup;
use crate::oracle::{Oracle, Patience, Ruling};
use crate::verdict::{Domain, Policy, Rules, Verdict};

/// Domains that are looked up at one time; more only wait in the upstream's queue.
const CONCURRENT: usize = 64;

/// The verdicts by domain.
pub(crate) struct Verdicts {
    /// The policy in force.
    pub(crate) policy: Policy,
    said: HashMap<Box<str>, Said>,
}

/// What is said of a domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Said {
    pub(crate) verdict: Word,
    /// Why, for people.
    pub(crate) reason: Option<String>,
    /// What a listed domain is answered with.
    pub(crate) code: Option<Ipv4Addr>,
    /// What each policy would say.
    pub(crate) policies: ByPolicy,
}

/// A verdict in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Word {
    Listed,
    NotListed,
    Undecided,
}

/// A verdict for each policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ByPolicy {
    pub(crate) any: Word,
    pub(crate) all: Word,
    #[serde(rename = "loop")]
    pub(crate) looping: Word,
}

/// The policies, in the order of reports.
pub(crate) const POLICIES: [Policy; 3] = [Policy::Any, Policy::All, Policy::Loop];

impl Verdicts {
    pub(crate) fn of(&self, domain: &str) -> Option<&Said> {
        self.said.get(domain)
    }
}

/// Asks about each domain, by each policy.
pub(crate) async fn ask<L: Lookup>(
    oracle: &Arc<Oracle<L>>,
    rules: &Rules,
    domains: Vec<&str>,
) -> Verdicts {
    let by_policy = POLICIES.map(|policy| Rules {
        policy,
        ..rules.clone()
    });
    let progress = progress(domains.len());
    let (by_policy, bar) = (&by_policy, &progress);
    let said = stream::iter(domains)
        .map(|name| async move {
            let said = match domain_of(name)
                .ok()
                .filter(|domain| domain.not_mail().is_none())
            {
                Some(domain) => ask_one(oracle, rules, by_policy, &domain).await,
                None => Said::of_no_mail_domain(),
            };
            bar.inc(1);
            (Box::from(name), said)
        })
        .buffer_unordered(CONCURRENT)
        .collect()
        .await;
    progress.finish_and_clear();
    Verdicts {
        policy: rules.policy,
        said,
    }
}

/// The evidence is remembered, so that only the first question costs a look-up.
async fn ask_one<L: Lookup>(
    oracle: &Arc<Oracle<L>>,
    rules: &Rules,
    [any, all, looping]: &[Rules; 3],
    domain: &Domain,
) -> Said {
    let ruling = oracle.ask(domain, rules, None, Patience::Whole).await;
    let mut said = Said::of(&ruling);
    said.policies = ByPolicy {
        any: word(oracle, any, domain).await,
        all: word(oracle, all, domain).await,
        looping: word(oracle, looping, domain).await,
    };
    said
}

async fn word<L: Lookup>(oracle: &Arc<Oracle<L>>, rules: &Rules, domain: &Domain) -> Word {
    let ruling = oracle.ask(domain, rules, None, Patience::Whole).await;
    Word::of(&ruling.verdict())
}

fn progress(domains: usize) -> ProgressBar {
    if domains == 0 || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(u64::try_from(domains).unwrap_or(u64::MAX));
    let style = ProgressStyle::with_template(
        "{wide_bar} {pos} of {len} domains looked up, {elapsed} of about {duration}",
    );
    style.map_or(ProgressBar::hidden(), |style| bar.with_style(style))
}

impl Said {
    fn of(ruling: &Ruling<'_>) -> Self {
        let verdict = ruling.verdict();
        let (reason, code) = match &verdict {
            Verdict::Listed(listing) => {
                let cause = reason::of_listing(&listing.cause);
                (
                    Some(format!("{}: {cause}", listing.text)),
                    Some(listing.code),
                )
            }
            Verdict::NotListed(not_listed) => {
                let why = reason::of_innocence(not_listed.reason, ruling.evidence().mx);
                (why.map(str::to_owned), None)
            }
            Verdict::Undecided(doubt) => {
                let host = doubt
                    .host
                    .map(|host| format!("{host}: "))
                    .unwrap_or_default();
                (Some(format!("{host}{}", doubt.failure)), None)
            }
        };
        let word = Word::of(&verdict);
        Self {
            verdict: word,
            reason,
            code,
            policies: ByPolicy::all(word),
        }
    }

    /// Why, in any case.
    pub(crate) fn why(&self) -> &str {
        let unsaid = match self.verdict {
            Word::NotListed => "its mail goes to public addresses",
            Word::Listed | Word::Undecided => "",
        };
        self.reason.as_deref().unwrap_or(unsaid)
    }

    /// What is never looked up.
    fn of_no_mail_domain() -> Self {
        Self {
            verdict: Word::NotListed,
            reason: Some("no mail domain: never looked up".to_owned()),
            code: None,
            policies: ByPolicy::all(Word::NotListed),
        }
    }
}

impl Word {
    fn of(verdict: &Verdict<'_>) -> Self {
        match verdict {
            Verdict::Listed(_) => Self::Listed,
            Verdict::NotListed(_) => Self::NotListed,
            Verdict::Undecided(_) => Self::Undecided,
        }
    }

    /// As programs read it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Listed => "listed",
            Self::NotListed => "not-listed",
            Self::Undecided => "undecided",
        }
    }
}

impl ByPolicy {
    pub(crate) fn all(word: Word) -> Self {
        Self {
            any: word,
            all: word,
            looping: word,
        }
    }

    pub(crate) fn by(self, policy: Policy) -> Word {
        match policy {
            Policy::Any => self.any,
            Policy::All => self.all,
            Policy::Loop => self.looping,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::scan::fixture;

    #[tokio::test(start_paused = true)]
    async fn each_domain_is_asked_about_once_and_judged_by_each_policy() {
        let oracle = fixture::oracle(
            "
            hot.de           MX 10 null.hot.de
            null.hot.de      A  127.0.0.1
            mixed.example    MX 10 mx.mixed.example 20 backup.mixed.example
            mx.mixed.example A  192.0.1.1
            backup.mixed.example A 10.0.0.1
            nomail.example   MX 0 .
            good.example     MX 10 mx.mixed.example
            dead.example     MX !servfail
            ",
        );
        let rules = fixture::rules(Policy::All);
        let domains = vec![
            "hot.de",
            "mixed.example",
            "nomail.example",
            "good.example",
            "dead.example",
            "[10.0.0.1]",
        ];
        let verdicts = ask(&oracle, &rules, domains).await;
        assert_eq!(verdicts.policy, Policy::All);
        let words = |domain: &str| {
            let said = verdicts.of(domain).unwrap();
            let by = POLICIES.map(|policy| said.policies.by(policy).as_str());
            assert_eq!(said.verdict, said.policies.all, "{domain}");
            (by, said.reason.clone().unwrap_or_default())
        };
        let all = |word, reason: &str| ([word; 3], reason.to_owned());
        let hot = "Domain MX in loopback network: null.hot.de 127.0.0.1";
        assert_eq!(words("hot.de"), all("listed", hot));
        assert_eq!(
            verdicts.of("hot.de").unwrap().code,
            Some(Ipv4Addr::new(127, 0, 0, 2))
        );
        let split = (["listed", "not-listed", "not-listed"], String::new());
        assert_eq!(words("mixed.example"), split);
        let null = "null MX: the domain takes no mail";
        assert_eq!(words("nomail.example"), all("not-listed", null));
        assert_eq!(words("good.example"), all("not-listed", ""));
        let good = verdicts.of("good.example").unwrap();
        assert_eq!(good.why(), "its mail goes to public addresses");
        assert_eq!(verdicts.of("hot.de").unwrap().why(), hot);
        let dead = "upstream answered SERVFAIL";
        assert_eq!(words("dead.example"), all("undecided", dead));
        let literal = "no mail domain: never looked up";
        assert_eq!(words("[10.0.0.1]"), all("not-listed", literal));
        let asked = oracle.lookup().asked();
        let about = asked
            .iter()
            .filter(|question| *question == "mixed.example MX");
        assert_eq!(about.count(), 1);
    }
}
