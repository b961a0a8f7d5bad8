//! Unbound: the mail site's resolver. It recurses from the tests' root, and asks the list about the list's zone with
//! the lines of `docs/resolvers/unbound.md`.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use super::nsd::Nsd;
use super::page::Page;
use super::process::{Process, copied};
use super::{address, question};

/// The address and port that the lines for admins speak of.
const DEPLOYED: &str = "127.0.0.1@5300";

/// The running resolver. It stops when dropped.
pub(crate) struct Unbound {
    process: Process,
    server: SocketAddr,
    config: PathBuf,
}

impl Unbound {
    /// Resolves at `address`, from the root of `internet`, and with the list at `list`. `more` are lines that the
    /// site has in its `server:` clause.
    pub(crate) fn start(
        folder: &Path,
        address: Ipv4Addr,
        internet: &Nsd,
        list: SocketAddr,
        more: &str,
    ) -> Self {
        Self::start_with(folder, (address, 53).into(), internet, &snippet(list), more)
    }

    /// As `start`, with the lines for admins as somebody has changed them.
    pub(crate) fn start_with(
        folder: &Path,
        server: SocketAddr,
        internet: &Nsd,
        snippet: &str,
        more: &str,
    ) -> Self {
        let folder = folder.join("unbound");
        fs::create_dir(&folder).expect("a writable folder");
        let write = |name: &str, text: &str| {
            let file = folder.join(name);
            fs::write(&file, text).expect("a writable folder");
            file
        };
        write(
            "root.hints",
            &format!(". NS ns.\nns. A {}\n", internet.address()),
        );
        write("bogusmx.conf", snippet);
        let file = write("unbound.conf", &config(&folder, server, internet, more));
        let program = copied("unbound", "unbound", &folder);
        let args = ["-d", "-c", file.to_str().expect("a plain path")];
        let mut process = Process::start("unbound", &program, &args, &folder);
        process.wait_for("an answer", || {
            question::is_replied_to(server, "de.").then_some(())
        });
        Self {
            process,
            server,
            config: file,
        }
    }

    /// Where it answers.
    pub(crate) fn server(&self) -> SocketAddr {
        self.server
    }

    /// What runs, for who needs no more of it.
    pub(crate) fn into_process(self) -> Process {
        self.process
    }

    /// Its unbound.conf.
    pub(crate) fn config(&self) -> &Path {
        &self.config
    }
}

/// Where the resolver of a site that is about to start will be.
pub(crate) fn future_address() -> Ipv4Addr {
    address::loopback()
}

/// What a site has already: a resolver for the clients on its network. It validates, as Debian's does; and it does not
/// rotate answers, so that the order of the MX records is the zone file's.
fn config(folder: &Path, server: SocketAddr, internet: &Nsd, more: &str) -> String {
    let folder = folder.display();
    let (address, port) = (server.ip(), server.port());
    let anchor = &internet.anchor().ds;
    format!(
        "server:\n\
         \x20 interface: {address}\n\
         \x20 port: {port}\n\
         \x20 access-control: 127.0.0.0/8 allow\n\
         \x20 do-daemonize: no\n\
         \x20 username: \"\"\n\
         \x20 chroot: \"\"\n\
         \x20 pidfile: \"\"\n\
         \x20 use-syslog: no\n\
         \x20 directory: \"{folder}\"\n\
         \x20 num-threads: 1\n\
         \x20 root-hints: \"{folder}/root.hints\"\n\
         \x20 module-config: \"validator iterator\"\n\
         \x20 trust-anchor: \"{anchor}\"\n\
         \x20 rrset-roundrobin: no\n\
         \x20 do-not-query-localhost: no\n\
         \x20 {more}\n\
         remote-control:\n\
         \x20 control-enable: no\n\
         include: \"{folder}/bogusmx.conf\"\n"
    )
}

/// The lines for admins, with the list at its address in this test.
pub(crate) fn snippet(list: SocketAddr) -> String {
    let list = format!("{}@{}", list.ip(), list.port());
    Page::read("resolvers/unbound.md").file_with(
        "/etc/unbound/unbound.conf.d/bogusmx.conf",
        &[(DEPLOYED, &list)],
    )
}
