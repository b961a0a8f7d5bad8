//! Reads a master file (RFC 1035, section 5) into the fixed names of a zone.

use std::str::FromStr as _;

use hickory_proto::rr::{DNSClass, Name, Record, RecordType};
use hickory_proto::serialize::binary::{BinEncodable as _, BinEncoder, NameEncoding};
use hickory_proto::serialize::txt::Parser;
use thiserror::Error;

use crate::front::zone::{FixedNames, Names, Rr};
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
        origin: String,
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
    let mut names = Names::default();
    for record in &records {
        let name = relative(&record.name, origin).ok_or_else(|| ZoneFileError::Outside {
            file: file.to_owned(),
            name: record.name.to_string(),
            origin: origin.to_string(),
        })?;
        names
            .entry(name.into_bytes().into())
            .or_default()
            .push(encode(record, file)?);
    }
    let soas = records
        .iter()
        .filter(|record| record.record_type() == RecordType::SOA)
        .count();
    let at_origin = names.get(&[][..]).into_iter().flatten();
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
    // The parser passes over a line that ends before its type; here nothing is lost.
    if let Some(line) = entries(text).find_map(|(line, words)| is_no_record(&words).then_some(line))
    {
        return Err(syntax(
            line,
            "this is no record: write NAME [TTL] TYPE VALUE".to_owned(),
        ));
    }
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

/// The entries of a master file, each with the number of its first line: lines without comments,
/// joined where parentheses are open. Words between quotes stay whole; a first word is empty where
/// the line begins with white space, which stands for the name above.
fn entries(text: &str) -> impl Iterator<Item = (usize, Vec<String>)> {
    let mut lines = text.lines().enumerate();
    std::iter::from_fn(move || {
        let (index, line) = lines.next()?;
        let mut words = Vec::new();
        let mut depth = split(line, 0, &mut words);
        while depth > 0 {
            let Some((_, line)) = lines.next() else { break };
            depth = split(line, depth, &mut words);
        }
        Some((index + 1, words))
    })
}

/// Adds the words of a line, and returns how many parentheses are open behind it.
fn split(line: &str, mut depth: usize, words: &mut Vec<String>) -> usize {
    let mut word = String::new();
    let (mut is_quoted, mut is_escaped) = (false, false);
    for character in line.chars() {
        let is_plain = is_quoted || is_escaped;
        match character {
            ';' if !is_plain => break,
            '(' | ')' | ' ' | '\t' if !is_plain => {
                if !word.is_empty() || words.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                match character {
                    '(' => depth += 1,
                    ')' => depth = depth.saturating_sub(1),
                    _ => {}
                }
            }
            _ => word.push(character),
        }
        is_quoted ^= character == '"' && !is_escaped;
        is_escaped = character == '\\' && !is_escaped;
    }
    if !word.is_empty() {
        words.push(word);
    }
    depth
}

/// Whether an entry is neither empty nor a directive, and has no type with a value behind it.
fn is_no_record(words: &[String]) -> bool {
    let Some((name, rest)) = words.split_first() else {
        return false;
    };
    let is_type = |word: &String| {
        let word = word.to_ascii_uppercase();
        RecordType::from_str(&word).is_ok() && DNSClass::from_str(&word).is_err()
    };
    let has_value = rest
        .iter()
        .position(is_type)
        .is_some_and(|at| at + 1 < rest.len());
    let is_empty = name.is_empty() && rest.is_empty();
    !is_empty && !name.starts_with('$') && !has_value
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

#[cfg(test)]
mod tests {
    use super::*;

    const SOA: &str = "@ 1h SOA ns hostmaster 1 1h 15m 1w 1h\n";

    fn read_zone(text: &str) -> Result<FixedNames, String> {
        let origin = Domain::parse("bogusmx.local").unwrap();
        read(text, "my.zone", &origin).map_err(|error| error.to_string())
    }

    fn check_error(rest: &str, expected: &str) {
        let error = read_zone(&format!("{SOA}{rest}")).unwrap_err();
        assert!(error.starts_with(expected), "{rest}: {error}");
    }

    #[test]
    fn the_shipped_zone_has_the_test_points() {
        let fixed = read_zone(DEFAULT).unwrap();
        let mut names: Vec<&[u8]> = fixed.names.keys().map(AsRef::as_ref).collect();
        names.sort_unstable();
        assert_eq!(names, [&b""[..], b"2.0.0.127", b"ns", b"test"]);
        let types: Vec<u16> = fixed.names[&b"test"[..]]
            .iter()
            .map(|record| record.rtype)
            .collect();
        assert_eq!(types, [1, 16]);
        assert_eq!(fixed.soa.rdata.last_chunk(), Some(&3600_u32.to_be_bytes()));
    }

    #[test]
    fn entries_go_over_lines_and_comments() {
        let text = "@ 1h SOA ns hostmaster ( 1 ; serial (\n 1h 15m\n 1w 1h )\n\n; nothing\n  \n\
                    $TTL 1h\nA A 127.0.0.2 ; a host called A\n  TXT \"one; (two)\"\n";
        assert_eq!(read_zone(text).unwrap().names[&b"a"[..]].len(), 2);
    }

    #[test]
    fn errors_name_the_line() {
        check_error("test 1h A 127.0.0.300\n", "my.zone:2: ");
        check_error(
            "\n; comment\ntest 1h B 127.0.0.2\n",
            "my.zone:4: this is no record",
        );
        check_error("test\n", "my.zone:2: this is no record");
        check_error(
            "test 1h IN\nnext 1h A 127.0.0.2\n",
            "my.zone:2: this is no record",
        );
        check_error("test 1h A 127.0.0.2\n \"x\n", "my.zone:3: ");
        check_error("test 1h A\n", "my.zone:2: this is no record");
        check_error(
            "test.example.org. 1h A 127.0.0.2\n",
            "my.zone: test.example.org. is not below",
        );
        check_error(
            SOA.replace(" 1 1h", " 2 1h").as_str(),
            "my.zone:2: SOA is already specified",
        );
        assert!(
            read_zone("test 1h A 127.0.0.2\n")
                .unwrap_err()
                .contains("one SOA")
        );
    }
}
