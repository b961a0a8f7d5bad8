//! The program under test, `bogusmx serve`, behind and in front of the site's resolver.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use super::address;
use super::process::{Process, SECONDS_MAX, installed};
use crate::support::serve;

/// The running list server. It stops when dropped.
pub(crate) struct Oracle {
    _process: Process,
    address: SocketAddr,
}

impl Oracle {
    /// Starts it with the resolver at `upstream`, which need not be there yet, and `args`.
    pub(crate) fn start(folder: &Path, upstream: SocketAddr, args: &[&str]) -> Self {
        let listen = SocketAddr::from((address::loopback(), 0));
        Self::start_at(listen, folder, upstream, args)
    }

    /// As `start`, at an address of one's choice.
    pub(crate) fn start_at(
        listen: SocketAddr,
        folder: &Path,
        upstream: SocketAddr,
        args: &[&str],
    ) -> Self {
        let (listen, upstream) = (listen.to_string(), upstream.to_string());
        let program = env!("CARGO_BIN_EXE_bogusmx");
        // timeout hands the signal on that stops it.
        let timeout = installed("timeout", "coreutils");
        let mut all = vec![SECONDS_MAX, program];
        all.extend(serve());
        all.extend(["--listen", &listen, "--upstream", &upstream]);
        all.extend(args);
        // The tests' Internet knows no canaries, and what is asked for first is remembered.
        let quiet = folder.join("bogusmx.toml").display().to_string();
        if !args.contains(&"--config") {
            fs::write(&quiet, "canary_interval = \"0s\"\n").expect("a file can be written");
            all.extend(["--config", &quiet]);
        }
        let mut process = Process::start("bogusmx", &timeout, &all, folder);
        let output = folder.join("bogusmx.out");
        let address = process.wait_for("the ready line", || {
            let text = fs::read_to_string(&output).ok()?;
            let line = text
                .lines()
                .find_map(|line| line.strip_prefix("bogusmx ready on "))?;
            line.split(' ').next()?.parse().ok()
        });
        Self {
            _process: process,
            address,
        }
    }

    /// Where it answers, over UDP and TCP.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}
