//! The report for programs: one JSON object. Its shape is documented in docs/scan.md and only grows.

use std::io;

use crate::command::scan::report::Report;

/// Writes the report, with the newline that ends it.
///
/// # Errors
/// If it cannot be written.
pub(crate) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, report)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Value, json};

    use super::*;
    use crate::command::scan::fixture::{at, reading, report, tally, zone};
    use crate::command::scan::tally::around::Around;

    fn value(report: &Report) -> Value {
        let mut octets = Vec::new();
        write(report, &mut octets).unwrap();
        let text = String::from_utf8(octets).unwrap();
        assert_eq!(text.matches('\n').count(), 1);
        serde_json::from_str(&text).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn the_seed_is_found_and_most_of_it_would_have_been_stopped() {
        let said = value(&report(None).await);
        let found = json!({
            "loops": 20, "bounced": 19, "deferred": 1, "sent": 0, "backscatter": 19
        });
        assert_eq!(said["found"], found);
        let causes = json!({ "loop": 16, "reserved": 3, "private": 1, "no_host": 0 });
        assert_eq!(said["causes"], causes);
        assert_eq!(
            (&said["suspected"], &said["other_backscatter"]),
            (&json!(1), &json!(2))
        );
        assert_eq!(said["first"], "2015-03-19T14:05:00+01:00");
        let policies = json!([
            { "policy": "any", "stopped": 16, "of": 20, "share": 0.8 },
            { "policy": "all", "stopped": 14, "of": 20, "share": 0.7 },
            { "policy": "loop", "stopped": 16, "of": 20, "share": 0.8 },
        ]);
        assert_eq!(said["policies"], policies);
        let not_stopped = json!([
            {
                "why": "handed in on the machine itself (sendmail): no recipient restriction is asked",
                "loops": 2,
                "domains": ["adulto.com", "live.ong"],
            },
            {
                "why": "not listed today: null MX: the domain takes no mail",
                "loops": 1,
                "domains": ["version.net"],
            },
            { "why": "undecided: it could not be looked up", "loops": 1, "domains": ["webv.de"] },
        ]);
        assert_eq!(said["not_stopped"], not_stopped);
    }

    #[tokio::test(start_paused = true)]
    async fn rows_have_verdicts_and_times() {
        let said = value(&report(None).await);
        assert_eq!(said["domains"].as_array().unwrap().len(), 16);
        let beer = json!({
            "domain": "beer.com", "loops": 2, "backscatter": 2,
            "first": "2015-03-22T01:05:00+01:00", "last": "2015-03-24T16:05:00+01:00",
            "suspect": false, "verdict": "listed",
            "reason": "Domain MX in loopback network: mailnull.aftermarket.com 127.0.0.1",
            "code": "127.0.0.2",
            "policies": { "any": "listed", "all": "listed", "loop": "listed" },
        });
        assert_eq!(said["domains"][0], beer);
        let rows = said["domains"].as_array().unwrap();
        let suspects = rows.iter().filter(|row| row["suspect"] == true);
        let names: Vec<&Value> = suspects.map(|row| &row["domain"]).collect();
        assert_eq!(names, ["inside.example"]);
        assert_eq!(said["senders"][0]["sender"], "antonettabaune@godetia.com");
        assert_eq!(said["senders"][0]["loops"], 14);
        assert_eq!(said["senders"][0]["backscatter"], 13);
        let origin = &said["origins"][1];
        assert_eq!(origin["kind"], "account");
        assert_eq!(origin["name"], "info@company.de");
        assert_eq!(origin["client"], "unknown[192.0.1.66]");
        assert_eq!(origin["loops"], 6);
        let hour = json!({ "from": "2015-03-20T14:00:00+01:00", "loops": 2, "backscatter": 2 });
        assert_eq!(said["timeline"][0], hour);
        let loops = said["timeline"].as_array().unwrap().iter();
        assert_eq!(
            loops
                .map(|hour| hour["loops"].as_u64().unwrap())
                .sum::<u64>(),
            20
        );
    }

    #[tokio::test(start_paused = true)]
    async fn an_incident_is_told_from_client_to_bounce() {
        let said = value(&report(Some(Around { at: at(4) })).await);
        let incident = json!({
            "id": "8170A4D23E6F", "client": "localhost[127.0.0.1]", "account": null, "local": null,
            "sender": "antonettabaune@godetia.com", "recipient": "jfhfdq@hot.de", "domain": "hot.de",
            "at": "2015-03-20T14:05:00+01:00", "cause": "loop", "status": "bounced",
            "text": "mail for hot.de loops back to myself",
            "bounce": {
                "id": "955C04D2300E", "recipient": "antonettabaune@godetia.com", "fate": "left",
                "at": "2015-03-20T14:05:03+01:00", "relay": "mx.godetia.com[192.0.1.7]",
            },
        });
        assert_eq!(said["incidents"][0], incident);
        let causes = said["incidents"].as_array().unwrap().iter();
        let others = causes.filter(|incident| incident["cause"] == "other");
        assert_eq!(others.count(), 1);
        assert_eq!(said["incidents_left_out"], 0);
    }

    #[test]
    fn without_look_ups_there_are_no_verdicts_and_no_suspects_count() {
        let said = value(&Report::new(reading(), &tally(None), None, &zone()));
        assert_eq!(said["found"]["loops"], 19);
        assert_eq!(said["suspected"], 2);
        let domain = &said["domains"][0];
        for field in ["verdict", "reason", "code", "policies"] {
            assert_eq!(domain.get(field), Some(&Value::Null), "{field}");
        }
        let policy = json!({ "policy": "any", "stopped": null, "of": 19, "share": null });
        assert_eq!(said["policies"][0], policy);
        assert_eq!(said["not_stopped"], json!([]));
    }

    /// The names of all fields at or below a value, as `domains[].loops`.
    fn fields(value: &Value, path: &str, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(object) => {
                for (key, value) in object {
                    let path = format!("{path}.{key}");
                    let path = path.trim_start_matches('.');
                    found.insert(path.to_owned());
                    fields(value, path, found);
                }
            }
            Value::Array(values) => {
                for value in values {
                    fields(value, &format!("{path}[]"), found);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    #[tokio::test(start_paused = true)]
    async fn each_field_is_documented() {
        let mut found = BTreeSet::new();
        fields(&value(&report(None).await), "", &mut found);
        let page = include_str!("../../../../docs/scan.md");
        let (_, table) = page.split_once("\n## JSON\n").unwrap();
        let (table, _) = table.split_once("\n## CSV\n").unwrap();
        let rows = table.lines().filter_map(|line| line.strip_prefix("| `"));
        let names = rows.map(|row| row.split('`').next().unwrap().to_owned());
        assert_eq!(names.collect::<BTreeSet<_>>(), found);
    }
}
