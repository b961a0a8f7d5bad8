//! Everything on the pages is what the tests run.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::daemons::page::Page;

/// The files that the resolvers here are started with, by their pages.
const RUN: [(&str, &[&str]); 7] = [
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

#[test]
fn every_file_on_a_page_is_run_or_said_not_to_be() {
    let known = RUN.iter().chain(&NOT_RUN);
    let known: BTreeSet<(String, String)> = known
        .flat_map(|(page, files)| {
            files
                .iter()
                .map(|file| ((*page).to_owned(), (*file).to_owned()))
        })
        .collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/resolvers");
    let pages = fs::read_dir(folder).expect("the pages");
    let mut shown = BTreeSet::new();
    for page in pages {
        let page = page.expect("a folder that can be read").file_name();
        let page = page.to_str().expect("a plain name");
        for (file, _) in Page::read(&format!("resolvers/{page}")).files() {
            shown.insert((page.to_owned(), file));
        }
    }
    assert_eq!(shown, known);
}

#[test]
fn a_page_says_which_of_its_files_is_not_run() {
    for (page, _) in NOT_RUN {
        let text = Page::read(&format!("resolvers/{page}")).text().to_owned();
        assert!(text.contains("is not tested here"), "{page}");
    }
}
