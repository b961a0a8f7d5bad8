//! The protocols in which verdicts are asked for.
//!
//! `zone`, `answer`, `nearby` and `cookie` are pure; `authority` and `sitting` answer questions out of them
//! and the oracle; `dns` turns packets into questions and answers into packets. `listen` binds the sockets,
//! and `udp`, `fast` and `tcp` read them: UDP on threads of their own (`lane`), each datagram with its two
//! ends (`datagram`), and what takes a look-up after what does not (`backlog`).

pub mod answer;
pub mod authority;
mod backlog;
pub mod cookie;
mod datagram;
pub mod dns;
pub mod fast;
#[cfg(any(test, fuzzing))]
pub(crate) mod fixture;
mod lane;
pub mod listen;
pub mod nearby;
mod seats;
pub mod sitting;
pub mod stats;
#[cfg(test)]
mod strangers;
mod tcp;
mod udp;
pub mod zone;
