//! What is remembered beyond a restart.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use hickory_proto::rr::RecordType::MX;
use nix::sys::signal::Signal;
use tempfile::TempDir;

use crate::support::{Bench, THREE_ENDINGS, bench_with, setup, wait_until};

const VERDICTS: &str = "hot.de          -> listed: Domain MX in loopback network
                        good.example    -> not listed
                        dead.example    -> undecided";

/// A folder that the daemon may write to, after it has given up root.
fn folder() -> TempDir {
    let folder = TempDir::with_prefix("bogusmx-it-").unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).unwrap();
    folder
}

fn bench(folder: &TempDir, interval: &str) -> Bench {
    bench_of(folder, &format!("snapshot_interval = \"{interval}\""))
}

fn bench_of(folder: &TempDir, setting: &str) -> Bench {
    let file = folder.path().join("memory");
    let config = format!(
        "log = \"debug\"\nsnapshot = \"{}\"\nundecided_min_ttl = \"5m\"\n{setting}",
        file.display()
    );
    bench_with(&config, THREE_ENDINGS)
}

/// Asks, and waits until all is remembered: the answer comes as soon as nothing more can change it.
fn remember(bench: &Bench) {
    bench.expect(VERDICTS);
    for domain in ["hot.de", "good.example", "dead.example"] {
        let evaluated = format!("evaluated domain={domain}");
        bench.daemon.wait_for_log(&evaluated);
    }
}

fn stop(mut bench: Bench) {
    bench.daemon.signal(Signal::SIGTERM);
    assert!(bench.daemon.ended().success());
}

#[test]
fn a_restart_forgets_nothing() {
    let folder = folder();
    let first = bench(&folder, "1h");
    first
        .daemon
        .wait_for_log("nothing is remembered from before");
    remember(&first);
    stop(first);
    let second = bench(&folder, "1h");
    second.daemon.wait_for_log("3 domains remembered");
    second.expect(VERDICTS);
    assert_eq!(second.upstream.questions_in_all(), 0);
}

#[test]
fn a_snapshot_is_saved_now_and_then() {
    let folder = folder();
    let first = bench(&folder, "100ms");
    remember(&first);
    let file = folder.path().join("memory");
    wait_until("the three domains are in the file", || {
        let octets = fs::read(&file).unwrap_or_default();
        let holds = |name: &[u8]| octets.windows(name.len()).any(|part| part == name);
        holds(b"hot.de") && holds(b"good.example") && holds(b"dead.example")
    });
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    // Not stopped but killed: what was saved is whole all the same.
    drop(first);
    let second = bench(&folder, "1h");
    second.daemon.wait_for_log("3 domains remembered");
    second.expect(VERDICTS);
    assert_eq!(second.upstream.questions_in_all(), 0);
}

#[test]
fn a_damaged_snapshot_is_ignored_with_a_warning() {
    let folder = folder();
    let file = folder.path().join("memory");
    let first = bench(&folder, "1h");
    remember(&first);
    stop(first);
    let mut octets = fs::read(&file).unwrap();
    let last = octets.len() - 20;
    octets[last] ^= 1;
    fs::write(&file, octets).unwrap();
    let second = bench(&folder, "1h");
    second
        .daemon
        .wait_for_log("memory: the snapshot is ignored: it is damaged");
    second.expect(VERDICTS);
    assert_eq!(second.upstream.questions("hot.de", MX), 1);
    // And the next one is whole again.
    stop(second);
    bench(&folder, "1h")
        .daemon
        .wait_for_log("3 domains remembered");
}

#[test]
fn what_was_believed_without_proof_is_not_believed_with_dnssec() {
    let folder = folder();
    let first = bench(&folder, "1h");
    remember(&first);
    stop(first);
    let proving = bench_of(&folder, "dnssec = true");
    proving
        .daemon
        .wait_for_log("memory: the snapshot is ignored: it was written without dnssec");
    // Nothing in this world is signed.
    proving.expect("hot.de -> undecided");
    stop(proving);
    for setting in ["dnssec = true", "dnssec = false"] {
        let next = bench_of(&folder, setting);
        next.daemon.wait_for_log("1 domains remembered");
        next.expect("hot.de -> undecided");
        assert_eq!(next.upstream.questions_in_all(), 0, "{setting}");
        stop(next);
    }
    // What was remembered by one that believes what it is told counts as told.
    bench_of(&folder, "dnssec = true")
        .daemon
        .wait_for_log("memory: the snapshot is ignored: it was written without dnssec");
}

#[test]
fn it_answers_while_the_snapshot_is_read() {
    let folder = folder();
    let file = folder.path().join("memory");
    // Nobody writes into it yet, so that reading takes as long as is wanted.
    let status = Command::new("mkfifo")
        .args(["-m", "666"])
        .arg(&file)
        .status();
    assert!(status.unwrap().success());
    let bench = bench(&folder, "1h");
    bench.expect(VERDICTS);
    drop(File::options().write(true).open(&file).unwrap());
    bench
        .daemon
        .wait_for_log("memory: the snapshot is ignored: it is no snapshot of this version");
    stop(bench);
}

#[test]
fn a_folder_that_cannot_be_written_to_is_a_warning() {
    crate::support::needs_root("the daemon gives up root");
    let folder = TempDir::with_prefix("bogusmx-it-").unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let bench = bench(&folder, "1h");
    bench
        .daemon
        .wait_for_log("memory.new: snapshots cannot be written: Permission denied");
    bench.expect(VERDICTS);
    stop(bench);
}

#[test]
fn the_service_of_systemd_has_a_folder_for_it() {
    let folder = folder();
    let path = folder.path().to_str().unwrap();
    let start = || {
        let setup = setup(THREE_ENDINGS).config("log = \"debug\"\nundecided_min_ttl = \"5m\"");
        let setup = setup.environment("STATE_DIRECTORY", &format!("{path}:/other"));
        setup.start()
    };
    let first = start();
    remember(&first);
    stop(first);
    start()
        .daemon
        .wait_for_log(&format!("{path}/memory: 3 domains remembered"));
}
