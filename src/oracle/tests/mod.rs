//! The rules of time, on a clock that stands still until it is moved.

mod failures;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::advance;

use super::gather::GatherLimits;
use super::world::World;
use super::{ClientBudget, Lifetimes, Limits, Oracle, Patience, Ruling, Source};
use crate::verdict::local::{DOMAIN_TEXT, NameList};
use crate::verdict::{Domain, Local, Policy, Rules, Table, Verdict};

const HOUR: u64 = 3600;

fn limits() -> Limits {
    let many = NonZeroU32::new(1000).unwrap();
    Limits {
        evaluations_max: 4,
        waiting_max: 4,
        evaluation_deadline: secs(10),
        evaluations_per_second: many,
        client_budget: ClientBudget {
            per_second: many,
            burst: many,
        },
        memory_octets: 1 << 20,
        gather: GatherLimits {
            mx_hosts_max: 16,
            hosts_per_domain_max: 5,
            extra_queries_max: 256,
        },
    }
}

fn lifetimes() -> Lifetimes {
    Lifetimes {
        min_ttl: secs(60),
        max_ttl: secs(HOUR),
        undecided_min_ttl: secs(5),
        undecided_max_ttl: secs(300),
        serve_stale: secs(24 * HOUR),
        stale_ttl: secs(30),
        refresh_ahead_percent: 10,
    }
}

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn rules(policy: Policy) -> Arc<Rules> {
    Arc::new(Rules::new(Table::reserved(), policy))
}

fn domain(text: &str) -> Domain {
    Domain::parse(text).unwrap()
}

fn oracle_with(script: &str, limits: Limits) -> Arc<Oracle<World>> {
    let own = vec![domain("bogusmx.local")];
    Arc::new(Oracle::new(World::new(script), own, limits, lifetimes()))
}

fn oracle(script: &str) -> Arc<Oracle<World>> {
    oracle_with(script, limits())
}

/// Asks as the DNS front does, and sums the ruling up: verdict, seconds left, source.
async fn ask_by(oracle: &Arc<Oracle<World>>, name: &str, policy: Policy) -> String {
    let patience = Patience::Settled(Duration::from_millis(1200));
    summary(
        &oracle
            .ask(&domain(name), &rules(policy), None, patience)
            .await,
    )
}

async fn ask(oracle: &Arc<Oracle<World>>, name: &str) -> String {
    ask_by(oracle, name, Policy::Any).await
}

fn summary(ruling: &Ruling<'_>) -> String {
    let verdict = match ruling.verdict() {
        Verdict::Listed(_) => "listed".to_owned(),
        Verdict::NotListed(not_listed) => not_listed.reason.as_str().to_owned(),
        Verdict::Undecided(doubt) => format!("undecided: {}", doubt.failure),
    };
    let source = match ruling.source {
        Source::LookedUp => "",
        Source::Memory => " memory",
        Source::Stale => " stale",
        Source::Operator => " operator",
    };
    format!("{verdict} {}{source}", ruling.remaining.as_secs())
}

/// Lets all tasks run that can, without time passing.
async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

const HOT: &str = "hot.de MX 10 null.hot.de ttl=600
                   null.hot.de A 127.0.0.1 ttl=120";

#[tokio::test(start_paused = true)]
async fn a_verdict_counts_down_while_it_is_remembered() {
    let oracle = oracle(HOT);
    assert_eq!(ask(&oracle, "hot.de").await, "listed 120");
    settle().await;
    advance(secs(50)).await;
    assert_eq!(ask(&oracle, "hot.de").await, "listed 70 memory");
    assert_eq!(oracle.lookup.asked().len(), 3);
    advance(secs(70)).await;
    assert_eq!(ask(&oracle, "hot.de").await, "listed 120");
    assert_eq!(oracle.lookup.asked().len(), 6);
}

#[tokio::test(start_paused = true)]
async fn lifetimes_are_clamped() {
    let oracle = oracle(
        "short.de MX 10 mx.short.de ttl=0
         mx.short.de A 192.0.1.1 ttl=1
         long.de MX 10 mx.long.de ttl=999999
         mx.long.de A 127.0.0.1 ttl=999999",
    );
    assert_eq!(ask(&oracle, "short.de").await, "clean 60");
    assert_eq!(ask(&oracle, "long.de").await, "listed 3600");
}

#[tokio::test(start_paused = true)]
async fn the_records_that_decide_give_the_lifetime() {
    let oracle = oracle(
        "mix.de MX 10 bad.de 20 good.de ttl=900
         bad.de A 127.0.0.1 ttl=500
         good.de A 192.0.1.1 ttl=100",
    );
    assert_eq!(ask_by(&oracle, "mix.de", Policy::Any).await, "listed 500");
    settle().await;
    assert_eq!(
        ask_by(&oracle, "mix.de", Policy::All).await,
        "clean 100 memory"
    );
}

#[tokio::test(start_paused = true)]
async fn policies_share_one_evaluation() {
    let oracle = oracle(
        "mix.de MX 10 bad.de 20 good.de
         bad.de A 10.0.0.1
         good.de A 192.0.1.1",
    );
    assert_eq!(ask_by(&oracle, "mix.de", Policy::Any).await, "listed 300");
    settle().await;
    assert_eq!(
        ask_by(&oracle, "mix.de", Policy::All).await,
        "clean 300 memory"
    );
    assert_eq!(
        ask_by(&oracle, "mix.de", Policy::Loop).await,
        "clean 300 memory"
    );
    assert_eq!(oracle.lookup.asked().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn who_asks_meanwhile_joins() {
    let oracle = oracle(
        "hot.de MX 10 null.hot.de after=500ms
         null.hot.de A 127.0.0.1 after=500ms",
    );
    let asking = |_| {
        let oracle = Arc::clone(&oracle);
        tokio::spawn(async move { ask(&oracle, "hot.de").await })
    };
    let answers = futures::future::join_all((0..50).map(asking)).await;
    assert!(
        answers
            .into_iter()
            .all(|answer| answer.unwrap() == "listed 300")
    );
    assert_eq!(oracle.lookup.asked().len(), 3);
    assert_eq!(oracle.stats().joined.get(), 49);
}

#[tokio::test(start_paused = true)]
async fn the_answer_goes_out_as_soon_as_it_is_settled() {
    let oracle = oracle(
        "hot.de MX 10 null.hot.de 20 slow.de
         null.hot.de A 127.0.0.1
         slow.de A 192.0.1.1 after=5s",
    );
    let began = tokio::time::Instant::now();
    assert_eq!(ask(&oracle, "hot.de").await, "listed 300");
    assert_eq!(began.elapsed(), Duration::ZERO);
    // The collection went on behind it, and is remembered whole.
    advance(secs(5)).await;
    settle().await;
    assert_eq!(
        ask_by(&oracle, "hot.de", Policy::All).await,
        "clean 300 memory"
    );
}

#[tokio::test(start_paused = true)]
async fn an_evaluation_takes_two_round_trips() {
    let oracle = oracle(
        "good.de MX 10 a.de 20 b.de 30 c.de after=400ms
         a.de A 192.0.1.1 after=400ms
         a.de AAAA 2600::1 after=400ms
         b.de A 192.0.1.2 after=400ms
         b.de AAAA 2600::2 after=400ms
         c.de A 192.0.1.3 after=400ms
         c.de AAAA 2600::3 after=400ms",
    );
    let began = tokio::time::Instant::now();
    assert_eq!(ask(&oracle, "good.de").await, "clean 300");
    assert_eq!(began.elapsed(), Duration::from_millis(800));
}

#[tokio::test(start_paused = true)]
async fn past_the_answer_deadline_the_evaluation_goes_on() {
    let oracle = oracle(
        "slow.de MX 10 mx.slow.de after=2s
         mx.slow.de A 127.0.0.1",
    );
    let began = tokio::time::Instant::now();
    assert_eq!(
        ask(&oracle, "slow.de").await,
        "undecided: still being looked up 5"
    );
    assert_eq!(began.elapsed(), Duration::from_millis(1200));
    assert_eq!(ask(&oracle, "slow.de").await, "listed 300");
    assert_eq!(began.elapsed(), secs(2));
    assert_eq!(oracle.lookup.asked().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_evaluation_ends_at_its_deadline_with_what_is_known() {
    let oracle = oracle(
        "slow.de MX 10 mx.slow.de 20 good.de
         mx.slow.de A 127.0.0.1 after=1h
         good.de A 192.0.1.1",
    );
    let began = tokio::time::Instant::now();
    let rules = rules(Policy::Any);
    let ruling = oracle
        .ask(&domain("slow.de"), &rules, None, Patience::Whole)
        .await;
    assert_eq!(summary(&ruling), "undecided: upstream timed out 5");
    assert_eq!(began.elapsed(), secs(10));
    assert_eq!(
        ask_by(&oracle, "slow.de", Policy::All).await,
        "clean 300 memory"
    );
}

#[tokio::test(start_paused = true)]
async fn the_last_tenth_of_a_life_refreshes_it() {
    let oracle = oracle(HOT);
    ask(&oracle, "hot.de").await;
    settle().await;
    advance(secs(107)).await;
    assert_eq!(ask(&oracle, "hot.de").await, "listed 13 memory");
    settle().await;
    assert_eq!(oracle.lookup.asked().len(), 3);
    advance(secs(1)).await;
    assert_eq!(ask(&oracle, "hot.de").await, "listed 12 memory");
    settle().await;
    assert_eq!(oracle.lookup.asked().len(), 6);
    assert_eq!(ask(&oracle, "hot.de").await, "listed 120 memory");
    assert_eq!(oracle.stats().refreshes.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_listing_outlives_a_dead_upstream_for_a_day() {
    let oracle = oracle(HOT);
    assert_eq!(ask(&oracle, "hot.de").await, "listed 120");
    settle().await;
    oracle.lookup.change("hot.de MX !timeout");
    advance(secs(120)).await;
    assert_eq!(ask(&oracle, "hot.de").await, "listed 30 stale");
    advance(secs(24 * HOUR) - secs(1)).await;
    assert_eq!(ask(&oracle, "hot.de").await, "listed 30 stale");
    advance(secs(HOUR)).await;
    assert!(
        ask(&oracle, "hot.de")
            .await
            .starts_with("undecided: upstream timed out")
    );
    oracle
        .lookup
        .change("hot.de MX 10 good.de\ngood.de A 192.0.1.1");
    advance(secs(300)).await;
    assert_eq!(ask(&oracle, "hot.de").await, "clean 300");
}

#[tokio::test(start_paused = true)]
async fn a_slow_upstream_keeps_a_listing_too() {
    let oracle = oracle(HOT);
    ask(&oracle, "hot.de").await;
    settle().await;
    oracle
        .lookup
        .change("hot.de MX 10 good.de after=5s\ngood.de A 192.0.1.1");
    advance(secs(120)).await;
    assert_eq!(ask(&oracle, "hot.de").await, "listed 30 stale");
    advance(secs(5)).await;
    settle().await;
    assert_eq!(ask(&oracle, "hot.de").await, "clean 300 memory");
}

#[tokio::test(start_paused = true)]
async fn innocence_is_never_stale() {
    let oracle = oracle("good.de MX 10 mx.good.de\nmx.good.de A 192.0.1.1");
    assert_eq!(ask(&oracle, "good.de").await, "clean 300");
    settle().await;
    oracle.lookup.change("good.de MX !timeout");
    advance(secs(300)).await;
    assert_eq!(
        ask(&oracle, "good.de").await,
        "undecided: upstream timed out 5"
    );
}

#[tokio::test(start_paused = true)]
async fn too_many_evaluations_are_turned_away_at_once() {
    let names: Vec<String> = (0..9).map(|number| format!("slow{number}.de")).collect();
    let script: String = names
        .iter()
        .map(|name| format!("{name} MX . after=900ms\n"))
        .collect();
    let oracle = oracle(&script.replace("MX .", "MX 0 ."));
    let asking = names.iter().map(|name| ask(&oracle, name));
    let answers = futures::future::join_all(asking).await;
    let turned_away = "undecided: there are too many new domains at once 5";
    assert_eq!(
        answers
            .iter()
            .filter(|answer| *answer == turned_away)
            .count(),
        1
    );
    // Four ran at once, four waited past the deadline of their answers, and none is lost.
    assert_eq!(
        answers
            .iter()
            .filter(|answer| *answer == "null-mx 300")
            .count(),
        4
    );
    assert_eq!(oracle.stats().overload.get(), 1);
    advance(secs(2)).await;
    settle().await;
    assert_eq!(oracle.lookup.asked().len(), 8);
    assert_eq!(ask(&oracle, "slow7.de").await, "null-mx 300 memory");
}

#[tokio::test(start_paused = true)]
async fn a_client_pays_for_new_domains_only() {
    let one = NonZeroU32::MIN;
    let client_budget = ClientBudget {
        per_second: one,
        burst: one,
    };
    let oracle = oracle_with(
        HOT,
        Limits {
            client_budget,
            ..limits()
        },
    );
    let client = Some([10, 0, 0, 1].into());
    let ask = async |name| {
        let patience = Patience::Settled(secs(1));
        summary(
            &oracle
                .ask(&domain(name), &rules(Policy::Any), client, patience)
                .await,
        )
    };
    assert_eq!(ask("hot.de").await, "listed 120");
    settle().await;
    assert_eq!(ask("hot.de").await, "listed 120 memory");
    assert!(
        ask("new.de")
            .await
            .starts_with("undecided: this client asks for too many")
    );
    assert_eq!(oracle.stats().client_budget.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn all_clients_together_have_so_many_new_domains_a_second() {
    let limits = Limits {
        evaluations_per_second: NonZeroU32::MIN,
        ..limits()
    };
    let (oracle, rules) = (oracle_with(HOT, limits), rules(Policy::Any));
    let ask = async |name, client: [u8; 4]| {
        let (domain, client) = (domain(name), Some(client.into()));
        let ruling = oracle.ask(&domain, &rules, client, Patience::Whole);
        summary(&ruling.await)
    };
    assert_eq!(ask("hot.de", [10, 0, 0, 1]).await, "listed 120");
    let turned_away = ask("new.de", [10, 0, 0, 2]).await;
    assert!(turned_away.starts_with("undecided"), "{turned_away}");
    assert_eq!(oracle.stats().total_budget.get(), 1);
    assert_eq!(ask("hot.de", [10, 0, 0, 2]).await, "listed 120 memory");
    advance(secs(1)).await;
    assert_eq!(ask("new.de", [10, 0, 0, 2]).await, "no-address 300");
}

#[tokio::test(start_paused = true)]
async fn names_of_our_own_are_never_asked_for() {
    let oracle = oracle("loop.de MX 10 mx.bogusmx.local");
    assert_eq!(ask(&oracle, "hot.de.bogusmx.local").await, "own-zone 3600");
    assert_eq!(ask(&oracle, "loop.de").await, "no-address 300");
    assert_eq!(oracle.lookup.asked(), ["loop.de MX"]);
}

#[tokio::test(start_paused = true)]
async fn a_new_table_counts_for_what_is_remembered() {
    let oracle = oracle(HOT);
    assert_eq!(ask(&oracle, "hot.de").await, "listed 120");
    settle().await;
    let table = Table::parse("127.0.0.0/8 DUNNO", "new").unwrap();
    let rules = Rules::new(table, Policy::Any);
    let ruling = oracle
        .ask(&domain("hot.de"), &rules, None, Patience::Whole)
        .await;
    assert_eq!(summary(&ruling), "clean 120 memory");
    assert_eq!(oracle.lookup.asked().len(), 3);
}

/// Rules by which the operator has spoken of domains.
fn operator_says(domains: &str) -> Rules {
    let domains = NameList::parse(domains, "domains", DOMAIN_TEXT).unwrap();
    Rules {
        local: Arc::new(Local::new(domains, NameList::default(), &[])),
        ..Rules::new(Table::reserved(), Policy::Any)
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_operator_says_of_a_domain_is_not_looked_up_and_counts_at_once() {
    let oracle = oracle(&format!("{HOT}\ndead.de MX !timeout"));
    assert_eq!(ask(&oracle, "hot.de").await, "listed 120");
    settle().await;
    let rules = operator_says("!hot.de\n.dead.de");
    let asked = oracle.lookup.asked();
    for (name, expected) in [
        ("hot.de", "exempt 60 operator"),
        ("dead.de", "listed 60 operator"),
        ("a.dead.de", "listed 60 operator"),
    ] {
        let domain = domain(name);
        let ruling = oracle.ask(&domain, &rules, None, Patience::Whole).await;
        assert_eq!(summary(&ruling), expected, "{name}");
        let now = oracle.clock().now();
        let said = oracle.recall(oracle.seek(domain.as_ref()), &rules, now, |sentence| {
            (sentence.source, sentence.remaining)
        });
        assert_eq!(said, Some((Source::Operator, secs(60))), "{name}");
    }
    assert_eq!(oracle.lookup.asked(), asked);
    // Once it is taken back, what is remembered counts again.
    assert_eq!(ask(&oracle, "hot.de").await, "listed 120 memory");
}
