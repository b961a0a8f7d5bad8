//! The root zone signed, as the real one is: so it proves that there is no `local`. And zones below it that are signed as
//! well, on whose way nobody can change anything unseen.

use std::fmt::Write as _;
use std::fs;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Command;

use super::process::installed;

/// What a validating resolver must know of the root.
#[derive(Clone, Debug)]
pub(crate) struct Anchor {
    /// `. IN DNSKEY ...`
    pub(crate) dnskey: String,
    /// `. IN DS ...`
    pub(crate) ds: String,
}

/// How a zone is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signing {
    /// Not at all.
    Unsigned,
    /// Denials name the names that there are.
    Nsec,
    /// Denials name their hashes.
    Nsec3,
    /// Denials name hashes that cost more than a validator should pay (RFC 9276, section 3.2).
    Nsec3Often,
    /// Signed, and its loopback addresses changed afterwards.
    Broken,
}

/// A zone that is delegated from the root, or from the zone above it in a list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Zone {
    pub(crate) name: &'static str,
    pub(crate) records: &'static str,
    pub(crate) signing: Signing,
}

/// Writes zones into `folder`, for a server at `address`, and their delegations into the zones above, `root.zone`
/// among them. Gives each zone's name and file. The lower ones come first.
pub(crate) fn write(folder: &Path, address: Ipv4Addr, zones: &[Zone]) -> Vec<(String, String)> {
    let mut texts: Vec<(&str, String)> = Vec::new();
    for zone in zones {
        let name = zone.name;
        let text = format!(
            "$ORIGIN {name}.\n$TTL 300\n@ SOA ns hostmaster 1 3600 600 86400 60\n@ NS ns\nns A {address}\n{}",
            zone.records
        );
        texts.push((name, text));
    }
    for (index, zone) in zones.iter().enumerate() {
        let (name, file) = (zone.name, format!("{}.zone", zone.name));
        fs::write(folder.join(&file), &texts[index].1).expect("a writable folder");
        let mut delegation = format!("{name}. NS ns.{name}.\nns.{name}. A {address}\n");
        if let Some(ds) = sign(folder, name, zone.signing) {
            writeln!(delegation, "{ds}").expect("a string");
        }
        let parent = texts[index + 1..]
            .iter_mut()
            .find(|(parent, _)| name.ends_with(&format!(".{parent}")));
        match parent {
            Some((_, text)) => text.push_str(&delegation),
            None => {
                let root = folder.join("root.zone");
                let text = fs::read_to_string(&root).expect("the root zone");
                fs::write(root, text + &delegation).expect("a writable folder");
            }
        }
    }
    let file = |zone: &Zone| (zone.name.to_owned(), format!("{}.zone", zone.name));
    zones.iter().map(file).collect()
}

/// Signs a zone in place, if it is to be, and gives its DS records.
fn sign(folder: &Path, name: &str, signing: Signing) -> Option<String> {
    let more: &[&str] = match signing {
        Signing::Unsigned => return None,
        Signing::Nsec | Signing::Broken => &[],
        Signing::Nsec3 => &["-3", "-", "-H", "0"],
        Signing::Nsec3Often => &["-3", "-", "-H", "120"],
    };
    let file = format!("{name}.zone");
    let anchor = sign_zone(folder, name, &file, more);
    if signing == Signing::Broken {
        let signed = fs::read_to_string(folder.join(&file)).expect("the zone");
        let broken = signed.replace("127.0.0.1", "127.0.0.9");
        assert_ne!(signed, broken, "{name} has nothing to break");
        fs::write(folder.join(&file), broken).expect("a writable folder");
    }
    Some(anchor.ds)
}

/// Signs `folder/root.zone` in place, with a key of its own.
pub(crate) fn sign_root(folder: &Path) -> Anchor {
    sign_zone(folder, ".", "root.zone", &[])
}

/// Signs a file in place, with a key of its own.
fn sign_zone(folder: &Path, zone: &str, file: &str, more: &[&str]) -> Anchor {
    let key = run(
        "dnssec-keygen",
        &["-q", "-a", "ECDSAP256SHA256", "-f", "KSK", zone],
        folder,
    );
    let key = format!("{}.key", key.trim());
    let mut args = vec!["-q", "-S", "-z", "-P", "-o", zone, "-f", file];
    args.extend(more);
    args.push(file);
    run("dnssec-signzone", &args, folder);
    let ds = run("dnssec-dsfromkey", &["-2", &key], folder);
    let key = fs::read_to_string(folder.join(key)).expect("the public key");
    let is_record = |line: &&str| !line.starts_with(';');
    Anchor {
        dnskey: key.lines().find(is_record).expect("a record").to_owned(),
        ds: ds.trim().to_owned(),
    }
}

fn run(program: &str, args: &[&str], folder: &Path) -> String {
    let output = Command::new(installed(program, "bind9-utils"))
        .args(args)
        .current_dir(folder)
        .output()
        .expect("an installed program");
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}: {complaints}");
    String::from_utf8(output.stdout).expect("ASCII")
}
