//! BIND, which recurses by itself.

use super::place::{Habit, Place};
use crate::daemons::process::{Process, copied};

const PAGE: &str = "resolvers/bind.md";

/// Starts it with the page's lines.
pub(super) fn start(place: &Place) -> Process {
    place.write("root.hints", &place.hints());
    let options = place.plain_file(PAGE, "/etc/bind/named.conf.options");
    let protection = place.plain_file(PAGE, "/etc/bind/named.conf.options (with protection)");
    // Not all of 127.0.0.0/8, where the tests' name servers are.
    let protection = protection.replace("127.0.0.0/8", "127.0.0.0/24");
    let zone = place.file(PAGE, "/etc/bind/named.conf.local", " port ");
    let folder = place.folder();
    let folder = folder.display();
    let config = format!(
        "options {{
  directory \"{folder}\";
  listen-on port {port} {{ {address}; }};
  listen-on-v6 {{ none; }};
  pid-file none;
  session-keyfile none;
  allow-query {{ any; }};
  allow-recursion {{ any; }};
  qname-minimization {minimisation};
  dnssec-validation {validation};
  {options}
  {protection}
}};
trust-anchors {{ {anchor} }};
controls {{ }};
zone \".\" {{ type hint; file \"root.hints\"; }};
{zone}",
        address = place.server.ip(),
        port = place.server.port(),
        minimisation = place.either(Habit::Minimises, "strict", "off"),
        validation = place.either(Habit::Validates, "yes", "no"),
        protection = place.either(Habit::Protects, &protection, ""),
        anchor = anchor(&place.nsd.anchor().dnskey),
    );
    let config = place.write("named.conf", &config);
    let program = copied("named", "bind9", &place.folder());
    let args = ["-g", "-c", config.to_str().expect("a plain path")];
    Process::start("named", &program, &args, &place.folder())
}

/// From `. IN DNSKEY 257 3 13 KEY` to what named.conf has for it.
fn anchor(dnskey: &str) -> String {
    let fields: Vec<_> = dnskey.split_whitespace().skip(3).collect();
    let (numbers, key) = fields.split_at(3);
    format!(
        "\".\" static-key {} \"{}\";",
        numbers.join(" "),
        key.concat()
    )
}
