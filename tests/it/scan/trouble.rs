//! Files that cannot be read, lines that cannot be read, and how the program ends.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::thread;

use serde_json::Value;

use super::desk::{Desk, Said, column, number};
use super::logs::{CASE, QUIET, looped};
use crate::support::needs_root;

/// The user and the group that have no rights.
const NOBODY: u32 = 65_534;

fn error<'s>(said: &'s Value, name: &str) -> Option<&'s str> {
    let rows = said["files"].as_array().unwrap();
    let row = rows.iter().find(|row| row["name"] == name);
    row.unwrap_or_else(|| panic!("{name}: {said:#}"))["error"].as_str()
}

#[test]
fn the_exit_status_tells_what_was_found() {
    let desk = Desk::with(CASE);
    desk.put("quiet", QUIET);
    let check = |words: &str, status| {
        let said = desk.scan(words);
        assert_eq!(said.status, Some(status), "{words}: {said:?}");
    };
    check("--no-dns quiet", 0);
    check("--no-dns mail.log", 1);
    check("--no-dns mail.log quiet", 1);
    check("--no-dns missing", 2);
    check("--no-dns missing mail.log", 2);
    check("--no-dns missing quiet", 2);
    for words in ["--json", "--csv"] {
        check(&format!("--no-dns {words} quiet"), 0);
        check(&format!("--no-dns {words} mail.log"), 1);
        check(&format!("--no-dns {words} missing"), 2);
    }
    // What is typed wrong.
    for words in [
        "",
        "--no-dns",
        "--json --csv mail.log",
        "--no-dns --policy any mail.log",
        "--no-dns --upstream 127.0.0.1 mail.log",
        "--year x mail.log",
        "--no-dns --table missing mail.log",
        "--no-dns --config missing mail.log",
        "--no-dns --html missing/report.html mail.log",
        "--no-dns --html . mail.log",
        "--no-dns --html ./mail.log mail.log",
    ] {
        let said = desk.scan(words);
        assert_eq!(said.status, Some(2), "{words}: {said:?}");
        assert_ne!(said.err, "", "{words}");
        assert_eq!(said.out, "", "{words}");
    }
    // What is empty would be taken for a report of nothing; one that was there stays.
    fs::write(desk.path("mail.log.gz"), b"\x1f\x8b").unwrap();
    fs::write(desk.path("old.html"), "old").unwrap();
    for page in ["new.html", "old.html"] {
        let said = desk.scan(&format!("--no-dns --follow --html {page} mail.log.gz"));
        assert_eq!(said.status, Some(2), "{said:?}");
    }
    assert!(!fs::exists(desk.path("new.html")).unwrap());
    assert_eq!(fs::read_to_string(desk.path("old.html")).unwrap(), "old");
    assert_eq!(fs::read_to_string(desk.path("mail.log")).unwrap(), CASE);
}

#[test]
fn a_page_that_cannot_be_written_takes_no_report_away() {
    let desk = Desk::with(CASE);
    let said = desk.scan("--no-dns --html /dev/full mail.log");
    assert_eq!(said.status, Some(2), "{said:?}");
    assert!(said.out.starts_with("Mail to 1 recipient"), "{said:?}");
    let why = "/dev/full: the report cannot be written: No space left on device";
    assert!(said.err.contains(why), "{said:?}");
    // Nor does a reader that has enough take the page away.
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = desk.command("--no-dns --html report.html mail.log");
    command.stdout(writer).status().unwrap();
    let page = fs::read_to_string(desk.path("report.html")).unwrap();
    assert!(page.trim_end().ends_with("</html>"), "{page}");
}

#[test]
fn a_page_may_go_into_a_pipe() {
    let desk = Desk::with(CASE);
    desk.run("mkfifo", &["pipe"]);
    let pipe = desk.path("pipe");
    let reader = thread::spawn(move || fs::read_to_string(pipe).unwrap());
    let said = desk.scan("--no-dns --html pipe mail.log");
    assert_eq!((said.status, said.err.as_str()), (Some(1), ""));
    let page = reader.join().unwrap();
    assert!(page.trim_end().ends_with("</html>"), "{page}");
}

#[test]
fn what_cannot_be_read_is_said_and_the_rest_is_read() {
    let desk = Desk::with(CASE);
    fs::create_dir(desk.path("folder")).unwrap();
    desk.put("lz", b"LZIP\x01\x0c and so on");
    let said = desk.scan("--json --no-dns missing folder lz mail.log");
    assert_eq!((said.status, said.err.as_str()), (Some(2), ""));
    let said = said.json();
    assert_eq!(number(&said, "/found/backscatter"), 1);
    assert_eq!(error(&said, "mail.log"), None);
    assert_eq!(error(&said, "missing"), Some("there is no such file"));
    assert_eq!(
        error(&said, "folder"),
        Some("a directory: name the files in it")
    );
    let unpack = "is packed in a way that is not read here: lzip -dc lz | bogusmx scan -";
    assert_eq!(error(&said, "lz"), Some(unpack));
    let said = desk.scan("--no-dns missing folder lz mail.log");
    let report = &said.out;
    assert!(
        report.starts_with("Mail to 1 recipient in 1 domain looped"),
        "{report}"
    );
    assert!(
        said.flowing()
            .contains("; 3 files could not be read as a whole."),
        "{report}"
    );
    assert!(
        report.contains("\n  missing: there is no such file\n"),
        "{report}"
    );
}

/// Logs belong to root and a group.
#[test]
fn a_file_that_may_not_be_read_is_said_to_be_one() {
    needs_root("the test becomes nobody");
    let desk = Desk::with(CASE);
    desk.put("secret.log", CASE);
    fs::set_permissions(desk.folder(), Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(desk.path("secret.log"), Permissions::from_mode(0o640)).unwrap();
    // Nobody may not even look where this program is.
    fs::copy(env!("CARGO_BIN_EXE_bogusmx"), desk.path("bogusmx")).unwrap();
    let mut command = Command::new(desk.path("bogusmx"));
    command.args(["scan", "--json", "--no-dns", "secret.log", "mail.log"]);
    command.current_dir(desk.folder()).stdin(Stdio::null());
    command.uid(NOBODY).gid(NOBODY);
    let said = Said::of(command);
    assert_eq!(said.status, Some(2), "{said:?}");
    let said = said.json();
    assert_eq!(
        error(&said, "secret.log"),
        Some("may not be read: be root, or of the group that reads logs (often adm)")
    );
    assert_eq!(number(&said, "/found/loops"), 1);
}

#[test]
fn lines_that_cannot_be_read_are_counted_and_explained() {
    let bad = "\x1b[2J\x07 no line of a log \u{202e}";
    let desk = Desk::with(format!("{bad}\n{CASE}{bad}\n"));
    desk.put("other.log", format!("{QUIET}\u{0}\u{0}\u{0}\n"));
    let said = desk.scan("--json --no-dns mail.log other.log");
    assert_eq!(said.err, "");
    assert_eq!(number(&said.json(), "/unparsable"), 3);
    assert_eq!(number(&said.json(), "/lines"), 17);
    let said = desk.scan("--json --no-dns --explain mail.log other.log");
    assert_eq!(number(&said.json(), "/unparsable"), 3);
    let shown: Vec<&str> = said.err.lines().collect();
    let begins = ["mail.log:1: ", "mail.log:12: ", "other.log:5: "];
    assert_eq!(shown.len(), begins.len(), "{said:?}");
    for (line, begin) in begins.iter().map(|begin| {
        let line = shown.iter().find(|line| line.starts_with(begin));
        (*line.unwrap_or_else(|| panic!("{begin}: {said:?}")), begin)
    }) {
        assert!(!line.contains(|letter: char| letter.is_control() || letter == '\u{202e}'));
        // There is a reason, and then the line.
        let rest = line.strip_prefix(begin).unwrap();
        assert!(rest.contains(": \\u{"), "{line}");
    }
    let report = desk.scan("--no-dns mail.log other.log").flowing();
    assert!(
        report.contains("; 3 lines were unreadable, see --explain"),
        "{report}"
    );
}

/// The log of something else, or in a form that is not known: what was not found there may be there all the same.
#[test]
fn a_file_that_is_hardly_readable_is_trouble() {
    let unknown = CASE.replace("Mar 20 ", "2015 Mar 20 ");
    let desk = Desk::with(&unknown);
    desk.put("other.log", format!("{CASE}{unknown}"));
    desk.put("mixed.log", format!("{CASE}\u{0}\u{0}\n"));
    let said = desk.scan("--no-dns mail.log");
    assert_eq!(said.status, Some(2), "{said:?}");
    let begin =
        "No mail was found that looped or went to reserved addresses, but not all could be read.";
    assert!(said.flowing().starts_with(begin), "{said:?}");
    let why =
        "mail.log: most of its lines are not those of a mail log, or not in a form that is known";
    assert!(said.flowing().contains(why), "{said:?}");
    let said = desk
        .scan("--json --no-dns mail.log other.log mixed.log")
        .json();
    assert!(error(&said, "mail.log").is_some());
    assert_eq!(error(&said, "other.log"), None);
    assert_eq!(error(&said, "mixed.log"), None);
    // What has no time comes last.
    assert_eq!(column(&said, "files", "unparsable"), ["10", "1", "10"]);
    assert_eq!(number(&said, "/unparsable"), 21);
}

#[test]
fn a_cut_line_is_explained_where_it_matters() {
    let desk = Desk::new();
    let cut = "Mar 20 14:05:00 web postfix/smtp[3]: 8170A4D23E6F: to=<jfhfdq@ho";
    desk.put("mail.log", format!("{CASE}{cut}\n"));
    let said = desk.scan("--json --no-dns --explain mail.log");
    assert_eq!(number(&said.json(), "/unparsable"), 1);
    assert!(said.err.starts_with("mail.log:11: "), "{said:?}");
    assert!(said.err.ends_with(&format!(": {cut}\n")), "{said:?}");
}

#[test]
fn what_a_spammer_writes_does_nothing_to_a_terminal() {
    let sender = "\x1b]0;pwned\x07a\u{202e}@b.example";
    let log = looped("Mar 20 14:05:00", "8170A4D23E6F", sender, "c@hot.de");
    let desk = Desk::with(log.replace("unknown[", "\x1b[31munknown["));
    for words in [
        "--no-dns mail.log",
        "--no-dns --csv mail.log",
        "--no-dns --json mail.log",
    ] {
        let out = desk.scan(words).out;
        let is_bad = |letter: char| (letter.is_control() && letter != '\n') || letter == '\u{202e}';
        assert!(!out.contains(is_bad), "{out:?}");
    }
    let said = desk.json("mail.log");
    assert_eq!(
        column(&said, "senders", "sender"),
        ["\\u{1b}]0;pwned\\u{7}a\\u{202e}@b.example"]
    );
}

#[test]
fn a_closed_pipe_is_no_panic() {
    let desk = Desk::with(CASE);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = desk.command("--no-dns mail.log");
    command.stdout(writer).stderr(Stdio::piped());
    let said = Said::from(&command.spawn().unwrap().wait_with_output().unwrap());
    assert_eq!(said.err, "");
}
