//! SpamAssassin scores mails by the domains of their recipient and of their sender, and says why in its report.

use std::time::Instant;

use crate::daemons::page::Page;
use crate::daemons::site::{Network, shipped_table};
use crate::daemons::spamassassin::SpamAssassin;

pub(super) fn start(network: &Network) -> SpamAssassin {
    let rules = Page::read("mail/spamassassin.md").file("/etc/spamassassin/bogusmx.cf");
    SpamAssassin::new(network.folder(), network.resolver().ip(), &rules)
}

#[test]
fn listed_recipients_and_senders_are_scored_with_the_reason() {
    let network = Network::with_oracle(&shipped_table());
    let filter = start(&network);
    let report = filter.report("j@company.de", "jfhfdq@hot.de");
    let reason = "4.0 BOGUSMX_TO ASKDNS: Recipient's domain has an MX in reserved address space \
                  [hot.de.bogusmx.local TXT:Domain MX in loopback] [network]";
    assert!(report.contains(reason), "{report}");
    assert!(!report.contains("BOGUSMX_FROM"), "{report}");
    let report = filter.report("j@mhx.com", "someone@company.de");
    let reason = "4.0 BOGUSMX_FROM ASKDNS: Sender's domain has an MX in reserved address space \
                  [mhx.com.bogusmx.local TXT:Domain MX in broadcast] [network]";
    assert!(report.contains(reason), "{report}");
    assert!(!report.contains("BOGUSMX_TO"), "{report}");
}

#[test]
fn every_recipient_that_the_header_names_is_asked_about() {
    let network = Network::with_oracle(&shipped_table());
    let filter = start(&network);
    for recipients in [
        "To: <someone@company.de>, \"Hidden, J.\" <jfhfdq@Hot.DE>",
        "To: <someone@company.de>\nCc: <antonettabaune@godetia.com>, <jfhfdq@hot.de>",
        "Cc: <jfhfdq@hot.de>",
        // However many there are, it counts once.
        "To: <jfhfdq@hot.de>, <anita@hot.de>, <ggs6@webv.de>",
    ] {
        let report = filter.report_with("j@company.de", recipients);
        assert_eq!(
            report.matches("4.0 BOGUSMX_TO ").count(),
            1,
            "{recipients}: {report}"
        );
    }
    for recipients in ["To: undisclosed-recipients:;", "To: <someone@company.de>"] {
        // A bounce has no sender.
        let report = filter.report_with("", recipients);
        assert!(!report.contains("BOGUSMX"), "{recipients}: {report}");
    }
}

#[test]
fn mail_flows_when_the_list_is_gone() {
    let mut network = Network::with_oracle(&shipped_table());
    let filter = start(&network);
    network.stop_oracle();
    let start = Instant::now();
    let report = filter.report("j@mhx.com", "jfhfdq@hot.de");
    // For who runs this by hand: what is on the page.
    eprintln!("scanned in {:.1?}", start.elapsed());
    assert!(!report.contains("BOGUSMX"), "{report}");
}
