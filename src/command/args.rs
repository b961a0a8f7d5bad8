//! What was typed.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use ipnet::IpNet;

use super::address::{daemon_address, listen_address, network, server_address};
use crate::verdict::Policy;

/// Lists mail domains whose MX resolves into reserved address space, as a DNSBL computed at query
/// time.
#[derive(Debug, Parser)]
#[command(name = "bogusmx", version, about, long_about = None, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Answer DNS queries for verdicts
    Serve(ServeArgs),
    /// Explain the verdict on mail domains
    #[command(after_help = "Exit status: 0 none is listed, 1 some are, 2 undecided or error.")]
    Check(CheckArgs),
    /// Find what is wrong between mail server, resolver and list
    #[command(
        after_help = "Exit status: 0 nothing is broken, 1 something is, 2 it could not look."
    )]
    Doctor(DoctorArgs),
    /// Find mail in logs that looped or went to reserved address space, and the bounces that left
    #[command(
        after_help = "Exit status: 0 none was found, 1 some was, 2 a file could not be read, or error."
    )]
    Scan(ScanArgs),
}

/// What all commands take: the parts of the chain. Flags win over the configuration.
#[derive(Clone, Debug, Default, Args)]
pub struct ChainArgs {
    /// Configuration file (TOML); every key is optional
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Resolver to ask; repeatable [default: those of /etc/resolv.conf]
    #[arg(long, value_name = "ADDR[:PORT]", value_parser = server_address)]
    pub upstream: Vec<SocketAddr>,

    /// Name of the zone to serve [default: bogusmx.local]
    #[arg(long, value_name = "NAME")]
    pub origin: Option<String>,
}

/// What all commands that judge take.
#[derive(Clone, Debug, Default, Args)]
pub struct CommonArgs {
    /// What all commands take.
    #[command(flatten)]
    pub chain: ChainArgs,

    /// When a domain is listed: any, all or loop [default: any]
    #[arg(long)]
    pub policy: Option<Policy>,

    /// Table of addresses in Postfix's cidr format [default: reserved space]
    #[arg(long, value_name = "FILE")]
    pub table: Option<PathBuf>,
}

impl From<ChainArgs> for CommonArgs {
    fn from(chain: ChainArgs) -> Self {
        Self {
            chain,
            ..Self::default()
        }
    }
}

/// Where the daemon answers, and whom.
#[derive(Clone, Debug, Default, Args)]
pub struct AccessArgs {
    /// Address to answer on, over UDP and TCP; repeatable [default: port 5300 of 127.0.0.1 and ::1]
    #[arg(long, value_name = "ADDR:PORT", value_parser = listen_address)]
    pub listen: Vec<SocketAddr>,

    /// Network whose queries are answered; repeatable; a public address to answer on needs it
    /// [default: loopback and private networks]
    #[arg(long, value_name = "NETWORK", value_parser = network)]
    pub allow_query: Vec<IpNet>,
}

/// `bogusmx serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// What all commands that judge take.
    #[command(flatten)]
    pub common: CommonArgs,

    /// Where to answer, and whom.
    #[command(flatten)]
    pub access: AccessArgs,

    /// Answer over UDP one query at a time instead of in batches
    #[arg(long)]
    pub no_fast_path: bool,

    /// Serve a small world of our own instead of the Internet, and show what to try; FILE is a
    /// zone file of another world
    #[arg(
        long,
        value_name = "FILE",
        num_args = 0..=1,
        require_equals = true,
        conflicts_with = "upstream"
    )]
    pub demo: Option<Option<PathBuf>>,
}

/// `bogusmx check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// What all commands that judge take.
    #[command(flatten)]
    pub common: CommonArgs,

    /// Mail domains or addresses; `-` reads them from standard input, one a line
    #[arg(required = true, value_name = "DOMAIN")]
    pub domains: Vec<String>,

    /// Print JSON, one object a line
    #[arg(long)]
    pub json: bool,

    /// Ask a running bogusmx instead of looking up anything here
    #[arg(
        long,
        value_name = "ADDR[:PORT]",
        value_parser = daemon_address,
        conflicts_with_all = ["upstream", "policy", "table"]
    )]
    pub server: Option<SocketAddr>,
}

/// `bogusmx doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// What all commands take.
    #[command(flatten)]
    pub chain: ChainArgs,

    /// Print JSON, one object a line
    #[arg(long)]
    pub json: bool,

    /// Where the daemon answers, if not where the configuration says; on another host, say
    #[arg(
        long,
        value_name = "ADDR[:PORT]",
        value_parser = daemon_address,
        conflicts_with = "upstream"
    )]
    pub server: Option<SocketAddr>,
}

/// `bogusmx scan`.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[derive(Debug, Args)]
pub struct ScanArgs {
    /// What all commands that judge take.
    #[command(flatten)]
    pub common: CommonArgs,

    /// Logs of Postfix and Exim, in any order, also compressed (gz, xz, zst, bz2) or of journalctl
    /// (-o export, -o json); `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,

    /// Go on with the newest of the files as it grows, tell at once what is found, and report when
    /// stopped with Ctrl-C
    #[arg(long)]
    pub follow: bool,

    /// Look nothing up: no verdicts, and what only they could prove does not count
    #[arg(long, conflicts_with_all = ["upstream", "policy"])]
    pub no_dns: bool,

    /// Show what went on around a time, such as that of an entry in a blocklist: "2015-03-20 14:05"
    /// in this machine's time zone, or with another one, "2015-03-20 13:05Z"
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,

    /// The year of the first line, where lines have none [default: the latest that the time of the
    /// file allows]
    #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(i16).range(1970..=9998))]
    pub year: Option<i16>,

    /// Show on standard error which lines could not be read, and why
    #[arg(long)]
    pub explain: bool,

    /// Print JSON, one object, with all that the report for people leaves out
    #[arg(long, conflicts_with = "csv")]
    pub json: bool,

    /// Print CSV, one line for each recipient domain
    #[arg(long)]
    pub csv: bool,

    /// Write the report to this file as well, as a web page with a chart
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }
}
