//! What the matter is, and what to do about it.

use jiff::Timestamp;

use super::words::{apart, many, part};
use crate::command::scan::report::incident_row::IncidentRow;
use crate::command::scan::report::{Asked, OriginRow, PolicyRow, Report};

/// Places where such mail came in that are named.
const ORIGINS: usize = 3;

/// What the matter is, in sentences; the most important one first.
pub(crate) fn summary(report: &Report) -> Vec<String> {
    let found = &report.found;
    let mut said = near(report);
    if found.loops == 0 {
        let is_whole = report.files.iter().all(|file| file.error.is_none());
        let rest = if is_whole {
            ""
        } else {
            ", but not all could be read"
        };
        said.push(format!(
            "No mail was found that looped or went to reserved addresses{rest}."
        ));
    } else {
        said.push(matter(report));
        said.push(stopped(report));
    }
    if report.suspected > 0 {
        let why = match report.policy {
            Some(_) => "to domains that are not listed today",
            None => "which counts only if the domain is listed, and nothing was looked up",
        };
        let suspected = many(report.suspected, "more mail", "more mails");
        said.push(format!(
            "{suspected} failed at private addresses, found no host, or ended at a reserved address, {why}."
        ));
    }
    if report.other_backscatter > 0 && report.asked.is_none() {
        let bounces = many(report.other_backscatter, "bounce", "bounces");
        said.push(format!(
            "{bounces} left for other reasons; --at TIME shows what went on around a time."
        ));
    }
    said
}

/// What was read, and over what time.
pub(crate) fn reading(report: &Report) -> String {
    let lines = many(report.lines, "line", "lines");
    let count = u64::try_from(report.files.len()).unwrap_or(u64::MAX);
    let files = many(count, "file", "files");
    let range = match (&report.first, &report.last) {
        (Some(first), Some(last)) => format!(", from {} to {}", first.full(), last.full()),
        _ => ", none of which has a time".to_owned(),
    };
    let unparsable = match report.unparsable {
        0 => String::new(),
        number => format!(
            "; {} unreadable, see --explain",
            many(number, "line was", "lines were")
        ),
    };
    let repeated = match report.repeated {
        0 => String::new(),
        number => format!(
            "; {} there before, and count once",
            many(number, "line was", "lines were")
        ),
    };
    let failed = report.files.iter().filter(|file| file.error.is_some());
    let failed = match u64::try_from(failed.count()).unwrap_or(u64::MAX) {
        0 => String::new(),
        number => format!(
            "; {} not be read as a whole",
            many(number, "file could", "files could")
        ),
    };
    format!("{lines} in {files}{range}{unparsable}{repeated}{failed}.")
}

/// What to do, in sentences; what helps most first.
pub(crate) fn remedies(report: &Report) -> Vec<String> {
    let mut said = Vec::new();
    if report.found.loops == 0 {
        return said;
    }
    let stopped = in_force(report).and_then(|row| row.stopped);
    if stopped.is_none_or(|stopped| stopped > 0) {
        said.push(
            "Put bogusmx in front of the mail server: such a recipient is refused before there is \
             anything to bounce. See docs/mail/README.md."
                .to_owned(),
        );
    }
    let many = report.origins.iter().filter(|origin| {
        let tenfold = origin.counted.loops.saturating_mul(10);
        tenfold >= report.found.loops
    });
    said.extend(
        many.take(ORIGINS)
            .filter_map(|origin| look_at(origin, report.found.loops)),
    );
    let has = |what: &str| report.not_stopped.iter().any(|row| row.why.contains(what));
    if has("no host has an address") {
        said.push(
            "Run bogusmx doctor: it shows whether the resolver strips reserved addresses, so that \
             nothing is listed."
                .to_owned(),
        );
    }
    if has("undecided") {
        said.push(
            "Ask again about the domains that are undecided: bogusmx check DOMAIN.".to_owned(),
        );
    }
    said
}

fn matter(report: &Report) -> String {
    let found = &report.found;
    let recipients = many(found.loops, "recipient", "recipients");
    let count = u64::try_from(report.domains.len()).unwrap_or(u64::MAX);
    let domains = many(count, "domain", "domains");
    let fates = [
        (found.bounced, "came back"),
        (found.deferred, "still in the queue"),
        (found.sent, "handed over"),
    ];
    let fates = fates.into_iter().filter(|(number, _)| *number > 0);
    let fates: Vec<String> = fates
        .map(|(number, fate)| format!("{number} {fate}"))
        .collect();
    let bounces = match found.backscatter {
        0 => "No bounce left the house.".to_owned(),
        number => format!(
            "{} left the house: backscatter, where the sender was forged.",
            many(number, "bounce", "bounces")
        ),
    };
    format!(
        "Mail to {recipients} in {domains} looped or went to reserved addresses: {}. {bounces}",
        fates.join(", ")
    )
}

fn stopped(report: &Report) -> String {
    match in_force(report) {
        Some(PolicyRow {
            policy,
            stopped: Some(stopped),
            of,
            ..
        }) => {
            let part = part(*stopped, *of);
            format!("bogusmx would have stopped {part} with policy {policy}.")
        }
        _ => {
            "Nothing was looked up, so it is not known what bogusmx would have stopped.".to_owned()
        }
    }
}

/// What the policy in force would have stopped.
pub(crate) fn in_force(report: &Report) -> Option<&PolicyRow> {
    let policy = report.policy?.as_str();
    report.policies.iter().find(|row| row.policy == policy)
}

/// What an entry in a blocklist at the time that is asked about may be about.
fn near(report: &Report) -> Vec<String> {
    let Some(asked) = &report.asked else {
        return Vec::new();
    };
    let around = asked.around;
    let counting = report.incidents.iter().filter(|row| row.counts);
    let nearest = counting
        .filter_map(|row| Some((row, row.left_at()?)))
        .filter(|(_, left)| around.is_near(*left))
        .min_by_key(|(_, left)| around.distance(*left));
    let nearest = match (nearest, asked.counting) {
        (Some((row, left)), _) => nearest_one(row, left, asked),
        (None, number) => {
            let (bounces, time) = (any(number), asked.time.full());
            format!("{bounces} of mail that looped left within 10 minutes of {time}.")
        }
    };
    let others = any(asked.others);
    let others = format!("{others} for other reasons left within 10 minutes of it.");
    vec![nearest, others]
}

fn any(bounces: u64) -> String {
    match bounces {
        0 => "No bounce".to_owned(),
        number => many(number, "bounce", "bounces"),
    }
}

fn nearest_one(row: &IncidentRow, left: Timestamp, asked: &Asked) -> String {
    let bounce = row.bounce.as_ref();
    let id = bounce.map(|bounce| bounce.id.as_str()).unwrap_or_default();
    let whom = bounce.and_then(|bounce| bounce.recipient.as_deref());
    let whom = whom.or(row.sender.as_deref()).unwrap_or("its sender");
    format!(
        "Nearest to {}: bounce {id} left for {whom} {}, because of mail {} to {}.",
        asked.time.full(),
        apart(left, asked.around.at),
        row.id,
        row.whom(),
    )
}

/// What to do about a place where such mail comes in.
fn look_at(origin: &OriginRow, of: u64) -> Option<String> {
    let name = origin.name.as_deref()?;
    let part = part(origin.counted.loops, of);
    let is_here = name.contains("[127.") || name.contains("[::1]");
    Some(match origin.kind {
        "account" => {
            let client = origin.client.as_deref().unwrap_or("an unknown client");
            format!(
                "Look at the account {name}, which sent {part} from {client}: its password may be \
                 in other hands."
            )
        }
        "local" => format!(
            "Look at what runs as {name} here: it handed in {part} with sendmail, and then no list is \
             asked. Have it submit over SMTP to 127.0.0.1."
        ),
        _ if is_here => format!(
            "Look at what submits from this machine, a web server for one: {part} came from {name}. \
             If that is a filter, look in its log for the client."
        ),
        _ => format!("Look at the client {name}, which brought in {part}."),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::scan::fixture::{at, report};
    use crate::command::scan::tally::around::Around;

    /// Only some mails are kept, but all are counted.
    #[tokio::test(start_paused = true)]
    async fn a_bounce_that_is_not_kept_is_not_denied() {
        let mut report = report(Some(Around { at: at(0) })).await;
        report.incidents.clear();
        let counting = report.asked.as_ref().map(|asked| asked.counting);
        assert!(counting.is_some_and(|counting| counting > 1));
        let bounces = counting.unwrap_or_default();
        let said = summary(&report).remove(0);
        let time = "2015-03-20 14:05:00 CET";
        let expected =
            format!("{bounces} bounces of mail that looped left within 10 minutes of {time}.");
        assert_eq!(said, expected);
    }
}
