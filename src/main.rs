//! The `bogusmx` program.
fn main() {}
