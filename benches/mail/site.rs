//! The daemons of a mail site, and the Internet around it.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;

use super::args::{Args, Way};
use super::ground::bogusmx::{Launch, ZONE};
use super::ground::process::{Process, Processors, processors};
use super::ground::{Outcome, address, folder, nsd, unbound};
use super::relay::Relay;
use super::{domains, postfix};

/// The root, and everything below it. It stops when dropped.
pub(crate) struct Internet {
    address: SocketAddr,
    _relay: Option<Relay>,
    _nsd: Process,
    _folder: TempDir,
}

/// The site's daemons, all new. They stop when dropped.
pub(crate) struct Site {
    pub(crate) server: SocketAddr,
    pub(crate) postfix: Process,
    pub(crate) unbound: Process,
    pub(crate) bogusmx: Option<Process>,
    _folder: TempDir,
}

impl Internet {
    /// Whose name server takes so many milliseconds for an answer.
    pub(crate) fn start(args: &Args, delay: u32) -> Outcome<Self> {
        let folder = folder()?;
        let server = address::name_server()?;
        let near = if delay == 0 {
            server
        } else {
            address::name_server()?
        };
        let zones = domains::zones(near.ip(), args.domains, &args.hosts)?;
        let nsd = nsd::start(folder.path(), "nsd", &all()?, server, &zones)?;
        let far = Duration::from_millis(delay.into());
        let relay = (delay > 0).then(|| Relay::start(near, server, far));
        Ok(Self {
            address: near,
            _relay: relay.transpose()?,
            _nsd: nsd,
            _folder: folder,
        })
    }
}

impl Site {
    /// Whose Postfix asks in that way.
    pub(crate) fn start(args: &Args, way: Way, internet: &Internet) -> Outcome<Self> {
        let folder = folder()?;
        let on = all()?;
        let resolver = address::name_server()?;
        let list = address::name_server()?;
        let lines = lines(folder.path(), internet, list)?;
        let unbound = unbound::start(folder.path(), &on, resolver, &lines)?;
        let launch = Launch {
            folder: folder.path(),
            on: &on,
            program: &args.bogusmx,
            args: &args.serve_args,
            server: list,
            upstream: resolver,
            snapshot: None,
        };
        let bogusmx = way.has_list().then(|| launch.start()).transpose()?;
        let asked = if way == Way::Direct { list } else { resolver };
        let (postfix, server) = postfix::start(folder.path(), &on, way, asked.ip())?;
        Ok(Self {
            server,
            postfix,
            unbound,
            bogusmx,
            _folder: folder,
        })
    }
}

/// Everybody may run anywhere: it is processor time that is compared.
fn all() -> Outcome<Processors> {
    Ok(Processors::range(0, processors()? - 1))
}

/// What Unbound has of this site: the root, and where the list is.
fn lines(folder: &Path, internet: &Internet, list: SocketAddr) -> Outcome<String> {
    let hints = folder.join("root.hints");
    fs::write(
        &hints,
        format!(". NS ns.\nns. A {}\n", internet.address.ip()),
    )?;
    let (address, port) = (list.ip(), list.port());
    Ok(format!(
        "server:\n\
         \x20 root-hints: \"{}\"\n\
         forward-zone:\n\
         \x20 name: \"{ZONE}\"\n\
         \x20 forward-addr: {address}@{port}\n",
        hints.display()
    ))
}
