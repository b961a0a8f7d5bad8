//! Integration tests: the built program on loopback ports, a scripted upstream behind it, a stub resolver in front.
//!
//! | file | what it tests |
//! | --- | --- |
//! | `names` | which query names are answered from the zone file, are never asked upstream, or become a mail domain |
//! | `answers` | what a verdict looks like in DNS: records, codes, texts, negative answers, refusals |
//! | `lifetimes` | TTLs of answers, from the records that decided them |
//! | `verdicts` | from MX and address records to a verdict, when the upstream works |
//! | `failures` | what becomes of a verdict when some look-ups fail, and who is believed |
//! | `trouble` | upstreams that answer wrongly, slowly, in pieces or not at all |
//! | `access` | clients of public networks: their share, cookies, and how much an answer is longer than its query |
//! | `forged` | answers that are not believed: to other questions, in another case, about other names |
//! | `dnssec` | answers that the daemon proves, between a real Unbound and NSD, and somebody who changes them |
//! | `allowance` | how many queries one domain may cost upstream, whatever it takes to prove it or to follow its aliases |
//! | `faults` | the daemon between two proxies that do mischief and a real Unbound: nothing false is said, and all is right after it |
//! | `wildcard` | where answers leave from on a listener for all addresses |
//! | `wire` | queries to the upstream: ports and ids, repeats, answers from elsewhere |
//! | `policies` | `any`, `all` and `loop`, and the answer that goes out before everything is known |
//! | `table` | the address table: as Postfix reads it, and refused |
//! | `reload` | tables that change while the daemon runs |
//! | `local` | what the operator says by name and of own addresses, and lists that change |
//! | `time` | answer deadline, cache, joining, refresh ahead, serve stale, back-off |
//! | `overload` | the limits: evaluations, clients, and who is answered all the same |
//! | `crowd` | ten thousand evaluations at one time |
//! | `bad_settings` | config, files and addresses that the daemon refuses to start with |
//! | `bad_input` | packets that are no proper query |
//! | `sight` | an upstream that strips reserved addresses is noticed |
//! | `sizes` | messages that are too long for UDP, for EDNS, or for a name |
//! | `tcp` | pipelining, message framing, connections that idle |
//! | `snapshot` | what is remembered beyond a restart |
//! | `start_and_stop` | the ready line, listeners, clean stop with answers in flight |
//! | `check` | `bogusmx check`: reports, JSON, exit status, standard input, a running daemon |
//! | `demo` | `bogusmx serve --demo` |
//! | `doctor` | `bogusmx doctor` on hosts that are broken on purpose |
//! | `scan` | `bogusmx scan`, on logs of a real Postfix and a real Exim, on generated ones, and on files as users have them |
//! | `reserved_table` | the shipped table against the registries, without a daemon |
//! | `table_model`, `table_parity` | generated tables against a slow model, and against Postfix's own reader |
//! | `daemons` | the real programs that the tests start |
//! | `neighbours` | the daemon between a real Postfix, Unbound and NSD |
//! | `clients` | the daemon behind every mail server and filter that asks such lists |
//! | `resolvers` | the daemon behind every resolver that a mail server may ask |
//! | `papers` | README, example configuration and documents against the program |
//! | `tidy`, `tidy_rules` | the source against the rules of the house (`rust_source` reads it), and the rules against planted violations |
//! | `scan_logs` | that the logs made up for `bogusmx scan` are as real as they claim |
//! | `script` | that the scripted upstream itself does what its script says |
//!
//! Not tested here: other resolvers and mail servers than those, speed, memory, and the daemon under sustained load;
//! these need installed software or time and have their own places. A test that needs a daemon starts its own, and
//! needs nobody else but in `neighbours`, `faults` and `scan`; those that look at `/etc`, and these three, need root and
//! fail without it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    clippy::print_stderr,
    reason = "a test that cannot go on has failed, and says where"
)]

mod support;

mod access;
mod allowance;
mod answers;
mod bad_input;
mod bad_settings;
mod check;
mod clients;
mod crowd;
mod daemons;
mod demo;
mod dnssec;
mod doctor;
mod failures;
mod faults;
mod forged;
mod lifetimes;
mod local;
mod names;
mod neighbours;
mod overload;
mod papers;
mod policies;
mod reload;
mod reserved_table;
mod resolvers;
mod rust_source;
mod scan;
mod scan_logs;
mod script;
mod sight;
mod sizes;
mod snapshot;
mod start_and_stop;
mod table;
mod table_model;
mod table_parity;
mod tcp;
mod tidy;
mod tidy_rules;
mod time;
mod trouble;
mod verdicts;
mod wildcard;
mod wire;
