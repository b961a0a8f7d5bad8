//! What the parts of a warm answer cost: `cargo bench --bench inner`.
//!
//! One thread, no sockets. `warm` is the whole of what happens between receiving a query and sending
//! its answer, in batches, over so many domains that are remembered and asked for in no order.
#![expect(clippy::unwrap_used, reason = "a bench that cannot go on says where")]

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use arrayvec::ArrayVec;
use bogusmx::front::authority::{Authority, FrontLimits};
use bogusmx::front::dns::zone_file;
use bogusmx::front::fast::Asked;
use bogusmx::front::zone::{NotListedAs, UndecidedAs, Zone};
use bogusmx::oracle::allowance::Allowance;
use bogusmx::oracle::gather::GatherLimits;
use bogusmx::oracle::lookup::{Family, HostAddresses, Lookup, MailHosts, MxRecord, Target};
use bogusmx::oracle::{ClientBudget, Lifetimes, Limits, Oracle, Patience};
use bogusmx::verdict::domain::{NameBuffer, Spelled};
use bogusmx::verdict::evidence::{Addresses, Answer, Draft, DraftHost, MxAnswer};
use bogusmx::verdict::{Domain, Evidence, Failure, Policy, Rules, Table, judge};
use divan::counter::ItemsCount;
use divan::{AllocProfiler, Bencher};

const ORIGIN: &str = "bogusmx.local";
const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const A: u16 = 1;

/// Answers of one sample.
const ANSWERS: usize = 16_384;

/// Queries that are received at one time, as by the fast path.
const BATCH: usize = 48;

/// Counts allocations, of which a warm answer makes none.
#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// Answers at once: every other domain has its mail host at 127.0.0.1.
struct World;

impl Lookup for World {
    async fn mail_hosts(&self, domain: &Domain, _: &Allowance) -> Result<MailHosts, Failure> {
        let target = Target::Name(Domain::parse(&format!("mx.{domain}")).unwrap());
        Ok(MailHosts {
            records: vec![MxRecord {
                preference: 10,
                target,
            }],
            ttl: 86_400,
        })
    }

    async fn addresses(
        &self,
        host: &Domain,
        family: Family,
        _: &Allowance,
    ) -> Result<HostAddresses, Failure> {
        let is_listed = host.as_str().starts_with("mx.list");
        let address = if is_listed {
            [127, 0, 0, 1]
        } else {
            [9, 9, 9, 9]
        };
        let addresses = match family {
            Family::V4 => [address.into()].into(),
            Family::V6 => Box::default(),
        };
        Ok(HostAddresses {
            addresses,
            ttl: 3600,
        })
    }
}

fn rules(policy: Policy) -> Rules {
    Rules::new(Table::reserved(), policy)
}

fn authority() -> (Authority<World>, Arc<Oracle<World>>) {
    let origin = Domain::parse(ORIGIN).unwrap();
    let many = NonZeroU32::MAX;
    let (hour, minute) = (Duration::from_secs(3600), Duration::from_secs(60));
    let limits = Limits {
        evaluations_max: 16,
        waiting_max: 16,
        evaluation_deadline: minute,
        evaluations_per_second: many,
        client_budget: ClientBudget {
            per_second: many,
            burst: many,
        },
        memory_octets: 1 << 30,
        gather: GatherLimits {
            mx_hosts_max: 16,
            hosts_per_domain_max: 5,
            extra_queries_max: 256,
        },
    };
    let lifetimes = Lifetimes {
        min_ttl: hour,
        max_ttl: hour,
        undecided_min_ttl: minute,
        undecided_max_ttl: minute,
        serve_stale: minute,
        stale_ttl: minute,
        refresh_ahead_percent: 10,
    };
    let oracle = Oracle::new(World, vec![origin.clone()], limits, lifetimes);
    let zone = Zone {
        fixed: zone_file::read(zone_file::DEFAULT, "bogusmx.zone", &origin).unwrap(),
        origin,
        not_listed: NotListedAs::NoData,
        undecided: UndecidedAs::ServFail,
        rules: ArcSwap::from_pointee(rules(Policy::Any)),
    };
    let oracle = Arc::new(oracle);
    let front = FrontLimits {
        allow_query: vec!["127.0.0.0/8".parse().unwrap()],
        answer_deadline: minute,
        pending_answers_max: 16,
        responses_per_second: NonZeroU32::MIN,
    };
    let authority = Authority::new([zone].into(), Arc::clone(&oracle), front);
    (authority, oracle)
}

fn domain(number: usize) -> String {
    let kind = if number.is_multiple_of(2) {
        "list"
    } else {
        "good"
    };
    format!("{kind}{number:07}.example")
}

/// A query with EDNS, as resolvers send it.
fn packet(domain: &str) -> Vec<u8> {
    let mut packet = vec![0, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1];
    for label in domain.split('.').chain(ORIGIN.split('.')) {
        packet.push(u8::try_from(label.len()).unwrap());
        packet.extend(label.bytes());
    }
    packet.push(0);
    packet.extend([A.to_be_bytes(), 1_u16.to_be_bytes()].concat());
    packet.extend([0, 0, 41, 4, 208, 0, 0, 128, 0, 0, 0]);
    packet
}

#[divan::bench(args = [1_000, 100_000, 1_000_000])]
fn warm(bencher: Bencher<'_, '_>, domains: usize) {
    let (authority, oracle) = authority();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let rules = rules(Policy::Any);
    runtime.block_on(async {
        for number in 0..domains {
            let domain = Domain::parse(&domain(number)).unwrap();
            oracle.ask(&domain, &rules, None, Patience::Whole).await;
        }
    });
    let mut packets: Vec<Vec<u8>> = (0..domains).map(|number| packet(&domain(number))).collect();
    fastrand::shuffle(&mut packets);
    // One behind the other, as datagrams lie: to fetch packets is not what is to be measured.
    let packet_octets = packets.first().unwrap().len();
    let octets = packets.concat();
    let mut packets = octets.chunks_exact(packet_octets).cycle();
    let _entered = runtime.enter();
    let mut names = vec![NameBuffer::new(); BATCH];
    let mut reply = [0; 1232];
    let bencher = bencher.counter(ItemsCount::new(ANSWERS));
    bencher.bench_local(|| {
        for _ in 0..ANSWERS / BATCH {
            let mut sitting = authority.sitting();
            let read = |(packet, name)| Asked::read(packet, CLIENT, &sitting, name).unwrap();
            let asked = packets.by_ref().zip(&mut names).map(read);
            let asked: ArrayVec<Asked<'_, '_>, BATCH> = asked.collect();
            asked.iter().for_each(|asked| asked.approach(&sitting));
            for asked in &asked {
                let length = asked.answer(&mut sitting, black_box(&mut reply));
                assert!(length.is_ok(), "it is remembered");
            }
        }
    });
}

#[divan::bench]
fn read_a_name(bencher: Bencher<'_, '_>) {
    let name = b"\x0bGood0000001\x07example\x07bogusmx\x05local\0";
    bencher.bench_local(|| {
        let mut buffer = NameBuffer::new();
        let spelled = Spelled::read(black_box(name), &mut buffer);
        spelled.unwrap().as_str().len()
    });
}

fn evidence(hosts: u16) -> Vec<u8> {
    let host = |number: u16| DraftHost {
        preference: number,
        name: format!("mx{number}.mail.example").into(),
        addresses: Addresses::Resolved {
            a: Answer::Found {
                addresses: [Ipv4Addr::new(9, 9, 9, 9).into()].into(),
                ttl: 3600,
            },
            aaaa: Answer::Absent { ttl: 3600 },
        },
    };
    let draft = Draft {
        mx: MxAnswer::Records { ttl: 86_400 },
        hosts: (0..hosts).map(host).collect(),
        hosts_left_out: 0,
    };
    draft.to_octets()
}

#[divan::bench(args = [1, 5, 16])]
fn judge_any(bencher: Bencher<'_, '_>, hosts: u16) {
    judged(bencher, hosts, Policy::Any);
}

#[divan::bench(args = [1, 5, 16])]
fn judge_all(bencher: Bencher<'_, '_>, hosts: u16) {
    judged(bencher, hosts, Policy::All);
}

#[divan::bench(args = [1, 5, 16])]
fn judge_loop(bencher: Bencher<'_, '_>, hosts: u16) {
    judged(bencher, hosts, Policy::Loop);
}

fn judged(bencher: Bencher<'_, '_>, hosts: u16, policy: Policy) {
    let (octets, rules) = (evidence(hosts), rules(policy));
    bencher.bench_local(|| {
        let evidence = Evidence::read(black_box(&octets));
        black_box(judge(evidence, &rules));
    });
}
