//! The neighbours: `bogusmx` between the real programs that it is made for, each started by the test.
//!
//! | file | what it tests, or gives |
//! | --- | --- |
//! | `seed` | the whole chain: Postfix refuses the domains that started it all, in the same words |
//! | `recipe` | `deploy/postfix/main.cf` and `deploy/unbound/bogusmx.conf` alone, with a list that NSD serves |
//! | `parity` | the list decides as Postfix does with a table of its own, but for named differences |
//! | `differences` | those differences, each with its reason |
//! | `verdicts` | the list decides every domain of the world as its zone file says |
//! | `site` | a mail site: the daemons below, put together |
//! | `postfix`, `smtp` | the mail server, and a client that asks it about recipients |
//! | `unbound` | the site's resolver, which forwards the list's zone as an admin's would |
//! | `nsd`, `world` | the rest of the Internet: root, top-level domains, mail domains |
//! | `oracle` | the program under test |
//! | `question` | a stub resolver that asks the list about a domain |
//! | `process`, `address` | what every daemon needs: a start, a certain end, an address of its own |
//!
//! Needed, on Debian: `apt-get install postfix nsd unbound`, and root (ports 25 and 53, a mount namespace). What is
//! missing fails the tests. Everything is on 127.0.0.0/8 and in a temporary folder; the machine's own daemons and
//! their configuration are left alone.

mod address;
mod differences;
mod nsd;
mod oracle;
mod postfix;
mod process;
mod question;
mod site;
mod smtp;
mod unbound;
mod world;

mod parity;
mod recipe;
mod seed;
mod verdicts;
