//! Archives as the real programs make them, and what is left of them.

use std::fs;

use super::desk::{Desk, Said, column, number};
use super::logs::{CASE, DIALECTS, made};

/// The program, its words, and the end of the name.
const PROGRAMS: [(&str, &[&str], &str); 6] = [
    ("gzip", &[], "gz"),
    ("gzip", &["-9"], "gz"),
    ("xz", &[], "xz"),
    ("xz", &["-T2", "--block-size=64KiB"], "xz"),
    ("zstd", &["-q", "--rm"], "zst"),
    ("bzip2", &[], "bz2"),
];

#[test]
fn archives_are_read_as_the_log_in_them() {
    let (log, truth) = made(DIALECTS[0], 1_000_000);
    for (program, args, end) in PROGRAMS {
        let desk = Desk::with(&log);
        desk.run(program, &[args, &["mail.log"]].concat());
        let said = desk.json(&format!("mail.log.{end}"));
        assert_eq!(number(&said, "/found/loops"), truth.loops, "{program}");
        assert_eq!(number(&said, "/octets"), truth.octets, "{program}");
        assert_eq!(number(&said, "/lines"), truth.lines, "{program}");
        assert_eq!(column(&said, "files", "kind"), [end], "{program}");
        assert_eq!(column(&said, "files", "error"), ["null"], "{program}");
    }
}

#[test]
fn one_processor_is_enough() {
    let (log, truth) = made(DIALECTS[0], 6_000_000);
    let half = log.iter().skip(3_000_000).position(|octet| *octet == b'\n');
    let (old, new) = log.split_at(3_000_001 + half.unwrap());
    let desk = Desk::with(new);
    desk.put("old", old);
    desk.run("gzip", &["old"]);
    let mut command = desk.command("--json --no-dns mail.log old.gz");
    command.env("RAYON_NUM_THREADS", "1");
    let said = Said::of(command).json();
    assert_eq!(said, desk.json("mail.log old.gz"));
    assert_eq!(number(&said, "/found/loops"), truth.loops);
    assert_eq!(number(&said, "/lines"), truth.lines);
}

#[test]
fn the_name_of_an_archive_does_not_matter() {
    for (program, args, end) in PROGRAMS {
        let desk = Desk::with(CASE);
        desk.run(program, &[args, &["mail.log"]].concat());
        let packed = format!("mail.log.{end}");
        fs::rename(desk.path(&packed), desk.path("old")).unwrap();
        assert_eq!(number(&desk.json("old"), "/found/loops"), 1, "{program}");
        let mut command = desk.command("--json --no-dns -");
        command.stdin(fs::File::open(desk.path("old")).unwrap());
        let said = Said::of(command).json();
        assert_eq!(number(&said, "/found/loops"), 1, "{program}");
    }
    // Text that is called an archive is text.
    let desk = Desk::new();
    desk.put("mail.log.gz", CASE);
    let said = desk.json("mail.log.gz");
    assert_eq!(number(&said, "/found/loops"), 1);
    assert_eq!(column(&said, "files", "kind"), ["plain"]);
}

#[test]
fn archives_one_behind_the_other_are_one_log() {
    let half = CASE.find("Mar 20 14:05:03").unwrap();
    for (program, args, end) in PROGRAMS {
        let desk = Desk::new();
        desk.put("a", &CASE[..half]);
        desk.put("b", &CASE[half..]);
        for name in ["a", "b"] {
            desk.run(program, &[args, &[name]].concat());
        }
        let read = |name: &str| fs::read(desk.path(&format!("{name}.{end}"))).unwrap();
        desk.put("both", [read("a"), read("b")].concat());
        let said = desk.json("both");
        assert_eq!(
            number(&said, "/found/backscatter"),
            1,
            "{program}: {said:#}"
        );
    }
}

/// As after a full disk, or while it is still being copied.
#[test]
fn of_a_truncated_archive_all_that_is_there_is_read() {
    let (log, truth) = made(DIALECTS[0], 3_000_000);
    for (program, args, end) in PROGRAMS {
        let desk = Desk::with(&log);
        desk.run(program, &[args, &["mail.log"]].concat());
        let packed = fs::read(desk.path(&format!("mail.log.{end}"))).unwrap();
        desk.put("cut", &packed[..packed.len() * 2 / 3]);
        desk.put("whole", CASE);
        let said = desk.scan("--json --no-dns cut whole");
        assert_eq!(said.status, Some(2), "{program}");
        let said = said.json();
        let row = |name: &str| {
            let rows = said["files"].as_array().unwrap();
            rows.iter().find(|row| row["name"] == name).unwrap().clone()
        };
        assert_eq!(
            row("cut")["error"],
            "the archive ends too early: all before that has been read",
            "{program}"
        );
        let lines = number(&row("cut"), "/lines");
        assert!(
            (truth.lines / 10..truth.lines).contains(&lines),
            "{program} {args:?}: {lines} of {}",
            truth.lines
        );
        // The rest is read as well.
        assert_eq!(row("whole")["error"], serde_json::Value::Null);
        assert_eq!(number(&row("whole"), "/lines"), 10);
        let domains = column(&said, "domains", "domain");
        assert!(domains.contains(&"hot.de".to_owned()), "{domains:?}");
    }
}

#[test]
fn a_damaged_archive_is_said_to_be_one() {
    let (log, _) = made(DIALECTS[0], 1_000_000);
    for (program, args, end) in PROGRAMS {
        let desk = Desk::with(&log);
        desk.run(program, &[args, &["mail.log"]].concat());
        let mut packed = fs::read(desk.path(&format!("mail.log.{end}"))).unwrap();
        let middle = packed.len() / 2;
        packed[middle..middle + 64].fill(0x55);
        desk.put("damaged", packed);
        let said = desk.scan("--no-dns damaged");
        assert_eq!(said.status, Some(2), "{program}: {said:?}");
        assert!(
            said.out
                .contains("\nFiles that could not be read as a whole\n  damaged: "),
            "{program}: {said:?}"
        );
    }
}
