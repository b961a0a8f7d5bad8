//! The `bogusmx` program: parse, run, exit status.

use std::process::ExitCode;

use bogusmx::command::args::Cli;
use clap::Parser as _;
use mimalloc::MiMalloc;

/// The system's allocator leaves holes between what is remembered that nothing fits into again, so that
/// names take up to four times their memory (docs/performance.md).
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    bogusmx::command::run(&Cli::parse()).into()
}
