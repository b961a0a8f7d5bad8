//! How long failures are kept, and whose they are.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::advance;

use super::super::Oracle;
use super::super::world::World;
use super::{ask, oracle, secs, settle};

/// Asks for other domains, which do well.
async fn others_do_well(oracle: &Arc<Oracle<World>>) {
    let asked = oracle.lookup.asked().len();
    for number in 0..8 {
        ask(oracle, &format!("other{number}.asked{asked}.de")).await;
    }
    settle().await;
}

#[tokio::test(start_paused = true)]
async fn failures_of_a_domain_are_kept_with_back_off() {
    let oracle = oracle("bad.de MX !servfail");
    for kept in [5, 10, 20, 40, 80, 160, 300, 300] {
        others_do_well(&oracle).await;
        let expected = format!("undecided: upstream answered SERVFAIL {kept}");
        assert_eq!(ask(&oracle, "bad.de").await, expected);
        let asked = oracle.lookup.asked().len();
        advance(Duration::from_millis(100)).await;
        assert!(ask(&oracle, "bad.de").await.ends_with(" memory"));
        assert_eq!(oracle.lookup.asked().len(), asked);
        advance(secs(kept)).await;
    }
    // Upstream's own trouble ends that.
    for trouble in ["bad.de MX !timeout", "bad.de MX !servfail"] {
        oracle.lookup.change(trouble);
        assert!(ask(&oracle, "bad.de").await.ends_with(" 5"));
        advance(secs(5)).await;
    }
    oracle.lookup.change("bad.de MX 10 mx.bad.de");
    let clean_before = oracle.stats().no_address.get();
    assert_eq!(ask(&oracle, "bad.de").await, "no-address 300");
    assert_eq!(oracle.stats().no_address.get(), clean_before + 1);
    advance(secs(300)).await;
    oracle.lookup.change("bad.de MX !servfail");
    others_do_well(&oracle).await;
    assert_eq!(
        ask(&oracle, "bad.de").await,
        "undecided: upstream answered SERVFAIL 5"
    );
}

/// An upstream that fails for all but one domain in twenty, for two minutes.
#[tokio::test(start_paused = true)]
async fn after_upstreams_trouble_all_is_known_again_within_seconds() {
    let names: Vec<String> = (0..20).map(|number| format!("d{number}.de")).collect();
    for trouble in ["!servfail", "!timeout"] {
        let say = |oracle: &Arc<Oracle<World>>, what: &str| {
            for name in &names {
                oracle.lookup.change(&format!("{name} MX {what}"));
            }
        };
        let oracle = oracle("");
        others_do_well(&oracle).await;
        say(&oracle, trouble);
        for second in 0..120 {
            for name in &names {
                assert!(ask(&oracle, name).await.starts_with("undecided"));
            }
            // Out of upstream's own memory.
            ask(&oracle, &format!("known{second}.de")).await;
            advance(secs(1)).await;
        }
        say(&oracle, "0 .");
        // The first failure may have been held against one of them.
        advance(secs(10)).await;
        for name in &names {
            assert_eq!(ask(&oracle, name).await, "null-mx 300", "{trouble}");
        }
    }
}
