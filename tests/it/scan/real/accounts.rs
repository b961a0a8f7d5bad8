//! Who brought a mail in: a client, a user who logged in, a program on the machine, and any of these through a filter.

use std::net::{IpAddr, Ipv4Addr};

use super::TAKING;
use super::client::{Client, HERE};
use super::mail::Fate::{Left, Local};
use super::mail::{Mail, Origin};
use super::postfix_site::{FILTERS, PROXY, PostfixSite};

const TAKES: &str = "mx.takes.parties[192.0.1.10]";
const CLIENT: &str = "client.example.net[192.0.1.77]";
const ACCOUNT: &str = "shop@web.company.de";

/// A client of another machine, that connects to this port.
fn client(port: u16) -> Client {
    let address = IpAddr::from([192, 0, 1, 77]);
    Client::connect_from(address, (Ipv4Addr::LOCALHOST, port).into())
}

fn loops(client: Client, origin: Origin) -> Mail {
    let mail = client.send(origin, TAKING, &["jfhfdq@hot.de"]);
    mail.loops("jfhfdq@hot.de").bounces(Left(TAKES))
}

const LOGGED_IN: Origin = Origin::Account {
    name: ACCOUNT,
    client: CLIENT,
};

#[test]
fn clients_and_accounts_are_told_apart() {
    let postfix = PostfixSite::new();
    let here = Client::connect((Ipv4Addr::LOCALHOST, 587).into()).log_in();
    let from_here = Origin::Account {
        name: ACCOUNT,
        client: HERE,
    };
    let mails = [
        loops(client(25), Origin::Client(CLIENT)),
        loops(client(25).log_in(), LOGGED_IN),
        loops(client(587).log_in(), LOGGED_IN),
        loops(here, from_here),
    ];
    postfix.expect(&mails);
}

#[test]
fn programs_on_the_machine_are_known_by_their_user() {
    let postfix = PostfixSite::new();
    let forged = postfix.submit("www-data", TAKING, "jfhfdq@hot.de");
    let forged = forged.loops("jfhfdq@hot.de").bounces(Left(TAKES));
    let own = postfix.submit("nobody", "nobody@web.company.de", "jfhfdq@hot.de");
    let own = own.loops("jfhfdq@hot.de").bounces(Local);
    postfix.expect(&[forged, own]);
}

/// A filter that says where a mail came from: the client, and who logged in.
#[test]
fn a_filter_is_looked_through() {
    let postfix = PostfixSite::new();
    let (port, _) = FILTERS[0];
    let mails = [
        loops(client(port), Origin::Client(CLIENT)),
        loops(client(port).log_in(), LOGGED_IN),
    ];
    postfix.expect(&mails.map(|mail| postfix.behind_filter(mail)));
}

/// A filter that does not say it has brought the mail itself, and is no mail exchanger in reserved space.
#[test]
fn what_a_filter_takes_is_not_sent_to_it() {
    let postfix = PostfixSite::new();
    let (port, _) = FILTERS[1];
    let mail = loops(client(port), Origin::Client(HERE));
    postfix.expect(&[postfix.behind_filter(mail)]);
}

/// Postfix has no queue id of its own before such a filter.
#[test]
fn a_filter_before_the_queue_is_looked_through() {
    let postfix = PostfixSite::new();
    postfix.expect(&[loops(client(PROXY), Origin::Client(CLIENT))]);
}
