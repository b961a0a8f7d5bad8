//! The rules of `tidy`, each with a violation planted.

use super::rust_source::{code, without_tests};
use super::tidy::{adapters, clocks, declared, flags, layers, leftovers, length, purity};

#[track_caller]
fn check(complaints: &[String], expected: &[&str]) {
    assert_eq!(complaints, expected);
}

#[test]
fn comments_strings_and_characters_are_no_code() {
    let check = |text: &str, expected: &str| {
        let code = code(text);
        let words: Vec<&str> = code.split_whitespace().collect();
        assert_eq!(words.join(" "), expected, "{text}");
        assert_eq!(code.lines().count(), text.lines().count(), "{text}");
    };
    check("a // b \"c\nd /* e\n f */ g", "a d g");
    check(r#"a("b \" // c") d"#, "a( ) d");
    check("a(r\"b\\\") c r#\"d \" e\"# for\"f\"", "a( ) c for");
    check("'a' 'b: &'c str '\\'' '\\u{1f}' d", "'b: &'c str d");
}

#[test]
fn test_items_are_cut_out_whole() {
    let kept = without_tests("a\n#[cfg(test)]\nmod b { { c } }\nd\n#[cfg(test)]\nmod e;\nf");
    let words: Vec<&str> = kept.split_whitespace().collect();
    assert_eq!(words, ["a", "d", "f"]);
    assert_eq!(kept.lines().count(), 7);
}

#[test]
fn an_import_upwards_is_seen() {
    let above = |line: usize, own: &str, used: &str, path: &str| {
        format!("{path}:{line}: {own} uses {used}, which is above it")
    };
    let oracle = "src/oracle/gather.rs";
    check(
        &layers(
            oracle,
            "use crate::verdict::Domain;\nuse crate::front::zone;\n",
        ),
        &[&above(2, "oracle", "front", oracle)],
    );
    check(
        &layers(
            oracle,
            "use crate::{\n    verdict::{self, Domain},\n    command::args,\n};\n",
        ),
        &[&above(3, "oracle", "command", oracle)],
    );
    check(
        &layers(
            oracle,
            "fn f() {\n    super::super::front::zone::place();\n}\n",
        ),
        &[&above(2, "oracle", "front", oracle)],
    );
    check(
        &layers(
            "src/verdict/mod.rs",
            "mod tests {\n use super::super::oracle;\n}\n",
        ),
        &[&above(2, "verdict", "oracle", "src/verdict/mod.rs")],
    );
    check(
        &layers(
            "src/front/dns/mod.rs",
            "use super::super::command::print;\nuse bogusmx::command;\n",
        ),
        &[
            &above(1, "front", "command", "src/front/dns/mod.rs"),
            &above(2, "front", "command", "src/front/dns/mod.rs"),
        ],
    );
    check(
        &layers(oracle, "use crate::*;\n"),
        &["src/oracle/gather.rs:1: name what you use of the crate's root"],
    );
    check(
        &layers(
            oracle,
            "use super::memory;\n// crate::front\npub(crate) mod front;\n",
        ),
        &[],
    );
    check(
        &layers("src/command/mod.rs", "use crate::front::zone;\n"),
        &[],
    );
    check(&layers("src/main.rs", "use bogusmx::command;\n"), &[]);
}

#[test]
fn hickory_out_of_place_is_seen() {
    let text = "\nuse hickory_proto::rr::Name;\nconst QUIET: &str = \"hickory_net=error\";\n";
    check(
        &adapters("src/oracle/gather.rs", text),
        &["src/oracle/gather.rs:2: hickory_proto is named outside its adapters"],
    );
    check(&adapters("src/oracle/upstream/server.rs", text), &[]);
    check(&adapters("src/front/dns/encode.rs", text), &[]);
}

#[test]
fn what_is_impure_is_seen() {
    let text = "use std::{net::IpAddr, fs};\nasync fn f(now: Instant) { Timestamp::now(); }\n#[cfg(test)]\nmod tests { use std::env; }\n";
    let complaints = [
        "src/front/zone.rs:2: async in a pure file",
        "src/front/zone.rs:2: Instant in a pure file",
        "src/front/zone.rs:1: std::fs in a pure file",
        "src/front/zone.rs:2: Timestamp::now in a pure file",
    ];
    check(&purity("src/front/zone.rs", text), &complaints);
    check(&purity("src/front/udp.rs", text), &[]);
}

#[test]
fn clocks_that_cannot_be_paused_are_seen() {
    let text = "use std::time::{Duration, Instant};\nuse tokio::time::Instant as T;\nfn f() {\n std::thread::sleep(d);\n Timestamp::now();\n}\n";
    check(
        &clocks("src/a.rs", text),
        &[
            "src/a.rs:1: std::time::Instant cannot be paused by a test",
            "src/a.rs:4: std::thread::sleep cannot be paused by a test",
            "src/a.rs:5: Timestamp::now cannot be paused by a test",
        ],
    );
}

#[test]
fn long_files_and_leftovers_are_seen() {
    check(
        &length("src/a.rs", &"\n".repeat(501)),
        &["src/a.rs:501: more than 500 lines, split it"],
    );
    check(&length("src/a.rs", &"\n".repeat(500)), &[]);
    let word = concat!("TO", "DO");
    check(
        &leftovers("src/a.rs", &format!("a\n// {word}: b\n{word}S\n")),
        &[&format!("src/a.rs:2: {word}")],
    );
}

#[test]
fn a_test_file_that_is_not_declared_is_seen() {
    let parent = |path: &str| match path {
        "tests/it/main.rs" => "mod one;\n// mod two;\nmod three;".to_owned(),
        "tests/it/three/mod.rs" => "pub(crate) mod four;".to_owned(),
        other => panic!("{other}"),
    };
    check(&declared("tests/it/one.rs", parent), &[]);
    check(&declared("tests/it/three/mod.rs", parent), &[]);
    check(&declared("tests/it/three/four.rs", parent), &[]);
    check(
        &declared("tests/it/two.rs", parent),
        &["tests/it/two.rs:1: tests/it/main.rs has no 'mod two;'"],
    );
    check(
        &declared("tests/it/three/one.rs", parent),
        &["tests/it/three/one.rs:1: tests/it/three/mod.rs has no 'mod one;'"],
    );
}

#[test]
fn a_flag_that_the_readme_leaves_out_is_seen() {
    let readme = "`--listen ADDR` and `--jsonl`";
    check(
        &flags("  --listen <ADDR>  a\n  --json  b\n  --help", readme),
        &["README.md:1: nothing about --json"],
    );
}
