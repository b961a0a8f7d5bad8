//! `bogusmx scan`: from a mail log to the reason and the remedy.

#[cfg(test)]
mod fixture;
mod live;
mod page;
mod read;
mod report;
mod show;
mod tally;

use std::sync::Arc;

use jiff::tz::TimeZone;
use thiserror::Error;

use self::live::Live;
use self::page::{NoPage, PageFile};
use self::read::source::Stop;
use self::read::{NothingGrows, Reader, progress};
use self::report::{Report, verdicts};
use self::show::{csv, html, json, table};
use self::tally::around::{Around, NoTime};
use super::args::ScanArgs;
use super::settings::Settings;
use super::{CommandError, Ending, oracle, print, zones};

/// Why a scan cannot begin, or its report not be written.
#[derive(Debug, Error)]
pub(super) enum ScanError {
    #[error(transparent)]
    Time(#[from] NoTime),
    #[error(transparent)]
    Follow(#[from] NothingGrows),
    #[error(transparent)]
    Page(#[from] NoPage),
    #[error("the logs could not be read to their end: {0}")]
    Reader(#[from] tokio::task::JoinError),
}

/// Reads the logs and reports.
///
/// # Errors
/// If the settings are wrong, or what is to be written cannot be.
pub(super) async fn run(args: &ScanArgs) -> Result<Ending, CommandError> {
    if !args.follow {
        return scan(args, None).await;
    }
    let stop = Stop::new();
    tokio::select! {
        // Signals are heard before anything is read.
        biased;
        asked = live::until_asked_twice(&stop) => Ok(asked.map(|()| Ending::Trouble)?),
        ending = scan(args, Some(&stop)) => ending,
    }
}

/// Reads the logs and reports; follows the newest, if there is something that stops it.
async fn scan(args: &ScanArgs, stop: Option<&Stop>) -> Result<Ending, CommandError> {
    let settings = Settings::from(&args.common, None)?;
    // There is one at least: settings without an origin have the default one.
    let Some(origin) = settings.origins.first().cloned() else {
        return Ok(Ending::Trouble);
    };
    let rules = zones::rules(&origin)?;
    let oracle = match args.no_dns {
        true => None,
        false => Some(oracle(&settings)?),
    };
    let zone = TimeZone::system();
    let around = args.at.as_deref().map(|at| Around::parse(at, &zone));
    let around = around.transpose().map_err(ScanError::from)?;
    let page = args.html.as_deref();
    let page = page.map(|file| PageFile::open(file, &args.files));
    let page = page.transpose().map_err(ScanError::from)?;
    let reader = Reader {
        table: Arc::clone(&rules.table),
        zone: zone.clone(),
        year: args.year,
        is_explained: args.explain,
        octets: Arc::default(),
        progress: progress::of(&args.files, args.follow),
    };
    let work = reader.start(args.files.clone(), around, stop.cloned());
    if let (Some(live), Some(stop)) = (work.live, stop) {
        Live::new(&zone, &rules, oracle.as_ref(), args.json || args.csv)
            .print(live, stop)
            .await?;
    }
    let (tally, reading) = work
        .done
        .await
        .map_err(ScanError::from)?
        .map_err(ScanError::from)?;
    let verdicts = match &oracle {
        Some(oracle) => Some(verdicts::ask(oracle, &rules, tally.names()).await),
        None => None,
    };
    let report = Report::new(reading, &tally, verdicts.as_ref(), &zone);
    // The report has all of it, and to print that takes memory, too.
    drop((tally, verdicts));
    publish(&report, args, page)?;
    Ok(ending(&report))
}

/// Prints the report, and writes the page: either is there even if the other cannot be.
fn publish(
    report: &Report,
    args: &ScanArgs,
    page: Option<PageFile<'_>>,
) -> Result<(), CommandError> {
    let printed = match (args.json, args.csv) {
        (true, _) => print::piecewise(|out| json::write(report, out)),
        (false, true) => print::out(csv::print(report)),
        (false, false) => print::out(table::print(report)),
    };
    if let Some(page) = page {
        let written = page.write(&html::print(report));
        written.map_err(ScanError::from)?;
    }
    Ok(printed?)
}

/// Trouble with a file is worse than what has been found.
fn ending(report: &Report) -> Ending {
    if report.files.iter().any(|file| file.error.is_some()) {
        Ending::Trouble
    } else if report.found.loops > 0 {
        Ending::Listed
    } else {
        Ending::Success
    }
}
