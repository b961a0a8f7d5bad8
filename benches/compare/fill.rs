//! A snapshot with names in it, as bogusmx would have learnt them from the name server: in seconds, where asking for
//! millions of names takes many minutes.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bogusmx::oracle::allowance::Allowance;
use bogusmx::oracle::gather::GatherLimits;
use bogusmx::oracle::lookup::{Family, HostAddresses, Lookup, MailHosts, MxRecord, Target};
use bogusmx::oracle::{ClientBudget, Lifetimes, Limits, Oracle, Patience};
use bogusmx::verdict::{Domain, Failure, Policy, Rules, Table};
use tokio::runtime::Builder;

use super::ground::Outcome;

const DAY: Duration = Duration::from_secs(86_400);

/// Says at once what the zones of `names::mail_zones` say.
pub(crate) struct Zones;

impl Lookup for Zones {
    async fn mail_hosts(&self, domain: &Domain, _: &Allowance) -> Result<MailHosts, Failure> {
        let zone = domain.labels().nth(1).unwrap_or_default();
        let hosts: &[(u16, &str)] = match zone {
            "good" => &[(10, "mx1"), (20, "mx2")],
            _ => &[(10, "mx")],
        };
        let record = |(preference, host): &(u16, &str)| {
            let name = Domain::parse(&format!("{host}.{zone}.example"));
            Some(MxRecord {
                preference: *preference,
                target: Target::Name(name.ok()?),
            })
        };
        Ok(MailHosts {
            records: hosts.iter().filter_map(record).collect(),
            ttl: 86_400,
        })
    }

    async fn addresses(
        &self,
        host: &Domain,
        family: Family,
        _: &Allowance,
    ) -> Result<HostAddresses, Failure> {
        let address: Option<IpAddr> = match (family, host.as_str()) {
            (Family::V6, _) => None,
            (_, "mx.listed.example") => Some([127, 0, 0, 1].into()),
            (_, "mx2.good.example") => Some([192, 0, 1, 20].into()),
            _ => Some([192, 0, 1, 10].into()),
        };
        Ok(HostAddresses {
            addresses: address.into_iter().collect(),
            ttl: 86_400,
        })
    }
}

/// Writes a snapshot with the names below `count`.
pub(crate) fn write_snapshot(file: &Path, count: u32, domain: fn(u32) -> String) -> Outcome<()> {
    let oracle = filled(count, domain)?;
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut out = BufWriter::new(File::create(file)?);
    let saved = oracle.save(&mut out)?;
    out.flush()?;
    if saved != usize::try_from(count)? {
        return Err(format!("{saved} of {count} names in the snapshot").into());
    }
    Ok(())
}

/// What remembers the names below `count`.
pub(crate) fn filled(count: u32, domain: fn(u32) -> String) -> Outcome<Arc<Oracle<Zones>>> {
    let oracle = Arc::new(oracle());
    let rules = Rules::new(Table::reserved(), Policy::Any);
    let runtime = Builder::new_current_thread().enable_time().build()?;
    runtime.block_on(async {
        for number in 0..count {
            let domain = Domain::parse(&domain(number))?;
            oracle.ask(&domain, &rules, None, Patience::Whole).await;
        }
        Outcome::Ok(())
    })?;
    Ok(oracle)
}

fn oracle() -> Oracle<Zones> {
    let many = NonZeroU32::MAX;
    let limits = Limits {
        evaluations_max: 16,
        waiting_max: 16,
        evaluation_deadline: DAY,
        evaluations_per_second: many,
        client_budget: ClientBudget {
            per_second: many,
            burst: many,
        },
        memory_octets: 16 << 30,
        gather: GatherLimits {
            mx_hosts_max: 16,
            hosts_per_domain_max: 5,
            extra_queries_max: 256,
        },
    };
    let lifetimes = Lifetimes {
        min_ttl: DAY,
        max_ttl: DAY,
        undecided_min_ttl: DAY,
        undecided_max_ttl: DAY,
        serve_stale: DAY,
        stale_ttl: DAY,
        refresh_ahead_percent: 0,
    };
    Oracle::new(Zones, Vec::new(), limits, lifetimes)
}
