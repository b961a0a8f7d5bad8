//! Mail that waits: until it is given up, or for as long as the administrator says that nothing bounces.

use super::mail::Cause::{Loop, Other, Reserved};
use super::mail::Fate::{Left, Waiting};
use super::mail::Status::{Bounced, Deferred};
use super::postfix_site::PostfixSite;
use super::{FORGED, TAKING};

const GODETIA: &str = "mail.godetia.com[149.112.112.112]";
const TAKES: &str = "mx.takes.parties[192.0.1.10]";

/// A queue in a hurry.
const SOON: &str = "minimal_backoff_time = 1s\n\
    maximal_backoff_time = 1s\n\
    queue_run_delay = 1s\n\
    maximal_queue_lifetime = 2s\n\
    bounce_queue_lifetime = 100s\n\
    delay_warning_time = 1s\n";

/// Senders are told that it takes longer, too. That is no bounce.
#[test]
fn mail_that_is_given_up_has_bounced() {
    let postfix = PostfixSite::with(SOON);
    let silent = postfix.send(FORGED, &["a@silent.parties", "b@takes.parties"]);
    let silent = silent.loses("a@silent.parties", Reserved, Bounced);
    let gone = postfix.send(TAKING, &["a@gone.parties"]);
    let gone = gone.loses("a@gone.parties", Other, Bounced);
    postfix.expect(&[silent.bounces(Left(GODETIA)), gone.bounces(Left(TAKES))]);
}

/// Each mail counts once, however often it is tried.
#[test]
fn a_bounce_that_waits_is_tried_again() {
    let postfix = PostfixSite::with(SOON);
    let mail = postfix.send("x@defers.parties", &["jfhfdq@hot.de"]);
    let mail = mail.loops("jfhfdq@hot.de").bounces(Waiting);
    let later = postfix.send(TAKING, &["a@silent.parties"]);
    let later = later.loses("a@silent.parties", Reserved, Bounced);
    // Some time after the first try of the bounce.
    postfix.expect(&[mail, later.bounces(Left(TAKES))]);
}

#[test]
fn nothing_bounces_where_bounces_are_soft() {
    let postfix = PostfixSite::with("soft_bounce = yes\n");
    let recipients = ["jfhfdq@hot.de", "treehnh@iphone.com", "a@refuses.parties"];
    let mail = postfix.send(TAKING, &recipients);
    let mail = mail.loses("jfhfdq@hot.de", Loop, Deferred);
    let mail = mail.loses("treehnh@iphone.com", Loop, Deferred);
    postfix.expect(&[mail.loses("a@refuses.parties", Other, Deferred)]);
}

/// Copies of bounces for the administrator are no backscatter.
#[test]
fn what_the_administrator_is_told_does_not_count() {
    let postfix =
        PostfixSite::with("notify_classes = bounce, 2bounce, delay, resource, software\n");
    let mails = [(FORGED, GODETIA), (TAKING, TAKES)].map(|(sender, relay)| {
        let mail = postfix.send(sender, &["jfhfdq@hot.de"]);
        mail.loops("jfhfdq@hot.de").bounces(Left(relay))
    });
    postfix.expect(&mails);
}
