//! Everything on the pages is what the tests run, but for a short list of what they cannot.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::daemons::page::Page;

/// The files that the resolvers and the list are started with here, by their pages.
const RUN: [(&str, &[&str]); 8] = [
    ("README.md", &["/etc/bogusmx/bogusmx.toml"]),
    ("unbound.md", &["/etc/unbound/unbound.conf.d/bogusmx.conf"]),
    (
        "bind.md",
        &[
            "/etc/bind/named.conf.options",
            "/etc/bind/named.conf.options (with protection)",
            "/etc/bind/named.conf.local",
        ],
    ),
    (
        "powerdns.md",
        &[
            "/etc/powerdns/recursor.d/bogusmx.conf",
            "/etc/powerdns/recursor.lua",
            "/etc/powerdns/rpz.zone",
        ],
    ),
    ("knot.md", &["/etc/knot-resolver/kresd.conf"]),
    ("dnsmasq.md", &["/etc/dnsmasq.d/bogusmx.conf"]),
    (
        "systemd-resolved.md",
        &["/etc/systemd/resolved.conf.d/bogusmx.conf"],
    ),
    ("dnsdist.md", &["/etc/dnsdist/dnsdist.conf"]),
];

/// Those that Debian 12 has no program for; the pages say so.
const NOT_RUN: [(&str, &[&str]); 1] = [("powerdns.md", &["/etc/powerdns/recursor.d/bogusmx.yml"])];

/// What a person types after that. These are for a host with systemd and programs of its own; `listed` asks what the
/// last two ask.
const TYPED: [&str; 11] = [
    "unbound-checkconf && systemctl restart unbound",
    "named-checkconf && systemctl restart named",
    "pdns_recursor --config=check && systemctl restart pdns-recursor",
    "systemctl restart kresd@1",
    "dnsmasq --test --conf-dir=/etc/dnsmasq.d && systemctl restart dnsmasq",
    "dnsdist --check-config && systemctl restart dnsdist",
    "systemctl restart systemd-resolved",
    "rm /etc/resolv.conf",
    "echo \"nameserver 127.0.0.1\" > /etc/resolv.conf",
    "dig +short test.bogusmx.local     # 127.0.0.2",
    "dig +short invalid.bogusmx.local  # nothing",
];

/// As the last two, of a server that is not the first in /etc/resolv.conf.
const AT: &str = "dig @127.0.0.53 ";

/// Every page, by its file.
fn pages() -> Vec<(String, Page)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/resolvers");
    let files = fs::read_dir(folder).expect("the pages");
    let names = files.map(|file| file.expect("a folder that can be read").file_name());
    names
        .map(|name| name.into_string().expect("a plain name"))
        .map(|name| {
            let page = Page::read(&format!("resolvers/{name}"));
            (name, page)
        })
        .collect()
}

/// The blocks of a page, each with its language.
fn blocks(page: &Page) -> Vec<(&str, &str)> {
    let mut parts = page.text().split("```").skip(1);
    let mut blocks = Vec::new();
    while let Some(block) = parts.next() {
        blocks.extend(block.split_once('\n'));
        parts.next();
    }
    blocks
}

#[test]
fn every_file_on_a_page_is_run_or_said_not_to_be() {
    let known: BTreeSet<(String, String)> = RUN
        .iter()
        .chain(&NOT_RUN)
        .flat_map(|(page, files)| {
            let pairs = files.iter().map(|file| (*page, *file));
            pairs.map(|(page, file)| (page.to_owned(), file.to_owned()))
        })
        .collect();
    let mut shown = BTreeSet::new();
    for (name, page) in pages() {
        for (file, _) in page.files() {
            shown.insert((name.clone(), file));
        }
    }
    assert_eq!(shown, known);
}

/// So nothing is shown that the tests overlook.
#[test]
fn every_block_on_a_page_is_a_file_or_typed() {
    let mut typed = BTreeSet::new();
    for (name, page) in pages() {
        let blocks = blocks(&page);
        let commands = blocks.iter().filter(|(language, _)| *language == "sh");
        let commands: Vec<&str> = commands.flat_map(|(_, text)| text.lines()).collect();
        typed.extend(commands.iter().map(|line| line.replace(AT, "dig ")));
        let others = blocks.iter().filter(|(language, _)| *language != "sh");
        assert_eq!(others.count(), page.files().len(), "{name}");
    }
    let known: BTreeSet<String> = TYPED.map(str::to_owned).into();
    assert_eq!(typed, known);
}

#[test]
fn a_page_says_which_of_its_files_is_not_run() {
    for (page, _) in NOT_RUN {
        let text = Page::read(&format!("resolvers/{page}")).text().to_owned();
        assert!(text.contains("is not tested here"), "{page}");
    }
}
