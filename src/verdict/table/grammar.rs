//! The file as a whole: rows in order, and the `if` ... `endif` around them.

use std::ops::Range;

use ipnet::IpNet;

use super::action::Action;
use super::error::{Flaw, Problem, TableError, excerpt};
use super::lines::{Line, Span, is_space, logical_lines};
use super::pattern::Pattern;
use super::{RULES_MAX, Row};

/// A pattern and the rows that cannot match an address unless it does.
///
/// A row's own pattern guards that row alone, an `if` the rows down to its `endif`. So the meaning of
/// a whole table is one sentence: the first row answers all of whose guards match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Guard {
    pub(super) pattern: Pattern,
    pub(super) rows: Range<usize>,
}

/// What a file says, before it is made fast to look up.
#[derive(Debug, Default)]
pub(super) struct Rules {
    pub(super) rows: Vec<Row>,
    pub(super) guards: Vec<Guard>,
}

impl Rules {
    /// Rows for these networks, in this order.
    pub(super) fn of_networks(networks: impl Iterator<Item = (IpNet, Action)>) -> Self {
        let mut rules = Self::default();
        for (row, (block, action)) in networks.enumerate() {
            rules.rows.push(Row {
                line: row + 1,
                pattern: block.to_string().into(),
                action,
            });
            let pattern = Pattern {
                block: block.trunc(),
                negated: false,
            };
            let rows = row..row + 1;
            rules.guards.push(Guard { pattern, rows });
        }
        rules
    }

    /// Reads a file in the format of Postfix's cidr_table(5); `file` is its name for messages.
    pub(super) fn read(text: &str, file: &str) -> Result<Self, TableError> {
        let error = |(line, column), problem| TableError {
            file: file.into(),
            line,
            column,
            problem,
        };
        let mut reader = Reader::default();
        for line in logical_lines(text) {
            reader
                .take(&line)
                .map_err(|flaw| error(line.position(flaw.at), flaw.problem))?;
        }
        if let Some(block) = reader.open.last() {
            return Err(error(block.position, Problem::IfWithoutEndif));
        }
        Ok(reader.rules)
    }
}

/// An `if` whose `endif` has not come yet.
struct Block {
    pattern: Pattern,
    row_first: usize,
    position: (usize, usize),
}

#[derive(Default)]
struct Reader {
    rules: Rules,
    open: Vec<Block>,
}

impl Reader {
    fn take(&mut self, line: &Line) -> Result<(), Flaw> {
        let span = line.span();
        if span.text.starts_with(is_space) {
            return Err(span.skip(is_space).flaw(Problem::NothingToContinue));
        }
        if self.rules.guards.len() + self.open.len() >= RULES_MAX {
            return Err(span.flaw(Problem::TooManyRules));
        }
        // A keyword ends at the first character that is no letter or digit, as in Postfix: so
        // `if::1` is a condition, and no address can be mistaken for one.
        if let Some(condition) = span.after_keyword("if") {
            self.open_block(condition, line.position(0))
        } else if let Some(rest) = span.after_keyword("endif") {
            self.close_block(span, rest)
        } else {
            self.take_row(span, line.number())
        }
    }

    fn open_block(&mut self, condition: Span<'_>, position: (usize, usize)) -> Result<(), Flaw> {
        let (pattern, rest) = Pattern::read(condition)?;
        if !rest.text.is_empty() {
            return Err(rest.flaw(Problem::AfterCondition(excerpt(rest.text))));
        }
        self.open.push(Block {
            pattern,
            row_first: self.rules.rows.len(),
            position,
        });
        Ok(())
    }

    fn close_block(&mut self, span: Span<'_>, rest: Span<'_>) -> Result<(), Flaw> {
        let rest = rest.skip(is_space);
        if !rest.text.is_empty() {
            return Err(rest.flaw(Problem::AfterEndif(excerpt(rest.text))));
        }
        let Some(block) = self.open.pop() else {
            return Err(span.flaw(Problem::EndifWithoutIf));
        };
        self.rules.guards.push(Guard {
            pattern: block.pattern,
            rows: block.row_first..self.rules.rows.len(),
        });
        Ok(())
    }

    fn take_row(&mut self, span: Span<'_>, line: usize) -> Result<(), Flaw> {
        let (pattern, result) = Pattern::read(span)?;
        if result.text.is_empty() {
            return Err(result.flaw(Problem::NoResult));
        }
        let action = Action::read(result)?;
        let written = span.until(result.at - span.at).text;
        let row = self.rules.rows.len();
        self.rules.rows.push(Row {
            line,
            pattern: written.split(is_space).collect::<String>().into(),
            action,
        });
        self.rules.guards.push(Guard {
            pattern,
            rows: row..row + 1,
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    /// Reads `text` and compares each guard with `first..last pattern`, or the error's message.
    #[track_caller]
    fn check_rules(text: &str, expected: &str) {
        let found = match Rules::read(text, "table") {
            Ok(rules) => rules.guards.iter().fold(String::new(), |mut found, guard| {
                let mark = if guard.pattern.negated { "!" } else { "" };
                writeln!(found, "{:?} {mark}{}", guard.rows, guard.pattern.block).unwrap();
                found
            }),
            Err(error) => error.to_string(),
        };
        assert_eq!(found.trim_end(), expected, "{text:?}");
    }

    #[test]
    fn a_row_guards_itself() {
        check_rules("10.0.0.0/8 OK\n!::1 OK\n", "0..1 10.0.0.0/8\n1..2 !::1/128");
        check_rules("", "");
    }

    #[test]
    fn an_if_guards_the_rows_down_to_its_endif() {
        check_rules(
            "if 10.0.0.0/8\n10.1.1.1 OK\nIF!10.2.0.0/16\n10.3.3.3 OK\nEndIf\nendif\n::1 OK",
            "0..1 10.1.1.1/32\n1..2 10.3.3.3/32\n1..2 !10.2.0.0/16\n0..2 10.0.0.0/8\n2..3 ::1/128",
        );
        check_rules("if::1\nendif", "0..0 ::1/128");
    }

    #[test]
    fn the_row_remembers_how_it_was_written() {
        let rules = Rules::read("\n! [::]/0\n  REJECT\n  a\n", "table").unwrap();
        let row = rules.rows.first().unwrap();
        assert_eq!((row.line, &*row.pattern), (2, "![::]/0"));
        assert_eq!(row.to_string(), "![::]/0 LIST 127.0.0.2 a");
    }

    #[test]
    fn unmatched_conditions_are_refused_where_they_stand() {
        check_rules(
            "::1 OK\nendif",
            "table:2:1: \"endif\" without \"if\"; remove it, or add the \"if\"",
        );
        check_rules(
            "if ::/1\nif ::/0\nendif\n# x",
            "table:1:1: \"if\" without \"endif\"; add the \"endif\"",
        );
    }

    #[test]
    fn conditions_stand_alone_on_their_line() {
        check_rules(
            "if ::/0 ::1 OK",
            "table:1:9: \"::1 OK\" after the pattern of \"if\"; put the rows it guards on lines of their own",
        );
        check_rules(
            "if ::/0\n endif",
            "table:2:2: \"endif\" after the pattern of \"if\"; put the rows it guards on lines of their own",
        );
        check_rules(
            "if ::/0\nendif ::/0",
            "table:2:7: \"::/0\" after \"endif\"; put it on a line of its own",
        );
        check_rules(
            "if",
            "table:1:3: no address pattern; write ADDRESS or ADDRESS/LENGTH",
        );
    }

    #[test]
    fn rows_are_whole() {
        check_rules(
            "\n10.0.0.0/8  \n",
            "table:2:11: no result after the pattern; write \"REJECT text\", or \"DUNNO\" for an exception",
        );
        check_rules(
            "#\n \n ::1 OK",
            "table:3:2: this line continues nothing; start it at the left margin",
        );
    }

    #[test]
    fn a_fault_in_a_continuation_is_found_there() {
        check_rules(
            "10.0.0.0/8\n# x\n  REJECT gr\u{fc}n",
            "table:3:12: 'ü' in the text; use printable ASCII only",
        );
    }

    #[test]
    fn the_number_of_rules_is_bounded() {
        check_rules(
            &"::1 OK\n".repeat(RULES_MAX + 1),
            &format!(
                "table:{}:1: more than {RULES_MAX} rules; merge adjacent networks",
                RULES_MAX + 1
            ),
        );
    }
}
