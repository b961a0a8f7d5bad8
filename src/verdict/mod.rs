//! What the DNS said about a mail domain, judged against a table: pure logic, no sockets, no clock.

pub mod table;
