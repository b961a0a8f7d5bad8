//! `bogusmx check`: what it prints, in which order, and how it ends.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::process::{Command, Output, Stdio};

use crate::support::bench;
use crate::support::upstream::Upstream;

const WORLD: &str = "
    hot.de              600 MX   10 null.hot.de
    null.hot.de         300 A    127.0.0.1
    mixed.example       MX   10 mx.good.example
    mixed.example       MX   20 backup.example
    backup.example      A    10.0.0.1
    good.example        MX   10 mx.good.example
    mx.good.example     A    9.9.9.9
    dead.example        *    !servfail
";

fn command(upstream: &Upstream, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bogusmx"));
    let address = upstream.address().to_string();
    command.args(["check", "--upstream", &address]).args(args);
    command.env_remove("CLICOLOR_FORCE").stdin(Stdio::null());
    command
}

fn run(args: &[&str]) -> (String, Option<i32>) {
    let upstream = Upstream::new(WORLD);
    said(
        &command(&upstream, args)
            .output()
            .expect("the program starts"),
    )
}

fn said(output: &Output) -> (String, Option<i32>) {
    let text = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    (text, output.status.code())
}

/// A report without the time that it took.
fn timeless(report: &str) -> String {
    let line = |line: &str| line.split(", took ").next().unwrap_or_default().to_owned();
    report.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_listing_is_explained_down_to_the_row() {
    let (report, status) = run(&["hot.de"]);
    let row = include_str!("../../zones/reserved.cidr");
    let is_row = |line: &str| line.starts_with("127.0.0.0/8 ");
    let line = row.lines().position(is_row).expect("a row for loopback") + 1;
    assert_eq!(
        timeless(&report),
        format!(
            "hot.de listed Domain MX in loopback network\n\
             ├─ MX 10 null.hot.de (TTL 600 s)\n\
             │  └─ 127.0.0.1 (TTL 300 s) hits 127.0.0.0/8 (reserved.cidr:{line}) Domain MX in loopback network\n\
             └─ policy any, kept for 300 s"
        )
    );
    assert_eq!(status, Some(1));
}

#[test]
fn the_exit_status_tells_what_was_found() {
    let check = |domains: &[&str], expected| {
        let (report, status) = run(domains);
        assert_eq!(status, Some(expected), "{domains:?}: {report}");
    };
    check(&["good.example"], 0);
    check(&["good.example", "hot.de"], 1);
    check(&["dead.example"], 2);
    check(&["hot.de", "dead.example"], 2);
    check(&["a b.example"], 2);
    check(&["invalid", "127.0.0.2"], 0);
}

#[test]
fn mail_addresses_are_domains_too() {
    let (report, _) = run(&["user@Hot.DE", "<user@good.example>"]);
    assert!(report.starts_with("hot.de listed"), "{report}");
    assert!(report.contains("\ngood.example not listed\n"), "{report}");
}

#[test]
fn flags_choose_policy_and_table() {
    assert_eq!(run(&["mixed.example"]).1, Some(1));
    assert_eq!(run(&["--policy", "all", "mixed.example"]).1, Some(0));
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("own.cidr");
    fs::write(&table, "9.9.9.9 REJECT Domain MX is ours\n").unwrap();
    let table = table.to_str().unwrap();
    let (report, status) = run(&["--table", table, "good.example"]);
    assert!(
        report.contains(&format!("hits 9.9.9.9 ({table}:1) Domain MX is ours")),
        "{report}"
    );
    assert_eq!(status, Some(1));
}

#[test]
fn json_is_one_object_a_line() {
    let (report, status) = run(&["--json", "hot.de", "dead.example", "a b", "invalid"]);
    let lines: Vec<serde_json::Value> = report
        .lines()
        .map(|line| serde_json::from_str(line).expect(line))
        .collect();
    let field = |index: usize, pointer: &str| lines[index].pointer(pointer).cloned();
    assert_eq!(field(0, "/verdict"), Some("listed".into()));
    assert_eq!(field(0, "/code"), Some("127.0.0.2".into()));
    assert_eq!(
        field(0, "/text"),
        Some("Domain MX in loopback network".into())
    );
    assert_eq!(field(0, "/ttl"), Some(300.into()));
    assert_eq!(
        field(0, "/hosts/0/addresses/0/address"),
        Some("127.0.0.1".into())
    );
    assert_eq!(
        field(0, "/hosts/0/addresses/0/hit/pattern"),
        Some("127.0.0.0/8".into())
    );
    assert_eq!(field(1, "/verdict"), Some("undecided".into()));
    assert_eq!(field(1, "/mx/kind"), Some("failed".into()));
    assert_eq!(field(2, "/verdict"), Some("error".into()));
    assert_eq!(field(2, "/input"), Some("a b".into()));
    assert_eq!(field(3, "/reason"), Some("no-mail-domain".into()));
    let keys = |index: usize| lines[index].as_object().map(|object| object.keys().count());
    assert!(
        (1..4).all(|index| keys(index) == keys(0)),
        "every line has every field"
    );
    assert_eq!(status, Some(2));
}

#[test]
fn domains_on_standard_input_come_back_in_order() {
    let slow = "first.example MX !delay=300ms 10 mx.good.example\nmx.good.example A 9.9.9.9";
    let upstream = Upstream::new(slow);
    let mut list = tempfile::tempfile().unwrap();
    let domains: Vec<String> = (0..200)
        .map(|number| format!("d{number}.example"))
        .collect();
    write!(list, "# a list\n\nfirst.example\n{}\n", domains.join("\n")).unwrap();
    std::io::Seek::rewind(&mut list).unwrap();
    let output = command(&upstream, &["--json", "-"])
        .stdin(list)
        .output()
        .unwrap();
    let (report, status) = said(&output);
    let inputs: Vec<String> = report
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["input"].to_string())
        .collect();
    let expected = std::iter::once("first.example").chain(domains.iter().map(String::as_str));
    assert_eq!(
        inputs,
        expected.map(|name| format!("{name:?}")).collect::<Vec<_>>()
    );
    assert_eq!(status, Some(0));
    assert!(
        output.stderr.is_empty(),
        "a progress bar is for terminals only"
    );
}

#[test]
fn a_closed_pipe_is_no_panic() {
    let upstream = Upstream::new(WORLD);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut child = command(&upstream, &["hot.de", "good.example"])
        .stdout(writer)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut errors = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut errors)
        .unwrap();
    assert_eq!(errors, "");
    // What was found out until then still counts.
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[test]
fn colours_are_for_terminals_and_for_who_insists() {
    let upstream = Upstream::new(WORLD);
    let plain = command(&upstream, &["hot.de"]).output().unwrap();
    assert!(!said(&plain).0.contains('\u{1b}'));
    let coloured = command(&upstream, &["hot.de"])
        .env("CLICOLOR_FORCE", "1")
        .output()
        .unwrap();
    assert!(said(&coloured).0.contains("\u{1b}["));
}

#[test]
fn a_running_daemon_is_asked_with_its_own_words() {
    let bench = bench(WORLD);
    let server = bench.daemon.address().to_string();
    let ask = |domains: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_bogusmx"))
            .args(["check", "--server", &server])
            .args(domains)
            .output()
            .unwrap();
        said(&output)
    };
    let (report, status) = ask(&["user@hot.de"]);
    assert_eq!(
        timeless(&report),
        "hot.de listed Domain MX in loopback network\n└─ A 127.0.0.2, TTL 300 s"
    );
    assert_eq!(status, Some(1));
    let (report, status) = ask(&["good.example"]);
    assert!(report.starts_with("good.example not listed\n"), "{report}");
    assert_eq!(status, Some(0));
    let (report, status) = ask(&["dead.example"]);
    assert!(report.starts_with("dead.example undecided "), "{report}");
    assert!(report.contains("upstream answered SERVFAIL"), "{report}");
    assert_eq!(status, Some(2));
    // Names that nobody looks up, but the zone file may have.
    let (report, status) = ask(&["test", "2.0.0.127", "invalid"]);
    assert!(
        report.starts_with("test listed bogusmx test point"),
        "{report}"
    );
    assert!(
        report.contains("\n2.0.0.127 listed bogusmx test point"),
        "{report}"
    );
    assert!(report.contains("\ninvalid not listed\n"), "{report}");
    assert_eq!(status, Some(1));
    let (report, status) = ask(&["--origin", "other.example", "hot.de"]);
    assert!(report.contains("does not serve that zone"), "{report}");
    assert_eq!(status, Some(2));
}

#[test]
fn a_daemon_that_is_not_there_is_an_error() {
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let closed = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = closed.local_addr().unwrap().to_string();
    drop(closed);
    check_absent(&address, "Connection refused (os error 111)");
    check_absent(
        &silent.local_addr().unwrap().to_string(),
        "no answer within 5 s",
    );
}

fn check_absent(server: &str, why: &str) {
    let folder = tempfile::tempdir().unwrap();
    let out = File::create(folder.path().join("out")).unwrap();
    let status = Command::new(env!("CARGO_BIN_EXE_bogusmx"))
        .args(["check", "--server", server, "hot.de"])
        .stdout(out)
        .status()
        .unwrap();
    let report = fs::read_to_string(folder.path().join("out")).unwrap();
    assert!(
        report.contains(&format!("hot.de error {server} does not answer: {why}\n")),
        "{report}"
    );
    assert_eq!(status.code(), Some(2));
}

#[test]
fn one_of_several_zones_is_chosen_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("bogusmx.toml");
    let zones = "[[origin]]\nname = \"a.test\"\n[[origin]]\nname = \"b.test\"\npolicy = \"all\"\n";
    fs::write(&config, zones).unwrap();
    let config = config.to_str().unwrap();
    let with = |origin: &str| run(&["--config", config, "--origin", origin, "mixed.example"]).1;
    assert_eq!(with("a.test"), Some(1));
    assert_eq!(with("B.test."), Some(0));
}
