//! The mail servers of others, as threads: some take mail, some do not; and a filter that hands it back.

use std::io::{BufRead, BufReader, Read, Write};
use std::mem;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use super::client::Client;

/// What it says when it has a mail.
pub(super) const TAKEN: &str = "250 2.0.0 taken";

/// Where a filter hands mail back.
const BEHIND_FILTER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 10025);

/// A mail server.
pub(super) struct Server {
    name: &'static str,
    to_recipients: &'static str,
    /// Replies to a mail once for each recipient (RFC 2033).
    is_lmtp: bool,
    hands_back: bool,
    /// Wants to know where mail came from (Postfix's XFORWARD).
    wants_origin: bool,
}

/// A mail as it came in: the commands before DATA, and its text.
#[derive(Default)]
struct Letter {
    commands: Vec<String>,
    text: String,
}

impl Server {
    /// One that takes mail, and greets with this name.
    pub(super) fn taking(name: &'static str) -> Self {
        Self {
            name,
            to_recipients: "250 2.1.5 ok",
            is_lmtp: false,
            hands_back: false,
            wants_origin: false,
        }
    }

    /// One that says this to each recipient.
    pub(super) fn saying(name: &'static str, to_recipients: &'static str) -> Self {
        Self {
            to_recipients,
            ..Self::taking(name)
        }
    }

    /// A filter.
    pub(super) fn filter(wants_origin: bool) -> Self {
        Self {
            hands_back: true,
            wants_origin,
            ..Self::taking("filter")
        }
    }

    /// Listens from now on.
    pub(super) fn listen(self, address: impl Into<SocketAddr>) {
        let listener = TcpListener::bind(address.into()).expect("a network of one's own");
        let server = Arc::new(self);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = Arc::clone(&server);
                thread::spawn(move || server.serve(stream));
            }
        });
    }

    /// Listens for LMTP on a socket.
    pub(super) fn listen_for_lmtp(mut self, socket: &Path) {
        self.is_lmtp = true;
        let listener = UnixListener::bind(socket).expect("a folder of one's own");
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                self.serve(stream);
            }
        });
    }

    /// One session. A client that goes is let go.
    fn serve(&self, stream: impl Read + Write) {
        let mut stream = BufReader::new(stream);
        let mut letter = Letter::default();
        let mut reply = format!("220 {} ESMTP", self.name);
        loop {
            if write!(stream.get_mut(), "{reply}\r\n").is_err() {
                return;
            }
            let mut line = String::new();
            if !matches!(stream.read_line(&mut line), Ok(1..)) {
                return;
            }
            let command = line.trim_end();
            let verb = command.split(' ').next().unwrap_or_default();
            reply = match verb.to_ascii_uppercase().as_str() {
                "EHLO" | "LHLO" if self.wants_origin => {
                    format!(
                        "250-{}\r\n250 XFORWARD NAME ADDR PROTO HELO IDENT",
                        self.name
                    )
                }
                "EHLO" | "LHLO" => format!("250 {}", self.name),
                "XFORWARD" | "MAIL" => letter.with(command, TAKEN),
                "RCPT" => letter.with(command, self.to_recipients),
                "DATA" => {
                    if write!(stream.get_mut(), "354 go on\r\n").is_err() {
                        return;
                    }
                    letter.read_text(&mut stream);
                    self.taken(&mem::take(&mut letter))
                }
                _ => "250 ok".to_owned(),
            };
        }
    }

    fn taken(&self, letter: &Letter) -> String {
        let reply = match self.hands_back {
            true => format!("250 2.0.0 handed back: {}", letter.hand_back()),
            false => TAKEN.to_owned(),
        };
        let count = match self.is_lmtp {
            true => letter.recipients(),
            false => 1,
        };
        vec![reply; count].join("\r\n")
    }
}

impl Letter {
    fn with(&mut self, command: &str, reply: &str) -> String {
        self.commands.push(command.to_owned());
        reply.to_owned()
    }

    fn read_text(&mut self, stream: &mut impl BufRead) {
        while !self.text.ends_with("\r\n.\r\n")
            && matches!(stream.read_line(&mut self.text), Ok(1..))
        {}
    }

    fn recipients(&self) -> usize {
        let is_recipient = |command: &&String| command.starts_with("RCPT");
        self.commands.iter().filter(is_recipient).count()
    }

    /// Gives it back to the mail server, and says what that says.
    fn hand_back(&self) -> String {
        let mut client = Client::connect(BEHIND_FILTER);
        for command in &self.commands {
            client.expect(command, "250");
        }
        client.expect("DATA", "354");
        client.say(self.text.trim_end())
    }
}
