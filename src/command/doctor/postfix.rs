//! Whether this host's Postfix asks the list about recipients, read from what `postconf` says is in force.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;

use super::program;
use super::report::Finding;
use super::restrictions::{Place, place};
use crate::command::settings::resolv_conf;
use crate::verdict::Domain;

const CHECK: &str = "postfix";

/// The page that shows what to write.
const PAGE: &str = "docs/mail/postfix.md";

/// The lists that are evaluated for each recipient, in this order. The first three are only because of
/// `smtpd_delay_reject`.
const LISTS: [&str; 5] = [
    "smtpd_client_restrictions",
    "smtpd_helo_restrictions",
    "smtpd_sender_restrictions",
    "smtpd_relay_restrictions",
    ASKED_LAST,
];

/// Where the question about a recipient belongs.
const ASKED_LAST: &str = "smtpd_recipient_restrictions";

/// How many of those do not wait for the recipient where that is turned off.
const EARLY: usize = 3;

/// What postconf says.
struct Postfix {
    /// main.cf, without defaults.
    main: HashMap<String, String>,
    /// `-o` in master.cf, by `service/type/parameter`.
    overrides: HashMap<String, String>,
    services: Vec<Service>,
}

/// An SMTP server in master.cf.
struct Service {
    /// As in `smtp/inet`.
    name: String,
    is_chrooted: bool,
}

/// Looks at each SMTP server; a host without Postfix has none.
pub(super) fn check(origins: &[&Domain]) -> Vec<Finding> {
    let postfix = match Postfix::read() {
        Ok(Some(postfix)) => postfix,
        Ok(None) => return vec![Finding::unknown(CHECK, "there is no Postfix on this host")],
        Err(error) => return vec![Finding::unknown(CHECK, error)],
    };
    let services = postfix.services.iter();
    let mut findings: Vec<Finding> = services
        .map(|service| postfix.judge(service, origins))
        .collect();
    if postfix.services.iter().any(|service| service.is_chrooted) {
        findings.extend(chroot());
    }
    if findings.is_empty() {
        findings.push(Finding::unknown(CHECK, "master.cf has no SMTP server"));
    }
    findings
}

impl Postfix {
    fn read() -> Result<Option<Self>, String> {
        let Some(main) = program::output("postconf", &["-nx"])? else {
            return Ok(None);
        };
        let overrides = program::output("postconf", &["-Px"])?.unwrap_or_default();
        let services = program::output("postconf", &["-M"])?.unwrap_or_default();
        Ok(Some(Self {
            main: assignments(&main),
            overrides: assignments(&overrides),
            services: services.lines().filter_map(Service::read).collect(),
        }))
    }

    /// What is in force for a service; empty if nobody has set it.
    fn value(&self, service: &Service, parameter: &str) -> &str {
        let key = format!("{}/{parameter}", service.name);
        let value = self
            .overrides
            .get(&key)
            .or_else(|| self.main.get(parameter));
        value.map_or("", String::as_str)
    }

    /// Where a server asks; of several places, one where it works.
    fn place<'p>(&'p self, service: &Service, origins: &[&Domain]) -> (&'static str, Place<'p>) {
        let is_delayed = self.value(service, "smtpd_delay_reject") != "no";
        let mut found = (ASKED_LAST, Place::Absent);
        for (index, list) in LISTS.into_iter().enumerate() {
            let mut place = place(self.value(service, list), origins);
            if place == Place::Absent {
                continue;
            }
            if index < EARLY && !is_delayed {
                place = Place::TooEarly;
            }
            if place == Place::Works {
                return (list, place);
            }
            found = (list, place);
        }
        found
    }

    fn judge(&self, service: &Service, origins: &[&Domain]) -> Finding {
        let (list, place) = self.place(service, origins);
        let zone = origins.first().map_or("", |origin| origin.as_str());
        let first = format!("put 'reject_rhsbl_recipient {zone}' first in {ASKED_LAST}: {PAGE}");
        let seen = match place {
            Place::Works => "asks about each recipient".to_owned(),
            Place::Absent => "does not ask about recipients".to_owned(),
            Place::TooEarly => {
                "asks before there is a recipient (smtpd_delay_reject = no)".to_owned()
            }
            Place::Never(end) => format!("never asks, because of the '{end}' before it"),
            Place::Behind(permit) => {
                format!(
                    "does not ask about its own users' mail, which bounces, because of the '{permit}' before it"
                )
            }
            Place::OtherCode(code) => format!("takes only {code} for listed"),
            Place::OnlyWarns => {
                "asks, and only logs what it would refuse (warn_if_reject)".to_owned()
            }
        };
        let seen = format!("{} {seen}, in {list}", service.name);
        match place {
            Place::Works => Finding::fine(CHECK, seen),
            Place::OnlyWarns => {
                let mend =
                    "take out warn_if_reject when the log shows no refusal that you do not want";
                Finding::doubtful(CHECK, seen, mend)
            }
            Place::OtherCode(_) => {
                let mend = format!("write =127.0.0.2 behind the zone, or nothing: {PAGE}");
                Finding::broken(CHECK, seen, mend)
            }
            Place::Absent | Place::TooEarly | Place::Never(_) | Place::Behind(_) => {
                Finding::broken(CHECK, seen, first)
            }
        }
    }
}

impl Service {
    /// A line of `postconf -M`: name, type, private, unprivileged, chroot, wake-up, process limit, command.
    ///
    /// A server on a loopback address takes mail back from a filter; it has been asked about before.
    fn read(line: &str) -> Option<Self> {
        let mut columns = line.split_whitespace();
        let (name, kind) = (columns.next()?, columns.next()?);
        let chroot = columns.nth(2)?;
        let command = columns.nth(2)?;
        let is_internal = ["127.", "[::1]", "localhost:"]
            .iter()
            .any(|loopback| name.starts_with(loopback));
        (command == "smtpd" && !is_internal).then(|| Self {
            name: format!("{name}/{kind}"),
            is_chrooted: chroot == "y",
        })
    }
}

/// Whether the resolvers of a server in its own root directory are those of the host.
fn chroot() -> Option<Finding> {
    let queue = program::output("postconf", &["-hx", "queue_directory"]).ok()??;
    let inside = Path::new(queue.trim()).join("etc/resolv.conf");
    let (own, system) = (
        resolv_conf::resolvers(&inside).ok()?,
        resolv_conf::resolvers(Path::new(resolv_conf::SYSTEM)).ok()?,
    );
    if own == system {
        return None;
    }
    let list = |servers: Vec<SocketAddr>| {
        let servers = servers.into_iter().map(|server| server.ip().to_string());
        servers.collect::<Vec<_>>().join(", ")
    };
    let seen = format!(
        "smtpd asks {}, as {} says, which it has for /etc/resolv.conf",
        list(own),
        inside.display()
    );
    let mend = "systemctl restart postfix, which copies the file";
    Some(Finding::broken(CHECK, seen, mend))
}

/// The lines `name = value`.
fn assignments(text: &str) -> HashMap<String, String> {
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    pairs
        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        .collect()
}
