//! The recipients' domains, and the zones that have them. No two domains share anything.

use std::fmt::Write as _;
use std::net::IpAddr;

use super::ground::Outcome;
use super::ground::nsd::Zone;

/// One domain in so many has a best exchanger at 127.0.0.1.
const LISTED_EACH: u32 = 10;

/// The domain with a number.
pub(crate) fn domain(number: u32, hosts: u8) -> String {
    format!("d{number:06}.h{hosts}.example")
}

/// Whether Postfix is to refuse mail for it.
pub(crate) fn is_listed(number: u32) -> bool {
    number.is_multiple_of(LISTED_EACH)
}

/// The root and what is below, with `count` domains for each number of hosts, for a name server that resolvers find at
/// `address`.
pub(crate) fn zones(address: IpAddr, count: u32, hosts: &[u8]) -> Outcome<Vec<Zone>> {
    let root = format!("ns A {address}\nexample. NS ns.example.\nns.example. A {address}\n");
    let mut records = format!("ns A {address}\n");
    for hosts in hosts {
        for number in 0..count {
            write_domain(&mut records, number, *hosts)?;
        }
    }
    let zone = |name: &str, records| Zone {
        name: name.to_owned(),
        records,
    };
    Ok(vec![zone(".", root), zone("example", records)])
}

/// Hosts with an address in both families.
fn write_domain(records: &mut String, number: u32, hosts: u8) -> Outcome<()> {
    let name = format!("d{number:06}.h{hosts}");
    let [_, a, b, c] = number.to_be_bytes();
    for host in 1..=hosts {
        let address = if host == 1 && is_listed(number) {
            "127.0.0.1".to_owned()
        } else {
            // 52 and the following ones: none of them is reserved.
            format!("{}.{a}.{b}.{c}", 52 + host)
        };
        writeln!(
            records,
            "{name} MX {host}0 mx{host}.{name}\n\
             mx{host}.{name} A {address}\n\
             mx{host}.{name} AAAA 2600:9000:{host}::{number:x}"
        )?;
    }
    Ok(())
}
