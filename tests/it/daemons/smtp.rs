//! An SMTP client that asks a mail server about recipients, and sends no mail.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Longer than a mail server takes for a recipient whose look-ups fail: 10 s when no name server answers.
const PATIENCE: Duration = Duration::from_secs(30);

/// One connection, in the state after MAIL FROM.
pub(crate) struct Session {
    stream: BufReader<TcpStream>,
}

impl Session {
    /// Connects, and says what the seed's forger of senders says.
    pub(crate) fn open(server: SocketAddr) -> Self {
        Self::open_from(server, "j@frd.mn")
    }

    /// Connects, and sends as somebody else.
    pub(crate) fn open_from(server: SocketAddr, sender: &str) -> Self {
        let mut session = Self::greet(server);
        session.expect(&format!("MAIL FROM:<{sender}>"), "250");
        session
    }

    /// As `open`, after logging in with what AUTH PLAIN takes (RFC 4616).
    pub(crate) fn open_logged_in(server: SocketAddr, credentials: &str) -> Self {
        let mut session = Self::greet(server);
        session.expect(&format!("AUTH PLAIN {credentials}"), "235");
        session.expect("MAIL FROM:<j@frd.mn>", "250");
        session
    }

    fn greet(server: SocketAddr) -> Self {
        let stream = TcpStream::connect(server).expect("the mail server listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time");
        let mut session = Self {
            stream: BufReader::new(stream),
        };
        session.expect("", "220");
        session.expect("EHLO me", "250");
        session
    }

    /// The reply to one recipient, without the end of line.
    pub(crate) fn recipient(&mut self, address: &str) -> String {
        self.command(&format!("RCPT TO:<{address}>"))
    }

    /// Forgets the recipients and goes.
    pub(crate) fn close(mut self) {
        self.expect("RSET", "250");
        self.expect("QUIT", "221");
    }

    fn expect(&mut self, command: &str, code: &str) {
        let reply = self.command(command);
        assert!(reply.starts_with(code), "{command}: {reply}");
    }

    /// Sends a command, if there is one, and reads the reply, all lines of it.
    fn command(&mut self, command: &str) -> String {
        if !command.is_empty() {
            let line = format!("{command}\r\n");
            let sent = self.stream.get_mut().write_all(line.as_bytes());
            sent.expect("the mail server listens");
        }
        let mut reply = String::new();
        loop {
            let start = reply.len();
            let read = self.stream.read_line(&mut reply);
            read.unwrap_or_else(|error| panic!("no reply to {command:?}: {error}"));
            let line = &reply[start..];
            assert!(line.ends_with("\r\n"), "{command:?}: cut off: {reply:?}");
            if line.as_bytes().get(3) != Some(&b'-') {
                reply.truncate(reply.len() - 2);
                return reply;
            }
        }
    }
}
