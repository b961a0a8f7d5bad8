//! rbldnsd: what most lists are served with.

use std::net::SocketAddr;

use crate::bed::Bed;
use crate::ground::bogusmx::ZONE;
use crate::ground::process::{Process, installed, plain};
use crate::ground::{Outcome, address, question};
use crate::names;

/// One that needs no right to it: rbldnsd does not run as root. If it gave that up by itself, the kernel would not end it
/// with the bench.
const PORT: u16 = 5300;
const AS_NOBODY: [&str; 5] = [
    "--reuid=nobody",
    "--regid=nogroup",
    "--clear-groups",
    "--pdeathsig",
    "keep",
];

/// Starts it with the names below `count`.
pub(super) fn start(bed: &Bed<'_>, count: u32) -> Outcome<(Process, SocketAddr)> {
    let folder = bed.folder.path();
    let server = SocketAddr::from((address::loopback()?, PORT));
    let file = format!("dnset-{count}");
    names::write_dnset(&folder.join(&file), count)?;
    let zone = format!("{ZONE}:dnset:{file}");
    let listen = format!("{}/{}", server.ip(), server.port());
    let rbldnsd = installed("rbldnsd", "rbldnsd")?;
    let mut args = AS_NOBODY.to_vec();
    // In the foreground.
    args.extend([plain(&rbldnsd)?, "-n", "-b", &listen, &zone]);
    let program = installed("setpriv", "util-linux")?;
    let mut process = Process::start("rbldnsd", &Bed::measured(), &program, &args, folder)?;
    process.wait_for("an answer", || question::ask(server, ZONE).ok())?;
    Ok((process, server))
}
