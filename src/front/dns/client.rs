//! Asks a running bogusmx, over DNS, as a mail server would.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use thiserror::Error;

use super::Transport;
use super::stub::{self, Kind, Question, Reply, Status, StubError};
use crate::verdict::Domain;

/// How long the daemon has: its own deadline is far below.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a running bogusmx says about a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// Listed.
    Listed {
        /// The A record.
        code: Ipv4Addr,
        /// The TXT record.
        text: String,
        /// Seconds.
        ttl: u32,
    },
    /// Not listed.
    NotListed {
        /// Seconds, from the SOA.
        ttl: u32,
    },
    /// SERVFAIL.
    Undecided {
        /// The extended error.
        why: String,
    },
}

/// Why the daemon could not be asked.
#[derive(Debug, Error)]
pub enum ClientError {
    /// No answer, or a broken one.
    #[error("{server} does not answer: {error}")]
    Silent {
        /// Whom we asked.
        server: SocketAddr,
        /// What went wrong.
        error: StubError,
    },
    /// An answer that no bogusmx gives.
    #[error("{server} answers {status} for {name}: it does not serve that zone for us")]
    Unfit {
        /// Whom we asked.
        server: SocketAddr,
        /// What we asked for.
        name: String,
        /// What it said.
        status: Status,
    },
    /// The two names are too long together.
    #[error("{0} is longer than a name may be")]
    TooLong(String),
}

/// Asks `server` for its verdict on `domain` in the zone `origin`.
///
/// # Errors
/// [`ClientError`] names the server.
pub async fn ask(
    server: SocketAddr,
    origin: &Domain,
    domain: &Domain,
) -> Result<Said, ClientError> {
    let name = format!("{domain}.{origin}");
    let answer = exchange(server, &name, Kind::A).await?;
    let ttl = answer.ttl.unwrap_or_default();
    match answer.status {
        Status::NoError | Status::NxDomain => {}
        Status::ServFail => {
            let (_, why) = answer.extended_error.unwrap_or_default();
            return Ok(Said::Undecided { why });
        }
        Status::Refused | Status::Other(_) => {
            return Err(ClientError::Unfit {
                server,
                name,
                status: answer.status,
            });
        }
    }
    let Some(IpAddr::V4(code)) = answer.addresses.first().copied() else {
        return Ok(Said::NotListed { ttl });
    };
    let mut reasons = exchange(server, &name, Kind::Txt).await?.texts.into_iter();
    Ok(Said::Listed {
        code,
        text: reasons.next().unwrap_or_default(),
        ttl,
    })
}

async fn exchange(server: SocketAddr, name: &str, kind: Kind) -> Result<Reply, ClientError> {
    let question = Question {
        name,
        kind,
        transport: Transport::Udp,
        recursion_desired: false,
        validation_asked: false,
        checking_disabled: false,
        deadline: PATIENCE,
    };
    stub::ask(server, &question)
        .await
        .map_err(|error| match error {
            StubError::Question(_) => ClientError::TooLong(name.to_owned()),
            StubError::Silence(_) | StubError::Io(_) | StubError::Answer(_) => {
                ClientError::Silent { server, error }
            }
        })
}
