//! The bar, for people who wait.

use std::process::Command;

use super::desk::Desk;
use super::logs::{DIALECTS, made};

/// What a terminal of some width shows while a shell command runs in it.
fn shown(desk: &Desk, columns: u32, line: &str) -> String {
    let program = env!("CARGO_BIN_EXE_bogusmx");
    let line = format!("stty cols {columns} rows 24; '{program}' scan {line}");
    let output = Command::new("script")
        .args(["-qec", &line, "/dev/null"])
        .current_dir(desk.folder())
        .stdin(std::process::Stdio::null())
        .env("TERM", "xterm")
        .env("TZ", "Europe/Berlin")
        .output()
        .expect("install bsdutils");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn a_bar_shows_octets_and_the_time_left() {
    let desk = Desk::with(made(DIALECTS[0], 8_000_000).0);
    desk.run("gzip", &["-k", "-1", "mail.log"]);
    let packed = std::fs::metadata(desk.path("mail.log.gz")).unwrap().len();
    for (file, octets) in [("mail.log", 8_000_000), ("mail.log.gz", packed)] {
        let shown = shown(&desk, 80, &format!("--no-dns --json {file} >report"));
        // Of what is read, not of what is in it.
        let total = format!("{}", indicatif::HumanBytes(octets)).replace(".00", "");
        let total = total.split('.').next().unwrap();
        assert!(
            shown.contains(&format!(" of {total}")),
            "{total}: {shown:?}"
        );
        assert!(shown.contains("s left"), "{shown:?}");
        // It goes when all has been read.
        assert!(
            shown.ends_with("\u{1b}[2K") || shown.ends_with('\r'),
            "{shown:?}"
        );
    }
}

#[test]
fn of_a_pipe_there_is_a_count() {
    let desk = Desk::with(made(DIALECTS[0], 8_000_000).0);
    let shown = shown(&desk, 80, "--no-dns --json - <mail.log >report");
    assert!(shown.contains("iB read, "), "{shown:?}");
}

#[test]
fn nothing_is_drawn_where_nobody_looks() {
    let desk = Desk::with(made(DIALECTS[0], 2_000_000).0);
    assert_eq!(desk.scan("--no-dns --json mail.log").err, "");
    let quiet = shown(&desk, 80, "--no-dns --json mail.log >report 2>errors");
    assert_eq!(quiet, "");
    assert_eq!(std::fs::read(desk.path("errors")).unwrap(), b"");
}

#[test]
fn explained_lines_do_not_get_into_the_bar() {
    let desk = Desk::with("no line of a log\n".repeat(3) + super::logs::CASE);
    let shown = shown(&desk, 80, "--no-dns --json --explain mail.log >report");
    for number in 1..=3 {
        let line = shown
            .lines()
            .find(|line| line.contains(&format!("mail.log:{number}: ")));
        let line = line.unwrap_or_else(|| panic!("{shown:?}"));
        // The bar has been taken away before.
        let shown = line.rsplit("\u{1b}[2K").next().unwrap();
        assert!(shown.starts_with("mail.log:"), "{line:?}");
    }
}
