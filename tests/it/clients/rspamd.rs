//! rspamd scores mails by the domains of their recipients and of their sender, and refuses them if it is told to.

use crate::daemons::page::Page;
use crate::daemons::rspamd::{Rspamd, Scan};
use crate::daemons::site::{Network, shipped_table};

/// More looks at the list than it takes to give it up.
const LOOKS: usize = 5;

fn start(network: &Network, files: &[&'static str]) -> Rspamd {
    let page = Page::read("mail/rspamd.md");
    let text = |file: &&'static str| (*file, page.file(&format!("/etc/rspamd/local.d/{file}")));
    let files: Vec<_> = files.iter().map(text).collect();
    Rspamd::start(network.folder(), network.resolver().ip(), &files)
}

/// The options of a symbol: what it was found for.
fn found(scan: &Scan, symbol: &str) -> Option<Vec<String>> {
    scan.symbol(symbol).map(|(_, options)| options)
}

#[test]
fn listed_recipients_and_senders_are_scored() {
    let network = Network::with_oracle(&shipped_table());
    let rspamd = start(&network, &["rbl.conf", "groups.conf"]);
    let scan = rspamd.scan("j@company.de", &["jfhfdq@hot.de"]);
    let listed = Some((8.0, vec!["hot.de:selector".to_owned()]));
    assert_eq!(scan.symbol("BOGUSMX_RCPT"), listed, "{}", rspamd.log());
    assert_eq!(scan.symbol("BOGUSMX_FROM"), None);
    // One of several, in another case.
    let scan = rspamd.scan("j@company.de", &["someone@company.de", "jfhfdq@MHX.com"]);
    let listed = Some(vec!["mhx.com:selector".to_owned()]);
    assert_eq!(found(&scan, "BOGUSMX_RCPT"), listed);
    let scan = rspamd.scan("j@man.net", &["someone@company.de"]);
    let listed = Some((4.0, vec!["man.net:selector".to_owned()]));
    assert_eq!(scan.symbol("BOGUSMX_FROM"), listed);
    assert_eq!(scan.symbol("BOGUSMX_RCPT"), None);
}

#[test]
fn listed_recipients_can_be_refused() {
    let network = Network::with_oracle(&shipped_table());
    let rspamd = start(&network, &["rbl.conf", "groups.conf", "force_actions.conf"]);
    let scan = rspamd.scan("j@company.de", &["jfhfdq@hot.de"]);
    assert_eq!(scan.action(), "reject", "{scan:?}");
    let message = "Recipient address rejected: Domain MX in reserved network";
    assert_eq!(scan.message(), Some(message));
    let scan = rspamd.scan("j@company.de", &["someone@company.de"]);
    assert_ne!(scan.action(), "reject", "{scan:?}");
}

/// It looks after its lists by asking each for a name of a single label, and gives up those that err.
#[test]
fn its_looks_at_the_list_leave_it_content() {
    let network = Network::with_oracle(&shipped_table());
    let mut rspamd = start(&network, &["rbl.conf", "groups.conf"]);
    rspamd.wait_for_log("dns callback for bogusmx.local", LOOKS);
    let log = rspamd.log();
    let complaint = |line: &&str| line.contains("on resolving bogusmx.local");
    assert_eq!(log.lines().find(complaint), None);
    let scan = rspamd.scan("j@company.de", &["jfhfdq@hot.de"]);
    assert!(found(&scan, "BOGUSMX_RCPT").is_some(), "{log}");
}

#[test]
fn mail_flows_when_the_list_is_gone() {
    let mut network = Network::with_oracle(&shipped_table());
    let rspamd = start(&network, &["rbl.conf", "groups.conf", "force_actions.conf"]);
    network.stop_oracle();
    let scan = rspamd.scan("j@company.de", &["jfhfdq@hot.de"]);
    assert_eq!(found(&scan, "BOGUSMX_RCPT"), None);
    assert_ne!(scan.action(), "reject", "{scan:?}");
}
