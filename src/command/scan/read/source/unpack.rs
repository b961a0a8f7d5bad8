//! The four libraries that unpack, behind one step.

use flate2::{Decompress, FlushDecompress};
use liblzma::stream::{Action, Error as XzError, Stream};
use zstd::stream::raw::{DParameter, Decoder, InBuffer, Operation as _, OutBuffer};

use super::kind::Packing;
use super::trouble::Trouble;

/// Octets that xz may take to unpack. `xz -9` needs 65 MiB; only who asks for more by hand exceeds it.
const XZ_MEMORY_MAX: u64 = 80 << 20;

/// The window that zstd may take, as a power of two: 64 MiB. `zstd -19` needs 8 MiB, `--ultra -22` and `--long` 128.
const ZST_WINDOW_LOG_MAX: u32 = 26;

/// What zstd says of a window that is too large.
const ZST_TOO_LARGE: &str = "too much memory";

/// Octets that zstd needs to begin with a frame.
const ZST_FRAME_BEGIN: usize = 5;

/// Unpacks one archive piece by piece.
pub(super) trait Unpack: Send {
    /// Unpacks some of the input, as far as there is room for it.
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step;
}

/// What one step did.
pub(super) struct Step {
    /// Octets of the input that are done.
    pub(super) consumed: usize,
    /// Octets of the output that are filled, also if something is wrong with those behind.
    pub(super) produced: usize,
    /// Whether the archive has ended.
    pub(super) outcome: Result<bool, Trouble>,
}

/// What unpacks one archive that is packed so.
pub(super) fn new(packing: Packing) -> Result<Box<dyn Unpack>, Trouble> {
    Ok(match packing {
        Packing::Gz => Box::new(Decompress::new_gzip(15)),
        Packing::Xz => {
            let stream = Stream::new_stream_decoder(XZ_MEMORY_MAX, 0);
            Box::new(stream.map_err(|error| Trouble::Io(error.into()))?)
        }
        Packing::Zst => Box::new(Zst::new().map_err(Trouble::Io)?),
        Packing::Bz2 => Box::new(bzip2::Decompress::new(false)),
    })
}

/// A frame of zstd.
struct Zst {
    decoder: Decoder<'static>,
    /// Octets up to the end of the next block. Given more, zstd would go on, and tell nothing of the good blocks before a
    /// bad one.
    wanted: usize,
}

impl Unpack for Decompress {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        let before = (self.total_in(), self.total_out());
        let status = self.decompress(input, output, FlushDecompress::None);
        Step {
            consumed: since(before.0, self.total_in()),
            produced: since(before.1, self.total_out()),
            outcome: match status {
                Ok(status) => Ok(status == flate2::Status::StreamEnd),
                Err(_) => Err(Trouble::Damaged),
            },
        }
    }
}

impl Unpack for Stream {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        let before = (self.total_in(), self.total_out());
        let status = self.process(input, output, Action::Run);
        Step {
            consumed: since(before.0, self.total_in()),
            produced: since(before.1, self.total_out()),
            outcome: match status {
                Ok(status) => Ok(status == liblzma::stream::Status::StreamEnd),
                Err(XzError::MemLimit | XzError::Mem) => {
                    Err(Trouble::TooLarge("xz -dc".to_owned()))
                }
                Err(_) => Err(Trouble::Damaged),
            },
        }
    }
}

impl Unpack for bzip2::Decompress {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        let before = (self.total_in(), self.total_out());
        let status = self.decompress(input, output);
        Step {
            consumed: since(before.0, self.total_in()),
            produced: since(before.1, self.total_out()),
            outcome: match status {
                Ok(status) => Ok(status == bzip2::Status::StreamEnd),
                Err(_) => Err(Trouble::Damaged),
            },
        }
    }
}

impl Zst {
    fn new() -> std::io::Result<Self> {
        let mut decoder = Decoder::new()?;
        decoder.set_parameter(DParameter::WindowLogMax(ZST_WINDOW_LOG_MAX))?;
        Ok(Self {
            decoder,
            wanted: ZST_FRAME_BEGIN,
        })
    }
}

impl Unpack for Zst {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        let input = input.get(..self.wanted).unwrap_or(input);
        let mut input = InBuffer::around(input);
        let mut output = OutBuffer::around(output);
        let outcome = match self.decoder.run(&mut input, &mut output) {
            Ok(0) => Ok(true),
            Ok(wanted) => {
                self.wanted = wanted;
                Ok(false)
            }
            Err(error) if error.to_string().contains(ZST_TOO_LARGE) => {
                Err(Trouble::TooLarge("zstd -dc --long=31".to_owned()))
            }
            Err(_) => Err(Trouble::Damaged),
        };
        Step {
            consumed: input.pos(),
            produced: output.pos(),
            outcome,
        }
    }
}

/// How far a count has come.
fn since(before: u64, now: u64) -> usize {
    usize::try_from(now.saturating_sub(before)).unwrap_or(usize::MAX)
}
