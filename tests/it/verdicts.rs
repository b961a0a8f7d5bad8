//! From a mail domain to a verdict, with an upstream that works: mail hosts, their addresses, and the table.

use std::fmt::Write as _;

use hickory_proto::rr::RecordType::{A, AAAA};

use crate::support::{GOOD, bench, bench_with, cname_chain, mx_set, needs_root, setup};

// Which hosts take a domain's mail.

#[test]
fn a_domain_without_mx_is_its_own_mail_host() {
    bench(
        "nodata.example     A !beside=x.example/8.8.8.8 127.0.0.1
         nxdomain.example   MX !nxdomain
         nxdomain.example   A 127.0.0.1
         no-soa.example     MX !no-soa
         no-soa.example     A 127.0.0.1
         good.example       A 9.9.9.9
         six.example        AAAA ::1",
    )
    .expect(
        "nodata.example     -> listed
         nxdomain.example   -> listed
         no-soa.example     -> listed
         six.example        -> listed
         good.example       -> not listed
         gone.example       -> not listed",
    );
}

#[test]
fn a_null_mx_takes_no_mail_and_is_not_listed() {
    let bench = bench(
        "zero.example     MX 0 .
         ten.example      MX 10 .
         twice.example    MX 0 .
         twice.example    MX 10 .
         hosts.example    MX 0 .
         hosts.example    A 127.0.0.1",
    );
    bench.expect(
        "zero.example     -> not listed
         ten.example      -> not listed
         twice.example    -> not listed
         hosts.example    -> not listed",
    );
    let addresses = bench.upstream.questions("hosts.example", A);
    assert_eq!(addresses, 0, "a null MX is no implicit MX");
}

#[test]
fn a_null_mx_beside_other_hosts_is_dropped() {
    bench(
        "bad.example      MX 0 .
         bad.example      MX 10 mx.bad.example
         mx.bad.example   A 127.0.0.1
         good.example     MX 0 .
         good.example     MX 10 mx.good.example
         mx.good.example  A 9.9.9.9",
    )
    .expect(
        "bad.example      -> listed
         good.example     -> not listed",
    );
}

#[test]
fn a_mail_domain_may_be_an_alias() {
    bench(
        "alias.example     CNAME hot.de
         hot.de            MX 10 null.hot.de
         null.hot.de       A 127.0.0.1",
    )
    .expect("alias.example -> listed");
}

#[test]
fn the_best_sixteen_hosts_are_judged_and_no_more() {
    let with_bad_at = |domain: &str, bad: usize| {
        let addresses =
            (1..=20).map(move |at| if at == bad { "127.0.0.1" } else { GOOD }.to_owned());
        mx_set(domain, addresses)
    };
    let world = with_bad_at("sixteen.example", 16) + &with_bad_at("seventeen.example", 17);
    // The worst hosts come first in the answer: preference decides, not order.
    let world: Vec<&str> = world.lines().rev().collect();
    let bench = bench(&world.join("\n"));
    bench.expect(
        "sixteen.example    -> listed
         seventeen.example  -> not listed",
    );
    assert_eq!(bench.upstream.questions("mx17.seventeen.example", A), 0);
    let asked = bench.upstream.questions_in_all();
    assert!(asked <= 2 * (1 + 2 * 16), "{asked} questions");
}

#[test]
fn the_number_of_hosts_is_configurable() {
    let world = mx_set(
        "three.example",
        [GOOD, GOOD, "127.0.0.1"].map(str::to_owned),
    );
    bench_with("max_mx_hosts = 2", &world).expect("three.example -> not listed");
    bench_with("max_mx_hosts = 3", &world).expect("three.example -> listed");
}

#[test]
fn nothing_is_listed_because_hosts_were_left_out() {
    let addresses = (1..=17).map(|at| if at == 17 { GOOD } else { "127.0.0.1" }.to_owned());
    let world = mx_set("many.example", addresses);
    bench_with(r#"policy = "all""#, &world).expect("many.example -> not listed");
}

#[test]
fn four_hundred_hosts_are_no_reason_to_give_up() {
    let addresses = (1..=400).map(|at| if at == 3 { "127.0.0.1" } else { GOOD }.to_owned());
    let bench = bench(&mx_set("big.example", addresses));
    bench.expect("big.example -> listed");
    let over_tcp = bench.upstream.asked().iter().any(|asked| asked.over_tcp);
    assert!(over_tcp, "so long an answer came over TCP");
    let hosts = (1..=400).map(|at| format!("mx{at}.big.example"));
    let looked_up = hosts.filter(|host| bench.upstream.questions(host, A) > 0);
    assert!(looked_up.count() <= 16);
}

// Which addresses a host has.

#[test]
fn both_address_families_are_looked_up() {
    let bench = bench(
        "four.example       MX 10 mx.four.example
         mx.four.example    A 127.0.0.1
         mx.four.example    AAAA 2620:fe::fe
         six.example        MX 10 mx.six.example
         mx.six.example     A 9.9.9.9
         mx.six.example     AAAA ::1",
    );
    bench.expect(
        "four.example   -> listed
         six.example    -> listed",
    );
    // The answer does not wait for what cannot change it, but it is asked.
    bench.upstream.wait_for_questions("mx.four.example", A, 1);
    bench
        .upstream
        .wait_for_questions("mx.four.example", AAAA, 1);
}

#[test]
fn a_host_that_is_an_address_is_judged_as_that_address() {
    let bench = bench(
        "loop.example      MX 10 127.0.0.1.
         private.example   MX 10 10.1.2.3.
         public.example    MX 10 9.9.9.9.",
    );
    bench.expect(
        "loop.example      -> listed: Domain MX in loopback network
         private.example   -> listed: Domain MX in RFC 1918 private network
         public.example    -> not listed",
    );
    assert_eq!(bench.upstream.questions("127.0.0.1", A), 0);
    assert_eq!(bench.upstream.questions("127.0.0.1", AAAA), 0);
}

#[test]
fn localhost_and_names_below_it_are_loopback() {
    let bench = bench(
        "one.example      MX 10 localhost
         two.example      MX 10 mail.LocalHost
         other.example    MX 10 notlocalhost
         notlocalhost     A 9.9.9.9",
    );
    bench.expect(
        "one.example      -> listed
         two.example      -> listed
         other.example    -> not listed",
    );
    assert_eq!(bench.upstream.questions("localhost", A), 0);
    assert_eq!(bench.upstream.questions("mail.localhost", A), 0);
}

#[test]
fn a_mail_domain_below_localhost_is_its_own_loopback() {
    bench("other.example A 9.9.9.9").expect("shop.localhost -> listed");
}

#[test]
fn a_host_that_is_named_twice_is_looked_up_once() {
    let bench = bench(
        "twice.example      MX 10 mx.twice.example
         twice.example      MX 20 MX.twice.example
         mx.twice.example   A 127.0.0.1",
    );
    bench.expect("twice.example -> listed");
    assert_eq!(bench.upstream.questions("mx.twice.example", A), 1);
}

#[test]
fn a_target_that_is_no_host_name_is_skipped() {
    let bench = bench(
        r"space.example      MX 10 mx\032a.example
          mx\032a.example    A 127.0.0.1
          hyphen.example     MX 10 -mx.example
          -mx.example        A 127.0.0.1
          star.example       MX 10 *.mx.example
          *.mx.example       A 127.0.0.1
          mixed.example      MX 10 mx-.example
          mixed.example      MX 20 ok.example
          ok.example         A 127.0.0.1
          score.example      MX 10 _mx_.example
          _mx_.example       A 127.0.0.1",
    );
    bench.expect(
        "space.example      -> not listed
         hyphen.example     -> not listed
         star.example       -> not listed
         mixed.example      -> listed
         score.example      -> listed",
    );
    assert_eq!(bench.upstream.questions("-mx.example", A), 0);
    assert_eq!(bench.upstream.questions("mx\\032a.example", A), 0);
}

#[test]
fn a_host_below_an_own_origin_is_skipped() {
    let bench = bench(
        "loop.example               MX 10 hot.de.bogusmx.local
         apex.example               MX 10 bogusmx.local
         hot.de.bogusmx.local       A 127.0.0.2
         bogusmx.local              A 127.0.0.2",
    );
    bench.expect(
        "loop.example   -> not listed
         apex.example   -> not listed",
    );
    let asked = bench.upstream.questions("hot.de.bogusmx.local", A)
        + bench.upstream.questions("bogusmx.local", A);
    assert_eq!(asked, 0, "the upstream would ask us");
}

#[test]
fn hosts_without_any_address_are_not_listed() {
    bench(
        "gone.example       MX 10 nowhere.example
         empty.example      MX 10 mx.empty.example
         mx.empty.example   * !nodata",
    )
    .expect(
        "gone.example       -> not listed
         empty.example      -> not listed",
    );
}

#[test]
fn up_to_ten_aliases_of_a_host_are_followed() {
    let mut world = String::new();
    for links in [1, 2, 9, 10, 11, 20] {
        writeln!(world, "links{links}.example MX 10 mx.links{links}.example").unwrap();
        world += &cname_chain(&format!("mx.links{links}.example"), links, "127.0.0.1");
    }
    bench(&world).expect(
        "links1.example    -> listed
         links2.example    -> listed
         links9.example    -> listed
         links10.example   -> listed
         links11.example   -> undecided
         links20.example   -> undecided",
    );
}

#[test]
fn aliases_are_followed_when_the_upstream_gives_one_at_a_time() {
    let mut world = "* * !one-link\n".to_owned();
    for links in [1, 9, 10] {
        writeln!(world, "links{links}.example MX 10 mx.links{links}.example").unwrap();
        world += &cname_chain(&format!("mx.links{links}.example"), links, "127.0.0.1");
    }
    bench(&world).expect(
        "links1.example    -> listed
         links9.example    -> listed
         links10.example   -> listed",
    );
}

#[test]
fn the_number_of_aliases_is_configurable() {
    let chain = cname_chain("mx.example", 3, "127.0.0.1");
    let world = format!("alias.example MX 10 mx.example\n{chain}");
    bench_with("max_cnames = 3", &world).expect("alias.example -> listed");
    bench_with("max_cnames = 2", &world).expect("alias.example -> undecided");
}

#[test]
fn a_circle_of_aliases_is_undecided() {
    bench(
        "self.example       MX 10 mx.self.example
         mx.self.example    CNAME mx.self.example
         two.example        MX 10 a.two.example
         a.two.example      CNAME b.two.example
         b.two.example      CNAME a.two.example",
    )
    .expect(
        "self.example   -> undecided
         two.example    -> undecided",
    );
}

// Where names do not come from.

#[test]
fn etc_hosts_is_never_used() {
    needs_root("only root can mount over /etc/hosts");
    setup(
        "good.example       MX 10 mx.good.example
         mx.good.example    A 9.9.9.9",
    )
    .file(
        "hosts",
        "127.0.0.1 localhost mx.good.example good.example\n",
    )
    .inside(r#"mount --bind {dir}/hosts /etc/hosts; exec "$@""#)
    .start()
    .expect("good.example -> not listed");
}

#[test]
fn search_domains_are_never_used() {
    needs_root("only root can mount over /etc/resolv.conf");
    let bench = setup("shop.example.corp.test A 127.0.0.1\n shop.example MX 10 mx")
        .file(
            "resolv.conf",
            "nameserver 127.0.0.1\nsearch corp.test\noptions ndots:5\n",
        )
        .inside(r#"mount --bind {dir}/resolv.conf /etc/resolv.conf; exec "$@""#)
        .start();
    bench.expect(
        "shop.example   -> not listed
         gone.example   -> not listed",
    );
    for asked in bench.upstream.asked() {
        let name = asked.name.to_ascii();
        assert!(!name.ends_with("corp.test."), "asked for {name}");
    }
}
