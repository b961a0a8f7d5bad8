//! rspamd scores mails by the domains of their recipients and of their sender, and refuses them if it is told to.

use std::thread;
use std::time::{Duration, Instant};

use crate::daemons::page::Page;
use crate::daemons::rspamd::{Rspamd, Scan};
use crate::daemons::site::{Network, shipped_table};

/// More looks at the list than it takes to give it up.
const LOOKS: usize = 5;

/// Longer than it takes to give the list up, or to find it again: some looks, each with a time-out of 5 s.
const PATIENCE: Duration = Duration::from_secs(90);

/// Between two looks at a condition.
const PAUSE: Duration = Duration::from_millis(100);

pub(super) fn start(network: &Network, files: &[&'static str]) -> Rspamd {
    let page = Page::read("mail/rspamd.md");
    let text = |file: &&'static str| (*file, page.file(&format!("/etc/rspamd/local.d/{file}")));
    let files: Vec<_> = files.iter().map(text).collect();
    Rspamd::start(network.folder(), network.resolver().ip(), &files)
}

/// The options of a symbol: what it was found for.
pub(super) fn found(scan: &Scan, symbol: &str) -> Option<Vec<String>> {
    scan.symbol(symbol).map(|(_, options)| options)
}

#[test]
fn listed_recipients_and_senders_are_scored() {
    let network = Network::with_oracle(&shipped_table());
    let rspamd = start(&network, &["rbl.conf", "groups.conf"]);
    let scan = rspamd.scan("j@company.de", &["jfhfdq@hot.de"]);
    let listed = Some((8.0, vec!["hot.de:rcpt".to_owned()]));
    assert_eq!(scan.symbol("RCPT_BOGUSMX"), listed, "{}", rspamd.log());
    assert_eq!(scan.symbol("FROM_BOGUSMX"), None);
    // One of several, in another case.
    let scan = rspamd.scan("j@company.de", &["someone@company.de", "jfhfdq@MHX.com"]);
    let listed = Some(vec!["mhx.com:rcpt".to_owned()]);
    assert_eq!(found(&scan, "RCPT_BOGUSMX"), listed);
    let scan = rspamd.scan("j@man.net", &["someone@company.de"]);
    let listed = Some((4.0, vec!["man.net:from".to_owned()]));
    assert_eq!(scan.symbol("FROM_BOGUSMX"), listed);
    assert_eq!(scan.symbol("RCPT_BOGUSMX"), None);
    // A bounce has no sender.
    let scan = rspamd.scan("", &["someone@company.de"]);
    assert_eq!(scan.symbol("FROM_BOGUSMX"), None);
}

#[test]
fn each_listed_domain_of_a_mail_counts() {
    let network = Network::with_oracle(&shipped_table());
    let rspamd = start(&network, &["rbl.conf", "groups.conf"]);
    let scan = rspamd.scan("j@hot.de", &["jfhfdq@hot.de", "anita@hot.de", "x@webv.de"]);
    let (score, mut domains) = scan.symbol("RCPT_BOGUSMX").expect("the symbol");
    domains.sort();
    assert_eq!(domains, ["hot.de:rcpt", "webv.de:rcpt"]);
    assert!((score - 16.0).abs() < 0.01, "{score}");
    let listed = Some((4.0, vec!["hot.de:from".to_owned()]));
    assert_eq!(scan.symbol("FROM_BOGUSMX"), listed);
}

/// Theirs is the mail that bounces.
#[test]
fn the_mail_of_own_users_is_scored_too() {
    let network = Network::with_oracle(&shipped_table());
    let rspamd = start(&network, &["rbl.conf", "groups.conf"]);
    for client in [
        "IP: 192.0.1.1\r\nUser: j\r\n",
        "IP: 127.0.0.1\r\n",
        "IP: 192.168.1.1\r\n",
    ] {
        let scan = rspamd.scan_from_client(client, "j@man.net", &["jfhfdq@hot.de"]);
        for symbol in ["RCPT_BOGUSMX", "FROM_BOGUSMX"] {
            assert!(found(&scan, symbol).is_some(), "{client}: {scan:?}");
        }
    }
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
    assert!(found(&scan, "RCPT_BOGUSMX").is_some(), "{log}");
}

#[test]
fn mail_flows_when_the_list_is_gone() {
    let mut network = Network::with_oracle(&shipped_table());
    let rspamd = start(&network, &["rbl.conf", "groups.conf", "force_actions.conf"]);
    network.stop_oracle();
    let start = Instant::now();
    let scan = rspamd.scan("j@company.de", &["jfhfdq@hot.de"]);
    // For who runs this by hand: what is on the page.
    eprintln!("scanned in {:.1?}", start.elapsed());
    assert_eq!(found(&scan, "RCPT_BOGUSMX"), None);
    assert_ne!(scan.action(), "reject", "{scan:?}");
}

/// It is not even asked then, for either kind of domain, and mail is not kept waiting.
#[test]
fn a_list_that_is_gone_is_given_up_until_it_comes_back() {
    let mut network = Network::with_oracle(&shipped_table());
    let rspamd = start(&network, &["rbl.conf", "groups.conf"]);
    let scan = || rspamd.scan("j@man.net", &["jfhfdq@hot.de"]);
    let symbols = |scan: &Scan| {
        ["RCPT_BOGUSMX", "FROM_BOGUSMX", "BOGUSMX_FAIL"].map(|symbol| found(scan, symbol).is_some())
    };
    let address = network.oracle();
    network.stop_oracle();
    wait_for(|| rspamd.log().contains("disable object"));
    assert_eq!(symbols(&scan()), [false; 3], "{}", rspamd.log());
    network.return_oracle(address);
    wait_for(|| symbols(&scan()) == [true, true, false]);
}

#[track_caller]
fn wait_for(mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE, "waited in vain");
        thread::sleep(PAUSE);
    }
}
