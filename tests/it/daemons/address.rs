//! Loopback addresses that nobody else uses: of the 16 million in 127.0.0.0/8, each daemon gets one of its own.

use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

/// DNS, and SMTP twice: the ports that the daemons listen on.
const PORTS: [u16; 3] = [53, 25, 26];

/// How many addresses a test process has before it meets the next one's.
const PER_PROCESS: u32 = 64;

/// The addresses below 127.64.0.0 are left to others.
const LOWEST: u32 = u32::from_be_bytes([127, 64, 0, 0]);
const COUNT: u32 = u32::from_be_bytes([127, 255, 255, 0]) - LOWEST;

static TAKEN: AtomicU32 = AtomicU32::new(0);

/// An address with the wanted ports free.
pub(crate) fn loopback() -> Ipv4Addr {
    (0..PER_PROCESS)
        .map(|_| next())
        .find(|address| PORTS.iter().all(|port| is_free(*address, *port)))
        .expect("an address in 127.0.0.0/8 with ports 25, 26 and 53 free: the tests run as root")
}

/// Process ids follow each other, so that processes which run at the same time get other addresses.
fn next() -> Ipv4Addr {
    let nth = TAKEN.fetch_add(1, Ordering::Relaxed);
    let offset = process::id().wrapping_mul(PER_PROCESS).wrapping_add(nth);
    Ipv4Addr::from(LOWEST + offset % COUNT)
}

fn is_free(address: Ipv4Addr, port: u16) -> bool {
    TcpListener::bind((address, port)).is_ok() && UdpSocket::bind((address, port)).is_ok()
}
