//! What the benches with real daemons stand on: `compare`, `mail`, `flood` and `soak`.
//!
//! | file | what it gives |
//! | --- | --- |
//! | `address` | loopback addresses that nobody else uses |
//! | `process` | a program's start on chosen processors, and its certain end |
//! | `usage` | the processor time that a daemon has used |
//! | `nsd`, `bogusmx`, `unbound` | daemons that both benches start |
//! | `question` | one query, to see whether a daemon answers |
//! | `figures` | medians and units |
//! | `table` | a table, in Markdown, which is readable as it is |

use std::error::Error;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use tempfile::TempDir;

pub(crate) mod address;
pub(crate) mod bogusmx;
pub(crate) mod figures;
pub(crate) mod nsd;
pub(crate) mod process;
pub(crate) mod question;
pub(crate) mod table;
pub(crate) mod unbound;
pub(crate) mod usage;

/// A bench that cannot go on says why, and ends.
pub(crate) type Outcome<T> = Result<T, Box<dyn Error>>;

/// A folder that daemons without rights can look into; it goes when dropped.
pub(crate) fn folder() -> Outcome<TempDir> {
    let folder = TempDir::with_prefix("bogusmx-bench-")?;
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755))?;
    Ok(folder)
}
