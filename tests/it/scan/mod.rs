//! `bogusmx scan`.
//!
//! | file | what it tests, or gives |
//! | --- | --- |
//! | `real` | logs that a real Postfix and a real Exim write while the tests send mail through them |
//! | `truth` | generated logs of every dialect, of which all is known that is in them |
//! | `files` | logs in pieces, twice, from pipes, from the journal, and as editors leave them |
//! | `packed` | archives that the real programs make, and what is left of them |
//! | `trouble` | files that cannot be read, the exit status, lines that cannot be read |
//! | `verdicts` | policies, tables and look-ups |
//! | `around` | `--at` |
//! | `years` | lines without a year |
//! | `printed` | the report for people, CSV and the page |
//! | `browser` | the page in a browser |
//! | `follow` | logs that grow |
//! | `terminal` | the bar |
//! | `memory` | how much of it a hostile log can take |
//! | `desk`, `running`, `logs` | a folder to scan in, a scan that goes on, and what is scanned |

mod around;
mod browser;
mod desk;
mod files;
mod follow;
mod logs;
mod memory;
mod packed;
mod printed;
mod real;
mod running;
mod terminal;
mod trouble;
mod truth;
mod verdicts;
mod years;

use crate::scan_logs::generator;

#[path = "../../../benches/scan/check.rs"]
mod check;
