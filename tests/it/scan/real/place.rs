//! A network of its own, with the name servers of the tests' world, and the mail servers of others.

use std::fs::{self, Permissions};
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::log::Log;
use super::mail::Mail;
use super::others::Server;
use super::told::Told;
use crate::daemons::nsd::Nsd;
use crate::daemons::unbound::{self, Unbound};
use crate::support::own_network;

/// Those that are not loopback: what the world's exchangers have, a client's, and two of the own network.
const ADDRESSES: [&str; 9] = [
    "149.112.112.112",
    "192.0.1.10",
    "192.0.1.20",
    "192.0.1.30",
    "192.0.1.99",
    "2620:fe::25",
    "192.0.1.77",
    "10.1.0.5",
    "10.1.0.25",
];

/// What mail servers have as hosts file: the names of clients.
pub(super) const HOSTS: &str = "127.0.0.1 localhost\n192.0.1.77 client.example.net\n";

/// Longer than a mail server takes for all that a test sends.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks at the log.
const PAUSE: Duration = Duration::from_millis(20);

/// The network. What runs in it stops when dropped, in the order of the fields.
pub(super) struct Place {
    unbound: Unbound,
    _nsd: Nsd,
    folder: TempDir,
}

impl Place {
    /// Moves the test there, and all that it starts.
    pub(super) fn new() -> Self {
        own_network(&ADDRESSES);
        let folder = TempDir::with_prefix("bogusmx-scan-").expect("a temporary folder");
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("an own folder");
        let nsd = Nsd::start(folder.path(), &[]);
        let resolver = (unbound::future_address(), 53).into();
        let unbound = Unbound::start_with(folder.path(), resolver, &nsd, "", "");
        for (address, server) in servers() {
            let address: IpAddr = address.parse().expect("an address");
            server.listen((address, 25));
        }
        Self {
            unbound,
            _nsd: nsd,
            folder,
        }
    }

    /// A folder for more daemons' files.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// That the report says of a log what has become of these mails, once it has: without look-ups, and with them.
    #[track_caller]
    pub(super) fn expect(&self, file: &Path, log: &dyn Fn() -> Log, mails: &[Mail]) {
        let start = Instant::now();
        let mut last = log();
        while let Some(mail) = mails.iter().find(|mail| !mail.is_over(&last)) {
            let is_late = start.elapsed() > PATIENCE;
            assert!(!is_late, "waited in vain for {mail:#?}\n{}", last.text);
            thread::sleep(PAUSE);
            last = log();
        }
        for resolver in [None, Some(self.resolver())] {
            let said = Told::by_program(file, resolver);
            let expected = Told::by_senders(mails, &last, resolver.is_some());
            assert_eq!(said, expected, "{}", last.text);
        }
    }

    /// Where the resolver answers.
    pub(super) fn resolver(&self) -> SocketAddr {
        self.unbound.server()
    }
}

/// The mail servers of others, and where they are.
fn servers() -> [(&'static str, Server); 8] {
    [
        ("149.112.112.112", Server::taking("mail.godetia.com")),
        ("192.0.1.10", Server::taking("mx.takes.parties")),
        (
            "192.0.1.20",
            Server::saying("mx.refuses.parties", "550 5.1.1 no such user"),
        ),
        (
            "192.0.1.30",
            Server::saying("mx.defers.parties", "450 4.7.1 come back later"),
        ),
        ("2620:fe::25", Server::taking("mx.six.parties")),
        ("127.0.0.7", Server::taking("mx.echo.parties")),
        ("10.1.0.25", Server::taking("inside.company.de")),
        // Has the name of the mail server itself.
        ("127.0.0.6", Server::taking("web.company.de")),
    ]
}
