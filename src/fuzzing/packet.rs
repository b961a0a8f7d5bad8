//! A message from a client, over UDP or TCP: `front/dns` and `front/fast`.

use std::cell::RefCell;

use tokio::runtime::Runtime;

use crate::front::dns::{Dns, Transport};
use crate::front::fast::parity::{check_response, check_same, fast, runtime, slow_over};
use crate::front::fixture::{self, LONG};
use crate::oracle::world::World;

/// The longest response over UDP, in octets.
const UDP_OCTETS_MAX: usize = 1232;

/// The names below a zone of the fixture at which there are addresses or texts; those of its name list come on top.
const LISTED: [&str; 5] = ["hot.de", LONG, "test", "2.0.0.127", "ns"];
const ORIGINS: [&str; 2] = ["bogusmx.local", "nx.bogusmx.example"];

/// Making a front takes ten times as long as a packet. It forgets now and then, so that runs do not depend on those long
/// before.
const RUNS_MAX: u32 = 1000;

struct Front {
    runtime: Runtime,
    dns: Dns<World>,
    runs: u32,
}

thread_local! {
    static FRONT: RefCell<Front> = RefCell::new(Front::new());
}

/// Every query is answered and nothing else is, on each way that it can come; what is listed is what the fixture's world
/// has in reserved space, and its test points.
pub fn run(octets: &[u8]) {
    FRONT.with_borrow_mut(|front| {
        front.runs += 1;
        if front.runs > RUNS_MAX {
            *front = Front::new();
        }
        front.check(octets);
    });
}

impl Front {
    fn new() -> Self {
        Self {
            runtime: runtime(),
            dns: fixture::dns(),
            runs: 0,
        }
    }

    fn check(&self, octets: &[u8]) {
        let (runtime, dns) = (&self.runtime, &self.dns);
        let is_query = octets.len() >= 12 && octets[2] & 0x80 == 0;
        // Over UDP the domain is looked up; from then on it is remembered.
        for transport in [Transport::Udp, Transport::Tcp] {
            let response = slow_over(transport, runtime, dns, octets);
            assert_eq!(response.is_some(), is_query, "{transport:?}");
            if let Some(response) = response {
                check_listed(octets, &response);
                assert!(transport == Transport::Tcp || response.len() <= UDP_OCTETS_MAX);
            }
        }
        if let Some(fast) = fast(runtime, dns, octets) {
            assert!(is_query, "an answer to a response");
            check_listed(octets, &fast);
            check_same(runtime, dns, octets, &fast);
        }
    }
}

fn check_listed(query: &[u8], response: &[u8]) {
    let Some(name) = check_response(query, response) else {
        return;
    };
    let mut at_each = ORIGINS
        .iter()
        .filter_map(|origin| name.strip_suffix(origin));
    let is_known = at_each.any(|name| {
        let name = name.trim_end_matches('.');
        LISTED.contains(&name) || format!(".{name}").ends_with(".named.de")
    });
    assert!(is_known, "{name} is listed");
}
