//! A client that sends mail.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use super::mail::{Mail, Origin};

/// Longer than a mail server takes for a reply.
const PATIENCE: Duration = Duration::from_secs(30);

/// `shop`, `password` as AUTH PLAIN has them.
const CREDENTIALS: &str = "AHNob3AAcGFzc3dvcmQ=";

/// A client on the machine itself, in the words of both mail servers.
pub(super) const HERE: &str = "localhost[127.0.0.1]";

/// What stands before the queue id in the reply of Postfix, also where a filter passes that on, and in that of Exim.
const TAKEN: [&str; 2] = ["queued as ", "OK id="];

/// One connection.
pub(super) struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    /// Connects to a server on loopback from there.
    pub(super) fn connect(server: SocketAddr) -> Self {
        Self::connect_from(Ipv4Addr::LOCALHOST.into(), server)
    }

    /// Connects from an address of one's choice.
    pub(super) fn connect_from(address: IpAddr, server: SocketAddr) -> Self {
        let socket = Socket::new(Domain::for_address(server), Type::STREAM, None);
        let socket = socket.expect("a socket");
        let bound = socket.bind(&SocketAddr::new(address, 0).into());
        bound.expect("an address of this network");
        socket.connect(&server.into()).expect("a mail server");
        let stream = TcpStream::from(socket);
        stream.set_read_timeout(Some(PATIENCE)).expect("a time");
        let mut client = Self {
            stream: BufReader::new(stream),
        };
        assert!(client.reply().starts_with("220"));
        client.expect("EHLO me", "250");
        client
    }

    /// Logs in as `shop`.
    pub(super) fn log_in(mut self) -> Self {
        self.expect(&format!("AUTH PLAIN {CREDENTIALS}"), "235");
        self
    }

    /// Sends a mail. The mail server should know the client as that.
    pub(super) fn send(mut self, origin: Origin, sender: &str, recipients: &[&str]) -> Mail {
        self.expect(&format!("MAIL FROM:<{sender}>"), "250");
        for recipient in recipients {
            self.expect(&format!("RCPT TO:<{recipient}>"), "250");
        }
        self.expect("DATA", "354");
        let reply = self.say("Subject: Thursday\r\n\r\nSee you then.\r\n.");
        self.expect("QUIT", "221");
        let mut taken = TAKEN.iter().filter_map(|taken| reply.split_once(taken));
        let (_, id) = taken.next().unwrap_or_else(|| panic!("not taken: {reply}"));
        Mail::new(id.to_owned(), sender, origin)
    }

    /// Says this, to which the reply must be that.
    pub(super) fn expect(&mut self, command: &str, code: &str) {
        let reply = self.say(command);
        assert!(reply.starts_with(code), "{command}: {reply}");
    }

    /// Says this, and gives the last line of the reply.
    pub(super) fn say(&mut self, command: &str) -> String {
        let said = write!(self.stream.get_mut(), "{command}\r\n");
        said.unwrap_or_else(|error| panic!("{command}: {error}"));
        self.reply()
    }

    fn reply(&mut self) -> String {
        loop {
            let mut line = String::new();
            let read = self.stream.read_line(&mut line);
            read.unwrap_or_else(|error| panic!("no reply: {error}"));
            assert!(line.ends_with("\r\n"), "cut off: {line:?}");
            if line.as_bytes().get(3) != Some(&b'-') {
                return line.trim_end().to_owned();
            }
        }
    }
}
