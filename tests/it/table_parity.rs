//! The table against Postfix's own reader of the same file: `postmap -q`, which must be installed.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::net::IpAddr;
use std::process::Command;

use bogusmx::verdict::table::Table;
use proptest::prelude::*;
use tempfile::TempDir;

use crate::daemons::postfix::age;
use crate::table_model::{probes, render, scan, tables};

/// What Postfix makes of a file: the result for each address that has one, and its warnings.
fn ask_postfix(text: &str, addresses: &BTreeSet<IpAddr>) -> (BTreeMap<IpAddr, String>, String) {
    let folder = TempDir::new().unwrap();
    let path = |name| folder.path().join(name);
    // Its own, as a machine without another mail server's configuration has none.
    fs::write(path("main.cf"), "compatibility_level = 3.6\n").unwrap();
    age(&path("main.cf"));
    fs::write(path("table"), text).unwrap();
    let keys: String = addresses
        .iter()
        .map(|address| format!("{address}\n"))
        .collect();
    fs::write(path("keys"), keys).unwrap();
    let keys = File::open(path("keys")).unwrap();
    let output = Command::new("postmap")
        .arg("-c")
        .arg(folder.path())
        .args(["-q", "-", &format!("cidr:{}", path("table").display())])
        .stdin(keys)
        .output()
        .expect("postmap runs: install postfix");
    let results = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| line.split_once('\t').unwrap())
        .map(|(address, result)| {
            let words: Vec<&str> = result.split_ascii_whitespace().collect();
            (address.parse().unwrap(), words.join(" "))
        })
        .collect();
    (results, String::from_utf8(output.stderr).unwrap())
}

/// Asks both for the same addresses. The rows of `text` have texts that tell them apart.
#[track_caller]
fn check_parity(text: &str, addresses: &BTreeSet<IpAddr>) {
    let (postfix, warnings) = ask_postfix(text, addresses);
    assert_eq!(warnings, "", "{text}");
    let table = Table::parse(text, "table").unwrap();
    for address in addresses {
        let ours = table.find(*address).map(|row| row.action.to_string());
        let theirs = postfix
            .get(address)
            .map(|result| match result.split_once(' ') {
                Some(("REJECT" | "reject" | "554", text)) => format!("LIST 127.0.0.2 {text}"),
                _ => result.clone(),
            });
        assert_eq!(ours, theirs, "{address} in\n{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn generated_tables_read_alike(lines in tables()) {
        let addresses = probes(&lines);
        check_parity(&render(&lines), &addresses);
        let (postfix, _) = ask_postfix(&render(&lines), &addresses);
        let scanned = addresses.iter().filter(|address| scan(&lines, **address).is_some());
        prop_assert!(scanned.eq(postfix.keys()), "the model itself is Postfix's");
    }
}

#[test]
fn the_shipped_table_reads_alike() {
    let text = include_str!("../../zones/reserved.cidr");
    let addresses = Table::reserved()
        .rows()
        .iter()
        .map(|row| row.pattern.split('/').next().unwrap().parse().unwrap())
        .chain(
            [
                "192.0.2.255",
                "::2",
                "2001:1::4",
                "8.8.8.8",
                "2a00::1",
                "::ffff:127.0.0.1",
            ]
            .map(|address| address.parse().unwrap()),
        )
        .collect();
    check_parity(text, &addresses);
}

#[test]
fn odd_spellings_read_alike() {
    let addresses = [
        "10.1.1.1",
        "11.1.1.1",
        "::1",
        "::ffff:10.1.1.1",
        "::a01:101",
        "1:2:3:4:5:6:7:0",
    ]
    .map(|address| address.parse().unwrap())
    .into();
    for text in [
        "if::1\n::/0 REJECT 1\nendif",
        "if!10.0.0.0/8\n0.0.0.0/0 REJECT 1\nendif\nif ! ! 10.0.0.0/8\n10.0.0.0/8 REJECT 2\nENDIF",
        "!\t!! 10.0.0.0/8 REJECT 1",
        "10.0.0.0/008 REJECT 1",
        "::10.1.1.1 REJECT 1",
        "::FFFF:0:0/96 REJECT 1",
        "1:2:3:4:5:6:7:: REJECT 1",
        "10.0.0.0/8\x0bREJECT 1\n\x0c2\r\n",
        "10.0.0.0/8\n# a comment\n\n  # another\n\tREJECT\n 1",
        "10.0.0.0/8 REJECT 1 # no comment",
    ] {
        check_parity(text, &addresses);
    }
}

#[test]
fn what_postfix_warns_of_is_refused() {
    for text in [
        " 10.0.0.0/8 REJECT 1",
        "10.0.0.0/8",
        "10.0.0.0/33 REJECT 1",
        "10.0.0.0/ REJECT 1",
        "10.0.0.0/+8 REJECT 1",
        "10.0.0.1/8 REJECT 1",
        "010.0.0.0/8 REJECT 1",
        "10.0.0 REJECT 1",
        "fe80::1%eth0 REJECT 1",
        "::00001 REJECT 1",
        "[10.0.0.0/8 REJECT 1",
        "[10.0.0.0]8 REJECT 1",
        "[10.0.0.0/8]/8 REJECT 1",
        "! REJECT 1",
        "hot.de REJECT 1",
        "if",
        "if 10.0.0.0/8 REJECT 1",
        "if 10.0.0.0/8",
        "endif",
        "if 10.0.0.0/8\nendif REJECT 1",
    ] {
        let (_, warnings) = ask_postfix(text, &["10.1.1.1".parse().unwrap()].into());
        assert!(warnings.contains("warning"), "Postfix takes {text:?}");
        assert!(Table::parse(text, "table").is_err(), "taken: {text:?}");
    }
}
