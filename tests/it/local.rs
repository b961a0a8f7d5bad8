//! What the operator says by name and of own addresses, whatever the DNS says.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use hickory_proto::rr::RecordType::{A, MX};
use nix::sys::signal::Signal;

use crate::support::daemon::{Launch, replace};
use crate::support::upstream::Upstream;
use crate::support::{Bench, THREE_ENDINGS, needs_root, setup};

const WORLD: &str = "
    hot.de              MX 10 null.hot.de
    null.hot.de         A  127.0.0.1
    good.example        MX 10 mx.good.example
    mx.good.example     A  192.0.1.1
    held.example        MX !servfail
    private.example     MX 10 mx.vpn.example
    mx.vpn.example      A  10.0.0.1
    trap.example        MX 10 a.mx.trap-host.example
    a.mx.trap-host.example A 192.0.1.2
    ours.example        MX 10 mx.ours.example
    hosted.example      MX 10 mx.ours.example
    mx.ours.example     A  192.0.1.25";

/// A daemon with these lists, which are looked at for changes all the time.
fn bench_with_lists(domains: &str, hosts: &str, more: &str) -> Bench {
    let config = format!(
        "domain_list = \"{{dir}}/domains\"\nhost_list = \"{{dir}}/hosts\"\nwatch_interval = \"50ms\"\n{more}"
    );
    let setup = setup(WORLD).file("domains", domains).file("hosts", hosts);
    setup.config(&config).start()
}

#[test]
fn the_operator_has_the_last_word_on_a_domain() {
    let domains =
        "# ours\n!hot.de\n.good.example REJECT Not from here\nheld.example LIST 127.0.0.7 Held\n";
    let bench = bench_with_lists(domains, "", "");
    bench.expect(
        "hot.de             -> not listed
         good.example       -> listed: Not from here
         a.b.good.example   -> listed
         held.example       -> listed 127.0.0.7
         private.example    -> listed",
    );
    assert_eq!(
        bench.ask_over_tcp("good.example", A).verdict(),
        "listed 127.0.0.2"
    );
    for domain in ["hot.de", "good.example", "held.example"] {
        assert_eq!(bench.upstream.questions(domain, MX), 0, "{domain}");
    }
}

#[test]
fn the_operator_has_the_last_word_on_an_mx_host() {
    let bench = bench_with_lists("", "!mx.vpn.example\n.trap-host.example\n", "");
    bench.expect(
        "private.example    -> not listed
         trap.example       -> listed: Domain MX listed by local policy
         hot.de             -> listed: Domain MX in loopback network",
    );
}

#[test]
fn a_domain_whose_mx_is_ourselves_is_listed_unless_it_is_hosted_here() {
    let bench = bench_with_lists("!hosted.example\n", "", "self = [\"192.0.1.25\"]");
    bench.expect(
        "ours.example       -> listed: Domain MX points back to this mail system
         hosted.example     -> not listed
         good.example       -> not listed",
    );
}

#[test]
fn own_addresses_without_a_hosted_domain_are_refused() {
    let launch = Launch::new().file("domains", "bad.example\n");
    let config = "self = [\"192.0.1.25\"]\ndomain_list = \"{dir}/domains\"";
    let listen = ["--listen", "127.0.0.1:0", "--upstream", "127.0.0.1"];
    let refusal = launch.config(config).args(&listen).refused();
    assert_eq!(refusal.status, Some(2));
    let wanted = "name those in 'domain_list', one !.domain a line";
    assert!(refusal.message.contains(wanted), "{}", refusal.message);
}

#[test]
fn lists_are_read_again_when_they_change() {
    let bench = bench_with_lists("", "", "");
    bench.expect("hot.de -> listed\ntrap.example -> not listed");
    replace(&bench.daemon.path("domains"), "!hot.de\n");
    bench.becomes("hot.de", "not listed");
    replace(&bench.daemon.path("hosts"), ".trap-host.example\n");
    bench.becomes("trap.example", "listed 127.0.0.2");
    replace(&bench.daemon.path("domains"), "!other.example\n");
    bench.becomes("hot.de", "listed 127.0.0.2");
    // Each domain was looked up once: what is remembered is judged anew.
    assert_eq!(bench.upstream.questions("hot.de", MX), 1);
    assert_eq!(bench.upstream.questions("trap.example", MX), 1);
}

#[test]
fn a_table_is_read_again_when_it_changes() {
    let config = "table = \"{dir}/my.cidr\"\nwatch_interval = \"50ms\"";
    let setup = setup(THREE_ENDINGS).file("my.cidr", "127.0.0.0/8 REJECT Old\n");
    let bench = setup.config(config).start();
    bench.expect("hot.de -> listed: Old");
    replace(
        &bench.daemon.path("my.cidr"),
        "127.0.0.0/8 LIST 127.0.0.3 New\n",
    );
    bench.becomes("hot.de", "listed 127.0.0.3");
}

#[test]
fn a_list_with_an_error_keeps_the_old_ones_and_says_where() {
    let bench = bench_with_lists("!hot.de\n", "", "");
    bench.expect("hot.de -> not listed");
    replace(&bench.daemon.path("domains"), "hot.de\n*.mhx.com\n");
    bench
        .daemon
        .wait_for_log("domains:2:1: \"*.mhx.com\" has a wildcard");
    bench.expect("hot.de -> not listed");
    // It recovers once the file is mended.
    replace(&bench.daemon.path("domains"), "hot.de REJECT Mended\n");
    bench.becomes("hot.de", "listed 127.0.0.2");
}

/// Whoever writes a list over itself empties it first.
#[test]
fn a_list_of_exceptions_that_is_emptied_stays_in_force() {
    let bench = bench_with_lists("!hot.de\n", "", "");
    fs::write(bench.daemon.path("domains"), "").unwrap();
    bench
        .daemon
        .wait_for_log("domains: no name where there were exceptions");
    bench.expect("hot.de -> not listed");
    fs::write(bench.daemon.path("domains"), "!good.example\n").unwrap();
    bench.becomes("hot.de", "listed 127.0.0.2");
}

#[test]
fn a_list_that_may_be_read_again_is_read() {
    needs_root("only root gives up the right to read a file");
    let bench = bench_with_lists("", "", "");
    let file = bench.daemon.path("domains");
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    fs::write(&file, "!hot.de\n").unwrap();
    bench.daemon.wait_for_log("cannot read the domain list");
    fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    bench.becomes("hot.de", "not listed");
}

#[test]
fn lists_are_read_on_sighup_only_if_that_is_wanted() {
    let config = "domain_list = \"{dir}/domains\"\nwatch_interval = \"0s\"";
    let bench = setup(WORLD).file("domains", "").config(config).start();
    bench.expect("hot.de -> listed");
    replace(&bench.daemon.path("domains"), "!hot.de\n");
    bench.daemon.signal(Signal::SIGHUP);
    bench.becomes("hot.de", "not listed");
}

#[test]
fn each_zone_has_lists_of_its_own() {
    let config = "
        domain_list = \"{dir}/domains\"
        [[origin]]
        name = \"bogusmx.local\"
        [[origin]]
        name = \"other.example\"
        domain_list = \"{dir}/other\"";
    let setup = setup(WORLD)
        .file("domains", "!hot.de\n")
        .file("other", "good.example\n");
    let bench = setup.config(config).start();
    bench.expect(
        "hot.de                         -> not listed
         hot.de.other.example.          -> listed
         good.example.other.example.    -> listed
         good.example                   -> not listed",
    );
}

/// What `check` prints with these lists, without the time that it took.
fn explained(domain: &str) -> String {
    let upstream = Upstream::new(WORLD);
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("domains", "!hot.de\n.trap.example\n");
    write("hosts", "\n!.vpn.example\n");
    write(
        "config",
        "domain_list = \"domains\"\nhost_list = \"hosts\"\nself = [\"192.0.1.25\"]",
    );
    let address = upstream.address().to_string();
    let output = Command::new(env!("CARGO_BIN_EXE_bogusmx"))
        .current_dir(folder.path())
        .args([
            "check",
            "--config",
            "config",
            "--upstream",
            &address,
            domain,
        ])
        .env_remove("CLICOLOR_FORCE")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.split(", took").next().unwrap().to_owned()
}

#[test]
fn a_report_names_the_line_that_decides() {
    assert_eq!(
        explained("hot.de"),
        "hot.de not listed an exception of your own\n\
         ├─ exempt by the name hot.de (domains:1)\n\
         └─ policy any, kept for 60 s"
    );
    assert_eq!(
        explained("a.trap.example"),
        "a.trap.example listed Domain listed by local policy\n\
         ├─ listed by the name .trap.example (domains:2)\n\
         └─ policy any, kept for 60 s"
    );
    assert_eq!(
        explained("private.example"),
        "private.example not listed\n\
         ├─ MX 10 mx.vpn.example (TTL 300 s)\n\
         │  ├─ exempt by the name .vpn.example (hosts:2)\n\
         │  └─ 10.0.0.1 (TTL 300 s)\n\
         └─ policy any, kept for 300 s"
    );
    assert_eq!(
        explained("ours.example"),
        "ours.example listed Domain MX points back to this mail system\n\
         ├─ MX 10 mx.ours.example (TTL 300 s)\n\
         │  └─ 192.0.1.25 (TTL 300 s) hits 192.0.1.25/32 (self:1) Domain MX points back to this mail system\n\
         └─ policy any, kept for 300 s"
    );
}
