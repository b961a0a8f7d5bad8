//! Unbound: the mail site's resolver. It recurses from the tests' root, and asks the list about the list's zone with
//! the lines of `docs/resolvers/unbound.md`.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::page::Page;
use super::process::{Process, installed};
use super::{address, question};

/// The address and port that the lines for admins speak of.
const DEPLOYED: &str = "127.0.0.1@5300";

/// The running resolver. It stops when dropped.
pub(crate) struct Unbound {
    _process: Process,
    address: Ipv4Addr,
    config: PathBuf,
}

impl Unbound {
    /// Resolves at `address`, from the root server at `root` and with the list at `list`. `more` are lines that the
    /// site has in its `server:` clause.
    pub(crate) fn start(
        folder: &Path,
        address: Ipv4Addr,
        root: Ipv4Addr,
        list: SocketAddr,
        more: &str,
    ) -> Self {
        Self::start_with(folder, address, root, &snippet(list), more)
    }

    /// As `start`, with the lines for admins as somebody has changed them.
    pub(crate) fn start_with(
        folder: &Path,
        address: Ipv4Addr,
        root: Ipv4Addr,
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
        write("root.hints", &format!(". NS ns.\nns. A {root}\n"));
        write("bogusmx.conf", snippet);
        let file = write("unbound.conf", &config(&folder, address, more));
        // A copy, because Debian's AppArmor profile keeps the installed one out of temporary folders.
        let program = folder.join("unbound");
        fs::copy(installed("unbound", "unbound"), &program).expect("a writable folder");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("an own file");
        let args = ["-d", "-c", file.to_str().expect("a plain path")];
        let mut process = Process::start("unbound", &program, &args, &folder);
        process.wait_for("an answer", || {
            question::is_replied_to(address, "de.").then_some(())
        });
        Self {
            _process: process,
            address,
            config: file,
        }
    }

    pub(crate) fn address(&self) -> Ipv4Addr {
        self.address
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

/// What a site has already: a resolver for the clients on its network. Here it does not rotate answers, so that the
/// order of the MX records is the zone file's, and does not validate, because the tests' root is not signed.
fn config(folder: &Path, address: Ipv4Addr, more: &str) -> String {
    let folder = folder.display();
    format!(
        "server:\n\
         \x20 interface: {address}\n\
         \x20 port: 53\n\
         \x20 access-control: 127.0.0.0/8 allow\n\
         \x20 do-daemonize: no\n\
         \x20 username: \"\"\n\
         \x20 chroot: \"\"\n\
         \x20 pidfile: \"\"\n\
         \x20 use-syslog: no\n\
         \x20 directory: \"{folder}\"\n\
         \x20 num-threads: 1\n\
         \x20 root-hints: \"{folder}/root.hints\"\n\
         \x20 module-config: \"iterator\"\n\
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
