//! What the logs of mail servers say about mail that came back.
//!
//! Pure logic: octets in, stories out. No files, no clock, no look-ups.

pub mod journal;
pub mod story;

pub use story::Story;
