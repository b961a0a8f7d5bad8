//! What was typed.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::verdict::Policy;

/// The port of a DNS server when none is given.
const DNS_PORT: u16 = 53;

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
}

/// What all commands that judge take. Flags win over the configuration.
#[derive(Clone, Debug, Default, Args)]
pub struct CommonArgs {
    /// Configuration file (TOML); every key is optional
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Resolver to ask; repeatable [default: those of /etc/resolv.conf]
    #[arg(long, value_name = "ADDR[:PORT]", value_parser = server_address)]
    pub upstream: Vec<SocketAddr>,

    /// Name of the zone to serve [default: bogusmx.local]
    #[arg(long, value_name = "NAME")]
    pub origin: Option<String>,

    /// When a domain is listed: any, all or loop [default: any]
    #[arg(long)]
    pub policy: Option<Policy>,

    /// Table of addresses in Postfix's cidr format [default: reserved space]
    #[arg(long, value_name = "FILE")]
    pub table: Option<PathBuf>,
}

/// `bogusmx serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// What all commands take.
    #[command(flatten)]
    pub common: CommonArgs,

    /// Address to answer on, over UDP and TCP; repeatable [default: port 5300 of 127.0.0.1 and ::1]
    #[arg(long, value_name = "ADDR:PORT", value_parser = listen_address)]
    pub listen: Vec<SocketAddr>,

    /// Serve a small world of our own instead of the Internet, and show what to try
    #[arg(long, conflicts_with = "upstream")]
    pub demo: bool,
}

/// `bogusmx check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// What all commands take.
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

/// Reads the address of a resolver; the port may be left out.
///
/// # Errors
/// Says what an address looks like.
pub fn server_address(text: &str) -> Result<SocketAddr, String> {
    with_default_port(text, DNS_PORT)
}

/// Reads the address of a running bogusmx; the port may be left out.
fn daemon_address(text: &str) -> Result<SocketAddr, String> {
    with_default_port(text, super::settings::DEFAULT_PORT)
}

fn with_default_port(text: &str, port: u16) -> Result<SocketAddr, String> {
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    let address = bare.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, port));
    address.or_else(|_| text.parse()).map_err(|_| {
        format!(
            "'{text}' is no address: write 192.0.2.1, 192.0.2.1:53, 2001:db8::1 or [2001:db8::1]:53"
        )
    })
}

/// Reads an address to listen on.
///
/// # Errors
/// Says what such an address looks like.
pub fn listen_address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        format!("'{text}' is no address with a port: write 127.0.0.1:5300 or [::1]:5300")
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn addresses_with_and_without_port() {
        let check = |text: &str, expected: &str| {
            assert_eq!(
                server_address(text).map(|address| address.to_string()),
                Ok(expected.into())
            );
        };
        check("192.0.2.1", "192.0.2.1:53");
        check("192.0.2.1:5353", "192.0.2.1:5353");
        check("::1", "[::1]:53");
        check("[::1]", "[::1]:53");
        check("[::1]:5353", "[::1]:5353");
        assert!(
            server_address("localhost")
                .unwrap_err()
                .contains("'localhost' is no address")
        );
        assert!(
            listen_address("127.0.0.1")
                .unwrap_err()
                .contains("with a port")
        );
    }
}
