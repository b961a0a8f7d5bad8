//! What Exim logs of the same: with Debian's configuration it leaves out hosts at reserved addresses, with a short one it
//! finds itself.

use std::net::{IpAddr, Ipv4Addr};

use super::client::{Client, HERE};
use super::exim_site::{Config, EximSite, Short};
use super::mail::Cause::{Loop, NoHost, Other, Private, Reserved};
use super::mail::Fate::{Left, Local, Loops, Refused, Waiting};
use super::mail::Status::{Bounced, Deferred, Sent};
use super::mail::{Mail, Origin};
use super::{FORGED, TAKING};
use crate::support::wait_until;

const GODETIA: &str = "mail.godetia.com[149.112.112.112]";
const TAKES: &str = "mx.takes.parties[192.0.1.10]";

fn debian() -> EximSite {
    EximSite::new(&Config::Debian(""), &[])
}

/// One that gives mail up at once when it finds itself.
const FAILING: Short<'_> = Short {
    main: "",
    router: "self = fail",
    patience: "1h",
};

fn failing() -> EximSite {
    EximSite::new(&Config::Short(FAILING), &[])
}

/// One that goes through its queue every second.
fn waiting(config: Short<'_>) -> EximSite {
    EximSite::new(&Config::Short(config), &["-q1s"])
}

/// Exim says the same of all of them; the DNS decides whether they count.
#[test]
fn debian_leaves_the_seed_s_hosts_out() {
    let exim = debian();
    let recipients = [
        "jfhfdq@hot.de",
        "treehnh@iphone.com",
        "0x0fgc@mhx.com",
        "jame@live.ong",
        "a@missing.failing",
    ];
    let mails = recipients.map(|recipient| {
        let mail = exim.send(FORGED, &[recipient]);
        mail.loses(recipient, NoHost, Bounced)
            .bounces(Left(GODETIA))
    });
    exim.expect(&mails);
}

#[test]
fn a_log_with_everything_in_it_is_read_as_well() {
    let exim = EximSite::new(&Config::Debian("MAIN_LOG_SELECTOR = +all\n"), &[]);
    expect_mixed(&exim, "some.one@hot.de", NoHost);
}

#[test]
fn processes_and_time_zones_do_not_disturb() {
    let main = "log_selector = +pid +millisec\nlog_timezone = true";
    let exim = EximSite::new(&Config::Short(Short { main, ..FAILING }), &[]);
    expect_mixed(&exim, "some.one@hot.de", Loop);
}

#[test]
fn of_several_recipients_only_those_count_that_looped() {
    expect_mixed(&failing(), "some.one@hot.de", Loop);
}

/// Exim has addresses in small letters.
#[track_caller]
fn expect_mixed(exim: &EximSite, some_one: &'static str, cause: super::mail::Cause) {
    let recipients = [
        "a@takes.parties",
        "kl@beer.com",
        "b@takes.parties",
        "Some.One@HOT.de",
        "c@refuses.parties",
    ];
    let mail = exim.send(TAKING, &recipients);
    let mail = mail.loses("kl@beer.com", cause, Bounced);
    let mail = mail.loses(some_one, cause, Bounced);
    let mail = mail.loses("c@refuses.parties", Other, Bounced);
    exim.expect(&[mail.bounces(Left(TAKES))]);
}

#[test]
fn exim_finds_itself() {
    let exim = failing();
    let loops = |recipient| {
        let mail = exim.send(FORGED, &[recipient]);
        mail.loops(recipient).bounces(Left(GODETIA))
    };
    // The last one has no MX: other words.
    let mails = ["jfhfdq@hot.de", "0x0fgc@mhx.com", "a@bad-4.implicit"].map(loops);
    exim.expect(&mails);
}

/// Handed in by a program, as the user `hanna`.
#[test]
fn programs_on_the_machine_are_known_by_their_user() {
    let exim = failing();
    let mail = exim.submit("hanna", TAKING, "jfhfdq@hot.de");
    exim.expect(&[mail.loops("jfhfdq@hot.de").bounces(Left(TAKES))]);
}

/// What Exim does where nobody says what else to do.
#[test]
fn mail_that_is_frozen_waits() {
    let exim = waiting(Short {
        router: "",
        ..FAILING
    });
    let mail = exim.send(FORGED, &["jfhfdq@hot.de"]);
    exim.expect(&[mail.loses("jfhfdq@hot.de", Loop, Deferred)]);
}

/// Exim has no line that says so of the recipient.
#[test]
fn mail_that_was_frozen_for_too_long_has_bounced() {
    let exim = waiting(Short {
        main: "timeout_frozen_after = 1s",
        router: "",
        ..FAILING
    });
    let mail = exim.send(FORGED, &["jfhfdq@hot.de"]);
    exim.expect(&[mail.loops("jfhfdq@hot.de").bounces(Left(GODETIA))]);
}

/// It has bounced for the reason that it had before, not for "retry timeout exceeded".
#[test]
fn mail_that_is_given_up_has_bounced() {
    let exim = waiting(Short {
        main: "delay_warning = 1s\ndelay_warning_condition = true",
        router: "self = defer",
        patience: "3s",
    });
    let mail = exim.send(FORGED, &["jfhfdq@hot.de"]);
    exim.expect(&[mail.loops("jfhfdq@hot.de").bounces(Left(GODETIA))]);
}

/// Exim's own lines do not tell one from a bounce; but nothing has failed.
#[test]
fn a_warning_that_it_takes_longer_is_no_bounce() {
    let exim = waiting(Short {
        main: "delay_warning = 1s\ndelay_warning_condition = true",
        router: "self = defer",
        ..FAILING
    });
    let mail = exim.send(FORGED, &["jfhfdq@hot.de"]);
    wait_until("a warning", || {
        let log = exim.log();
        log.bounce_of(&mail.id).is_some_and(|id| log.says_gone(id))
    });
    exim.expect(&[mail.loses("jfhfdq@hot.de", Loop, Deferred)]);
}

/// Who forges a sender decides where the bounce goes. One that loops itself is found as well.
#[test]
fn bounces_end_in_every_way() {
    let exim = failing();
    let mails = [
        ("x@six.parties", Left("mx.six.parties[2620:fe::25]")),
        ("x@refuses.parties", Refused),
        ("x@defers.parties", Waiting),
        ("x@hotmaol.de", Loops),
        ("hanna@web.company.de", Local),
    ];
    let mails = mails.map(|(sender, fate)| {
        let mail = exim.send(sender, &["jfhfdq@hot.de"]);
        mail.loops("jfhfdq@hot.de").bounces(fate)
    });
    exim.expect(&mails);
}

#[test]
fn clients_and_accounts_are_told_apart() {
    let exim = failing();
    let client = |address: [u8; 4]| {
        Client::connect_from(IpAddr::from(address), (Ipv4Addr::LOCALHOST, 25).into())
    };
    let loops = |client: Client, origin| -> Mail {
        let mail = client.send(origin, TAKING, &["jfhfdq@hot.de"]);
        mail.loops("jfhfdq@hot.de").bounces(Left(TAKES))
    };
    let account = |client| Origin::Account {
        name: "shop",
        client,
    };
    // Nobody knows its name.
    let far = "[192.0.1.77]";
    let mails = [
        loops(client([192, 0, 1, 77]), Origin::Client(far)),
        loops(client([192, 0, 1, 77]).log_in(), account(far)),
        loops(client([127, 0, 0, 1]).log_in(), account(HERE)),
    ];
    exim.expect(&mails);
}

/// The mail server does not know that 127.0.0.6 is itself, too.
#[test]
fn reserved_addresses_that_answer() {
    let exim = failing();
    let mails = ["a@echo.parties", "treehnh@iphone.com"].map(|recipient| {
        let mail = exim.send(TAKING, &[recipient]);
        mail.loses(recipient, Reserved, Sent)
    });
    exim.expect(&mails);
}

/// Exim says in a line of its own which address it was.
#[test]
fn reserved_addresses_that_do_not_answer() {
    let exim = failing();
    let mails = [
        ("a@silent.parties", Reserved),
        ("a@private.parties", Private),
        ("a@gone.parties", Other),
    ];
    let mails = mails.map(|(recipient, cause)| {
        let mail = exim.send(TAKING, &[recipient]);
        mail.loses(recipient, cause, Deferred)
    });
    exim.expect(&mails);
}

/// Where nothing loops, nothing is found.
#[test]
fn mail_that_arrives_is_no_finding() {
    let exim = debian();
    let arrives = exim.send(TAKING, &["a@takes.parties", "b@six.parties"]);
    let refused = exim.send(FORGED, &["c@refuses.parties"]);
    let refused = refused.loses("c@refuses.parties", Other, Bounced);
    exim.expect(&[arrives, refused.bounces(Left(GODETIA))]);
}
