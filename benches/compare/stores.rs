//! The scene `stores`: why the memory is one of our own. What a domain takes that is not listed and has one exchanger with
//! one address, in moka, in a hash map, and in bogusmx: each filled in a process of its own.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::hint::black_box;
use std::process::Command;

use clap::ValueEnum;
use moka::sync::Cache;
use nix::unistd::Pid;
use triomphe::ThinArc;

use super::args::Args;
use super::ground::Outcome;
use super::ground::figures::{grouped, short};
use super::ground::table::Table;
use super::{fill, memory, names};

/// Far more than is ever there, so that nothing is thrown out.
const OCTETS_MAX: u64 = 16 << 30;

/// What is known of such a domain, in the compact form of evidence with its time, has so many octets.
const EVIDENCE: [u8; 55] = [7; 55];

/// What may hold the domains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Store {
    /// moka, with the name as the key and what is known as the value.
    Moka,
    /// moka, with one block that is both.
    MokaOfBlocks,
    /// A hash map of such blocks, which cannot throw anything out.
    HashMap,
    /// That of bogusmx.
    Bogusmx,
}

/// A domain's name, and what is known of it, in one allocation.
#[derive(Clone)]
struct Block(ThinArc<usize, u8>);

impl Block {
    fn new(number: u32) -> Self {
        let name = names::plain_domain(number);
        let octets = [name.as_bytes(), &EVIDENCE].concat();
        Self(ThinArc::from_header_and_slice(name.len(), &octets))
    }

    fn name(&self) -> &[u8] {
        let name = self.0.slice.get(..self.0.header.header);
        name.unwrap_or_default()
    }
}

impl PartialEq for Block {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Block {}

impl Hash for Block {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name().hash(state);
    }
}

impl Borrow<[u8]> for Block {
    fn borrow(&self) -> &[u8] {
        self.name()
    }
}

/// Fills each store in a process of its own; gives the table.
pub(crate) fn run(args: &Args) -> Outcome<String> {
    let mut table = Table::new(&["store", "names", "octets/name"]);
    for store in Store::value_variants() {
        let name = store.to_possible_value().ok_or("a store without a name")?;
        let output = Command::new(std::env::current_exe()?)
            .args(["--store", name.get_name()])
            .args(["--names", &args.names.to_string()])
            .output()?;
        let text = String::from_utf8(output.stdout)?;
        let octets: f64 = text.trim().parse()?;
        table.push(vec![
            store.title().to_owned(),
            grouped(f64::from(args.names)),
            short(octets / f64::from(args.names)),
        ]);
    }
    Ok(table.to_string())
}

impl Store {
    fn title(self) -> &'static str {
        match self {
            Self::Moka => "moka, boxed name and evidence",
            Self::MokaOfBlocks => "moka, one block",
            Self::HashMap => "hash map, one block",
            Self::Bogusmx => "bogusmx",
        }
    }

    /// By how many octets this process grows with so many names in the store.
    pub(crate) fn octets(self, count: u32) -> Outcome<u64> {
        let before = memory::octets(Pid::this())?;
        let grown = || Ok(memory::octets(Pid::this())?.saturating_sub(before));
        match self {
            Self::Moka => {
                let store = Cache::<Box<str>, Box<[u8]>>::builder()
                    .weigher(|name, evidence| octets(name.len() + evidence.len()))
                    .max_capacity(OCTETS_MAX)
                    .build();
                for number in 0..count {
                    store.insert(names::plain_domain(number).into(), Box::from(EVIDENCE));
                }
                store.run_pending_tasks();
                let grown = grown();
                black_box(store.get("d0000000.plain.example"));
                grown
            }
            Self::MokaOfBlocks => {
                let weigh = |block: &Block, (): &()| octets(block.0.slice.len());
                let store = Cache::builder()
                    .weigher(weigh)
                    .max_capacity(OCTETS_MAX)
                    .build();
                for number in 0..count {
                    store.insert(Block::new(number), ());
                }
                store.run_pending_tasks();
                let grown = grown();
                black_box(store.get(&b"d0000000.plain.example"[..]));
                grown
            }
            Self::HashMap => {
                let blocks = (0..count).map(|number| (Block::new(number), ()));
                let store: HashMap<Block, ()> = blocks.collect();
                let grown = grown();
                black_box(store.get(&b"d0000000.plain.example"[..]));
                grown
            }
            Self::Bogusmx => {
                let store = fill::filled(count, names::plain_domain)?;
                let grown = grown();
                black_box(store.remembered());
                grown
            }
        }
    }
}

fn octets(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
