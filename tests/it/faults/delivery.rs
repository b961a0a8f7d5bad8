//! Delivers the proxy's answers when their time has come, some of them as damaged on the way.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::net::{SocketAddr, SocketAddrV4, UdpSocket};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, Socket, Type};

use super::fault::Parcel;

/// Longer than a wait between two letters.
const LONG: Duration = Duration::from_secs(60);

/// A parcel with its address, and when it is due.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Letter {
    due: Instant,
    client: SocketAddr,
    parcel: Parcel,
}

/// Where the proxy puts letters.
pub(super) type Postbag = Sender<Letter>;

/// Delivers letters from a socket, until nobody can put more of them into its bag.
pub(super) struct Delivery {
    socket: Arc<UdpSocket>,
    raw: Socket,
    bag: Receiver<Letter>,
    waiting: BinaryHeap<Reverse<Letter>>,
}

impl Letter {
    pub(super) fn new(client: SocketAddr, parcel: Parcel) -> Self {
        Self {
            due: Instant::now() + parcel.after,
            client,
            parcel,
        }
    }
}

impl Ord for Letter {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.due.cmp(&other.due)
    }
}

impl PartialOrd for Letter {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Delivery {
    pub(super) fn new(socket: Arc<UdpSocket>) -> (Self, Postbag) {
        let (postbag, bag) = channel();
        let raw = raw(&socket).expect("a raw socket: run the tests as root");
        let delivery = Self {
            socket,
            raw,
            bag,
            waiting: BinaryHeap::new(),
        };
        (delivery, postbag)
    }

    pub(super) fn run(mut self) {
        loop {
            let now = Instant::now();
            while let Some(Reverse(letter)) = self.waiting.pop() {
                if letter.due > now {
                    self.waiting.push(Reverse(letter));
                    break;
                }
                self.deliver(&letter);
            }
            let pause = match self.waiting.peek() {
                Some(Reverse(next)) => next.due.saturating_duration_since(now),
                None => LONG,
            };
            match self.bag.recv_timeout(pause) {
                Ok(letter) => self.waiting.push(Reverse(letter)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Sends it. A client that has gone does not get it.
    fn deliver(&self, letter: &Letter) {
        let Letter { client, parcel, .. } = letter;
        let message = &parcel.message;
        match &parcel.summed {
            None => drop(self.socket.send_to(message, client)),
            Some(summed) => {
                let server = self.socket.local_addr().expect("a bound socket");
                let datagram = datagram(v4(server), v4(*client), message, summed);
                drop(
                    self.raw
                        .send_to(&datagram, &SocketAddr::new(client.ip(), 0).into()),
                );
            }
        }
    }
}

/// A socket that sends UDP datagrams whose header is ours, from the same address.
fn raw(socket: &UdpSocket) -> std::io::Result<Socket> {
    let raw = Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::UDP))?;
    raw.bind(&SocketAddr::new(socket.local_addr()?.ip(), 0).into())?;
    // It hears all that comes to that address, and nobody listens.
    raw.set_recv_buffer_size(1)?;
    Ok(raw)
}

fn v4(address: SocketAddr) -> SocketAddrV4 {
    match address {
        SocketAddr::V4(address) => address,
        SocketAddr::V6(address) => panic!("{address}: an IPv4 address is wanted"),
    }
}

/// A UDP datagram (RFC 768) with `message`, and the checksum of one with `summed`, which is as long.
pub(super) fn datagram(
    from: SocketAddrV4,
    to: SocketAddrV4,
    message: &[u8],
    summed: &[u8],
) -> Vec<u8> {
    let length = u16::try_from(8 + message.len()).expect("a datagram fits");
    let header = [from.port(), to.port(), length]
        .map(u16::to_be_bytes)
        .concat();
    let pseudo = [&from.ip().octets()[..], &to.ip().octets(), &[0, 17]].concat();
    let all = [&pseudo[..], &length.to_be_bytes(), &header, summed].concat();
    let checksum = checksum(&all).to_be_bytes();
    [&header[..], &checksum, message].concat()
}

/// The ones' complement of the ones' complement sum of all pairs of octets.
fn checksum(octets: &[u8]) -> u16 {
    let pair = |pair: &[u8]| u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0));
    let mut sum: u32 = octets.chunks(2).map(pair).sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    match u16::try_from(sum).map(|sum| !sum) {
        // 0 would say that there is none.
        Ok(0) | Err(_) => 0xffff,
        Ok(checksum) => checksum,
    }
}

#[test]
fn a_damaged_datagram_does_not_arrive_and_a_whole_one_does() {
    let bind = || UdpSocket::bind((std::net::Ipv4Addr::LOCALHOST, 0)).unwrap();
    let (server, client) = (Arc::new(bind()), bind());
    client.set_read_timeout(Some(LONG)).unwrap();
    let address = client.local_addr().unwrap();
    let (delivery, _postbag) = Delivery::new(server);
    for (message, summed) in [(b"damaged", b"changed"), (b"whole..", b"whole..")] {
        let parcel = Parcel {
            message: message.to_vec(),
            after: Duration::ZERO,
            summed: Some(summed.to_vec()),
        };
        delivery.deliver(&Letter::new(address, parcel));
    }
    let mut buffer = [0; 20];
    let length = client.recv(&mut buffer).unwrap();
    assert_eq!(&buffer[..length], b"whole..");
}
