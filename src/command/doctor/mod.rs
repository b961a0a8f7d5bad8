//! `bogusmx doctor`: looks at the chain from the mail server to the list and back, as it is deployed on this host, and
//! says what to mend.
//!
//! It asks what the mail server's own look-ups would ask, and reads what the programs on the way say of their
//! configuration. It changes nothing.

mod daemon;
mod latency;
mod names;
mod patience;
mod postfix;
mod probe;
mod program;
mod report;
mod resolver;
mod restrictions;
mod upstream;

use std::net::SocketAddr;
use std::path::Path;

use self::report::{Finding, State};
use self::resolver::Resolver;
use super::address::reachable;
use super::args::DoctorArgs;
use super::settings::{Origin, Settings, resolv_conf};
use super::{CommandError, Ending, print};
use crate::verdict::Domain;

/// Looks at everything, in the order in which it is best mended, and prints each finding at once.
///
/// # Errors
/// If the settings are wrong, or standard output is closed.
pub(super) async fn run(args: &DoctorArgs) -> Result<Ending, CommandError> {
    let settings = Settings::from(&args.chain.clone().into(), &[])?;
    let mut report = Report {
        is_json: args.json,
        is_second_choice: false,
        ending: Ending::Success,
    };
    for daemon in daemons(args.server, &settings) {
        for origin in names_of(&settings) {
            report.add([daemon::check(daemon, origin).await])?;
        }
    }
    for origin in names_of(&settings) {
        report.add(names::multicast(origin))?;
    }
    for (index, address) in resolv_conf::resolvers(Path::new(resolv_conf::SYSTEM))?
        .into_iter()
        .enumerate()
    {
        let resolver = Resolver::at(address).await;
        report.is_second_choice = index > 0;
        look_at_resolver(&resolver, &settings, &mut report).await?;
    }
    report.is_second_choice = false;
    match args.server {
        Some(server) => {
            for origin in names_of(&settings) {
                let canaries = &settings.canaries;
                report.add([upstream::check_through(server, origin, canaries).await])?;
            }
        }
        None => {
            for address in settings.resolvers()? {
                report.add(upstream::check(address, &settings.canaries).await)?;
            }
        }
    }
    let origins: Vec<&Domain> = names_of(&settings).collect();
    report.add(postfix::check(&origins))?;
    Ok(report.ending)
}

/// One of the host's own resolvers, and for each zone what comes through it.
async fn look_at_resolver(
    resolver: &Resolver,
    settings: &Settings,
    report: &mut Report,
) -> Result<(), CommandError> {
    for origin in names_of(settings) {
        let finding = resolver::check(resolver, origin).await;
        let is_fine = finding.state == State::Fine;
        report.add([finding])?;
        report.add(names::denial(resolver, origin).await)?;
        // How fast a chain is that does not work says nothing.
        if is_fine {
            report.add(latency::check(resolver, origin, &settings.canaries).await)?;
        }
    }
    report.add(patience::check(resolver))?;
    Ok(())
}

/// Where the daemon must answer. Of the default addresses, the host may lack the second.
fn daemons(typed: Option<SocketAddr>, settings: &Settings) -> Vec<SocketAddr> {
    match (typed, &settings.listen) {
        (Some(server), _) => vec![server],
        (None, Some(listen)) => listen.iter().copied().map(reachable).collect(),
        (None, None) => Settings::default_listen().into_iter().take(1).collect(),
    }
}

fn names_of(settings: &Settings) -> impl Iterator<Item = &Domain> {
    settings.origins.iter().map(|Origin { name, .. }| name)
}

/// Prints findings, and remembers the worst.
struct Report {
    is_json: bool,
    /// Whether what is looked at is used only while another fails, and so cannot break much.
    is_second_choice: bool,
    ending: Ending,
}

impl Report {
    fn add(&mut self, findings: impl IntoIterator<Item = Finding>) -> Result<(), CommandError> {
        for mut finding in findings {
            if self.is_second_choice && finding.state == State::Broken {
                finding.state = State::Doubtful;
            }
            print::out(if self.is_json {
                finding.json()
            } else {
                finding.text()
            })?;
            if finding.state == State::Broken {
                self.ending = Ending::Broken;
            }
        }
        Ok(())
    }
}
