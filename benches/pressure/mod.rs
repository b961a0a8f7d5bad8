//! What `flood` and `soak` share: a daemon as its users run it, names whose verdict is known from the name itself, and an
//! upstream that is as quick, as slow or as broken as it is told to be.
//!
//! | file | what it gives |
//! | --- | --- |
//! | `names` | mail domains without end, and what the DNS and the list have to say of each |
//! | `packet` | queries, and what is to be read in answers |
//! | `upstream` | the name server that works every answer out from the name, with faults on demand |
//! | `crowd` | one socket that asks from any address in 127.0.0.0/8 |
//! | `daemon` | `bogusmx serve` with its default limits but for what a bench wants, its log and its counters |
//! | `condition` | memory, threads, open files and tasks of a process |
//! | `pace` | work at a steady pace |
//! | `quantiles` | what half of the answers took at most, and nearly all of them |

pub(crate) mod condition;
pub(crate) mod crowd;
pub(crate) mod daemon;
pub(crate) mod names;
pub(crate) mod pace;
pub(crate) mod packet;
pub(crate) mod quantiles;
pub(crate) mod upstream;
