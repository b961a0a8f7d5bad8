//! What a log says, as far as the tests have to know to wait for it.

/// Whose log it is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Program {
    Postfix,
    Exim,
}

/// A log so far.
pub(super) struct Log {
    pub(super) program: Program,
    pub(super) text: String,
}

impl Log {
    /// The id of the bounce that was made of a mail: the last that its sender has been told.
    pub(super) fn bounce_of(&self, id: &str) -> Option<&str> {
        match self.program {
            Program::Postfix => self.after(&format!(" {id}: sender non-delivery notification: ")),
            Program::Exim => {
                let arrival = format!(" <= <> R={id} ");
                let line = self.text.lines().rfind(|line| line.contains(&arrival))?;
                line.split(&arrival).next()?.split(' ').next_back()
            }
        }
    }

    /// Whether a mail has left the queue, or stays there for good.
    pub(super) fn says_gone(&self, id: &str) -> bool {
        match self.program {
            Program::Postfix => self.text.contains(&format!(" {id}: removed\n")),
            Program::Exim => {
                let is_end = |end: &str| self.text.contains(&format!(" {id} {end}"));
                is_end("Completed") || is_end("Frozen")
            }
        }
    }

    /// Whether a mail was tried to be delivered to a recipient.
    pub(super) fn says_tried(&self, id: &str, recipient: &str) -> bool {
        let has = |line: &str| match self.program {
            Program::Postfix => line.contains(&format!(" {id}: to=<{recipient}>, ")),
            Program::Exim => {
                let is = |mark: &str| line.contains(&format!(" {id} {mark} {recipient}"));
                ["**", "==", "=>", "->"].into_iter().any(is)
            }
        };
        self.text.lines().any(has)
    }

    /// The id that a filter has got for a mail that it handed back to Postfix.
    pub(super) fn handed_back(&self, id: &str) -> Option<String> {
        let start = format!(" {id}: to=<");
        let line = self.text.lines().find(|line| line.contains(&start))?;
        let (_, rest) = line.split_once("queued as ")?;
        rest.strip_suffix(')').map(str::to_owned)
    }

    /// The word behind a text.
    fn after(&self, what: &str) -> Option<&str> {
        let (_, rest) = self.text.split_once(what)?;
        // A line may have been written by half.
        let (line, _) = rest.split_once('\n')?;
        line.split_whitespace().next()
    }
}
