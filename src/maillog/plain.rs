//! Text of a log, fit for a terminal and for a report.

use std::fmt::Write as _;

/// Longer text says nothing more to people.
const CHARACTERS_MAX: usize = 400;

/// The text, with all that is not printable escaped. Others write it: a sender's address may be a terminal's command,
/// or turn the direction of a line.
pub fn plain(text: &[u8]) -> String {
    if text.len() <= CHARACTERS_MAX && text.iter().all(|octet| matches!(octet, b' '..=b'~')) {
        return String::from_utf8_lossy(text).into_owned();
    }
    let mut shown = String::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        for character in chunk.valid().chars() {
            if is_printable(character) {
                shown.push(character);
            } else {
                shown.extend(character.escape_unicode());
            }
        }
        for octet in chunk.invalid() {
            // Writing to a String does not fail.
            let _infallible = write!(shown, "\\x{octet:02x}");
        }
    }
    match shown.char_indices().nth(CHARACTERS_MAX) {
        Some((end, _)) => format!("{}...", shown.get(..end).unwrap_or_default()),
        None => shown,
    }
}

/// Neither a control character nor one that changes the direction or has no width.
fn is_printable(character: char) -> bool {
    !character.is_control()
        && !matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys() {
        let check = |text: &[u8], expected: &str| assert_eq!(plain(text), expected);
        check("jörg@hot.de".as_bytes(), "jörg@hot.de");
        check(b"a\x1b[2Jb\n", "a\\u{1b}[2Jb\\u{a}");
        check("a\u{202e}b".as_bytes(), "a\\u{202e}b");
        check(b"a\xff\xfeb", "a\\xff\\xfeb");
        check(&[b'a'; 401], &format!("{}...", "a".repeat(400)));
    }
}
