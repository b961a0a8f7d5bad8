//! What the list would have said: policies, tables, and domains that cannot be looked up.

use serde_json::{Value, json};

use super::desk::{Desk, column, number};
use super::logs::{CASE, SEARCHED, looped, unanswered};
use crate::support::upstream::Upstream;

const STAMP: &str = "Mar 20 14:05:00";

/// `any` lists three, `loop` two of them, and `all` one.
const WORLD: &str = "
    hot.de              MX   10 null.hot.de
    null.hot.de         A    127.0.0.1
    mixed.example       MX   10 mx.good.example
    mixed.example       MX   20 mx.mixed.example
    mx.mixed.example    A    10.0.0.2
    best.example        MX   10 mx.best.example
    best.example        MX   20 mx.good.example
    mx.best.example     A    127.0.0.1
    good.example        MX   10 mx.good.example
    mx.good.example     A    9.9.9.9
    dead.example        *    !servfail
";

/// A mail that looped to each.
fn log(domains: &[&str]) -> String {
    let mails = (1..).zip(domains).map(|(number, domain)| {
        let id = format!("8170A4D23E{number:02X}");
        looped(STAMP, &id, "a@b.example", &format!("c@{domain}"))
    });
    mails.collect()
}

fn stopped(said: &Value) -> Vec<(String, u64, u64)> {
    let rows = said["policies"].as_array().unwrap().iter();
    let row = |row: &Value| {
        let name = row["policy"].as_str().unwrap().to_owned();
        (name, number(row, "/stopped"), number(row, "/of"))
    };
    rows.map(row).collect()
}

/// The row of a domain.
fn row<'s>(said: &'s Value, domain: &str) -> &'s Value {
    let mut rows = said["domains"].as_array().unwrap().iter();
    let row = rows.find(|row| row["domain"] == domain);
    row.unwrap_or_else(|| panic!("{domain}: {said:#}"))
}

#[test]
fn policies_stop_what_they_list() {
    let domains = ["hot.de", "mixed.example", "best.example", "good.example"];
    let desk = Desk::with(log(&domains));
    let upstream = Upstream::new(WORLD);
    let words = |policy: &str| format!("--policy {policy} mail.log");
    let expected = [
        ("any".to_owned(), 3, 4),
        ("all".to_owned(), 1, 4),
        ("loop".to_owned(), 2, 4),
    ];
    for (policy, in_force) in [
        ("any", ["listed", "listed", "listed", "not-listed"]),
        ("all", ["listed", "not-listed", "not-listed", "not-listed"]),
        ("loop", ["listed", "not-listed", "listed", "not-listed"]),
    ] {
        let said = desk.asking(&upstream, &words(policy));
        assert_eq!(stopped(&said), expected, "{policy}");
        let verdicts = domains.map(|domain| row(&said, domain)["verdict"].clone());
        assert_eq!(verdicts, in_force.map(Value::from), "{policy}");
        let address = upstream.address();
        let report = desk.scan(&format!("--upstream {address} {}", words(policy)));
        let (_, stopped, _) = expected.iter().find(|row| row.0 == policy).unwrap();
        let sentence = format!("bogusmx would have stopped {stopped} of 4 ");
        assert!(report.out.contains(&sentence), "{report:?}");
        assert!(report.out.contains(&format!("with policy {policy}.\n")));
    }
    let policies = &row(&desk.asking(&upstream, "mail.log"), "best.example")["policies"].clone();
    let each = json!({"any": "listed", "all": "not-listed", "loop": "listed"});
    assert_eq!(*policies, each);
}

#[test]
fn without_look_ups_nobody_is_asked_and_nothing_is_claimed() {
    let desk = Desk::with(CASE);
    let said = desk.json("mail.log");
    let domain = row(&said, "hot.de");
    for field in ["verdict", "reason", "code", "policies"] {
        assert_eq!(domain[field], Value::Null, "{field}");
    }
    assert_eq!(said["policies"][0]["stopped"], Value::Null);
    assert_eq!(said["not_stopped"], json!([]));
    let report = desk.scan("--no-dns mail.log").out;
    assert!(
        report.contains("\nNothing was looked up, so it is not known what"),
        "{report}"
    );
    assert!(!report.contains("today"), "{report}");
}

#[test]
fn a_listing_comes_with_reason_and_code() {
    let upstream = Upstream::new(WORLD);
    let said = Desk::with(CASE).asking(&upstream, "mail.log");
    let domain = row(&said, "hot.de");
    assert_eq!(domain["code"], "127.0.0.2");
    assert_eq!(
        domain["reason"],
        "Domain MX in loopback network: null.hot.de 127.0.0.1"
    );
}

#[test]
fn domains_are_asked_for_once_and_only_those_that_matter() {
    let upstream = Upstream::new(WORLD);
    let mails: String = (0..50_u32)
        .map(|number| {
            looped(
                STAMP,
                &format!("8170A4D2{number:04X}"),
                "a@b.example",
                "c@HOT.de",
            )
        })
        .collect();
    let desk = Desk::with(mails + super::logs::QUIET);
    let said = desk.asking(&upstream, "mail.log");
    assert_eq!(number(&said, "/found/loops"), 50);
    let asked: Vec<String> = upstream
        .asked()
        .iter()
        .map(|asked| asked.name.to_string())
        .collect();
    let others = asked.iter().filter(|name| !name.ends_with("hot.de."));
    assert_eq!(others.count(), 0, "{asked:?}");
    assert!(asked.len() <= 3, "{asked:?}");
}

#[test]
fn undecided_domains_are_named_and_change_no_status() {
    let upstream = Upstream::new(WORLD);
    let desk = Desk::with(log(&["dead.example", "hot.de"]));
    let said = desk.scan(&format!("--upstream {} mail.log", upstream.address()));
    assert_eq!(said.status, Some(1), "{said:?}");
    assert!(
        said.out
            .contains("bogusmx would have stopped 1 of 2 (50 %)"),
        "{said:?}"
    );
    assert!(
        said.out
            .contains("Ask again about the domains that are undecided"),
        "{said:?}"
    );
    let said = desk.asking(&upstream, "mail.log");
    assert_eq!(row(&said, "dead.example")["verdict"], "undecided");
    let why = column(&said, "not_stopped", "why");
    assert!(why[0].contains("undecided"), "{why:?}");
    // Nor does a resolver that is not there.
    let closed = {
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.local_addr().unwrap()
    };
    let said = desk.scan(&format!("--upstream {closed} mail.log"));
    assert_eq!(said.status, Some(1), "{said:?}");
    assert!(
        said.out.contains("would have stopped 0 of 2 (0 %)"),
        "{said:?}"
    );
}

#[test]
fn suspects_count_if_they_are_listed() {
    let upstream = Upstream::new(WORLD);
    let log = unanswered(STAMP, "8170A4D23E01", "a@mixed.example", "10.0.0.2")
        + &unanswered(STAMP, "8170A4D23E02", "a@good.example", "10.0.0.2")
        + &unanswered(STAMP, "8170A4D23E03", "a@dead.example", "192.168.0.1");
    let desk = Desk::with(log);
    let said = desk.asking(&upstream, "mail.log");
    assert_eq!(number(&said, "/found/loops"), 1);
    assert_eq!(number(&said, "/causes/private"), 1);
    assert_eq!(number(&said, "/suspected"), 2);
    assert_eq!(column(&said, "domains", "domain"), ["mixed.example"]);
    assert_eq!(row(&said, "mixed.example")["suspect"], true);
    // By a policy that does not list it, it does not count.
    let said = desk.asking(&upstream, "--policy loop mail.log");
    assert_eq!(number(&said, "/found/loops"), 0);
    assert_eq!(number(&said, "/suspected"), 3);
    let said = desk.scan("--no-dns mail.log");
    assert_eq!(said.status, Some(0), "{said:?}");
    assert!(
        said.out
            .contains("3 more mails failed at private addresses, found no host, or ended at a"),
        "{said:?}"
    );
}

#[test]
fn a_table_of_ones_own_says_what_is_reserved() {
    let upstream = Upstream::new(WORLD);
    let desk = Desk::with(
        log(&["hot.de", "good.example"])
            + &unanswered(STAMP, "8170A4D23EFF", "a@good.example", "9.9.9.9"),
    );
    desk.put("own.cidr", "9.9.9.9 REJECT Domain MX is ours\n");
    desk.put("bogusmx.toml", "table = \"own.cidr\"\n");
    for words in ["--table own.cidr", "--config bogusmx.toml"] {
        let said = desk.asking(&upstream, &format!("{words} mail.log"));
        assert_eq!(row(&said, "hot.de")["verdict"], "not-listed", "{words}");
        let good = row(&said, "good.example");
        assert_eq!(good["verdict"], "listed", "{words}");
        assert_eq!(good["reason"], "Domain MX is ours: mx.good.example 9.9.9.9");
        assert_eq!(number(good, "/loops"), 2, "{words}");
        assert_eq!(number(&said, "/causes/reserved"), 1, "{words}");
    }
    let without = desk.json("--table own.cidr mail.log");
    assert_eq!(number(&without, "/causes/reserved"), 1);
    assert_eq!(number(&desk.json("mail.log"), "/causes/reserved"), 0);
}

#[test]
fn a_configuration_gives_policy_and_upstream() {
    let upstream = Upstream::new(WORLD);
    let desk = Desk::with(log(&["mixed.example"]));
    let address = upstream.address();
    desk.put(
        "bogusmx.toml",
        format!("policy = \"all\"\nupstream = [\"{address}\"]\n"),
    );
    let said = desk.scan("--json --config bogusmx.toml mail.log").json();
    assert_eq!(row(&said, "mixed.example")["verdict"], "not-listed");
    let said = desk.scan("--json --config bogusmx.toml --policy any mail.log");
    assert_eq!(row(&said.json(), "mixed.example")["verdict"], "listed");
}

#[test]
fn what_came_with_sendmail_is_not_stopped() {
    let upstream = Upstream::new(WORLD);
    let mail = CASE.replace(
        "smtpd[18858]: 8170A4D23E6F: client=localhost[127.0.0.1]",
        "pickup[18858]: 8170A4D23E6F: uid=33 from=<www-data>",
    );
    let said = Desk::with(mail).asking(&upstream, "mail.log");
    assert_eq!(stopped(&said)[0], ("any".to_owned(), 0, 1));
    assert_eq!(column(&said, "origins", "kind"), ["local"]);
    let why = column(&said, "not_stopped", "why");
    assert_eq!(
        why,
        ["handed in on the machine itself (sendmail): no recipient restriction is asked"]
    );
}

#[test]
fn of_what_was_searched_for_the_list_would_have_stopped_all() {
    let world: String = [
        "iphone.com",
        "hotmaol.de",
        "hahoo.es",
        "beer.com",
        "man.net",
        "live.ong",
        "adulto.com",
        "hot.de",
        "gamiel.com",
        "mhx.com",
        "hotmeil.es",
        "ghn.com",
        "webv.de",
        "gaile.com",
        "version.net",
    ]
    .map(|domain| format!("{domain} MX 10 mail.{domain}\nmail.{domain} A 127.0.0.1\n"))
    .concat();
    let said = Desk::with(SEARCHED).asking(&Upstream::new(&world), "mail.log");
    let all = ["any", "all", "loop"].map(|policy| (policy.to_owned(), 18, 18));
    assert_eq!(stopped(&said), all);
    assert_eq!(said["policies"][0]["share"], 1.0);
    assert_eq!(said["not_stopped"], json!([]));
}
