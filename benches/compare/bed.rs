//! What every scene has: a folder, the name servers that are looked up at, the names, and who has which processor.

use std::env;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::args::Args;
use super::ground::bogusmx::Launch;
use super::ground::nsd::Zone;
use super::ground::process::{Process, Processors, processors};
use super::ground::{Outcome, address, folder, nsd};
use super::load::{Load, Report, Until};
use super::names;

/// Everything stops when dropped, in the order of the fields.
pub(crate) struct Bed<'args> {
    pub(crate) args: &'args Args,
    pub(crate) upstream: SocketAddr,
    /// This very program.
    pub(crate) program: PathBuf,
    _upstream: Process,
    pub(crate) folder: TempDir,
}

impl<'args> Bed<'args> {
    /// Starts a name server with the zones, out of the way of the server that is measured.
    pub(crate) fn start(args: &'args Args, zones: &[Zone]) -> Outcome<Self> {
        if processors()? < 2 {
            return Err("two processors at least: one for the server, one for the load".into());
        }
        let folder = folder()?;
        let upstream = address::name_server()?;
        let process = nsd::start(folder.path(), "upstream", &Self::beside(), upstream, zones)?;
        Ok(Self {
            args,
            upstream,
            program: env::current_exe()?,
            _upstream: process,
            folder,
        })
    }

    /// The processor of the server that is measured.
    pub(crate) fn measured() -> Processors {
        Processors::range(0, 0)
    }

    /// The processor of all that is not measured.
    pub(crate) fn beside() -> Processors {
        Processors::range(1, 1)
    }

    /// The load from there, by one client.
    pub(crate) fn load(&self, server: SocketAddr) -> Load {
        Load {
            server,
            from: Self::beside(),
            edns: !self.args.no_edns,
            clients: 1,
        }
    }

    /// bogusmx, with nothing in its memory.
    pub(crate) fn bogusmx(&self, on: &Processors) -> Outcome<(Process, SocketAddr)> {
        let launch = self.launch(on, None)?;
        Ok((launch.start()?, launch.server))
    }

    /// How bogusmx runs, at an address of its own.
    pub(crate) fn launch<'a>(
        &'a self,
        on: &'a Processors,
        snapshot: Option<&'a Path>,
    ) -> Outcome<Launch<'a>> {
        Ok(Launch {
            folder: self.folder.path(),
            on,
            program: &self.args.bogusmx,
            args: &self.args.serve_args,
            server: address::name_server()?,
            upstream: self.upstream,
            snapshot,
        })
    }

    /// A file with what dnsperf asks for: the names below `count`.
    pub(crate) fn queries(&self, count: u32) -> Outcome<PathBuf> {
        let file = self.folder.path().join(format!("queries-{count}"));
        if !file.exists() {
            names::write_queries(&file, 0..count, names::domain)?;
        }
        Ok(file)
    }

    /// Asks for each of the names below `count` until the server has them all, or fails.
    pub(crate) fn warm_up(&self, server: SocketAddr, count: u32) -> Outcome<()> {
        self.warm_up_with(server, &self.queries(count)?)
    }

    /// The same with the names in a file.
    pub(crate) fn warm_up_with(&self, server: SocketAddr, queries: &Path) -> Outcome<()> {
        const UNDER_WAY: u32 = 100;
        const PASSES: u32 = 5;
        let mut last: Option<Report> = None;
        for pass in 0..PASSES {
            let report = self.load(server).run(queries, Until::All(UNDER_WAY))?;
            // The first pass may lose some, and what it has got is not proven to be kept.
            if pass > 0 && report.is_clean() {
                return Ok(());
            }
            last = Some(report);
        }
        Err(format!("{server} does not answer for all names: {last:?}").into())
    }
}
