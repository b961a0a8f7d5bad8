//! The Internet as the tests know it: a root, top-level domains, and mail domains below them.
//!
//! Each file `world/NAME.zone` is the top-level domain NAME, as a master file without SOA and NS. A comment behind a
//! record says what the list must answer for the record's owner with the shipped table and the policy `any`:
//! `; listed: TEXT`, `; not listed` or `; undecided`. A line of its own, `; NAME ; VERDICT`, says it of a name
//! that has no record. Names are relative to the top-level domain.

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

/// A mail domain, and what the list must say of it.
#[derive(Clone, Debug)]
pub(crate) struct Domain {
    pub(crate) name: String,
    pub(crate) verdict: Verdict,
}

/// What the list says of a mail domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// With the text of its TXT record.
    Listed(String),
    NotListed,
    Undecided,
}

/// Every domain of the world that has a verdict, in the order of the files.
pub(crate) fn domains() -> Vec<Domain> {
    top_level_domains()
        .iter()
        .flat_map(|tld| {
            let text = zone_text(tld);
            let domains = text.lines().filter_map(|line| domain(line, tld));
            domains.collect::<Vec<_>>()
        })
        .collect()
}

/// Writes the master files into `folder`, for a server at `address`: pairs of a zone and its file.
pub(crate) fn write(folder: &Path, address: Ipv4Addr) -> Vec<(String, String)> {
    let mut root = head(".", address);
    // Names in the root itself: a top-level domain that answers with the name collision marker.
    root.push_str("collision. A 127.0.53.53\n");
    let mut zones = Vec::new();
    for tld in top_level_domains() {
        root.push_str(&format!("{tld}. NS ns.{tld}.\nns.{tld}. A {address}\n"));
        let records = zone_text(&tld).replace("@NSD@", &address.to_string());
        let text = head(&format!("{tld}."), address) + &records;
        zones.push(write_zone(folder, &tld, &text));
    }
    // A zone without a file, which NSD answers for with SERVFAIL.
    zones.push(("lame.failing".to_owned(), "missing.zone".to_owned()));
    let (_, file) = write_zone(folder, "root", &root);
    zones.push((".".to_owned(), file));
    zones
}

/// Writes a zone's master file: the pair of the zone and its file.
pub(crate) fn write_zone(folder: &Path, zone: &str, text: &str) -> (String, String) {
    let file = format!("{zone}.zone");
    fs::write(folder.join(&file), text).expect("a writable folder");
    (zone.to_owned(), file)
}

/// What every zone begins with.
fn head(origin: &str, address: Ipv4Addr) -> String {
    let dot = if origin == "." { "" } else { "." };
    format!(
        "$ORIGIN {origin}\n$TTL 300\n\
         @ SOA ns{dot}{origin} hostmaster{dot}{origin} 1 3600 600 86400 60\n\
         @ NS ns{dot}{origin}\nns{dot}{origin} A {address}\n"
    )
}

fn top_level_domains() -> Vec<String> {
    let files = fs::read_dir(data()).expect("the folder of the zone files");
    let mut names: Vec<_> = files
        .map(|entry| entry.expect("a folder that can be read").file_name())
        .filter_map(|file| Some(file.to_str()?.strip_suffix(".zone")?.to_owned()))
        .collect();
    names.sort();
    names
}

fn zone_text(tld: &str) -> String {
    fs::read_to_string(data().join(format!("{tld}.zone"))).expect("a zone file")
}

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/daemons/world")
}

/// The domain that a line gives a verdict for.
fn domain(line: &str, tld: &str) -> Option<Domain> {
    let (records, comment) = line.rsplit_once("; ")?;
    let verdict = match comment.trim() {
        "not listed" => Verdict::NotListed,
        "undecided" => Verdict::Undecided,
        text => Verdict::Listed(text.strip_prefix("listed: ")?.to_owned()),
    };
    let owner = records.trim_start_matches("; ").split_whitespace().next()?;
    Some(Domain {
        name: format!("{owner}.{tld}"),
        verdict,
    })
}
