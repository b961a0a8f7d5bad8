//! An SMTP client that names recipients, one after the other, and sends no mail.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::ground::Outcome;

/// Longer than a mail server takes for a recipient whose look-ups fail.
const PATIENCE: Duration = Duration::from_secs(30);

/// Recipients of one mail, which is then forgotten.
const RECIPIENTS: u32 = 50;

/// One connection.
pub(crate) struct Session {
    stream: BufReader<TcpStream>,
    recipients: u32,
}

impl Session {
    /// Connects, and begins a mail.
    pub(crate) fn open(server: SocketAddr) -> Outcome<Self> {
        let stream = TcpStream::connect(server)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        let mut session = Self {
            stream: BufReader::new(stream),
            recipients: 0,
        };
        session.expect("", "220")?;
        session.expect("EHLO me\r\n", "250")?;
        session.begin()?;
        Ok(session)
    }

    /// Whether mail for somebody there is refused.
    pub(crate) fn refuses(&mut self, domain: &str) -> Outcome<bool> {
        if self.recipients == RECIPIENTS {
            self.expect("RSET\r\n", "250")?;
            self.begin()?;
        }
        self.recipients += 1;
        let reply = self.command(&format!("RCPT TO:<j@{domain}>\r\n"))?;
        match reply.get(..3) {
            Some("250") => Ok(false),
            Some("554") => Ok(true),
            _ => Err(format!("{domain}: {reply}").into()),
        }
    }

    fn begin(&mut self) -> Outcome<()> {
        self.recipients = 0;
        self.expect("MAIL FROM:<j@frd.mn>\r\n", "250")
    }

    fn expect(&mut self, command: &str, code: &str) -> Outcome<()> {
        let reply = self.command(command)?;
        if reply.starts_with(code) {
            Ok(())
        } else {
            Err(format!("{command}: {reply}").into())
        }
    }

    /// Sends a command, if there is one, and reads the reply, all lines of it; gives the last one.
    fn command(&mut self, command: &str) -> Outcome<String> {
        self.stream.get_mut().write_all(command.as_bytes())?;
        let mut line = String::new();
        loop {
            line.clear();
            if self.stream.read_line(&mut line)? == 0 {
                return Err(format!("{command}: the mail server hung up").into());
            }
            if line.as_bytes().get(3) != Some(&b'-') {
                return Ok(line);
            }
        }
    }
}
