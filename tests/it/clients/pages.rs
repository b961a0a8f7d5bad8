//! Everything on the pages is what the tests run.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::daemons::page::Page;

const RUN: [(&str, &[&str]); 4] = [
    (
        "postfix.md",
        &[
            "/etc/postfix/main.cf",
            "/etc/postfix/main.cf (to try it out)",
            "/etc/postfix/main.cf (senders)",
            "/etc/postfix/main.cf (code)",
        ],
    ),
    (
        "exim.md",
        &[
            "/etc/exim4/conf.d/main/000_bogusmx",
            "/etc/exim4/conf.d/acl/29_bogusmx",
            "/etc/exim4/conf.d/acl/29_bogusmx (deferring)",
        ],
    ),
    (
        "rspamd.md",
        &[
            "/etc/rspamd/local.d/rbl.conf",
            "/etc/rspamd/local.d/groups.conf",
            "/etc/rspamd/local.d/force_actions.conf",
        ],
    ),
    ("spamassassin.md", &["/etc/spamassassin/bogusmx.cf"]),
];

#[test]
fn every_file_on_a_page_is_run() {
    let run = RUN.iter().flat_map(|(page, files)| {
        let files = files.iter();
        files.map(|file| ((*page).to_owned(), (*file).to_owned()))
    });
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/mail");
    let mut shown = BTreeSet::new();
    for page in fs::read_dir(folder).expect("the pages") {
        let page = page.expect("a folder that can be read").file_name();
        let page = page.to_str().expect("a plain name");
        for (file, _) in Page::read(&format!("mail/{page}")).files() {
            shown.insert((page.to_owned(), file));
        }
    }
    assert_eq!(shown, run.collect());
}
