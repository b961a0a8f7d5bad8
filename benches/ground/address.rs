//! Loopback addresses that nobody else uses: of the 16 million in 127.0.0.0/8, each daemon gets one of its own.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use super::Outcome;

/// DNS and SMTP: the ports that the daemons listen on. Postfix and the C library know no other ones.
const PORTS: [u16; 2] = [53, 25];

/// How many addresses a process tries before it meets the next one's.
const PER_PROCESS: u32 = 64;

/// The addresses below 127.64.0.0 are left to others.
const LOWEST: u32 = u32::from_be_bytes([127, 64, 0, 0]);
const COUNT: u32 = u32::from_be_bytes([127, 255, 255, 0]) - LOWEST;

static TAKEN: AtomicU32 = AtomicU32::new(0);

/// An address with the wanted ports free.
pub(crate) fn loopback() -> Outcome<Ipv4Addr> {
    let start = process::id().wrapping_mul(PER_PROCESS);
    (0..PER_PROCESS)
        .map(|_| start.wrapping_add(TAKEN.fetch_add(1, Ordering::Relaxed)))
        .map(|number| Ipv4Addr::from(LOWEST + number % COUNT))
        .find(|address| PORTS.iter().all(|port| is_free(*address, *port)))
        .ok_or_else(|| "no address in 127.0.0.0/8 with ports 25 and 53 free: run it as root".into())
}

/// The same, with the port for DNS.
pub(crate) fn name_server() -> Outcome<SocketAddr> {
    Ok((loopback()?, 53).into())
}

fn is_free(address: Ipv4Addr, port: u16) -> bool {
    TcpListener::bind((address, port)).is_ok() && UdpSocket::bind((address, port)).is_ok()
}
