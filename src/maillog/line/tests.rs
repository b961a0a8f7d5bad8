//! Lines of all kinds.

use super::*;

fn read(text: &str) -> Option<(&str, &str, Program<'_>, &str)> {
    let line = Line::read(text.as_bytes())?;
    let stamp = match line.stamp {
        Stamp::Yearless(stamp) | Stamp::Full(stamp) => stamp,
        Stamp::Missing => b"",
    };
    let text = |octets| str::from_utf8(octets).unwrap();
    Some((
        text(stamp),
        text(line.host),
        line.program(),
        text(line.message),
    ))
}

#[track_caller]
fn check(text: &str, stamp: &str, host: &str, program: Program<'_>, message: &str) {
    assert_eq!(read(text), Some((stamp, host, program, message)), "{text}");
}

const QMGR: Program<'_> = Program::Postfix(b"qmgr");

#[test]
fn lines_without_a_year() {
    let stamp = "Mar 20 14:05:01";
    let removed = "8170A4D23E6F: removed";
    check(
        &format!("{stamp} web postfix/qmgr[10478]: {removed}"),
        stamp,
        "web",
        QMGR,
        removed,
    );
    check(
        &format!("<22>{stamp} web postfix/qmgr[1]: a"),
        stamp,
        "web",
        QMGR,
        "a",
    );
    check(
        &format!("{stamp} web postfix-out/submission/smtpd[1]: a: b"),
        stamp,
        "web",
        Program::Postfix(b"smtpd"),
        "a: b",
    );
    check(
        &format!("{stamp} web dovecot: imap-login: a"),
        stamp,
        "web",
        Program::Other,
        "imap-login: a",
    );
    let repeated = format!("{stamp} web last message repeated 2 times");
    check(&repeated, stamp, "web", Program::Other, "");
    check(
        &format!("{stamp} web exim[7]: a"),
        stamp,
        "web",
        Program::Exim,
        "a",
    );
    check(
        &format!("{stamp}.123456 web postfix/qmgr[1]: a"),
        stamp,
        "web",
        QMGR,
        "a",
    );
    check(&format!("{stamp} postfix/qmgr[1]: a"), stamp, "", QMGR, "a");
}

#[test]
fn lines_with_a_year() {
    let stamp = "2015-03-20T14:05:01.123456+01:00";
    check(
        &format!("{stamp} web postfix/qmgr[10478]: a"),
        stamp,
        "web",
        QMGR,
        "a",
    );
    check(
        &format!("{stamp} postfix/qmgr[10478]: a"),
        stamp,
        "",
        QMGR,
        "a",
    );
    check(
        &format!("<22>1 {stamp} web postfix/qmgr 10478 - - a b"),
        stamp,
        "web",
        QMGR,
        "a b",
    );
    check(
        &format!("<22>1 {stamp} web postfix/qmgr 10478 - [x y=\"z\"] \u{feff}a"),
        stamp,
        "web",
        QMGR,
        "a",
    );
    for data in [r#"[x y="a] b" z="c\"] d\\"]"#, r#"[x][y z="\\" a="] "]"#] {
        let line = format!("<22>1 {stamp} web postfix/qmgr 10478 - {data} a] b");
        check(&line, stamp, "web", QMGR, "a] b");
    }
    for stamp in ["2015-03-20 14:05:01", "2015-03-20 14:05:01.123 +0100"] {
        check(
            &format!("{stamp} web postfix/qmgr[1]: a"),
            stamp,
            "web",
            QMGR,
            "a",
        );
        check(&format!("{stamp} postfix/qmgr[1]: a"), stamp, "", QMGR, "a");
        for tag in ["exim", "exim[7]", "exim4-in"] {
            let line = format!("{stamp} web {tag}: a");
            check(&line, stamp, "web", Program::Exim, "a");
        }
        check(
            &format!("{stamp} web postfix/qmgr: a"),
            stamp,
            "web",
            QMGR,
            "a",
        );
    }
}

#[test]
fn lines_without_a_time() {
    check("postfix/qmgr[10478]: a", "", "", QMGR, "a");
    let stamp = "Mar 20 14:05:01";
    let quoted = format!("\t  {stamp} web postfix/qmgr[1]: a");
    for text in ["", " ", " Suggested action: a", &quoted, "-- No entries --"] {
        check(text, "", "", Program::Other, "");
    }
}

#[test]
fn lines_of_exim() {
    for stamp in [
        "2015-03-20 14:05:01",
        "2015-03-20 14:05:01.123",
        "2015-03-20 14:05:01 +0100",
    ] {
        let check = |text: &str, message: &str| {
            check(
                &format!("{stamp} {text}"),
                stamp,
                "",
                Program::Exim,
                message,
            );
        };
        check("1YYabc-0001AB-CD Completed", "1YYabc-0001AB-CD Completed");
        check("[1234] Start queue run", "Start queue run");
        let refused = "1YYabc-0001AB-CD H=mx.hot.de [127.0.0.1]: a";
        check(refused, refused);
        let refused = "1YYabc-0001AB-CD [127.0.0.1]: a";
        check(refused, refused);
    }
}

#[test]
fn what_comes_again_and_again_is_read_once() {
    for part in ["<1>", "<1> ", " <1>", "\t"] {
        let text = part.repeat(300_000);
        let read = Line::read(text.as_bytes());
        assert!(read.is_none_or(|line| line.message.is_empty()), "{part}");
    }
    let text = "<22> Mar 20 14:05:01 web postfix/qmgr[1]: a";
    check(text, "Mar 20 14:05:01", "web", QMGR, "a");
}

#[test]
fn what_is_no_line_of_a_log() {
    for text in [
        " \u{0}",
        "\u{0}\u{1}",
        "Mar 20 14:05",
        "20 14:05:01 web postfix/qmgr[10478]: a",
        "2015-03-20",
        "<22>",
        "<22>1 ",
        "<>Mar 20 14:05:01 web a: b",
        "<1234>Mar 20 14:05:01 web a: b",
        "<22><22>Mar 20 14:05:01 web a: b",
        "postfix",
        "postfix: a",
        "8170A4D23E6F: removed",
    ] {
        assert_eq!(read(text), None, "{text:?}");
    }
}
