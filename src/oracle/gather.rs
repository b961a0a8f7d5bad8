//! Collects the evidence on one domain, within limits, and decides nothing.

use std::collections::BTreeMap;

use futures::stream::{FuturesUnordered, StreamExt as _};

use super::lookup::{Family, HostAddresses, Lookup, MailHosts, MxRecord, Target};
use crate::verdict::Domain;
use crate::verdict::evidence::{Addresses, Answer, Evidence, Failure, Host, MxAnswer};

/// What a collection may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GatherLimits {
    /// Hosts of one domain that are looked up. Each costs two upstream queries.
    pub mx_hosts_max: usize,
}

/// Where a collection keeps what it knows, so that others can read it while it goes on.
pub trait Notebook: Send {
    /// Writes something down, and lets readers know.
    fn write(&mut self, entry: impl FnOnce(&mut Evidence) + Send);
}

/// Looks up the domain's MX records, then all addresses of its hosts side by side.
///
/// Each answer goes into `notebook` as it arrives. Dropping the future ends the collection; what is
/// in the notebook then stays pending.
pub async fn gather<L: Lookup>(
    lookup: &L,
    domain: &Domain,
    limits: GatherLimits,
    own: &[Domain],
    notebook: &mut impl Notebook,
) {
    let evidence = match lookup.mail_hosts(domain).await {
        Ok(answer) => from_mail_hosts(domain, &answer, limits, own),
        // RFC 5321, section 5.1: only a domain that certainly has no MX falls back to its address.
        Err(failure) => Evidence::failed(failure),
    };
    let open = open_questions(&evidence);
    notebook.write(|pages| *pages = evidence);

    let mut answers: FuturesUnordered<_> = open
        .into_iter()
        .map(|(index, name, family)| async move {
            (index, family, lookup.addresses(&name, family).await)
        })
        .collect();
    while let Some((index, family, answer)) = answers.next().await {
        notebook.write(|pages| {
            if let Some(Host {
                addresses: Addresses::Resolved { a, aaaa },
                ..
            }) = pages.hosts.get_mut(index)
            {
                let slot = match family {
                    Family::V4 => a,
                    Family::V6 => aaaa,
                };
                *slot = answer.into();
            }
        });
    }
}

/// The hosts whose addresses must be asked for, each in both families.
fn open_questions(evidence: &Evidence) -> Vec<(usize, Domain, Family)> {
    let asked = |host: &Host| matches!(host.addresses, Addresses::Resolved { .. });
    let hosts = evidence
        .hosts
        .iter()
        .enumerate()
        .filter(|(_, host)| asked(host));
    hosts
        .filter_map(|(index, host)| Some((index, Domain::parse(&host.name).ok()?)))
        .flat_map(|(index, name)| {
            [Family::V4, Family::V6].map(|family| (index, name.clone(), family))
        })
        .collect()
}

/// Reads the MX RRset: null MX, implicit MX, or the hosts in the order in which mail goes to them.
fn from_mail_hosts(
    domain: &Domain,
    answer: &MailHosts,
    limits: GatherLimits,
    own: &[Domain],
) -> Evidence {
    let ttl = answer.ttl;
    if answer.records.is_empty() {
        let hosts = vec![Host::named(0, domain, own)];
        return Evidence {
            mx: MxAnswer::Implicit { ttl },
            hosts,
            hosts_left_out: 0,
        };
    }
    // RFC 7505, section 3: `.` alone says "no mail"; beside other records it is a mistake.
    if answer
        .records
        .iter()
        .all(|record| record.target == Target::Root)
    {
        return Evidence::without_hosts(MxAnswer::Null { ttl });
    }
    let mut hosts = by_preference(&answer.records, own);
    let hosts_left_out = hosts.len().saturating_sub(limits.mx_hosts_max);
    hosts.truncate(limits.mx_hosts_max);
    Evidence {
        mx: MxAnswer::Records { ttl },
        hosts,
        hosts_left_out,
    }
}

/// The hosts, each once at its best preference; equal ones by name, so that answers do not depend
/// on the order in which the records came.
fn by_preference(records: &[MxRecord], own: &[Domain]) -> Vec<Host> {
    let mut best: BTreeMap<Box<str>, Host> = BTreeMap::new();
    for host in records.iter().filter_map(|record| record.host(own)) {
        let known = best
            .entry(host.name.clone())
            .or_insert_with(|| host.clone());
        known.preference = known.preference.min(host.preference);
    }
    let mut hosts: Vec<Host> = best.into_values().collect();
    hosts.sort_by_key(|host| host.preference);
    hosts
}

impl From<Result<HostAddresses, Failure>> for Answer {
    fn from(answer: Result<HostAddresses, Failure>) -> Self {
        match answer {
            Ok(HostAddresses { addresses, ttl }) if addresses.is_empty() => Self::Absent { ttl },
            Ok(HostAddresses { addresses, ttl }) => Self::Found { addresses, ttl },
            Err(failure) => Self::Failed(failure),
        }
    }
}
