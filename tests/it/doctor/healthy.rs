//! A host as the pages for admins have it, and what the reports look like.

use std::collections::BTreeSet;

use serde_json::Value;

use super::host::{CANARY, Host, LATENCY};

#[test]
fn nothing_is_wrong_with_a_host_that_is_set_up_as_the_pages_say() {
    let host = Host::healthy();
    let (report, status) = host.doctor(&[]);
    let (daemon, resolver) = (host.daemon(), host.resolver());
    // How long things take is the machine's affair.
    let is_timeless = |line: &&str| !line.contains(LATENCY) && !line.contains("mend: put resolver");
    let lines: Vec<_> = report.lines().filter(is_timeless).collect();
    let expected = [
        format!("ok    daemon    {daemon} answers for bogusmx.local, over UDP and TCP"),
        format!(
            "ok    resolver  {resolver}:53 lists test.bogusmx.local, and does not list invalid.bogusmx.local"
        ),
        format!(
            "ok    zone      {resolver}:53 answers for .local itself, so that the root cannot deny bogusmx.local"
        ),
        "ok    patience  unbound.conf has infra-cache-min-rtt: 1000".to_owned(),
        format!(
            "ok    upstream  {resolver}:53 hands on reserved addresses, such as 127.0.0.1 for null.hot.de"
        ),
        "ok    postfix   smtp/inet asks about each recipient, in smtpd_recipient_restrictions"
            .to_owned(),
    ];
    assert_eq!(lines, expected);
    assert_eq!(status, Some(0));
}

/// With the addresses of the test in the place of the usual ones.
#[test]
fn the_readme_shows_such_a_report() {
    let host = Host::healthy();
    let readme = include_str!("../../../README.md");
    let (_, rest) = readme
        .split_once("$ bogusmx doctor --config /etc/bogusmx/bogusmx.toml\n")
        .expect("an example");
    let (shown, _) = rest.split_once("```").expect("the end of the example");
    let took = |line: &str| line.split(" takes ").next().unwrap_or_default().to_owned();
    let shown: Vec<_> = shown.lines().map(took).collect();
    let (report, _) = host.doctor(&[]);
    let report = report
        .replace(&host.daemon().to_string(), "127.0.0.1:5300")
        .replace(&format!("{}:53 ", host.resolver()), "127.0.0.1:53 ")
        .replace(&format!("{}:53:", host.resolver()), "127.0.0.1:53:")
        .replace(CANARY, "localtest.me")
        .replace("warn  latency", "ok    latency");
    let is_finding = |line: &&str| !line.starts_with(' ');
    let said: Vec<_> = report.lines().filter(is_finding).map(took).collect();
    assert_eq!(said, shown);
}

#[test]
fn the_report_for_programs_has_one_object_a_line() {
    let host = Host::healthy();
    let (report, status) = host.doctor(&["--json"]);
    for line in report.lines() {
        let finding: Value = serde_json::from_str(line).expect("JSON");
        let keys: BTreeSet<_> = finding.as_object().expect("an object").keys().collect();
        assert_eq!(keys.len(), 4, "{finding}");
        if finding["check"] != LATENCY {
            assert_eq!(finding["state"], "ok", "{finding}");
            assert_eq!(finding["mend"], Value::Null, "{finding}");
        }
    }
    assert_eq!(report.lines().count(), 8);
    assert_eq!(status, Some(0));
}

/// Where mail passes that should not, the exit status says so; a doubt is none.
#[test]
fn doubts_leave_the_exit_status_alone() {
    let host = Host::healthy();
    host.write(
        "main.cf",
        "smtpd_recipient_restrictions = warn_if_reject reject_rhsbl_recipient bogusmx.local\n",
    );
    let findings = host.examine(&[]);
    assert_eq!(findings.troubles().len(), 1, "{findings:?}");
    assert_eq!(findings.status, Some(0));
}
