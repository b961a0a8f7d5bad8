//! Where the parts of a line are that is about a mail of Postfix.

use std::num::NonZeroU8;

use fearless_simd::Simd;

use super::event::Unreadable;
use super::line::{FULL_OCTETS, Stamp};
use super::near::{self, BLOCK};
use super::opening::Opening;
use super::record::Record;
use super::{exim, postfix};

/// Where the parts of a line `STAMP HOST TAG: ID: TEXT` are, in octets from its beginning.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts {
    /// Where the host begins, and where it ends.
    host: (u8, u8),
    /// Where the queue id does. It never ends at zero, so that an option of parts takes no more room.
    id: (u8, NonZeroU8),
}

/// The stamp ends in the block behind its seconds, the host in the block behind that, and the parts are in the block behind
/// the host.
const _: () = assert!(FULL_OCTETS + 3 * BLOCK < 255);

const _: () = assert!(size_of::<Option<Parts>>() == size_of::<Parts>());

impl Parts {
    /// Parts behind an opening, if the line is about a mail: the queue id begins and ends so many octets behind that.
    #[inline(always)]
    pub(super) fn behind(opening: &Opening, begin: usize, end: usize) -> Option<Self> {
        let Opening { host, tag, .. } = *opening;
        let id = (narrow(tag + begin), NonZeroU8::new(narrow(tag + end))?);
        Some(Self {
            host: (narrow(host), narrow(tag - 1)),
            id,
        })
    }

    /// Whether the line, of so many octets, is about a mail; none if a look is not enough. It may go on behind its end.
    #[inline(always)]
    pub(super) fn are_of_mail<S: Simd>(self, simd: S, line: &[u8], octets: usize) -> Option<bool> {
        let ((_, host), (begin, end)) = (self.host, self.id);
        let (tag, begin, end) = (
            usize::from(host) + 1,
            usize::from(begin),
            usize::from(end.get()),
        );
        let message = line.get(begin..)?;
        if exim::is_like(message) {
            return None;
        }
        let slash = near::first(near::bits(simd, line.get(tag..)?.first_chunk()?, b'/'));
        let is_id = line.get(end + 1) == Some(&b' ') && postfix::is_id(line.get(begin..end)?);
        Some(tag + slash < begin && end + 2 < octets && is_id)
    }

    /// On which machine the line was written.
    #[inline(always)]
    pub(super) fn host(self, line: &[u8]) -> &[u8] {
        let (begin, end) = self.host;
        part(line, begin, end)
    }

    /// The queue id.
    #[inline(always)]
    pub(super) fn id(self, line: &[u8]) -> &[u8] {
        let (begin, end) = self.id;
        part(line, begin, end.get())
    }

    /// Where it goes on behind the queue id, a colon and a space.
    #[inline(always)]
    pub(super) fn text(self) -> usize {
        let (_, end) = self.id;
        usize::from(end.get()) + 2
    }

    /// Reads the line as [`Record::read`] does; its parts are not searched for again.
    ///
    /// # Errors
    /// If it has been cut where it matters.
    #[inline]
    pub(super) fn record(self, line: &[u8]) -> Result<Option<Record<'_>>, Unreadable> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let said = line.get(self.text()..).unwrap_or_default();
        let event = postfix::read(said, self.tag(line))?;
        Ok(event.map(|event| Record {
            stamp: self.stamp(line),
            host: self.host(line),
            id: self.id(line),
            event,
        }))
    }

    /// What stands between the host and the queue id: `TAG: `, or `TAG:`.
    fn tag(self, line: &[u8]) -> &[u8] {
        let ((_, host), (id, _)) = (self.host, self.id);
        let tag = part(line, host + 1, id);
        let tag = tag.strip_suffix(b" ").unwrap_or(tag);
        tag.strip_suffix(b":").unwrap_or(tag)
    }

    /// What stands before the host.
    fn stamp(self, line: &[u8]) -> Stamp<'_> {
        let (host, _) = self.host;
        let stamp = part(line, 0, host - 1);
        match stamp {
            [b'0'..=b'9', ..] => Stamp::Full(stamp),
            _ => Stamp::Yearless(stamp),
        }
    }
}

#[inline(always)]
fn part(line: &[u8], begin: u8, end: u8) -> &[u8] {
    let part = usize::from(begin)..usize::from(end);
    line.get(part).unwrap_or_default()
}

/// Where a part is; all are near.
#[inline(always)]
fn narrow(at: usize) -> u8 {
    let [low, ..] = at.to_le_bytes();
    low
}
