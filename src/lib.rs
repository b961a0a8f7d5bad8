//! bogusmx: a DNSBL computed at query time.
pub mod command;
pub mod front;
pub mod oracle;
pub mod verdict;
