//! What people read: standard output, with colour where it is a terminal, and errors.

use std::fmt::Display;
use std::io::{self, BufWriter, Write as _};

use anstyle::{AnsiColor, Style};

/// What is bad: a listing, an error.
pub(super) const BAD: Style = AnsiColor::Red.on_default().bold();
/// What is good: not listed.
pub(super) const GOOD: Style = AnsiColor::Green.on_default().bold();
/// What is neither.
pub(super) const UNSURE: Style = AnsiColor::Yellow.on_default().bold();
/// What may be passed over.
pub(super) const FAINT: Style = Style::new().dimmed();

/// Writes to standard output at once.
///
/// # Errors
/// If it is closed: a reader like `head` has enough.
pub(super) fn out(text: impl Display) -> io::Result<()> {
    let mut stdout = anstream::stdout().lock();
    write!(stdout, "{text}")?;
    stdout.flush()
}

/// Has something write to standard output, piece by piece: what is long takes no memory as a whole.
///
/// # Errors
/// If it cannot be written, as above.
pub(super) fn piecewise(
    write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut stdout = BufWriter::new(io::stdout().lock());
    write(&mut stdout)?;
    stdout.flush()
}

/// Writes what people read while a program reads standard output: to standard error. If that is closed there is nobody
/// to tell.
pub(super) fn beside(text: impl Display) {
    let _nobody_to_tell = write!(anstream::stderr().lock(), "{text}");
}

/// Writes an error to standard error; if that is closed there is nobody to tell.
pub(super) fn error(error: &dyn Display) {
    let _nobody_to_tell = writeln!(anstream::stderr().lock(), "{BAD}bogusmx:{BAD:#} {error}");
}
