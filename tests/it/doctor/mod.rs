//! `bogusmx doctor`, on hosts that are broken on purpose: each of its findings, with the real programs.
//!
//! | file | what is broken |
//! | --- | --- |
//! | `host` | nothing: the host that the others break |
//! | `healthy` | nothing, and what the reports look like |
//! | `daemon` | the daemon does not answer, or not for the zone |
//! | `resolver` | the host's own resolver does not bring the list's answers |
//! | `upstream` | what bogusmx asks is blind, silent or everybody's |
//! | `postfix` | main.cf and master.cf do not ask, or too late |
//! | `latency`, `delay` | answers come late, from somebody in between who sits on them |

mod daemon;
mod delay;
mod healthy;
mod host;
mod latency;
mod postfix;
mod resolver;
mod upstream;
