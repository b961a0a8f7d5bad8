//! A host with everything that the doctor looks at: NSD for the Internet, Unbound, the list, and a Postfix that is only
//! configured. Nothing of it is the machine's own: the doctor runs in a mount namespace.

use std::fs::{self, Permissions};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::daemons::address;
use crate::daemons::nsd::Nsd;
use crate::daemons::oracle::Oracle;
use crate::daemons::page::Page;
use crate::daemons::unbound::{self, Unbound};
use crate::support::needs_root;

/// A name of the world with a reserved address.
pub(super) const CANARY: &str = "null.hot.de";

/// The check that looks at the clock.
pub(super) const LATENCY: &str = "latency";

/// Puts the host's files over the machine's.
const IN_NAMESPACE: &str = "folder=$1; shift
mount --bind \"$folder/resolv.conf\" /etc/resolv.conf
mount --bind \"$folder/nsswitch.conf\" /etc/nsswitch.conf
mount --bind \"$folder/unbound.conf\" /etc/unbound/unbound.conf
export MAIL_CONFIG=\"$folder\"
exec \"$@\"";

const MASTER_CF: &str =
    "smtp inet n - n - - smtpd\n127.0.0.1:10025 inet n - n - - smtpd\n  -o content_filter=\n";

/// The host. Everything stops when dropped, in the order of the fields.
pub(super) struct Host {
    oracle: Option<Oracle>,
    unbound: Unbound,
    _nsd: Nsd,
    folder: TempDir,
}

/// What the doctor found.
#[derive(Debug)]
pub(super) struct Findings {
    pub(super) status: Option<i32>,
    all: Vec<Value>,
}

impl Host {
    /// As the pages for admins have it.
    pub(super) fn healthy() -> Self {
        Self::with_unbound(str::to_owned, "")
    }

    /// Whose Unbound has the lines for admins as `change` leaves them, and `more` lines in its `server:` clause.
    pub(super) fn with_unbound(change: impl Fn(&str) -> String, more: &str) -> Self {
        Self::new(change, more, |resolver| resolver)
    }

    /// Where bogusmx asks whom `upstream` says, given the host's own resolver.
    pub(super) fn with_upstream(upstream: impl Fn(SocketAddr) -> SocketAddr) -> Self {
        Self::new(str::to_owned, "", upstream)
    }

    fn new(
        change: impl Fn(&str) -> String,
        more: &str,
        upstream: impl Fn(SocketAddr) -> SocketAddr,
    ) -> Self {
        needs_root("Unbound on port 53, and a mount namespace");
        let folder = TempDir::with_prefix("bogusmx-doctor-").expect("a temporary folder");
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("an own folder");
        let nsd = Nsd::start(folder.path(), &[]);
        let resolver = unbound::future_address();
        let upstream = upstream((resolver, 53).into());
        let oracle = Oracle::start(folder.path(), upstream, &[]);
        let snippet = change(&unbound::snippet(oracle.address()));
        let unbound =
            Unbound::start_with(folder.path(), (resolver, 53).into(), &nsd, &snippet, more);
        let host = Self {
            oracle: Some(oracle),
            unbound,
            _nsd: nsd,
            folder,
        };
        host.write("nsswitch.conf", "hosts: files dns\n");
        host.write(
            "main.cf",
            &Page::read("mail/postfix.md").file("/etc/postfix/main.cf"),
        );
        host.write("master.cf", MASTER_CF);
        host.names_resolver(resolver);
        let daemon = host.daemon();
        host.write(
            "bogusmx.toml",
            &format!("listen = [\"{daemon}\"]\ncanary = [\"{CANARY}\"]\n"),
        );
        host
    }

    /// Where the daemon answers, or did.
    pub(super) fn daemon(&self) -> SocketAddr {
        self.oracle.as_ref().expect("a running list").address()
    }

    /// Where the resolver answers.
    pub(super) fn resolver(&self) -> IpAddr {
        self.unbound.server().ip()
    }

    /// Stops the list, and nothing else.
    pub(super) fn stop_daemon(&mut self) {
        self.oracle = None;
    }

    /// Writes a file of the host.
    pub(super) fn write(&self, file: &str, text: &str) {
        fs::write(self.folder.path().join(file), text).expect("a writable folder");
    }

    /// Puts a resolver into resolv.conf.
    pub(super) fn names_resolver(&self, resolver: impl Into<IpAddr>) {
        self.write("resolv.conf", &format!("nameserver {}\n", resolver.into()));
    }

    /// The folder of its files.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What the doctor finds with its configuration and `args`.
    pub(super) fn examine(&self, args: &[&str]) -> Findings {
        Findings::read(&self.doctor(&[&["--json"], args].concat()))
    }

    /// What the doctor tells people: its output and exit status.
    pub(super) fn doctor(&self, args: &[&str]) -> (String, Option<i32>) {
        self.run("", args)
    }

    /// As `doctor`, after a shell script in a network of its own.
    pub(super) fn examine_elsewhere(&self, script: &str, args: &[&str]) -> Findings {
        Findings::read(&self.run(script, &[&["--json"], args].concat()))
    }

    fn run(&self, script: &str, args: &[&str]) -> (String, Option<i32>) {
        let folder = self.folder.path();
        fs::copy(self.unbound.config(), folder.join("unbound.conf")).expect("its configuration");
        // With the doctor as the first process in there: what the script has started ends with it.
        let network: &[&str] = if script.is_empty() {
            &[]
        } else {
            &["--net", "--pid", "--fork", "--kill-child"]
        };
        let output = Command::new("unshare")
            .arg("--mount")
            .args(network)
            .args(["sh", "-ec", &format!("{script}\n{IN_NAMESPACE}"), "sh"])
            .arg(folder)
            .args([env!("CARGO_BIN_EXE_bogusmx"), "doctor", "--config"])
            .arg(folder.join("bogusmx.toml"))
            .args(args)
            .env_remove("CLICOLOR_FORCE")
            .stdin(Stdio::null())
            .output()
            .expect("unshare: apt-get install util-linux");
        let complaints = String::from_utf8_lossy(&output.stderr);
        let said = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(complaints.is_empty(), "{complaints}\n{said}");
        (said, output.status.code())
    }
}

impl Findings {
    fn read((said, status): &(String, Option<i32>)) -> Self {
        let lines = said.lines();
        let all = lines.map(|line| serde_json::from_str(line).expect("JSON"));
        Self {
            status: *status,
            all: all.collect(),
        }
    }

    /// Everything that is not fine, as `check state: seen | mend`; but for how long things took, which a busy machine
    /// decides.
    pub(super) fn troubles(&self) -> Vec<String> {
        let mut troubles = self.lines(|state| state != "ok");
        troubles.retain(|line| !line.starts_with(LATENCY));
        troubles
    }

    /// That this took too long, with this word in what to do about it.
    #[track_caller]
    pub(super) fn expect_slow(&self, what: &str, mend: &str) {
        let slow = self.lines(|state| state == "warn");
        let is_it = |line: &&String| line.starts_with(LATENCY) && line.contains(what);
        let line = slow.iter().find(is_it);
        let line = line.unwrap_or_else(|| panic!("{what} is not slow: {:#?}", self.all));
        assert!(line.contains(mend), "not '{mend}': {line}");
    }

    /// What was said of one kind of thing.
    pub(super) fn of(&self, check: &str) -> Vec<String> {
        let mut lines = self.lines(|_| true);
        lines.retain(|line| line.starts_with(check));
        lines
    }

    /// That there is exactly one trouble of this kind, which says this, and what to do with this word in it.
    #[track_caller]
    pub(super) fn expect(&self, check: &str, seen: &str, mend: &str) {
        let troubles = self.troubles();
        let of_it: Vec<_> = troubles
            .iter()
            .filter(|line| line.starts_with(check))
            .collect();
        let [only] = of_it.as_slice() else {
            panic!("not one trouble of {check}: {:#?}", self.lines(|_| true));
        };
        let (said, advice) = only.split_once(" | ").expect("a line of ours");
        assert!(said.contains(seen), "not '{seen}': {only}");
        assert!(advice.contains(mend), "not '{mend}': {only}");
    }

    fn lines(&self, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let text =
            |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
        let wanted = self
            .all
            .iter()
            .filter(|finding| wanted(&text(finding, "state")));
        wanted
            .map(|finding| {
                let [check, state, seen, mend] =
                    ["check", "state", "seen", "mend"].map(|key| text(finding, key));
                format!("{check} {state}: {seen} | {mend}")
            })
            .collect()
    }
}

/// An address that nobody answers on.
pub(super) fn nobody() -> Ipv4Addr {
    address::loopback()
}

/// The text without the lines that contain `what`, of which there must be some.
pub(super) fn without(text: &str, what: &str) -> String {
    let (gone, kept): (Vec<_>, Vec<_>) = text.lines().partition(|line| line.contains(what));
    assert!(!gone.is_empty(), "no line with {what}");
    kept.join("\n") + "\n"
}
