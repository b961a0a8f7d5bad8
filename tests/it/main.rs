//! Integration tests.

mod reserved_table;
mod table_model;
mod table_parity;
