//! What bogusmx asks is blind, silent or everybody's.

use super::host::{CANARY, Host, nobody};
use crate::resolvers::place::{Habit, Site};
use crate::resolvers::powerdns;
use crate::support::THREE_ENDINGS;

/// Blind for the list's sake: what it asks takes loopback addresses out of answers.
#[test]
fn it_is_blind() {
    let host = Host::with_unbound(str::to_owned, "private-address: 127.0.0.0/24");
    let findings = host.examine(&[]);
    findings.expect(
        "upstream",
        "withholds reserved addresses, such as the one of null.hot.de: no records",
        "turn off its rebinding protection",
    );
    assert_eq!(findings.status, Some(1));
    // The list itself comes through, or so it seems.
    assert!(
        findings.of("resolver")[0].starts_with("resolver ok"),
        "{findings:?}"
    );
}

/// As the protection of others than Unbound looks.
#[test]
fn it_is_blind_and_says_that_the_name_is_not_there() {
    let site = Site::on_port_53(powerdns::start, THREE_ENDINGS, &[Habit::Protects], &[]);
    let host = Host::healthy();
    let upstream = site.server().ip().to_string();
    host.examine(&["--upstream", &upstream]).expect(
        "upstream",
        "withholds reserved addresses, such as the one of null.hot.de: NXDOMAIN",
        "turn off its rebinding protection",
    );
}

#[test]
fn it_is_blind_on_another_host() {
    let host = Host::with_unbound(str::to_owned, "private-address: 127.0.0.0/24");
    let server = host.daemon().to_string();
    host.examine(&["--server", &server]).expect(
        "upstream",
        &format!("lists no canary: {CANARY}: no records"),
        "run bogusmx doctor on that host",
    );
}

#[test]
fn it_is_silent() {
    let host = Host::healthy();
    let nobody = nobody().to_string();
    let findings = host.examine(&["--upstream", &nobody]);
    findings.expect(
        "upstream",
        "does not answer: null.hot.de: Connection refused",
        "'upstream'",
    );
    assert_eq!(findings.status, Some(1));
}

/// A canary that has died proves nothing, and the next one is asked for.
#[test]
fn a_canary_may_be_gone() {
    let host = Host::healthy();
    let config =
        |canaries: &str| format!("listen = [\"{}\"]\ncanary = [{canaries}]\n", host.daemon());
    host.write("bogusmx.toml", &config("\"gone.hot.de\""));
    let findings = host.examine(&[]);
    findings.expect(
        "upstream",
        "could not be tried: gone.hot.de: NXDOMAIN",
        "'canary'",
    );
    assert_eq!(findings.status, Some(0));
    host.write("bogusmx.toml", &config("\"gone.hot.de\", \"null.hot.de\""));
    let findings = host.examine(&[]);
    assert!(
        findings.of("upstream")[0].starts_with("upstream ok"),
        "{findings:?}"
    );
}

/// In a network of its own, where nobody but the test has that address.
#[test]
fn it_is_everybodys() {
    let host = Host::healthy();
    let script = "ip link set lo up; ip address add 9.9.9.9/32 dev lo";
    let findings = host.examine_elsewhere(script, &["--upstream", "9.9.9.9"]);
    let upstream = findings.of("upstream");
    let [operator, sight] = upstream.as_slice() else {
        panic!("{findings:?}");
    };
    assert!(
        operator.contains("9.9.9.9:53 is Quad9's resolver for everybody"),
        "{operator}"
    );
    assert!(operator.contains("a resolver of your own"), "{operator}");
    assert!(sight.contains("does not answer"), "{sight}");
}

/// Somebody's name servers are down, and the resolver says nothing about his names.
#[test]
fn one_canary_that_is_answered_is_enough() {
    let host = Host::healthy();
    let config = "canary = [\"www.lame.failing\", \"null.hot.de\"]\n";
    host.write(
        "bogusmx.toml",
        &format!("listen = [\"{}\"]\n{config}", host.daemon()),
    );
    let findings = host.examine(&[]);
    assert!(
        findings.of("upstream")[0].starts_with("upstream ok"),
        "{findings:?}"
    );
}
