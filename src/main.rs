//! The `bogusmx` program: parse, run, exit status.

use std::process::ExitCode;

use bogusmx::command::args::Cli;
use clap::Parser as _;

fn main() -> ExitCode {
    bogusmx::command::run(&Cli::parse()).into()
}
