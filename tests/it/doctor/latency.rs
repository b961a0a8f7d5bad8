//! Answers come late.

use std::time::Duration;

use super::delay::delay;
use super::host::{Host, nobody};

/// Longer than what counts as slow; nothing depends on how much longer it gets.
const SLOW: Duration = Duration::from_millis(150);

#[test]
fn the_resolver_is_far_away() {
    let host = Host::healthy();
    let far = nobody();
    delay(far, (host.resolver(), 53).into(), SLOW);
    host.names_resolver(far);
    let findings = host.examine(&["--upstream", &host.resolver().to_string()]);
    findings.expect_slow(
        "an answer that it remembers takes",
        "on the mail server's own host",
    );
    assert_eq!(findings.status, Some(0));
}

/// Two look-ups one after the other, of which each takes longer than half the time that rspamd waits.
#[test]
fn the_upstream_is_slow() {
    let host = Host::with_upstream(|resolver| {
        let slow = nobody();
        delay(slow, resolver, Duration::from_millis(600));
        (slow, 53).into()
    });
    let findings = host.examine(&["--upstream", &host.resolver().to_string()]);
    findings.expect_slow(
        "a domain that is new to it takes 1",
        "what they log about their upstream",
    );
    assert_eq!(findings.status, Some(0));
}
