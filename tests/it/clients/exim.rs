//! Exim refuses recipients at RCPT, also of its own users.

use crate::daemons::exim::{self, Exim, Layout};
use crate::daemons::page::Page;
use crate::daemons::site::{Network, shipped_table};
use crate::daemons::smtp::Session;

const MAIN: &str = "/etc/exim4/conf.d/main/000_bogusmx";
const ACL: &str = "/etc/exim4/conf.d/acl/29_bogusmx";

/// Lets mail pass where the list is not to be had.
pub(super) fn start(network: &Network) -> Exim {
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
    let files = [
        ("conf.d/main/000_bogusmx", main),
        ("conf.d/acl/29_bogusmx", acl),
    ];
    Exim::start(
        network.folder(),
        network.resolver().ip(),
        Layout::Split,
        &files,
    )
}

/// With the configuration in a single file, changed by hand as the page says.
fn start_single(network: &Network) -> Exim {
    let page = Page::read("mail/exim.md");
    let acl = page.file(ACL);
    let template = exim::template();
    let debian_acl = "\nacl_check_rcpt:\n";
    assert_eq!(template.matches(debian_acl).count(), 1);
    let template = template.replace(debian_acl, &format!("\n{acl}{debian_acl}"));
    let files = [
        ("exim4.conf.localmacros", page.file(MAIN)),
        ("exim4.conf.template", template),
    ];
    Exim::start(
        network.folder(),
        network.resolver().ip(),
        Layout::Single,
        &files,
    )
}

/// With the list where Debian has a place for one's own restrictions.
fn start_with_hook(network: &Network) -> Exim {
    let acl = Page::read("mail/exim.md").file(ACL);
    let (_, acl) = acl.split_once("acl_bogusmx:\n").expect("its name");
    let (deny, _) = acl.split_once("  require").expect("what follows");
    let files = [
        (
            "exim4.conf.localmacros",
            "CHECK_RCPT_LOCAL_ACL_FILE = /etc/exim4/local_acl\n".to_owned(),
        ),
        ("local_acl", deny.to_owned()),
    ];
    Exim::start(
        network.folder(),
        network.resolver().ip(),
        Layout::Single,
        &files,
    )
}

/// The replies to recipients, each in a session of its own: Exim remembers what it has looked up in one.
pub(super) fn replies(exim: &Exim, recipients: &[&str]) -> Vec<String> {
    let reply = |recipient: &&str| {
        let mut session = Session::open(exim.server());
        let reply = session.recipient(recipient);
        session.close();
        reply
    };
    recipients.iter().map(reply).collect()
}

/// Refuses what is listed, and what Debian's own list refuses.
#[track_caller]
fn expect_refusals(exim: &Exim) {
    // A client that may send anywhere, as own users may.
    let recipients = [
        "jfhfdq@hot.de",
        "0x0fgc@mhx.com",
        "someone@company.de",
        "some%one@company.de",
    ];
    let expected = [
        "550 <jfhfdq@hot.de>: Domain MX in loopback network",
        "550 <0x0fgc@mhx.com>: Domain MX in broadcast network",
        "250 Accepted",
        "550 restricted characters in address",
    ];
    assert_eq!(replies(exim, &recipients), expected);
}

#[test]
fn listed_recipients_are_refused_with_the_reason_and_others_are_not() {
    let network = Network::with_oracle(&shipped_table());
    expect_refusals(&start(&network));
}

#[test]
fn they_are_refused_by_a_configuration_in_a_single_file_too() {
    let network = Network::with_oracle(&shipped_table());
    expect_refusals(&start_single(&network));
}

/// The log says what would have happened, and nothing happens.
#[test]
fn the_list_can_be_tried_out() {
    let network = Network::with_oracle(&shipped_table());
    let acl = Page::read("mail/exim.md").file(ACL);
    let acl = acl.replacen("deny", "warn", 1);
    let acl = acl.replacen("message =", "log_message =", 1);
    let exim = start_with(&network, acl);
    assert_eq!(replies(&exim, &["jfhfdq@hot.de"]), ["250 Accepted"]);
    let log = exim.log();
    let warning = "Warning: <jfhfdq@hot.de>: Domain MX in loopback network";
    assert!(log.contains(warning), "{log}");
}

/// Debian's own list has accepted the mail of own users before it.
#[test]
fn in_debian_s_place_for_own_restrictions_it_does_not_see_the_own_network_s_mail() {
    let network = Network::with_oracle(&shipped_table());
    let exim = start_with_hook(&network);
    assert_eq!(replies(&exim, &["jfhfdq@hot.de"]), ["250 Accepted"]);
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
