//! Rules of the house that no compiler checks: reads the source, and complains with file and line.
//!
//! A rule is a function over (path, text). `tidy_rules` plants a violation of each, so that a
//! rule which has gone blind is noticed.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::rust_source::{code, paths, tokens, without_tests};

/// The folders of `src`, from the ground up: each uses only itself and those before it.
const LAYERS: [&str; 5] = ["verdict", "maillog", "oracle", "front", "command"];

/// The only places that name hickory: behind them it can be replaced.
const HICKORY: [&str; 4] = [
    "src/oracle/upstream/",
    "src/front/dns/",
    // Compares the two paths.
    "src/front/fast/parity.rs",
    "src/command/demo.rs",
];

/// Files that decide and do nothing else.
const PURE: [&str; 6] = [
    "src/verdict/",
    "src/maillog/",
    "src/front/zone.rs",
    "src/front/answer/",
    "src/front/nearby.rs",
    "src/front/cookie.rs",
];

/// Words that have no place in those, and the paths that begin with these.
const IMPURE_WORDS: [&str; 9] = [
    "tokio",
    "async",
    "await",
    "tracing",
    "Instant",
    "SystemTime",
    "UdpSocket",
    "TcpStream",
    "rand",
];
const IMPURE_PATHS: [&[&str]; 8] = [
    &["std", "fs"],
    &["std", "env"],
    &["std", "io"],
    &["std", "os"],
    &["std", "process"],
    &["std", "thread"],
    &["Timestamp", "now"],
    &["TimeZone", "system"],
];

/// Clocks that a paused test cannot stop, and sleeps that it cannot skip.
const CLOCKS: [&[&str]; 5] = [
    &["std", "time", "Instant"],
    &["std", "time", "SystemTime"],
    &["std", "thread", "sleep"],
    &["thread", "sleep"],
    &["Timestamp", "now"],
];

/// Where such a clock is right all the same, and why.
const CLOCKS_ALLOWED: [(&str, &str); 3] = [
    (
        "src/command/check/mod.rs",
        "says how long a person waited; nothing is decided by it",
    ),
    (
        "src/command/scan/read/mod.rs",
        "a log that has no time of its own is being written now, and nothing waits for that",
    ),
    (
        "src/oracle/clock.rs",
        "reads the wall clock once, at the start; from there on time is tokio's",
    ),
];

/// Longer files get split.
const LINES_MAX: usize = 500;

/// Marks of unfinished work; in halves, so that they are not found here.
const LEFTOVERS: [&str; 4] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
    concat!("HA", "CK"),
];

/// One thing that is wrong, as `file:line: what`.
type Complaints = Vec<String>;

// ----- The rules -----

/// A folder of `src` uses only itself and the folders before it.
pub(crate) fn layers(path: &str, text: &str) -> Complaints {
    let place = path.strip_prefix("src/").unwrap_or_default();
    let place = place.trim_end_matches(".rs").trim_end_matches("/mod");
    let Some(own) = LAYERS
        .iter()
        .position(|layer| place.split('/').next() == Some(layer))
    else {
        return Vec::new();
    };
    let depth = place.split('/').count();
    let code = code(text);
    let mut complaints = Vec::new();
    for (line, segments) in paths(&tokens(&code)) {
        let supers = segments
            .iter()
            .take_while(|segment| **segment == "super")
            .count();
        let used = match segments[0] {
            "crate" | "bogusmx" => segments[1],
            // Out of a module inside the file it takes one more.
            "super" if supers >= depth => segments.get(supers).copied().unwrap_or_default(),
            _ => continue,
        };
        if used == "*" {
            complaints.push(format!(
                "{path}:{line}: name what you use of the crate's root"
            ));
        }
        if LAYERS.iter().position(|layer| *layer == used) > Some(own) {
            complaints.push(format!(
                "{path}:{line}: {} uses {used}, which is above it",
                LAYERS[own]
            ));
        }
    }
    complaints
}

/// hickory stays behind its adapters.
pub(crate) fn adapters(path: &str, text: &str) -> Complaints {
    if HICKORY.iter().any(|place| path.starts_with(place)) {
        return Vec::new();
    }
    let code = code(text);
    let tokens = tokens(&code).into_iter();
    tokens
        .filter(|(_, word)| word.starts_with("hickory_"))
        .map(|(line, word)| format!("{path}:{line}: {word} is named outside its adapters"))
        .collect()
}

/// What decides knows no clock, no file, no socket and no task; its tests may.
pub(crate) fn purity(path: &str, text: &str) -> Complaints {
    if !PURE.iter().any(|place| path.starts_with(place)) {
        return Vec::new();
    }
    let code = without_tests(&code(text));
    let tokens = tokens(&code);
    let words = tokens
        .iter()
        .filter(|(_, word)| IMPURE_WORDS.contains(word));
    let mut found: Vec<(usize, String)> = words
        .map(|(line, word)| (*line, (*word).to_owned()))
        .collect();
    for (line, segments) in paths(&tokens) {
        if IMPURE_PATHS.iter().any(|path| segments.starts_with(path)) {
            found.push((line, segments.join("::")));
        }
    }
    let complaint = |(line, what)| format!("{path}:{line}: {what} in a pure file");
    found.into_iter().map(complaint).collect()
}

/// There is one clock, tokio's, which tests can stop.
pub(crate) fn clocks(path: &str, text: &str) -> Complaints {
    let code = code(text);
    paths(&tokens(&code))
        .into_iter()
        .filter(|(_, segments)| CLOCKS.iter().any(|clock| segments.starts_with(clock)))
        .map(|(line, segments)| {
            format!(
                "{path}:{line}: {} cannot be paused by a test",
                segments.join("::")
            )
        })
        .collect()
}

/// A file can be read in one go.
pub(crate) fn length(path: &str, text: &str) -> Complaints {
    let lines = text.lines().count();
    match lines > LINES_MAX {
        true => vec![format!(
            "{path}:{lines}: more than {LINES_MAX} lines, split it"
        )],
        false => Vec::new(),
    }
}

/// What is left to do stands elsewhere than in the source.
pub(crate) fn leftovers(path: &str, text: &str) -> Complaints {
    let mut complaints = Vec::new();
    for (line, text) in (1..).zip(text.lines()) {
        let words = text.split(|character: char| !character.is_alphanumeric());
        for word in words.filter(|word| LEFTOVERS.contains(word)) {
            complaints.push(format!("{path}:{line}: {word}"));
        }
    }
    complaints
}

/// A test file that no module names is never run. `parent_of` gives the text of the file that should name it.
pub(crate) fn declared(path: &str, parent_of: impl Fn(&str) -> String) -> Complaints {
    let Some(place) = path
        .strip_prefix("tests/it/")
        .and_then(|place| place.strip_suffix(".rs"))
    else {
        return Vec::new();
    };
    let place = place.strip_suffix("/mod").unwrap_or(place);
    let (folder, name) = place.rsplit_once('/').unwrap_or(("", place));
    let parent = match folder {
        _ if place == "main" => return Vec::new(),
        "" => "tests/it/main.rs".to_owned(),
        folder => format!("tests/it/{folder}/mod.rs"),
    };
    let code = code(&parent_of(&parent));
    let tokens = tokens(&code);
    let is_declared = tokens
        .windows(3)
        .any(|three| three[0].1 == "mod" && three[1].1 == name && three[2].1 == ";");
    match is_declared {
        true => Vec::new(),
        false => vec![format!("{path}:1: {parent} has no 'mod {name};'")],
    }
}

/// Every flag that a help text speaks of is in the README.
pub(crate) fn flags(help: &str, readme: &str) -> Complaints {
    let is_flag = |character: char| character.is_ascii_lowercase() || character == '-';
    let words = |text: &str| -> BTreeSet<String> {
        let words = text.split(|character| !is_flag(character));
        let flags = words.filter(|word| word.len() > 2 && word.starts_with("--"));
        flags.map(str::to_owned).collect()
    };
    let missing = words(help)
        .difference(&words(readme))
        .cloned()
        .collect::<Vec<_>>();
    missing
        .into_iter()
        .filter(|flag| flag != "--help")
        .map(|flag| format!("README.md:1: nothing about {flag}"))
        .collect()
}

// ----- The source, held to them -----

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The text files at or below a path, relative to the root of the repository.
fn files(path: &str) -> Vec<String> {
    let full = root().join(path);
    if full.is_file() {
        return vec![path.to_owned()];
    }
    let mut names: Vec<String> = fs::read_dir(&full)
        .unwrap_or_else(|error| panic!("{path}: {error}"))
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let below = names
        .iter()
        .flat_map(|name| files(&format!("{path}/{name}")));
    below.collect()
}

#[track_caller]
fn hold(places: &[&str], rule: impl Fn(&str, &str) -> Complaints) {
    let files: Vec<String> = places.iter().flat_map(|place| files(place)).collect();
    assert!(files.len() >= places.len());
    let complaints = files.iter().flat_map(|path| rule(path, &read(path)));
    let complaints: Vec<String> = complaints.collect();
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

fn help(command: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_bogusmx"))
        .args(command)
        .arg("--help")
        .env_remove("COLUMNS")
        .env_remove("CLICOLOR_FORCE")
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn layers_use_only_what_is_below_them() {
    hold(&["src"], layers);
}

#[test]
fn hickory_stays_behind_its_adapters() {
    hold(&["src"], adapters);
}

#[test]
fn pure_files_are_pure() {
    hold(&["src"], purity);
}

#[test]
fn there_is_one_clock() {
    let allowed = |path: &str| CLOCKS_ALLOWED.iter().any(|(file, _why)| *file == path);
    hold(&["src"], |path, text| match allowed(path) {
        true if clocks(path, text).is_empty() => {
            vec![format!("{path}:1: needs no exception for clocks any more")]
        }
        true => Vec::new(),
        false => clocks(path, text),
    });
}

#[test]
fn no_file_is_too_long() {
    hold(&["src", "tests", "benches"], length);
}

#[test]
fn nothing_is_left_over() {
    hold(
        &[
            "src",
            "tests",
            "benches",
            "zones",
            "docs",
            "deploy",
            "README.md",
            "CHANGELOG.md",
        ],
        leftovers,
    );
}

#[test]
fn the_rules_name_places_that_are_there() {
    for place in HICKORY.iter().chain(&PURE) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(place);
        assert!(path.exists(), "{place}");
    }
}

#[test]
fn every_test_file_is_declared() {
    hold(&["tests/it"], |path, _| declared(path, read));
}

#[test]
fn every_flag_is_in_the_readme() {
    for command in ["serve", "check", "doctor", "scan"] {
        let complaints = flags(&help(&[command]), &read("README.md"));
        assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
    }
}

#[test]
fn the_help_is_what_was_reviewed() {
    for (command, file) in [
        (&[][..], "bogusmx.txt"),
        (&["serve"], "serve.txt"),
        (&["check"], "check.txt"),
        (&["doctor"], "doctor.txt"),
        (&["scan"], "scan.txt"),
    ] {
        let (said, golden) = (help(command), format!("tests/it/golden/{file}"));
        let new = Path::new(env!("CARGO_TARGET_TMPDIR")).join(file);
        fs::write(&new, &said).unwrap();
        let new = new.display();
        assert_eq!(said, read(&golden), "if that is meant: cp {new} {golden}");
    }
}
