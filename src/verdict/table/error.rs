//! What can be wrong with a table file, said so that the postmaster can mend it without the manual.

use ipnet::IpNet;
use thiserror::Error;

use super::{RULES_MAX, TEXT_OCTETS_MAX};

/// A table file that cannot be used, with the place of the first fault.
///
/// Prints as `file:line:column: what is wrong; what to do`, the form that editors jump to.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{file}:{line}:{column}: {problem}")]
pub struct TableError {
    /// The file's name as the caller gave it.
    pub file: Box<str>,
    /// The physical line, counted from 1.
    pub line: usize,
    /// The character in that line, counted from 1.
    pub column: usize,
    /// What is wrong there.
    pub problem: Problem,
}

/// One fault of a table file.
///
/// Postfix skips most of these with a warning in its log. A skipped line can open a hole or list a
/// whole address family, so here each of them refuses the file.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Problem {
    /// White space at the start of a line that has no line above it to continue.
    #[error("this line continues nothing; start it at the left margin")]
    NothingToContinue,
    /// A `!`, an `if` or a pair of brackets with nothing in it.
    #[error("no address pattern; write ADDRESS or ADDRESS/LENGTH")]
    NoPattern,
    /// A pattern alone on its line.
    #[error("no result after the pattern; write \"REJECT text\", or \"DUNNO\" for an exception")]
    NoResult,
    /// `[` without `]`.
    #[error("no \"]\" after \"[\"; write [ADDRESS]/LENGTH, or leave the brackets out")]
    OpenBracket,
    /// Something other than a prefix length after `]`.
    #[error("{0:?} after \"]\"; write [ADDRESS]/LENGTH, or leave the brackets out")]
    AfterBracket(Box<str>),
    /// Neither an IPv4 nor an IPv6 address.
    #[error("{0:?} is not an IP address; write it in full, without leading zeros")]
    BadAddress(Box<str>),
    /// A prefix length that is no number, or longer than the address.
    #[error("{length:?} is not a prefix length; write a number from 0 to {max}")]
    BadLength {
        /// What stands after the slash.
        length: Box<str>,
        /// The bits of an address of this family.
        max: u8,
    },
    /// An address with bits set that its prefix length masks out.
    #[error("host bits set under the mask; write {0}, or correct the length")]
    HostBits(IpNet),
    /// Text after the pattern of an `if`.
    #[error("{0:?} after the pattern of \"if\"; put the rows it guards on lines of their own")]
    AfterCondition(Box<str>),
    /// Text after `endif`.
    #[error("{0:?} after \"endif\"; put it on a line of its own")]
    AfterEndif(Box<str>),
    /// `endif` outside any `if`.
    #[error("\"endif\" without \"if\"; remove it, or add the \"if\"")]
    EndifWithoutIf,
    /// An `if` still open at the end of the file.
    #[error("\"if\" without \"endif\"; add the \"endif\"")]
    IfWithoutEndif,
    /// A result that a DNS answer cannot carry out: `FILTER`, `REDIRECT`, a restriction's name ...
    #[error(
        "{0:?} is not a result this table can act on; \
         write REJECT, 4NN, 5NN or LIST with a text to list, or DUNNO, OK or PERMIT to pass"
    )]
    UnknownResult(Box<str>),
    /// Digits alone, which Postfix takes as OK whatever the number.
    #[error("{0:?} alone means OK to Postfix; write \"REJECT text\" to list, or \"DUNNO\" to pass")]
    NumberAlone(Box<str>),
    /// A `LIST` whose code is no address in 127.0.0.0/8.
    #[error("{0:?} is not an answer code; write an address in 127.0.0.0/8, such as 127.0.0.2")]
    BadCode(Box<str>),
    /// A text that does not fit one TXT character-string.
    #[error("a text of {0} octets; shorten it to {TEXT_OCTETS_MAX}, all that a TXT string holds")]
    TextTooLong(usize),
    /// A character of the text that some client would garble.
    #[error("{0:?} in the text; use printable ASCII only")]
    TextCharacter(char),
    /// More rules than the limit.
    #[error("more than {RULES_MAX} rules; merge adjacent networks")]
    TooManyRules,
}

/// A fault before its place is known: the octet in the logical line where it begins.
#[derive(Debug)]
pub(super) struct Flaw {
    pub(super) at: usize,
    pub(super) problem: Problem,
}

/// Shortens what is quoted in a message: a missing newline must not print the whole file.
pub(super) fn excerpt(text: &str) -> Box<str> {
    const CHARACTERS_MAX: usize = 40;
    match text.char_indices().nth(CHARACTERS_MAX) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()).into(),
        None => text.into(),
    }
}
