//! A folder with logs in it, in which the program is run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::upstream::Upstream;

/// The folder.
pub(super) struct Desk(TempDir);

/// What the program said, and how it ended.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) status: Option<i32>,
    pub(super) out: String,
    pub(super) err: String,
}

impl Desk {
    pub(super) fn new() -> Self {
        Self(TempDir::with_prefix("bogusmx-scan-").expect("a temporary folder"))
    }

    /// A desk with this one log on it, which is `mail.log`.
    pub(super) fn with(log: impl AsRef<[u8]>) -> Self {
        let desk = Self::new();
        desk.put("mail.log", log);
        desk
    }

    pub(super) fn put(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.path(name), text).expect("a file in an own folder");
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    pub(super) fn folder(&self) -> &Path {
        self.0.path()
    }

    /// `bogusmx scan` with these words, in the folder and in Berlin.
    pub(super) fn command(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bogusmx"));
        command.arg("scan").args(words.split_whitespace());
        command.current_dir(self.folder()).stdin(Stdio::null());
        command.env("TZ", "Europe/Berlin").env_remove("COLUMNS");
        command.env_remove("CLICOLOR_FORCE");
        command
    }

    pub(super) fn scan(&self, words: &str) -> Said {
        Said::of(self.command(words))
    }

    /// The report as JSON, without look-ups.
    pub(super) fn json(&self, words: &str) -> Value {
        self.scan(&format!("--json --no-dns {words}")).json()
    }

    /// The report as JSON, with this upstream to ask.
    pub(super) fn asking(&self, upstream: &Upstream, words: &str) -> Value {
        let address = upstream.address();
        self.scan(&format!("--json --upstream {address} {words}"))
            .json()
    }

    /// Runs a program in the folder, which must succeed.
    pub(super) fn run(&self, program: &str, args: &[&str]) {
        let mut command = Command::new(program);
        let output = command.args(args).current_dir(self.folder()).output();
        let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
        assert!(output.status.success(), "{program} {args:?}: {output:?}");
    }
}

impl Said {
    pub(super) fn of(mut command: Command) -> Self {
        Self::from(&command.output().expect("the program starts"))
    }

    /// What it said, without the ends of its lines.
    pub(super) fn flowing(&self) -> String {
        self.out.replace('\n', " ")
    }

    #[track_caller]
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl From<&Output> for Said {
    fn from(output: &Output) -> Self {
        let text = |octets: &[u8]| String::from_utf8(octets.to_vec()).expect("UTF-8");
        Self {
            status: output.status.code(),
            out: text(&output.stdout),
            err: text(&output.stderr),
        }
    }
}

/// A number of a report.
#[track_caller]
pub(super) fn number(said: &Value, pointer: &str) -> u64 {
    let number = said.pointer(pointer).and_then(Value::as_u64);
    number.unwrap_or_else(|| panic!("{pointer}: {said:#}"))
}

/// One field of each row of a table of a report.
#[track_caller]
pub(super) fn column(said: &Value, table: &str, field: &str) -> Vec<String> {
    let rows = said[table].as_array();
    let rows = rows.unwrap_or_else(|| panic!("{table}: {said:#}"));
    let cell = |row: &Value| match &row[field] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    rows.iter().map(cell).collect()
}
