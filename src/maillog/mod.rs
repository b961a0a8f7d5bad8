//! What the logs of mail servers say about mail that came back.
//!
//! Pure logic: octets in, stories out. No files, no clock, no look-ups.
//!
//! ```text
//! octets ─ line               who wrote it, when, what
//!        ─ postfix, exim      what that says of a mail
//!        ─ sieve              the lines that matter, piece by piece; most are seen at a look: ends, opening, glance,
//!                             parts, brief, months
//!        ─ trail              one mail's lines together, in order
//!        ─ story              what became of it
//! ```

mod brief;
pub mod calendar;
mod cause;
mod cut;
mod ends;
pub mod event;
mod exim;
mod fields;
mod glance;
pub mod journal;
mod known;
pub mod line;
mod lives;
mod mail;
#[cfg(test)]
mod mixed;
mod months;
mod near;
mod opening;
mod parts;
pub mod plain;
mod postfix;
pub mod record;
pub mod sieve;
pub mod story;
#[cfg(test)]
mod tests;
pub mod trail;

pub use story::Story;
