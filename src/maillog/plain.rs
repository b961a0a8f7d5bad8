//! Text of a log, fit for a terminal and for a report.

use std::fmt::Write as _;

use memchr::memrchr;

/// Longer text says nothing more to people.
const CHARACTERS_MAX: usize = 400;

/// What is left of a local part that is too long. No right one is longer (RFC 5321, section 4.5.3.1.1).
const LOCAL_PART_MAX: usize = 64;

/// What stands for what is left out.
const CUT: &str = "...";

/// The text, with all that is not printable escaped. Others write it: a sender's address may be a terminal's command,
/// or turn the direction of a line.
pub fn plain(text: &[u8]) -> String {
    match str::from_utf8(text) {
        Ok(shown) if is_short(text) => shown.to_owned(),
        _ => cut(escaped(text), CHARACTERS_MAX),
    }
}

/// A mail address as plain text. Of one that is too long the domain stays, since a verdict is about that.
pub fn address(text: &[u8]) -> String {
    let at = memrchr(b'@', text).filter(|_| !is_short(text));
    let Some((local_part, domain)) = at.and_then(|at| text.split_at_checked(at)) else {
        return plain(text);
    };
    let (local_part, domain) = (escaped(local_part), escaped(domain));
    let is_whole = local_part.chars().chain(domain.chars()).count() <= CHARACTERS_MAX;
    let local_part = match is_whole {
        true => local_part,
        false => cut(local_part, LOCAL_PART_MAX),
    };
    cut(local_part + &domain, CHARACTERS_MAX)
}

/// Whether it can be shown as it is.
fn is_short(text: &[u8]) -> bool {
    // Nearly always all can be shown, and to look at all of them together is quicker than to stop at the first that cannot.
    let are_shown = |all, octet: &u8| all & matches!(octet, b' '..=b'~');
    text.len() <= CHARACTERS_MAX && text.iter().fold(true, are_shown)
}

fn escaped(text: &[u8]) -> String {
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
    shown
}

/// The beginning of a text that is longer.
fn cut(text: String, characters_max: usize) -> String {
    match text.char_indices().nth(characters_max) {
        Some((end, _)) => format!("{}{CUT}", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// Neither a control character nor one that changes the direction or shows nothing: those that Unicode has applications
/// ignore (`Default_Ignorable_Code_Point`), separators of lines, and marks of annotations.
fn is_printable(character: char) -> bool {
    !character.is_control()
        && !matches!(
            character,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
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

    #[test]
    fn nothing_that_is_not_seen() {
        for hidden in [
            '\u{ad}',
            '\u{61c}',
            '\u{180e}',
            '\u{3164}',
            '\u{fff9}',
            '\u{e0061}',
        ] {
            let escaped = hidden.escape_unicode();
            let text = format!("a{hidden}@hot.de");
            assert_eq!(plain(text.as_bytes()), format!("a{escaped}@hot.de"));
        }
        // What is written with two characters is seen.
        let joined = "u\u{308}@hot.de";
        assert_eq!(plain(joined.as_bytes()), joined);
    }

    #[test]
    fn an_address_keeps_its_domain() {
        let long = "a@".repeat(300) + "hot.de";
        let local_part = "a@".repeat(32);
        assert_eq!(address(long.as_bytes()), format!("{local_part}...@hot.de"));
        let right = "a@b@hot.de";
        assert_eq!(address(right.as_bytes()), right);
        let domain = "d".repeat(500);
        let shown = address(format!("a@{domain}").as_bytes());
        assert_eq!(shown, format!("a@{}...", "d".repeat(398)));
        let escaped = [&[0xff; 120][..], b"@hot.de"].concat();
        assert_eq!(address(&escaped), "\\xff".repeat(16) + "...@hot.de");
        let hidden = "\u{200b}".repeat(60) + "@hot.de";
        let shown = "\\u{200b}".repeat(8) + "...@hot.de";
        assert_eq!(address(hidden.as_bytes()), shown);
        assert_eq!(address(domain.as_bytes()), plain(domain.as_bytes()));
    }
}
