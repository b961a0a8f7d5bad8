//! One datagram in or out, with the address of ours that it was sent to.
//!
//! On a wildcard listener an answer must leave from the address that was asked, or the client takes
//! it for somebody else's.

use std::io::{self, IoSlice, IoSliceMut};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd as _};

use nix::cmsg_space;
use nix::libc::{in_addr, in_pktinfo, in6_addr, in6_pktinfo};
use nix::sys::socket::sockopt::{Ipv4PacketInfo, Ipv6RecvPacketInfo};
use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, sendmsg, setsockopt,
};
use rustix::net::sockopt::{
    Ipv4PathMtuDiscovery, Ipv6PathMtuDiscovery, set_ip_mtu_discover, set_ipv6_mtu_discover,
};

/// A datagram's two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ends {
    /// Who sent it.
    pub(super) client: SocketAddr,
    /// The address of ours that it came to, where the socket has several.
    pub(super) ours: Option<IpAddr>,
}

/// Has the system say to which address of ours each datagram came, if the socket has several.
pub(super) fn tell_our_address(socket: &impl AsFd, bound: SocketAddr) -> io::Result<()> {
    match bound.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => setsockopt(socket, Ipv4PacketInfo, &true)?,
        IpAddr::V6(ip) if ip.is_unspecified() => setsockopt(socket, Ipv6RecvPacketInfo, &true)?,
        IpAddr::V4(_) | IpAddr::V6(_) => {}
    }
    Ok(())
}

/// Has datagrams sent whole or not at all, whatever anybody says about the path (RFC 9715, section
/// 3.1): fragments, and faked ICMP messages that ask for some, are ways to slip a forged answer in.
/// What we send is small enough for all but odd paths.
pub(super) fn forbid_fragments(socket: &impl AsFd, bound: SocketAddr) -> io::Result<()> {
    match bound {
        SocketAddr::V4(_) => set_ip_mtu_discover(socket, Ipv4PathMtuDiscovery::PROBE)?,
        SocketAddr::V6(_) => set_ipv6_mtu_discover(socket, Ipv6PathMtuDiscovery::PROBE)?,
    }
    Ok(())
}

/// Receives a datagram: its length and its ends. Where there is none, that is an error with `DONTWAIT`
/// among the flags, and is waited for without.
pub(super) fn receive(
    socket: &impl AsFd,
    buffer: &mut [u8],
    flags: MsgFlags,
) -> io::Result<(usize, Ends)> {
    let mut control = cmsg_space!(in_pktinfo, in6_pktinfo);
    let mut parts = [IoSliceMut::new(buffer)];
    let descriptor = socket.as_fd().as_raw_fd();
    let message = recvmsg::<SockaddrStorage>(descriptor, &mut parts, Some(&mut control), flags)?;
    let client = message.address.as_ref().and_then(socket_address);
    let client = client.ok_or_else(|| io::Error::other("a datagram from no address"))?;
    let ours = message.cmsgs()?.find_map(|control| {
        if let ControlMessageOwned::Ipv4PacketInfo(info) = control {
            Some(IpAddr::from(info.ipi_spec_dst.s_addr.to_ne_bytes()))
        } else if let ControlMessageOwned::Ipv6PacketInfo(info) = control {
            Some(IpAddr::from(info.ipi6_addr.s6_addr))
        } else {
            None
        }
    });
    Ok((message.bytes, Ends { client, ours }))
}

/// Sends a datagram back to where another one came from. Where there is no room for it, that is an error
/// with `DONTWAIT` among the flags, and is waited for without.
pub(super) fn reply(
    socket: &impl AsFd,
    octets: &[u8],
    ends: Ends,
    flags: MsgFlags,
) -> io::Result<usize> {
    let (v4, v6);
    let control = match ends.ours {
        None => None,
        // The way back is the routing table's business: no interface is named.
        Some(IpAddr::V4(ours)) => {
            v4 = in_pktinfo {
                ipi_ifindex: 0,
                ipi_spec_dst: in_addr {
                    s_addr: u32::from_ne_bytes(ours.octets()),
                },
                ipi_addr: in_addr { s_addr: 0 },
            };
            Some(ControlMessage::Ipv4PacketInfo(&v4))
        }
        Some(IpAddr::V6(ours)) => {
            v6 = in6_pktinfo {
                ipi6_addr: in6_addr {
                    s6_addr: ours.octets(),
                },
                ipi6_ifindex: 0,
            };
            Some(ControlMessage::Ipv6PacketInfo(&v6))
        }
    };
    let sent = sendmsg(
        socket.as_fd().as_raw_fd(),
        &[IoSlice::new(octets)],
        control.as_slice(),
        flags,
        Some(&SockaddrStorage::from(ends.client)),
    )?;
    Ok(sent)
}

fn socket_address(storage: &SockaddrStorage) -> Option<SocketAddr> {
    let v4 = storage
        .as_sockaddr_in()
        .map(|v4| SocketAddr::V4((*v4).into()));
    let v6 = || {
        storage
            .as_sockaddr_in6()
            .map(|v6| SocketAddr::V6((*v6).into()))
    };
    v4.or_else(v6)
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;
    use std::time::Duration;

    use rustix::net::sockopt::{ip_mtu_discover, ipv6_mtu_discover};

    use super::*;

    /// Asks a wildcard socket at one address of ours, and says where the answer comes from.
    fn check(bound: &str, asked: &str) {
        let server = UdpSocket::bind((bound, 0)).unwrap();
        let bound = server.local_addr().unwrap();
        tell_our_address(&server, bound).unwrap();
        let asked = SocketAddr::new(asked.parse().unwrap(), bound.port());
        let client = UdpSocket::bind((asked.ip(), 0)).unwrap();
        client
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        client.send_to(b"who", asked).unwrap();
        let mut buffer = [0; 16];
        let (length, ends) = receive(&server, &mut buffer, MsgFlags::empty()).unwrap();
        assert_eq!(
            (&buffer[..length], ends.ours),
            (&b"who"[..], Some(asked.ip()))
        );
        assert_eq!(ends.client, client.local_addr().unwrap());
        reply(&server, b"me", ends, MsgFlags::empty()).unwrap();
        assert_eq!(client.recv_from(&mut buffer).unwrap(), (2, asked));
    }

    #[test]
    fn the_answer_comes_from_the_address_that_was_asked() {
        check("0.0.0.0", "127.0.0.7");
        check("0.0.0.0", "127.0.0.1");
        check("::", "::1");
    }

    #[test]
    fn nothing_is_sent_in_fragments() {
        let bound = |address| UdpSocket::bind((address, 0)).unwrap();
        let (v4, v6) = (bound("127.0.0.1"), bound("::1"));
        for socket in [&v4, &v6] {
            forbid_fragments(socket, socket.local_addr().unwrap()).unwrap();
        }
        assert_eq!(ip_mtu_discover(&v4), Ok(Ipv4PathMtuDiscovery::PROBE));
        assert_eq!(ipv6_mtu_discover(&v6), Ok(Ipv6PathMtuDiscovery::PROBE));
    }
}
