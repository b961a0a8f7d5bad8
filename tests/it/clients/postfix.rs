//! Postfix: senders, codes, the order of restrictions, and how to try the list out first.

use crate::daemons::page::Page;
use crate::daemons::postfix::{Postfix, add_user};
use crate::daemons::site::{Network, shipped_table};
use crate::daemons::smtp::Session;

const ACCEPTED: &str = "250 2.1.5 Ok";
const REFUSED: &str =
    "554 5.7.1 <jfhfdq@hot.de>: Recipient address rejected: Domain MX in loopback network";

/// `user`, `password` as AUTH PLAIN has them.
const CREDENTIALS: &str = "AHVzZXIAcGFzc3dvcmQ=";

/// A block of the page that stands beside main.cf.
pub(super) fn page(variant: &str) -> String {
    Page::read("mail/postfix.md").file(&format!("/etc/postfix/main.cf{variant}"))
}

pub(super) fn start(network: &Network, lines: &str) -> Postfix {
    let resolver = network.resolver().ip();
    Postfix::start_with(network.folder(), resolver, &shipped_table(), lines)
}

pub(super) fn reply(mut session: Session, recipient: &str) -> String {
    let reply = session.recipient(recipient);
    session.close();
    reply
}

#[test]
fn listed_senders_are_refused_too() {
    let network = Network::with_oracle(&shipped_table());
    let postfix = start(&network, &(page("") + &page(" (senders)")));
    let server = postfix.with_list();
    let from_listed = Session::open_from(server, "j@man.net");
    let expected = "554 5.7.1 <j@man.net>: Sender address rejected: Domain MX in loopback network";
    assert_eq!(
        reply(from_listed, "someone@company.de"),
        expected,
        "{}",
        postfix.log()
    );
    let from_good = Session::open_from(server, "j@company.de");
    assert_eq!(reply(from_good, "someone@company.de"), ACCEPTED);
    // A bounce has no sender.
    assert_eq!(
        reply(Session::open_from(server, ""), "someone@company.de"),
        ACCEPTED
    );
}

#[test]
fn only_the_list_s_own_code_counts() {
    let network = Network::with_oracle(&shipped_table());
    let postfix = start(&network, &page(" (code)"));
    let server = postfix.with_list();
    assert_eq!(
        reply(Session::open(server), "jfhfdq@hot.de"),
        REFUSED,
        "{}",
        postfix.log()
    );
    assert_eq!(reply(Session::open(server), "someone@company.de"), ACCEPTED);
}

#[test]
fn a_code_that_the_list_does_not_have_refuses_nothing() {
    let network = Network::with_oracle(&shipped_table());
    let other = page(" (code)").replace("127.0.0.2", "127.0.0.3");
    let postfix = start(&network, &other);
    let session = Session::open(postfix.with_list());
    assert_eq!(reply(session, "jfhfdq@hot.de"), ACCEPTED);
}

/// The log says what would have happened, and nothing happens.
#[test]
fn the_list_can_be_tried_out() {
    let network = Network::with_oracle(&shipped_table());
    let postfix = start(&network, &page(" (to try it out)"));
    let session = Session::open(postfix.with_list());
    assert_eq!(reply(session, "jfhfdq@hot.de"), ACCEPTED);
    let log = postfix.log();
    let is_warning = |line: &&str| line.contains("reject_warning: RCPT from");
    let warning = log.lines().find(is_warning).expect("a warning");
    assert!(warning.contains(REFUSED), "{warning}");
}

#[test]
fn behind_permit_mynetworks_it_does_not_see_the_own_network_s_mail() {
    let network = Network::with_oracle(&shipped_table());
    let late = page("").replace(
        "reject_rhsbl_recipient",
        "permit_mynetworks, reject_rhsbl_recipient",
    );
    let postfix = start(&network, &late);
    let session = Session::open(postfix.with_list());
    assert_eq!(reply(session, "jfhfdq@hot.de"), ACCEPTED);
}

/// A user who logs in from anywhere.
#[test]
fn it_sees_the_mail_of_users_who_log_in_unless_they_are_permitted_before() {
    let network = Network::with_oracle(&shipped_table());
    for (restrictions, expected) in [
        (
            "reject_rhsbl_recipient bogusmx.local, permit_sasl_authenticated",
            REFUSED,
        ),
        (
            "permit_sasl_authenticated, reject_rhsbl_recipient bogusmx.local",
            ACCEPTED,
        ),
    ] {
        let folder = network.folder().join(&restrictions[..6]);
        add_user(&folder.join("postfix/sasl"), "user");
        let lines = page("").replace("reject_rhsbl_recipient bogusmx.local", restrictions);
        let lines = format!(
            "{lines}mynetworks = 192.0.2.0/24\n\
             smtpd_relay_restrictions = permit_sasl_authenticated, reject\n\
             smtpd_sasl_auth_enable = yes\n\
             smtpd_sasl_local_domain = web.company.de\n"
        );
        let resolver = network.resolver().ip();
        let postfix = Postfix::start_with(&folder, resolver, &shipped_table(), &lines);
        let session = Session::open_logged_in(postfix.with_list(), CREDENTIALS);
        assert_eq!(
            reply(session, "jfhfdq@hot.de"),
            expected,
            "{}",
            postfix.log()
        );
    }
}

/// What no smtpd restriction can stop.
#[test]
fn sendmail_asks_nobody() {
    let network = Network::with_oracle(&shipped_table());
    let postfix = start(&network, &page(""));
    assert!(postfix.submit("jfhfdq@hot.de"), "{}", postfix.log());
}
