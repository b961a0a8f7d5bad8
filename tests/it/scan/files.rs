//! Logs in pieces, twice, from pipes, from the journal, and as editors leave them.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::Value;

use super::desk::{Desk, Said, column, number};
use super::logs::{CASE, QUIET, SEARCHED, looped};

/// That one mail looped, and all of its story is told.
#[track_caller]
fn is_case(said: &Value) {
    assert_eq!(number(said, "/found/loops"), 1, "{said:#}");
    assert_eq!(number(said, "/found/bounced"), 1);
    assert_eq!(number(said, "/found/backscatter"), 1);
    assert_eq!(number(said, "/causes/loop"), 1);
    assert_eq!(number(said, "/unparsable"), 0);
    let mail = &said["incidents"][0];
    for (field, expected) in [
        ("/id", "8170A4D23E6F"),
        ("/client", "localhost[127.0.0.1]"),
        ("/sender", "antonettabaune@godetia.com"),
        ("/recipient", "jfhfdq@hot.de"),
        ("/domain", "hot.de"),
        ("/cause", "loop"),
        ("/status", "bounced"),
        ("/text", "mail for hot.de loops back to myself"),
        ("/bounce/id", "955C04D2300E"),
        ("/bounce/recipient", "antonettabaune@godetia.com"),
        ("/bounce/fate", "left"),
        ("/bounce/relay", "mx.godetia.com[149.112.112.112]"),
    ] {
        let told = mail.pointer(field).and_then(Value::as_str);
        assert_eq!(told, Some(expected), "{field}: {mail:#}");
    }
    assert_eq!(
        column(said, "senders", "sender"),
        ["antonettabaune@godetia.com"]
    );
    assert_eq!(column(said, "origins", "name"), ["localhost[127.0.0.1]"]);
}

#[test]
fn the_case_is_told_from_client_to_backscatter() {
    let said = Desk::with(CASE).json("--year 2015 mail.log");
    is_case(&said);
    assert_eq!(said["incidents"][0]["at"], "2015-03-20T14:05:00+01:00");
    assert_eq!(
        said["incidents"][0]["bounce"]["at"],
        "2015-03-20T14:05:03+01:00"
    );
    assert_eq!(said["first"], "2015-03-20T14:04:59+01:00");
    assert_eq!(said["last"], "2015-03-20T14:05:03+01:00");
    assert_eq!(said["timeline"][0]["from"], "2015-03-20T14:00:00+01:00");
}

#[test]
fn lines_that_were_searched_for_are_a_log_too() {
    let said = Desk::with(SEARCHED).json("mail.log");
    assert_eq!(number(&said, "/found/loops"), 18);
    assert_eq!(number(&said, "/unparsable"), 0);
    assert_eq!(
        (&said["first"], &said["last"]),
        (&Value::Null, &Value::Null)
    );
    // Two of beer.com, hotmaol.de and hotmeil.es.
    let domains = column(&said, "domains", "domain");
    assert_eq!(domains[..3], ["beer.com", "hotmaol.de", "hotmeil.es"]);
    assert_eq!(domains.len(), 15);
    assert_eq!(column(&said, "origins", "kind"), ["unknown"]);
}

#[test]
fn a_mail_that_a_rotation_cuts_is_one_mail() {
    let lines: Vec<&str> = CASE.split_inclusive('\n').collect();
    for cut in 1..lines.len() {
        let desk = Desk::new();
        let (before, after) = lines.split_at(cut);
        desk.put("mail.log.1", before.concat());
        desk.put("mail.log", after.concat());
        is_case(&desk.json("mail.log.1 mail.log"));
    }
}

#[test]
fn a_file_counts_once_however_often_it_is_named() {
    let desk = Desk::with(CASE);
    std::os::unix::fs::symlink("mail.log", desk.path("link")).unwrap();
    let said = desk.json("mail.log link ./mail.log mail.log");
    is_case(&said);
    assert_eq!(column(&said, "files", "name"), ["mail.log"]);
    assert_eq!(
        (number(&said, "/lines"), number(&said, "/repeated")),
        (10, 0)
    );
}

#[test]
fn two_files_with_the_same_lines_are_counted_once() {
    let desk = Desk::with(CASE);
    desk.put("mail.info", CASE);
    let said = desk.json("mail.log mail.info");
    is_case(&said);
    // Its failure, and where the bounce went.
    assert_eq!(
        (number(&said, "/lines"), number(&said, "/repeated")),
        (20, 2)
    );
    let report = desk.scan("--no-dns mail.log mail.info").flowing();
    assert!(
        report.contains("; 2 lines were there before, and count once."),
        "{report}"
    );
}

#[test]
fn two_machines_may_use_one_id() {
    let desk = Desk::with(CASE);
    desk.put("other.log", CASE.replace(" web ", " mx2 "));
    let said = desk.json("mail.log other.log");
    assert_eq!(number(&said, "/found/loops"), 2);
    assert_eq!(number(&said, "/found/backscatter"), 2);
    assert_eq!(number(&said, "/repeated"), 0);
}

#[test]
fn standard_input_is_read_from_a_file_and_from_a_pipe() {
    let desk = Desk::with(CASE);
    let mut command = desk.command("--json --no-dns -");
    command.stdin(std::fs::File::open(desk.path("mail.log")).unwrap());
    is_case(&Said::of(command).json());
    let said = piped(&desk, "--json --no-dns -", CASE.as_bytes());
    is_case(&said.json());
    assert_eq!(column(&said.json(), "files", "name"), ["-"]);
    // A shell's <(...) is a name of a pipe.
    let said = piped(&desk, "--json --no-dns /dev/stdin", CASE.as_bytes());
    is_case(&said.json());
}

#[test]
fn a_pipe_goes_on_where_a_file_ends() {
    let (before, after) = CASE.split_at(CASE.find("Mar 20 14:05:03").unwrap());
    let desk = Desk::with(before);
    let said = piped(&desk, "--json --no-dns - mail.log", after.as_bytes());
    is_case(&said.json());
}

fn piped(desk: &Desk, words: &str, text: &[u8]) -> Said {
    let mut command = desk.command(words);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(text).unwrap();
    Said::from(&child.wait_with_output().unwrap())
}

#[test]
fn the_journal_is_read_as_export_and_as_json() {
    let desk = Desk::new();
    desk.put("export", include_bytes!("../golden/journalctl.export"));
    desk.put("json", include_bytes!("../golden/journalctl.json"));
    let facts = |file: &str| {
        let said = desk.json(file);
        assert_eq!(number(&said, "/found/loops"), 2, "{file}: {said:#}");
        assert_eq!(said["incidents"][0]["recipient"], "jfhfdq@hot.de");
        assert_eq!(said["incidents"][0]["at"], "2015-03-20T14:05:01+01:00");
        assert_eq!(said["incidents"][1]["recipient"], "a@hot.de");
        assert_eq!(said["incidents"][1]["id"], "1YYwcR-0003Qf-7d");
        said["incidents"].clone()
    };
    assert_eq!(facts("export"), facts("json"));
    // Both are one journal.
    let both = desk.json("export json");
    assert_eq!(number(&both, "/found/loops"), 2);
    assert_eq!(number(&both, "/repeated"), 2);
}

#[test]
fn line_ends_of_other_systems_do_not_matter() {
    is_case(&Desk::with(CASE.replace('\n', "\r\n")).json("mail.log"));
}

#[test]
fn a_last_line_needs_no_end() {
    let cut = CASE.strip_suffix('\n').unwrap();
    let said = Desk::with(cut).json("mail.log");
    is_case(&said);
    assert_eq!(number(&said, "/lines"), 10);
    // It is not glued to the next file.
    let desk = Desk::with(CASE.replace("Mar 20", "Mar 19").trim_end());
    desk.put(
        "next",
        looped(
            "Mar 20 14:00:00",
            "56F464D343AF",
            "a@b.example",
            "c@beer.com",
        ),
    );
    let said = desk.json("mail.log next");
    assert_eq!(
        (number(&said, "/lines"), number(&said, "/found/loops")),
        (13, 2)
    );
}

#[test]
fn files_with_nothing_in_them() {
    let desk = Desk::with("");
    desk.put("quiet", QUIET);
    desk.put("newline", "\n");
    let said = desk.scan("--json --no-dns mail.log");
    assert_eq!((said.status, number(&said.json(), "/lines")), (Some(0), 0));
    assert_eq!(said.json()["files"][0]["error"], Value::Null);
    let said = desk.scan("--no-dns mail.log quiet newline");
    assert_eq!(said.status, Some(0), "{said:?}");
    assert!(
        said.out
            .starts_with("No mail was found that looped or went to reserved addresses.\n"),
        "{said:?}"
    );
    assert_eq!(said.err, "");
}
