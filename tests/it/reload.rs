//! SIGHUP: the tables are read again, what is cached is judged by the new ones, and a bad one changes nothing.

use std::os::unix::fs::PermissionsExt as _;

use hickory_proto::rr::RecordType::MX;
use nix::sys::signal::Signal;

use crate::support::daemon::{Launch, replace};
use crate::support::{bench, needs_root};
use crate::table::bench_with_table;

#[test]
fn sighup_reads_the_table_again_and_judges_what_is_cached_by_it() {
    let bench = bench_with_table("127.0.0.0/8 REJECT Old\n", "hot.de A 127.0.0.1");
    bench.expect("hot.de -> listed: Old");
    replace(
        &bench.daemon.path("my.cidr"),
        "127.0.0.0/8 LIST 127.0.0.3 New\n",
    );
    bench.daemon.signal(Signal::SIGHUP);
    bench.becomes("hot.de", "listed 127.0.0.3");
    bench.expect("hot.de -> listed: New");
    replace(&bench.daemon.path("my.cidr"), "127.0.0.0/8 OK\n");
    bench.daemon.signal(Signal::SIGHUP);
    bench.becomes("hot.de", "not listed");
    assert_eq!(bench.upstream.questions("hot.de", MX), 1);
}

#[test]
fn sighup_with_a_bad_table_keeps_the_old_one_and_says_where_it_is_bad() {
    let bench = bench_with_table("127.0.0.0/8 LIST 127.0.0.3 Old\n", "hot.de A 127.0.0.1");
    replace(
        &bench.daemon.path("my.cidr"),
        "127.0.0.0/8 OK\n10.0.0.1/8 REJECT x\n",
    );
    bench.daemon.signal(Signal::SIGHUP);
    bench.daemon.wait_for_log("my.cidr:2:");
    bench.expect("hot.de -> listed 127.0.0.3");
    // And it recovers, once the file is mended.
    replace(&bench.daemon.path("my.cidr"), "127.0.0.0/8 OK\n");
    bench.daemon.signal(Signal::SIGHUP);
    bench.becomes("hot.de", "not listed");
}

#[test]
fn sighup_with_an_empty_table_keeps_the_old_one() {
    let bench = bench_with_table("127.0.0.0/8 LIST 127.0.0.3 Old\n", "hot.de A 127.0.0.1");
    replace(&bench.daemon.path("my.cidr"), "");
    bench.daemon.signal(Signal::SIGHUP);
    bench.daemon.wait_for_log("my.cidr: no row");
    bench.expect("hot.de -> listed 127.0.0.3");
}

#[test]
fn what_is_in_force_is_logged_at_the_start_and_after_sighup() {
    let bench = bench_with_table("127.0.0.0/8 REJECT Old\n", "hot.de A 127.0.0.1");
    let file = bench.daemon.path("my.cidr");
    let zone = format!("zone bogusmx.local: policy any, {}", file.display());
    bench.daemon.wait_for_log(&format!("{zone} with 1 rows"));
    let upstream = bench.upstream.address();
    bench.daemon.wait_for_log(&format!("upstream {upstream}\n"));
    replace(&file, "127.0.0.0/8 REJECT New\n10.0.0.0/8 REJECT New\n");
    bench.daemon.signal(Signal::SIGHUP);
    bench.daemon.wait_for_log(&format!("{zone} with 2 rows"));
}

#[test]
fn a_table_that_the_daemon_will_not_be_able_to_read_again_is_logged_at_the_start() {
    needs_root("only root gives up the right to read a file");
    let launch = Launch::new().file("my.cidr", "127.0.0.0/8 REJECT Old\n");
    let file = launch.path("my.cidr");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let listen = ["--listen", "127.0.0.1:0", "--upstream", "127.0.0.1"];
    let daemon = launch
        .args(&listen)
        .args(&["--table", "{dir}/my.cidr"])
        .start();
    daemon.wait_for_log("SIGHUP will not be able to read it as the user 'nobody'");
}

#[test]
fn sighup_with_a_table_that_is_gone_keeps_the_old_one() {
    let bench = bench_with_table("127.0.0.0/8 LIST 127.0.0.3 Old\n", "hot.de A 127.0.0.1");
    std::fs::remove_file(bench.daemon.path("my.cidr")).unwrap();
    bench.daemon.signal(Signal::SIGHUP);
    bench.daemon.wait_for_log("my.cidr");
    bench.expect("hot.de -> listed 127.0.0.3");
}

#[test]
fn sighup_with_a_table_that_the_daemon_may_not_read_keeps_the_old_one() {
    needs_root("only root gives up the right to read a file");
    let bench = bench_with_table("127.0.0.0/8 LIST 127.0.0.3 Old\n", "hot.de A 127.0.0.1");
    let file = bench.daemon.path("my.cidr");
    replace(&file, "127.0.0.0/8 OK\n");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    bench.daemon.signal(Signal::SIGHUP);
    bench.daemon.wait_for_log("my.cidr");
    bench.expect("hot.de -> listed 127.0.0.3");
}

#[test]
fn sighup_without_a_table_file_changes_nothing() {
    let mut bench = bench("hot.de A 127.0.0.1");
    bench.daemon.signal(Signal::SIGHUP);
    bench.expect("hot.de -> listed");
    bench.daemon.signal(Signal::SIGTERM);
    assert_eq!(bench.daemon.ended().code(), Some(0));
}
