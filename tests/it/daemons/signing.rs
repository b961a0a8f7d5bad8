//! The root zone signed, as the real one is: so it proves that there is no `local`.

use std::fs;
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

/// Signs `folder/root.zone` in place, with a key of its own.
pub(crate) fn sign_root(folder: &Path) -> Anchor {
    let key = run(
        "dnssec-keygen",
        &["-q", "-a", "ECDSAP256SHA256", "-f", "KSK", "."],
        folder,
    );
    let key = format!("{}.key", key.trim());
    let file = "root.zone";
    run(
        "dnssec-signzone",
        &["-q", "-S", "-z", "-P", "-o", ".", "-f", file, file],
        folder,
    );
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
