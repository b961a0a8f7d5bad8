//! Asks a running bogusmx, over DNS, as a mail server would.

#![expect(clippy::wildcard_enum_match_arm, reason = "hickory's enums are open")]

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use hickory_net::NetError;
use hickory_net::runtime::TokioRuntimeProvider;
use hickory_net::udp::UdpClientStream;
use hickory_net::xfer::{DnsHandle as _, FirstAnswer as _};
use hickory_proto::op::{DnsRequestOptions, DnsResponse, Query, ResponseCode};
use hickory_proto::rr::rdata::opt::EdnsOption;
use hickory_proto::rr::{Name, RData, RecordType};
use thiserror::Error;

use super::encode::EXTENDED_ERROR;
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
        error: NetError,
    },
    /// An answer that no bogusmx gives.
    #[error("{server} answers {rcode} for {name}: it does not serve that zone for us")]
    Unfit {
        /// Whom we asked.
        server: SocketAddr,
        /// What we asked for.
        name: Name,
        /// What it said.
        rcode: ResponseCode,
    },
    /// The two names are too long together.
    #[error("{domain} below {origin} is longer than a name may be")]
    TooLong {
        /// The mail domain.
        domain: Domain,
        /// The zone's origin.
        origin: Domain,
    },
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
    let too_long = |_| ClientError::TooLong {
        domain: domain.clone(),
        origin: origin.clone(),
    };
    let labels = domain.labels().chain(origin.labels()).map(str::as_bytes);
    let mut name = Name::from_labels(labels).map_err(too_long)?;
    name.set_fqdn(true);

    let answer = exchange(server, &name, RecordType::A).await?;
    let unfit = |rcode| ClientError::Unfit {
        server,
        name: name.clone(),
        rcode,
    };
    match answer.response_code {
        ResponseCode::NoError | ResponseCode::NXDomain => {}
        ResponseCode::ServFail => {
            return Ok(Said::Undecided {
                why: extended_error(&answer),
            });
        }
        other => return Err(unfit(other)),
    }
    let code = answer.answers.iter().find_map(|record| match &record.data {
        RData::A(address) => Some((address.0, record.ttl)),
        _ => None,
    });
    let Some((code, ttl)) = code else {
        return Ok(Said::NotListed {
            ttl: answer.negative_ttl().unwrap_or(0),
        });
    };
    let text = exchange(server, &name, RecordType::TXT).await?;
    let text = text.answers.iter().find_map(|record| match &record.data {
        RData::TXT(txt) => Some(txt.to_string()),
        _ => None,
    });
    Ok(Said::Listed {
        code,
        text: text.unwrap_or_default(),
        ttl,
    })
}

async fn exchange(
    server: SocketAddr,
    name: &Name,
    rtype: RecordType,
) -> Result<DnsResponse, ClientError> {
    let mut options = DnsRequestOptions::default();
    options.recursion_desired = false;
    UdpClientStream::builder(server, TokioRuntimeProvider::new())
        .with_timeout(Some(PATIENCE))
        .exchange()
        .lookup(Query::query(name.clone(), rtype), options)
        .first_answer()
        .await
        .map_err(|error| ClientError::Silent { server, error })
}

/// The text of the extended error (RFC 8914), if there is one.
fn extended_error(answer: &DnsResponse) -> String {
    let options = answer.edns.iter().flat_map(|edns| edns.options().as_ref());
    let text = options.filter_map(|(_, option)| match option {
        EdnsOption::Unknown(EXTENDED_ERROR, data) => data.get(2..),
        _ => None,
    });
    text.map(|text| String::from_utf8_lossy(text).into_owned())
        .next()
        .unwrap_or_default()
}
