//! `bogusmx serve --demo`: a small world to try the daemon on, without the Internet.
//!
//! The world is a master file, served by an authoritative server of hickory's on a port of its own.
//! The oracle asks it as it would ask any resolver, over a socket.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use hickory_net::runtime::TokioRuntimeProvider;
use hickory_proto::rr::{LowerName, Name, RData, RecordType};
use hickory_server::Server;
use hickory_server::store::in_memory::InMemoryZoneHandler;
use hickory_server::zone_handler::{AxfrPolicy, Catalog, ZoneType};
use thiserror::Error;
use tokio::net::{TcpListener, UdpSocket};

use super::print;
use crate::front::dns::client::{self, ClientError, Said};
use crate::front::dns::zone_file::{self, ZoneFileError};
use crate::verdict::Domain;
use crate::verdict::domain::Unfit;

/// The world, unless a file of another one is named.
const WORLD: &str = include_str!("../../zones/demo.zone");

/// A log of mail to that world, where the program is run in its own repository.
const LOG: &str = "zones/demo.log";

/// How long an idle TCP connection of the world stays open.
const TCP_IDLE: Duration = Duration::from_secs(5);

/// Octets of answers that one such connection may have waiting.
const TCP_BUFFER_OCTETS: usize = 4096;

/// How often a port is tried until one is free for both UDP and TCP.
const PORT_TRIES: usize = 16;

/// Why the demo cannot run.
#[derive(Debug, Error)]
pub(super) enum DemoError {
    #[error(transparent)]
    World(#[from] ZoneFileError),
    #[error("{}: cannot read the demo's world: {error}", file.display())]
    Read { file: PathBuf, error: io::Error },
    #[error("the demo's {name} has a TXT record, but is no mail domain: {why}")]
    Name { name: String, why: Unfit },
    #[error("the demo's world cannot be served: {0}")]
    Bind(io::Error),
    #[error("the demo cannot ask itself: {0}")]
    Client(#[from] Box<ClientError>),
}

/// The world, being served.
pub(super) struct Demo {
    address: SocketAddr,
    /// The mail domains to show, each with what is odd about it.
    domains: Vec<(Domain, String)>,
    _server: Server<Catalog>,
}

impl Demo {
    /// Reads the world and begins to serve it on a port of 127.0.0.1.
    pub(super) async fn start(file: Option<&Path>) -> Result<Self, DemoError> {
        let mut records = match file {
            None => zone_file::parse(WORLD, "demo.zone", "")?,
            Some(file) => {
                let text = std::fs::read_to_string(file).map_err(|error| DemoError::Read {
                    file: file.to_owned(),
                    error,
                })?;
                zone_file::parse(&text, &file.to_string_lossy(), "")?
            }
        };
        // The zone must know its SOA before anything else.
        records.sort_by_key(|record| record.record_type() != RecordType::SOA);
        let mut domains = Vec::new();
        let mut world = InMemoryZoneHandler::<TokioRuntimeProvider>::empty(
            Name::root(),
            ZoneType::Primary,
            AxfrPolicy::Deny,
        );
        for record in records {
            if let RData::TXT(text) = &record.data {
                let unfit = |why| DemoError::Name {
                    name: record.name.to_string(),
                    why,
                };
                let domain = Domain::from_labels(record.name.iter()).map_err(unfit)?;
                domains.push((domain, text.to_string()));
            }
            world.upsert_mut(record, 0);
        }
        domains.sort();
        let mut catalog = Catalog::new();
        catalog.upsert(
            LowerName::from(Name::root()),
            vec![std::sync::Arc::new(world)],
        );

        let mut server = Server::new(catalog);
        let (udp, tcp) = bind().await.map_err(DemoError::Bind)?;
        let address = tcp.local_addr().map_err(DemoError::Bind)?;
        server.register_socket(udp);
        server.register_listener(tcp, TCP_IDLE, TCP_BUFFER_OCTETS);
        Ok(Self {
            address,
            domains,
            _server: server,
        })
    }

    /// Where the world is served.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}

/// A port of 127.0.0.1 that is free for both: one that is free for UDP may be taken for TCP.
async fn bind() -> io::Result<(UdpSocket, TcpListener)> {
    let mut tries = 1;
    loop {
        let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        match TcpListener::bind(udp.local_addr()?).await {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && tries < PORT_TRIES => {
                tries += 1;
            }
            tcp => return Ok((udp, tcp?)),
        }
    }
}

/// Asks the daemon at `address` about each domain, over DNS, and prints what it says.
pub(super) async fn show(
    demo: &Demo,
    address: SocketAddr,
    origin: &Domain,
) -> Result<(), super::CommandError> {
    let (good, bad, faint) = (print::GOOD, print::BAD, print::FAINT);
    print::out("\nA small Internet of its own is being served. What it answers:\n\n")?;
    for (domain, oddity) in &demo.domains {
        let said = client::ask(address, origin, domain)
            .await
            .map_err(|error| DemoError::Client(Box::new(error)))?;
        let (style, word, text) = match said {
            Said::Listed { text, .. } => (bad, "listed", text),
            Said::NotListed { .. } => (good, "not listed", format!("{faint}{oddity}{faint:#}")),
            Said::Undecided { why } => (print::UNSURE, "undecided", why),
        };
        print::out(format_args!(
            "  {domain:<16} {style}{word:<10}{style:#}  {text}\n"
        ))?;
    }
    let (ip, port, world) = (address.ip(), address.port(), demo.address());
    // As it was started, so that the line works where it is copied.
    let program = std::env::args()
        .next()
        .unwrap_or_else(|| "bogusmx".to_owned());
    let scan = match Path::new(LOG).exists() {
        true => format!("  {program} scan --upstream {world} {LOG}\n"),
        false => String::new(),
    };
    print::out(format_args!(
        "\nTry it:\n\n  dig @{ip} -p {port} hot.de.{origin} A +short\n  \
         dig @{ip} -p {port} hot.de.{origin} TXT +short\n  \
         {program} check --server {address} --origin {origin} hot.de good.example\n  \
         {program} check --upstream {world} hot.de good.example\n{scan}\n\
         Stop with Ctrl-C.\n"
    ))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn ports_that_are_taken_for_tcp_are_passed_over() {
        // One port of UDP in about a hundred, so that two thousand surely meet one.
        let taken = |_| std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let _taken: Vec<_> = (0..300).map(taken).collect();
        for _ in 0..2000 {
            let (udp, tcp) = bind().await.unwrap();
            assert_eq!(udp.local_addr().unwrap(), tcp.local_addr().unwrap());
        }
    }
}
