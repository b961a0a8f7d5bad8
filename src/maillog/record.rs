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
    /// Reads a line; none if it says nothing of a mail.
    ///
    /// # Errors
    /// If it is no line of a log, or has been cut where it matters.
    pub fn read(text: &'a [u8]) -> Result<Option<Self>, Unreadable> {
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let line = Line::read(text).ok_or(Unreadable("no line of a mail log"))?;
        Ok(said(&line)?.map(|(id, event)| Self {
            stamp: line.stamp,
            host: line.host,
            id,
            event,
        }))
    }
}

/// What a line says of a mail.
fn said<'a>(line: &Line<'a>) -> Said<'a> {
    if line.is_like_postfix()
        && let Some((id, text)) = postfix::subject(line.message)
        && let Some(event) = postfix::read(text, line.tag)?
    {
        return Ok(Some((id, event)));
    }
    if !exim::is_like(line.message) || line.program() != Program::Exim {
        return Ok(None);
    }
    // In the system log it may have a time of its own.
    let inner = Line::read(line.message).unwrap_or(*line);
    exim::read(inner.message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_says_it_is_told_by_the_tag() {
        fn event(line: &str) -> Option<Event<'_>> {
            let record = Record::read(line.as_bytes()).unwrap();
            record.map(|record| record.event)
        }
        assert_eq!(
            event("Mar 20 14:05:01 web exim[4/2]: 1xWPFT-00006Y-1R Completed"),
            Some(Event::Removed)
        );
        assert_eq!(
            event("Mar 20 14:05:01 web exim[42]: 8170A4D23E6F: removed"),
            None
        );
        assert_eq!(
            event("Mar 20 14:05:01 web postfix/qmgr[42]: 1xWPFT-00006Y-1R Completed"),
            None
        );
        // What looks like an id of Postfix, up to the colon.
        let bounced = event("2015-03-20 14:05:01 1xWPFT-00006Y-1R ** bob: removed");
        assert!(matches!(bounced, Some(Event::Delivery(_))), "{bounced:?}");
    }
}
