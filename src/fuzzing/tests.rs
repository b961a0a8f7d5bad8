//! Runs the inputs of `fuzz/regressions`, and holds `fuzz/` to the list of targets.

use std::collections::BTreeSet;
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use super::{TARGETS, Target};

fn fuzz(place: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz")
        .join(place)
}

/// What lies in a folder, by name.
fn names(place: &str) -> BTreeSet<String> {
    let folder = fs::read_dir(fuzz(place)).unwrap_or_else(|error| panic!("fuzz/{place}: {error}"));
    folder
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

fn targets(end: &str) -> BTreeSet<String> {
    TARGETS
        .iter()
        .map(|target| format!("{}{end}", target.name))
        .collect()
}

/// The inputs in a target's folder that it does not run through.
fn broken(Target { name, run }: Target, folder: &str) -> Vec<String> {
    let place = format!("{folder}/{name}");
    let inputs = names(&place);
    assert!(!inputs.is_empty(), "fuzz/{place} is empty");
    let goes_wrong = |input: &String| {
        let octets = fs::read(fuzz(&place).join(input)).unwrap();
        catch_unwind(|| run(&octets)).is_err()
    };
    let broken = inputs.into_iter().filter(goes_wrong);
    broken
        .map(|input| format!("fuzz/{place}/{input}"))
        .collect()
}

#[test]
fn no_regression_comes_back() {
    let folders = ["seeds", "regressions"].into_iter();
    let places = folders.flat_map(|folder| TARGETS.map(|target| (target, folder)));
    let broken: Vec<String> = places
        .flat_map(|(target, folder)| broken(target, folder))
        .collect();
    assert!(
        broken.is_empty(),
        "what is wrong with each is said above: {broken:#?}"
    );
}

#[test]
fn every_target_has_its_places() {
    assert_eq!(names("regressions"), targets(""));
    assert_eq!(names("seeds"), targets(""));
    assert_eq!(names("fuzz_targets"), targets(".rs"));
    let manifest = fs::read_to_string(fuzz("Cargo.toml")).unwrap();
    for Target { name, .. } in TARGETS {
        let program = format!("name = \"{name}\"\npath = \"fuzz_targets/{name}.rs\"\n");
        assert!(manifest.contains(&program), "fuzz/Cargo.toml: no {program}");
    }
}
