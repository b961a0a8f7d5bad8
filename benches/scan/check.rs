//! Whether what was found is what is there.

use std::collections::BTreeMap;

use serde_json::Value;

use super::generator::Truth;

/// What is wrong with a report (of `bogusmx scan --no-dns --json`), one sentence each.
pub(crate) fn complaints(report: &Value, truth: &Truth) -> Vec<String> {
    let mut complaints = Vec::new();
    for (pointer, right) in [
        ("/lines", truth.lines),
        ("/octets", truth.octets),
        ("/found/loops", truth.loops),
        ("/found/bounced", truth.bounced),
        ("/found/deferred", truth.deferred),
        ("/found/sent", truth.sent),
        ("/found/backscatter", truth.backscatter),
        ("/causes/loop", truth.looped),
        ("/causes/reserved", truth.loops - truth.looped),
        ("/suspected", truth.suspected),
        ("/other_backscatter", truth.other_backscatter),
    ] {
        let said = number(report, pointer);
        if said != Some(right) {
            complaints.push(format!("{pointer} is {}, not {right}", text(said)));
        }
    }
    complaints.extend(unparsable(report, truth));
    let domains = column(report, "/domains", "domain", "loops");
    complaints.extend(compare("loops to", &domains, &truth.domains));
    let senders = column(report, "/senders", "sender", "backscatter");
    complaints.extend(compare("backscatter to", &senders, &truth.senders));
    complaints
}

/// Garbage is unparsable for everybody. A line that has been cut may be: it depends on what was cut.
fn unparsable(report: &Value, truth: &Truth) -> Option<String> {
    let said = number(report, "/unparsable");
    let right = truth.garbage..=truth.garbage + truth.cut;
    (!said.is_some_and(|said| right.contains(&said)))
        .then(|| format!("/unparsable is {}, not in {right:?}", text(said)))
}

fn compare(what: &str, said: &BTreeMap<String, u64>, right: &BTreeMap<String, u64>) -> Vec<String> {
    let missing = right.keys().filter(|key| !said.contains_key(*key));
    let keys = said.keys().chain(missing);
    let wrong = keys.filter_map(|key| {
        let [said, right] = [said, right].map(|map| map.get(key).copied().unwrap_or(0));
        (said != right).then(|| format!("{what} {key}: {said}, not {right}"))
    });
    wrong.collect()
}

/// One column of a table in the report. What is only suspected stands in a row of its own, and counts for nothing.
fn column(report: &Value, table: &str, key: &str, value: &str) -> BTreeMap<String, u64> {
    let rows = report.pointer(table).and_then(Value::as_array);
    let rows = rows.into_iter().flatten();
    let counted = rows.filter(|row| row.get("suspect").and_then(Value::as_bool) != Some(true));
    let cells = counted.filter_map(|row| {
        let key = row.get(key)?.as_str()?;
        Some((key.to_owned(), row.get(value)?.as_u64()?))
    });
    cells.collect()
}

fn number(report: &Value, pointer: &str) -> Option<u64> {
    report.pointer(pointer).and_then(Value::as_u64)
}

fn text(said: Option<u64>) -> String {
    said.map_or_else(|| "missing".to_owned(), |said| said.to_string())
}
