//! The daemons of these tests: NSD with the ten thousand domains, Unbound in front of it, proxies in front of that, and
//! for each fault a `bogusmx` that knows nothing yet.

use std::env;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::asking::{Tally, ask};
use super::proxy::Proxy;
use super::world::{self, Domain};
use crate::daemons::nsd::Nsd;
use crate::daemons::oracle::Oracle;
use crate::daemons::unbound::{self, Unbound};

/// Unbound as a site has it that is asked for so many names at one time.
const BUSY: &str = "num-queries-per-thread: 8192
  outgoing-range: 8192
  incoming-num-tcp: 512
  so-rcvbuf: 4m
  msg-cache-size: 64m
  rrset-cache-size: 64m";

/// Room for all domains at one time, and failures that are kept as short as RFC 9520 lets them, so that there can be
/// many in a row.
pub(super) const ROOM: &str = r#"
    evaluations = 4000
    waiting = 20000
    evaluations_per_second = 100000
    client_evaluations_per_second = 100000
    client_evaluations_burst = 100000
    undecided_min_ttl = "1s"
"#;

/// Longer than a cold start of everything takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between two times that all are asked for.
const PAUSE: Duration = Duration::from_millis(50);

/// Everything stops when dropped, in the order of the fields.
pub(super) struct Stage {
    pub(super) proxy: Proxy,
    pub(super) second: Proxy,
    _unbound: Unbound,
    pub(super) nsd: Nsd,
    folder: TempDir,
}

impl Stage {
    /// With `more` zones beside the ten thousand domains.
    pub(super) fn new(more: &[(&str, &str)]) -> Self {
        let seed = match env::var("BOGUSMX_TESTS_SEED") {
            Ok(seed) => seed.parse().expect("BOGUSMX_TESTS_SEED: a number"),
            Err(_) => fastrand::u64(..),
        };
        // Shown when the test fails.
        eprintln!("the faults again: BOGUSMX_TESTS_SEED={seed}");
        let folder = TempDir::with_prefix("bogusmx-faults-").expect("a temporary folder");
        let many = world::zone();
        let zones = [&[(world::ZONE, many.as_str())], more].concat();
        let nsd = Nsd::start(folder.path(), &zones);
        let address = unbound::future_address();
        // It asks nobody about a list: that is the other end of bogusmx.
        let unbound = Unbound::start_with(folder.path(), (address, 53).into(), &nsd, "", BUSY);
        Self {
            proxy: Proxy::new(unbound.server(), seed),
            second: Proxy::new(unbound.server(), seed ^ 1),
            _unbound: unbound,
            nsd,
            folder,
        }
    }

    /// A `bogusmx` behind the first proxy.
    pub(super) fn oracle(&self, config: &str) -> Oracle {
        self.oracle_behind(self.proxy.address(), config, &[])
    }

    /// A `bogusmx` behind both proxies.
    pub(super) fn oracle_with_two(&self, config: &str) -> Oracle {
        let second = self.second.address().to_string();
        self.oracle_behind(self.proxy.address(), config, &["--upstream", &second])
    }

    /// A `bogusmx` behind the second proxy.
    pub(super) fn oracle_behind_second(&self, config: &str) -> Oracle {
        self.oracle_behind(self.second.address(), config, &[])
    }

    fn oracle_behind(&self, upstream: SocketAddr, config: &str, more: &[&str]) -> Oracle {
        let folder: &Path = self.folder.path();
        let file = folder.join("bogusmx.toml");
        fs::write(&file, config).expect("a writable folder");
        let args = [&["--config", file.to_str().expect("a plain path")], more].concat();
        Oracle::start(folder, upstream, &args)
    }
}

/// Asks until all is known, and says how long it took; nothing false may be said meanwhile.
pub(super) fn until_all_is_right(
    server: SocketAddr,
    domains: &[&Domain],
    injected: &str,
) -> Duration {
    let start = Instant::now();
    let mut left = domains.to_vec();
    while !left.is_empty() {
        let tally: Tally<'_> = ask(server, &left);
        tally.assert_nothing_false(injected);
        left = tally.undecided;
        assert!(start.elapsed() < PATIENCE, "{injected}: {left:?}");
        thread::sleep(PAUSE);
    }
    start.elapsed()
}
