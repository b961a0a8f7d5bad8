//! One socket that asks from any address in 127.0.0.0/8, all of which Linux takes for its own: to the daemon each is a
//! client.

use std::io::{IoSlice, IoSliceMut};
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::os::fd::AsRawFd as _;
use std::time::Duration;

use nix::cmsg_space;
use nix::errno::Errno;
use nix::libc::{in_addr, in_pktinfo};
use nix::sys::socket::sockopt::{RcvBufForce, ReceiveTimestampns};
use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, SockaddrIn, recvmsg, sendmsg, setsockopt,
};
use nix::sys::time::TimeSpec;

use super::super::ground::Outcome;

/// Answers that wait to be read, in octets: what is lost must have been lost by the daemon.
const QUEUE_OCTETS: usize = 16 << 20;

/// How long one waits for an answer before one looks at something else.
const PATIENCE: Duration = Duration::from_millis(50);

/// No answer over UDP is longer.
const ANSWER_OCTETS: usize = 1232;

/// The socket. Sending and receiving may go on at the same time.
pub(crate) struct Crowd {
    socket: UdpSocket,
    server: SocketAddrV4,
}

/// An answer, and when the kernel had it, since 1970: whoever reads it may come late.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) octets: Vec<u8>,
    pub(crate) at: Duration,
}

impl Crowd {
    pub(crate) fn open(server: SocketAddrV4) -> Outcome<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
        setsockopt(&socket, RcvBufForce, &QUEUE_OCTETS)?;
        setsockopt(&socket, ReceiveTimestampns, &true)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { socket, server })
    }

    /// Sends a query from an address.
    pub(crate) fn send(&self, from: Ipv4Addr, query: &[u8]) -> Outcome<()> {
        let address = |octets| in_addr {
            s_addr: u32::from_ne_bytes(octets),
        };
        let info = in_pktinfo {
            ipi_ifindex: 0,
            ipi_spec_dst: address(from.octets()),
            ipi_addr: address([0; 4]),
        };
        sendmsg(
            self.socket.as_raw_fd(),
            &[IoSlice::new(query)],
            &[ControlMessage::Ipv4PacketInfo(&info)],
            MsgFlags::empty(),
            Some(&SockaddrIn::from(self.server)),
        )?;
        Ok(())
    }

    /// The next answer; none if there is none for a while.
    pub(crate) fn receive(&self) -> Outcome<Option<Received>> {
        let mut octets = vec![0; ANSWER_OCTETS];
        let mut control = cmsg_space!(TimeSpec);
        let flags = MsgFlags::empty();
        let (length, at) = {
            let mut parts = [IoSliceMut::new(&mut octets)];
            let fd = self.socket.as_raw_fd();
            let message = match recvmsg::<()>(fd, &mut parts, Some(&mut control), flags) {
                Ok(message) => message,
                Err(Errno::EAGAIN | Errno::EINTR) => return Ok(None),
                Err(error) => return Err(error.into()),
            };
            let at = message.cmsgs()?.find_map(|control| {
                if let ControlMessageOwned::ScmTimestampns(time) = control {
                    Some(time)
                } else {
                    None
                }
            });
            (message.bytes, at)
        };
        octets.truncate(length);
        let at = at.ok_or("an answer without its time")?.into();
        Ok(Some(Received { octets, at }))
    }
}
