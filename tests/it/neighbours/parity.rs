//! Parity with Postfix: one mail server, two SMTP services, the same table. One service asks the list, the other looks
//! the table up itself, as the seed did with `check_recipient_mx_access`. They must accept the same recipients and
//! refuse the same in the same words, except where `differences` says why not.

use std::path::Path;

use super::differences::{self, Difference};
use crate::daemons::site::{Site, seed_table, shipped_table};
use crate::daemons::{question, world};

/// Fewer domains than this are no world.
const DOMAINS_MIN: usize = 100;

#[test]
fn with_the_seeds_table_the_list_decides_as_postfix_does() {
    compare(&seed_table(), &differences::with_seed_table());
}

#[test]
fn with_the_shipped_table_the_list_decides_as_postfix_does() {
    compare(&shipped_table(), &differences::with_shipped_table());
}

/// Fails for an unknown difference, for a known one that is gone, and for one that is another now.
fn compare(table: &Path, known: &[Difference]) {
    let site = Site::with_oracle(table);
    let domains = world::domains();
    assert!(domains.len() >= DOMAINS_MIN, "{} domains", domains.len());
    // Parity is about what is decided, not about how soon.
    for domain in &domains {
        question::final_verdict(site.oracle(), &domain.name, &domain.verdict);
    }
    let names = domains.iter().map(|domain| domain.name.as_str());
    let names: Vec<_> = names.chain(differences::NOT_IN_THE_WORLD).collect();
    let recipients: Vec<_> = names.iter().map(|name| format!("someone@{name}")).collect();
    let table = outcomes(&recipients, site.replies_with_table(&recipients));
    let list = outcomes(&recipients, site.replies_with_list(&recipients));

    let mut complaints = Vec::new();
    for ((name, table), list) in names.iter().zip(&table).zip(&list) {
        let known = known.iter().find(|difference| difference.domain == *name);
        let as_it_should_be = match known {
            None => table == list,
            Some(known) => table != list && known.table == table && known.list == list,
        };
        if !as_it_should_be {
            let why = known.map_or("not known", |known| known.why);
            complaints.push(format!(
                "{name}: with the table {table:?}, with the list {list:?} ({why})"
            ));
        }
    }
    let strangers = known.iter().filter(|known| !names.contains(&known.domain));
    complaints.extend(strangers.map(|known| format!("{}: not in the world", known.domain)));
    assert!(complaints.is_empty(), "{complaints:#?}");
}

/// What each reply comes down to: `accepted`, the text of the refusal, or the whole reply if it is neither.
fn outcomes(recipients: &[String], replies: Vec<String>) -> Vec<String> {
    let outcome = |(recipient, reply): (&String, String)| {
        let refusal = format!("554 5.7.1 <{recipient}>: Recipient address rejected: ");
        match reply.strip_prefix(&refusal) {
            Some(text) => text.to_owned(),
            None if reply == "250 2.1.5 Ok" => differences::ACCEPTED.to_owned(),
            None => reply,
        }
    };
    recipients.iter().zip(replies).map(outcome).collect()
}
