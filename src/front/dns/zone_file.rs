//! Reads a master file (RFC 1035, section 5) into the fixed names of a zone.

use std::collections::BTreeMap;

use hickory_proto::rr::{Name, Record, RecordType};
use hickory_proto::serialize::binary::{BinEncodable as _, BinEncoder, NameEncoding};
use hickory_proto::serialize::txt::Parser;
use thiserror::Error;

use crate::front::zone::{FixedNames, Rr};
use crate::verdict::Domain;

/// The zone file that is used when the configuration names none.
pub const DEFAULT: &str = include_str!("../../../zones/bogusmx.zone");

/// What is wrong with a zone file.
#[derive(Debug, Error)]
pub enum ZoneFileError {
    /// A line that is no record.
    #[error("{file}:{line}: {message}")]
    Syntax {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What the parser says.
        message: String,
    },
    /// There is no SOA, or more than one, or not at the origin.
    #[error("{file}: the zone needs one SOA record at its origin '@'")]
    Soa {
        /// The file.
        file: String,
    },
    /// A record outside the zone.
    #[error("{file}: {name} is not below the origin {origin}: write names relative to it")]
    Outside {
        /// The file.
        file: String,
        /// The name.
        name: String,
        /// The zone's origin.
        origin: Domain,
    },
    /// A record with octets that cannot be sent.
    #[error("{file}: the record at {name} cannot be encoded: {message}")]
    Encoding {
        /// The file.
        file: String,
        /// The name.
        name: String,
        /// What the encoder says.
        message: String,
    },
}

/// Reads a zone file for `origin`; names in it are relative to that.
///
/// # Errors
/// [`ZoneFileError`] names the file, and the line where the parser stopped.
pub fn read(text: &str, file: &str, origin: &Domain) -> Result<FixedNames, ZoneFileError> {
    let records = parse(text, file, origin.as_str())?;
    let mut names: BTreeMap<Box<str>, Vec<Rr>> = BTreeMap::new();
    for record in &records {
        let name = relative(&record.name, origin).ok_or_else(|| ZoneFileError::Outside {
            file: file.to_owned(),
            name: record.name.to_string(),
            origin: origin.clone(),
        })?;
        names
            .entry(name.into())
            .or_default()
            .push(encode(record, file)?);
    }
    let soas = records
        .iter()
        .filter(|record| record.record_type() == RecordType::SOA)
        .count();
    let at_origin = names.get("").into_iter().flatten();
    let mut soa = at_origin.filter(|rr| rr.rtype == u16::from(RecordType::SOA));
    match (soa.next().cloned(), soas) {
        (Some(soa), 1) => Ok(FixedNames { soa, names }),
        _ => Err(ZoneFileError::Soa {
            file: file.to_owned(),
        }),
    }
}

/// Parses a master file into its records. `origin` completes the names that do not end in a dot.
///
/// # Errors
/// [`ZoneFileError::Syntax`].
pub fn parse(text: &str, file: &str, origin: &str) -> Result<Vec<Record>, ZoneFileError> {
    let syntax = |line, message| ZoneFileError::Syntax {
        file: file.to_owned(),
        line,
        message,
    };
    let origin = Name::from_ascii(format!("{}.", origin.trim_end_matches('.')))
        .map_err(|error| syntax(1, error.to_string()))?;
    let parse = |text: &str| Parser::new(text.to_owned(), None, Some(origin.clone())).parse();
    match parse(text) {
        Ok((_, sets)) => {
            let records = sets.into_values().flat_map(|set| {
                set.records_without_rrsigs()
                    .cloned()
                    .collect::<Vec<Record>>()
            });
            Ok(records.collect())
        }
        Err(error) => {
            // The parser does not say where: it is after the longest beginning that it reads.
            let lines: Vec<&str> = text.split_inclusive('\n').collect();
            let reads = |count: &usize| {
                parse(&lines.iter().take(*count).copied().collect::<String>()).is_ok()
            };
            let good = (0..lines.len()).rev().find(reads).unwrap_or(0);
            Err(syntax(good + 1, error.to_string()))
        }
    }
}

/// The name without the origin, in lower case, without a final dot; empty at the origin itself.
fn relative(name: &Name, origin: &Domain) -> Option<String> {
    let name = name.to_ascii().to_ascii_lowercase();
    let rest = name.trim_end_matches('.').strip_suffix(origin.as_str())?;
    if rest.is_empty() {
        Some(String::new())
    } else {
        rest.strip_suffix('.').map(str::to_owned)
    }
}

fn encode(record: &Record, file: &str) -> Result<Rr, ZoneFileError> {
    let mut rdata = Vec::new();
    let mut encoder = BinEncoder::new(&mut rdata);
    // The data goes into answers of any shape, where a compressed name would point nowhere.
    encoder.set_name_encoding(NameEncoding::Uncompressed);
    record
        .data
        .emit(&mut encoder)
        .map_err(|error| ZoneFileError::Encoding {
            file: file.to_owned(),
            name: record.name.to_string(),
            message: error.to_string(),
        })?;
    Ok(Rr {
        rtype: record.record_type().into(),
        ttl: record.ttl,
        rdata: rdata.into(),
    })
}
