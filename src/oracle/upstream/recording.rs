//! Messages that stand for an upstream, for fuzzing: read as if they had just come, without a socket.

#![expect(clippy::wildcard_enum_match_arm, reason = "hickory's enums are open")]

use std::net::IpAddr;

use hickory_proto::rr::RecordType;

use super::reply::{Chain, Reply, Resolved, usable};
use super::udp::read;
use super::{fqdn, rtype};
use crate::oracle::allowance::Allowance;
use crate::oracle::lookup::{Family, HostAddresses, Lookup, MailHosts};
use crate::verdict::{Domain, Failure};

/// CNAMEs followed from one name.
const CNAMES_MAX: usize = 10;

/// What is answered to every question for MX, A and AAAA records, whatever its name.
#[derive(Clone)]
pub(crate) struct Recording {
    pub(crate) mx: Vec<u8>,
    pub(crate) a: Vec<u8>,
    pub(crate) aaaa: Vec<u8>,
}

impl Recording {
    /// All addresses in the answers for them, wherever they stand.
    pub(crate) fn all_addresses(&self) -> Vec<IpAddr> {
        let messages = [&self.a, &self.aaaa].into_iter();
        let messages = messages.filter_map(|octets| read(octets));
        let records = messages.flat_map(|message| message.into_message().answers);
        records.filter_map(|record| record.data.ip_addr()).collect()
    }

    /// As `Upstream::resolve`, with one reply to each question.
    fn resolve(&self, name: &Domain, rtype: RecordType) -> Result<Resolved, Failure> {
        let octets = match rtype {
            RecordType::MX => &self.mx,
            RecordType::A => &self.a,
            _ => &self.aaaa,
        };
        let answer = read(octets).ok_or(Failure::Broken)?;
        let reply = Reply::of(usable(Ok(answer))?);
        let mut chain = Chain::from(fqdn(name)?, CNAMES_MAX);
        loop {
            let asked = chain.end.clone();
            if let Some(resolved) = chain.walk(&reply, rtype)? {
                return Ok(resolved);
            }
            if chain.end == asked {
                return Err(Failure::Broken);
            }
        }
    }
}

impl Lookup for Recording {
    async fn mail_hosts(&self, domain: &Domain, _: &Allowance) -> Result<MailHosts, Failure> {
        Ok(self.resolve(domain, RecordType::MX)?.into())
    }

    async fn addresses(
        &self,
        host: &Domain,
        family: Family,
        _: &Allowance,
    ) -> Result<HostAddresses, Failure> {
        Ok(self.resolve(host, rtype(family))?.into())
    }
}
