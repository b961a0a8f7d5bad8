//! What is remembered, as a stream of octets that outlives the process.
//!
//! ```text
//! snapshot = "bogusmx memory 2 " ("proved" / "stated") "\n" *frame
//! frame    = length checksum payload       length and checksum: four octets, the highest first
//! payload  = *entry, or nothing in the last frame
//! entry    = failures name-length name findings-length findings
//! ```
//!
//! The numbers of an entry are those of the compact form of evidence, and so are its findings.
//! Another version of that form takes another number in the first line, which also says whether all of it
//! was proved (RFC 4035) before it was believed, or is what upstream stated. The checksum (CRC-32) goes on
//! from frame to frame, so that none can be missing; it is against damage, not against forgers.

use std::io::{self, Read, Write};

use crc32fast::Hasher;
use thiserror::Error;

use super::entry::Entry;
use crate::verdict::Domain;
use crate::verdict::evidence::octets::{Cursor, put_number};

/// The first line of what was proved.
const PROVED: &[u8; FIRST_LINE_OCTETS] = b"bogusmx memory 2 proved\n";

/// The first line of what nobody has proved.
const STATED: &[u8; FIRST_LINE_OCTETS] = b"bogusmx memory 2 stated\n";

const FIRST_LINE_OCTETS: usize = 24;

/// A frame is closed once it is as long as this.
const FRAME_OCTETS: usize = 1 << 16;

/// No frame is longer than this: the longest entry is what its messages from upstream held.
const FRAME_OCTETS_MAX: usize = 1 << 26;

/// Why a snapshot cannot be used.
#[derive(Debug, Error)]
pub enum SnapshotError {
    /// It cannot be read to its end.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It is something else, or of another version of this program.
    #[error("it is no snapshot of this version")]
    Foreign,
    /// Nobody has proved what is in it, and only what is proved is believed.
    #[error("it was written without dnssec, so that nothing in it is proved")]
    Unproved,
    /// It has been damaged or cut.
    #[error("it is damaged after {0} octets")]
    Damaged(u64),
}

/// Writes entries one after the other.
pub(super) struct Writer<W> {
    out: W,
    frame: Vec<u8>,
    checksum: Hasher,
}

impl<W: Write> Writer<W> {
    pub(super) fn new(mut out: W, is_proved: bool) -> io::Result<Self> {
        out.write_all(if is_proved { PROVED } else { STATED })?;
        Ok(Self {
            out,
            frame: Vec::with_capacity(2 * FRAME_OCTETS),
            checksum: Hasher::new(),
        })
    }

    pub(super) fn write(&mut self, entry: &Entry) -> io::Result<()> {
        let (name, findings) = (entry.name(), entry.findings_octets());
        let length = |octets: &[u8]| u64::try_from(octets.len()).unwrap_or(u64::MAX);
        put_number(&mut self.frame, entry.failures().into());
        put_number(&mut self.frame, length(name));
        self.frame.extend(name);
        put_number(&mut self.frame, length(findings));
        self.frame.extend(findings);
        if self.frame.len() >= FRAME_OCTETS {
            self.close_frame()?;
        }
        Ok(())
    }

    fn close_frame(&mut self) -> io::Result<()> {
        let length = u32::try_from(self.frame.len()).map_err(io::Error::other)?;
        self.checksum.update(&length.to_be_bytes());
        self.checksum.update(&self.frame);
        let checksum = self.checksum.clone().finalize();
        self.out.write_all(&length.to_be_bytes())?;
        self.out.write_all(&checksum.to_be_bytes())?;
        self.out.write_all(&self.frame)?;
        self.frame.clear();
        Ok(())
    }

    /// Ends the snapshot.
    pub(super) fn finish(mut self) -> io::Result<W> {
        if !self.frame.is_empty() {
            self.close_frame()?;
        }
        self.close_frame()?;
        self.out.flush()?;
        Ok(self.out)
    }
}

/// Reads a snapshot to its end, to see whether it is whole; and proved, if that `must_be_proved`.
pub(super) fn verify(mut input: impl Read, must_be_proved: bool) -> Result<(), SnapshotError> {
    let is_proved = first_line(&mut input)?;
    if must_be_proved && !is_proved {
        return Err(SnapshotError::Unproved);
    }
    entries(input, |_| {})
}

/// Reads a snapshot, and hands each entry to `each`.
///
/// What comes before damage is handed on: who wants all or nothing verifies it first.
pub(super) fn read(mut input: impl Read, each: impl FnMut(Entry)) -> Result<(), SnapshotError> {
    first_line(&mut input)?;
    entries(input, each)
}

/// Reads the first line, and says whether what follows was proved.
fn first_line(input: &mut impl Read) -> Result<bool, SnapshotError> {
    let mut line = [0; FIRST_LINE_OCTETS];
    input
        .read_exact(&mut line)
        .map_err(|_short| SnapshotError::Foreign)?;
    match &line {
        PROVED => Ok(true),
        STATED => Ok(false),
        _ => Err(SnapshotError::Foreign),
    }
}

fn entries(input: impl Read, mut each: impl FnMut(Entry)) -> Result<(), SnapshotError> {
    frames(input, |frame| {
        let mut cursor = Cursor::new(frame);
        while !cursor.rest().is_empty() {
            each(entry(&mut cursor)?);
        }
        Some(())
    })
}

/// Hands the payload of each frame after the first line to `each`, which says whether it is one.
fn frames(
    mut input: impl Read,
    mut each: impl FnMut(&[u8]) -> Option<()>,
) -> Result<(), SnapshotError> {
    let mut whole = u64::try_from(FIRST_LINE_OCTETS).unwrap_or_default();
    let mut checksum = Hasher::new();
    let mut frame = Vec::new();
    loop {
        let cut = |error: io::Error| {
            if error.kind() == io::ErrorKind::UnexpectedEof {
                SnapshotError::Damaged(whole)
            } else {
                SnapshotError::Io(error)
            }
        };
        let length = number(&mut input).map_err(cut)?;
        let stated = number(&mut input).map_err(cut)?;
        let octets = usize::try_from(length).unwrap_or(usize::MAX);
        if octets > FRAME_OCTETS_MAX {
            return Err(SnapshotError::Damaged(whole));
        }
        frame.resize(octets, 0);
        input.read_exact(&mut frame).map_err(cut)?;
        checksum.update(&length.to_be_bytes());
        checksum.update(&frame);
        let is_whole = checksum.clone().finalize() == stated;
        if !is_whole || each(&frame).is_none() {
            return Err(SnapshotError::Damaged(whole));
        }
        if frame.is_empty() {
            return Ok(());
        }
        whole = whole.saturating_add(length.into()).saturating_add(8);
    }
}

fn number(input: &mut impl Read) -> io::Result<u32> {
    let mut octets = [0; 4];
    input.read_exact(&mut octets)?;
    Ok(u32::from_be_bytes(octets))
}

fn entry(cursor: &mut Cursor<'_>) -> Option<Entry> {
    let failures = u8::try_from(cursor.number()?).ok()?;
    let length = usize::try_from(cursor.number()?).ok()?;
    let name = Domain::parse(str::from_utf8(cursor.octets(length)?).ok()?).ok()?;
    let length = usize::try_from(cursor.number()?).ok()?;
    Entry::checked(&name, failures, cursor.octets(length)?)
}

#[cfg(test)]
mod tests {
    use super::super::clock::Moment;
    use super::*;
    use crate::verdict::Draft;
    use crate::verdict::evidence::MxAnswer;

    /// A snapshot of several frames.
    fn snapshot(entries: u32) -> Vec<u8> {
        let mut writer = Writer::new(Vec::new(), false).unwrap();
        for number in 0..entries {
            let domain = Domain::parse(&format!("d{number}.example")).unwrap();
            let draft = Draft::without_hosts(MxAnswer::Null { ttl: number });
            let at = Moment {
                unix_ms: u64::from(number) << 30,
            };
            writer
                .write(&Entry::after(None, &domain, &draft, at, |_| true))
                .unwrap();
        }
        writer.finish().unwrap()
    }

    fn why(octets: &[u8]) -> String {
        verify(octets, false).unwrap_err().to_string()
    }

    #[test]
    fn what_is_written_is_read() {
        let octets = snapshot(10_000);
        let mut read_back = Writer::new(Vec::new(), false).unwrap();
        read(&*octets, |entry| read_back.write(&entry).unwrap()).unwrap();
        assert!(octets.len() > 2 * FRAME_OCTETS);
        assert_eq!(read_back.finish().unwrap(), octets);
        read(&*snapshot(0), |_| panic!("there is none")).unwrap();
    }

    #[test]
    fn every_damage_is_seen() {
        let octets = snapshot(3);
        for place in 0..octets.len() {
            let mut damaged = octets.clone();
            damaged[place] ^= 1;
            assert!(verify(&*damaged, false).is_err(), "{place}");
            assert!(verify(&octets[..place], false).is_err(), "cut at {place}");
        }
        for foreign in [
            "",
            "bogusmx memory 1\n\0\0\0\0\0\0\0\0",
            "bogusmx memory 3 proved\n",
            "bogusmx memory 2 proven\n",
        ] {
            let why = why(foreign.as_bytes());
            assert_eq!(why, "it is no snapshot of this version", "{foreign}");
        }
    }

    #[test]
    fn what_nobody_has_proved_is_told_apart() {
        let snapshot = |is_proved| {
            let writer = Writer::new(Vec::new(), is_proved).unwrap();
            writer.finish().unwrap()
        };
        for (is_proved, must_be_proved) in [(true, true), (true, false), (false, false)] {
            assert!(verify(&*snapshot(is_proved), must_be_proved).is_ok());
        }
        let error = verify(&*snapshot(false), true).unwrap_err();
        assert!(matches!(error, SnapshotError::Unproved));
    }

    #[test]
    fn an_entry_that_cannot_be_read_is_seen_whatever_the_checksum() {
        let mut writer = Writer::new(Vec::new(), false).unwrap();
        writer.frame.extend(b"\x00\x07bad!.de\x00");
        assert_eq!(
            why(&writer.finish().unwrap()),
            "it is damaged after 24 octets"
        );
    }

    #[test]
    fn a_missing_frame_is_seen() {
        let octets = snapshot(10_000);
        let length = |start: usize| {
            let octets = octets[start..].first_chunk().unwrap();
            usize::try_from(u32::from_be_bytes(*octets)).unwrap()
        };
        let second = FIRST_LINE_OCTETS + 8 + length(FIRST_LINE_OCTETS);
        let without_first = [&octets[..FIRST_LINE_OCTETS], &octets[second..]].concat();
        assert_eq!(why(&without_first), "it is damaged after 24 octets");
    }
}
