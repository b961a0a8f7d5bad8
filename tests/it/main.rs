//! Integration tests.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    clippy::print_stderr,
    reason = "a test that cannot go on has failed, and says where"
)]

mod neighbours;
mod reserved_table;
mod table_model;
mod table_parity;
