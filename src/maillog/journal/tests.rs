//! What journalctl prints, and what it never would.

use proptest::prelude::*;

use super::*;

/// A journal as the real journalctl (252) printed it.
const EXPORT: &[u8] = include_bytes!("../../../tests/it/golden/journalctl.export");
const JSON: &[u8] = include_bytes!("../../../tests/it/golden/journalctl.json");

/// The lines of a journal that comes in pieces of that size.
fn lines_of(format: Format, journal: &[u8], piece: usize) -> String {
    let mut lines = Vec::new();
    let mut reader = Lines::new(format);
    for octets in journal.chunks(piece) {
        reader.feed(octets, &mut lines);
    }
    reader.finish(&mut lines);
    String::from_utf8_lossy(&lines).into_owned()
}

#[track_caller]
fn check(format: Format, journal: &[u8], expected: &str) {
    for piece in [1, 7, 64, journal.len().max(1)] {
        assert_eq!(lines_of(format, journal, piece), expected, "{piece}");
    }
}

/// What the entries of that journal are in the log.
fn expected(long: &str) -> String {
    [
        "2015-03-20T13:05:01.122456Z mx1 postfix/smtp[811]: 3F2A1: to=<jfhfdq@hot.de>, relay=none, delay=0.1, dsn=5.4.6, \
         status=bounced (mail for hot.de loops back to myself)",
        "2015-03-20T13:05:02.123456Z mx1 postfix/smtp[811]: two lines, \x1b[31mred\x1b[0m",
        "2015-03-20T13:05:03.123456Z mx1 exim[99]: 1YYwcR-0003Qf-7d == a@hot.de R=dnslookup defer (-1): lowest numbered \
         MX record points to local host",
        "2015-03-20T13:05:04.123456Z mx1 sh: a program without a name",
        "2015-03-20T13:05:05.123456Z mx1 postfix/smtp[811]: ",
        &format!("2015-03-20T13:05:06.123456Z mx1 postfix/smtp[811]: {long}"),
        "2015-03-20T13:05:07.123456Z mx1 postfix/smtp[811]: second",
        "",
    ]
    .join("\n")
}

#[test]
fn what_journalctl_prints_is_read() {
    assert_eq!(Format::detect(EXPORT), Some(Some(Format::Export)));
    check(Format::Export, EXPORT, &expected(&"müller ".repeat(700)));
    assert_eq!(Format::detect(JSON), Some(Some(Format::Json)));
    // It leaves out what is too long.
    check(Format::Json, JSON, &expected(""));
}

#[test]
fn formats_are_told_by_their_first_octets() {
    let check = |head: &[u8], expected| assert_eq!(Format::detect(head), expected, "{head:?}");
    check(b"", None);
    check(b"_", None);
    check(b"__CUR", None);
    check(b"__CURSOR=", Some(Some(Format::Export)));
    check(b"__REALTIME_TIMESTAMP=1", Some(Some(Format::Export)));
    check(b"__cursor=", Some(None));
    check(b"_HOSTNAME=mx1", Some(None));
    check(b"{", None);
    check(b"{\"_PID", None);
    check(b"{\"_PID\":\"1\"", Some(Some(Format::Json)));
    check(b"{\"MESSAGE\":\"1\"", Some(Some(Format::Json)));
    check(b"{\"message\":\"1\"", Some(None));
    check(b"{\"\":1", Some(None));
    check(b"Mar 20 14:05:01 mx1 ", Some(None));
    check(b"2015-03-20T14:05:01Z", Some(None));
    check(&[b'_'; HEAD], Some(None));
    assert_eq!(Format::detect(&[b'_'; HEAD - 1]), None);
}

#[test]
fn a_value_in_octets_may_have_anything_in_it() {
    let journal = b"MESSAGE\n\x08\0\0\0\0\0\0\0\n\n\xff\0A=b\n\n_HOSTNAME=mx1\n\n";
    check(Format::Export, journal, "mx1 unknown:   \u{fffd}\0A=b \n");
}

#[test]
fn what_is_no_entry_is_a_line_as_it_is() {
    // An empty line ends it.
    check(
        Format::Export,
        b"MESSAGE=a\nno field\nMESSAGE=b\n\nMESSAGE=c\n\n",
        "- unknown: a\nno field\nMESSAGE=b\n- unknown: c\n",
    );
    // A size that is too small, one that is too large, and one that is none.
    check(
        Format::Export,
        b"MESSAGE\n\x02\0\0\0\0\0\0\0abc\nA=1\n\nMESSAGE=d\n\n",
        "- unknown: ab\nc\nA=1\n- unknown: d\n",
    );
    check(
        Format::Export,
        b"MESSAGE\n\x09\0\0\0\0\0\0\0abc\n\nA=1\n\n",
        "- unknown: abc  A=1 \n",
    );
    check(
        Format::Export,
        b"MESSAGE\n\0\0\0\0\0\0\0\x01abc\n\nMESSAGE=d\n\n",
        "MESSAGE\nabc\n- unknown: d\n",
    );
    check(
        Format::Json,
        b"{\"MESSAGE\":\"a\"}\n{\"MESSAGE\":\nMar 20\n\n{}\n{\"MESSAGE\":\"b\"}",
        "- unknown: a\n{\"MESSAGE\":\nMar 20\n{}\n- unknown: b\n",
    );
    check(
        Format::Json,
        b"{\"MESSAGE\":[256]}\n",
        "{\"MESSAGE\":[256]}\n",
    );
}

#[test]
fn an_end_in_the_middle_loses_nothing() {
    let check = |journal: &[u8], expected| check(Format::Export, journal, expected);
    check(b"MESSAGE=a\n_PID=7", "- unknown[7]: a\n");
    check(b"MESSAGE=a\n_PID\n\x01", "- unknown: a\n");
    check(b"MESSAGE\n\x09\0\0\0\0\0\0\0abc", "- unknown: abc\n");
    check(b"MESSAGE\n\x03\0\0\0\0\0\0\0abc", "- unknown: abc\n");
    check(b"no field\nrest", "no field\nrest\n");
    check(b"\n\n\n", "");
}

#[test]
fn what_is_too_long_is_cut() {
    let long = "x".repeat(3 << 20);
    let kept = &long[..entry::MESSAGE_MAX];
    let journal = format!("MESSAGE={long}\n_PID=7\n\n");
    check(
        Format::Export,
        journal.as_bytes(),
        &format!("- unknown[7]: {kept}\n"),
    );
    let mut journal = b"MESSAGE\n\0\0\x30\0\0\0\0\0".to_vec();
    journal.extend(long.as_bytes());
    journal.extend(b"\n\n");
    check(Format::Export, &journal, &format!("- unknown: {kept}\n"));
    let journal = format!("{{\"MESSAGE\":\"{long}\"}}\n{{\"MESSAGE\":\"b\"}}\n");
    let expected = format!("{{\"MESSAGE\":\"{long}\"}}\n- unknown: b\n");
    check(Format::Json, journal.as_bytes(), &expected);
}

/// An entry: a message of any octets, time, host and process.
type Made = (Vec<u8>, i64, String, Option<u32>);

fn entry() -> impl Strategy<Value = Made> {
    let octet = prop_oneof![4 => any::<u8>(), 1 => Just(b'\n'), 1 => Just(b'=')];
    (
        prop::collection::vec(octet, 1..60),
        0..4_000_000_000_000_000_i64,
        "[a-z0-9.-]{1,20}",
        any::<Option<u32>>(),
    )
}

/// The line that an entry makes.
fn line((message, time, host, pid): &Made) -> Vec<u8> {
    let time = jiff::Timestamp::from_microsecond(*time).unwrap();
    let pid = pid.map_or(String::new(), |pid| format!("[{pid}]"));
    let mut line = format!("{time:.6} {host} postfix/smtp{pid}: ").into_bytes();
    let is_end = |octet: u8| octet == b'\n' || octet == b'\r';
    line.extend(
        message
            .iter()
            .map(|octet| if is_end(*octet) { b' ' } else { *octet }),
    );
    line.push(b'\n');
    line
}

fn export((message, time, host, pid): &Made) -> Vec<u8> {
    let mut entry =
        format!("__CURSOR=s=1;i=2\n__REALTIME_TIMESTAMP={time}\n_HOSTNAME={host}\nMESSAGE\n")
            .into_bytes();
    entry.extend(u64::try_from(message.len()).unwrap().to_le_bytes());
    entry.extend(message);
    let pid = pid.map_or(String::new(), |pid| format!("\n_PID={pid}"));
    entry.extend(format!("{pid}\nSYSLOG_IDENTIFIER=postfix/smtp\n\n").into_bytes());
    entry
}

fn json((message, time, host, pid): &Made) -> Vec<u8> {
    let pid = pid.map(|pid| pid.to_string());
    let object = serde_json::json!({
        "__REALTIME_TIMESTAMP": time.to_string(), "_HOSTNAME": host, "MESSAGE": message, "_PID": pid,
        "SYSLOG_IDENTIFIER": "postfix/smtp",
    });
    format!("{object}\n").into_bytes()
}

/// The lines, by octets.
fn read(format: Format, journal: &[u8], piece: usize) -> Vec<u8> {
    let mut lines = Vec::new();
    let mut reader = Lines::new(format);
    journal
        .chunks(piece)
        .for_each(|octets| reader.feed(octets, &mut lines));
    reader.finish(&mut lines);
    lines
}

proptest! {
    #[test]
    fn entries_become_their_lines(entries in prop::collection::vec(entry(), 0..6), piece in 1..200_usize) {
        let expected: Vec<u8> = entries.iter().flat_map(line).collect();
        let journal: Vec<u8> = entries.iter().flat_map(export).collect();
        prop_assert_eq!(&read(Format::Export, &journal, piece), &expected);
        let journal: Vec<u8> = entries.iter().flat_map(json).collect();
        prop_assert_eq!(&read(Format::Json, &journal, piece), &expected);
    }

    #[test]
    fn any_octets_are_read_alike_in_any_pieces(
        mut journal in prop::collection::vec(any::<u8>(), 0..300),
        real in prop_oneof![Just(EXPORT), Just(JSON)],
        place in any::<prop::sample::Index>(),
        piece in 1..100_usize,
    ) {
        let place = place.index(real.len());
        journal.splice(0..0, real[place..].iter().take(300).copied());
        for format in [Format::Export, Format::Json] {
            let lines = read(format, &journal, piece);
            prop_assert_eq!(&read(format, &journal, journal.len().max(1)), &lines);
            prop_assert!(lines.is_empty() || lines.ends_with(b"\n"));
        }
    }

    #[test]
    fn a_broken_entry_does_not_take_the_next(entry in entry(), broken in "[a-z ][^\n\r]{0,50}") {
        let journal = [broken.as_bytes(), b"\n\n", &export(&entry)].concat();
        let expected = [broken.as_bytes(), b"\n", &line(&entry)].concat();
        prop_assert_eq!(read(Format::Export, &journal, 10), expected);
    }
}
