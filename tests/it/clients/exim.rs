//! Exim refuses recipients at RCPT, also of its own users.

use crate::daemons::exim::Exim;
use crate::daemons::page::Page;
use crate::daemons::site::{Network, shipped_table};
use crate::daemons::smtp::Session;

const MAIN: &str = "/etc/exim4/conf.d/main/000_bogusmx";
const ACL: &str = "/etc/exim4/conf.d/acl/29_bogusmx";

/// Lets mail pass where the list is not to be had.
fn start(network: &Network) -> Exim {
    start_with(network, Page::read("mail/exim.md").file(ACL))
}

/// Defers it.
fn start_deferring(network: &Network) -> Exim {
    let page = Page::read("mail/exim.md");
    let line = page.file(&format!("{ACL} (deferring)"));
    let acl = page.file(ACL);
    let passing = acl.lines().find(|line| line.contains("dnslists"));
    let acl = acl.replace(passing.expect("the condition"), line.trim_end());
    start_with(network, acl)
}

fn start_with(network: &Network, acl: String) -> Exim {
    let main = Page::read("mail/exim.md").file(MAIN);
    let files = [("main/000_bogusmx", main), ("acl/29_bogusmx", acl)];
    Exim::start(network.folder(), network.resolver().ip(), &files)
}

/// The replies to recipients, each in a session of its own: Exim remembers what it has looked up in one.
fn replies(exim: &Exim, recipients: &[&str]) -> Vec<String> {
    let reply = |recipient: &&str| {
        let mut session = Session::open(exim.server());
        let reply = session.recipient(recipient);
        session.close();
        reply
    };
    recipients.iter().map(reply).collect()
}

#[test]
fn listed_recipients_are_refused_with_the_reason_and_others_are_not() {
    let network = Network::with_oracle(&shipped_table());
    let exim = start(&network);
    // A client that may send anywhere, as own users may.
    let recipients = [
        "jfhfdq@hot.de",
        "0x0fgc@mhx.com",
        "someone@company.de",
        // What Debian's own list refuses, it still does.
        "some%one@company.de",
    ];
    let expected = [
        "550 <jfhfdq@hot.de>: Domain MX in loopback network",
        "550 <0x0fgc@mhx.com>: Domain MX in broadcast network",
        "250 Accepted",
        "550 restricted characters in address",
    ];
    assert_eq!(replies(&exim, &recipients), expected);
}

#[test]
fn mail_flows_when_the_list_is_gone() {
    let mut network = Network::with_oracle(&shipped_table());
    let exim = start(&network);
    network.stop_oracle();
    assert_eq!(replies(&exim, &["someone@version.net"]), ["250 Accepted"]);
}

#[test]
fn mail_flows_when_a_domain_cannot_be_looked_up() {
    let network = Network::with_oracle(&shipped_table());
    let exim = start(&network);
    assert_eq!(replies(&exim, &["someone@lame.failing"]), ["250 Accepted"]);
}

#[test]
fn mail_waits_for_the_list_if_that_is_wanted() {
    let mut network = Network::with_oracle(&shipped_table());
    let exim = start_deferring(&network);
    let recipients = ["jfhfdq@hot.de", "someone@company.de"];
    let expected = [
        "550 <jfhfdq@hot.de>: Domain MX in loopback network",
        "250 Accepted",
    ];
    assert_eq!(replies(&exim, &recipients), expected);
    let deferred = "451 Temporary local problem - please try later";
    assert_eq!(replies(&exim, &["someone@lame.failing"]), [deferred]);
    network.stop_oracle();
    assert_eq!(replies(&exim, &["someone@version.net"]), [deferred]);
}
