//! Whether this host's Postfix asks the list about recipients, read from what `postconf` says is in force.

use std::collections::HashMap;
use std::path::Path;

use super::program;
use super::report::Finding;
use super::restrictions::{Listing, Place, place};
use crate::command::settings::resolv_conf;

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

/// What a server that takes mail back from a filter does not do again.
const TURNED_OFF_BEHIND_FILTERS: [&str; 3] = [
    "content_filter",
    "receive_override_options",
    "smtpd_milters",
];

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
pub(super) async fn check(listings: &[Listing]) -> Vec<Finding> {
    let postfix = match Postfix::read().await {
        Ok(Some(postfix)) => postfix,
        Ok(None) => return vec![Finding::unknown(CHECK, "there is no Postfix on this host")],
        Err(error) => return vec![Finding::unknown(CHECK, error)],
    };
    let services = postfix.services.iter();
    let services: Vec<&Service> = services
        .filter(|service| !postfix.is_behind_filter(service))
        .collect();
    let judged = services
        .iter()
        .map(|service| postfix.judge(service, listings));
    let mut findings: Vec<Finding> = judged.collect();
    if services.iter().any(|service| service.is_chrooted) {
        findings.extend(chroot().await);
    }
    if findings.is_empty() {
        findings.push(Finding::unknown(CHECK, "master.cf has no SMTP server"));
    }
    findings
}

impl Postfix {
    async fn read() -> Result<Option<Self>, String> {
        let Some(main) = program::output("postconf", &["-nx"]).await? else {
            return Ok(None);
        };
        let overrides = program::output("postconf", &["-Px"]).await?;
        let services = program::output("postconf", &["-M"]).await?;
        Ok(Some(Self {
            main: assignments(&main),
            overrides: assignments(&overrides.unwrap_or_default()),
            services: services
                .unwrap_or_default()
                .lines()
                .filter_map(Service::read)
                .collect(),
        }))
    }

    /// Whether a server takes mail back from a filter, for whose mail another has been asked: it is on a loopback
    /// address, and turns off what another has done.
    fn is_behind_filter(&self, service: &Service) -> bool {
        let is_overridden = |parameter: &str| {
            let key = format!("{}/{parameter}", service.name);
            self.overrides.contains_key(&key)
        };
        let is_local = ["127.", "[::1]", "localhost:"]
            .iter()
            .any(|loopback| service.name.starts_with(loopback));
        is_local
            && TURNED_OFF_BEHIND_FILTERS
                .iter()
                .any(|name| is_overridden(name))
    }

    /// Whether something else on the way may ask the list: a filter, or a restriction on senders.
    fn may_be_asked_elsewhere(&self, service: &Service) -> bool {
        ["smtpd_milters", "content_filter", "smtpd_proxy_filter"]
            .iter()
            .any(|filter| !self.value(service, filter).is_empty())
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
    fn place<'p>(&'p self, service: &Service, listings: &[Listing]) -> (&'static str, Place<'p>) {
        let is_delayed = self.value(service, "smtpd_delay_reject") != "no";
        let mut found = (ASKED_LAST, Place::Absent);
        for (index, list) in LISTS.into_iter().enumerate() {
            let mut place = place(self.value(service, list), listings);
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

    fn judge(&self, service: &Service, listings: &[Listing]) -> Finding {
        let (list, place) = self.place(service, listings);
        let zone = listings.first().map_or("", |listing| listing.name.as_str());
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
            Place::Absent if self.may_be_asked_elsewhere(service) => {
                let mend = format!("see that its filter asks, or {first}");
                Finding::doubtful(CHECK, seen, mend)
            }
            Place::Absent | Place::TooEarly | Place::Never(_) | Place::Behind(_) => {
                Finding::broken(CHECK, seen, first)
            }
        }
    }
}

impl Service {
    /// A line of `postconf -M`: name, type, private, unprivileged, chroot, wake-up, process limit, command.
    fn read(line: &str) -> Option<Self> {
        let mut columns = line.split_whitespace();
        let (name, kind) = (columns.next()?, columns.next()?);
        let chroot = columns.nth(2)?;
        let command = columns.nth(2)?;
        (command == "smtpd").then(|| Self {
            name: format!("{name}/{kind}"),
            is_chrooted: chroot == "y",
        })
    }
}

/// Whether the resolvers of a server in its own root directory are those of the host.
async fn chroot() -> Option<Finding> {
    let queue = program::output("postconf", &["-hx", "queue_directory"])
        .await
        .ok()??;
    let inside = Path::new(queue.trim()).join("etc/resolv.conf");
    let system = resolv_conf::resolvers(Path::new(resolv_conf::SYSTEM)).ok()?;
    let seen = match resolv_conf::resolvers(&inside) {
        Ok(own) if own == system => return None,
        Ok(own) => {
            let own: Vec<String> = own.iter().map(|server| server.ip().to_string()).collect();
            let (own, file) = (own.join(", "), inside.display());
            format!("smtpd asks {own}, as {file} says, which it has for /etc/resolv.conf")
        }
        Err(error) => format!("smtpd has no resolver in its chroot: {error}"),
    };
    let mend = "systemctl restart postfix, which copies the host's /etc/resolv.conf";
    Some(Finding::broken(CHECK, seen, mend))
}

/// The lines `name = value`.
fn assignments(text: &str) -> HashMap<String, String> {
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    pairs
        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        .collect()
}
