//! Generated tables, and the slowest look-up that could be: row by row, as Postfix does it.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use bogusmx::verdict::table::{Action, Table};
use ipnet::IpNet;
use proptest::prelude::*;

/// One line of a table. `spelling` picks among the ways to write it.
#[derive(Debug, Clone)]
pub(crate) enum Line {
    Row {
        block: IpNet,
        negated: bool,
        spelling: u8,
    },
    If {
        block: IpNet,
        negated: bool,
        spelling: u8,
    },
    Endif,
}

/// A table whose conditions match up.
pub(crate) fn tables() -> impl Strategy<Value = Vec<Line>> {
    let row = (blocks(), any::<bool>(), any::<u8>()).prop_map(|(block, negated, spelling)| {
        vec![Line::Row {
            block,
            negated,
            spelling,
        }]
    });
    let part = row.prop_recursive(4, 40, 6, |part| {
        (
            blocks(),
            any::<bool>(),
            any::<u8>(),
            prop::collection::vec(part, 0..6),
        )
            .prop_map(|(block, negated, spelling, inside)| {
                let mut lines = vec![Line::If {
                    block,
                    negated,
                    spelling,
                }];
                lines.extend(inside.into_iter().flatten());
                lines.push(Line::Endif);
                lines
            })
    });
    prop::collection::vec(part, 0..12).prop_map(|parts| parts.into_iter().flatten().collect())
}

/// Blocks that often overlap, because all but a few bits of their addresses are the same.
fn blocks() -> impl Strategy<Value = IpNet> {
    let bits = prop_oneof![0_u128..8, Just(0), Just(u128::MAX)];
    let v4 = (bits.clone(), 0_u8..=32, 0_u32..=29).prop_map(|(bits, length, shift)| {
        let number = u32::try_from(bits & 0xffff_ffff)
            .unwrap()
            .checked_shl(shift)
            .unwrap();
        IpNet::new(Ipv4Addr::from(number).into(), length)
    });
    let v6 = (bits, 0_u8..=128, 0_u32..=125).prop_map(|(bits, length, shift)| {
        IpNet::new(
            Ipv6Addr::from(bits.checked_shl(shift).unwrap()).into(),
            length,
        )
    });
    prop_oneof![v4, v6].prop_map(|block| block.unwrap().trunc())
}

/// Writes the table as a file; the row at place N has the text `row N`.
pub(crate) fn render(lines: &[Line]) -> String {
    let mut text = String::new();
    let mut row = 0;
    for line in lines {
        match line {
            Line::Row {
                block,
                negated,
                spelling,
            } => {
                let mark = marks(*negated, *spelling);
                let pattern = spell(*block, *spelling);
                let gap = [" ", "\t \t", "\n  ", "\n\n# comment\n\t"][usize::from(spelling % 4)];
                let verb =
                    ["REJECT", "reject", "554", "LIST 127.0.0.9"][usize::from(spelling / 4 % 4)];
                writeln!(text, "{mark}{pattern}{gap}{verb}{gap}row {row}").unwrap();
                row += 1;
            }
            Line::If {
                block,
                negated,
                spelling,
            } => {
                let keyword = ["if ", "IF\t", "If\n "][usize::from(spelling % 3)];
                writeln!(
                    text,
                    "{keyword}{}{}",
                    marks(*negated, *spelling),
                    spell(*block, *spelling)
                )
                .unwrap();
            }
            Line::Endif => text.push_str("endif \r\n"),
        }
    }
    text
}

fn marks(negated: bool, spelling: u8) -> &'static str {
    match (negated, spelling % 3) {
        (true, 0) => "!",
        (true, 1) => "! ",
        (true, _) => "!!!",
        (false, 0) => "!!",
        (false, _) => "",
    }
}

fn spell(block: IpNet, spelling: u8) -> String {
    let (address, length) = (block.addr(), block.prefix_len());
    match spelling / 16 % 5 {
        0 if length == block.max_prefix_len() => address.to_string(),
        1 => format!("[{address}]/{length}"),
        2 => format!("[{address}/{length}]"),
        3 => format!("{}/0{length}", address.to_string().to_uppercase()),
        _ => format!("{address}/{length}"),
    }
}

/// The row that answers, found by going through the lines in order.
pub(crate) fn scan(lines: &[Line], address: IpAddr) -> Option<usize> {
    // `contains` is false for the other family, and a negated pattern keeps to its own family, too.
    let matches = |block: &IpNet, negated: bool| {
        block.addr().is_ipv4() == address.is_ipv4() && block.contains(&address) != negated
    };
    let (mut row, mut depth, mut skipped_from) = (0, 0, None);
    for line in lines {
        match line {
            Line::Row { block, negated, .. } => {
                if skipped_from.is_none() && matches(block, *negated) {
                    return Some(row);
                }
                row += 1;
            }
            Line::If { block, negated, .. } => {
                depth += 1;
                if skipped_from.is_none() && !matches(block, *negated) {
                    skipped_from = Some(depth);
                }
            }
            Line::Endif => {
                if skipped_from == Some(depth) {
                    skipped_from = None;
                }
                depth -= 1;
            }
        }
    }
    None
}

/// The addresses at and next to the edges of every block, where look-ups go wrong if they do.
pub(crate) fn probes(lines: &[Line]) -> BTreeSet<IpAddr> {
    let mut probes = BTreeSet::new();
    for line in lines {
        let (Line::Row { block, .. } | Line::If { block, .. }) = line else {
            continue;
        };
        for edge in [block.network(), block.broadcast()] {
            match edge {
                IpAddr::V4(edge) => probes.extend(
                    [
                        u32::from(edge).wrapping_sub(1),
                        edge.into(),
                        u32::from(edge).wrapping_add(1),
                    ]
                    .map(|edge| IpAddr::V4(edge.into())),
                ),
                IpAddr::V6(edge) => probes.extend(
                    [
                        u128::from(edge).wrapping_sub(1),
                        edge.into(),
                        u128::from(edge).wrapping_add(1),
                    ]
                    .map(|edge| IpAddr::V6(edge.into())),
                ),
            }
        }
    }
    probes
}

/// The place in the file of the row that the table finds.
pub(crate) fn found(table: &Table, address: IpAddr) -> Option<usize> {
    let row = table.find(address)?;
    let Action::List { text, .. } = &row.action else {
        return None;
    };
    text.strip_prefix("row ")
        .and_then(|place| place.parse().ok())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_look_up_is_a_scan(lines in tables(), random_v4: u32, random_v6: u128) {
        let table = Table::parse(&render(&lines), "table").unwrap();
        let random = [IpAddr::V4(random_v4.into()), IpAddr::V6(random_v6.into())];
        for address in probes(&lines).into_iter().chain(random) {
            prop_assert_eq!(found(&table, address), scan(&lines, address), "{} in\n{}", address, render(&lines));
        }
    }

    #[test]
    fn no_text_panics_the_reader(text: String) {
        drop(Table::parse(&text, "table"));
    }

    #[test]
    fn no_text_that_looks_like_a_table_panics_the_reader(
        words in prop::collection::vec(
            prop::sample::select(vec![
                "if", "endif", "!", "10.0.0.0/8", "::/0", "[", "]", "/", "REJECT", "LIST", "127.0.0.2",
                "550", "5.7.1", "OK", " ", "\t", "\n", "\r\n", "#", "\u{e9}", "\0", "x",
            ]),
            0..40,
        ),
    ) {
        drop(Table::parse(&words.concat(), "table"));
    }

    #[test]
    fn a_row_printed_reads_back_as_itself(lines in tables()) {
        let table = Table::parse(&render(&lines), "table").unwrap();
        for row in table.rows() {
            let again = Table::parse(&row.to_string(), "table").unwrap();
            prop_assert_eq!(&again.rows()[0].pattern, &row.pattern);
            prop_assert_eq!(&again.rows()[0].action, &row.action);
        }
    }
}
