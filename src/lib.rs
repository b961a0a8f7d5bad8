//! bogusmx: a DNSBL computed at query time.
pub mod verdict;
