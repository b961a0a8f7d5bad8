//! The names that are asked for, and the zones that have them: half of the names are listed.
//!
//! On a mail server far fewer are. But a listed name costs every server as much or more than one that is not, so half of
//! each is the harder case.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::ops::Range;
use std::path::Path;

use super::ground::Outcome;
use super::ground::bogusmx::ZONE;
use super::ground::nsd::Zone;

/// Every run asks in the same order.
const SEED: u64 = 7;

/// The mail domain with a number.
pub(crate) fn domain(number: u32) -> String {
    let kind = if is_listed(number) { "listed" } else { "good" };
    format!("d{number:07}.{kind}.example")
}

/// One that is not listed, and has one exchanger with one address, as nearly all have.
pub(crate) fn plain_domain(number: u32) -> String {
    format!("d{number:07}.plain.example")
}

/// The same with hosts of its own; the upstream has `count` of them.
pub(crate) fn cold_domain(number: u32) -> String {
    format!("d{number:07}.cold.example")
}

/// Every second one is.
pub(crate) fn is_listed(number: u32) -> bool {
    number.is_multiple_of(2)
}

/// The mail domains, as the DNS has them: wildcards, so that there is no end of them.
pub(crate) fn mail_zones() -> Vec<Zone> {
    let zone = |name: &str, records: &str| Zone {
        name: format!("{name}.example"),
        records: records.to_owned(),
    };
    vec![
        zone("listed", "* MX 10 mx\nmx A 127.0.0.1\n"),
        zone(
            "good",
            "* MX 10 mx1\n* MX 20 mx2\nmx1 A 192.0.1.10\nmx2 A 192.0.1.20\n",
        ),
        zone("plain", "* MX 10 mx\nmx A 192.0.1.10\n"),
    ]
}

/// Domains that share nothing: one exchanger each, with an address in both families.
pub(crate) fn cold_zone(count: u32) -> Outcome<Zone> {
    let mut records = String::new();
    for number in 0..count {
        let [_, a, b, c] = number.to_be_bytes();
        writeln!(
            records,
            "d{number:07} MX 10 mx.d{number:07}\n\
             mx.d{number:07} A 52.{a}.{b}.{c}\n\
             mx.d{number:07} AAAA 2600:9000::{number:x}"
        )?;
    }
    Ok(Zone {
        name: "cold.example".to_owned(),
        records,
    })
}

/// The list as a zone that a name server serves.
pub(crate) fn list_zone(count: u32) -> Outcome<Zone> {
    let mut records = String::new();
    for number in (0..count).filter(|number| is_listed(*number)) {
        let name = domain(number);
        writeln!(
            records,
            "{name} A 127.0.0.2\n{name} TXT \"Domain MX in loopback network\""
        )?;
    }
    Ok(Zone {
        name: ZONE.to_owned(),
        records,
    })
}

/// The list as rbldnsd reads it.
pub(crate) fn write_dnset(file: &Path, count: u32) -> Outcome<()> {
    let mut file = BufWriter::new(File::create(file)?);
    writeln!(
        file,
        "$SOA 3600 ns.{ZONE} hostmaster.{ZONE} 1 3600 600 86400 3600\n\
         $NS 3600 ns.{ZONE}\n\
         :127.0.0.2:Domain MX in loopback network"
    )?;
    for number in (0..count).filter(|number| is_listed(*number)) {
        writeln!(file, "{}", domain(number))?;
    }
    Ok(file.flush()?)
}

/// What dnsperf asks for: the names of a range, in no order.
pub(crate) fn write_queries(
    file: &Path,
    numbers: Range<u32>,
    domain: impl Fn(u32) -> String,
) -> Outcome<()> {
    let mut numbers: Vec<u32> = numbers.collect();
    fastrand::Rng::with_seed(SEED).shuffle(&mut numbers);
    let mut file = BufWriter::new(File::create(file)?);
    for number in numbers {
        writeln!(file, "{}.{ZONE} A", domain(number))?;
    }
    Ok(file.flush()?)
}
