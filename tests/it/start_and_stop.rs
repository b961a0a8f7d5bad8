//! The ready line and what it promises, and the clean stop: answers in flight still go out, the port is free again.

use std::fs;
use std::net::{TcpListener, UdpSocket};
use std::time::{Duration, Instant};

use hickory_proto::rr::RecordType::{A, MX};
use nix::sys::signal::Signal;

use crate::support::client::{TcpClient, UdpClient, over_tcp, over_udp};
use crate::support::daemon::Launch;
use crate::support::{THREE_ENDINGS, bench, bench_with, mx_set, needs_root, question, setup};

#[test]
fn the_ready_line_names_every_listener_with_its_real_port() {
    let bench = setup(THREE_ENDINGS)
        .args(&["--listen", "[::1]:0", "--listen", "127.0.0.1:0"])
        .start();
    let addresses = bench.daemon.addresses();
    assert_eq!(addresses.len(), 3);
    for server in addresses {
        assert_ne!(server.port(), 0);
        let query = question("hot.de", A);
        assert_eq!(over_udp(*server, &query).verdict(), "listed 127.0.0.2");
        assert_eq!(over_tcp(*server, &query).verdict(), "listed 127.0.0.2");
    }
}

#[test]
fn listeners_and_upstreams_may_be_configured_and_arguments_win() {
    let config = r#"
        listen = ["192.0.2.1:53"]
        upstream = ["192.0.2.1:53"]
    "#;
    bench_with(config, THREE_ENDINGS).expect("hot.de -> listed");
}

#[test]
fn listeners_of_the_config_are_used() {
    let upstream = crate::support::upstream::Upstream::new(THREE_ENDINGS);
    let config = format!(
        "listen = [\"127.0.0.1:0\", \"[::1]:0\"]\nupstream = [\"{}\"]",
        upstream.address()
    );
    let daemon = Launch::new().config(&config).start();
    assert!(daemon.addresses()[0].is_ipv4() && daemon.addresses()[1].is_ipv6());
    for server in daemon.addresses() {
        let answer = over_udp(*server, &question("hot.de", A));
        assert_eq!(answer.verdict(), "listed 127.0.0.2");
    }
}

#[test]
fn the_demo_brings_its_own_upstream() {
    let daemon = Launch::new()
        .args(&["--listen", "127.0.0.1:0", "--demo"])
        .start();
    for domain in ["hot.de", "iphone.com", "hotmaol.de", "beer.com"] {
        let answer = over_udp(daemon.address(), &question(domain, A));
        assert_eq!(answer.verdict(), "listed 127.0.0.2", "{domain}");
    }
}

#[test]
fn started_as_root_it_works_as_nobody() {
    needs_root("only root has rights to give up");
    let bench = bench(THREE_ENDINGS);
    let nobody = nix::unistd::User::from_name("nobody").unwrap().unwrap();
    let status = fs::read_to_string(format!("/proc/{}/status", bench.daemon.id())).unwrap();
    let ids = |key: &str| -> Vec<String> {
        let line = status.lines().find_map(|line| line.strip_prefix(key));
        line.unwrap()
            .split_whitespace()
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(ids("Uid:"), vec![nobody.uid.to_string(); 4]);
    assert_eq!(ids("Gid:"), vec![nobody.gid.to_string(); 4]);
    let groups = ids("Groups:");
    assert!(!groups.contains(&"0".to_owned()), "groups {groups:?}");
    bench.expect("hot.de -> listed");
}

#[test]
fn both_signals_stop_it_cleanly_and_free_the_port() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let mut bench = bench(THREE_ENDINGS);
        bench.expect("hot.de -> listed");
        let address = bench.address();
        let before = Instant::now();
        bench.daemon.signal(signal);
        assert_eq!(bench.daemon.ended().code(), Some(0), "{signal}");
        assert!(before.elapsed() < Duration::from_secs(3), "{signal}");
        UdpSocket::bind(address).expect("the UDP port is free");
        TcpListener::bind(address).expect("the TCP port is free");
    }
}

#[test]
fn the_log_of_a_service_has_no_colours() {
    let mut bench = bench(THREE_ENDINGS);
    bench.daemon.signal(Signal::SIGUSR1);
    bench.daemon.signal(Signal::SIGTERM);
    assert_eq!(bench.daemon.ended().code(), Some(0));
    let log = bench.daemon.wait_for_log("\n");
    assert!(!log.contains('\u{1b}'), "{log:?}");
}

/// A domain whose answer is on its way when the signal comes.
const IN_FLIGHT: &str =
    "slow.example MX !delay=400ms 10 mx.slow.example\nmx.slow.example A 127.0.0.1";

#[test]
fn an_answer_in_flight_over_udp_still_goes_out() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let mut bench = bench_with("answer_deadline = \"4s\"", IN_FLIGHT);
        let client = UdpClient::new(bench.address());
        let query = question("slow.example", A);
        client.send(&query.bytes());
        bench.upstream.wait_for_questions("slow.example", MX, 1);
        bench.daemon.signal(signal);
        assert_eq!(client.answer(&query).verdict(), "listed 127.0.0.2");
        assert_eq!(bench.daemon.ended().code(), Some(0), "{signal}");
        UdpSocket::bind(bench.address()).expect("the UDP port is free");
    }
}

#[test]
fn an_answer_in_flight_over_tcp_still_goes_out() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let mut bench = bench_with("answer_deadline = \"4s\"", IN_FLIGHT);
        let mut client = TcpClient::new(bench.address());
        let query = question("slow.example", A);
        client.send(&query.bytes());
        bench.upstream.wait_for_questions("slow.example", MX, 1);
        bench.daemon.signal(signal);
        assert_eq!(client.answer(&query).verdict(), "listed 127.0.0.2");
        assert_eq!(bench.daemon.ended().code(), Some(0), "{signal}");
    }
}

#[test]
fn an_idle_tcp_connection_does_not_keep_it_from_stopping() {
    let mut bench = bench(THREE_ENDINGS);
    let mut client = TcpClient::new(bench.address());
    let query = question("hot.de", A);
    client.send(&query.bytes());
    client.answer(&query);
    let before = Instant::now();
    bench.daemon.signal(Signal::SIGTERM);
    assert_eq!(bench.daemon.ended().code(), Some(0));
    assert!(before.elapsed() < Duration::from_secs(6));
    drop(client);
}

#[test]
fn a_silent_upstream_does_not_keep_it_from_stopping() {
    let mut bench = bench("silent.example * !silent");
    let client = UdpClient::new(bench.address());
    client.send(&question("silent.example", A).bytes());
    bench.upstream.wait_for_questions("silent.example", MX, 1);
    let before = Instant::now();
    bench.daemon.signal(Signal::SIGTERM);
    assert_eq!(bench.daemon.ended().code(), Some(0));
    assert!(before.elapsed() < Duration::from_secs(6));
}

#[test]
fn without_addresses_of_its_own_it_listens_on_loopback_as_far_as_there_is() {
    needs_root("only root can make a network of its own");
    let without_ipv6 = "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6;";
    for (prepare, expected) in [
        ("", "127.0.0.1:5300 [::1]:5300"),
        (without_ipv6, "127.0.0.1:5300"),
    ] {
        let script = format!("{prepare} ip link set lo up; exec \"$@\"");
        let daemon = Launch::new()
            .args(&["--upstream", "127.0.0.1:1"])
            .inside(&format!("exec unshare --net sh -ec '{script}' sh \"$@\""))
            .start();
        let addresses: Vec<String> = daemon.addresses().iter().map(ToString::to_string).collect();
        assert_eq!(addresses.join(" "), expected);
    }
}

#[test]
fn all_addresses_of_both_families_go_together() {
    needs_root("only root can make a network of its own");
    let daemon = Launch::new()
        .args(&["--upstream", "127.0.0.1:1"])
        .args(&["--listen", "[::]:5300", "--listen", "0.0.0.0:5300"])
        .args(&["--allow-query", "127.0.0.1"])
        .inside("exec unshare --net \"$@\"")
        .start();
    assert_eq!(daemon.addresses().len(), 2);
}

#[test]
fn the_daemon_takes_as_many_open_files_as_it_may() {
    needs_root("a shell of its own is started in a namespace");
    let bench = setup(THREE_ENDINGS)
        .inside("ulimit -Sn 64; ulimit -Hn 9000; exec \"$@\"")
        .start();
    let limits = fs::read_to_string(format!("/proc/{}/limits", bench.daemon.id())).unwrap();
    let files = limits
        .lines()
        .find(|line| line.starts_with("Max open files"));
    let files: Vec<&str> = files.unwrap().split_whitespace().skip(3).collect();
    assert_eq!(files[..2], ["9000", "9000"]);
    bench.expect("hot.de -> listed");
    assert!(!bench.daemon.log().contains("open at a time"));
}

#[test]
fn with_few_open_files_queries_to_the_upstream_wait() {
    needs_root("a shell of its own is started in a namespace");
    // One more than clients and the daemon itself may need: one query at a time.
    let world = mx_set("wide.example", (1..16).map(|host| format!("9.9.9.{host}")));
    let bench = setup(&world)
        .inside("ulimit -n 323; exec \"$@\"")
        .config("answer_deadline = \"8s\"\nudp_threads = 1")
        .start();
    bench
        .daemon
        .wait_for_log("upstream_queries = 8192, 1 can be under way");
    bench.expect("wide.example -> not listed");
}

#[test]
fn without_open_files_for_the_upstream_it_does_not_start() {
    needs_root("a shell of its own is started in a namespace");
    let refusal = Launch::new()
        .args(&["--listen", "127.0.0.1:0", "--upstream", "127.0.0.1:9"])
        .config("udp_threads = 1")
        .inside("ulimit -n 322; exec \"$@\"")
        .refused();
    assert_eq!(refusal.status, Some(2));
    for word in ["only 322 files", "tcp_connections", "LimitNOFILE"] {
        assert!(refusal.message.contains(word), "{}", refusal.message);
    }
}
