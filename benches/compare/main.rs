//! What an answer costs, beside other servers with the same names on the same machine.
//!
//! ```sh
//! cargo bench --bench compare                     # all servers side by side
//! cargo bench --bench compare -- --scene names    # cost against the number of names
//! cargo bench --bench compare -- --scene threads  # cost against the number of processors
//! cargo bench --bench compare -- --scene cold     # domains that are new
//! cargo bench --bench compare -- --scene memory   # memory of a name, and restarts
//! cargo bench --bench compare -- --scene stores   # memory of a name in other stores
//! ```
//!
//! It takes Debian's packages dnsperf, rbldnsd, nsd, unbound and pdns-recursor, and root, for addresses and ports of
//! their own. Nothing of the machine's configuration is read or changed.
//!
//! The server has processor 0, dnsperf processor 1, and so have the name servers that are looked up at. The main figure
//! is the server's processor time for one answer: it hardly depends on how fast the load comes, as queries a second do.
//!
//! | file | what it does |
//! | --- | --- |
//! | `args` | what can be chosen |
//! | `bed` | the folder, the upstream, the order of starts that all scenes share |
//! | `names` | the names, and the zones that have them |
//! | `rival` | starts each server, with the names in it |
//! | `sample` | load, and what the server used under it |
//! | `echo` | the floor: a server that sends back what it gets |
//! | `load` | dnsperf, and what it says |
//! | `drain` | queries that are all there before the server begins |
//! | `side_by_side`, `growth`, `threads`, `cold`, `remembered`, `stores` | the scenes |
//! | `fill` | a snapshot with names in it |
//! | `others` | what else ran on the server's processor |
//! | `memory` | what a server has in memory |
//! | `chart` | a plot as SVG |

#![expect(clippy::print_stdout, reason = "the tables are what it is for")]
#![expect(clippy::print_stderr, reason = "a bench of minutes says where it is")]

#[path = "../ground/mod.rs"]
mod ground;

mod args;
mod bed;
mod chart;
mod cold;
mod drain;
mod echo;
mod fill;
mod growth;
mod load;
mod memory;
mod names;
mod others;
mod remembered;
mod rival;
mod sample;
mod side_by_side;
mod stores;
mod threads;

use std::fs;
use std::process::ExitCode;

use clap::Parser as _;
use mimalloc::MiMalloc;

use args::{Args, Scene};
use ground::Outcome;

/// As the program has it, for the scene `stores`.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("compare: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Outcome<()> {
    if let Some(address) = args.echo {
        return echo::serve(address);
    }
    if let Some(store) = args.store {
        println!("{}", store.octets(args.names)?);
        return Ok(());
    }
    let text = match args.scene {
        Scene::Servers => side_by_side::run(args)?,
        Scene::Names => growth::run(args)?,
        Scene::Threads => threads::run(args)?,
        Scene::Cold => cold::run(args)?,
        Scene::Memory => remembered::run(args)?,
        Scene::Stores => stores::run(args)?,
    };
    println!("{text}");
    if let Some(file) = &args.markdown {
        fs::write(file, text)?;
    }
    Ok(())
}
