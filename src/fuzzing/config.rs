//! A configuration file: `command/settings`, and the parts that get their limits from it.

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;

use super::check_place;
use crate::command::args::{AccessArgs, CommonArgs};
use crate::command::settings::Settings;
use crate::command::settings::file::{ConfigError, ConfigFile};
use crate::front::fast::parity::runtime;
use crate::oracle::world::World;
use crate::oracle::{Oracle, Patience};
use crate::verdict::{Domain, Failure, Policy, Reason, Rules, Table, Verdict};

/// A domain that is listed.
const HOT: &str = "hot.de MX 10 null.hot.de\nnull.hot.de A 127.0.0.1";

/// What is refused is so at a place that is in the text, in one line. With what is taken, a domain is judged: no limit
/// that can be set ends in a panic.
pub fn run(octets: &[u8]) {
    let text = String::from_utf8_lossy(octets);
    let file = match ConfigFile::parse(&text, Path::new("bogusmx.toml")) {
        Ok(file) => file,
        Err(error) => return check_error(&text, &error),
    };
    match Settings::of(file, &CommonArgs::default(), Some(&AccessArgs::default())) {
        Ok(settings) => check_settings(settings),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fn check_error(text: &str, error: &ConfigError) {
    match error {
        ConfigError::Syntax {
            line,
            column,
            message,
            ..
        } => {
            check_place(text, *line, *column);
            assert!(!message.is_empty() && !message.contains('\n'), "{message}");
        }
        ConfigError::Read { .. } => unreachable!("it is not read here"),
    }
}

fn check_settings(settings: Settings) {
    let lifetimes = settings.lifetimes;
    assert!(lifetimes.min_ttl <= lifetimes.max_ttl);
    assert!(lifetimes.undecided_min_ttl <= lifetimes.undecided_max_ttl);
    assert!(!settings.addresses().is_empty() && !settings.origins.is_empty());
    let own: Vec<Domain> = settings
        .origins
        .into_iter()
        .map(|origin| origin.name)
        .collect();
    let runtime = runtime();
    runtime.block_on(async {
        let oracle = Oracle::new(World::new(HOT), own, settings.limits, lifetimes);
        let (oracle, rules) = (Arc::new(oracle), rules());
        let domain = Domain::parse("hot.de").unwrap();
        let patience = Patience::Settled(settings.front.answer_deadline);
        let client = Ipv4Addr::LOCALHOST.into();
        for _ in 0..2 {
            let ruling = oracle.ask(&domain, &rules, Some(client), patience).await;
            match ruling.verdict() {
                Verdict::Listed(_) => {}
                Verdict::NotListed(why) => assert_eq!(why.reason, Reason::OwnZone),
                Verdict::Undecided(doubt) => assert!(is_over_time(doubt.failure), "{doubt:?}"),
            }
        }
    });
}

/// Whether it is the time that was too short; a budget has room for one, and a place to run.
fn is_over_time(failure: Failure) -> bool {
    matches!(failure, Failure::Timeout | Failure::Pending)
}

fn rules() -> Rules {
    let table = Table::parse("127.0.0.0/8 REJECT", "table").unwrap();
    Rules::new(table, Policy::Any)
}
