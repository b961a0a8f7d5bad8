//! Each fault alone, and all of them together: what is said meanwhile, and after.

use std::thread;
use std::time::Duration;

use super::asking::{Tally, ask};
use super::fault::Fault;
use super::proxy::Proxy;
use super::stage::{ROOM, Stage, until_all_is_right};
use super::world::{Domain, domains};

/// How long all is right again after a fault has ended.
const RECOVERY: Duration = Duration::from_secs(10);

/// A flapping upstream is dead so long, then alive so long.
const FLAP: Duration = Duration::from_millis(800);

/// Every fifth domain, all kinds among them; each time other ones.
fn fifth(domains: &[Domain], nth: usize) -> Vec<&Domain> {
    domains.iter().skip(nth % 5).step_by(5).collect()
}

/// Has each of these faults happen to every second message, one fault after the other.
fn check_each(faults: &[Fault]) {
    let stage = Stage::new(&[]);
    let domains = domains();
    for (nth, fault) in faults.iter().enumerate() {
        let some = fifth(&domains, nth);
        let oracle = stage.oracle(ROOM);
        stage.proxy.inflict(&[(*fault, 0.5)]);
        let tally = ask(oracle.address(), &some);
        assert!(stage.proxy.inflicted() > some.len(), "{fault:?}");
        assert!(tally.right > 0, "{fault:?}: none was right");
        stage.proxy.inflict(&[]);
        check_return(&tally, &format!("{fault:?}"), || {
            until_all_is_right(oracle.address(), &some, "after it")
        });
    }
}

/// What was said under a fault was right or undecided, and after it all is right in time.
fn check_return(tally: &Tally<'_>, fault: &str, recovery: impl FnOnce() -> Duration) {
    tally.assert_nothing_false(fault);
    let took = recovery();
    let undecided = tally.undecided.len();
    eprintln!(
        "{fault}: {} right, {undecided} undecided, right again after {took:?}",
        tally.right
    );
    assert!(took < RECOVERY, "{fault}: right again after {took:?}");
}

/// Closes and opens the proxy's port by turns while somebody works.
fn flap<T: Send>(proxy: &mut Proxy, work: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| {
        let working = scope.spawn(work);
        while !working.is_finished() {
            proxy.close();
            thread::sleep(FLAP);
            proxy.open();
            thread::sleep(FLAP);
        }
        working.join().expect("answers")
    })
}

#[test]
fn without_a_fault_all_verdicts_are_those_of_the_world() {
    let stage = Stage::new(&[]);
    let domains = domains();
    let all: Vec<&Domain> = domains.iter().collect();
    let oracle = stage.oracle(ROOM);
    until_all_is_right(oracle.address(), &all, "nothing");
    let tally = ask(oracle.address(), &all);
    assert_eq!(tally.right, all.len());
}

#[test]
fn messages_that_are_lost_late_doubled_or_cut_make_no_false_verdict() {
    check_each(&[
        Fault::Drop,
        Fault::Delay,
        Fault::Reorder,
        Fault::Duplicate,
        Fault::Truncate,
        Fault::Cut,
    ]);
}

#[test]
fn messages_that_are_damaged_or_wrong_make_no_false_verdict() {
    check_each(&[
        Fault::Corrupt,
        Fault::Damage,
        Fault::WrongId,
        Fault::WrongCase,
        Fault::WrongQuestion,
        Fault::Servfail,
        Fault::Echo,
    ]);
}

#[test]
fn upstreams_that_are_gone_silent_or_flapping_make_no_false_verdict() {
    let mut stage = Stage::new(&[]);
    let domains = domains();
    let some = fifth(&domains, 0);

    let oracle = stage.oracle(ROOM);
    stage.proxy.close();
    let tally = ask(oracle.address(), &some);
    assert_eq!(tally.undecided.len(), some.len());
    stage.proxy.open();
    check_return(&tally, "Dead", || {
        until_all_is_right(oracle.address(), &some, "after it")
    });

    let some = fifth(&domains, 1);
    let oracle = stage.oracle(ROOM);
    stage.proxy.inflict(&[(Fault::Drop, 1.0)]);
    let tally = ask(oracle.address(), &some);
    assert_eq!(tally.undecided.len(), some.len());
    stage.proxy.inflict(&[]);
    check_return(&tally, "Silent", || {
        until_all_is_right(oracle.address(), &some, "after it")
    });

    let some = fifth(&domains, 2);
    let oracle = stage.oracle(ROOM);
    let tally = flap(&mut stage.proxy, || ask(oracle.address(), &some));
    check_return(&tally, "Flapping", || {
        until_all_is_right(oracle.address(), &some, "after it")
    });
}

#[test]
fn of_two_upstreams_one_is_enough() {
    let mut stage = Stage::new(&[]);
    let domains = domains();
    for (nth, kind) in ["first dead", "first silent", "second dead"]
        .iter()
        .enumerate()
    {
        let some = fifth(&domains, nth);
        let oracle = stage.oracle_with_two(ROOM);
        match nth {
            0 => stage.proxy.close(),
            1 => stage.proxy.inflict(&[(Fault::Drop, 1.0)]),
            _ => stage.second.close(),
        }
        // It stays dead: all is right in spite of it.
        let tally = ask(oracle.address(), &some);
        check_return(&tally, kind, || {
            until_all_is_right(oracle.address(), &some, "one of two")
        });
        stage.proxy.open();
        stage.proxy.inflict(&[]);
    }
}

#[test]
fn all_faults_together_make_no_false_verdict() {
    let mut stage = Stage::new(&[]);
    let domains = domains();
    let all: Vec<&Domain> = domains.iter().collect();
    let mix = Fault::ALL.map(|fault| (fault, 0.05));
    let oracle = stage.oracle_with_two(ROOM);
    stage.proxy.inflict(&mix);
    stage.second.inflict(&mix);
    let mut said = Vec::new();
    let tally = flap(&mut stage.proxy, || {
        // What was remembered wrong the first time would be said the second time.
        said.push(ask(oracle.address(), &all));
        ask(oracle.address(), &all)
    });
    said[0].assert_nothing_false("all faults together");
    stage.proxy.inflict(&[]);
    stage.second.inflict(&[]);
    check_return(&tally, "All together", || {
        until_all_is_right(oracle.address(), &all, "after them")
    });
}
