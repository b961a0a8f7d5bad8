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
pub(super) const SLOTS: usize = 48;

/// Room for the longest datagram; what no query ever reached stays untouched. It is no power of two:
/// with one, the beginnings of all queries would lie in the same few lines of the processor's caches.
const QUERY_OCTETS: usize = 65_536 + 5 * 64;

/// No reply is longer than what we say that we send over UDP.
const REPLY_OCTETS: usize = 1232;

/// Memory for one batch of queries and their replies.
pub(super) struct Batch {
    queries: Vec<u8>,
    replies: Vec<u8>,
    names: Vec<libc::sockaddr_in6>,
    controls: Vec<Control>,
    parts: Vec<libc::iovec>,
    headers: Vec<libc::mmsghdr>,
    /// Slots that the last [`Self::receive`] filled.
    received: usize,
    /// Slots of which the last batch made use.
    used: usize,
    /// Slots whose replies are to be sent, and the lengths of these.
    outgoing: ArrayVec<(usize, usize), SLOTS>,
}

/// What was received.
#[derive(Clone, Copy)]
pub(super) struct Queries<'b> {
    octets: &'b [u8],
    headers: &'b [libc::mmsghdr],
    names: &'b [libc::sockaddr_in6],
    controls: &'b [Control],
}

/// What is to be sent.
pub(super) struct Replies<'b> {
    octets: &'b mut [u8],
    outgoing: &'b mut ArrayVec<(usize, usize), SLOTS>,
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
        // SAFETY: all four are C structures of integers and pointers.
        let (names, controls, parts, headers) = unsafe { (zeroes(), zeroes(), zeroes(), zeroes()) };
        Self {
            queries: vec![0; SLOTS * QUERY_OCTETS],
            replies: vec![0; SLOTS * REPLY_OCTETS],
            names,
            controls,
            parts,
            headers,
            received: 0,
            used: SLOTS,
            outgoing: ArrayVec::new(),
        }
    }

    /// Takes all datagrams that are there, `SLOTS` at most; if there is none and it `may_wait`, waits for
    /// one.
    ///
    /// # Errors
    /// What the system says; a signal is none, nor is it that there is none.
    pub(super) fn receive(&mut self, socket: BorrowedFd<'_>, may_wait: bool) -> io::Result<()> {
        let queries = self.queries.chunks_exact_mut(QUERY_OCTETS);
        let slots = self.headers.iter_mut().zip(&mut self.parts).zip(queries);
        let ends = self.names.iter_mut().zip(&mut self.controls);
        // What the kernel and `send` have not touched still stands. Where the socket has one address
        // only, control messages are never touched.
        for (((header, part), query), (name, control)) in slots.zip(ends).take(self.used) {
            part.iov_base = query.as_mut_ptr().cast();
            part.iov_len = query.len();
            header.msg_hdr.msg_name = ptr::from_mut(name).cast();
            header.msg_hdr.msg_namelen = NAME_OCTETS;
            header.msg_hdr.msg_iov = part;
            header.msg_hdr.msg_iovlen = 1;
            header.msg_hdr.msg_control = ptr::from_mut(control).cast();
            header.msg_hdr.msg_controllen = size_of::<Control>();
        }
        let count = libc::c_uint::try_from(self.headers.len()).unwrap_or_default();
        let headers = self.headers.as_mut_ptr();
        let flags = if may_wait {
            libc::MSG_WAITFORONE
        } else {
            libc::MSG_DONTWAIT
        };
        // SAFETY: `count` headers begin at `headers`, all of them filled in above; see the head of
        // this file. The descriptor is open while it is borrowed.
        let received =
            unsafe { libc::recvmmsg(socket.as_raw_fd(), headers, count, flags, ptr::null_mut()) };
        if let Ok(received) = usize::try_from(received) {
            (self.received, self.used) = (received, received);
            return Ok(());
        }
        (self.received, self.used) = (0, SLOTS);
        match io::Error::last_os_error() {
            error if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            error if error.kind() == io::ErrorKind::WouldBlock && !may_wait => Ok(()),
            error => Err(error),
        }
    }

    /// What the last [`Self::receive`] took, and where to put what the next [`Self::send`] sends.
    pub(super) fn open(&mut self) -> (Queries<'_>, Replies<'_>) {
        let queries = Queries {
            octets: &self.queries,
            headers: self.headers.get(..self.received).unwrap_or_default(),
            names: &self.names,
            controls: &self.controls,
        };
        let replies = Replies {
            octets: &mut self.replies,
            outgoing: &mut self.outgoing,
        };
        (queries, replies)
    }

    /// Sends all replies. One that cannot be sent is left out.
    pub(super) fn send(&mut self, socket: BorrowedFd<'_>) {
        let mut count = 0;
        // A header is used again by a later slot's query at the latest, whose lengths are read
        // before they are overwritten: replies are in the order of their slots.
        for (index, length) in self.outgoing.drain(..) {
            let Some(received) = self.headers.get(index).map(|it| it.msg_hdr) else {
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
            header.msg_hdr.msg_namelen = received.msg_namelen;
            header.msg_hdr.msg_iov = part;
            header.msg_hdr.msg_iovlen = 1;
            header.msg_hdr.msg_controllen = match received.msg_controllen {
                0 => 0,
                _ => set_source(control),
            };
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

impl<'b> Queries<'b> {
    /// How many there are.
    pub(super) fn len(self) -> usize {
        self.headers.len()
    }

    /// The octets of one.
    pub(super) fn octets(self, index: usize) -> Option<&'b [u8]> {
        let length = usize::try_from(self.headers.get(index)?.msg_len).ok()?;
        self.octets.get(index * QUERY_OCTETS..)?.get(..length)
    }

    /// Who sent one.
    pub(super) fn client(self, index: usize) -> Option<SocketAddr> {
        client(self.names.get(index)?)
    }

    /// Who sent one, and to which address of ours.
    pub(super) fn ends(self, index: usize) -> Option<Ends> {
        Some(Ends {
            client: self.client(index)?,
            ours: match self.headers.get(index)?.msg_hdr.msg_controllen {
                0 => None,
                _ => ours(self.controls.get(index)?),
            },
        })
    }
}

impl Replies<'_> {
    /// Room for the reply to a query.
    pub(super) fn room(&mut self, index: usize) -> Option<&mut [u8]> {
        let start = index * REPLY_OCTETS;
        self.octets.get_mut(start..start + REPLY_OCTETS)
    }

    /// Has the first `length` octets of that room sent to where the query came from, and from where
    /// it came to. Queries have one reply each, in their order.
    pub(super) fn put(&mut self, index: usize, length: usize) {
        // There are as many places as slots.
        let _full = self.outgoing.try_push((index, length.min(REPLY_OCTETS)));
    }
}

/// Room for the longest kind of address that our sockets have.
const NAME_OCTETS: libc::socklen_t = 28;
const _: () = assert!(size_of::<libc::sockaddr_in6>() == 28);
const _: () = assert!(size_of::<libc::sockaddr_in>() <= 28);
const _: () = assert!(align_of::<libc::sockaddr_in>() <= align_of::<libc::sockaddr_in6>());

/// One structure a slot, all zeroes.
///
/// # Safety
/// Zeroes must be a value of the type, as they are of a C structure of integers and pointers.
unsafe fn zeroes<T: Copy>() -> Vec<T> {
    // SAFETY: so the caller says.
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
fn client(name: &libc::sockaddr_in6) -> Option<SocketAddr> {
    match libc::c_int::from(name.sin6_family) {
        libc::AF_INET => {
            // SAFETY: there is room for it, and it is aligned for it, as is checked above; the family
            // is at the same place in both, and says that it is this one.
            let v4 = unsafe { &*ptr::from_ref(name).cast::<libc::sockaddr_in>() };
            let ip = v4.sin_addr.s_addr.to_ne_bytes().into();
            Some(SocketAddrV4::new(ip, u16::from_be(v4.sin_port)).into())
        }
        libc::AF_INET6 => {
            let (ip, port) = (name.sin6_addr.s6_addr.into(), u16::from_be(name.sin6_port));
            Some(SocketAddrV6::new(ip, port, name.sin6_flowinfo, name.sin6_scope_id).into())
        }
        _ => None,
    }
}

/// The address of ours that a datagram came to, out of what the kernel told.
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

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;
    use std::os::fd::AsFd as _;
    use std::time::Duration;

    use super::*;
    use crate::front::datagram::tell_our_address;

    /// Which slots are answered.
    type Choice = fn(usize) -> bool;

    /// A server on all addresses, and clients that ask it at one of them each.
    fn crowd(bound: &str, asked: [&str; 3]) -> (UdpSocket, Vec<UdpSocket>) {
        let server = UdpSocket::bind((bound, 0)).unwrap();
        let bound = server.local_addr().unwrap();
        tell_our_address(&server, bound).unwrap();
        let client = |asked: &str| {
            let asked: IpAddr = asked.parse().unwrap();
            let client = UdpSocket::bind((asked, 0)).unwrap();
            client.connect((asked, bound.port())).unwrap();
            client
                .set_read_timeout(Some(Duration::from_secs(10)))
                .unwrap();
            client
        };
        (server, asked.map(client).into())
    }

    /// Receives what is there, and answers what is to be answered with as many octets as its number says.
    fn serve(batch: &mut Batch, server: &UdpSocket, is_answered: Choice) -> usize {
        batch.receive(server.as_fd(), true).unwrap();
        let (queries, mut replies) = batch.open();
        for index in (0..queries.len()).filter(|index| is_answered(*index)) {
            let query = queries.octets(index).unwrap();
            let length = usize::from(query[0]) + 1;
            replies.room(index).unwrap()[..length].fill(query[0]);
            replies.put(index, length);
        }
        let count = queries.len();
        batch.send(server.as_fd());
        count
    }

    /// Each client gets its own answers, from the address that it asked, whatever the batches hold.
    fn check(bound: &str, asked: [&str; 3]) {
        let (server, clients) = crowd(bound, asked);
        let mut batch = Batch::new();
        let rounds: [(usize, Choice); 3] = [
            (SLOTS + 12, |index| index % 2 == 1),
            (5, |_| true),
            (SLOTS, |index| index > 7),
        ];
        for (queries, is_answered) in rounds {
            let numbers = 0..u8::try_from(queries).unwrap();
            for number in numbers.clone() {
                let client = &clients[usize::from(number) % 3];
                // Queries have other lengths than answers.
                client
                    .send(&vec![number; 100 - usize::from(number)])
                    .unwrap();
            }
            let mut left = queries;
            while left > 0 {
                left -= serve(&mut batch, &server, is_answered);
            }
            for number in numbers {
                if is_answered(usize::from(number) % SLOTS) {
                    let mut answer = [0; 200];
                    let length = clients[usize::from(number) % 3].recv(&mut answer).unwrap();
                    assert_eq!(answer[..length], vec![number; usize::from(number) + 1]);
                }
            }
        }
    }

    #[test]
    fn every_client_gets_its_own_answers() {
        check("0.0.0.0", ["127.0.0.1", "127.0.0.7", "127.1.2.3"]);
        check("127.0.0.1", ["127.0.0.1"; 3]);
        check("::", ["::1"; 3]);
    }

    #[test]
    fn who_may_not_wait_finds_nothing_or_all_that_is_there() {
        let (server, clients) = crowd("0.0.0.0", ["127.0.0.1", "127.0.0.7", "127.1.2.3"]);
        let mut batch = Batch::new();
        for queries in [0, 1, SLOTS, 0] {
            for number in 0..u8::try_from(queries).unwrap() {
                clients[usize::from(number) % 3].send(&[number]).unwrap();
            }
            batch.receive(server.as_fd(), false).unwrap();
            let (received, _) = batch.open();
            assert_eq!(received.len(), queries);
            for index in 0..queries {
                let number = u8::try_from(index).unwrap();
                assert_eq!(received.octets(index), Some(&[number][..]));
                let client = clients[index % 3].local_addr().unwrap();
                assert_eq!(received.client(index), Some(client));
            }
        }
    }

    #[test]
    fn an_answer_that_cannot_be_sent_costs_no_other() {
        let (server, clients) = crowd("127.0.0.1", ["127.0.0.1"; 3]);
        let mut batch = Batch::new();
        clients.iter().zip(1..).for_each(|(client, number)| {
            client.send(&[number]).unwrap();
        });
        batch.receive(server.as_fd(), true).unwrap();
        // Nobody has port 0.
        batch.names[0].sin6_port = 0;
        let (queries, mut replies) = batch.open();
        assert_eq!(queries.len(), 3);
        for index in 0..3 {
            replies.put(index, 7);
        }
        batch.send(server.as_fd());
        for client in &clients[1..] {
            assert_eq!(client.recv(&mut [0; 9]).unwrap(), 7);
        }
    }
}
