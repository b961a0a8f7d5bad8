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
        .map(|_| Ipv4Addr::from(LOWEST + next_number() % COUNT))
        .find(|address| PORTS.iter().all(|port| is_free(*address, *port)))
        .expect("an address in 127.0.0.0/8 with ports 25, 26 and 53 free: the tests run as root")
}

/// A port of 127.0.0.1 that is free, for who listens on addresses of interfaces only. Ports of clients are higher.
pub(crate) fn port() -> u16 {
    const LOWEST: u32 = 10_000;
    const COUNT: u32 = 20_000;
    let candidates = (0..PER_PROCESS).map(|_| next_number() % COUNT + LOWEST);
    let mut ports = candidates.filter_map(|port| u16::try_from(port).ok());
    ports
        .find(|port| is_free(Ipv4Addr::LOCALHOST, *port))
        .expect("a free port")
}

/// Process ids follow each other, so that processes which run at the same time get other addresses.
fn next_number() -> u32 {
    let nth = TAKEN.fetch_add(1, Ordering::Relaxed);
    process::id().wrapping_mul(PER_PROCESS).wrapping_add(nth)
}

fn is_free(address: Ipv4Addr, port: u16) -> bool {
    TcpListener::bind((address, port)).is_ok() && UdpSocket::bind((address, port)).is_ok()
}
