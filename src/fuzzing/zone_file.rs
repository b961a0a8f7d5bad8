//! A zone file: `front/dns/zone_file`, and the answers that are made of it.

use super::check_place;
use crate::front::answer::{A, ANY, SOA, TXT};
use crate::front::dns::Transport;
use crate::front::dns::zone_file::{ZoneFileError, read};
use crate::front::fast::parity::{check_same, fast, runtime, slow_over};
use crate::front::fixture::{self, SCRIPT, packet};
use crate::front::zone::{FixedNames, Zone};
use crate::verdict::Domain;

const ORIGIN: &str = "bogusmx.local";

/// A file that is refused names a line that it has. Of one that is taken, every name is answered on both paths alike.
pub fn run(octets: &[u8]) {
    let text = String::from_utf8_lossy(octets);
    match read(&text, "zone", &Domain::parse(ORIGIN).unwrap()) {
        Ok(fixed) => check_answers(fixed),
        Err(ZoneFileError::Syntax { line, .. }) => check_place(&text, line, 1),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fn check_answers(fixed: FixedNames) {
    assert_eq!(fixed.soa.rtype, SOA);
    let names: Vec<String> = fixed
        .names
        .keys()
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .collect();
    let [zone, _] = fixture::zones();
    let runtime = runtime();
    let entered = runtime.enter();
    let (dns, _) = fixture::serve([Zone { fixed, ..zone }].into(), SCRIPT);
    drop(entered);
    // Another name than this one is meant where a label has an octet that is escaped.
    for name in names.iter().filter(|name| !name.contains('\\')) {
        assert_eq!(*name, name.to_ascii_lowercase());
        for qtype in [A, TXT, SOA, ANY] {
            let packet = packet(name, ORIGIN, qtype, 0, &[]);
            let fast = fast(&runtime, &dns, &packet).expect("a name of the file needs no look-up");
            check_same(&runtime, &dns, &packet, &fast);
            assert!(slow_over(Transport::Tcp, &runtime, &dns, &packet).is_some());
        }
    }
}
