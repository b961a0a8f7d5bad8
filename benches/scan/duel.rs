//! Both programs on the same file.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::args::Args;
use super::check;
use super::generator::Truth;
use super::ground::Outcome;
use super::ground::figures::{median, short};
use super::kind::Kind;
use super::usage::{self, Usage};

/// The memory that a scan never needs, in octets.
const MEMORY: u64 = 100_000_000;

/// Both programs on the same file.
pub(crate) struct Duel {
    kind: Kind,
    /// How many times as quick as grep bogusmx is to be at least.
    promised: Option<f64>,
    grep: Vec<Usage>,
    bogusmx: Vec<Usage>,
    /// What is wrong with what they have found.
    wrong: Vec<String>,
}

impl Duel {
    /// One after the other, several times.
    pub(crate) fn fight(args: &Args, kind: Kind, file: &Path, truth: &Truth) -> Outcome<Self> {
        let output = file.with_file_name("found");
        let name = file.to_str().ok_or("the folder's name is not UTF-8")?;
        let phrase = args.log.dialect().phrase();
        let mut duel = Self {
            kind,
            promised: kind.ratio_promised(args.log),
            grep: Vec::new(),
            bogusmx: Vec::new(),
            wrong: Vec::new(),
        };
        io::copy(&mut File::open(file)?, &mut io::sink())?;
        for round in 1..=args.rounds {
            let grep = usage::run(kind.peer().as_ref(), &["-a", phrase, name], &output)?;
            duel.check_grep(&grep, &fs::read(&output)?, truth);
            let scan = ["scan", "--no-dns", "--json", name];
            let bogusmx = usage::run(&args.bogusmx, &scan, &output)?;
            duel.check_bogusmx(&bogusmx, &fs::read(&output)?, truth);
            let [one, other] = [&grep, &bogusmx].map(|usage| usage.wall.as_secs_f64());
            let (kind, peer) = (kind.name(), kind.peer());
            eprintln!("{kind}, round {round}: {peer} {one:.2} s, bogusmx {other:.2} s");
            duel.grep.push(grep);
            duel.bogusmx.push(bogusmx);
        }
        fs::remove_file(&output)?;
        // What is wrong in one round is wrong in all.
        duel.wrong.sort();
        duel.wrong.dedup();
        Ok(duel)
    }

    fn check_grep(&mut self, usage: &Usage, found: &[u8], truth: &Truth) {
        let lines = memchr::memchr_iter(b'\n', found).count();
        if usage.status != Some(0) || u64::try_from(lines) != Ok(truth.phrase) {
            let (peer, phrase, status) = (self.kind.peer(), truth.phrase, usage.status);
            let text = format!("{peer}: {lines} lines, not {phrase}, with status {status:?}");
            self.wrong.push(text);
        }
    }

    fn check_bogusmx(&mut self, usage: &Usage, found: &[u8], truth: &Truth) {
        let name = self.kind.name();
        let expected = i32::from(truth.loops > 0);
        if usage.status != Some(expected) {
            let text = format!(
                "{name}: bogusmx ended with {:?}, not {expected}",
                usage.status
            );
            self.wrong.push(text);
        }
        match serde_json::from_slice(found) {
            Ok(report) => {
                let wrong = check::complaints(&report, truth).into_iter();
                self.wrong
                    .extend(wrong.map(|text| format!("{name}: {text}")));
            }
            Err(error) => self.wrong.push(format!("{name}: no report: {error}")),
        }
    }

    /// How many times as quick bogusmx is.
    fn ratio(&self) -> f64 {
        middle(&self.grep, wall) / middle(&self.bogusmx, wall)
    }

    /// The most that bogusmx has needed in any round.
    fn memory(&self) -> u64 {
        self.bogusmx
            .iter()
            .map(|usage| usage.memory)
            .max()
            .unwrap_or(0)
    }

    /// The cells of the table that `main` prints.
    pub(crate) fn row(&self, file: &Path, truth: &Truth) -> Outcome<Vec<String>> {
        let title = format!("{}, {}", self.kind.name(), self.kind.peer());
        let rate = megabytes(truth.octets)? / middle(&self.bogusmx, wall);
        let size = megabytes(fs::metadata(file)?.len())?;
        let figures = [
            size,
            least(&self.grep, wall),
            middle(&self.grep, wall),
            least(&self.bogusmx, wall),
            middle(&self.bogusmx, wall),
            self.ratio(),
            middle(&self.grep, processor),
            middle(&self.bogusmx, processor),
            rate,
            megabytes(self.memory())?,
        ];
        Ok([title].into_iter().chain(figures.map(short)).collect())
    }

    /// What is wrong or too bad, one sentence each.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let mut complaints = self.wrong.clone();
        let (name, ratio, memory) = (self.kind.name(), self.ratio(), self.memory());
        if let Some(promised) = self.promised
            && ratio < promised
        {
            complaints.push(format!(
                "{name}: {ratio:.2} times as quick as grep, not {promised}"
            ));
        }
        if memory >= MEMORY {
            complaints.push(format!(
                "{name}: {memory} octets of memory, not less than {MEMORY}"
            ));
        }
        complaints
    }
}

fn wall(usage: &Usage) -> f64 {
    usage.wall.as_secs_f64()
}

fn processor(usage: &Usage) -> f64 {
    usage.processor.as_secs_f64()
}

fn middle(usages: &[Usage], of: fn(&Usage) -> f64) -> f64 {
    median(usages.iter().map(of).collect())
}

fn least(usages: &[Usage], of: fn(&Usage) -> f64) -> f64 {
    usages.iter().map(of).fold(f64::INFINITY, f64::min)
}

fn megabytes(octets: u64) -> Outcome<f64> {
    Ok(f64::from(u32::try_from(octets / 1000)?) / 1000.0)
}
