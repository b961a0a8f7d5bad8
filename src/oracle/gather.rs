//! Collects the evidence on one domain, within limits, and decides nothing.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use futures::stream::{FuturesUnordered, StreamExt as _};

use super::allowance::Allowance;
use super::lookup::{Family, HostAddresses, Lookup, MailHosts, MxRecord, Target};
use crate::verdict::Domain;
use crate::verdict::evidence::{Addresses, Answer, Draft, DraftHost, Failure, MxAnswer};

/// What a collection may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GatherLimits {
    /// Hosts of one domain that are looked up. Each costs two upstream queries.
    pub mx_hosts_max: usize,
    /// Hosts under one registered domain that are looked up, unless it is that of the domain itself:
    /// who names a stranger's hosts in an MX RRset has us ask that stranger so many times two queries.
    pub hosts_per_domain_max: usize,
    /// Queries beside those two and the one for the MX records: for CNAMEs that the server did not follow,
    /// and for what proves answers. All look-ups of a domain share them. With more, one domain of an
    /// attacker's costs his victim more.
    pub extra_queries_max: usize,
}

/// Where a collection keeps what it knows, so that others can read it while it goes on.
pub trait Notebook: Send {
    /// Writes something down, and lets readers know.
    fn write(&mut self, entry: impl FnOnce(&mut Draft) + Send);
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
    let allowance = &Allowance::of(limits.extra_queries_max);
    let draft = match lookup.mail_hosts(domain, allowance).await {
        Ok(answer) => from_mail_hosts(domain, &answer, limits, own),
        // RFC 5321, section 5.1: only a domain that certainly has no MX falls back to its address.
        Err(failure) => Draft::failed(failure),
    };
    let open = open_questions(&draft);
    notebook.write(|pages| *pages = draft);

    let mut answers: FuturesUnordered<_> = open
        .into_iter()
        .map(|(index, name, family)| async move {
            let answer = lookup.addresses(&name, family, allowance).await;
            (index, family, answer)
        })
        .collect();
    while let Some((index, family, answer)) = answers.next().await {
        notebook.write(|pages| {
            if let Some(DraftHost {
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
fn open_questions(draft: &Draft) -> Vec<(usize, Domain, Family)> {
    let asked = |host: &DraftHost| matches!(host.addresses, Addresses::Resolved { .. });
    let hosts = draft
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
) -> Draft {
    let ttl = answer.ttl;
    if answer.records.is_empty() {
        let hosts = vec![DraftHost::named(0, domain, own)];
        return Draft {
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
        return Draft::without_hosts(MxAnswer::Null { ttl });
    }
    let mut hosts = by_preference(&answer.records, own);
    let hosts_named = hosts.len();
    spare_strangers(&mut hosts, domain, limits.hosts_per_domain_max);
    hosts.truncate(limits.mx_hosts_max);
    let hosts_left_out = hosts_named - hosts.len();
    Draft {
        mx: MxAnswer::Records { ttl },
        hosts,
        hosts_left_out,
    }
}

/// Leaves out the hosts under one registered domain that are too many, the least preferred ones; those
/// under the domain's own may be as many as they are.
///
/// The attack is NXNSAttack's, with MX records in place of a delegation's: one answer of the
/// attacker's, many queries to the victim. Real mail services have up to five hosts under one name.
fn spare_strangers(hosts: &mut Vec<DraftHost>, domain: &Domain, hosts_per_domain_max: usize) {
    let ours = registered(domain.as_str());
    let mut named: HashMap<Box<str>, usize> = HashMap::new();
    hosts.retain(|host| {
        let theirs = registered(&host.name);
        if theirs == ours || !matches!(host.addresses, Addresses::Resolved { .. }) {
            return true;
        }
        let count = named.entry(theirs.into()).or_default();
        *count += 1;
        *count <= hosts_per_domain_max
    });
}

/// The registered domain that a name lies in, by the Public Suffix List; the name itself if it lies in
/// none.
fn registered(name: &str) -> &str {
    psl::domain_str(name).unwrap_or(name)
}

/// The hosts, each once at its best preference; equal ones by name, so that answers do not depend
/// on the order in which the records came.
fn by_preference(records: &[MxRecord], own: &[Domain]) -> Vec<DraftHost> {
    let mut best: BTreeMap<Box<str>, DraftHost> = BTreeMap::new();
    for host in records.iter().filter_map(|record| record.host(own)) {
        let known = best
            .entry(host.name.clone())
            .or_insert_with(|| host.clone());
        known.preference = known.preference.min(host.preference);
    }
    let mut hosts: Vec<DraftHost> = best.into_values().collect();
    hosts.sort_by_key(|host| host.preference);
    hosts
}

impl From<Result<HostAddresses, Failure>> for Answer<Box<[IpAddr]>> {
    fn from(answer: Result<HostAddresses, Failure>) -> Self {
        match answer {
            Ok(HostAddresses { addresses, ttl }) if addresses.is_empty() => Self::Absent { ttl },
            Ok(HostAddresses { addresses, ttl }) => Self::Found { addresses, ttl },
            Err(failure) => Self::Failed(failure),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::world::World;
    use super::*;
    use crate::verdict::evidence::{Evidence, Host};

    struct Pages(Draft);

    impl Notebook for Pages {
        fn write(&mut self, entry: impl FnOnce(&mut Draft) + Send) {
            entry(&mut self.0);
        }
    }

    /// Collects, and sums up: what the MX answer is, then the hosts with what is known of them.
    async fn check(domain: &str, script: &str, expected: &str) -> Vec<String> {
        let world = World::new(script);
        let mut pages = Pages(Draft::pending());
        let limits = GatherLimits {
            mx_hosts_max: 3,
            hosts_per_domain_max: 2,
            extra_queries_max: 0,
        };
        let own = [Domain::parse("bogusmx.local").unwrap()];
        gather(
            &world,
            &Domain::parse(domain).unwrap(),
            limits,
            &own,
            &mut pages,
        )
        .await;
        let octets = pages.0.to_octets();
        let host = |host: Host<'_>| {
            let known: Vec<String> = host.known().map(|(ip, _)| ip.to_string()).collect();
            format!("{} {} [{}]", host.preference, host.name(), known.join(" "))
        };
        let hosts: Vec<String> = Evidence::read(&octets).hosts().map(host).collect();
        let mx = match pages.0.mx {
            MxAnswer::Records { .. } => "records",
            MxAnswer::Implicit { .. } => "implicit",
            MxAnswer::Null { .. } => "null",
            MxAnswer::Failed(_) => "failed",
            MxAnswer::Pending | MxAnswer::OwnZone | MxAnswer::NotAsked => "unknown",
        };
        let summary = format!("{mx} {} +{}", hosts.join(", "), pages.0.hosts_left_out);
        assert_eq!(summary, expected, "{script}");
        world.asked()
    }

    #[tokio::test]
    async fn hosts_come_in_the_order_of_preference() {
        let script = "d.de MX 20 b.de 10 c.de 10 a.de
                      a.de A 192.0.1.1
                      a.de AAAA 2600::1
                      b.de A 127.0.0.1";
        let asked = check(
            "d.de",
            script,
            "records 10 a.de [192.0.1.1 2600::1], 10 c.de [], 20 b.de [127.0.0.1] +0",
        );
        assert_eq!(asked.await.len(), 7);
    }

    #[tokio::test]
    async fn no_mx_means_the_domain_itself() {
        let script = "d.de A 127.0.0.1";
        check("d.de", script, "implicit 0 d.de [127.0.0.1] +0").await;
        check("gone.de", "", "implicit 0 gone.de [] +0").await;
        check(
            "x.localhost",
            "",
            "implicit 0 x.localhost [127.0.0.1 ::1] +0",
        )
        .await;
    }

    #[tokio::test]
    async fn a_failed_mx_look_up_never_falls_back_to_the_address() {
        let script = "d.de MX !servfail\nd.de A 127.0.0.1";
        assert_eq!(check("d.de", script, "failed  +0").await, ["d.de MX"]);
    }

    #[tokio::test]
    async fn null_mx_alone_and_beside_others() {
        check("d.de", "d.de MX 0 .", "null  +0").await;
        check("d.de", "d.de MX 7 . 9 .", "null  +0").await;
        let script = "d.de MX 0 . 10 a.de\na.de A 127.0.0.1";
        check("d.de", script, "records 10 a.de [127.0.0.1] +0").await;
    }

    #[tokio::test]
    async fn more_hosts_than_the_limit_are_counted() {
        let script = "d.de MX 30 c.de 10 a.de 40 d.de 20 b.de 50 e.de";
        check(
            "d.de",
            script,
            "records 10 a.de [], 20 b.de [], 30 c.de [] +2",
        )
        .await;
    }

    #[tokio::test]
    async fn a_stranger_is_asked_about_few_hosts() {
        let script = "d.de MX 10 a.v.com 20 b.v.com 30 c.v.com 40 d.v.com 50 e.de";
        let asked = check(
            "d.de",
            script,
            "records 10 a.v.com [], 20 b.v.com [], 50 e.de [] +2",
        );
        assert_eq!(asked.await.len(), 7);
        // Below a public suffix of two labels, each registered domain is another stranger.
        let script = "d.de MX 10 a.v.co.uk 20 b.v.co.uk 30 c.w.co.uk";
        let expected = "records 10 a.v.co.uk [], 20 b.v.co.uk [], 30 c.w.co.uk [] +0";
        check("d.de", script, expected).await;
        // A domain's own hosts are its own affair.
        let script = "m.v.com MX 10 a.v.com 20 b.v.com 30 c.v.com";
        let expected = "records 10 a.v.com [], 20 b.v.com [], 30 c.v.com [] +0";
        check("m.v.com", script, expected).await;
        // What is not looked up costs nobody anything.
        let script = "d.de MX 10 127.0.0.1 10 127.0.0.2 10 127.0.0.3";
        let expected = "records 10 127.0.0.1 [127.0.0.1], 10 127.0.0.2 [127.0.0.2], 10 127.0.0.3 [127.0.0.3] +0";
        assert_eq!(check("d.de", script, expected).await, ["d.de MX"]);
    }

    #[tokio::test]
    async fn a_host_named_twice_is_looked_up_once() {
        let script = "d.de MX 30 a.de 10 A.de\na.de A 127.0.0.1";
        let asked = check("d.de", script, "records 10 a.de [127.0.0.1] +0").await;
        assert_eq!(asked, ["d.de MX", "a.de A", "a.de AAAA"]);
    }

    #[tokio::test]
    async fn what_needs_no_look_up_is_not_looked_up() {
        let script = "d.de MX 10 127.0.0.1 20 localhost 30 a*b.de";
        let expected =
            "records 10 127.0.0.1 [127.0.0.1], 20 localhost [127.0.0.1 ::1], 30 a*b.de [] +0";
        assert_eq!(check("d.de", script, expected).await, ["d.de MX"]);
        let script = "d.de MX 10 mx.bogusmx.local";
        let asked = check("d.de", script, "records 10 mx.bogusmx.local [] +0").await;
        assert_eq!(asked, ["d.de MX"]);
    }
}
