//! What is written for people, held to what the program does: nothing in it may have been true once.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::daemons::page::Page;
use crate::demo;
use crate::support::upstream::Upstream;
use crate::support::{bench, mx_set};

/// The names that README.md and docs/check-json.md show, with every kind of answer there is.
const WORLD: &str = r"
    hot.de              MX   10 null.hot.de
    null.hot.de         A    127.0.0.1
    good.example        MX   10 mx1.good.example
    good.example        MX   20 mx2.good.example
    mx1.good.example    A    192.0.1.10
    mx1.good.example    AAAA 2600:9000::10
    mx2.good.example    A    192.0.1.20
    implicit.example    A    192.0.1.30
    nomail.example      MX   0 .
    empty.example       MX   10 gone.example
    literal.example     MX   10 127.0.0.1
    localhost.example   MX   10 localhost
    odd.example         MX   10 mx\032a.example
    own.example         MX   10 x.bogusmx.local
    dead.example        *    !servfail
";

fn paper(path: &str) -> String {
    let path = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every page that people read.
fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages = Vec::new();
    for folder in ["", "docs", "docs/mail", "docs/resolvers"] {
        let files = fs::read_dir(root.join(folder)).expect("a folder of pages");
        let files = files.map(|entry| entry.expect("a folder that can be read").path());
        pages.extend(files.filter(|path| path.extension().is_some_and(|end| end == "md")));
    }
    pages
}

/// The code blocks of a language.
fn blocks<'t>(text: &'t str, language: &str) -> Vec<&'t str> {
    let fence = format!("```{language}\n");
    let begun = text.split(&fence).skip(1);
    begun
        .filter_map(|rest| rest.split_once("```\n").map(|(block, _)| block))
        .collect()
}

/// The first cell of each row of the first table after a line.
fn first_column(text: &str, after: &str) -> BTreeSet<String> {
    let (_, rest) = text
        .split_once(after)
        .unwrap_or_else(|| panic!("no '{after}'"));
    let rows = rest
        .lines()
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'));
    let cells = rows.skip(2).filter_map(|row| row.split('|').nth(1));
    cells
        .map(|cell| cell.trim().trim_matches('`').to_owned())
        .collect()
}

fn check(world: &str, args: &[&str]) -> String {
    let upstream = Upstream::new(world);
    let output = Command::new(env!("CARGO_BIN_EXE_bogusmx"))
        .args(["check", "--upstream", &upstream.address().to_string()])
        .args(args)
        .env_remove("CLICOLOR_FORCE")
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn reports(args: &[&str]) -> Vec<Value> {
    // More hosts than the limit, all of them listed.
    let many = mx_set("many.example", (0..17).map(|host| format!("10.0.0.{host}")));
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let list = path("domains");
    fs::write(&list, "!exempt.example\n").expect("a list");
    let config = format!("domain_list = {list:?}");
    fs::write(path("config"), config).expect("a configuration");
    let config = path("config").display().to_string();
    let always = ["--json", "--config", &config];
    let said = check(&format!("{WORLD}\n{many}"), &[&always, args].concat());
    said.lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

/// The names of all fields at or below a value, as `hosts[].name`.
fn fields(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                let path = format!("{path}.{key}");
                let path = path.trim_start_matches('.');
                found.insert(path.to_owned());
                fields(value, path, found);
            }
        }
        Value::Array(values) => {
            for value in values {
                fields(value, &format!("{path}[]"), found);
            }
        }
        _ => {}
    }
}

/// A report without the time that it took.
fn timeless(report: &str) -> String {
    let line = |line: &str| line.split(", took ").next().unwrap_or_default().to_owned();
    report.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_readme_quotes_the_files_for_admins() {
    let readme = paper("README.md");
    for (page, file, language) in [
        (
            "resolvers/unbound.md",
            "/etc/unbound/unbound.conf.d/bogusmx.conf",
            "yaml",
        ),
        ("mail/postfix.md", "/etc/postfix/main.cf", "ini"),
    ] {
        assert!(readme.contains(page), "README.md does not name {page}");
        let blocks = blocks(&readme, language);
        assert!(
            blocks.contains(&Page::read(page).file(file).as_str()),
            "README.md does not quote {file} as it is on {page}"
        );
    }
}

#[test]
fn the_files_that_papers_link_to_exist() {
    for page in pages() {
        let text = fs::read_to_string(&page).expect("a page");
        let links = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split([')', '#']).next());
        for link in links.filter(|link| !link.contains("://") && !link.is_empty()) {
            let target = page.with_file_name(link);
            assert!(target.exists(), "{}: no {link}", page.display());
        }
    }
}

#[test]
fn the_service_starts_what_the_readme_installs() {
    let (unit, readme) = (paper("deploy/systemd/bogusmx.service"), paper("README.md"));
    let start = unit
        .lines()
        .find_map(|line| line.strip_prefix("ExecStart="))
        .expect("a command");
    let (program, args) = start
        .split_once(" serve --config ")
        .expect("a configuration");
    let folder = program.strip_suffix("bogusmx").expect("the program");
    let installs: Vec<&str> = readme
        .lines()
        .filter_map(|line| line.strip_prefix("install "))
        .collect();
    let installed = |from: &str, to: &str| {
        installs
            .iter()
            .any(|line| line.ends_with(&format!(" {from} {to}")))
    };
    assert!(installed("target/release/bogusmx", folder), "{installs:?}");
    assert!(installed("deploy/bogusmx.toml", args), "{installs:?}");
    assert!(
        installed("deploy/systemd/bogusmx.service", "/etc/systemd/system/"),
        "{installs:?}"
    );
}

#[test]
fn the_demo_prints_what_the_readme_shows() {
    let (_demo, said) = demo::start(&["--listen", "127.0.0.1:0"]);
    let ready = said[0]
        .strip_prefix("bogusmx ready on 127.0.0.1:")
        .expect("a ready line");
    let readme = paper("README.md");
    let shown = blocks(&readme, "console")[0];
    let mut lines = shown.lines().filter(|line| line.trim() != "...");
    assert_eq!(lines.next(), Some("$ cargo run --release -- serve --demo"));
    assert_eq!(
        lines.next(),
        Some("bogusmx ready on 127.0.0.1:5300 [::1]:5300")
    );
    for line in lines {
        let line = line.replace("5300", ready);
        let line = line.replace("target/release/bogusmx", env!("CARGO_BIN_EXE_bogusmx"));
        assert!(
            said.contains(&line),
            "the demo does not print this: {line}\nbut:\n{}",
            said.join("\n")
        );
    }
}

#[test]
fn scan_prints_what_the_readme_shows() {
    let (_demo, said) = demo::start(&["--listen", "127.0.0.1:0"]);
    let world = said
        .iter()
        .find_map(|line| line.split_once(" check --upstream "))
        .and_then(|(_, rest)| rest.split(' ').next())
        .expect("where the demo's world is served");
    // The demo shows how to do this.
    let hint = format!(" scan --upstream {world} zones/demo.log");
    assert!(said.iter().any(|line| line.ends_with(&hint)), "{said:#?}");
    let output = Command::new(env!("CARGO_BIN_EXE_bogusmx"))
        .args(["scan", "--upstream", world, "zones/demo.log"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("TZ", "UTC")
        .env_remove("CLICOLOR_FORCE")
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(1));
    let report = String::from_utf8(output.stdout).expect("UTF-8");
    let readme = paper("README.md");
    let shown = blocks(&readme, "console")
        .into_iter()
        .find_map(|block| block.strip_prefix("$ bogusmx scan zones/demo.log\n"))
        .expect("an example of scan");
    let mut rest = report.as_str();
    for part in shown.split("  ...\n") {
        let (_, behind) = rest
            .split_once(part.trim_start_matches('\n'))
            .unwrap_or_else(|| panic!("README.md shows this:\n{part}\nbut it is not in:\n{rest}"));
        rest = behind;
    }
}

#[test]
fn check_prints_what_the_readme_shows() {
    let readme = paper("README.md");
    let (command, shown) = blocks(&readme, "console")
        .into_iter()
        .find_map(|block| block.strip_prefix("$ bogusmx check ")?.split_once('\n'))
        .expect("an example of check");
    let domains: Vec<&str> = command.split(' ').collect();
    // What has no address of a family says so for a minute in the demo's world.
    let world = format!("{WORLD}\n mx2.good.example AAAA !nodata=60");
    let said: Vec<String> = check(&world, &domains)
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect();
    assert_eq!(timeless(&said.join("\n")), timeless(shown));
}

#[test]
fn every_field_of_a_report_is_documented() {
    let mut real = BTreeSet::new();
    for report in reports(&["hot.de", "dead.example", "exempt.example"]) {
        fields(&report, "", &mut real);
    }
    assert_eq!(
        first_column(&paper("docs/check-json.md"), "## Fields"),
        real
    );
}

#[test]
fn every_word_of_a_report_is_documented() {
    let reports = reports(&[
        "hot.de",
        "good.example",
        "implicit.example",
        "nomail.example",
        "empty.example",
        "literal.example",
        "localhost.example",
        "odd.example",
        "own.example",
        "exempt.example",
        "dead.example",
        "x.bogusmx.local",
        "invalid",
        "a b",
        "--policy=all",
        "many.example",
    ]);
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let words = |values: Vec<&Value>| values.into_iter().filter_map(text).collect::<BTreeSet<_>>();
    let not_listed = reports
        .iter()
        .filter(|report| report["verdict"] == "not-listed");
    let reasons = words(not_listed.map(|report| &report["reason"]).collect());
    let mx_kinds = words(reports.iter().map(|report| &report["mx"]["kind"]).collect());
    let hosts = reports
        .iter()
        .filter_map(|report| report["hosts"].as_array())
        .flatten();
    let host_kinds = words(hosts.map(|host| &host["kind"]).collect());
    let paper = paper("docs/check-json.md");
    assert_eq!(first_column(&paper, "`reason`, when not listed:"), reasons);
    assert_eq!(first_column(&paper, "`mx.kind`:"), mx_kinds);
    assert_eq!(first_column(&paper, "`hosts[].kind`:"), host_kinds);
    for verdict in words(reports.iter().map(|report| &report["verdict"]).collect()) {
        assert!(paper.contains(&format!("`{verdict}`")), "{verdict}");
    }
}

#[test]
fn the_example_of_a_report_is_real() {
    let paper = paper("docs/check-json.md");
    let mut shown: Value = serde_json::from_str(blocks(&paper, "json")[0]).expect("JSON");
    let mut real = reports(&["hot.de"]).remove(0);
    for report in [&mut shown, &mut real] {
        assert!(report["took_us"].take().is_u64());
    }
    assert_eq!(shown, real);
}

/// The domains of the table in docs/policies.md, in its order; public addresses are good ones.
const MIXES: &str = r"
    one.example         MX   10 127.0.0.1
    two.example         MX   10 10.0.0.1
    three.example       MX   10 9.9.9.9
    three.example       MX   20 10.0.0.1
    four.example        MX   10 9.9.9.9
    four.example        MX   20 127.0.0.1
    five.example        MX   10 127.0.0.1
    five.example        MX   20 9.9.9.9
    six.example         MX   10 10.0.0.1
    six.example         MX   20 9.9.9.9
    seven.example       MX   10 127.0.0.1
    seven.example       MX   10 9.9.9.9
";

#[test]
fn the_policies_decide_as_their_page_says() {
    let page = paper("docs/policies.md");
    let (_, table) = page
        .split_once(
            "| the domain's MX hosts | `any` | `all` | `loop` |\n| --- | --- | --- | --- |\n",
        )
        .expect("the table");
    let rows: Vec<&str> = table
        .lines()
        .take_while(|line| line.starts_with('|'))
        .collect();
    let domains = ["one", "two", "three", "four", "five", "six", "seven"];
    let domains = domains.map(|name| format!("{name}.example"));
    assert_eq!(rows.len(), domains.len());
    for (column, policy) in ["any", "all", "loop"].into_iter().enumerate() {
        let names = domains.iter().map(String::as_str);
        let args: Vec<&str> = ["--json", "--policy", policy]
            .into_iter()
            .chain(names)
            .collect();
        let said = check(MIXES, &args);
        for (row, line) in rows.iter().zip(said.lines()) {
            let report: Value = serde_json::from_str(line).expect("JSON");
            let cell = row.split('|').nth(column + 2).expect("a cell").trim();
            assert_eq!(
                report["verdict"] == "listed",
                cell == "listed",
                "{policy}: {row}"
            );
        }
    }
}

#[test]
fn every_counter_is_explained() {
    let mut bench = bench("hot.de A 127.0.0.1");
    bench.daemon.signal(Signal::SIGTERM);
    assert_eq!(bench.daemon.ended().code(), Some(0));
    let log = bench.daemon.wait_for_log("counted: ");
    let (_, counters) = log.split_once("counted: ").expect("counters");
    let names = counters
        .split_whitespace()
        .filter_map(|word| word.split_once('='));
    let readme = paper("README.md");
    let unexplained: Vec<_> = names
        .map(|(name, _)| format!("`{name}`"))
        .filter(|name| !readme.contains(name))
        .collect();
    assert!(unexplained.is_empty(), "README.md lacks {unexplained:?}");
}

/// Each file of the doctor that looks at something says under which name.
#[test]
fn every_check_of_the_doctor_is_documented() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/command/doctor");
    let mut checks = BTreeSet::new();
    for file in fs::read_dir(folder).expect("the doctor") {
        let text = fs::read_to_string(file.expect("a file").path()).expect("UTF-8");
        let name = text.split_once("const CHECK: &str = \"");
        checks.extend(name.and_then(|(_, rest)| Some(rest.split_once('"')?.0.to_owned())));
    }
    let page = paper("docs/doctor.md");
    assert_eq!(first_column(&page, "cannot be seen from here |"), checks);
    let fields = first_column(&page, "## For programs");
    let expected = ["check", "state", "seen", "mend"].map(str::to_owned);
    assert_eq!(fields, BTreeSet::from(expected));
}
