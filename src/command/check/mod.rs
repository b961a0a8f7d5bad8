//! `bogusmx check`: explains the verdict on mail domains.

mod input;
mod json;
mod tree;

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::stream::StreamExt as _;

use self::input::{Domains, Line};
use super::args::CheckArgs;
use super::mail_domain::domain_of;
use super::settings::{Origin, Settings};
use super::{CommandError, Ending, oracle, print, zones};
use crate::front::dns::client::{self, Said};
use crate::oracle::upstream::Upstream;
use crate::oracle::{Oracle, Patience, Ruling};
use crate::verdict::{Domain, Rules, Verdict};

/// Domains that are evaluated at one time; more only wait in the upstream's queue.
const CONCURRENT: usize = 64;

/// What is reported on one line of input.
struct Finding<'r> {
    /// What was given: a domain, an address, or something else.
    given: String,
    /// How long it took.
    took: Duration,
    outcome: Outcome<'r>,
}

/// The kinds of reports.
enum Outcome<'r> {
    /// Judged here, with all the evidence.
    Ruled(Domain, Ruling<'r>),
    /// A name that is answered without judging.
    NoMailDomain(Domain),
    /// Said by a running daemon.
    Said(Domain, Said),
    /// Not a name at all, or the daemon could not be asked about it.
    Error(Option<Domain>, String),
}

/// Who is asked.
enum Judge {
    Here {
        oracle: Arc<Oracle<Upstream>>,
        rules: Rules,
    },
    Daemon {
        server: std::net::SocketAddr,
    },
}

/// Prints a report on each domain, in the order given.
///
/// # Errors
/// If the settings are wrong, or standard output is closed.
pub(super) async fn run(args: &CheckArgs) -> Result<Ending, CommandError> {
    let settings = Settings::from(&args.common, None)?;
    // There is one at least: settings without an origin have the default one.
    let Some(origin) = settings.origins.first().cloned() else {
        return Ok(Ending::Trouble);
    };
    let judge = match args.server {
        Some(server) => Judge::Daemon { server },
        None => Judge::Here {
            oracle: oracle(&settings)?,
            rules: zones::rules(&origin)?,
        },
    };
    let domains = Domains::new(&args.domains);
    let progress = domains.progress();
    let mut findings = domains
        .lines()
        .map(|line| inspect(line, &judge, &origin))
        .buffered(CONCURRENT);
    let mut ending = Ending::Success;
    while let Some((octets, finding)) = findings.next().await {
        let report = if args.json {
            json::report(&finding, &origin)
        } else {
            tree::report(&finding, &origin)
        };
        ending = worse(ending, finding.ending());
        match progress.suspend(|| print::out(report)) {
            // Whoever reads us has read enough.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => break,
            printed => printed?,
        }
        progress.inc(octets);
    }
    progress.finish_and_clear();
    Ok(ending)
}

/// Judges one line of input; the octets are what it adds to the progress.
async fn inspect<'r>(
    line: std::io::Result<Line>,
    judge: &'r Judge,
    origin: &Origin,
) -> (u64, Finding<'r>) {
    let began = Instant::now();
    let (octets, given, outcome) = match line {
        Err(error) => (0, "-".to_owned(), Outcome::Error(None, error.to_string())),
        Ok(Line { octets, text }) => {
            let outcome = match domain_of(&text) {
                Ok(domain) => judge.rule(domain, &origin.name).await,
                Err(error) => Outcome::Error(None, error.to_string()),
            };
            (octets, text, outcome)
        }
    };
    (
        octets,
        Finding {
            given,
            took: began.elapsed(),
            outcome,
        },
    )
}

impl Judge {
    async fn rule(&self, domain: Domain, origin: &Domain) -> Outcome<'_> {
        match self {
            Self::Here { .. } if domain.not_mail().is_some() => Outcome::NoMailDomain(domain),
            Self::Here { oracle, rules } => {
                let ruling = oracle.ask(&domain, rules, None, Patience::Whole).await;
                Outcome::Ruled(domain, ruling)
            }
            Self::Daemon { server } => match client::ask(*server, origin, &domain).await {
                Ok(said) => Outcome::Said(domain, said),
                Err(error) => Outcome::Error(Some(domain), error.to_string()),
            },
        }
    }
}

impl Finding<'_> {
    fn ending(&self) -> Ending {
        match &self.outcome {
            Outcome::Ruled(_, ruling) => match ruling.verdict() {
                Verdict::Listed(_) => Ending::Listed,
                Verdict::NotListed(_) => Ending::Success,
                Verdict::Undecided(_) => Ending::Trouble,
            },
            Outcome::Said(_, Said::Listed { .. }) => Ending::Listed,
            Outcome::Said(_, Said::NotListed { .. }) | Outcome::NoMailDomain(_) => Ending::Success,
            Outcome::Said(_, Said::Undecided { .. }) | Outcome::Error(..) => Ending::Trouble,
        }
    }
}

/// Of several domains, what went wrong decides, then what is listed.
fn worse(one: Ending, other: Ending) -> Ending {
    match (one, other) {
        (Ending::Trouble, _) | (_, Ending::Trouble) => Ending::Trouble,
        (Ending::Listed, _) | (_, Ending::Listed) => Ending::Listed,
        (one, _) => one,
    }
}
