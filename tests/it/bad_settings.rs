//! What the daemon refuses to start with: exit status 2 and one message that names what is wrong, and where.

use std::net::{TcpListener, UdpSocket};

use crate::support::daemon::{Launch, Refusal};
use crate::support::needs_root;

/// A launch that would succeed.
fn good() -> Launch {
    Launch::new().args(&["--listen", "127.0.0.1:0", "--upstream", "127.0.0.1:9"])
}

/// Checks the exit status and that the message holds all these words.
fn check(refusal: &Refusal, words: &[&str]) {
    assert_eq!(refusal.status, Some(2), "{refusal:?}");
    let message = &refusal.message;
    assert!(message.starts_with("bogusmx: "), "{message}");
    for word in words {
        assert!(message.contains(word), "{word:?} is not in: {message}");
    }
}

#[test]
fn an_unknown_key_is_named_with_its_place_and_the_nearest_known_one() {
    let refusal = good().config("log = \"info\"\npolcy = \"any\"\n").refused();
    check(&refusal, &["bogusmx.toml:2", "polcy", "policy"]);
    let refusal = good()
        .config("[[origin]]\nname = \"a.test\"\ntabel = \"x\"\n")
        .refused();
    check(&refusal, &["bogusmx.toml:3", "tabel", "table"]);
}

#[test]
fn a_value_that_makes_no_sense_is_named_with_its_place() {
    for (line, word) in [
        (r#"policy = "some""#, "some"),
        (r#"not_listed = "maybe""#, "maybe"),
        (r#"undecided = "listed""#, "listed"),
        (r#"answer_deadline = "fast""#, "fast"),
        (r#"answer_deadline = 1200"#, "1200"),
        (r#"max_mx_hosts = "many""#, "many"),
        (r#"max_mx_hosts = -1"#, "-1"),
    ] {
        let refusal = good().config(line).refused();
        check(&refusal, &["bogusmx.toml:1:", word]);
    }
}

#[test]
fn a_network_that_is_none_is_named_with_its_place() {
    for network in ["10.0.0.0/40", "here", "10.0.0.0/255.0.0.0"] {
        let config = format!("allow_query = [\"127.0.0.0/8\", \"{network}\"]");
        let refusal = good().config(&config).refused();
        check(&refusal, &["bogusmx.toml:1:", network]);
    }
}

#[test]
fn text_that_is_no_toml_is_refused_with_its_line() {
    let refusal = good().config("policy = \"any\"\nmin_ttl = \n").refused();
    check(&refusal, &["bogusmx.toml:2"]);
}

#[test]
fn bounds_that_contradict_each_other_are_refused() {
    let refusal = good()
        .config("min_ttl = \"2h\"\nmax_ttl = \"1h\"")
        .refused();
    check(&refusal, &["min_ttl", "max_ttl"]);
    let refusal = good()
        .config("undecided_min_ttl = \"2m\"\nundecided_max_ttl = \"1m\"")
        .refused();
    check(&refusal, &["undecided_min_ttl", "undecided_max_ttl"]);
}

#[test]
fn more_threads_than_there_may_be_are_refused() {
    let two = "listen = [\"127.0.0.1:0\", \"127.0.0.2:0\"]\n";
    let launch = Launch::new().args(&["--upstream", "127.0.0.1:9"]);
    let refusal = launch.config(&format!("{two}udp_threads = 129")).refused();
    check(&refusal, &["udp_threads = 129", "256"]);
}

#[test]
fn addresses_that_are_none_are_refused() {
    for address in [
        "localhost",
        "127.0.0.1",
        "127.0.0.1:99999",
        "127.0.0.1:x",
        "::1:53",
    ] {
        let config = format!("listen = [\"{address}\"]\nupstream = [\"127.0.0.1:9\"]");
        check(
            &Launch::new().config(&config).refused(),
            &["bogusmx.toml:1:", address],
        );
    }
    for address in ["localhost", "127.0.0.1:99999", "[::1", "1.2.3"] {
        let config = format!("listen = [\"127.0.0.1:0\"]\nupstream = [\"{address}\"]");
        check(
            &Launch::new().config(&config).refused(),
            &["bogusmx.toml:2:", address],
        );
    }
}

#[test]
fn arguments_that_make_no_sense_are_refused() {
    for args in [
        ["--listen", "localhost"],
        ["--listen", "127.0.0.1:99999"],
        ["--upstream", "127.0.0.1:x"],
        ["--policy", "some"],
        ["--origin", "two..dots"],
        ["--listen=127.0.0.1:0", "--no-such-flag"],
    ] {
        let refusal = good().args(&args).refused();
        assert_eq!(refusal.status, Some(2), "{refusal:?}");
        let message = &refusal.message;
        assert!(message.contains(args[1]), "{message}");
    }
}

#[test]
fn an_origin_that_is_no_name_is_refused() {
    let long_label = "a".repeat(64);
    let long_name = ["a".repeat(63).as_str(); 4].join(".");
    for origin in [long_label.as_str(), &long_name, "two..dots", ""] {
        let shown = &origin[..origin.len().min(60)];
        let refusal = good().args(&["--origin", origin]).refused();
        assert_eq!(refusal.status, Some(2), "{origin}: {refusal:?}");
        assert!(refusal.message.contains(shown), "{refusal:?}");
        let refusal = good()
            .config(&format!("[[origin]]\nname = \"{origin}\""))
            .refused();
        check(&refusal, &["origin", shown]);
    }
}

#[test]
fn the_same_origin_twice_is_refused() {
    let config = "[[origin]]\nname = \"a.test\"\n[[origin]]\nname = \"A.Test.\"";
    check(&good().config(config).refused(), &["origin"]);
}

#[test]
fn an_origin_without_a_name_is_refused() {
    let refusal = good().config("[[origin]]\npolicy = \"any\"").refused();
    check(&refusal, &["bogusmx.toml", "name"]);
}

#[test]
fn a_port_in_use_is_refused_for_either_transport() {
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    for taken in [udp.local_addr().unwrap(), tcp.local_addr().unwrap()] {
        let taken = taken.to_string();
        let refusal = Launch::new()
            .args(&["--listen", &taken, "--upstream", "127.0.0.1:9"])
            .refused();
        check(&refusal, &[taken.as_str()]);
    }
}

#[test]
fn an_address_that_is_not_ours_is_refused() {
    let refusal = Launch::new()
        .args(&["--listen", "192.0.2.1:0", "--upstream", "127.0.0.1:9"])
        .refused();
    check(&refusal, &["192.0.2.1"]);
}

#[test]
fn files_that_are_not_there_are_named() {
    let refusal = good().args(&["--config", "{dir}/gone.toml"]).refused();
    check(&refusal, &["gone.toml"]);
    let refusal = good().args(&["--table", "{dir}/gone.cidr"]).refused();
    check(&refusal, &["gone.cidr"]);
    let refusal = good().config(r#"table = "{dir}/gone.cidr""#).refused();
    check(&refusal, &["gone.cidr"]);
    let refusal = good().config(r#"zone = "{dir}/gone.zone""#).refused();
    check(&refusal, &["gone.zone"]);
    let refusal = good().config(r#"table = "{dir}""#).refused();
    check(&refusal, &["bogusmx-it-"]);
}

#[test]
fn a_zone_file_that_is_none_is_refused_with_its_line() {
    let head = "@ 900 SOA ns.example.org. hostmaster.example.org. 1 3600 600 86400 60\n";
    for line in ["test 900 A 127.0.0.256", "test 900 NONSENSE 127.0.0.2"] {
        let refusal = good()
            .file("my.zone", format!("{head}{line}\n"))
            .config(r#"zone = "{dir}/my.zone""#)
            .refused();
        check(&refusal, &["my.zone:2"]);
    }
}

#[test]
fn a_zone_file_whose_line_stops_short_is_refused() {
    let head = "@ 900 SOA ns.example.org. hostmaster.example.org. 1 3600 600 86400 60\n";
    for rest in [
        "test",
        "test 900",
        "test 900 IN",
        "test 900 IN\nnext 900 A 127.0.0.2",
    ] {
        let refusal = good()
            .file("my.zone", format!("{head}{rest}\n"))
            .config(r#"zone = "{dir}/my.zone""#)
            .refused();
        check(&refusal, &["my.zone:2"]);
    }
}

#[test]
fn a_zone_file_without_soa_is_refused() {
    let refusal = good()
        .file("my.zone", "test 900 A 127.0.0.2\n")
        .config(r#"zone = "{dir}/my.zone""#)
        .refused();
    check(&refusal, &["my.zone", "SOA"]);
}

#[test]
fn without_any_upstream_it_does_not_start() {
    needs_root("only root can mount over /etc/resolv.conf");
    for text in ["", "# nobody to ask\nsearch example.org\n"] {
        let refusal = Launch::new()
            .args(&["--listen", "127.0.0.1:0"])
            .file("resolv.conf", text)
            .inside(r#"mount --bind {dir}/resolv.conf /etc/resolv.conf; exec "$@""#)
            .refused();
        check(&refusal, &["resolv.conf", "upstream"]);
    }
}

#[test]
fn a_user_that_does_not_exist_is_refused() {
    needs_root("only root changes to another user");
    let refusal = good().config(r#"user = "no-such-user-here""#).refused();
    check(&refusal, &["no-such-user-here"]);
}

#[test]
fn a_list_with_nothing_in_it_is_refused() {
    for key in ["listen", "upstream", "allow_query"] {
        let refusal = good().config(&format!("{key} = []")).refused();
        check(
            &refusal,
            &[&format!("{key} = [] cannot be: name one at least")],
        );
    }
}

#[test]
fn a_log_level_that_is_none_is_refused() {
    for level in ["loud", "inf0=x=y", "", "2"] {
        let refusal = good().config(&format!("log = \"{level}\"")).refused();
        check(&refusal, &["bogusmx.toml:1:7: ", "is no log level"]);
    }
}

#[test]
fn a_deadline_of_no_time_is_refused() {
    let refusal = good().config("answer_deadline = \"0s\"").refused();
    check(&refusal, &["answer_deadline = 0s cannot be"]);
}

#[test]
fn an_origin_that_is_none_of_several_is_refused() {
    let zones = "[[origin]]\nname = \"a.test\"\n[[origin]]\nname = \"b.test\"\n";
    let refusal = good().config(zones).args(&["--origin", "c.test"]).refused();
    check(
        &refusal,
        &["--origin c.test is none of the zones in", "bogusmx.toml"],
    );
}

#[test]
fn a_public_address_without_allow_query_is_refused() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:53", "[2001:db8::1]:53"] {
        let refusal = good().args(&["--listen", address]).refused();
        check(
            &refusal,
            &[
                &format!("{address} is a public address"),
                "--allow-query NETWORK",
                "allow_query = [\"127.0.0.0/8\"",
            ],
        );
        let filed = Launch::new()
            .args(&["--upstream", "127.0.0.1:9"])
            .config(&format!("listen = [\"127.0.0.1:0\", \"{address}\"]"))
            .refused();
        check(&filed, &[&format!("{address} is a public address")]);
    }
}

#[test]
fn a_network_that_is_none_is_refused_as_a_flag_too() {
    let refusal = good().args(&["--allow-query", "10.0.0.0/40"]).refused();
    assert_eq!(refusal.status, Some(2));
    let said = &refusal.message;
    assert!(said.contains("'10.0.0.0/40' is no network"), "{said}");
}

#[test]
fn a_trust_anchor_that_is_none_is_named() {
    let config = "dnssec = true\ntrust_anchor = \"{dir}/root.key\"";
    let check_text = |text: &str, why: &str| {
        let launch = good().config(config).file("root.key", text);
        check(&launch.refused(), &["root.key: no trust anchor", why]);
    };
    check_text("", "no DNSKEY record of the root");
    let key = "IN DNSKEY 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==";
    check_text(&format!("de. {key}"), "no DNSKEY record of the root");
    check_text("here are no keys", "write one DNSKEY record a line");
    check(
        &good().config(config).refused(),
        &["root.key: no trust anchor"],
    );
}
