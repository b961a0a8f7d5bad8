//! Reads and sieves logs on all processors, and gives their pieces back in order.
//!
//! A log is read, and unpacked, by a thread of its own; the next log has begun by then. Its chunks are sieved by whichever
//! processor is free; of a plain file, that processor reads them as well, and has them at hand.
//! Whoever takes the pieces gets them in the order of the log; those that are ready before their turn wait in a channel
//! that holds few, so that memory is bounded, however many processors there are.

use std::collections::VecDeque;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvError, SyncSender, TryRecvError, sync_channel};
use std::thread::Scope;

use jiff::Timestamp;
use parking_lot::Mutex;
use rayon::Yield;

use super::chunks::Chunks;
use super::source::{Ranges, Source, SourceError};
use crate::maillog::sieve::{Sieved, sieve};
use crate::verdict::Table;

/// Octets of a chunk: some thousand lines. With larger ones, fewer mails are open at their ends; but what is read must
/// still be in the processor's cache when it is sieved.
const CHUNK_OCTETS: usize = 1 << 20;

/// Logs that are read ahead of the one whose turn it is.
const LOGS_AHEAD: usize = 1;

/// How many chunks of a log may be read for each processor and not taken yet.
const PIECES_PER_PROCESSOR: usize = 3;

/// How many chunks of all logs may be read and not taken yet: they are kept in memory.
const PIECES_MAX: usize = 16;

/// A piece of a log.
pub(crate) struct Piece {
    buffer: Vec<u8>,
    /// Where the piece is in it.
    lines: Range<usize>,
    /// How much of the log it stands for.
    pub(crate) octets: u64,
    pub(crate) sieved: Sieved,
}

impl Piece {
    fn new(buffer: Vec<u8>, lines: Range<usize>, octets: u64, table: &Table) -> Self {
        let text = buffer.get(lines.clone()).unwrap_or_default();
        let sieved = sieve(text, table);
        Self {
            buffer,
            lines,
            octets,
            sieved,
        }
    }

    /// The lines.
    pub(crate) fn text(&self) -> &[u8] {
        self.buffer.get(self.lines.clone()).unwrap_or_default()
    }
}

/// What is known of a log when it is open.
pub(crate) struct Opened {
    pub(crate) kind: &'static str,
    /// When it was written to last.
    pub(crate) modified: Option<Timestamp>,
}

/// What happens to a log that is read.
pub(crate) enum Step {
    Opened(Opened),
    Piece(Receiver<io::Result<Piece>>),
    Failed(SourceError),
}

/// How a log is opened.
pub(crate) type Open<'o> = &'o (dyn Fn(&Path) -> Result<Source, SourceError> + Sync);

/// Logs, one after the other.
pub(crate) struct Logs<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    open: Open<'env>,
    /// Those that have not begun.
    files: VecDeque<PathBuf>,
    begun: VecDeque<(PathBuf, Receiver<Step>)>,
    mill: Mill,
}

/// What all logs share.
#[derive(Clone)]
struct Mill {
    table: Arc<Table>,
    /// Memory of pieces that have been taken.
    spare: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl<'scope, 'env> Logs<'scope, 'env> {
    /// Begins to read files, in this order.
    pub(crate) fn new(
        scope: &'scope Scope<'scope, 'env>,
        files: Vec<PathBuf>,
        open: Open<'env>,
        table: Arc<Table>,
    ) -> Self {
        Self {
            scope,
            open,
            files: files.into(),
            begun: VecDeque::new(),
            mill: Mill {
                table,
                spare: Arc::default(),
            },
        }
    }

    /// The next log, with what happens to it.
    pub(crate) fn next(&mut self) -> Option<(PathBuf, Receiver<Step>)> {
        while self.begun.len() <= LOGS_AHEAD
            && let Some(file) = self.files.pop_front()
        {
            let (steps, taken) = sync_channel(pieces_ahead(rayon::current_num_threads()));
            let (open, mill, path) = (self.open, self.mill.clone(), file.clone());
            self.scope.spawn(move || {
                // If nobody takes it, there is nobody to tell.
                let _taken = mill.read(&path, open, &steps);
            });
            self.begun.push_back((file, taken));
        }
        self.begun.pop_front()
    }

    /// Takes back the memory of a piece.
    pub(crate) fn reuse(&self, piece: Piece) {
        self.mill.spare.lock().push(piece.buffer);
    }
}

/// Waits for a piece. While there are any that nobody has begun, it sieves them, be it this one or others, if called on a thread
/// that does so.
pub(crate) fn wait(piece: &Receiver<io::Result<Piece>>) -> Result<io::Result<Piece>, RecvError> {
    loop {
        match piece.try_recv() {
            Ok(piece) => return Ok(piece),
            Err(TryRecvError::Disconnected) => return Err(RecvError),
            Err(TryRecvError::Empty) => {}
        }
        // Where there is nothing left to begin, some other thread is at it.
        if rayon::yield_now() != Some(Yield::Executed) {
            return piece.recv();
        }
    }
}

/// How many chunks of a log may be read and not taken yet.
fn pieces_ahead(processors: usize) -> usize {
    (PIECES_PER_PROCESSOR * processors).min(PIECES_MAX / (LOGS_AHEAD + 1))
}

/// The taker of the pieces has gone.
struct Gone;

impl Mill {
    fn read(&self, path: &Path, open: Open<'_>, steps: &SyncSender<Step>) -> Result<(), Gone> {
        let send = |step| steps.send(step).map_err(|_| Gone);
        let mut source = match open(path) {
            Ok(source) => source,
            Err(error) => return send(Step::Failed(error)),
        };
        let name = source.name().to_owned();
        send(Step::Opened(Opened {
            kind: source.kind().as_str(),
            modified: source.modified(),
        }))?;
        if let Some(ranges) = source.ranges().map(Arc::new) {
            for range in ranges.cut(CHUNK_OCTETS) {
                send(Step::Piece(self.sieve_range(&ranges, range)))?;
            }
            return Ok(());
        }
        let mut chunks = Chunks::new(source, CHUNK_OCTETS);
        loop {
            let buffer = self.buffer();
            match chunks.next(buffer) {
                Ok(Some(text)) => send(Step::Piece(self.sieve(text)))?,
                Ok(None) => return Ok(()),
                Err(error) => return send(Step::Failed(SourceError::new(&name, error))),
            }
        }
    }

    fn buffer(&self) -> Vec<u8> {
        self.spare.lock().pop().unwrap_or_default()
    }

    /// Sieves a chunk elsewhere, at the same time.
    fn sieve(&self, text: Vec<u8>) -> Receiver<io::Result<Piece>> {
        let (done, piece) = sync_channel(1);
        let table = Arc::clone(&self.table);
        rayon::spawn(move || {
            let lines = 0..text.len();
            let octets = u64::try_from(text.len()).unwrap_or(u64::MAX);
            // If nobody takes it, nobody needs it.
            let _taken = done.send(Ok(Piece::new(text, lines, octets, &table)));
        });
        piece
    }

    /// Reads and sieves a range elsewhere, at the same time.
    fn sieve_range(&self, ranges: &Arc<Ranges>, range: Range<u64>) -> Receiver<io::Result<Piece>> {
        let (done, piece) = sync_channel(1);
        let (mill, ranges) = (self.clone(), Arc::clone(ranges));
        rayon::spawn(move || {
            let mut buffer = mill.buffer();
            let lines = ranges.read(&range, &mut buffer);
            let octets = range.end - range.start;
            let piece = lines.map(|lines| Piece::new(buffer, lines, octets, &mill.table));
            // If nobody takes it, nobody needs it.
            let _taken = done.send(piece);
        });
        piece
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_processors_do_not_read_further_ahead_than_memory_allows() {
        assert_eq!([1, 2].map(pieces_ahead), [3, 6]);
        let octets = pieces_ahead(64) * (LOGS_AHEAD + 1) * CHUNK_OCTETS;
        assert_eq!(octets, 16 << 20);
    }
}
