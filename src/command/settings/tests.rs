//! The example configuration and the defaults agree.

use super::*;

const EXAMPLE: &str = include_str!("../../../deploy/bogusmx.toml");

/// The example with what is commented out put in force: `#key`, where prose has `# text`.
fn uncommented() -> String {
    let line = |line: &'static str| match line.strip_prefix('#') {
        Some(rest) if !rest.is_empty() && !rest.starts_with(' ') => rest,
        _ => line,
    };
    EXAMPLE.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn settings(text: &str) -> Settings {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut file, text.as_bytes()).unwrap();
    let mut common = CommonArgs::default();
    common.chain.config = Some(file.path().to_owned());
    Settings::from(&common, Some(&AccessArgs::default())).unwrap_or_else(|error| panic!("{error}"))
}

/// The keys that `T` knows, out of serde's complaint about one that it does not.
fn keys<T: serde::de::DeserializeOwned>(known: &str) -> Vec<String> {
    let error = toml::from_str::<T>(&format!("{known}\nno_such_key = 1")).err();
    let message = error.map(|error| error.message().to_owned()).unwrap();
    let mut names = message.split('`').skip(1).step_by(2);
    assert_eq!(names.next(), Some("no_such_key"), "{message}");
    names.map(str::to_owned).collect()
}

#[test]
fn the_example_as_it_is_changes_nothing() {
    assert_eq!(settings(EXAMPLE), settings(""));
}

#[test]
fn the_example_shows_the_defaults() {
    let mut shown = settings(&uncommented());
    let mut unset = settings("");
    unset.listen = Some(unset.addresses());
    // What has no default value is an example.
    assert_eq!(std::mem::take(&mut shown.upstream).len(), 1);
    assert!(shown.trust_anchor.take().is_some());
    let snapshot = shown.snapshot.take().unwrap();
    assert_eq!(snapshot.interval, default::SNAPSHOT_INTERVAL);
    for origin in &mut shown.origins {
        let example = [
            &mut origin.table,
            &mut origin.zone,
            &mut origin.domain_list,
            &mut origin.host_list,
        ];
        assert!(example.into_iter().all(|file| file.take().is_some()));
        assert_eq!(std::mem::take(&mut origin.own).len(), 1);
    }
    for networks in [&mut shown.front, &mut unset.front] {
        networks.allow_query.sort();
    }
    assert_eq!(shown, unset);
}

#[test]
fn the_example_has_every_key() {
    let (top, section) = EXAMPLE.split_once("#[[origin]]").unwrap();
    let check = |text: &str, keys: &[String]| {
        assert!(keys.len() > 5, "{keys:?}");
        for key in keys {
            let line = format!("#{key} = ");
            assert!(
                text.lines().any(|text| text.starts_with(&line)),
                "no '{line}'"
            );
        }
    };
    let top_keys: Vec<String> = keys::<ConfigFile>("");
    let values = top_keys.into_iter().filter(|key| key != "origin");
    check(top, &values.collect::<Vec<_>>());
    check(section, &keys::<OriginSection>("name = \"a.b\""));
}
