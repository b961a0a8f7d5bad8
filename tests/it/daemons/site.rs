//! A mail site with everything that it needs, on addresses of its own: NSD for the Internet, Unbound for the site,
//! the list, and Postfix.

use std::fs::{self, Permissions};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::nsd::Nsd;
use super::oracle::Oracle;
use super::postfix::Postfix;
use super::smtp::Session;
use super::unbound::{self, Unbound};
use crate::support::upstream::Upstream;

/// A network with name servers and the list, but without a mail server. Everything stops when dropped, in the order
/// of the fields.
pub(crate) struct Network {
    oracle: Option<Oracle>,
    unbound: Unbound,
    _nsd: Nsd,
    _upstream: Option<Upstream>,
    folder: TempDir,
}

/// A network with a mail server.
pub(crate) struct Site {
    postfix: Postfix,
    network: Network,
}

impl Network {
    /// Whose list is `bogusmx` with `table`.
    pub(crate) fn with_oracle(table: &Path) -> Self {
        let folder = folder();
        let nsd = Nsd::start(folder.path(), &[]);
        let resolver = unbound::future_address();
        let args = ["--table", table.to_str().expect("a plain path")];
        let oracle = Oracle::start(folder.path(), (resolver, 53).into(), &args);
        let unbound = Unbound::start(folder.path(), resolver, &nsd, oracle.address(), "");
        Self {
            oracle: Some(oracle),
            unbound,
            _nsd: nsd,
            _upstream: None,
            folder,
        }
    }

    /// Whose list is `bogusmx`, and knows the `script`'s world, which takes its time.
    pub(crate) fn with_slow_world(script: &str) -> Self {
        let folder = folder();
        let nsd = Nsd::start(folder.path(), &[]);
        let upstream = Upstream::new(script);
        // What the world takes its time for is one question, so let it.
        let config = folder.path().join("bogusmx.toml");
        fs::write(&config, "query_timeout = \"5s\"\n").expect("a writable folder");
        let args = ["--config", config.to_str().expect("a plain path")];
        let oracle = Oracle::start(folder.path(), upstream.address(), &args);
        let resolver = unbound::future_address();
        let unbound = Unbound::start(folder.path(), resolver, &nsd, oracle.address(), "");
        Self {
            oracle: Some(oracle),
            unbound,
            _nsd: nsd,
            _upstream: Some(upstream),
            folder,
        }
    }

    /// Whose list is the text of a zone, served by NSD, and whose resolver has `more` lines in its configuration.
    pub(crate) fn with_list(zone: &str, more: &str) -> Self {
        let folder = folder();
        let nsd = Nsd::start(folder.path(), &[("bogusmx.local", zone)]);
        let resolver = unbound::future_address();
        let list = (nsd.address(), 53).into();
        let unbound = Unbound::start(folder.path(), resolver, &nsd, list, more);
        Self {
            oracle: None,
            unbound,
            _nsd: nsd,
            _upstream: None,
            folder,
        }
    }

    /// Where `bogusmx` itself answers.
    pub(crate) fn oracle(&self) -> SocketAddr {
        self.oracle.as_ref().expect("a running list").address()
    }

    /// Stops `bogusmx`, and nothing else.
    pub(crate) fn stop_oracle(&mut self) {
        self.oracle = None;
    }

    /// Starts it again at `address`, where it was, with the shipped table.
    pub(crate) fn return_oracle(&mut self, address: SocketAddr) {
        let oracle = Oracle::start_at(address, self.folder.path(), self.resolver(), &[]);
        self.oracle = Some(oracle);
    }

    /// A folder for more daemons' files.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where the resolver answers.
    pub(crate) fn resolver(&self) -> SocketAddr {
        self.unbound.server()
    }
}

impl Site {
    /// Whose list is `bogusmx`, with `table` both there and in Postfix.
    pub(crate) fn with_oracle(table: &Path) -> Self {
        Self::on(Network::with_oracle(table), table)
    }

    /// Whose list is the text of a zone, served by NSD.
    pub(crate) fn with_list(zone: &str, table: &Path) -> Self {
        Self::on(Network::with_list(zone, ""), table)
    }

    fn on(network: Network, table: &Path) -> Self {
        let resolver = network.unbound.server();
        Self {
            postfix: Postfix::start(network.folder.path(), resolver.ip(), table),
            network,
        }
    }

    /// Where `bogusmx` itself answers.
    pub(crate) fn oracle(&self) -> SocketAddr {
        self.network.oracle()
    }

    /// Stops `bogusmx`, and nothing else.
    pub(crate) fn stop_oracle(&mut self) {
        self.network.stop_oracle();
    }

    /// What Postfix replies to each recipient when it asks the list.
    pub(crate) fn replies_with_list(&self, recipients: &[String]) -> Vec<String> {
        replies(Session::open(self.postfix.with_list()), recipients)
    }

    /// What Postfix replies to each recipient when it asks its own table.
    pub(crate) fn replies_with_table(&self, recipients: &[String]) -> Vec<String> {
        replies(Session::open(self.postfix.with_table()), recipients)
    }

    /// What Postfix has logged.
    pub(crate) fn mail_log(&self) -> String {
        self.postfix.log()
    }
}

/// The table of the seed, as it was published.
pub(crate) fn seed_table() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/daemons/seed.cidr")
}

/// The table that the program ships.
pub(crate) fn shipped_table() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("zones/reserved.cidr")
}

fn replies(mut session: Session, recipients: &[String]) -> Vec<String> {
    let replies = recipients
        .iter()
        .map(|recipient| session.recipient(recipient))
        .collect();
    session.close();
    replies
}

/// A folder that daemons without rights can look into.
fn folder() -> TempDir {
    let folder = TempDir::with_prefix("bogusmx-neighbours-").expect("a temporary folder");
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("an own folder");
    folder
}
