//! The servers that are measured, each with the same names in it.

mod rbldnsd;
mod recursor;

use std::net::SocketAddr;

use clap::ValueEnum;

use super::bed::Bed;
use super::ground::bogusmx::{Launch, ZONE};
use super::ground::process::Process;
use super::ground::question::{self, Reply};
use super::ground::{Outcome, address, nsd, unbound};
use super::{memory, names};

/// What there is to compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// Sends back what it gets: the floor that the kernel sets.
    Echo,
    /// Serves lists of names out of files.
    Rbldnsd,
    /// The program at hand.
    Bogusmx,
    /// The same without its fast path.
    Plain,
    /// A name server.
    Nsd,
    /// A resolver, with the names in its cache.
    Unbound,
    /// PowerDNS Recursor, likewise.
    Recursor,
}

/// A server that runs, and has the names. It stops when dropped.
pub(crate) struct Rival {
    pub(crate) kind: Kind,
    pub(crate) server: SocketAddr,
    pub(crate) process: Process,
    /// What each name that it holds takes.
    pub(crate) octets_a_name: Option<f64>,
    /// Whom a resolver has its answers from.
    _source: Option<Process>,
}

impl Kind {
    /// As the table names it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Echo => "UDP echo (recvmmsg, sendmmsg)",
            Self::Rbldnsd => "rbldnsd",
            Self::Bogusmx => "bogusmx",
            Self::Plain => "bogusmx --no-fast-path",
            Self::Nsd => "NSD",
            Self::Unbound => "Unbound, cached",
            Self::Recursor => "PowerDNS Recursor, cached",
        }
    }

    /// Starts it with the names below `count`.
    pub(crate) fn start(self, bed: &Bed<'_>, count: u32) -> Outcome<Rival> {
        let listed = count.div_ceil(2);
        let rival = match self {
            Self::Echo => {
                let server = address::name_server()?;
                let args = ["--echo", &server.to_string()];
                let folder = bed.folder.path();
                let on = Bed::measured();
                let mut process = Process::start("echo", &on, &bed.program, &args, folder)?;
                process.wait_for("an echo", || question::ask(server, ZONE).ok())?;
                Rival::new(self, server, process)
            }
            Self::Rbldnsd => with_and_without(self, listed, |count| rbldnsd::start(bed, count))?,
            Self::Nsd => with_and_without(self, listed, |count| list(bed, count, "nsd"))?,
            Self::Bogusmx => {
                let (process, server) = bed.bogusmx(&Bed::measured())?;
                Rival::new(self, server, process).warmed_up(bed, count)?
            }
            Self::Plain => {
                let on = Bed::measured();
                let more = ["--no-fast-path".to_owned()];
                let args = [bed.args.serve_args.as_slice(), &more].concat();
                let launch = Launch {
                    args: &args,
                    ..bed.launch(&on, None)?
                };
                Rival::new(self, launch.server, launch.start()?).warmed_up(bed, count)?
            }
            Self::Unbound => {
                let (source, list) = list_beside(bed)?;
                let server = address::name_server()?;
                let lines = format!(
                    "stub-zone:\n  name: \"{ZONE}\"\n  stub-addr: {}@{}\n",
                    list.ip(),
                    list.port()
                );
                let process = unbound::start(bed.folder.path(), &Bed::measured(), server, &lines)?;
                let mut rival = Rival::new(self, server, process);
                rival._source = Some(source);
                rival.warmed_up(bed, count)?
            }
            Self::Recursor => {
                let (source, list) = list_beside(bed)?;
                let (process, server) = recursor::start(bed, list)?;
                let mut rival = Rival::new(self, server, process);
                rival._source = Some(source);
                rival.warmed_up(bed, count)?
            }
        };
        rival.check()?;
        Ok(rival)
    }
}

impl Rival {
    fn new(kind: Kind, server: SocketAddr, process: Process) -> Self {
        Self {
            kind,
            server,
            process,
            octets_a_name: None,
            _source: None,
        }
    }

    /// Fills the memory, and notes what it takes.
    fn warmed_up(mut self, bed: &Bed<'_>, count: u32) -> Outcome<Self> {
        let before = memory::octets(self.process.pid()?)?;
        bed.warm_up(self.server, count)?;
        let after = memory::octets(self.process.pid()?)?;
        self.octets_a_name = Some(octets_each(before, after, count)?);
        Ok(self)
    }

    /// A server that answers wrongly must not win.
    fn check(&self) -> Outcome<()> {
        for number in [0, 1] {
            let name = format!("{}.{ZONE}", names::domain(number));
            let reply = question::ask(self.server, &name)?;
            let is_right = if self.kind == Kind::Echo {
                true
            } else if names::is_listed(number) {
                reply
                    == Reply {
                        code: 0,
                        answers: 1,
                    }
            } else {
                reply.answers == 0 && [0, 3].contains(&reply.code)
            };
            if !is_right {
                return Err(format!("{}: {name}: {reply:?}", self.kind.title()).into());
            }
        }
        Ok(())
    }
}

/// Servers of files: one without the names, only to see what memory it takes, then one with them.
fn with_and_without(
    kind: Kind,
    count: u32,
    start: impl Fn(u32) -> Outcome<(Process, SocketAddr)>,
) -> Outcome<Rival> {
    let (process, _) = start(1)?;
    let without = memory::octets(process.pid()?)?;
    drop(process);
    let (process, server) = start(count * 2)?;
    let with = memory::octets(process.pid()?)?;
    let mut rival = Rival::new(kind, server, process);
    rival.octets_a_name = Some(octets_each(without, with, count)?);
    Ok(rival)
}

fn octets_each(before: u64, after: u64, count: u32) -> Outcome<f64> {
    let kib = u32::try_from(after.saturating_sub(before) / 1024)?;
    Ok(f64::from(kib) * 1024.0 / f64::from(count))
}

/// NSD with the list, to be measured.
fn list(bed: &Bed<'_>, count: u32, name: &str) -> Outcome<(Process, SocketAddr)> {
    let server = address::name_server()?;
    let zones = [names::list_zone(count)?];
    let on = Bed::measured();
    let process = nsd::start(bed.folder.path(), name, &on, server, &zones)?;
    Ok((process, server))
}

/// NSD with the list, for a resolver to ask.
fn list_beside(bed: &Bed<'_>) -> Outcome<(Process, SocketAddr)> {
    let server = address::name_server()?;
    let zones = [names::list_zone(bed.args.names)?];
    let on = Bed::beside();
    let name = format!("list-{server}");
    let process = nsd::start(bed.folder.path(), &name, &on, server, &zones)?;
    Ok((process, server))
}
