//! What one line of a log says of one mail.

use super::event::{Event, Unreadable};
use super::line::{Line, Program, Stamp};
use super::{exim, postfix};

/// What happened to a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// When.
    pub stamp: Stamp<'a>,
    /// On which machine; empty if the line does not say.
    pub host: &'a [u8],
    /// The queue id, which is one mail's on that machine as long as it is there.
    pub id: &'a [u8],
    /// What.
    pub event: Event<'a>,
}

impl<'a> Record<'a> {
    /// Reads a line: its time, and a record if it says something of a mail.
    ///
    /// # Errors
    /// If it is no line of a log, or has been cut where it matters.
    #[inline]
    pub fn read(text: &'a [u8]) -> Result<(Stamp<'a>, Option<Self>), Unreadable> {
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let line = Line::read(text).ok_or(Unreadable("no line of a mail log"))?;
        let said = match line.program {
            Program::Postfix(daemon) => postfix::read(daemon, line.message)?,
            Program::Exim => exim::read(line.message)?,
            Program::Other => None,
        };
        let record = said.map(|(id, event)| Self {
            stamp: line.stamp,
            host: line.host,
            id,
            event,
        });
        Ok((line.stamp, record))
    }
}
