//! NSD: the authoritative server for the root and everything below it.

use std::fmt::Write as _;
use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use super::process::{Process, installed};
use super::signing::{Anchor, Zone, sign_root};
use super::{address, question, signing, world};

/// The running server. It stops when dropped.
pub(crate) struct Nsd {
    process: Process,
    folder: PathBuf,
    address: Ipv4Addr,
    anchor: Anchor,
}

impl Nsd {
    /// Serves the world, and `more`: pairs of a zone and its text.
    pub(crate) fn start(folder: &Path, more: &[(&str, &str)]) -> Self {
        Self::start_with(folder, more, &[])
    }

    /// As `start`, with zones below the signed root that may be signed as well.
    pub(crate) fn start_with(folder: &Path, more: &[(&str, &str)], signed: &[Zone]) -> Self {
        let folder = folder.join("nsd");
        fs::create_dir(&folder).expect("a writable folder");
        let address = address::loopback();
        let mut zones = world::write(&folder, address);
        for (zone, text) in more {
            zones.push(world::write_zone(&folder, zone, text));
        }
        zones.extend(signing::write(&folder, address, signed));
        let anchor = sign_root(&folder);
        let file = folder.join("nsd.conf");
        fs::write(&file, config(&folder, address, &zones)).expect("a writable folder");
        let program = installed("nsd", "nsd");
        let args = ["-d", "-c", file.to_str().expect("a plain path")];
        let mut process = Process::start("nsd", &program, &args, &folder);
        process.wait_for("an answer", || {
            question::is_answered((address, 53).into(), ".").then_some(())
        });
        Self {
            process,
            folder,
            address,
            anchor,
        }
    }

    /// Serves another text of a zone from now on, or from soon on.
    pub(crate) fn change(&self, zone: &str, text: &str) {
        world::write_zone(&self.folder, zone, text);
        self.process.reload();
    }

    pub(crate) fn address(&self) -> Ipv4Addr {
        self.address
    }

    /// The key that the root is signed with.
    pub(crate) fn anchor(&self) -> &Anchor {
        &self.anchor
    }
}

/// One process without rights to give up, and no limit on the answers to one client: all come from Unbound.
fn config(folder: &Path, address: Ipv4Addr, zones: &[(String, String)]) -> String {
    let folder = folder.display();
    let mut text = format!(
        "server:\n\
         \x20 ip-address: {address}@53\n\
         \x20 username: \"\"\n\
         \x20 zonesdir: \"{folder}\"\n\
         \x20 database: \"\"\n\
         \x20 pidfile: \"\"\n\
         \x20 xfrdfile: \"{folder}/xfrd.state\"\n\
         \x20 zonelistfile: \"{folder}/zone.list\"\n\
         \x20 server-count: 1\n\
         \x20 rrl-ratelimit: 0\n\
         remote-control:\n\
         \x20 control-enable: no\n"
    );
    for (zone, file) in zones {
        writeln!(text, "zone:\n  name: \"{zone}\"\n  zonefile: \"{file}\"").expect("a string");
    }
    text
}
