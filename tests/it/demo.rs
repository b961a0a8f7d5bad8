//! `bogusmx serve --demo`: the world inside the program, asked over DNS.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use hickory_proto::rr::RecordType::{A, TXT};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::{ORIGIN, client::over_udp, packet::Query, serve};

/// The demo, killed when dropped.
pub(crate) struct Demo(Child);

impl Drop for Demo {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Starts it, and waits for all that it shows.
pub(crate) fn start(args: &[&str]) -> (Demo, Vec<String>) {
    let child = Command::new(env!("CARGO_BIN_EXE_bogusmx"))
        .args(serve())
        .arg("--demo")
        .args(args)
        .env_remove("CLICOLOR_FORCE")
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut demo = Demo(child);
    let lines = BufReader::new(demo.0.stdout.take().unwrap()).lines();
    let mut shown = Vec::new();
    for line in lines {
        shown.push(line.expect("UTF-8"));
        if shown
            .last()
            .is_some_and(|line| line.starts_with("Stop with"))
        {
            break;
        }
    }
    (demo, shown)
}

#[test]
fn it_shows_a_table_of_what_it_answers_and_answers_so() {
    // All addresses, of which the demo names one that can be asked.
    let listen = ["--listen", "0.0.0.0:0", "--allow-query", "127.0.0.1"];
    let (mut demo, shown) = start(&listen);
    let port = shown[0]
        .strip_prefix("bogusmx ready on 0.0.0.0:")
        .expect("a ready line");
    let dig = format!("dig @127.0.0.1 -p {port} hot.de.{ORIGIN} A +short");
    assert!(shown.iter().any(|line| line.trim() == dig), "{shown:#?}");
    let too_long = |line: &&String| {
        line.chars().count() > 80 && !line.contains(" --upstream ") && !line.contains(" --server ")
    };
    assert_eq!(shown.iter().find(too_long), None);
    let address = format!("127.0.0.1:{port}").parse().expect("an address");

    let rows: Vec<&String> = shown
        .iter()
        .filter(|line| line.contains("listed "))
        .collect();
    assert!(rows.len() >= 12, "{shown:#?}");
    for row in rows {
        let mut words = row.split_whitespace();
        let domain = words.next().expect("a domain");
        let is_listed = words.next() == Some("listed");
        let name = format!("{domain}.{ORIGIN}");
        let verdict = over_udp(address, &Query::new(&name, A)).verdict();
        assert_eq!(
            verdict.starts_with("listed 127.0.0.2"),
            is_listed,
            "{row}: {verdict}"
        );
        let text = over_udp(address, &Query::new(&name, TXT)).verdict();
        let text = text.strip_prefix("listed: ").unwrap_or_default();
        assert!(row.contains(text), "{row}: {text}");
    }
    for domain in [
        "hot.de",
        "iphone.com",
        "hotmaol.de",
        "beer.com",
        "live.ong",
        "mhx.com",
    ] {
        let is_shown = |line: &String| line.trim_start().starts_with(&format!("{domain} "));
        assert!(shown.iter().any(is_shown), "{domain} is not shown");
    }

    let dig = shown
        .iter()
        .find(|line| line.trim_start().starts_with("dig "))
        .expect("a line to try");
    let output = Command::new("sh")
        .args(["-c", dig])
        .output()
        .expect("dig, of bind9-dnsutils");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "127.0.0.2\n",
        "{dig}"
    );

    let id = i32::try_from(demo.0.id()).expect("a process id");
    kill(Pid::from_raw(id), Signal::SIGINT).expect("the demo is there");
    assert_eq!(demo.0.wait().expect("an exit status").code(), Some(0));
}

#[test]
fn its_world_can_be_replaced() {
    let world = "$TTL 1m\n\
                 @ SOA ns.demo hostmaster.demo 1 1h 15m 1w 1m\n\
                 shop.example MX 10 mx.shop.example\n\
                 shop.example TXT \"a world of our own\"\n\
                 mx.shop.example A 10.0.0.1\n\
                 town.example MX 10 mx.town.example\n\
                 town.example TXT \"a world of our own\"\n\
                 mx.town.example A 9.9.9.9\n";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("world.zone");
    std::fs::write(&file, world).unwrap();
    let demo = |file: &std::path::Path| {
        Command::new(env!("CARGO_BIN_EXE_bogusmx"))
            .args(serve())
            .args(["--listen", "127.0.0.1:0"])
            .arg(format!("--demo={}", file.display()))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts")
    };
    let mut running = Demo(demo(&file));
    let mut lines = BufReader::new(running.0.stdout.take().unwrap()).lines();
    let mut row = |domain: &str| {
        let row = lines.find_map(|line| line.ok().filter(|line| line.contains(domain)));
        row.expect("a row of the table")
    };
    let listed = row("shop.example");
    assert!(
        listed.contains("Domain MX in RFC 1918 private network"),
        "{listed}"
    );
    let passed = row("town.example");
    assert!(passed.contains("a world of our own"), "{passed}");

    std::fs::write(&file, format!("{world}mx2.shop.example A 10.0.0\n")).unwrap();
    let refused = demo(&file).wait_with_output().unwrap();
    let message = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        message.contains(&format!("{}:9: ", file.display())),
        "{message}"
    );
    assert_eq!(refused.status.code(), Some(2));
}
