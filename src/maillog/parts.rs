//! Where the parts of a line are that is about a mail of Postfix.

use std::num::NonZeroU8;

use fearless_simd::Simd;

use super::event::Unreadable;
use super::line::Stamp;
use super::near;
use super::opening::Opening;
use super::record::Record;
use super::{exim, postfix};

/// Where the parts of a line `STAMP HOST TAG: ID: TEXT` are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts {
    /// Where the host begins, in octets from the beginning of the line.
    host: u8,
    /// Where the tag does, one octet behind the host. That is never zero, so that an option of parts takes no more room.
    tag: NonZeroU8,
    /// Where the queue id begins, and where it ends, in octets from the tag.
    id: (u8, u8),
}

const _: () = assert!(size_of::<Option<Parts>>() == size_of::<Parts>());

impl Parts {
    /// Parts behind an opening, if the line is about a mail: the queue id begins and ends so many octets behind that.
    #[inline(always)]
    pub(super) fn new(opening: &Opening, begin: usize, end: usize) -> Self {
        let Opening { host, tag, .. } = *opening;
        Self {
            host,
            tag,
            id: (narrow(begin), narrow(end)),
        }
    }

    /// Whether the line, of so many octets, is about a mail; none if a look is not enough. It may go on behind its end.
    #[inline(always)]
    pub(super) fn are_of_mail<S: Simd>(self, simd: S, line: &[u8], octets: usize) -> Option<bool> {
        let tag = self.tag();
        let behind = line.get(tag..)?;
        let (begin, end) = (usize::from(self.id.0), usize::from(self.id.1));
        if exim::is_like(behind.get(begin..)?) {
            return None;
        }
        let slash = near::first(near::bits(simd, behind.first_chunk()?, b'/'));
        let is_id = behind.get(end + 1) == Some(&b' ') && postfix::is_id(behind.get(begin..end)?);
        Some(slash < begin && tag + end + 2 < octets && is_id)
    }

    /// Where the tag begins.
    #[inline(always)]
    fn tag(self) -> usize {
        usize::from(self.tag.get())
    }

    /// On which machine the line was written.
    #[inline(always)]
    pub(super) fn host(self, line: &[u8]) -> &[u8] {
        let host = usize::from(self.host)..self.tag() - 1;
        line.get(host).unwrap_or_default()
    }

    /// The queue id.
    #[inline(always)]
    pub(super) fn id(self, line: &[u8]) -> &[u8] {
        let (begin, end) = self.id;
        let id = self.tag() + usize::from(begin)..self.tag() + usize::from(end);
        line.get(id).unwrap_or_default()
    }

    /// Where it goes on behind the queue id, a colon and a space.
    #[inline(always)]
    pub(super) fn text(self) -> usize {
        let (_, end) = self.id;
        self.tag() + usize::from(end) + 2
    }

    /// Reads the line as [`Record::read`] does, and has the record taken; none if it says nothing of a mail. Its parts are not
    /// searched for again.
    ///
    /// The record is taken where it is: to move it takes about as long as to read it.
    ///
    /// # Errors
    /// If it has been cut where it matters.
    #[inline(always)]
    pub(super) fn read<'a, T>(
        self,
        line: &'a [u8],
        take: impl FnOnce(&Record<'a>) -> T,
    ) -> Result<Option<T>, Unreadable> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let said = line.get(self.text()..).unwrap_or_default();
        // With `?` and `map` it would be moved.
        match postfix::read(said, self.program(line)) {
            Ok(Some(event)) => Ok(Some(take(&Record {
                stamp: self.stamp(line),
                host: self.host(line),
                id: self.id(line),
                event,
            }))),
            Ok(None) => Ok(None),
            Err(why) => Err(why),
        }
    }

    /// `PROGRAM[PID]`. A colon follows it, and perhaps a space, before the queue id.
    fn program(self, line: &[u8]) -> &[u8] {
        let (id, _) = self.id;
        let tag = self.tag()..self.tag() + usize::from(id);
        let tag = line.get(tag).unwrap_or_default();
        let tag = tag.strip_suffix(b" ").unwrap_or(tag);
        tag.strip_suffix(b":").unwrap_or(tag)
    }

    /// What stands before the host.
    fn stamp(self, line: &[u8]) -> Stamp<'_> {
        let host = usize::from(self.host);
        let stamp = line.get(..host.saturating_sub(1)).unwrap_or_default();
        match stamp {
            [b'0'..=b'9', ..] => Stamp::Full(stamp),
            _ => Stamp::Yearless(stamp),
        }
    }
}

/// Where a part is; all are in the same block.
#[inline(always)]
fn narrow(at: usize) -> u8 {
    let [low, ..] = at.to_le_bytes();
    low
}
