//! A mail that was sent, and what must have become of it.

use super::log::Log;

/// A mail, as who sent it knows it.
#[derive(Clone, Debug)]
pub(super) struct Mail {
    pub(super) id: String,
    pub(super) sender: String,
    pub(super) origin: Origin,
    pub(super) lost: Vec<Lost>,
    pub(super) bounce: Option<Fate>,
}

/// Who brought it in.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    /// `host[address]`
    Client(&'static str),
    Account {
        name: &'static str,
        client: &'static str,
    },
    /// The user, in the log's words.
    Local(String),
}

/// A recipient that it did not reach, or where nobody should be.
#[derive(Clone, Debug)]
pub(super) struct Lost {
    pub(super) recipient: &'static str,
    pub(super) cause: Cause,
    pub(super) status: Status,
}

/// Why it did not, in the report's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    Loop,
    Reserved,
    Private,
    NoHost,
    /// It has nothing to do with reserved addresses.
    Other,
}

/// What was said of a recipient last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Bounced,
    Deferred,
    Sent,
}

/// What became of a bounce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Taken by this mail server: `host[address]`.
    Left(&'static str),
    /// Taken by this one, of the own network.
    Inside(&'static str),
    Local,
    Refused,
    /// Not taken, because it loops as the mail did: so it is found as well.
    Loops,
    Waiting,
}

impl Mail {
    /// One that all its recipients get.
    pub(super) fn new(id: String, sender: &str, origin: Origin) -> Self {
        Self {
            id,
            sender: sender.to_owned(),
            origin,
            lost: Vec::new(),
            bounce: None,
        }
    }

    /// One that this recipient does not get.
    pub(super) fn loses(mut self, recipient: &'static str, cause: Cause, status: Status) -> Self {
        self.lost.push(Lost {
            recipient,
            cause,
            status,
        });
        self
    }

    /// One that loops, and is given up at once.
    pub(super) fn loops(self, recipient: &'static str) -> Self {
        self.loses(recipient, Cause::Loop, Status::Bounced)
    }

    /// One of which a bounce is made.
    pub(super) fn bounces(mut self, fate: Fate) -> Self {
        self.bounce = Some(fate);
        self
    }

    /// Its bounce, if that loops: it comes from the same client, for whom the sender was.
    pub(super) fn looping_bounce(&self, log: &Log) -> Option<Self> {
        self.bounce.filter(|fate| *fate == Fate::Loops)?;
        let id = log.bounce_of(&self.id).expect("a bounce").to_owned();
        let bounce = Self::new(id, "", self.origin.clone());
        Some(bounce.loops(self.sender.clone().leak()))
    }

    /// Whether the log says all that it will say of it.
    pub(super) fn is_over(&self, log: &Log) -> bool {
        let is_tried = |lost: &Lost| log.says_tried(&self.id, lost.recipient);
        let is_told = self.lost.iter().all(is_tried);
        let waits = |lost: &Lost| lost.status == Status::Deferred;
        let is_gone = self.lost.iter().any(waits) || log.says_gone(&self.id);
        is_told
            && is_gone
            && self
                .bounce
                .is_none_or(|fate| self.bounce_is_over(log, fate))
    }

    fn bounce_is_over(&self, log: &Log, fate: Fate) -> bool {
        let is_over = |id: &str| match fate {
            Fate::Waiting => log.says_tried(id, &self.sender),
            Fate::Left(_) | Fate::Inside(_) | Fate::Local | Fate::Refused | Fate::Loops => {
                log.says_gone(id)
            }
        };
        log.bounce_of(&self.id).is_some_and(is_over)
    }
}

impl Lost {
    /// As it is looked up.
    pub(super) fn domain(&self) -> String {
        let domain = self.recipient.rsplit_once('@').map(|(_, domain)| domain);
        domain.expect("an address").to_ascii_lowercase()
    }
}
