//! The address table: the shipped one, one written for Postfix, and those that are refused.

use std::fmt::Write as _;

use hickory_proto::rr::RecordType::TXT;

use crate::support::daemon::Launch;
use crate::support::{Bench, bench, setup};

/// A world where `a1-2-3-4.example` has the address 1.2.3.4, for each of these; and the line to expect of it.
fn hosts(addresses: &[&str], verdict: &str) -> (String, String) {
    let (mut world, mut expected) = (String::new(), String::new());
    for address in addresses {
        let record_type = if address.contains(':') { "AAAA" } else { "A" };
        let label = address.replace(['.', ':'], "-");
        writeln!(world, "a{label}a.example {record_type} {address}").unwrap();
        writeln!(expected, "a{label}a.example -> {verdict}").unwrap();
    }
    (world, expected)
}

pub(crate) fn bench_with_table(table: impl AsRef<[u8]>, world: &str) -> Bench {
    let setup = setup(world).file("my.cidr", table);
    setup.config(r#"table = "{dir}/my.cidr""#).start()
}

#[test]
fn the_shipped_table_lists_reserved_space() {
    let (world, expected) = hosts(
        &[
            "0.0.0.0",
            "10.0.0.0",
            "10.255.255.255",
            "100.64.0.0",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.255",
            "169.254.1.1",
            "172.16.0.0",
            "172.31.255.255",
            "192.0.2.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.255",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "fc00::1",
            "fdff::1",
            "ff02::1",
            "2001:db8::1",
            "100::1",
        ],
        "listed",
    );
    bench(&world).expect(&expected);
}

#[test]
fn the_shipped_table_leaves_public_space_alone() {
    let (world, expected) = hosts(
        &[
            "1.0.0.0",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.0.9",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2606:4700::1",
            "2620:fe::fe",
            "2a00:1450::1",
        ],
        "not listed",
    );
    bench(&world).expect(&expected);
}

#[test]
fn the_shipped_texts_are_those_that_postfix_users_know() {
    bench(
        "zero.example        A 0.0.0.0
         ten.example         A 10.0.0.1
         loop.example        A 127.0.0.1
         link.example        A 169.254.0.1
         twelve.example      A 172.16.0.1
         net1.example        A 192.0.2.1
         home.example        A 192.168.1.1
         net2.example        A 198.51.100.1
         net3.example        A 203.0.113.1
         multi.example       A 224.0.0.1
         class-e.example     A 240.0.0.1
         last.example        A 255.255.255.255
         six-loop.example    AAAA ::1
         six-none.example    AAAA ::
         six-multi.example   AAAA ff02::1
         six-link.example    AAAA fe80::1
         six-site.example    AAAA fec0::1",
    )
    .expect(
        "zero.example        -> listed: Domain MX in broadcast network
         ten.example         -> listed: Domain MX in RFC 1918 private network
         loop.example        -> listed: Domain MX in loopback network
         link.example        -> listed: Domain MX in link local network
         twelve.example      -> listed: Domain MX in RFC 1918 private network
         net1.example        -> listed: Domain MX in TEST-NET-1 network
         home.example        -> listed: Domain MX in RFC 1918 private network
         net2.example        -> listed: Domain MX in TEST-NET-2 network
         net3.example        -> listed: Domain MX in TEST-NET-3 network
         multi.example       -> listed: Domain MX in class D multicast network
         class-e.example     -> listed: Domain MX in class E reserved network
         last.example        -> listed: Domain MX in reserved network
         six-loop.example    -> listed: Domain MX is Loopback address
         six-none.example    -> listed: Domain MX is Unspecified address
         six-multi.example   -> listed: Domain MX in Multicast network
         six-link.example    -> listed: Domain MX in Link-local unicast network
         six-site.example    -> listed: Domain MX in Site-local unicast network",
    );
}

#[test]
fn an_ipv6_address_that_carries_an_ipv4_one_is_judged_as_both() {
    let (bad_world, bad) = hosts(
        &[
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::a00:1",
            "2002:7f00:1::1",
            "2002:c0a8:101::1",
            "::127.0.0.1",
            "::ffff:0:127.0.0.1",
        ],
        "listed",
    );
    let (good_world, good) = hosts(
        &["::ffff:9.9.9.9", "64:ff9b::909:909", "2002:909:909::1"],
        "not listed",
    );
    bench(&(bad_world + &good_world)).expect(&(bad + &good));
}

#[test]
fn the_ipv6_form_is_looked_up_before_the_ipv4_address_inside() {
    bench_with_table(
        "::ffff:127.0.0.2/128 OK
64:ff9b::/96 REJECT Translated
127.0.0.0/8 REJECT Loopback
",
        "plain.example       AAAA ::ffff:127.0.0.1
         excepted.example    AAAA ::ffff:127.0.0.2
         translated.example  AAAA 64:ff9b::7f00:1",
    )
    .expect(
        "plain.example       -> listed: Loopback
         excepted.example    -> not listed
         translated.example  -> listed: Translated",
    );
}

#[test]
fn a_table_written_for_postfix_is_read_as_it_is() {
    bench_with_table(
        "# The table of our mail gateway
#
192.168.7.25    OK
192.168.0.0/16  REJECT Private
10.0.0.0/8      550 5.7.1 Ten is ours
11.0.0.0/8      450 4.1.2 Try later
12.0.0.0/8      554 No code
13.0.0.0/8      reject
 Continued over
 two lines
  # a comment between
14.0.0.0/8      DUNNO
14.0.0.0/7      REJECT Not reached for 14
!0.0.0.0/1      REJECT Upper half
if 16.0.0.0/8
16.1.0.0/16     REJECT Sixteen one
16.2.0.0/16     PERMIT
if !16.3.0.0/16
16.0.0.0/8      REJECT Rest of sixteen
endif
endif
2001:db8::/32   REJECT Six
2620:fe::fe     REJECT One address
",
        "excepted.example    A 192.168.7.25
         private.example     A 192.168.7.26
         ten.example         A 10.0.0.1
         eleven.example      A 11.0.0.1
         twelve.example      A 12.0.0.1
         thirteen.example    A 13.0.0.1
         fourteen.example    A 14.0.0.1
         fifteen.example     A 15.0.0.1
         upper.example       A 200.0.0.1
         sixteen-1.example   A 16.1.0.1
         sixteen-2.example   A 16.2.0.1
         sixteen-3.example   A 16.3.0.1
         sixteen-4.example   A 16.4.0.1
         six.example         AAAA 2001:db8::1
         one.example         AAAA 2620:fe::fe
         next.example        AAAA 2620:fe::ff
         loop.example        A 127.0.0.1",
    )
    .expect(
        "excepted.example    -> not listed
         private.example     -> listed: Private
         ten.example         -> listed: Ten is ours
         eleven.example      -> listed: Try later
         twelve.example      -> listed: No code
         thirteen.example    -> listed: Continued over two lines
         fourteen.example    -> not listed
         fifteen.example     -> listed: Not reached for 14
         upper.example       -> listed: Upper half
         sixteen-1.example   -> listed: Sixteen one
         sixteen-2.example   -> not listed
         sixteen-3.example   -> not listed
         sixteen-4.example   -> listed: Rest of sixteen
         six.example         -> listed: Six
         one.example         -> listed: One address
         next.example        -> not listed
         loop.example        -> not listed",
    );
}

#[test]
fn comments_may_be_in_any_character_set() {
    for comment in [
        &b"# f\xfcr das Gateway"[..],
        "# f\u{fc}r das Gateway".as_bytes(),
    ] {
        let table = [comment, b"\n127.0.0.0/8 REJECT Loopback\n"].concat();
        bench_with_table(&table, "hot.de A 127.0.0.1").expect("hot.de -> listed: Loopback");
    }
}

#[test]
fn lines_may_end_as_on_other_systems_or_not_at_all() {
    for table in [
        "127.0.0.0/8 REJECT Loopback\r\n# end\r\n",
        "127.0.0.0/8 REJECT Loopback",
    ] {
        bench_with_table(table, "hot.de A 127.0.0.1").expect("hot.de -> listed: Loopback");
    }
}

/// A file that has been cut off or emptied by mistake would let everything pass.
#[test]
fn a_table_without_rows_is_refused() {
    for text in ["", "# 127.0.0.0/8 REJECT\n\n"] {
        let refusal = Launch::new()
            .file("my.cidr", text)
            .args(&["--listen", "127.0.0.1:0", "--upstream", "127.0.0.1"])
            .args(&["--table", "{dir}/my.cidr"])
            .refused();
        assert!(refusal.message.contains("my.cidr: no row"), "{refusal:?}");
        assert_eq!(refusal.status, Some(2));
    }
}

#[test]
fn a_table_of_exceptions_lists_nothing() {
    bench_with_table("0.0.0.0/0 DUNNO\n", "hot.de A 127.0.0.1").expect("hot.de -> not listed");
}

#[test]
fn a_row_without_text_still_has_one_on_the_wire() {
    let bench = bench_with_table("10.0.0.0/8 REJECT\n", "ten.example A 10.0.0.1");
    assert!(bench.ask("ten.example", TXT).txt().is_some());
}

#[test]
fn the_table_can_be_given_on_the_command_line() {
    setup("ten.example A 10.0.0.1\nhot.de A 127.0.0.1")
        .file("my.cidr", "10.0.0.0/8 LIST 127.0.0.10 Ten\n")
        .args(&["--table", "{dir}/my.cidr"])
        .start()
        .expect(
            "ten.example -> listed 127.0.0.10
             hot.de      -> not listed",
        );
}

#[test]
fn what_is_no_postfix_table_is_refused_with_file_line_and_column() {
    for (line, column) in [
        ("10.0.0.0/8 FILTER smtp:[10.0.0.1]", Some(12)),
        ("10.0.0.0/8 REDIRECT postmaster@example.org", Some(12)),
        ("10.0.0.0/8 HOLD", Some(12)),
        ("10.0.0.1/8 REJECT host bits", None),
        ("10.0.0.0/33 REJECT long prefix", None),
        ("10.0.0.0/x REJECT no prefix", None),
        ("10.0.0 REJECT no address", None),
        ("10.0.0.256 REJECT no address", None),
        ("::g/64 REJECT no address", None),
        ("10.0.0.0/8", None),
        ("10.0.0.0/8 999 no such reply", None),
        ("10.0.0.0/8 LIST", None),
        ("10.0.0.0/8 LIST 10.0.0.1 no code", None),
        ("10.0.0.0/8 LIST 127.0.0.1.2 no code", None),
        (&format!("10.0.0.0/8 REJECT {}", "x".repeat(256)), Some(19)),
        ("10.0.0.0/8 REJECT nicht schön", Some(28)),
        ("endif", None),
        ("hot.de REJECT no address", None),
    ] {
        let table = format!("# head\n127.0.0.0/8 REJECT fine\n{line}\n1.0.0.0/8 REJECT fine\n");
        let launch = Launch::new().file("my.cidr", &table);
        let refusal = launch
            .args(&["--listen", "127.0.0.1:0", "--upstream", "127.0.0.1:9"])
            .args(&["--table", "{dir}/my.cidr"])
            .refused();
        assert_eq!(refusal.status, Some(2), "{line}: {refusal:?}");
        let place = match column {
            Some(column) => format!("my.cidr:3:{column}"),
            None => "my.cidr:3:".to_owned(),
        };
        let (_, after) = refusal
            .message
            .split_once(&place)
            .unwrap_or_else(|| panic!("{line}: no {place} in {}", refusal.message));
        if column.is_none() {
            let column = after.chars().next().unwrap();
            assert!(column.is_ascii_digit(), "{line}: {}", refusal.message);
        }
    }
}

#[test]
fn an_if_without_its_endif_is_refused() {
    let launch = Launch::new().file("my.cidr", "if 10.0.0.0/8\n10.1.0.0/16 REJECT x\n");
    let refusal = launch
        .args(&["--listen", "127.0.0.1:0", "--upstream", "127.0.0.1:9"])
        .args(&["--table", "{dir}/my.cidr"])
        .refused();
    assert_eq!(refusal.status, Some(2));
    assert!(refusal.message.contains("my.cidr:"), "{}", refusal.message);
}
