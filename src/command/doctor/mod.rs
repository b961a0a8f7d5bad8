//! `bogusmx doctor`: looks at the chain from the mail server to the list and back, as it is deployed on this host, and
//! says what to mend.
//!
//! It asks what the mail server's own look-ups would ask, and reads what the programs on the way say of their
//! configuration. It changes nothing.

mod canary;
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

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use self::report::{Finding, State};
use self::resolver::Resolver;
use self::restrictions::Listing;
use super::address::reachable;
use super::args::DoctorArgs;
use super::settings::{Origin, Settings, resolv_conf};
use super::{CommandError, Ending, print, zones};
use crate::verdict::table::Action;
use crate::verdict::{Domain, Rules, Table};

/// Looks at everything, in the order in which it is best mended, and prints each finding at once.
///
/// # Errors
/// If the settings are wrong, or standard output is closed.
pub(super) async fn run(args: &DoctorArgs) -> Result<Ending, CommandError> {
    let settings = Settings::from(&args.chain.clone().into(), None)?;
    let mut report = Report {
        is_json: args.json,
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
    for (index, address) in host_resolvers().into_iter().enumerate() {
        let resolver = Resolver::at(address).await;
        for finding in look_at_resolver(&resolver, &settings).await {
            report.add([if index == 0 {
                finding
            } else {
                finding.softened()
            }])?;
        }
    }
    match args.server {
        Some(server) => {
            for origin in names_of(&settings) {
                let canaries = &settings.canaries;
                report.add([canary::check_through(server, origin, canaries).await])?;
            }
        }
        None => match settings.resolvers() {
            Ok(resolvers) => {
                for address in resolvers {
                    report.add(upstream::check(address, &settings.canaries).await)?;
                }
            }
            Err(error) => report.add([upstream::nobody(&error)])?,
        },
    }
    let zones: Vec<Listing> = settings.origins.iter().map(Listing::of).collect();
    report.add(postfix::check(&zones).await)?;
    Ok(report.ending)
}

/// Whom the host's programs ask: the C library looks at the first three, and asks this host if there are none
/// (resolv.conf(5)).
fn host_resolvers() -> Vec<SocketAddr> {
    let named = resolv_conf::resolvers(Path::new(resolv_conf::SYSTEM));
    let named = named.unwrap_or_else(|_none| vec![(Ipv4Addr::LOCALHOST, 53).into()]);
    named.into_iter().take(3).collect()
}

/// One of the host's own resolvers, and for each zone what comes through it.
async fn look_at_resolver(resolver: &Resolver, settings: &Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    for origin in names_of(settings) {
        let finding = resolver::check(resolver, origin).await;
        let is_fine = finding.state == State::Fine;
        findings.push(finding);
        findings.extend(names::denial(resolver, origin).await);
        // How fast a chain is that does not work says nothing.
        if is_fine {
            findings.extend(latency::check(resolver, origin, &settings.canaries).await);
        }
    }
    findings.extend(patience::check(resolver).await);
    findings
}

/// Where the daemon must answer. Of the default addresses, the host may lack the second.
fn daemons(typed: Option<SocketAddr>, settings: &Settings) -> Vec<SocketAddr> {
    match (typed, &settings.listen) {
        (Some(server), _) => vec![server],
        (None, Some(listen)) => listen.iter().copied().map(reachable).collect(),
        (None, None) => settings.addresses().into_iter().take(1).collect(),
    }
}

fn names_of(settings: &Settings) -> impl Iterator<Item = &Domain> {
    settings.origins.iter().map(|Origin { name, .. }| name)
}

impl Listing {
    /// With the codes of its table and lists, which the daemon may have read before somebody broke them.
    fn of(origin: &Origin) -> Self {
        let rules = zones::rules(origin)
            .unwrap_or_else(|_error| Rules::new(Table::reserved(), origin.policy));
        let lists = [&rules.local.domains, &rules.local.hosts];
        let said = lists
            .iter()
            .flat_map(|list| list.says())
            .map(|say| &say.action);
        let rows = rules.table.rows().iter().map(|row| &row.action);
        let codes = rows.chain(said).filter_map(|action| match action {
            Action::List { code, .. } => Some(*code),
            Action::Pass => None,
        });
        Self {
            name: origin.name.clone(),
            codes: codes.collect(),
        }
    }
}

/// Prints findings, and remembers the worst.
struct Report {
    is_json: bool,
    ending: Ending,
}

impl Report {
    fn add(&mut self, findings: impl IntoIterator<Item = Finding>) -> Result<(), CommandError> {
        for finding in findings {
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
