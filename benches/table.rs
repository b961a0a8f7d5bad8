//! What one look-up costs at 50, 1,000 and 10,000 rows: the last may be at most twice the first.
//!
//! `cargo bench --bench table`. Each time is for 65,536 look-ups; the item rate is for one.

use std::fmt;
use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use bogusmx::verdict::table::Table;
use divan::Bencher;
use divan::counter::ItemsCount;

const ROWS: [usize; 3] = [50, 1_000, 10_000];

/// Many enough that the processor cannot learn the way that each address takes.
const LOOKUPS: usize = 65_536;

/// How the networks of a table lie in the address space.
#[derive(Clone, Copy, PartialEq)]
enum Shape {
    /// IPv4 networks of /16 to /28 anywhere.
    V4,
    /// IPv4 networks of /24 to /32, all in 10.0.0.0/8.
    V4Clustered,
    /// IPv6 networks of /28 to /48 in the parts of 2000::/3 that registries give out.
    V6,
    /// IPv6 networks of /64 to /128, all in 2001:db8::/32.
    V6Clustered,
}

const SHAPES: [Shape; 4] = [Shape::V4, Shape::V4Clustered, Shape::V6, Shape::V6Clustered];

/// A table's shape and size.
struct Case(Shape, usize);

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shape = match self.0 {
            Shape::V4 => "IPv4",
            Shape::V4Clustered => "IPv4 clustered",
            Shape::V6 => "IPv6",
            Shape::V6Clustered => "IPv6 clustered",
        };
        write!(f, "{shape}, {:>6} rows", self.1)
    }
}

fn main() {
    divan::main();
}

fn cases() -> impl Iterator<Item = Case> {
    SHAPES
        .into_iter()
        .flat_map(|shape| ROWS.into_iter().map(move |rows| Case(shape, rows)))
}

/// Addresses in the networks' part of the space, half of them in a network of the table.
#[divan::bench(args = cases())]
fn random_addresses(bencher: Bencher<'_, '_>, Case(shape, rows): &Case) {
    let mut random = Random(7);
    let networks: Vec<(IpAddr, u8)> = (0..*rows).map(|_| random.network(*shape)).collect();
    let addresses: Vec<IpAddr> = (0..LOOKUPS)
        .map(|lookup| {
            let anywhere = random.address(*shape);
            let network = networks.get(random.below(networks.len()));
            network
                .filter(|_| lookup % 2 == 0)
                .map_or(anywhere, |(address, _)| *address)
        })
        .collect();
    measure(bencher, &table(&networks), &addresses);
}

/// Four addresses over and over, as a busy domain brings them.
#[divan::bench(args = cases())]
fn hot_addresses(bencher: Bencher<'_, '_>, Case(shape, rows): &Case) {
    let mut random = Random(7);
    let networks: Vec<(IpAddr, u8)> = (0..*rows).map(|_| random.network(*shape)).collect();
    let hot: Vec<IpAddr> = (0..4).map(|_| random.address(*shape)).collect();
    measure(bencher, &table(&networks), &hot.repeat(LOOKUPS / hot.len()));
}

/// Reading a whole file and preparing it for look-ups.
#[divan::bench(args = cases())]
fn parse(bencher: Bencher<'_, '_>, Case(shape, rows): &Case) {
    let mut random = Random(7);
    let networks: Vec<(IpAddr, u8)> = (0..*rows).map(|_| random.network(*shape)).collect();
    let text = text(&networks);
    bencher.bench(|| Table::parse(black_box(&text), "bench"));
}

fn measure(bencher: Bencher<'_, '_>, table: &Table, addresses: &[IpAddr]) {
    bencher.counter(ItemsCount::new(LOOKUPS)).bench(|| {
        addresses
            .iter()
            .filter(|address| table.judge(black_box(**address)).is_some())
            .count()
    });
}

#[expect(
    clippy::expect_used,
    reason = "without its table there is nothing to measure"
)]
fn table(networks: &[(IpAddr, u8)]) -> Table {
    Table::parse(&text(networks), "bench").expect("the generated table is well-formed")
}

fn text(networks: &[(IpAddr, u8)]) -> String {
    networks
        .iter()
        .map(|(address, length)| format!("{address}/{length} REJECT Domain MX in network\n"))
        .collect()
}

/// A small generator (splitmix64), so that every run measures the same tables.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() >> 1).map_or(0, |number| number % bound.max(1))
    }

    fn bits(&mut self, count: u32) -> u128 {
        let wide = u128::from(self.next()) << 64 | u128::from(self.next());
        wide.checked_shr(128 - count).unwrap_or(0)
    }

    fn address(&mut self, shape: Shape) -> IpAddr {
        const REGISTRIES: [u128; 8] = [
            0x2001, 0x2400, 0x2404, 0x2600, 0x2606, 0x2800, 0x2a00, 0x2a02,
        ];
        let number = match shape {
            Shape::V4 => self.bits(32),
            Shape::V4Clustered => 10 << 24 | self.bits(24),
            Shape::V6 => {
                let registry = REGISTRIES.get(self.below(REGISTRIES.len()));
                registry.copied().unwrap_or_default() << 112 | self.bits(112)
            }
            Shape::V6Clustered => 0x2001_0db8 << 96 | self.bits(96),
        };
        match u32::try_from(number) {
            Ok(number) => Ipv4Addr::from(number).into(),
            Err(_) => Ipv6Addr::from(number).into(),
        }
    }

    fn network(&mut self, shape: Shape) -> (IpAddr, u8) {
        let (shortest, spread): (u8, usize) = match shape {
            Shape::V4 => (16, 13),
            Shape::V4Clustered => (24, 9),
            Shape::V6 => (28, 21),
            Shape::V6Clustered => (64, 65),
        };
        let length = u8::try_from(self.below(spread)).map_or(shortest, |more| shortest + more);
        let address = self.address(shape);
        let network = ipnet::IpNet::new(address, length).map_or(address, |net| net.network());
        (network, length)
    }
}
