//! What it costs a mail server to ask about each recipient: the same Postfix, the same domains, in several ways.
//!
//! ```sh
//! cargo bench --bench mail
//! cargo bench --bench mail -- --delays 0,50 --hosts 1,3 --ways table,forwarded
//! ```
//!
//! | way | what Postfix has | who resolves for Postfix |
//! | --- | --- | --- |
//! | `none` | no check, to see what a recipient costs as such | Unbound |
//! | `table` | `check_recipient_mx_access cidr:` | Unbound |
//! | `forwarded` | `reject_rhsbl_recipient` | Unbound, which forwards the list's zone to bogusmx |
//! | `direct` | `reject_rhsbl_recipient` | bogusmx, which refuses all other names |
//!
//! In every way, domains are looked up by Unbound, at an NSD that has the root and all the rest. Cold: no cache has seen
//! the domain, and all daemons but NSD are new. Warm: the same domains once more, asked by other smtpd processes, because
//! one that has asked a list keeps the answer itself.
//!
//! It takes Debian's packages postfix, unbound and nsd, and root: Postfix runs in a mount namespace with a resolv.conf of
//! its own. Nothing of the machine's configuration is changed, and no mail is sent.
//!
//! | file | what it does |
//! | --- | --- |
//! | `args` | what can be chosen |
//! | `domains` | the domains, and the zones that have them |
//! | `relay` | puts the name server far away |
//! | `site` | the daemons of a mail site |
//! | `postfix`, `session` | the mail server, and a client that names recipients to it |
//! | `measure` | cold and warm, and who used how much processor time |

#![expect(clippy::print_stdout, reason = "the tables are what it is for")]
#![expect(clippy::print_stderr, reason = "a bench of minutes says where it is")]

#[path = "../ground/mod.rs"]
mod ground;

mod args;
mod domains;
mod measure;
mod postfix;
mod relay;
mod session;
mod site;

use std::fs;
use std::process::ExitCode;

use clap::Parser as _;

use args::Args;
use ground::Outcome;
use ground::figures::{median, micros_each, short};
use ground::table::Table;
use measure::Sample;
use site::{Internet, Site};

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mail: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Outcome<()> {
    let mut table = Table::new(&[
        "way",
        "MX hosts",
        "delay, ms",
        "caches",
        "RCPT/s",
        "CPU/RCPT, us",
        "Postfix",
        "Unbound",
        "bogusmx",
        "wrong",
    ]);
    for delay in &args.delays {
        let internet = Internet::start(args, *delay)?;
        for hosts in &args.hosts {
            for way in &args.ways {
                let (mut cold, mut warm) = (Vec::new(), Vec::new());
                for round in 1..=args.rounds {
                    let site = Site::start(args, *way, &internet)?;
                    let (first, second) = measure::both(args, &site, *way, *hosts)?;
                    eprintln!(
                        "{way:?}, {hosts} hosts, {delay} ms, round {round}: {first} then {second}"
                    );
                    cold.push(first);
                    warm.push(second);
                }
                for (caches, samples) in [("cold", cold), ("warm", warm)] {
                    let mut row = vec![
                        way.title().to_owned(),
                        hosts.to_string(),
                        delay.to_string(),
                        caches.to_owned(),
                    ];
                    row.extend(figures(&samples));
                    table.push(row);
                }
            }
        }
    }
    println!("{table}");
    if let Some(file) = &args.markdown {
        fs::write(file, table.to_string())?;
    }
    Ok(())
}

/// The columns that are measured.
fn figures(samples: &[Sample]) -> Vec<String> {
    let of = |figure: &dyn Fn(&Sample) -> f64| short(median(samples.iter().map(figure).collect()));
    let wrong: u32 = samples.iter().map(|sample| sample.wrong).sum();
    vec![
        of(&Sample::rate),
        of(&|sample| micros_each(sample.spent.sum(), sample.recipients)),
        of(&|sample| micros_each(sample.spent.postfix, sample.recipients)),
        of(&|sample| micros_each(sample.spent.unbound, sample.recipients)),
        of(&|sample| micros_each(sample.spent.bogusmx, sample.recipients)),
        wrong.to_string(),
    ]
}
