//! What Postfix logs: the seed's case with all its domains, mails with several recipients, and every end of a bounce.

use super::mail::Cause::{Other, Private, Reserved};
use super::mail::Fate::{Inside, Left, Local, Loops, Refused, Waiting};
use super::mail::Mail;
use super::mail::Status::{Bounced, Deferred, Sent};
use super::postfix_site::PostfixSite;
use super::{FORGED, TAKING};

const GODETIA: &str = "mail.godetia.com[149.112.112.112]";
const TAKES: &str = "mx.takes.parties[192.0.1.10]";

/// Both forms of the seed's lines: the exchanger is the mail server's own address, or a server of the same name.
#[test]
fn the_seed_s_mail_is_found_with_its_bounces() {
    let postfix = PostfixSite::new();
    let recipients = [
        "jfhfdq@hot.de",
        "treehnh@iphone.com",
        "lulu21@hotmaol.de",
        "roberlo@hahoo.es",
        "kl@beer.com",
        "stan@man.net",
        "anita@hot.de",
        "0x0fgc@mhx.com",
        "ggs6@webv.de",
    ];
    let mails = recipients.map(|recipient| {
        let mail = postfix.send(FORGED, &[recipient]);
        mail.loops(recipient).bounces(Left(GODETIA))
    });
    postfix.expect(&mails);
}

#[test]
fn long_queue_ids_are_read_as_well() {
    let postfix = PostfixSite::with("enable_long_queue_ids = yes\n");
    let mails = ["jfhfdq@hot.de", "treehnh@iphone.com"].map(|recipient| {
        let mail = postfix.send(FORGED, &[recipient]);
        mail.loops(recipient).bounces(Left(GODETIA))
    });
    assert!(mails[0].id.len() > 12, "{mails:?}");
    postfix.expect(&mails);
}

/// Where nothing loops, nothing is found.
#[test]
fn mail_that_arrives_is_no_finding() {
    let postfix = PostfixSite::new();
    let recipients = ["a@takes.parties", "b@six.parties", "nobody@web.company.de"];
    let arrives = postfix.send(TAKING, &recipients);
    let refused = postfix.send(FORGED, &["c@refuses.parties"]);
    let refused = refused.loses("c@refuses.parties", Other, Bounced);
    postfix.expect(&[arrives, refused.bounces(Left(GODETIA))]);
}

#[test]
fn of_several_recipients_only_those_count_that_looped() {
    let postfix = PostfixSite::new();
    let recipients = [
        "a@takes.parties",
        "kl@beer.com",
        "b@takes.parties",
        "Some.One@HOT.de",
        "c@refuses.parties",
        "jfhfdq@hot.de",
    ];
    let mail = postfix.send(TAKING, &recipients);
    let mail = mail.loops("kl@beer.com").loops("Some.One@HOT.de");
    let mail = mail.loses("c@refuses.parties", Other, Bounced);
    let mail = mail.loops("jfhfdq@hot.de").bounces(Left(TAKES));
    postfix.expect(&[mail]);
}

/// Who forges a sender decides where the bounce goes.
#[test]
fn bounces_end_in_every_way() {
    let postfix = PostfixSite::new();
    let mails = [
        ("x@six.parties", Left("mx.six.parties[2620:fe::25]")),
        ("x@refuses.parties", Refused),
        ("x@defers.parties", Waiting),
        ("x@plain.null", Refused),
        ("nobody@web.company.de", Local),
        ("x@virtual.company.de", Local),
        ("x@dovecot.company.de", Local),
        ("x@inside.company.de", Inside("10.1.0.25[10.1.0.25]")),
    ];
    let mails = mails.map(|(sender, fate)| {
        let mail = postfix.send(sender, &["jfhfdq@hot.de"]);
        mail.loops("jfhfdq@hot.de").bounces(fate)
    });
    postfix.expect(&mails);
}

/// Of a bounce from elsewhere no other is made. It counts all the same.
#[test]
fn mail_without_a_sender_does_not_bounce() {
    let postfix = PostfixSite::new();
    let bounce = postfix.send("", &["jfhfdq@hot.de"]).loops("jfhfdq@hot.de");
    postfix.expect(&[bounce]);
}

/// The forged sender's domain is such a one as well: that is what has become of the bounce, and it is found, too.
#[test]
fn a_bounce_that_loops_itself_has_not_left() {
    let postfix = PostfixSite::new();
    let mail = postfix.send("x@hotmaol.de", &["jfhfdq@hot.de"]);
    postfix.expect(&[mail.loops("jfhfdq@hot.de").bounces(Loops)]);
}

/// Addresses of somebody's, but not of a mail server of others.
#[test]
fn reserved_addresses_that_answer_or_do_not() {
    let postfix = PostfixSite::new();
    let _mute = std::net::TcpListener::bind(("127.0.0.8", 25)).expect("a network of one's own");
    let mails = [
        ("a@silent.parties", Reserved, Deferred),
        ("a@mute.parties", Reserved, Deferred),
        ("a@echo.parties", Reserved, Sent),
        ("a@private.parties", Private, Deferred),
        ("a@gone.parties", Other, Deferred),
    ];
    let mails = mails.map(|(recipient, cause, status)| {
        let mail = postfix.send(TAKING, &[recipient]);
        mail.loses(recipient, cause, status)
    });
    postfix.expect(&mails);
}

/// Mail exchangers that do not exist are nobody's address.
#[test]
fn domains_that_take_no_mail_are_no_finding() {
    let postfix = PostfixSite::new();
    let recipients = ["a@missing.failing", "a@plain.null", "a@nosuch.parties"];
    let mail = postfix.send(TAKING, &recipients);
    let lost = |mail: Mail, recipient| mail.loses(recipient, Other, Bounced);
    let mail = recipients.into_iter().fold(mail, lost);
    postfix.expect(&[mail.bounces(Left(TAKES))]);
}
