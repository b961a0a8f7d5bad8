//! The protocols in which verdicts are asked for.
//!
//! `zone` and `answer` are pure; `dns` turns packets into questions and answers into packets;
//! `udp` and `tcp` own the sockets.

pub mod answer;
pub mod authority;
mod datagram;
pub mod dns;
pub mod fast;
#[cfg(test)]
mod fixture;
pub mod listen;
pub mod sitting;
pub mod stats;
mod tcp;
mod udp;
pub mod zone;
