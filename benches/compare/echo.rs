//! The floor that the kernel sets: a server that sends each query back, many with one system call.

use std::io::{IoSlice, IoSliceMut};
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd as _;

use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrIn, recvmmsg, sendmmsg};

use super::ground::Outcome;

/// As many as a burst may have; what dnsperf has on the way by default is not much more.
const BATCH: usize = 64;

/// The largest query.
const OCTETS: usize = 512;

/// The octet of a message that says whether it is a response, and the bit in it.
const FLAGS: usize = 2;
const RESPONSE: u8 = 0x80;

/// Serves until it is killed.
pub(crate) fn serve(address: SocketAddr) -> Outcome<()> {
    let socket = UdpSocket::bind(address)?;
    let fd = socket.as_raw_fd();
    let mut received = MultiHeaders::<SockaddrIn>::preallocate(BATCH, None);
    let mut sent = MultiHeaders::<SockaddrIn>::preallocate(BATCH, None);
    let mut packets = vec![[0; OCTETS]; BATCH];
    let mut sizes = Vec::with_capacity(BATCH);
    let mut clients = Vec::with_capacity(BATCH);
    loop {
        sizes.clear();
        clients.clear();
        {
            let mut slices: Vec<_> = packets
                .iter_mut()
                .map(|packet| [IoSliceMut::new(packet)])
                .collect();
            let flags = MsgFlags::MSG_WAITFORONE;
            match recvmmsg(fd, &mut received, &mut slices, flags, None) {
                Ok(messages) => {
                    for message in messages {
                        sizes.push(message.bytes);
                        clients.push(message.address);
                    }
                }
                Err(Errno::EINTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        for packet in packets.iter_mut().take(sizes.len()) {
            if let Some(octet) = packet.get_mut(FLAGS) {
                *octet |= RESPONSE;
            }
        }
        let answers = packets.iter().zip(&sizes);
        let slices: Vec<_> = answers
            .filter_map(|(packet, size)| Some([IoSlice::new(packet.get(..*size)?)]))
            .collect();
        // A client that has gone is nobody's concern.
        let result = sendmmsg(fd, &mut sent, &slices, &clients, [], MsgFlags::empty());
        if let Err(error) = result.map(drop)
            && error != Errno::ECONNREFUSED
        {
            return Err(error.into());
        }
    }
}
