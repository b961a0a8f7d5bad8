//! The lines for admins alone: Postfix's and Unbound's, with a list that stands still. Shows what the list must answer
//! for Postfix to reply as it did with the seed's table.

use super::site::{Site, seed_table};

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
