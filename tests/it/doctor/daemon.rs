//! The daemon does not answer, or not for the zone.

use std::net::UdpSocket;
use std::thread;

use super::host::{Host, nobody};

#[test]
fn it_does_not_run() {
    let mut host = Host::healthy();
    host.stop_daemon();
    let findings = host.examine(&[]);
    findings.expect("daemon", "over UDP: Connection refused", "start bogusmx");
    assert_eq!(findings.status, Some(1));
}

#[test]
fn it_serves_another_zone() {
    let host = Host::healthy();
    let findings = host.examine(&["--origin", "mx-list.example"]);
    findings.expect("daemon", "over UDP: REFUSED", "serve mx-list.example there");
}

#[test]
fn it_answers_elsewhere() {
    let host = Host::healthy();
    let server = host.daemon().to_string();
    let elsewhere = format!(
        "listen = [\"{}:5300\"]\ncanary = [\"null.hot.de\"]\n",
        nobody()
    );
    host.write("bogusmx.toml", &elsewhere);
    host.examine(&[])
        .expect("daemon", "Connection refused", "--server");
    let findings = host.examine(&["--server", &server]);
    assert!(findings.troubles().is_empty(), "{findings:?}");
    // Somebody else's upstream is seen through his daemon.
    let upstream = findings.of("upstream");
    assert!(
        upstream[0].contains(&format!("{server} lists null.hot.de")),
        "{upstream:?}"
    );
}

/// A firewall that lets only UDP through.
#[test]
fn it_cannot_be_reached_over_tcp() {
    let host = Host::healthy();
    let daemon = host.daemon();
    let front = UdpSocket::bind((nobody(), 0)).expect("a free port");
    let address = front.local_addr().expect("an address").to_string();
    // Hands one packet at a time to and fro, until the test process ends.
    thread::spawn(move || {
        let behind = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        let mut packet = [0; 4096];
        while let Ok((length, client)) = front.recv_from(&mut packet) {
            behind
                .send_to(&packet[..length], daemon)
                .expect("a running daemon");
            let length = behind.recv(&mut packet).expect("an answer");
            front.send_to(&packet[..length], client).expect("a client");
        }
    });
    host.examine(&["--server", &address]).expect(
        "daemon",
        "over TCP: Connection refused",
        "start bogusmx",
    );
}
