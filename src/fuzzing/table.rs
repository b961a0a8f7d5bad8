//! A table in Postfix's cidr format: `verdict/table`.

use std::net::IpAddr;

use super::check_place;
use crate::verdict::table::scan::Scan;
use crate::verdict::table::{Action, Row, Table};

/// Tables with more rows are not scanned: that takes the square of their number.
const ROWS_MAX: usize = 200;

/// What is read is looked up as a scan row by row finds it, and printed as what reads back the same; what is not read is
/// refused at a place that is in the text.
pub fn run(octets: &[u8]) {
    let text = String::from_utf8_lossy(octets);
    let table = match Table::parse(&text, "table") {
        Ok(table) => table,
        Err(error) => return check_place(&text, error.line, error.column),
    };
    table.rows().iter().for_each(check_row);
    if table.rows().len() > ROWS_MAX {
        return;
    }
    let scan = Scan::parse(&text).expect("what is read once is read again");
    for address in scan.edges().flat_map(around) {
        let expected = scan.find(address).map(|place| &table.rows()[place]);
        assert_eq!(table.find(address), expected, "{address}");
        check_hit(&table, address);
    }
}

fn check_row(row: &Row) {
    let again = Table::parse(&row.to_string(), "table").expect("a row prints as a row");
    let again = &again.rows()[0];
    assert_eq!((&again.pattern, &again.action), (&row.pattern, &row.action));
    if let Action::List { code, text } = &row.action {
        assert!(code.is_loopback());
        // One character-string of a TXT record, for any client.
        assert!((1..=255).contains(&text.len()));
        assert!(text.bytes().all(|octet| (b' '..=b'~').contains(&octet)));
    }
}

/// What is listed is so by a row that is found, for the address as it is or for the one inside.
fn check_hit(table: &Table, address: IpAddr) {
    if let Some(hit) = table.judge(address) {
        let judged = hit.embedded.map_or(address, IpAddr::from);
        assert_eq!(table.find(judged), Some(hit.row));
        assert_ne!(hit.row.action, Action::Pass);
        assert!(hit.embedded.is_none() || table.find(address).is_none());
    }
}

/// The address and its neighbours.
fn around(address: IpAddr) -> [IpAddr; 3] {
    match address {
        IpAddr::V4(address) => {
            let number = u32::from(address);
            [number.wrapping_sub(1), number, number.wrapping_add(1)]
                .map(|one| IpAddr::V4(one.into()))
        }
        IpAddr::V6(address) => {
            let number = u128::from(address);
            [number.wrapping_sub(1), number, number.wrapping_add(1)]
                .map(|one| IpAddr::V6(one.into()))
        }
    }
}
