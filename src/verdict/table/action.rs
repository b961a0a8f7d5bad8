//! The right side of a row: what happens to an address that matches it.

use std::fmt;
use std::net::Ipv4Addr;

use super::error::{Flaw, Problem, excerpt};
use super::lines::{Span, is_space};

/// The longest text: one TXT character-string, because some clients read only the first.
pub(super) const TEXT_OCTETS_MAX: usize = 255;

/// The code of a row that names none: what clients of every list know as "listed".
pub const CODE_DEFAULT: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// The text of a row that has none.
const TEXT_DEFAULT: &str = "Domain MX in reserved network";

/// What a row does to an address.
///
/// Prints in a form that reads back as the same action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Lists the domain.
    List {
        /// The A record's address, within 127.0.0.0/8.
        code: Ipv4Addr,
        /// The TXT record's text: printable ASCII, at most 255 octets, never empty.
        text: Box<str>,
    },
    /// Ends the search: this address is fine.
    Pass,
}

impl Action {
    /// Reads a result that stands elsewhere than in a table.
    ///
    /// # Errors
    /// What is wrong with it, and the octet at which that begins.
    pub fn parse(result: &str) -> Result<Self, (usize, Problem)> {
        let span = Span {
            text: result,
            at: 0,
        };
        Self::read(span).map_err(|flaw| (flaw.at, flaw.problem))
    }

    /// Reads the result of a row as Postfix's access(5) does, within what a DNS answer can say.
    pub(super) fn read(result: Span<'_>) -> Result<Self, Flaw> {
        let (verb, rest) = result.word();
        let is = |known: &str| verb.text.eq_ignore_ascii_case(known);
        if is("DUNNO") || is("OK") || is("PERMIT") {
            return Ok(Self::Pass);
        }
        if is("REJECT") {
            return Self::list(CODE_DEFAULT, after_enhanced_status(rest));
        }
        if is("LIST") {
            let (code, text) = rest.word();
            return Self::list(read_code(code)?, text);
        }
        if verb.text.bytes().all(|octet| octet.is_ascii_digit()) && rest.text.is_empty() {
            return Err(verb.flaw(Problem::NumberAlone(excerpt(verb.text))));
        }
        if let [b'4' | b'5', b'0'..=b'9', b'0'..=b'9'] = verb.text.as_bytes() {
            return Self::list(CODE_DEFAULT, after_enhanced_status(rest));
        }
        Err(verb.flaw(Problem::UnknownResult(excerpt(verb.text))))
    }

    /// Checks the text, and makes one space of each run of white space: a text folded over several
    /// lines of the file is one sentence, and a tab would not print.
    fn list(code: Ipv4Addr, text: Span<'_>) -> Result<Self, Flaw> {
        let unprintable = |next: char| !(next.is_ascii_graphic() || is_space(next));
        if let Some((at, character)) = text
            .text
            .char_indices()
            .find(|(_, next)| unprintable(*next))
        {
            return Err(text.from(at).flaw(Problem::TextCharacter(character)));
        }
        let words: Vec<&str> = text
            .text
            .split(is_space)
            .filter(|word| !word.is_empty())
            .collect();
        let sentence = words.join(" ");
        if sentence.len() > TEXT_OCTETS_MAX {
            return Err(text.flaw(Problem::TextTooLong(sentence.len())));
        }
        let text = if sentence.is_empty() {
            TEXT_DEFAULT
        } else {
            &sentence
        };
        Ok(Self::List {
            code,
            text: text.into(),
        })
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List { code, text } => write!(f, "LIST {code} {text}"),
            Self::Pass => f.write_str("DUNNO"),
        }
    }
}

fn read_code(code: Span<'_>) -> Result<Ipv4Addr, Flaw> {
    code.text
        .parse()
        .ok()
        .filter(Ipv4Addr::is_loopback)
        .ok_or_else(|| code.flaw(Problem::BadCode(excerpt(code.text))))
}

/// Skips an enhanced status such as `5.7.1`: it is for the SMTP reply that Postfix would make.
fn after_enhanced_status(text: Span<'_>) -> Span<'_> {
    let (word, rest) = text.word();
    let mut parts = word.text.split('.');
    let class = matches!(parts.next(), Some("2" | "4" | "5"));
    let number = |part: &str| {
        (1..=3).contains(&part.len()) && part.bytes().all(|octet| octet.is_ascii_digit())
    };
    let valid = class
        && parts.next().is_some_and(number)
        && parts.next().is_some_and(number)
        && parts.next().is_none();
    if valid { rest } else { text }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<Action, Flaw> {
        Action::read(Span { text, at: 0 })
    }

    /// Reads `text` and compares it with the printed action, or with `column: message`.
    #[track_caller]
    fn check_action(text: &str, expected: &str) {
        let found = match read(text) {
            Ok(action) => action.to_string(),
            Err(flaw) => format!("{}: {}", flaw.at + 1, flaw.problem),
        };
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn reject_lists_with_its_text() {
        check_action(
            "REJECT Domain MX in loopback network",
            "LIST 127.0.0.2 Domain MX in loopback network",
        );
        check_action("reject x # y", "LIST 127.0.0.2 x # y");
        check_action("REJECT", "LIST 127.0.0.2 Domain MX in reserved network");
        check_action("REJECT 5.7.1 x", "LIST 127.0.0.2 x");
        check_action(
            "REJECT 5.7.1",
            "LIST 127.0.0.2 Domain MX in reserved network",
        );
    }

    #[test]
    fn smtp_codes_list_too() {
        check_action("550 x", "LIST 127.0.0.2 x");
        check_action("554 5.7.1 x", "LIST 127.0.0.2 x");
        check_action("450 4.7.100 x", "LIST 127.0.0.2 x");
        check_action("550 5.7.1", "LIST 127.0.0.2 Domain MX in reserved network");
    }

    #[test]
    fn what_only_looks_like_an_enhanced_status_is_text() {
        for text in [
            "3.7.1 x",
            "5.7 x",
            "5.7.1.1 x",
            "5.7.1000 x",
            "5..1 x",
            "5.7.1: x",
        ] {
            check_action(&format!("550 {text}"), &format!("LIST 127.0.0.2 {text}"));
        }
    }

    #[test]
    fn list_names_the_code() {
        check_action("LIST 127.0.0.9 x", "LIST 127.0.0.9 x");
        check_action(
            "list 127.1.2.3",
            "LIST 127.1.2.3 Domain MX in reserved network",
        );
        check_action("LIST 127.0.0.9 5.7.1 x", "LIST 127.0.0.9 5.7.1 x");
        let text = "is not an answer code; write an address in 127.0.0.0/8, such as 127.0.0.2";
        check_action("LIST", &format!("5: \"\" {text}"));
        check_action("LIST 128.0.0.2 x", &format!("6: \"128.0.0.2\" {text}"));
        check_action("LIST x", &format!("6: \"x\" {text}"));
    }

    #[test]
    fn three_words_pass_in_any_case_whatever_follows() {
        for text in [
            "DUNNO",
            "dunno",
            "OK",
            "Ok \u{e9}",
            "PERMIT",
            "permit reject",
        ] {
            check_action(text, "DUNNO");
        }
    }

    #[test]
    fn other_results_are_refused() {
        let known =
            "write REJECT, 4NN, 5NN or LIST with a text to list, or DUNNO, OK or PERMIT to pass";
        for verb in [
            "FILTER", "REDIRECT", "PREPEND", "DEFER", "250", "650", "5500", "REJECTED", "reject,",
        ] {
            check_action(
                &format!("{verb} x"),
                &format!("1: {verb:?} is not a result this table can act on; {known}"),
            );
        }
        check_action(
            &"x".repeat(41),
            &format!(
                "1: \"{}...\" is not a result this table can act on; {known}",
                "x".repeat(40)
            ),
        );
    }

    #[test]
    fn a_number_alone_is_refused_because_it_does_not_say_what_it_means() {
        for number in ["550", "450", "1423561234"] {
            check_action(
                number,
                &format!(
                    "1: {number:?} alone means OK to Postfix; write \"REJECT text\" to list, or \"DUNNO\" to pass"
                ),
            );
        }
    }

    #[test]
    fn a_text_fits_one_txt_string() {
        check_action("REJECT a\t\r  b", "LIST 127.0.0.2 a b");
        check_action(
            &format!("REJECT {}", "x".repeat(255)),
            &format!("LIST 127.0.0.2 {}", "x".repeat(255)),
        );
        check_action(
            &format!("REJECT {}", "x".repeat(256)),
            "8: a text of 256 octets; shorten it to 255, all that a TXT string holds",
        );
        check_action(
            "REJECT gr\u{fc}n",
            "10: 'ü' in the text; use printable ASCII only",
        );
        check_action(
            "REJECT a\0",
            "9: '\\0' in the text; use printable ASCII only",
        );
        check_action(
            "REJECT \x7f",
            "8: '\\u{7f}' in the text; use printable ASCII only",
        );
    }

    proptest! {
        #[test]
        fn printing_then_reading_is_the_identity(text in "[ -~]{0,255}", verb in "REJECT|550|LIST 127.0.0.7|OK") {
            let action = read(format!("{verb} {text}").trim_end());
            prop_assume!(action.is_ok());
            let action = action.unwrap();
            prop_assert_eq!(&read(&action.to_string()).unwrap(), &action);
        }
    }
}
