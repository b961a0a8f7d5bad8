//! The bench that the tests work at: a daemon, an upstream with a scripted world behind it, and a client in front.

pub(crate) mod answer;
pub(crate) mod client;
pub(crate) mod daemon;
pub(crate) mod packet;
pub(crate) mod reply;
pub(crate) mod upstream;
pub(crate) mod world;

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use hickory_proto::rr::RecordType;
use nix::sched::{CloneFlags, unshare};

use answer::Answer;
use daemon::{Daemon, Launch};
use packet::Query;
use upstream::Upstream;

/// The origin that is served when a config names none.
pub(crate) const ORIGIN: &str = "bogusmx.local";

/// A public address: no table lists it, and nobody is sent anything there.
pub(crate) const GOOD: &str = "9.9.9.9";

/// The world most tests need: a domain to list, one not to list, and one that cannot be found out.
pub(crate) const THREE_ENDINGS: &str = "
    hot.de              MX   10 null.hot.de
    null.hot.de         A    127.0.0.1
    good.example        MX   10 mx.good.example
    mx.good.example     A    9.9.9.9
    dead.example        *    !servfail
";

/// Fails the test where its means are missing: a test that passes without having run asserts nothing.
pub(crate) fn needs_root(why: &str) {
    assert!(
        nix::unistd::geteuid().is_root(),
        "{why}: run the tests as root"
    );
}

/// Gives this thread, and the daemon that it starts, a loopback interface of its own, which has these
/// addresses too.
pub(crate) fn own_network(addresses: &[&str]) {
    needs_root("only root can make a network of its own");
    unshare(CloneFlags::CLONE_NEWNET).unwrap();
    let ip = |args: &[&str]| {
        let output = Command::new("ip").args(args).output();
        let output = output.expect("install iproute2");
        assert!(output.status.success(), "ip {args:?}: {output:?}");
        output.stdout
    };
    ip(&["link", "set", "lo", "up"]);
    for address in addresses {
        let nodad: &[&str] = if address.contains(':') {
            &["nodad"]
        } else {
            &[]
        };
        ip(&[&["address", "add", address, "dev", "lo"], nodad].concat());
        // The system sees to it behind our back: before that, it loses what is sent there.
        wait_until(&format!("{address} to be local"), || {
            ip(&["route", "get", address]).starts_with(b"local ")
        });
    }
}

/// A daemon over a scripted world.
pub(crate) struct Bench {
    pub(crate) upstream: Upstream,
    pub(crate) daemon: Daemon,
}

/// A bench that is not started yet.
pub(crate) struct Setup {
    upstream: Upstream,
    launch: Launch,
    config: String,
}

/// A daemon with default settings over this world.
pub(crate) fn bench(world: &str) -> Bench {
    setup(world).start()
}

/// A daemon with these lines of config over this world.
pub(crate) fn bench_with(config: &str, world: &str) -> Bench {
    setup(world).config(config).start()
}

/// A bench to be given a config, files or arguments.
pub(crate) fn setup(world: &str) -> Setup {
    let upstream = Upstream::new(world);
    let address = upstream.address().to_string();
    let launch = Launch::new().args(&["--listen", "127.0.0.1:0", "--upstream", &address]);
    // Scripted worlds have no canaries, and count every question.
    let config = "canary_interval = \"0s\"\n".to_owned();
    Setup {
        upstream,
        launch,
        config,
    }
}

impl Setup {
    pub(crate) fn config(mut self, text: &str) -> Self {
        if text.contains("canary_interval") {
            self.config.clear();
        }
        self.config.push_str(text);
        self
    }

    pub(crate) fn file(mut self, file: &str, text: impl AsRef<[u8]>) -> Self {
        self.launch = self.launch.file(file, text);
        self
    }

    pub(crate) fn args(mut self, args: &[&str]) -> Self {
        self.launch = self.launch.args(args);
        self
    }

    pub(crate) fn environment(mut self, name: &str, value: &str) -> Self {
        self.launch = self.launch.environment(name, value);
        self
    }

    /// As [`Launch::inside`].
    pub(crate) fn inside(mut self, script: &str) -> Self {
        self.launch = self.launch.inside(script);
        self
    }

    pub(crate) fn start(self) -> Bench {
        Bench {
            upstream: self.upstream,
            daemon: self.launch.config(&self.config).start(),
        }
    }
}

impl Bench {
    pub(crate) fn address(&self) -> SocketAddr {
        self.daemon.address()
    }

    /// Asks for a mail domain below the origin, or for an absolute name when it ends in a dot. UDP, with EDNS.
    pub(crate) fn ask(&self, domain: &str, record_type: RecordType) -> Answer {
        client::over_udp(self.address(), &question(domain, record_type))
    }

    /// Asks as [`Bench::ask`] does, over a TCP connection of its own.
    pub(crate) fn ask_over_tcp(&self, domain: &str, record_type: RecordType) -> Answer {
        client::over_tcp(self.address(), &question(domain, record_type))
    }

    /// Asks again and again until the verdict is this one.
    pub(crate) fn becomes(&self, domain: &str, verdict: &str) {
        wait_until(&format!("{domain} -> {verdict}"), || {
            self.ask(domain, RecordType::A).verdict() == verdict
        });
    }

    /// Checks lines of `DOMAIN -> VERDICT`, all of them, and reports every one that differs.
    ///
    /// Verdicts are `listed`, which is `listed 127.0.0.2`, another code, `listed: TEXT` for the TXT,
    /// `not listed`, `undecided`, `nxdomain`, `refused`.
    pub(crate) fn expect(&self, table: &str) {
        let mut differences = String::new();
        let lines = table.lines().map(str::trim);
        for line in lines.filter(|line| !line.is_empty()) {
            let (domain, verdict) = line.split_once("->").expect("DOMAIN -> VERDICT");
            let (domain, verdict) = (domain.trim(), verdict.trim());
            let record_type = match verdict.starts_with("listed:") {
                true => RecordType::TXT,
                false => RecordType::A,
            };
            let wanted = match verdict {
                "listed" => "listed 127.0.0.2",
                other => other,
            };
            let said = self.ask(domain, record_type).verdict();
            if said != wanted {
                writeln!(differences, "{domain}: expected {wanted}, got {said}").unwrap();
            }
        }
        assert!(
            differences.is_empty(),
            "\n{differences}asked upstream: {:#?}\nlog:\n{}",
            self.upstream.asked(),
            self.daemon.log()
        );
    }
}

/// Calls `done` until it says so, with a breath between the calls so that the daemon gets its share of the processor.
pub(crate) fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let patience = Instant::now() + Duration::from_secs(15);
    while !done() {
        assert!(Instant::now() < patience, "waited in vain: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// The query for a mail domain below the origin, or for an absolute name when it ends in a dot.
pub(crate) fn question(domain: &str, record_type: RecordType) -> Query {
    let absolute = domain.ends_with('.') && !domain.ends_with("\\.");
    match absolute {
        true => Query::new(domain, record_type),
        false => Query::new(&format!("{domain}.{ORIGIN}"), record_type),
    }
}

/// `names` as MX lines of one domain, at preferences 1, 2, 3 and so on, with an address for each.
pub(crate) fn mx_set(domain: &str, addresses: impl IntoIterator<Item = String>) -> String {
    let mut world = String::new();
    for (at, address) in (1..).zip(addresses) {
        writeln!(world, "{domain} MX {at} mx{at}.{domain}").unwrap();
        writeln!(world, "mx{at}.{domain} A {address}").unwrap();
    }
    world
}

/// An alias of `links` CNAMEs from `owner` to an address.
pub(crate) fn cname_chain(owner: &str, links: usize, address: &str) -> String {
    let mut world = String::new();
    let mut alias = owner.to_owned();
    for link in 1..=links {
        let target = format!("link{link}.{owner}");
        writeln!(world, "{alias} CNAME {target}").unwrap();
        alias = target;
    }
    writeln!(world, "{alias} A {address}").unwrap();
    world
}

/// The command that serves: as it is, or without its fast path if `tests/run` tests that one.
pub(crate) fn serve() -> &'static [&'static str] {
    match std::env::var("BOGUSMX_TESTS_PATH").as_deref() {
        Err(_) => &["serve"],
        Ok("plain") => &["serve", "--no-fast-path"],
        Ok(other) => panic!("BOGUSMX_TESTS_PATH={other}: set it to 'plain', or not at all"),
    }
}
