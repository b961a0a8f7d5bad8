//! Whether the daemon itself answers.

use std::net::SocketAddr;

use super::probe::{self, Answered};
use super::report::Finding;
use crate::front::dns::Transport;
use crate::front::dns::stub::{self, Kind, Question, Status};
use crate::verdict::Domain;

const CHECK: &str = "daemon";

/// Asks the daemon at `server` for the test point of the zone, over UDP and over TCP.
pub(super) async fn check(server: SocketAddr, origin: &Domain) -> Finding {
    let name = format!("test.{origin}");
    for transport in [Transport::Udp, Transport::Tcp] {
        let question = Question {
            transport,
            ..probe::plain(&name, Kind::A)
        };
        let answered = stub::ask(server, &question).await;
        if let Some(trouble) = trouble(server, origin, transport, &answered) {
            return trouble;
        }
    }
    let seen = format!("{server} answers for {origin}, over UDP and TCP");
    Finding::fine(CHECK, seen)
}

fn trouble(
    server: SocketAddr,
    origin: &Domain,
    transport: Transport,
    answered: &Answered,
) -> Option<Finding> {
    let over = match transport {
        Transport::Udp => "UDP",
        Transport::Tcp => "TCP",
    };
    let seen = format!("{server} over {over}: {}", probe::words(answered));
    let mend = match answered {
        Ok(reply) if !reply.addresses.is_empty() => return None,
        Ok(reply) if reply.status == Status::Refused => {
            format!("serve {origin} there ([[origin]] name), and let this host ask (allow_query)")
        }
        Ok(_) => format!(
            "is that bogusmx? Its zone file has the name 'test', which must be listed: dig @{} -p {} test.{origin}",
            server.ip(),
            server.port()
        ),
        Err(_) => {
            "start bogusmx (systemctl status bogusmx says why it is not there), or name where it \
                   answers: 'listen' in the configuration, --server here"
                .to_owned()
        }
    };
    Some(Finding::broken(CHECK, seen, mend))
}
