//! PowerDNS Recursor, which keeps whole answers in a cache.

use std::fs;
use std::net::SocketAddr;

use crate::bed::Bed;
use crate::ground::bogusmx::ZONE;
use crate::ground::process::{Process, installed, plain};
use crate::ground::{Outcome, address, question};

/// Starts it, to ask the `list` about the zone.
pub(super) fn start(bed: &Bed<'_>, list: SocketAddr) -> Outcome<(Process, SocketAddr)> {
    let folder = bed.folder.path().join("recursor");
    fs::create_dir_all(&folder)?;
    let server = address::name_server()?;
    let text = config(&folder.display().to_string(), server, list);
    fs::write(folder.join("recursor.conf"), text)?;
    let program = installed("pdns_recursor", "pdns-recursor")?;
    let args = format!("--config-dir={}", plain(&folder)?);
    let mut process = Process::start("recursor", &Bed::measured(), &program, &[&args], &folder)?;
    process.wait_for("an answer", || question::ask(server, ZONE).ok())?;
    Ok((process, server))
}

/// One thread, caches that are large enough, and no questions of its own to the Internet.
fn config(folder: &str, server: SocketAddr, list: SocketAddr) -> String {
    let (address, port) = (server.ip(), server.port());
    format!(
        "daemon=no\n\
         local-address={address}\n\
         local-port={port}\n\
         socket-dir={folder}\n\
         setuid=\n\
         setgid=\n\
         threads=1\n\
         pdns-distributes-queries=no\n\
         max-cache-entries=10000000\n\
         max-packetcache-entries=10000000\n\
         packetcache-ttl=86400\n\
         max-negative-ttl=86400\n\
         forward-zones={ZONE}={list}\n\
         security-poll-suffix=\n\
         hint-file=no\n\
         quiet=yes\n\
         loglevel=3\n"
    )
}
