//! main.cf and master.cf do not ask the list, or too late, or ask somebody who does not know it.

use std::fs;

use super::host::{CANARY, Host};

const ASK: &str = "reject_rhsbl_recipient bogusmx.local";
const PAGE: &str = "docs/mail/postfix.md";

/// Each main.cf with what the doctor must say of it.
#[test]
fn main_cf_does_not_ask_or_too_late() {
    let host = Host::healthy();
    for (main, seen) in [
        ("", "smtp/inet does not ask about recipients"),
        (
            "smtpd_recipient_restrictions = reject_rhsbl_sender bogusmx.local",
            "does not ask",
        ),
        (
            "smtpd_recipient_restrictions = reject_rhsbl_recipient zen.example",
            "does not ask",
        ),
        (
            "smtpd_recipient_restrictions = permit_mynetworks, reject_rhsbl_recipient bogusmx.local",
            "does not ask about its own users' mail, which bounces, because of the 'permit_mynetworks'",
        ),
        (
            "first = permit_sasl_authenticated\n\
             smtpd_recipient_restrictions = $first, reject_rhsbl_recipient bogusmx.local",
            "because of the 'permit_sasl_authenticated' before it",
        ),
        (
            "smtpd_recipient_restrictions = permit_mynetworks, reject, reject_rhsbl_recipient bogusmx.local",
            "never asks, because of the 'reject' before it",
        ),
        (
            "smtpd_recipient_restrictions = reject_rhsbl_recipient bogusmx.local=127.0.0.4",
            "takes only 127.0.0.4 for listed",
        ),
        (
            "smtpd_delay_reject = no\nsmtpd_client_restrictions = reject_rhsbl_recipient bogusmx.local",
            "asks before there is a recipient",
        ),
    ] {
        host.write("main.cf", &format!("{main}\n"));
        let findings = host.examine(&[]);
        findings.expect("postfix", seen, PAGE);
        assert_eq!(findings.status, Some(1), "{main}");
    }
}

#[test]
fn main_cf_asks_in_any_list_that_waits_for_the_recipient() {
    let host = Host::healthy();
    for list in ["client", "helo", "sender", "relay", "recipient"] {
        host.write(
            "main.cf",
            &format!("smtpd_{list}_restrictions = {ASK}, permit_mynetworks\n"),
        );
        let findings = host.examine(&[]);
        assert!(findings.troubles().is_empty(), "{list}: {findings:?}");
    }
}

/// The users' own server is the one whose mail bounces.
#[test]
fn master_cf_takes_the_restriction_away_from_submission() {
    let host = Host::healthy();
    let submission = "smtp inet n - n - - smtpd
submission inet n - n - - smtpd
  -o smtpd_recipient_restrictions=permit_sasl_authenticated,reject
127.0.0.1:10025 inet n - n - - smtpd
  -o content_filter=
  -o smtpd_recipient_restrictions=permit_mynetworks,reject
";
    host.write("master.cf", submission);
    let findings = host.examine(&[]);
    findings.expect(
        "postfix",
        "submission/inet does not ask about recipients",
        ASK,
    );
    assert_eq!(findings.of("postfix").len(), 2, "{findings:?}");
}

/// Programs on the host submit there.
#[test]
fn a_server_for_this_host_alone_has_to_ask_unless_a_filter_sends_to_it() {
    let host = Host::healthy();
    host.write("master.cf", "127.0.0.1:25 inet n - n - - smtpd\n");
    let findings = host.examine(&[]);
    let asks = "postfix ok: 127.0.0.1:25/inet asks about each recipient";
    assert!(findings.of("postfix")[0].starts_with(asks), "{findings:?}");
    host.write("main.cf", "smtpd_recipient_restrictions = permit\n");
    host.examine(&[])
        .expect("postfix", "127.0.0.1:25/inet does not ask", PAGE);
}

/// Such as rspamd, which can ask the list itself.
#[test]
fn a_filter_may_ask_instead() {
    let host = Host::healthy();
    host.write("main.cf", "smtpd_milters = inet:127.0.0.1:11332\n");
    let findings = host.examine(&[]);
    findings.expect("postfix", "does not ask", "see that its filter asks");
    assert_eq!(findings.status, Some(0));
}

/// The codes are those of the table.
#[test]
fn main_cf_may_ask_for_any_code_of_the_table() {
    let host = Host::healthy();
    host.write(
        "my.cidr",
        "127.0.0.0/8 LIST 127.0.0.2 Loop\n10.0.0.0/8 LIST 127.0.0.3 Private\n",
    );
    let table = host.folder().join("my.cidr");
    let config = format!(
        "listen = [\"{}\"]\ncanary = [\"{CANARY}\"]\n",
        host.daemon()
    );
    host.write(
        "bogusmx.toml",
        &format!("{config}table = \"{}\"\n", table.display()),
    );
    for (code, is_fine) in [("127.0.0.3", true), ("127.0.0.4", false)] {
        let line = format!("smtpd_recipient_restrictions = {ASK}={code}\n");
        host.write("main.cf", &line);
        let findings = host.examine(&[]);
        assert_eq!(findings.troubles().is_empty(), is_fine, "{findings:?}");
    }
}

/// In its own root directory, smtpd has the resolv.conf of when it was started.
#[test]
fn smtpd_in_a_chroot_asks_another_resolver() {
    let host = Host::healthy();
    let queue = host.folder().join("queue");
    fs::create_dir_all(queue.join("etc")).expect("a writable folder");
    let main = format!(
        "queue_directory = {}\nsmtpd_recipient_restrictions = {ASK}\n",
        queue.display()
    );
    host.write("main.cf", &main);
    host.write("master.cf", "smtp inet n - y - - smtpd\n");
    host.write("queue/etc/resolv.conf", "nameserver 192.0.2.53\n");
    host.examine(&[]).expect(
        "postfix",
        "smtpd asks 192.0.2.53",
        "systemctl restart postfix",
    );
    fs::remove_file(queue.join("etc/resolv.conf")).expect("a file");
    host.examine(&[]).expect(
        "postfix",
        "smtpd has no resolver in its chroot",
        "systemctl restart postfix",
    );
    let current = format!("nameserver {}\n", host.resolver());
    host.write("queue/etc/resolv.conf", &current);
    let findings = host.examine(&[]);
    assert!(findings.troubles().is_empty(), "{findings:?}");
}

#[test]
fn a_configuration_that_postfix_cannot_read_is_no_trouble_of_ours() {
    let host = Host::healthy();
    fs::remove_file(host.folder().join("main.cf")).expect("a file");
    let findings = host.examine(&[]);
    let postfix = findings.of("postfix");
    assert!(
        postfix[0].starts_with("postfix skip: postconf: "),
        "{postfix:?}"
    );
    assert_eq!(findings.status, Some(0));
}
