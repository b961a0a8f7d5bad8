//! Many datagrams with one system call: recvmmsg(2) and sendmmsg(2), which no safe crate offers with
//! a control message for each datagram.
//!
//! # What makes it sound
//!
//! The kernel gets pointers to headers, and in these to queries, client addresses, control messages
//! and replies. All of that is memory of the batch, in vectors that are never resized while it lives,
//! and each pointer comes with the length of what is behind it. The kernel uses them during calls that
//! have `&mut self`, and nobody else does. All types are plain C structures, for which zeroes and
//! whatever else the kernel writes are values.
#![expect(
    unsafe_code,
    reason = "batches take a good part off what a query costs, see docs/performance.md"
)]

use std::io;
use std::net::{IpAddr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::{AsRawFd as _, BorrowedFd};
use std::{mem, ptr};

use arrayvec::ArrayVec;
use nix::libc;

use crate::front::datagram::Ends;

/// Datagrams taken at once.
pub(super) const SLOTS: usize = 64;

/// Room for the longest datagram; what no query ever reached stays untouched. It is no power of two:
/// with one, the beginnings of all queries would lie in the same few lines of the processor's caches.
const QUERY_OCTETS: usize = 65_536 + 5 * 64;

/// No reply is longer than what we say that we send over UDP.
const REPLY_OCTETS: usize = 1232;

/// Memory for one batch of queries and their replies.
pub(super) struct Batch {
    queries: Vec<u8>,
    replies: Vec<u8>,
    names: Vec<libc::sockaddr_storage>,
    controls: Vec<Control>,
    parts: Vec<libc::iovec>,
    headers: Vec<libc::mmsghdr>,
    /// Slots of which the last batch made use.
    used: usize,
    /// Slots whose replies are to be sent, and the lengths of these.
    outgoing: ArrayVec<(usize, usize), SLOTS>,
}

/// One query of the batch, and room for its reply.
pub(super) struct Slot<'b> {
    pub(super) query: &'b [u8],
    pub(super) client: SocketAddr,
    pub(super) reply: &'b mut [u8],
}

/// A control message that tells or sets our own address (ip(7), ipv6(7)).
#[repr(C)]
#[derive(Clone, Copy)]
struct Control {
    head: libc::cmsghdr,
    info: Info,
}

/// Which of them is told by the head. Both are integers only.
#[repr(C)]
#[derive(Clone, Copy)]
union Info {
    v4: libc::in_pktinfo,
    v6: libc::in6_pktinfo,
}

impl Batch {
    pub(super) fn new() -> Self {
        Self {
            queries: vec![0; SLOTS * QUERY_OCTETS],
            replies: vec![0; SLOTS * REPLY_OCTETS],
            names: zeroes(),
            controls: zeroes(),
            parts: zeroes(),
            headers: zeroes(),
            used: SLOTS,
            outgoing: ArrayVec::new(),
        }
    }

    /// Waits for a datagram, and takes all that are there, `SLOTS` at most: returns how many.
    ///
    /// # Errors
    /// What the system says; a signal is none.
    pub(super) fn receive(&mut self, socket: BorrowedFd<'_>) -> io::Result<usize> {
        let queries = self.queries.chunks_exact_mut(QUERY_OCTETS);
        let slots = self.headers.iter_mut().zip(&mut self.parts).zip(queries);
        let ends = self.names.iter_mut().zip(&mut self.controls);
        // What the kernel and `send` have not touched still stands.
        for (((header, part), query), (name, control)) in slots.zip(ends).take(self.used) {
            part.iov_base = query.as_mut_ptr().cast();
            part.iov_len = query.len();
            control.head.cmsg_type = 0;
            header.msg_hdr.msg_name = ptr::from_mut(name).cast();
            header.msg_hdr.msg_namelen = NAME_OCTETS;
            header.msg_hdr.msg_iov = part;
            header.msg_hdr.msg_iovlen = 1;
            header.msg_hdr.msg_control = ptr::from_mut(control).cast();
            header.msg_hdr.msg_controllen = size_of::<Control>();
        }
        let count = libc::c_uint::try_from(self.headers.len()).unwrap_or_default();
        let (headers, flags) = (self.headers.as_mut_ptr(), libc::MSG_WAITFORONE);
        // SAFETY: `count` headers begin at `headers`, all of them filled in above; see the head of
        // this file. The descriptor is open while it is borrowed.
        let received =
            unsafe { libc::recvmmsg(socket.as_raw_fd(), headers, count, flags, ptr::null_mut()) };
        let received = usize::try_from(received);
        self.used = received.unwrap_or(SLOTS);
        received.or_else(|_negative| match io::Error::last_os_error() {
            error if error.kind() == io::ErrorKind::Interrupted => Ok(0),
            error => Err(error),
        })
    }

    /// The query in a slot that the last [`Self::receive`] filled.
    pub(super) fn slot(&mut self, index: usize) -> Option<Slot<'_>> {
        let length = usize::try_from(self.headers.get(index)?.msg_len).ok()?;
        let reply = index * REPLY_OCTETS;
        Some(Slot {
            query: self.queries.get(index * QUERY_OCTETS..)?.get(..length)?,
            client: client(self.names.get(index)?)?,
            reply: self.replies.get_mut(reply..reply + REPLY_OCTETS)?,
        })
    }

    /// Who sent the query in a slot, and to which address of ours.
    pub(super) fn ends(&self, index: usize) -> Option<Ends> {
        Some(Ends {
            client: client(self.names.get(index)?)?,
            ours: ours(self.controls.get(index)?),
        })
    }

    /// Has the first `length` octets of a slot's reply sent with the next [`Self::send`], to where
    /// its query came from and from where it came to.
    pub(super) fn reply(&mut self, index: usize, length: usize) {
        // There are as many places as slots, and each has one reply.
        let _full = self.outgoing.try_push((index, length.min(REPLY_OCTETS)));
    }

    /// Sends all replies. One that cannot be sent is left out.
    pub(super) fn send(&mut self, socket: BorrowedFd<'_>) {
        let mut count = 0;
        // A header is used again by a later slot's query at the latest, whose lengths are read
        // before they are overwritten: replies are in the order of their slots.
        for (index, length) in self.outgoing.drain(..) {
            let Some(length_of_name) = self.headers.get(index).map(|it| it.msg_hdr.msg_namelen)
            else {
                continue;
            };
            let (Some(header), Some(part), Some(name), Some(control), Some(octets)) = (
                self.headers.get_mut(count),
                self.parts.get_mut(count),
                self.names.get_mut(index),
                self.controls.get_mut(index),
                self.replies
                    .get_mut(index * REPLY_OCTETS..)
                    .and_then(|it| it.get_mut(..length)),
            ) else {
                continue;
            };
            part.iov_base = octets.as_mut_ptr().cast();
            part.iov_len = octets.len();
            header.msg_hdr.msg_name = ptr::from_mut(name).cast();
            header.msg_hdr.msg_namelen = length_of_name;
            header.msg_hdr.msg_iov = part;
            header.msg_hdr.msg_iovlen = 1;
            header.msg_hdr.msg_controllen = set_source(control);
            header.msg_hdr.msg_control = ptr::from_mut(control).cast();
            header.msg_hdr.msg_flags = 0;
            count += 1;
        }
        let mut headers = self.headers.get_mut(..count).unwrap_or_default();
        while !headers.is_empty() {
            let done = send_some(socket, headers);
            headers = headers.get_mut(done..).unwrap_or_default();
        }
    }
}

const NAME_OCTETS: libc::socklen_t = 128;
const _: () = assert!(size_of::<libc::sockaddr_storage>() == 128);

/// One structure a slot, all zeroes.
fn zeroes<T: Copy>() -> Vec<T> {
    // SAFETY: used above for C structures of integers and pointers, which may be zero.
    vec![unsafe { mem::zeroed() }; SLOTS]
}

/// Sends messages, and says how many are done with.
fn send_some(socket: BorrowedFd<'_>, headers: &mut [libc::mmsghdr]) -> usize {
    let count = libc::c_uint::try_from(headers.len()).unwrap_or_default();
    // SAFETY: `count` headers begin there, all of them filled in by `Batch::send` from the same
    // `&mut self`; see the head of this file. The descriptor is open while it is borrowed.
    let sent = unsafe { libc::sendmmsg(socket.as_raw_fd(), headers.as_mut_ptr(), count, 0) };
    usize::try_from(sent).unwrap_or_else(|_negative| match io::Error::last_os_error() {
        error if error.kind() == io::ErrorKind::Interrupted => 0,
        error => {
            tracing::debug!(%error, "a UDP answer could not be sent");
            1
        }
    })
}

/// The address that the kernel wrote down.
fn client(name: &libc::sockaddr_storage) -> Option<SocketAddr> {
    match libc::c_int::from(name.ss_family) {
        libc::AF_INET => {
            // SAFETY: a sockaddr_storage is large and aligned enough for every address, and its
            // family says that it holds this one.
            let v4 = unsafe { &*ptr::from_ref(name).cast::<libc::sockaddr_in>() };
            let ip = v4.sin_addr.s_addr.to_ne_bytes().into();
            Some(SocketAddrV4::new(ip, u16::from_be(v4.sin_port)).into())
        }
        libc::AF_INET6 => {
            // SAFETY: as above.
            let v6 = unsafe { &*ptr::from_ref(name).cast::<libc::sockaddr_in6>() };
            let ip = v6.sin6_addr.s6_addr.into();
            let port = u16::from_be(v6.sin6_port);
            Some(SocketAddrV6::new(ip, port, v6.sin6_flowinfo, v6.sin6_scope_id).into())
        }
        _ => None,
    }
}

/// The address of ours that a datagram came to, if the kernel told.
fn ours(control: &Control) -> Option<IpAddr> {
    // SAFETY: both are integers only, so reading either of them is sound whatever is there.
    let (v4, v6) = unsafe { (control.info.v4, control.info.v6) };
    match (control.head.cmsg_level, control.head.cmsg_type) {
        (libc::IPPROTO_IP, libc::IP_PKTINFO) => {
            Some(IpAddr::from(v4.ipi_spec_dst.s_addr.to_ne_bytes()))
        }
        (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO) => Some(IpAddr::from(v6.ipi6_addr.s6_addr)),
        _ => None,
    }
}

/// Turns the message that told to which address of ours a datagram came into one that sets where
/// the reply comes from, and says how long it is. The way back is the routing table's business.
fn set_source(control: &mut Control) -> usize {
    let info = match (control.head.cmsg_level, control.head.cmsg_type) {
        (libc::IPPROTO_IP, libc::IP_PKTINFO) => {
            // Writing to a field of a union that is `Copy` is safe: nothing is dropped.
            control.info.v4.ipi_ifindex = 0;
            size_of::<libc::in_pktinfo>()
        }
        (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO) => {
            control.info.v6.ipi6_ifindex = 0;
            size_of::<libc::in6_pktinfo>()
        }
        _ => return 0,
    };
    control.head.cmsg_len = mem::offset_of!(Control, info) + info;
    // As CMSG_SPACE(3): up to where a next message would begin.
    control.head.cmsg_len.next_multiple_of(size_of::<usize>())
}
