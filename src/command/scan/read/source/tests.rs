//! Archives of the real programs, whole and broken.

use std::fs::{self, File};
use std::io::{Seek as _, Write as _};
use std::process::{Command, Stdio};
use std::sync::atomic::Ordering;
use std::time::{Duration, UNIX_EPOCH};

use tempfile::TempDir;

use super::*;

/// The programs, with blocks as small as they can be where that matters.
const PACKERS: [(&str, &[&str]); 4] = [
    ("gz", &["gzip", "-c"]),
    ("xz", &["xz", "-c", "--block-size=262144"]),
    ("zst", &["zstd", "-qc"]),
    ("bz2", &["bzip2", "-c", "-1"]),
];

/// What was read, and what ended it.
type Outcome = (Vec<u8>, Option<SourceError>);

/// A log of that many lines, which do not pack too well.
fn log(lines: u32) -> Vec<u8> {
    let mut text = Vec::new();
    for line in 0..lines {
        let id = line.wrapping_mul(2_654_435_761);
        let second = line % 60;
        writeln!(
            text,
            "Mar 20 14:05:{second:02} mx1 postfix/smtp[{line}]: {id:08X}: sent"
        )
        .unwrap();
    }
    text
}

/// What the program makes of the text on its standard input.
fn pack(command: &[&str], text: &[u8]) -> Vec<u8> {
    let mut input = tempfile::tempfile().unwrap();
    input.write_all(text).unwrap();
    input.rewind().unwrap();
    let output = Command::new(command[0])
        .args(&command[1..])
        .stdin(input)
        .stderr(Stdio::inherit())
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}", command[0]));
    assert!(output.status.success(), "{command:?}");
    output.stdout
}

/// Reads a file with that content to its end, in pieces of that size.
fn read_in(content: &[u8], size: usize) -> (String, Outcome) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("mail.log");
    fs::write(&path, content).unwrap();
    let progress = Arc::default();
    let mut source = match Source::open(&path, &progress) {
        Ok(source) => source,
        Err(error) => return (String::new(), (Vec::new(), Some(error))),
    };
    let mut text = Vec::new();
    let mut buffer = vec![0; size];
    let error = loop {
        match source.read(&mut buffer) {
            Ok(0) => break None,
            Ok(octets) => text.extend(&buffer[..octets]),
            Err(error) => break Some(SourceError::new("without a name", error)),
        }
    };
    assert_eq!(source.read(&mut buffer).unwrap(), 0, "it has ended");
    if error.is_none() {
        assert_eq!(
            progress.load(Ordering::Relaxed),
            u64::try_from(content.len()).unwrap()
        );
    }
    (source.kind().as_str().to_owned(), (text, error))
}

fn read(content: &[u8]) -> (String, Outcome) {
    read_in(content, 1 << 16)
}

#[track_caller]
fn check(content: &[u8], kind: &str, text: &[u8]) {
    let (read_kind, (read_text, error)) = read(content);
    assert!(error.is_none(), "{error:?}");
    assert_eq!(read_kind, kind);
    assert!(
        read_text == text,
        "{kind}: {} octets, not {}",
        read_text.len(),
        text.len()
    );
}

/// Reads a broken archive: its trouble, and the octets of the text that were read and are right.
fn broken(content: &[u8], text: &[u8]) -> (String, usize) {
    let (_, (read_text, error)) = read(content);
    let same = read_text
        .iter()
        .zip(text)
        .take_while(|(one, other)| one == other);
    (
        error.map_or(String::new(), |error| error.trouble.to_string()),
        same.count(),
    )
}

#[test]
fn what_the_programs_pack_is_read() {
    let text = log(20_000);
    check(&text, "plain", &text);
    for (kind, packer) in PACKERS {
        check(&pack(packer, &text), kind, &text);
        check(&pack(packer, b""), kind, b"");
        check(&pack(packer, b"x"), kind, b"x");
        // A buffer of one octet.
        let (_, (all, error)) = read_in(&pack(packer, &text[..1000]), 1);
        assert!(error.is_none() && all == text[..1000], "{kind}: {error:?}");
    }
    check(&pack(&["xz", "-c", "-9"], &text), "xz", &text);
    check(&pack(&["zstd", "-qc", "-19"], &text), "zst", &text);
    check(b"", "plain", b"");
    check(b"\x1f", "plain", b"\x1f");
}

#[test]
fn archives_one_behind_another_are_one_text() {
    let text = log(3000);
    let (front, back) = text.split_at(70_000);
    for (kind, packer) in PACKERS {
        let empty = pack(packer, b"");
        let all = [
            pack(packer, front),
            empty.clone(),
            pack(packer, back),
            empty,
        ]
        .concat();
        check(&all, kind, &text);
        // Zeros behind, and in between.
        let zeros = [0; 1024];
        check(&[&all[..], &zeros].concat(), kind, &text);
        check(
            &[&pack(packer, front)[..], &zeros, &pack(packer, back)].concat(),
            kind,
            &text,
        );
    }
}

#[test]
fn frames_of_zstd_to_be_skipped_are_skipped() {
    let text = log(1000);
    let skipped = b"\x5f\x2a\x4d\x18\x05\0\0\0Mar 2";
    let frame = pack(&["zstd", "-qc"], &text);
    check(
        &[skipped, &frame[..], skipped, skipped].concat(),
        "zst",
        &text,
    );
    check(
        &[skipped, &frame[..], skipped, &frame].concat(),
        "zst",
        &[&text[..], &text].concat(),
    );
    check(skipped, "zst", b"");
}

#[test]
fn an_archive_that_ends_too_early_is_read_to_its_end() {
    let truncated = Trouble::Truncated.to_string();
    let text = log(20_000);
    for (kind, packer) in PACKERS {
        let all = pack(packer, &text);
        for quarter in 1..4 {
            let (trouble, right) = broken(&all[..all.len() * quarter / 4], &text);
            assert_eq!(trouble, truncated, "{kind}");
            // Of what is there, no more than a block is missing.
            let expected = (text.len() * quarter / 4).saturating_sub(150_000);
            assert!(right >= expected, "{kind}: {right} of {expected}");
        }
        let (trouble, right) = broken(&all[..all.len() - 1], &text);
        assert_eq!(
            (trouble.as_str(), right),
            (truncated.as_str(), text.len()),
            "{kind}"
        );
        let second = [&all[..], &all[..20]].concat();
        let (trouble, right) = broken(&second, &text);
        assert_eq!(
            (trouble.as_str(), right),
            (truncated.as_str(), text.len()),
            "{kind}"
        );
    }
}

#[test]
fn any_end_of_a_small_archive_is_an_early_one() {
    let text = log(20);
    for (kind, packer) in PACKERS {
        let all = pack(packer, &text);
        for end in 8..all.len() {
            let (_, (read_text, error)) = read(&all[..end]);
            let trouble = error.map(|error| error.trouble.to_string());
            assert_eq!(
                trouble,
                Some(Trouble::Truncated.to_string()),
                "{kind}, {end}"
            );
            assert!(text.starts_with(&read_text), "{kind}, {end}");
        }
    }
}

#[test]
fn a_flipped_octet_does_not_take_what_stands_before_it() {
    let text = log(20_000);
    for (kind, packer) in PACKERS {
        let mut all = pack(packer, &text);
        let middle = all.len() / 2;
        all[middle] ^= 0x55;
        let (trouble, right) = broken(&all, &text);
        assert_eq!(trouble, Trouble::Damaged.to_string(), "{kind}");
        let expected = text.len() / 2 - 150_000;
        assert!(right >= expected, "{kind}: {right} of {expected}");
    }
}

#[test]
fn any_flipped_octet_is_noticed_where_it_matters() {
    let text = log(20);
    for (kind, packer) in PACKERS {
        let all = pack(packer, &text);
        for place in 8..all.len() {
            let mut all = all.clone();
            all[place] ^= 0xff;
            let (_, (read_text, error)) = read(&all);
            assert!(error.is_some() || read_text == text, "{kind}, {place}");
        }
    }
}

#[test]
fn something_else_behind_an_archive_is_said() {
    let text = log(1000);
    for (kind, packer) in PACKERS {
        let all = [&pack(packer, &text)[..], b"\0\0Mar 20"].concat();
        let (trouble, right) = broken(&all, &text);
        assert_eq!(trouble, Trouble::Appended.to_string(), "{kind}");
        assert_eq!(right, text.len(), "{kind}");
    }
}

#[test]
fn what_takes_too_much_memory_is_left_to_others() {
    let check = |packer: &[&str], command: &str| {
        let (_, (text, error)) = read(&pack(packer, &log(1000)));
        let error = error.unwrap().to_string();
        assert!(text.is_empty());
        let expected = "mail.log: takes more memory to unpack than is allowed here: ";
        assert!(error.contains(expected), "{error}");
        assert!(
            error.contains(command) && error.ends_with("mail.log | bogusmx scan -"),
            "{error}"
        );
    };
    check(
        &["xz", "-c", "-0", "--lzma2=preset=0,dict=128MiB"],
        "xz -dc /",
    );
    check(&["zstd", "-qc", "-1", "--long=27"], "zstd -dc --long=31 /");
}

#[test]
fn what_cannot_be_opened_says_why() {
    let folder = TempDir::new().unwrap();
    let open = |path: &Path| Source::open(path, &Arc::default()).err().unwrap();
    let directory = open(folder.path());
    assert!(
        matches!(directory.trouble, Trouble::Directory),
        "{directory}"
    );
    let name = folder.path().join("none");
    let missing = open(&name);
    assert_eq!(
        missing.to_string(),
        format!("{}: there is no such file", name.display())
    );
    assert!(matches!(
        Trouble::from(io::Error::from(io::ErrorKind::PermissionDenied)),
        Trouble::Forbidden
    ));
    let name = folder.path().join("system.journal");
    fs::write(&name, b"LPKSHHRH\0\0\0\0").unwrap();
    let command = format!(
        "journalctl -o export --file {} | bogusmx scan -",
        name.display()
    );
    let journal = open(&name).to_string();
    assert!(journal.ends_with(&command), "{journal}");
}

#[test]
fn a_file_knows_when_it_was_written() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("mail.log");
    let file = File::create(&path).unwrap();
    file.set_modified(UNIX_EPOCH + Duration::from_secs(1_426_856_701))
        .unwrap();
    let source = Source::open(&path, &Arc::default()).unwrap();
    assert_eq!(
        source.modified().unwrap().to_string(),
        "2015-03-20T13:05:01Z"
    );
    assert_eq!(source.name(), path.display().to_string());
}
