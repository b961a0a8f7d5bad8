//! Physical lines joined to logical ones as Postfix's `readlline(3)` joins them.

use super::error::{Flaw, Problem};

/// Whether C's `isspace` holds, which unlike [`char::is_ascii_whitespace`] counts the vertical tab.
pub(super) fn is_space(character: char) -> bool {
    character.is_ascii_whitespace() || character == '\x0b'
}

/// One logical line: text at the left margin, and what the lines below it continue.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    text: String,
    /// Where in `text` each physical line begins, and that line's number.
    pieces: Vec<(usize, usize)>,
}

impl Line {
    /// The whole of the line, trailing blanks trimmed.
    pub(super) fn span(&self) -> Span<'_> {
        Span {
            text: self.text.trim_end_matches(is_space),
            at: 0,
        }
    }

    /// The number of the physical line it begins on.
    pub(super) fn number(&self) -> usize {
        self.position(0).0
    }

    /// The physical line and the column, both from 1, of the octet at `at`.
    pub(super) fn position(&self, at: usize) -> (usize, usize) {
        let piece = self.pieces.iter().rfind(|(start, _)| *start <= at);
        let (start, number) = piece.copied().unwrap_or((0, 1));
        let before = self.text.get(start..at).unwrap_or_default();
        (number, before.chars().count() + 1)
    }

    fn push(&mut self, number: usize, text: &str) {
        self.pieces.push((self.text.len(), number));
        self.text.push_str(text);
    }
}

/// Splits a file into logical lines.
///
/// A line that starts with white space continues the one above it; blank lines and comments do not
/// come between the two. A first line with nothing to continue comes out as it is, with its white
/// space, for the caller to refuse.
pub(super) fn logical_lines(text: &str) -> impl Iterator<Item = Line> {
    let mut physical = (1..)
        .zip(text.split('\n'))
        .filter(|(_, text)| {
            !matches!(
                text.trim_start_matches(is_space).chars().next(),
                None | Some('#')
            )
        })
        .peekable();
    std::iter::from_fn(move || {
        let (number, text) = physical.next()?;
        let mut line = Line::default();
        line.push(number, text);
        while let Some((number, text)) = physical.next_if(|(_, text)| text.starts_with(is_space)) {
            line.push(number, text);
        }
        Some(line)
    })
}

/// A part of a logical line that knows where in the line it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
}

impl<'a> Span<'a> {
    /// The part from the octet `start` on, counted from the beginning of this one.
    pub(super) fn from(self, start: usize) -> Self {
        Span {
            text: self.text.get(start..).unwrap_or_default(),
            at: self.at + start,
        }
    }

    /// The part before the octet `end`.
    pub(super) fn until(self, end: usize) -> Self {
        Span {
            text: self.text.get(..end).unwrap_or_default(),
            at: self.at,
        }
    }

    /// The part from the first character on that is not `skipped`.
    pub(super) fn skip(self, skipped: impl Fn(char) -> bool) -> Self {
        self.from(self.text.len() - self.text.trim_start_matches(skipped).len())
    }

    /// The first word, and what follows it without the blanks between.
    pub(super) fn word(self) -> (Self, Self) {
        let end = self.text.find(is_space).unwrap_or(self.text.len());
        (self.until(end), self.from(end).skip(is_space))
    }

    /// What follows `keyword`, in any case, if this begins with it and no letter or digit comes next.
    pub(super) fn after_keyword(self, keyword: &str) -> Option<Self> {
        let rest = self.from(keyword.len());
        let found = self.until(keyword.len()).text.eq_ignore_ascii_case(keyword)
            && !rest
                .text
                .starts_with(|next: char| next.is_ascii_alphanumeric());
        found.then_some(rest)
    }

    /// This place, with what is wrong there.
    pub(super) fn flaw(self, problem: Problem) -> Flaw {
        Flaw {
            at: self.at,
            problem,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_lines(text: &str, expected: &[(usize, &str)]) {
        let lines: Vec<Line> = logical_lines(text).collect();
        let found: Vec<(usize, &str)> = lines
            .iter()
            .map(|line| (line.number(), line.span().text))
            .collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn comments_and_blank_lines_are_nothing() {
        check_lines("", &[]);
        check_lines("\n \t\n# a\n  # b\n\r\n", &[]);
        check_lines("a\n#b\nc", &[(1, "a"), (3, "c")]);
    }

    #[test]
    fn leading_white_space_continues() {
        check_lines("a\n b\n\tc\nd\n", &[(1, "a b\tc"), (4, "d")]);
        check_lines("a\n\x0bb", &[(1, "a\x0bb")]);
    }

    #[test]
    fn comments_and_blank_lines_do_not_break_a_logical_line() {
        check_lines("a\n\n# x\n  # y\n b\n", &[(1, "a b")]);
    }

    #[test]
    fn a_hash_within_a_line_is_text() {
        check_lines("a # b\n", &[(1, "a # b")]);
    }

    #[test]
    fn carriage_returns_are_white_space() {
        check_lines("a\r\n\r\nb\r\n", &[(1, "a"), (3, "b")]);
    }

    #[test]
    fn a_line_that_continues_nothing_keeps_its_white_space() {
        check_lines(" a\n b\nc", &[(1, " a b"), (3, "c")]);
    }

    #[test]
    fn positions_are_those_of_the_file() {
        let line = logical_lines("\nab\n#\n \u{e9}cd").next().unwrap();
        let found: Vec<_> = [0, 1, 2, 3, 5, 6].map(|at| line.position(at)).into();
        assert_eq!(found, [(2, 1), (2, 2), (4, 1), (4, 2), (4, 3), (4, 4)]);
    }

    #[test]
    fn a_keyword_ends_where_letters_and_digits_end() {
        let rest = |text| {
            Span { text, at: 0 }
                .after_keyword("if")
                .map(|rest| rest.text)
        };
        assert_eq!(rest("IF!::1"), Some("!::1"));
        assert_eq!(rest("if"), Some(""));
        assert_eq!(rest("iffy"), None);
        assert_eq!(rest("i"), None);
        assert_eq!(rest("\u{e9}\u{e9}"), None);
    }
}
