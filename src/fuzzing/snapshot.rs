//! A snapshot of what is remembered: `oracle/snapshot`, and the compact form of evidence in it.

use std::io::Cursor;
use std::sync::Arc;

use crc32fast::Hasher;
use tokio::runtime::Runtime;

use crate::front::answer::{A, TXT};
use crate::front::dns::Dns;
use crate::front::fast::parity::{check_same, fast, runtime, slow};
use crate::front::fixture::{self, SCRIPT, packet};
use crate::front::zone::Zone;
use crate::oracle::Oracle;
use crate::oracle::world::World;
use crate::verdict::evidence::octets::put_number;

const FIRST_LINE: &[u8] = b"bogusmx memory 2 stated\n";
const NAME: &str = "hot.de";
const ORIGINS: [&str; 2] = ["bogusmx.local", "nx.bogusmx.example"];

thread_local! {
    static ZONES: Arc<[Zone]> = fixture::zones().into();
}

/// The octets are read as a snapshot, as the entries of one, and as the evidence on one domain that has just been
/// collected, the checksums being right. What cannot be read leaves nothing behind; what can be is written and read
/// again, and both paths say the same of it.
pub fn run(octets: &[u8]) {
    let runtime = runtime();
    for snapshot in [
        octets.to_vec(),
        framed(octets),
        of_evidence(&runtime, octets),
    ] {
        check(&runtime, &snapshot);
    }
}

fn check(runtime: &Runtime, snapshot: &[u8]) {
    let (dns, oracle) = remembering(runtime);
    if oracle.load(Cursor::new(snapshot)).is_err() {
        assert_eq!(oracle.remembered(), 0);
        return;
    }
    let mut saved = Vec::new();
    let count = oracle.save(&mut saved).unwrap();
    assert_eq!(count, oracle.remembered());
    let (_, again) = remembering(runtime);
    assert_eq!(again.load(Cursor::new(saved)).unwrap(), count);
    assert_eq!(again.remembered(), count);
    for origin in ORIGINS {
        for qtype in [A, TXT] {
            let packet = packet(NAME, origin, qtype, 0, &[]);
            if let Some(fast) = fast(runtime, &dns, &packet) {
                check_same(runtime, &dns, &packet, &fast);
            }
            assert!(slow(runtime, &dns, &packet).is_some());
        }
    }
}

fn remembering(runtime: &Runtime) -> (Dns<World>, Arc<Oracle<World>>) {
    let _entered = runtime.enter();
    ZONES.with(|zones| fixture::serve(Arc::clone(zones), SCRIPT))
}

/// A snapshot of one frame with these octets in it, and the one that ends it.
fn framed(payload: &[u8]) -> Vec<u8> {
    let (mut snapshot, mut checksum) = (FIRST_LINE.to_vec(), Hasher::new());
    let frames = [payload, &[]].into_iter();
    for frame in frames.skip(usize::from(payload.is_empty())) {
        let length = u32::try_from(frame.len()).unwrap().to_be_bytes();
        checksum.update(&length);
        checksum.update(frame);
        snapshot.extend(length);
        snapshot.extend(checksum.clone().finalize().to_be_bytes());
        snapshot.extend(frame);
    }
    snapshot
}

/// A snapshot of one domain, with these octets as evidence that was collected a moment ago.
fn of_evidence(runtime: &Runtime, evidence: &[u8]) -> Vec<u8> {
    let now = remembering(runtime).1.clock().now();
    let mut findings = now.unix_ms.to_be_bytes().to_vec();
    put_counted(&mut findings, evidence);
    // No collection before it has failed.
    let mut entry = vec![0];
    put_counted(&mut entry, NAME.as_bytes());
    put_counted(&mut entry, &findings);
    framed(&entry)
}

fn put_counted(octets: &mut Vec<u8>, counted: &[u8]) {
    put_number(octets, u64::try_from(counted.len()).unwrap());
    octets.extend(counted);
}
