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
        Some(file) => Table::parse(&read("table", file)?, &file.to_string_lossy())?,
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

fn read(what: &'static str, file: &Path) -> Result<String, LoadError> {
    // Octets of other character sets may stand in comments; elsewhere they are an error in place.
    let text = std::fs::read(file).map(|text| String::from_utf8_lossy(&text).into_owned());
    text.map_err(|error| LoadError::Read {
        what,
        file: file.to_owned(),
        error,
    })
}
