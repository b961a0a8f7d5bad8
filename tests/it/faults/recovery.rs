//! How soon all is right again, with all settings about time at their defaults.

use std::thread;
use std::time::{Duration, Instant};

use super::asking::ask;
use super::fault::Fault;
use super::stage::{Stage, until_all_is_right};
use super::world::{Domain, domains};

/// The trouble lasts long enough for a third failure in a row, which would be kept for 20 s.
const TROUBLE: Duration = Duration::from_secs(18);

/// How long all is right again after it.
const RECOVERY: Duration = Duration::from_secs(10);

/// A client asks again and again.
const PAUSE: Duration = Duration::from_millis(200);

/// One upstream that is gone, and one that says SERVFAIL to everybody, because it is cut off itself.
#[test]
fn after_a_long_trouble_all_is_right_within_ten_seconds() {
    let mut stage = Stage::new(&[]);
    let domains = domains();
    let some: Vec<&Domain> = domains.iter().take(200).collect();
    let gone = stage.oracle("");
    let cut_off = stage.oracle_behind_second("");
    stage.proxy.close();
    stage.second.inflict(&[(Fault::Servfail, 1.0)]);
    let start = Instant::now();
    while start.elapsed() < TROUBLE {
        for oracle in [&gone, &cut_off] {
            assert_eq!(ask(oracle.address(), &some).undecided.len(), some.len());
        }
        thread::sleep(PAUSE);
    }
    stage.proxy.open();
    stage.second.inflict(&[]);
    thread::scope(|scope| {
        for (oracle, trouble) in [(&gone, "gone"), (&cut_off, "cut off")] {
            let some = &some;
            scope.spawn(move || {
                let took = until_all_is_right(oracle.address(), some, trouble);
                eprintln!("{trouble}: right again after {took:?}");
                assert!(took < RECOVERY, "{trouble}: right again after {took:?}");
            });
        }
    });
}
