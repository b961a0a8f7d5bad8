//! The real programs that the tests start, each with a configuration of its own, in a temporary folder, on loopback
//! addresses.
//!
//! | file | what it gives |
//! | --- | --- |
//! | `page` | a page of `docs/`, whose configuration the daemons run with |
//! | `oracle` | the program under test |
//! | `nsd`, `world` | the rest of the Internet: root, top-level domains, mail domains |
//! | `signing` | the signatures of the root, and of zones below it |
//! | `liar` | somebody on the path who changes answers |
//! | `unbound` | the resolver that does the recursion |
//! | `postfix`, `exim` | mail servers that ask the list |
//! | `rspamd`, `spamassassin` | filters that do |
//! | `smtp` | a client that asks them about recipients |
//! | `site` | a mail site: the daemons put together |
//! | `question` | a stub resolver that asks the list about a domain |
//! | `process`, `address` | what every daemon needs: a start, a certain end, an address of its own |
//!
//! `tests/run` installs them, and they need root (ports 25 and 53, a mount namespace). What is missing fails the
//! tests. The machine's own daemons and their configuration are left alone.

pub(crate) mod address;
pub(crate) mod exim;
pub(crate) mod liar;
pub(crate) mod nsd;
pub(crate) mod oracle;
pub(crate) mod page;
pub(crate) mod postfix;
pub(crate) mod process;
pub(crate) mod question;
pub(crate) mod rspamd;
pub(crate) mod signing;
pub(crate) mod site;
pub(crate) mod smtp;
pub(crate) mod spamassassin;
pub(crate) mod unbound;
pub(crate) mod world;
