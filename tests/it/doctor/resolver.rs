//! The host's own resolver does not bring the list's answers.

use hickory_proto::op::ResponseCode;

use super::host::{Findings, Host, nobody, without};
use crate::daemons::question;
use crate::resolvers::place::{Habit, Site, Start};
use crate::resolvers::{knot, powerdns, resolved};
use crate::support::THREE_ENDINGS;

#[test]
fn it_is_not_there() {
    let host = Host::healthy();
    let nobody = nobody();
    host.names_resolver(nobody);
    let upstream = host.resolver().to_string();
    let findings = host.examine(&["--upstream", &upstream]);
    let seen = format!("{nobody}:53 does not answer for test.bogusmx.local: Connection refused");
    findings.expect("resolver", &seen, "/etc/resolv.conf");
    assert_eq!(findings.status, Some(1));
}

/// The root knows of no `local`.
#[test]
fn it_does_not_forward_the_zone() {
    let host = Host::with_unbound(|_| String::new(), "");
    host.examine(&[]).expect(
        "resolver",
        "believes that there is no bogusmx.local: a zone above it says so",
        "forward bogusmx.local to bogusmx, and put it out of reach of the root's signed denial: \
         docs/resolvers/unbound.md",
    );
}

#[test]
fn it_does_not_ask_servers_on_its_own_host() {
    let closed = |snippet: &str| snippet.replace("localhost: no", "localhost: yes");
    // Then it cannot ask the tests' root either; the test points are all that matters here.
    let host = Host::with_unbound(closed, "");
    host.examine(&[]).expect(
        "resolver",
        "cannot ask bogusmx",
        "let it ask servers on this host",
    );
}

#[test]
fn it_strips_the_answers_of_the_list() {
    let host = Host::with_unbound(
        |snippet| without(snippet, "private-domain"),
        "private-address: 127.0.0.0/24",
    );
    host.examine(&[]).expect(
        "resolver",
        "withholds the address of test.bogusmx.local, but not its text (no records)",
        "exempt bogusmx.local from its rebinding protection: docs/resolvers/unbound.md",
    );
}

/// The root's proof that there is no `local` makes the list's answers forged ones.
#[test]
fn it_wants_signatures_of_the_list() {
    let host = Host::with_unbound(|snippet| without(snippet, "domain-insecure"), "");
    host.examine(&[]).expect(
        "resolver",
        "finds no signature for bogusmx.local",
        "exempt bogusmx.local from DNSSEC validation: docs/resolvers/unbound.md",
    );
}

/// It works now, until somebody asks for a printer. The doctor sees it coming, and does not bring it about.
#[test]
fn it_is_about_to_believe_that_there_is_no_local() {
    let host = Host::with_unbound(|snippet| without(snippet, "local-zone"), "");
    for _ in 0..2 {
        let findings = host.examine(&[]);
        findings.expect(
            "zone",
            "nothing is listed for an hour",
            "local-zone: \"local.\" static",
        );
        let resolver = findings.of("resolver");
        assert!(resolver[0].starts_with("resolver ok"), "{findings:?}");
        assert_eq!(findings.status, Some(1));
    }
    // Until the root is asked, by anybody for anything below.
    let server = (host.resolver(), 53).into();
    question::is_replied_to(server, "printer.local.");
    let name = "fresh.example.bogusmx.local.";
    let denied = question::status(server, name);
    assert_eq!(denied, Some(ResponseCode::NXDomain));
}

#[test]
fn it_refuses_the_host() {
    let host = Host::with_unbound(str::to_owned, "access-control: 127.0.0.1/32 refuse");
    host.examine(&[]).expect(
        "resolver",
        "does not list test.bogusmx.local: REFUSED",
        "docs/resolvers/",
    );
}

#[test]
fn it_has_an_address_for_every_name() {
    let more =
        "local-zone: \"bogusmx.local.\" redirect\n  local-data: \"bogusmx.local. A 127.0.0.2\"";
    let redirect = |snippet: &str| without(snippet, "bogusmx.local.\" transparent");
    let host = Host::with_unbound(redirect, more);
    host.examine(&[]).expect(
        "resolver",
        "has an address for invalid.bogusmx.local",
        "turn off what answers for missing names",
    );
}

#[test]
fn it_is_the_second_that_does_not_know_the_zone() {
    let host = Host::healthy();
    let (good, silent) = (host.resolver(), nobody());
    host.write(
        "resolv.conf",
        &format!("nameserver {good}\nnameserver {silent}\n"),
    );
    let good = good.to_string();
    host.examine(&["--upstream", &good]).expect(
        "resolver",
        &format!("{silent}:53 does not answer"),
        "start it",
    );
}

/// As the protection of others than Unbound looks.
#[test]
fn it_withholds_the_answers_of_the_list_in_other_words() {
    let strict: [(Start, &'static str, &str); 2] = [
        (powerdns::start, "rpz-passthru", "NXDOMAIN"),
        (knot::start, "ALLOW_LOCAL", "REFUSED"),
    ];
    for (start, left_out, words) in strict {
        let site = Site::on_port_53(start, THREE_ENDINGS, &[Habit::Protects], &[left_out]);
        let findings = examine(&site);
        let seen =
            format!("withholds the address of test.bogusmx.local, but not its text ({words}");
        findings.expect(
            "resolver",
            &seen,
            "exempt bogusmx.local from its rebinding protection",
        );
    }
}

/// It keeps names below `.local` to itself, unless it is told to ask somebody for all names.
#[test]
fn it_is_systemd_resolved_without_a_route() {
    let site = Site::on_port_53(resolved::start, THREE_ENDINGS, &[], &["Domains=~."]);
    let findings = examine(&site);
    findings.expect(
        "resolver",
        "does not list test.bogusmx.local: REFUSED",
        "forward bogusmx.local to bogusmx",
    );
}

/// What the doctor finds on a host whose resolver is the site's.
fn examine(site: &Site) -> Findings {
    let host = Host::healthy();
    let resolver = site.server().ip();
    host.names_resolver(resolver);
    host.examine(&["--server", &site.list().to_string()])
}

/// At its own address, where its refusal means one thing only.
#[test]
fn it_is_systemd_resolved_which_keeps_local_names_to_itself() {
    let host = Host::healthy();
    host.names_resolver([127, 0, 0, 53]);
    let resolved = "server:
  interface: 127.0.0.53
  do-daemonize: no
  username: \"\"
  chroot: \"\"
  pidfile: \"\"
  use-syslog: no
  hide-version: yes
  local-zone: \"local.\" refuse
remote-control:
  control-enable: no
";
    host.write("resolved.conf", resolved);
    let folder = host.folder().display();
    let script = format!(
        "ip link set lo up
{folder}/unbound/unbound -d -c {folder}/resolved.conf >{folder}/resolved.out 2>&1 &
until dig +short +tries=1 +time=1 @127.0.0.53 localhost A >{folder}/dig.out; do :; done"
    );
    let findings = host.examine_elsewhere(&script, &[]);
    findings.expect(
        "resolver",
        "keeps names below .local to itself",
        "route bogusmx.local to a resolver that forwards it to bogusmx: docs/resolvers/systemd-resolved.md",
    );
}

#[test]
fn multicast_dns_has_names_below_local() {
    let host = Host::healthy();
    host.write(
        "nsswitch.conf",
        "hosts: files mdns4_minimal [NOTFOUND=return] dns\n",
    );
    let findings = host.examine(&[]);
    findings.expect(
        "zone",
        "mdns4_minimal asks the network",
        "docs/resolvers/README.md",
    );
    assert_eq!(findings.status, Some(0));
}

#[test]
fn unbound_gives_up_on_a_new_domain_too_soon() {
    let host = Host::with_unbound(|snippet| without(snippet, "infra-cache-min-rtt"), "");
    let findings = host.examine(&[]);
    findings.expect(
        "patience",
        "infra-cache-min-rtt: 50",
        "infra-cache-min-rtt: 1000: docs/resolvers/unbound.md",
    );
}
