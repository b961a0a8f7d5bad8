//! Logs of mail that was really sent: a Postfix or an Exim takes it, delivers it to mail servers of others, and makes
//! bounces where it cannot. What `bogusmx scan` reads out of the log must be what was sent.
//!
//! | file | what it tests, or gives |
//! | --- | --- |
//! | `postfix`, `exim` | what each of them logs of the seed's case and of those beside it |
//! | `accounts` | who brought a mail in, with Postfix: clients, accounts, programs, and filters in between |
//! | `queue` | mail that waits, and is given up or not, with Postfix |
//! | `place` | a network of its own, with name servers, and the mail servers of others |
//! | `others` | these, and a filter |
//! | `postfix_site`, `exim_site` | the mail servers whose logs are read |
//! | `client` | a client that sends mail |
//! | `mail` | a mail that was sent, and what must have become of it |
//! | `log` | what a log says, as far as the tests have to know to wait for it |
//! | `told` | what `bogusmx scan` says, and what it should |
//!
//! Each test has a network of its own, so that the addresses can be anybody's: those of the seed, public ones, and port
//! 25 of all of them.

mod accounts;
mod client;
mod exim;
mod exim_site;
mod log;
mod mail;
mod others;
mod place;
mod postfix;
mod postfix_site;
mod queue;
mod told;

/// The sender that the seed's spammer forged, whose own mail server takes mail.
const FORGED: &str = "antonettabaune@godetia.com";

/// One whose mail server takes mail, too.
const TAKING: &str = "somebody@takes.parties";
