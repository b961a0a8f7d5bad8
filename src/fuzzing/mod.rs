//! What fuzzing runs: for each kind of input that comes from outside, one function that takes any octets, and panics
//! where a promise is broken.
//!
//! `fuzz/` feeds them what it makes up. The inputs that once went wrong, and some nasty ones made by hand, lie in
//! `fuzz/regressions`, a folder for each target, and are run by the tests of this module.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "what cannot go on has found something, and says where"
)]

pub mod config;
pub mod log;
pub mod name;
pub mod names;
pub mod packet;
pub mod snapshot;
pub mod table;
#[cfg(test)]
mod tests;
pub mod upstream;
pub mod zone_file;

/// One kind of input.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The name of its program in `fuzz/fuzz_targets`, and of its folders.
    pub name: &'static str,
    /// Runs one input.
    pub run: fn(&[u8]),
}

/// All there are.
pub const TARGETS: [Target; 9] = [
    target("config", config::run),
    target("log", log::run),
    target("name", name::run),
    target("names", names::run),
    target("packet", packet::run),
    target("snapshot", snapshot::run),
    target("table", table::run),
    target("upstream", upstream::run),
    target("zone_file", zone_file::run),
];

const fn target(name: &'static str, run: fn(&[u8])) -> Target {
    Target { name, run }
}

/// Checks that a place in an error, both numbers from 1, is in the text that it is about, or right behind a line's end.
fn check_place(text: &str, line: usize, column: usize) {
    let found = text
        .split('\n')
        .nth(line.wrapping_sub(1))
        .expect("a line of the text");
    let columns = 1..=found.chars().count() + 1;
    assert!(columns.contains(&column), "no column {column} in {found:?}");
}
