//! Unbound: the resolver that mail servers ask, and one of the servers that are measured.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use super::process::{Process, Processors, copied, plain};
use super::{Outcome, question};

/// Starts it at `server`, with one thread and `more` lines of configuration. It stops when dropped.
pub(crate) fn start(
    folder: &Path,
    on: &Processors,
    server: SocketAddr,
    more: &str,
) -> Outcome<Process> {
    let folder = folder.join("unbound");
    fs::create_dir_all(&folder)?;
    let file = folder.join("unbound.conf");
    fs::write(&file, config(&folder, server) + more)?;
    let program = copied("unbound", "unbound", &folder)?;
    let args = ["-d", "-c", plain(&file)?];
    let mut process = Process::start("unbound", on, &program, &args, &folder)?;
    process.wait_for("an answer", || question::ask(server, "localhost").ok())?;
    Ok(process)
}

/// Caches that are large enough for all names, and what there is no use for on loopback left out.
fn config(folder: &Path, server: SocketAddr) -> String {
    let folder = folder.display();
    let (address, port) = (server.ip(), server.port());
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
         \x20 msg-cache-size: 1g\n\
         \x20 rrset-cache-size: 1g\n\
         \x20 cache-max-negative-ttl: 86400\n\
         \x20 do-not-query-localhost: no\n\
         \x20 infra-cache-min-rtt: 1000\n\
         remote-control:\n\
         \x20 control-enable: no\n"
    )
}
