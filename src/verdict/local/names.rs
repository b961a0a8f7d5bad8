//! A list of names with the operator's say on each: listed, or never listed.
//!
//! One name a line, as rbldnsd's `dnset` has them: `hot.de` is that name alone, `.hot.de` that name and
//! all below it, and `!` in front makes an exception. Behind a name may stand what the table has behind
//! a network: `REJECT text`, `LIST 127.0.0.3 text`, `DUNNO`.

use std::collections::HashMap;
use std::fmt;

use foldhash::fast::RandomState;
use thiserror::Error;

use crate::verdict::Domain;
use crate::verdict::domain::{DomainRef, NotMail, Unfit};
use crate::verdict::table::{Action, CODE_DEFAULT, Problem};

/// The most names of one file. Each takes some hundred octets, so this keeps a file given by mistake
/// from taking the machine's memory.
const NAMES_MAX: usize = 1 << 20;

/// Names, and what is said of each.
#[derive(Debug, Default)]
pub struct NameList {
    source: Box<str>,
    /// What is said of a name alone.
    exact: Names,
    /// What is said of a name and all below it.
    at_or_below: Names,
}

/// Names in lower case, without the final dot.
type Names = HashMap<Box<[u8]>, Say, RandomState>;

/// What one line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Say {
    /// The line, counted from 1.
    pub line: usize,
    /// The name as written, without `!`.
    pub pattern: Box<str>,
    /// What becomes of the name.
    pub action: Action,
}

/// A file of names that cannot be used, with the place of the first fault.
///
/// Prints as `file:line:column: what is wrong; what to do`, the form that editors jump to.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{file}:{line}:{column}: {fault}")]
pub struct NamesError {
    /// The file's name as the caller gave it.
    pub file: Box<str>,
    /// The line, counted from 1.
    pub line: usize,
    /// The character in that line, counted from 1.
    pub column: usize,
    /// What is wrong there.
    pub fault: Fault,
}

/// One fault of a file of names.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// `!` or `.` with nothing behind it.
    #[error("no name; write a domain, or .domain for all below it as well")]
    NoName,
    /// No name of a host or mail domain.
    #[error(
        "{name:?} is no name: {why}; write letters, digits and hyphens, other scripts as xn--..."
    )]
    BadName {
        /// What stands there.
        name: Box<str>,
        /// Why it is none.
        why: Unfit,
    },
    /// A pattern of another kind of list.
    #[error("{0:?} has a wildcard; write .domain for a domain and all below it")]
    Wildcard(Box<str>),
    /// A whole top-level domain, or less.
    #[error("{0:?} is a single label; write a domain with a dot")]
    SingleLabel(Box<str>),
    /// What stands behind the name.
    #[error("{0}")]
    Result(Problem),
    /// An exception with a text, which nobody would ever read.
    #[error("a result behind an exception; write the name alone, or leave the \"!\" out")]
    ResultOfException,
    /// Two lines that cannot both be meant.
    #[error("{name:?} is said something else of on line {line}; remove one of the two")]
    Contradiction {
        /// The name as written.
        name: Box<str>,
        /// The other line.
        line: usize,
    },
    /// More names than the limit.
    #[error("more than {NAMES_MAX} names; name whole domains as .domain")]
    TooMany,
}

impl fmt::Display for Say {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.pattern, self.action)
    }
}

impl NameList {
    /// Reads a file; `source` is its name for messages, `text` what is said of a name that stands
    /// alone.
    ///
    /// # Errors
    /// The first fault of the file, with its place: a line that is skipped would let through, or
    /// refuse, what its author meant otherwise.
    pub fn parse(file: &str, source: &str, text: &str) -> Result<Self, NamesError> {
        let mut list = Self {
            source: source.into(),
            ..Self::default()
        };
        let default = Action::List {
            code: CODE_DEFAULT,
            text: text.into(),
        };
        for (index, line) in file.lines().enumerate() {
            let added = list.add(index + 1, line, &default);
            added.map_err(|(octet, fault)| NamesError {
                file: source.into(),
                line: index + 1,
                column: line.get(..octet).unwrap_or(line).chars().count() + 1,
                fault,
            })?;
        }
        Ok(list)
    }

    /// Takes a line in; a fault comes with the octet at which it begins.
    fn add(&mut self, line: usize, text: &str, default: &Action) -> Result<(), (usize, Fault)> {
        let content = text.trim();
        if content.is_empty() || content.starts_with('#') {
            return Ok(());
        }
        let start = text.len() - text.trim_start().len();
        let (pattern, rest) = content
            .split_once(char::is_whitespace)
            .unwrap_or((content, ""));
        let bare = pattern.strip_prefix('!');
        let is_exception = bare.is_some();
        let (pattern, name_at) = (bare.unwrap_or(pattern), start + usize::from(is_exception));
        let (name, is_suffix) = match pattern.strip_prefix('.') {
            Some(name) => (name, true),
            None => (pattern, false),
        };
        let name = read_name(name, pattern).map_err(|fault| (name_at, fault))?;
        let rest_at = start + content.len() - rest.trim_start().len();
        let result = without_comment(rest.trim());
        let action = match (is_exception, result) {
            (true, "") => Action::Pass,
            (true, _) => return Err((rest_at, Fault::ResultOfException)),
            (false, "") => default.clone(),
            (false, result) => Action::parse(result)
                .map_err(|(octet, problem)| (rest_at + octet, Fault::Result(problem)))?,
        };
        if self.len() >= NAMES_MAX {
            return Err((start, Fault::TooMany));
        }
        let say = Say {
            line,
            pattern: pattern.into(),
            action,
        };
        let names = if is_suffix {
            &mut self.at_or_below
        } else {
            &mut self.exact
        };
        match names.get(name.as_ref().as_octets()) {
            Some(before) if before.action != say.action => {
                let (name, line) = (say.pattern, before.line);
                Err((name_at, Fault::Contradiction { name, line }))
            }
            Some(_) => Ok(()),
            None => {
                names.insert(name.as_ref().as_octets().into(), say);
                Ok(())
            }
        }
    }

    /// What is said of a name: the line that is most exactly about it decides, wherever it stands.
    #[must_use]
    pub fn find(&self, name: DomainRef<'_>) -> Option<&Say> {
        if self.is_empty() {
            return None;
        }
        let exact = self.exact.get(name.as_octets());
        exact.or_else(|| {
            let mut suffixes = name.and_parents();
            suffixes.find_map(|suffix| self.at_or_below.get(suffix.as_octets()))
        })
    }

    /// The file's name.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// All that is said, in no order.
    pub fn says(&self) -> impl Iterator<Item = &Say> {
        self.exact.values().chain(self.at_or_below.values())
    }

    /// Whether some name is an exception.
    #[must_use]
    pub fn has_exceptions(&self) -> bool {
        self.says().any(|say| say.action == Action::Pass)
    }

    /// How many names there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.exact.len() + self.at_or_below.len()
    }

    /// Whether nothing is said of any name.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.at_or_below.is_empty()
    }
}

fn read_name(name: &str, pattern: &str) -> Result<Domain, Fault> {
    if name.is_empty() {
        return Err(Fault::NoName);
    }
    if name.contains('*') {
        return Err(Fault::Wildcard(pattern.into()));
    }
    let domain = Domain::parse(name).map_err(|why| Fault::BadName {
        name: pattern.into(),
        why,
    })?;
    // "com" for "*.com" would refuse half of all mail.
    match domain.not_mail() {
        Some(NotMail::SingleLabel) => Err(Fault::SingleLabel(pattern.into())),
        Some(NotMail::AllNumeric) | None => Ok(domain),
    }
}

/// What stands in front of a comment; a text may have `#` within it, but not as its beginning.
fn without_comment(rest: &str) -> &str {
    if rest.starts_with('#') { "" } else { rest }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "by default";

    /// Looks a name up in a list, and compares with the line that decides and what it does.
    #[track_caller]
    fn check(list: &str, name: &str, expected: &str) {
        let list = NameList::parse(list, "names", TEXT).unwrap_or_else(|error| panic!("{error}"));
        let domain = Domain::parse(name).unwrap();
        let said = list.find(domain.as_ref());
        let said = said.map_or("-".to_owned(), |say| format!("{} {}", say.line, say.action));
        assert_eq!(said, expected, "{name}");
    }

    #[track_caller]
    fn check_error(list: &str, expected: &str) {
        let error = NameList::parse(list, "names", TEXT).unwrap_err();
        assert_eq!(error.to_string(), format!("names:{expected}"));
    }

    #[test]
    fn a_name_is_that_name_and_a_dot_means_all_below_it_as_well() {
        let list = "hot.de\n.mhx.com\n";
        check(list, "hot.de", "1 LIST 127.0.0.2 by default");
        check(list, "HOT.de", "1 LIST 127.0.0.2 by default");
        check(list, "mail.hot.de", "-");
        check(list, "shot.de", "-");
        check(list, "mhx.com", "2 LIST 127.0.0.2 by default");
        check(list, "a.b.mhx.com", "2 LIST 127.0.0.2 by default");
        check(list, "amhx.com", "-");
        check("", "hot.de", "-");
    }

    #[test]
    fn what_is_said_most_exactly_decides_wherever_it_stands() {
        let list = ".example.com\n!.good.example.com\nbad.good.example.com\n!example.com";
        check(list, "x.example.com", "1 LIST 127.0.0.2 by default");
        check(list, "x.good.example.com", "2 DUNNO");
        check(list, "good.example.com", "2 DUNNO");
        check(list, "bad.good.example.com", "3 LIST 127.0.0.2 by default");
        check(list, "x.bad.good.example.com", "2 DUNNO");
        check(list, "example.com", "4 DUNNO");
    }

    #[test]
    fn results_are_those_of_the_table() {
        check("hot.de REJECT a b", "hot.de", "1 LIST 127.0.0.2 a b");
        check("hot.de\tLIST 127.0.0.9 a", "hot.de", "1 LIST 127.0.0.9 a");
        check("hot.de 554 5.7.1 a", "hot.de", "1 LIST 127.0.0.2 a");
        check("hot.de DUNNO", "hot.de", "1 DUNNO");
    }

    #[test]
    fn comments_and_blanks_say_nothing() {
        let list = "# a list\n\n   \n  hot.de   # why\r\n!good.de # partner\n";
        check(list, "hot.de", "4 LIST 127.0.0.2 by default");
        check(list, "good.de", "5 DUNNO");
    }

    #[test]
    fn errors_say_where_and_what() {
        check_error(
            "a.de\n  !",
            "2:4: no name; write a domain, or .domain for all below it as well",
        );
        check_error(
            ".",
            "1:1: no name; write a domain, or .domain for all below it as well",
        );
        check_error(
            "*.hot.de",
            "1:1: \"*.hot.de\" has a wildcard; write .domain for a domain and all below it",
        );
        check_error(
            "!.de",
            "1:2: \".de\" is a single label; write a domain with a dot",
        );
        check_error(
            "bücher.de",
            "1:1: \"bücher.de\" is no name: a label has an octet other than letters, digits, '-' and '_'; \
             write letters, digits and hyphens, other scripts as xn--...",
        );
        check_error(
            "hot.de  REDIRECT x",
            "1:9: \"REDIRECT\" is not a result this table can act on; write REJECT, 4NN, 5NN or LIST with a \
             text to list, or DUNNO, OK or PERMIT to pass",
        );
        check_error(
            "hot.de LIST 10.0.0.1 x",
            "1:13: \"10.0.0.1\" is not an answer code; write an address in 127.0.0.0/8, such as 127.0.0.2",
        );
        check_error(
            "!hot.de REJECT x",
            "1:9: a result behind an exception; write the name alone, or leave the \"!\" out",
        );
        check_error(
            "hot.de\n\n!hot.de",
            "3:2: \"hot.de\" is said something else of on line 1; remove one of the two",
        );
    }

    #[test]
    fn the_same_said_twice_is_no_contradiction() {
        let list = NameList::parse("hot.de\nHOT.DE.\n.hot.de", "names", TEXT).unwrap();
        assert_eq!(list.len(), 2);
    }
}
