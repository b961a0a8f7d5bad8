//! Loads what the zones are made of: tables and zone files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use thiserror::Error;

use super::settings::Origin;
use crate::front::dns::zone_file::{self, ZoneFileError};
use crate::front::zone::Zone;
use crate::verdict::table::TableError;
use crate::verdict::{Rules, Table};

/// A file that a zone needs and that cannot be used.
#[derive(Debug, Error)]
pub(super) enum LoadError {
    /// It cannot be read.
    #[error("{}: cannot read the {what}: {error}", file.display())]
    Read {
        /// Table or zone file.
        what: &'static str,
        /// The file.
        file: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The table is wrong.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The table lists nothing and exempts nothing, which nobody writes a table for.
    #[error("{}: no row: the table is empty, and nothing would be listed; leave 'table' out for the table that \
             is compiled in", .0.display())]
    NoRow(PathBuf),
    /// The zone file is wrong.
    #[error(transparent)]
    ZoneFile(#[from] ZoneFileError),
}

/// Loads a zone.
///
/// # Errors
/// [`LoadError`] names the file, and where in it.
pub(super) fn load(origin: &Origin) -> Result<Zone, LoadError> {
    let fixed = match &origin.zone {
        None => zone_file::read(zone_file::DEFAULT, "bogusmx.zone", &origin.name)?,
        Some(file) => zone_file::read(
            &read("zone file", file)?,
            &file.to_string_lossy(),
            &origin.name,
        )?,
    };
    Ok(Zone {
        origin: origin.name.clone(),
        fixed,
        not_listed: origin.not_listed,
        undecided: origin.undecided,
        rules: ArcSwap::from_pointee(rules(origin)?),
    })
}

/// Loads what a zone's verdicts are judged by.
///
/// # Errors
/// [`LoadError`] names the file, and where in it.
pub(super) fn rules(origin: &Origin) -> Result<Rules, LoadError> {
    let table = match &origin.table {
        None => Table::reserved(),
        Some(file) => {
            let table = Table::parse(&read("table", file)?, &file.to_string_lossy())?;
            if table.rows().is_empty() {
                return Err(LoadError::NoRow(file.clone()));
            }
            table
        }
    };
    Ok(Rules {
        table: Arc::new(table),
        policy: origin.policy,
    })
}

/// Reads the tables of all zones again, and puts them in force if all of them can be.
///
/// # Errors
/// [`LoadError`]; then nothing has changed.
pub(super) fn reload(origins: &[Origin], zones: &[Zone]) -> Result<(), LoadError> {
    let fresh = origins.iter().map(rules).collect::<Result<Vec<_>, _>>()?;
    for (zone, rules) in zones.iter().zip(fresh) {
        zone.rules.store(Arc::new(rules));
    }
    Ok(())
}

/// Says what is in force.
pub(super) fn announce(origins: &[Origin], zones: &[Zone]) {
    for (origin, zone) in origins.iter().zip(zones) {
        let table = match &origin.table {
            None => "the table that is compiled in".to_owned(),
            Some(file) => file.display().to_string(),
        };
        let rows = zone.rules.load().table.rows().len();
        let policy = origin.policy.as_str();
        tracing::info!(
            "zone {}: policy {policy}, {table} with {rows} rows",
            origin.name
        );
    }
}

/// Warns of tables that can be read at the start, but not by the user that this process has become.
pub(super) fn warn_of_unreadable(origins: &[Origin], user: &str) {
    for file in origins.iter().filter_map(|origin| origin.table.as_ref()) {
        if let Err(error) = std::fs::File::open(file) {
            tracing::warn!(
                "{}: SIGHUP will not be able to read the table as the user '{user}': {error}",
                file.display()
            );
        }
    }
}

fn read(what: &'static str, file: &Path) -> Result<String, LoadError> {
    // Octets of other character sets may stand in comments; elsewhere they are an error in place.
    let text = std::fs::read(file).map(|text| String::from_utf8_lossy(&text).into_owned());
    text.map_err(|error| LoadError::Read {
        what,
        file: file.to_owned(),
        error,
    })
}
