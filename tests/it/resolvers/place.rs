//! Where a resolver stands: the Internet behind it with a signed root, the list beside it, and what it is told to do.

use std::cell::RefCell;
use std::fs::{self, Permissions};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use tempfile::TempDir;

use super::asking::ZONE;
use crate::daemons::address;
use crate::daemons::nsd::Nsd;
use crate::daemons::oracle::Oracle;
use crate::daemons::page::Page;
use crate::daemons::process::Process;
use crate::daemons::question;
use crate::daemons::unbound::Unbound;
use crate::support::upstream::Upstream;

/// The folders of those that resolve.
const RECURSOR: &str = "recursor";
const RESOLVER: &str = "resolver";

/// Starts a resolver at its place.
pub(crate) type Start = fn(&Place) -> Process;

/// What could come between the list and who asks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Habit {
    /// Asks for the parents first, and believes what they say (RFC 9156, RFC 8020).
    Minimises,
    /// Writes names in mixed case, and expects them back so.
    MixesCase,
    /// Believes only what is signed where the root says that it must be (RFC 4035).
    Validates,
    /// Takes loopback addresses out of answers.
    Protects,
}

/// Everything but the resolver.
pub(crate) struct Place {
    pub(super) server: SocketAddr,
    zone: &'static str,
    habits: Vec<Habit>,
    /// Those that the resolver can have.
    known: RefCell<Vec<Habit>>,
    /// What lines of the page contain that somebody has left out.
    left_out: Vec<&'static str>,
    pub(super) nsd: Nsd,
    /// For those that do not recurse themselves.
    recursor: Unbound,
    list: SocketAddr,
    /// Whom the list asks.
    pub(super) upstream: SocketAddr,
    folder: TempDir,
}

/// A place with a list and a running resolver. Everything stops when dropped, in the order of the fields.
pub(crate) struct Site {
    _resolver: Process,
    oracle: Option<Oracle>,
    place: Place,
    upstream: Upstream,
}

impl Site {
    /// With a list that knows the `script`'s world, the resolver having these habits.
    pub(super) fn new(start: Start, script: &str, habits: &[Habit]) -> Self {
        Self::without(start, script, habits, &[])
    }

    /// As `without`, with a zone of another name than the pages'.
    pub(super) fn in_zone(
        zone: &'static str,
        start: Start,
        script: &str,
        habits: &[Habit],
        left_out: &[&'static str],
    ) -> Self {
        Self::start(free(), zone, start, script, habits, left_out, "")
    }

    /// As `without`, with lines of the list's configuration.
    pub(super) fn with_list_setting(
        start: Start,
        script: &str,
        habits: &[Habit],
        left_out: &[&'static str],
        setting: &str,
    ) -> Self {
        Self::start(free(), ZONE, start, script, habits, left_out, setting)
    }

    /// As `new`, with the lines of the page that contain any of `left_out` left out.
    pub(super) fn without(
        start: Start,
        script: &str,
        habits: &[Habit],
        left_out: &[&'static str],
    ) -> Self {
        Self::start(free(), ZONE, start, script, habits, left_out, "")
    }

    /// As `without`, on the port where programs ask that know no other.
    pub(crate) fn on_port_53(
        start: Start,
        script: &str,
        habits: &[Habit],
        left_out: &[&'static str],
    ) -> Self {
        let server = (address::loopback(), 53).into();
        Self::start(server, ZONE, start, script, habits, left_out, "")
    }

    fn start(
        server: SocketAddr,
        zone: &'static str,
        start: Start,
        script: &str,
        habits: &[Habit],
        left_out: &[&'static str],
        setting: &str,
    ) -> Self {
        let folder = TempDir::with_prefix("bogusmx-resolvers-").expect("a temporary folder");
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("an own folder");
        let upstream = Upstream::new(script);
        // What the world takes its time for is one question, so let it.
        let config = folder.path().join("bogusmx.toml");
        let name = "mx-list.example.com";
        let origin = Page::read("resolvers/README.md")
            .file_with("/etc/bogusmx/bogusmx.toml", &[(name, zone)]);
        let settings = format!("query_timeout = \"5s\"\n{setting}{origin}");
        fs::write(&config, settings).expect("a writable folder");
        let config = config.to_str().expect("a plain path");
        let args = ["--config", config];
        let oracle = Oracle::start(folder.path(), upstream.address(), &args);
        let nsd = Nsd::start(folder.path(), &[]);
        for name in [RECURSOR, RESOLVER] {
            fs::create_dir(folder.path().join(name)).expect("a writable folder");
        }
        let recursor = (address::loopback(), 53).into();
        let recursor = Unbound::start_with(&folder.path().join(RECURSOR), recursor, &nsd, "", "");
        let place = Place {
            server,
            zone,
            habits: habits.to_vec(),
            known: RefCell::default(),
            left_out: left_out.to_vec(),
            nsd,
            recursor,
            list: oracle.address(),
            upstream: upstream.address(),
            folder,
        };
        let mut resolver = start(&place);
        for habit in habits {
            let known = place.known.borrow();
            assert!(
                known.contains(habit),
                "a habit that it cannot have: {habit:?}"
            );
        }
        resolver.wait_for("an answer", || {
            question::is_replied_to(place.server, "de.").then_some(())
        });
        Self {
            _resolver: resolver,
            oracle: Some(oracle),
            place,
            upstream,
        }
    }

    /// Where the resolver answers.
    pub(crate) fn server(&self) -> SocketAddr {
        self.place.server
    }

    /// Where the list answers, or will again.
    pub(crate) fn list(&self) -> SocketAddr {
        self.place.list
    }

    /// Stops the list, and nothing else.
    pub(super) fn stop_list(&mut self) {
        self.oracle = None;
    }

    /// Starts the list where it was.
    pub(super) fn return_list(&mut self) {
        let (folder, upstream) = (self.place.folder.path(), self.upstream.address());
        self.oracle = Some(Oracle::start_at(self.place.list, folder, upstream, &[]));
    }
}

impl Place {
    /// The folder of the resolver's files.
    pub(super) fn folder(&self) -> PathBuf {
        self.folder.path().join(RESOLVER)
    }

    pub(super) fn has(&self, habit: Habit) -> bool {
        self.known.borrow_mut().push(habit);
        self.habits.contains(&habit)
    }

    /// Says that the resolver has these habits in any case.
    pub(super) fn always(&self, habits: &[Habit]) {
        self.known.borrow_mut().extend(habits);
    }

    /// One of the two, by whether it has the habit.
    pub(super) fn either<'t>(&self, habit: Habit, with: &'t str, without: &'t str) -> &'t str {
        if self.has(habit) { with } else { without }
    }

    /// Where somebody recurses for those that do not.
    pub(super) fn recursor(&self) -> IpAddr {
        self.recursor.server().ip()
    }

    /// A file of a page, with the list where it is here, written as `ADDRESS(separator)PORT`.
    pub(super) fn file(&self, page: &str, file: &str, separator: &str) -> String {
        let list = format!("{}{separator}{}", self.list.ip(), self.list.port());
        let written = format!("127.0.0.1{separator}5300");
        let text = Page::read(page).file_with(file, &[(&written, &list)]);
        self.leave_out(&text)
    }

    /// A file of a page that does not name the list.
    pub(super) fn plain_file(&self, page: &str, file: &str) -> String {
        self.leave_out(&Page::read(page).file(file))
    }

    /// The lines that somebody has not left out, with the zone's name here.
    pub(super) fn leave_out(&self, text: &str) -> String {
        let is_kept = |line: &&str| !self.left_out.iter().any(|word| line.contains(word));
        let kept: String = text
            .lines()
            .filter(is_kept)
            .flat_map(|line| [line, "\n"])
            .collect();
        let (_, parent) = self.zone.split_once('.').unwrap_or_default();
        kept.replace(ZONE, self.zone)
            .replace("\"local.\"", &format!("\"{parent}.\""))
    }

    /// Writes a file of the resolver's.
    pub(super) fn write(&self, file: &str, text: &str) -> PathBuf {
        let file = self.folder().join(file);
        fs::write(&file, text).expect("a writable folder");
        file
    }

    /// The root servers, as a hints file has them.
    pub(super) fn hints(&self) -> String {
        format!(". 300 NS ns.\nns. 300 A {}\n", self.nsd.address())
    }
}

/// An address of the only interface, because BIND listens on no other.
fn free() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, address::port()).into()
}
