//! The lines for admins alone: Postfix's and Unbound's, with a list that stands still. Shows what the list must answer
//! for Postfix to reply as it did with the seed's table.

use crate::daemons::question;
use crate::daemons::site::{Network, Site, seed_table, shipped_table};
use crate::daemons::world::Verdict;

const LIST: &str = "\
$ORIGIN bogusmx.local.
$TTL 60
@ SOA localhost. hostmaster.localhost. 1 3600 600 86400 60
@ NS localhost.
hot.de A 127.0.0.2
hot.de TXT \"Domain MX in loopback network\"
mhx.com A 127.0.0.2
mhx.com TXT \"Domain MX in broadcast network\"
";

#[test]
fn the_reply_with_the_list_is_the_reply_with_the_table_octet_for_octet() {
    let site = Site::with_list(LIST, &seed_table());
    let recipients = ["jfhfdq@hot.de", "0x0fgc@mhx.com", "someone@company.de"].map(str::to_owned);
    let expected = [
        "554 5.7.1 <jfhfdq@hot.de>: Recipient address rejected: Domain MX in loopback network",
        "554 5.7.1 <0x0fgc@mhx.com>: Recipient address rejected: Domain MX in broadcast network",
        "250 2.1.5 Ok",
    ];
    let log = || site.mail_log();
    assert_eq!(site.replies_with_table(&recipients), expected, "{}", log());
    assert_eq!(site.replies_with_list(&recipients), expected, "{}", log());
}

/// Such a resolver makes the list itself blind, which needs the addresses of others; but it must not be deaf to it.
#[test]
fn a_resolver_that_drops_loopback_addresses_lets_the_lists_pass() {
    let network = Network::with_list(LIST, "private-address: 127.0.0.0/24");
    let verdict = question::verdict(network.resolver(), "hot.de");
    let text = "Domain MX in loopback network".to_owned();
    assert_eq!(verdict, Verdict::Listed(text));
}

#[test]
fn the_check_of_the_whole_chain_replies_as_the_readme_says() {
    let site = Site::with_oracle(&shipped_table());
    let replies = site.replies_with_list(&["x@test".to_owned()]);
    let readme = include_str!("../../../README.md");
    let is_there = readme.lines().any(|line| line == replies[0]);
    assert!(is_there, "{}\n{}", replies[0], site.mail_log());
}
