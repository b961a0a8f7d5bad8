//! Numbers and spans of time in words.

use anstyle::Style;
use jiff::{SignedDuration, Timestamp};
use unicode_width::UnicodeWidthStr as _;

use crate::command::scan::report::percent;

/// A line is not wider than this, if it is made of sentences.
const WIDTH: usize = 100;

/// `1 mail`, `2 mails`
pub(crate) fn many(number: u64, one: &str, more: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { more })
}

/// `16 of 20 (80 %)`
pub(crate) fn part(part: u64, whole: u64) -> String {
    match percent(part, whole) {
        Some(percent) => format!("{part} of {whole} ({percent} %)"),
        None => format!("{part} of {whole}"),
    }
}

/// How far a time lies from another: `3 s before it`.
pub(crate) fn apart(at: Timestamp, from: Timestamp) -> String {
    let apart = SignedDuration::from_secs(at.as_second().saturating_sub(from.as_second()));
    let side = match apart {
        apart if apart.is_zero() => return "in that second".to_owned(),
        apart if apart.is_negative() => "before it",
        _ => "after it",
    };
    let seconds = apart.as_secs().unsigned_abs();
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    match (hours / 24, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s {side}"),
        (0, 0, minutes) if minutes < 10 => format!("{minutes} min {} s {side}", seconds % 60),
        (0, 0, minutes) => format!("{minutes} min {side}"),
        (0, hours, _) => format!("{hours} h {} min {side}", minutes % 60),
        (days, ..) => format!("{} {side}", many(days, "day", "days")),
    }
}

/// A text in lines of words.
pub(crate) fn wrapped(text: &str, indent: &str, style: Style) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.width() + word.width() < WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(format!("{indent}{word}")),
        }
    }
    lines
        .iter()
        .map(|line| format!("{style}{line}{style:#}\n"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_and_many() {
        assert_eq!(part(17, 18), "17 of 18 (94 %)");
        assert_eq!(part(999, 1000), "999 of 1000 (99 %)");
        assert_eq!(part(0, 0), "0 of 0");
        assert_eq!(many(1, "mail", "mails"), "1 mail");
        assert_eq!(many(0, "mail", "mails"), "0 mails");
    }

    #[test]
    fn sentences_are_broken_between_words() {
        let text = format!("{} {} c", "a".repeat(90), "b".repeat(9));
        let lines = wrapped(&text, "  ", Style::new());
        let expected = format!("  {}\n  {} c\n", "a".repeat(90), "b".repeat(9));
        assert_eq!(lines, expected);
    }

    #[test]
    fn times_apart() {
        let from = Timestamp::from_second(1_000_000).unwrap();
        let check = |seconds: i64, expected: &str| {
            let at = Timestamp::from_second(1_000_000 + seconds).unwrap();
            assert_eq!(apart(at, from), expected);
        };
        check(0, "in that second");
        check(-3, "3 s before it");
        check(200, "3 min 20 s after it");
        check(-3000, "50 min before it");
        check(7260, "2 h 1 min after it");
        check(-90_000, "1 day before it");
        check(864_000, "10 days after it");
    }
}
