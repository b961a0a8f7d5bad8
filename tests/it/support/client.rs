//! A stub resolver: sends one query over UDP or TCP, or octets that are none, and hands out what comes back.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use super::answer::Answer;
use super::packet::Query;

/// Longer than any answer takes; a test that gets here has failed.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks over UDP and reads the answer.
pub(crate) fn over_udp(server: SocketAddr, query: &Query) -> Answer {
    let client = UdpClient::new(server);
    client.send(&query.bytes());
    client.answer(query)
}

/// Asks over a TCP connection of its own and reads the answer.
pub(crate) fn over_tcp(server: SocketAddr, query: &Query) -> Answer {
    let mut client = TcpClient::new(server);
    client.send(&query.bytes());
    client.answer(query)
}

/// One UDP socket, that hears only the daemon.
pub(crate) struct UdpClient {
    socket: UdpSocket,
}

impl UdpClient {
    pub(crate) fn new(server: SocketAddr) -> Self {
        let any: SocketAddr = match server {
            SocketAddr::V4(_) => (Ipv4Addr::LOCALHOST, 0).into(),
            SocketAddr::V6(_) => (Ipv6Addr::LOCALHOST, 0).into(),
        };
        Self::from(any.ip(), server)
    }

    /// From another address of this machine.
    pub(crate) fn from(client: IpAddr, server: SocketAddr) -> Self {
        let socket = UdpSocket::bind((client, 0)).expect("an address of this machine");
        socket.connect(server).expect("a way to the daemon");
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { socket }
    }

    pub(crate) fn send(&self, bytes: &[u8]) {
        self.socket.send(bytes).expect("loopback takes a datagram");
    }

    /// The next datagram.
    pub(crate) fn receive(&self) -> Vec<u8> {
        let mut buffer = vec![0; 65_535];
        let len = self
            .socket
            .recv(&mut buffer)
            .unwrap_or_else(|error| panic!("no answer over UDP: {error}"));
        buffer.truncate(len);
        buffer
    }

    /// The next datagram, which must be the answer to `query`.
    pub(crate) fn answer(&self, query: &Query) -> Answer {
        Answer::to(query, self.receive())
    }
}

/// One TCP connection.
pub(crate) struct TcpClient {
    stream: TcpStream,
}

impl TcpClient {
    pub(crate) fn new(server: SocketAddr) -> Self {
        Self::over(TcpStream::connect(server).expect("the daemon listens on TCP"))
    }

    /// From another address of this machine.
    pub(crate) fn from(client: IpAddr, server: SocketAddr) -> Self {
        let socket = Socket::new(Domain::for_address(server), Type::STREAM, None).unwrap();
        let bound = SocketAddr::new(client, 0).into();
        socket.bind(&bound).expect("an address of this machine");
        let connected = socket.connect(&server.into());
        connected.expect("the daemon listens on TCP");
        Self::over(socket.into())
    }

    fn over(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream }
    }

    /// From now on waits so long for each message.
    pub(crate) fn wait_up_to(&self, patience: Duration) {
        self.stream.set_read_timeout(Some(patience)).unwrap();
    }

    /// Sends a message with its length in front.
    pub(crate) fn send(&mut self, message: &[u8]) {
        let len = u16::try_from(message.len()).expect("a message has at most 65,535 octets");
        self.send_raw(&[&len.to_be_bytes(), message].concat());
    }

    /// Sends octets as they are. A daemon that has hung up already is no failure of the test's.
    pub(crate) fn send_raw(&mut self, bytes: &[u8]) {
        drop(self.stream.write_all(bytes));
    }

    /// Closes the sending half: the daemon sees the end of what we say, and can still answer.
    pub(crate) fn say_no_more(&self) {
        self.stream
            .shutdown(Shutdown::Write)
            .expect("an open connection");
    }

    /// The next message, or nothing when the daemon closed the connection.
    pub(crate) fn receive(&mut self) -> Option<Vec<u8>> {
        let mut len = [0; 2];
        if let Err(error) = self.stream.read_exact(&mut len) {
            assert_ne!(
                error.kind(),
                std::io::ErrorKind::WouldBlock,
                "neither an answer over TCP nor an end of the connection"
            );
            return None;
        }
        let mut message = vec![0; usize::from(u16::from_be_bytes(len))];
        self.stream
            .read_exact(&mut message)
            .expect("a whole message");
        Some(message)
    }

    /// The next message, which must be the answer to `query`.
    pub(crate) fn answer(&mut self, query: &Query) -> Answer {
        let raw = self
            .receive()
            .expect("an answer before the connection closes");
        Answer::to(query, raw)
    }
}
