//! Whether answers come within the time that mail servers and filters wait.

use std::time::Duration;

use tokio::time::Instant;

use super::probe;
use super::report::Finding;
use super::resolver::Resolver;
use crate::front::dns::stub::Status;
use crate::verdict::Domain;

const CHECK: &str = "latency";

/// What an answer that is remembered may take: a mail has several recipients, asked about one after the other.
const WARM_MAX: Duration = Duration::from_millis(100);

/// As long as rspamd waits before it asks again; Postfix, Exim and SpamAssassin wait longer.
const COLD_MAX: Duration = Duration::from_secs(1);

/// Asks the resolver for a name that it has just been asked for, and for a domain that nobody has.
pub(super) async fn check(
    resolver: &Resolver,
    origin: &Domain,
    canaries: &[Domain],
) -> Vec<Finding> {
    let known = format!("test.{origin}");
    // Whether it was remembered before is not known; now it is.
    drop(probe::address(resolver.address, &known).await);
    let mut findings =
        vec![measure(resolver, &known, WARM_MAX, "an answer that it remembers").await];
    if let Some(canary) = canaries.first() {
        let fresh = format!("doctor-{:08x}.{canary}.{origin}", fastrand::u32(..));
        findings.push(measure(resolver, &fresh, COLD_MAX, "a domain that is new to it").await);
    }
    findings
}

async fn measure(resolver: &Resolver, name: &str, max: Duration, what: &str) -> Finding {
    let server = resolver.address;
    let asked = Instant::now();
    let answered = probe::address(server, name).await;
    let took = asked.elapsed();
    let milliseconds = took.as_millis();
    let Ok(reply) = answered else {
        let seen =
            format!("{server}: {what}: none in {milliseconds} ms, and Postfix waits no longer");
        let mend = "mend the checks above first; if they are fine, see what bogusmx logs about its upstream";
        return Finding::broken(CHECK, seen, mend);
    };
    if reply.status == Status::ServFail {
        let seen = format!("{server}: {what}: no verdict, but SERVFAIL after {milliseconds} ms");
        let mend =
            "mend the checks of the upstream; if they are fine, it is slow: see what it logs";
        return Finding::doubtful(CHECK, seen, mend);
    }
    let seen = format!("{server}: {what} takes {milliseconds} ms");
    if took <= max {
        return Finding::fine(CHECK, seen);
    }
    let max = max.as_millis();
    let mend = "put resolver and bogusmx on the mail server's own host, and see what they log about their upstream";
    Finding::doubtful(CHECK, format!("{seen}, more than {max} ms"), mend)
}
