//! Loads what the zones are made of: tables and zone files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use thiserror::Error;

use super::settings::Origin;
use crate::front::dns::zone_file::{self, ZoneFileError};
use crate::front::zone::Zone;
use crate::verdict::local::{DOMAIN_TEXT, HOST_TEXT, NameList, NamesError};
use crate::verdict::table::TableError;
use crate::verdict::{Local, Rules, Table};

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
    /// A list of names is wrong.
    #[error(transparent)]
    Names(#[from] NamesError),
    /// A list had exceptions and has nothing in it now, as if it had been cut off.
    #[error("{}: no name where there were exceptions: to have none on purpose, leave a line in it that lists \
             something, or restart", .0.display())]
    Emptied(PathBuf),
    /// The own addresses are named, and no domain whose mail belongs there.
    #[error(
        "self: every domain whose mail comes here would be listed, your own ones too: name those in \
             'domain_list', one !.domain a line"
    )]
    NobodyHosted,
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
        local: Arc::new(local(origin)?),
    })
}

/// Loads what the operator says by name and of own addresses.
fn local(origin: &Origin) -> Result<Local, LoadError> {
    let names = |what, file: &Option<PathBuf>, text| match file {
        None => Ok(NameList::default()),
        Some(file) => {
            let list = NameList::parse(&read(what, file)?, &file.to_string_lossy(), text)?;
            Ok::<_, LoadError>(list)
        }
    };
    let domains = names("domain list", &origin.domain_list, DOMAIN_TEXT)?;
    let hosts = names("host list", &origin.host_list, HOST_TEXT)?;
    let local = Local::new(domains, hosts, &origin.own);
    if !origin.own.is_empty() && !local.domains.has_exceptions() {
        return Err(LoadError::NobodyHosted);
    }
    Ok(local)
}

/// Reads the tables and lists of all zones again, and puts them in force if all of them can be.
///
/// # Errors
/// [`LoadError`]; then nothing has changed.
pub(super) fn reload(origins: &[Origin], zones: &[Zone]) -> Result<(), LoadError> {
    let fresh = origins.iter().map(rules).collect::<Result<Vec<_>, _>>()?;
    for ((origin, zone), rules) in origins.iter().zip(zones).zip(&fresh) {
        let before = &zone.rules.load().local;
        check_not_emptied(&origin.domain_list, &before.domains, &rules.local.domains)?;
        check_not_emptied(&origin.host_list, &before.hosts, &rules.local.hosts)?;
    }
    for (zone, rules) in zones.iter().zip(fresh) {
        zone.rules.store(Arc::new(rules));
    }
    Ok(())
}

/// Refuses an empty list in place of one with exceptions: those would be listed from one moment to the
/// next. Whoever writes a list empties it first.
fn check_not_emptied(
    file: &Option<PathBuf>,
    before: &NameList,
    now: &NameList,
) -> Result<(), LoadError> {
    match file {
        Some(file) if now.is_empty() && before.has_exceptions() => {
            Err(LoadError::Emptied(file.clone()))
        }
        _ => Ok(()),
    }
}

/// Says what is in force.
pub(super) fn announce(origins: &[Origin], zones: &[Zone]) {
    for (origin, zone) in origins.iter().zip(zones) {
        let table = match &origin.table {
            None => "the table that is compiled in".to_owned(),
            Some(file) => file.display().to_string(),
        };
        let rules = zone.rules.load();
        let rows = rules.table.rows().len();
        let policy = origin.policy.as_str();
        let lists = [
            ("domain list", &rules.local.domains),
            ("host list", &rules.local.hosts),
        ];
        let named = lists
            .into_iter()
            .filter(|(_, list)| !list.source().is_empty());
        let named = named
            .map(|(what, list)| format!(", {what} {} with {} names", list.source(), list.len()));
        let named: String = named.collect();
        tracing::info!(
            "zone {}: policy {policy}, {table} with {rows} rows{named}",
            origin.name
        );
    }
}

/// Warns of files that can be read at the start, but not by the user that this process has become.
pub(super) fn warn_of_unreadable(origins: &[Origin], user: &str) {
    for file in origins.iter().flat_map(Origin::reloaded_files) {
        if let Err(error) = std::fs::File::open(file) {
            tracing::warn!(
                "{}: SIGHUP will not be able to read it as the user '{user}': {error}",
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
