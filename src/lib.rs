//! bogusmx: a DNSBL computed at query time.
//!
//! A mail server asks it, through its resolver, about the domain of a recipient:
//! `hot.de.bogusmx.local`. It looks up where mail for `hot.de` would go, and answers 127.0.0.2 with
//! a reason when that is reserved address space: loopback, private networks and the like.
//!
//! # Bird's eye view
//!
//! One DNS query takes this way, and the file names say it:
//!
//! ```text
//! packet ─ front/udp, front/tcp      sockets
//!        ─ front/dns                 octets to a query, an answer to octets
//!        ─ front/authority           who may ask, who waits
//!        ─ front/zone                which of our zones, which mail domain        (pure)
//!        ─ oracle                    remembered? being looked up? else look it up
//!            oracle/memory           evidence by domain, bounded by octets
//!            oracle/flight           evaluations under way, one a domain
//!            oracle/gather           MX, then A and AAAA of every host
//!            oracle/upstream         a socket for each query; over TCP hickory-resolver
//!        ─ verdict::judge            evidence, table, names, policy: Listed, NotListed, Undecided (pure)
//!        ─ front/answer              verdict to code, text, TTL, refusal          (pure)
//! packet
//! ```
//!
//! Nearly every UDP query takes a shorter way: `front/fast` reads many datagrams with one system
//! call, answers what is remembered on the spot, through the same `authority`, and leaves all else
//! to `front/dns`. `serve --no-fast-path` does without it, and so does a program without that folder:
//! only `front/listen` names it.
//!
//! `bogusmx check` enters at the same door, [`oracle::Oracle::ask`], and prints the same evidence. So does `bogusmx
//! scan`, with the domains that it finds in the logs of mail servers:
//!
//! ```text
//! file ─ command/scan/read/source     unpacked; a journal as lines
//!      ─ command/scan/read/chunks     pieces of whole lines
//!      ─ maillog::sieve               the lines that matter, on all processors         (pure)
//!      ─ maillog::trail               one mail's lines together, in order              (pure)
//!      ─ maillog::Story               a mail that failed, from its client to its bounce
//!      ─ command/scan/tally           counts, bounded
//!      ─ oracle                       what of these domains is listed today
//!      ─ command/scan/report, show    for people, as JSON, CSV and a web page
//! ```
//!
//! `bogusmx doctor` stands outside: with `front/dns/stub` it asks the servers of the chain what a
//! mail server would ask them, and judges no domain.
//!
//! # Code map
//!
//! From the ground up; a folder uses only what stands above it in this table, and a test
//! (`tests/it/tidy.rs`) reads the source and checks that.
//!
//! | folder | knows | does not know |
//! | --- | --- | --- |
//! | [`verdict`]: `domain` (the normal form of a name), `table` (Postfix cidr tables), `evidence` (what the DNS said), `local` (what the operator says), `judge` | names, addresses, seconds | async, clock, files, DNS packets |
//! | [`maillog`]: `line` and `journal`, `postfix` and `exim` (what a line says), `sieve` with `ends`, `opening`, `glance`, `parts`, `brief`, `near`, `lives` and `months` (most lines do not matter), `trail`, `cause` (whether an address is to blame), `calendar`, `story` | what logs look like, times that are given to it | files, clock, look-ups |
//! | [`oracle`]: `lookup` (the questions), `upstream` (who is asked), `gather`, `allowance` (what one evaluation may cost), `flight`, `entry` and `memory` (what is remembered), `recall` (what that still says), `snapshot` (what outlives the process), `blame` (whose trouble a failure is), `budget` and `charge` (what clients pay), `ruling`, `sight` (whether upstream strips addresses), `courtesy` (the processor, to those who answer), `clock`, `stats` | time, tasks | DNS packets, the command line |
//! | [`front`]: `zone`, `answer`, `authority`, `nearby` and `seats` (who gets how much), `cookie`, `sitting` (answers that need no waiting), `dns`, `fast`, `lane`, `backlog` (what is looked up waits for what is remembered), `datagram`, `udp`, `tcp`, `listen`, `stats` | protocols, sockets | how evidence comes about |
//! | [`command`]: `args` (what was typed), `settings` (what is in force), `serve` with `descriptors`, `privilege`, `signals`, `watch`, `canary` and `snapshot`, `check`, `doctor`, `scan` with `read`, `tally`, `report` and `show`, `demo` | standard output, files, signals, exit status | |
//!
//! Beside these, in tests and for `fuzz/` only, `fuzzing` gives any octets to all that reads input from outside.
//!
//! `zones/` holds what is compiled in and can be replaced by path: the table, the zone file, the
//! demo's world; and a log of mail to that world.
//!
//! # Invariants
//!
//! * **One door.** Nobody but [`oracle::Oracle`] resolves, remembers or has anything judged, a scan included.
//! * **Facts are kept, conclusions are not.** The memory holds [`verdict::Evidence`];
//!   [`verdict::judge()`] runs on every read. A table that is read again counts at once, and zones with
//!   different policies share one evaluation.
//! * **A failed look-up is data.** It is written into the evidence, and `judge` says whether it
//!   matters. While an evaluation runs, what is not known yet counts the same way: so the verdict on
//!   partial evidence is never taken back.
//! * **Three endings.** "Could not find out" leaves as SERVFAIL and never as "not listed", unless
//!   the operator wants it so.
//! * **Every query is answered**, overload included; only responses are dropped.
//! * **Time is an argument.** [`oracle`] reads the clock, tokio's, which stands still in tests; the
//!   wall clock is read once, at the start, so that what is remembered keeps its age. [`maillog`] is told which time a
//!   log was written at.
//! * **A sieved log tells the same stories** as the whole one, wherever it is cut: so its pieces can be read side by side.
//!   A property test and a fuzz target hold [`maillog::sieve`] and [`maillog::trail`] together.
//! * **What is kept of a log is bounded**, whatever is in it: mails that are open, lines that are known again, rows that
//!   are counted, mails that are shown. What is let go is counted.
//! * **A log is hostile.** Who sends a mail writes into it. What is told of it has been through
//!   [`maillog::plain::plain`], which leaves nothing for a terminal to obey.
//! * **Every limit lives beside what it bounds**, with a line on what grows if it grows; settings
//!   only fill it in, and nothing below [`command`] knows of settings.
//! * **hickory is named in three places**: `oracle/upstream/`, `front/dns/` and `command/demo.rs`.
//! * **An answer is borrowed** from what it is made of, and so is evidence: what is remembered is
//!   read where it lies, and answering out of it allocates nothing, but for the one answer that has
//!   it looked up ahead of its end.
//! * **Two encoders, one answer.** `front/dns` and `front/fast` write the same
//!   [`front::answer::Answer`]; a property test holds them together.
//! * **Unsafe code is in two files**, whose heads say why it is sound: `front/fast/batch.rs` (system
//!   calls) and `oracle/memory/fetch.rs` (hints to the processor).

pub mod command;
pub mod front;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
pub mod maillog;
pub mod oracle;
pub mod verdict;
