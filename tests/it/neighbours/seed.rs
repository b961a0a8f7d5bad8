//! The seed's case, with the whole chain: Postfix asks Unbound, Unbound asks the list, the list asks Unbound, Unbound
//! asks the Internet. The recipients are those that bounced, the addresses those that the DNS gave for them, and the
//! replies those of the seed's table.

use crate::daemons::site::{Site, shipped_table};

const LOOPBACK: &str = "Domain MX in loopback network";
const BROADCAST: &str = "Domain MX in broadcast network";
const COLLISION: &str = "Domain MX is an ICANN name collision marker";

/// The recipients of the seed's log, and why they must be refused.
const BOUNCED: [(&str, &str); 20] = [
    ("jfhfdq@hot.de", LOOPBACK),
    ("treehnh@iphone.com", LOOPBACK),
    ("lulu21@hotmaol.de", LOOPBACK),
    ("gdhfgkj@hotmaol.de", LOOPBACK),
    ("roberlo@hahoo.es", LOOPBACK),
    ("kl@beer.com", LOOPBACK),
    ("stan@man.net", LOOPBACK),
    ("jame@live.ong", COLLISION),
    ("cesarelkappo@adulto.com", LOOPBACK),
    ("anita@hot.de", LOOPBACK),
    ("vacapinta@gamiel.com", LOOPBACK),
    ("0x0fgc@mhx.com", BROADCAST),
    ("paco-ds-@hotmeil.es", LOOPBACK),
    ("hgf@ghn.com", LOOPBACK),
    ("bho3397@beer.com", LOOPBACK),
    ("ggs6@webv.de", LOOPBACK),
    ("luis_bahamonde@hotmeil.es", LOOPBACK),
    ("www.suneth.a90@gaile.com", LOOPBACK),
    ("harley811@version.net", LOOPBACK),
    // As users type it.
    ("JFHFDQ@Hot.DE", LOOPBACK),
];

#[test]
fn what_bounced_is_refused_in_the_seeds_words() {
    let site = Site::with_oracle(&shipped_table());
    let recipients: Vec<_> = BOUNCED.iter().map(|(to, _)| (*to).to_owned()).collect();
    let expected: Vec<_> = BOUNCED.iter().map(|(to, why)| refusal(to, why)).collect();
    let replies = site.replies_with_list(&recipients);
    assert_eq!(replies, expected, "{}", site.mail_log());
}

#[test]
fn mail_to_domains_that_work_is_accepted() {
    let site = Site::with_oracle(&shipped_table());
    let recipients = ["j@company.de", "antonettabaune@godetia.com", "j@plain.good"];
    let replies = site.replies_with_list(&recipients.map(str::to_owned));
    assert_eq!(replies, ["250 2.1.5 Ok"; 3], "{}", site.mail_log());
}

/// Unbound keeps trying a list that is gone for longer than Postfix waits, which is ten seconds. So this takes ten
/// seconds, as a mail does in the first half minute; then Unbound says SERVFAIL at once.
#[test]
fn mail_flows_when_the_list_is_gone() {
    let mut site = Site::with_oracle(&shipped_table());
    let before = ["jfhfdq@hot.de".to_owned()];
    let replies = site.replies_with_list(&before);
    let expected = [refusal(&before[0], LOOPBACK)];
    assert_eq!(replies, expected, "{}", site.mail_log());
    site.stop_oracle();
    // Nobody has an answer about this one in store.
    let after = ["harley811@version.net".to_owned()];
    let replies = site.replies_with_list(&after);
    assert_eq!(replies, ["250 2.1.5 Ok"], "{}", site.mail_log());
}

fn refusal(recipient: &str, why: &str) -> String {
    format!("554 5.7.1 <{recipient}>: Recipient address rejected: {why}")
}
