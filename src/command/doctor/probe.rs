//! The questions that the doctor asks of name servers.

use std::net::SocketAddr;
use std::time::Duration;

use crate::front::dns::Transport;
use crate::front::dns::stub::{self, Kind, Question, Reply, Status, StubError};

/// As long as Postfix waits for one answer: twice the five seconds of the C library's resolver.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// An answer, or why there is none.
pub(super) type Answered = Result<Reply, StubError>;

/// A question as a mail server asks it.
pub(super) fn plain(name: &str, kind: Kind) -> Question<'_> {
    Question {
        name,
        kind,
        transport: Transport::Udp,
        recursion_desired: true,
        validation_asked: false,
        checking_disabled: false,
        deadline: PATIENCE,
    }
}

/// Asks for addresses, over UDP.
pub(super) async fn address(server: SocketAddr, name: &str) -> Answered {
    stub::ask(server, &plain(name, Kind::A)).await
}

/// Asks for texts, over UDP.
pub(super) async fn text(server: SocketAddr, name: &str) -> Answered {
    stub::ask(server, &plain(name, Kind::Txt)).await
}

/// As long as a server may take to say who it is, which not every one does.
const VERSION_PATIENCE: Duration = Duration::from_secs(2);

/// What a server says of its own version, if it says anything.
pub(super) async fn version(server: SocketAddr) -> Option<String> {
    let question = Question {
        deadline: VERSION_PATIENCE,
        ..plain("version.bind", Kind::Version)
    };
    let reply = stub::ask(server, &question).await.ok()?;
    reply.texts.into_iter().next()
}

/// An answer without addresses in words, for people who know DNS.
pub(super) fn words(answered: &Answered) -> String {
    let reply = match answered {
        Ok(reply) => reply,
        Err(error) => return error.to_string(),
    };
    let word = if reply.status == Status::NoError {
        "no records".to_owned()
    } else {
        reply.status.to_string()
    };
    match &reply.extended_error {
        Some((code, text)) if text.is_empty() => format!("{word} (extended error {code})"),
        Some((code, text)) => format!("{word} (extended error {code}: {text})"),
        None => word,
    }
}
