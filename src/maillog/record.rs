//! What one line of a log says of one mail.

use super::event::{Event, Said, Unreadable};
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
    #[inline(always)]
    pub fn read(text: &'a [u8]) -> Result<(Stamp<'a>, Option<Self>), Unreadable> {
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        // Looked at where it lies: to move it takes as long as to read it.
        let line = Line::read(text);
        let Some(line) = &line else {
            return Err(Unreadable("no line of a mail log"));
        };
        #[expect(clippy::manual_map, reason = "a closure would move it once more")]
        let record = match said(line)? {
            None => None,
            Some((id, event)) => Some(Self {
                stamp: line.stamp,
                host: line.host,
                id,
                event,
            }),
        };
        Ok((line.stamp, record))
    }
}

/// What a line says of a mail. That is looked at first, since few lines do, and then who said it.
#[inline(always)]
fn said<'a>(line: &Line<'a>) -> Said<'a> {
    let said = postfix::read(line.message, || line.program());
    match said {
        Ok(None) if exim::is_like(line.message) && line.program() == Program::Exim => {
            // In the system log it may have a time of its own.
            let inner = Line::read(line.message).unwrap_or(*line);
            exim::read(inner.message)
        }
        Ok(None) => Ok(None),
        said if line.is_like_postfix() => said,
        _ => Ok(None),
    }
}
