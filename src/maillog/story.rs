//! What a log tells of one mail that could not be delivered, from the client that brought it to the bounce that left.

use std::net::IpAddr;

use jiff::Timestamp;

/// One mail, and what became of it; of one that bounced twice, for other recipients, each time. All text is fit for a
/// terminal: what is not printable has been escaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    /// The queue id.
    pub id: String,
    /// Who brought the mail in.
    pub origin: Origin,
    /// The envelope sender, empty for a bounce; none if the log does not say.
    pub sender: Option<String>,
    /// The recipients that it could not be delivered to, in the order of the log: those that the bounce is about, or those
    /// without any. None if there only is a bounce, since they were given up after they had been tried for long.
    pub failures: Vec<Failure>,
    /// The bounce that was made of it, if any.
    pub bounce: Option<Bounce>,
}

/// Something to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// A mail has failed for where its recipient's mail exchanger is. What becomes of it is told later.
    Failed(Story),
    /// A mail that failed is over, and so is its bounce.
    Over(Story),
}

/// Who brought a mail in, as far as the log tells.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Origin {
    /// A user who logged in, from a client.
    Account {
        /// The name of the user.
        name: String,
        /// The client, as `host[address]`.
        client: String,
    },
    /// A client that nobody has logged in from, as `host[address]`.
    Client(String),
    /// A program on the machine itself, without SMTP, by the user that ran it: `uid 33`, or a name.
    Local(String),
    /// The log does not say: it begins later, or too many mails were open at the time.
    Unknown,
}

/// One recipient that a mail did not reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// When it was said first; none if the line has no time.
    pub first_at: Option<Timestamp>,
    /// When it was said last.
    pub at: Option<Timestamp>,
    /// The address.
    pub recipient: String,
    /// Why.
    pub cause: Cause,
    /// The last that was said of it.
    pub status: Status,
    /// What the log says: `mail for hot.de loops back to myself`.
    pub text: String,
}

/// Why a recipient could not be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The mail server found itself at the other end: Postfix "loops back to myself", Exim "lowest numbered MX record
    /// points to local host" and "remote host address is the local host".
    Loop,
    /// It was sent, or tried to be sent, to an address where no mail server of others can be: loopback, say.
    Reserved(IpAddr),
    /// Perhaps: a private address that did not answer. It may as well be the own network.
    Private(IpAddr),
    /// Perhaps: Exim left hosts out for their reserved addresses (`ignore_target_hosts`), or there were none.
    NoHost,
    /// Something else; the domain's addresses have nothing to do with it.
    Other,
}

/// What a mail server says last of a recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Given up.
    Bounced,
    /// To be tried again.
    Deferred,
    /// Handed over: to a reserved address, that is to itself.
    Sent,
}

/// A non-delivery notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounce {
    /// Its own queue id.
    pub id: String,
    /// Whom it is for: the sender of the mail.
    pub recipient: Option<String>,
    /// What became of it.
    pub fate: Fate,
}

/// What became of a bounce.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The log ends before that.
    Unknown,
    /// It waits in the queue.
    Waiting,
    /// It left the house: backscatter, if the sender was forged.
    Left {
        /// When.
        at: Option<Timestamp>,
        /// The mail server that took it, as `host[address]`.
        relay: String,
    },
    /// It was handed to a machine of the own network, whose log tells the rest.
    Inside {
        /// When.
        at: Option<Timestamp>,
        /// That machine, as `host[address]`.
        relay: String,
    },
    /// It was delivered on the machine itself: the sender was one's own.
    Local,
    /// Nobody took it.
    Refused,
}

impl Failure {
    /// Whether the log alone proves it; else it counts only if the domain is listed.
    ///
    /// Mail that a reserved address took may have been sent there by the mail server's own configuration.
    pub fn is_certain(&self) -> bool {
        match self.cause {
            Cause::Loop => true,
            Cause::Reserved(_) => self.status != Status::Sent,
            Cause::Private(_) | Cause::NoHost | Cause::Other => false,
        }
    }
}

impl Story {
    /// When the bounce left the house.
    pub fn left(&self) -> Option<Option<Timestamp>> {
        match &self.bounce.as_ref()?.fate {
            Fate::Left { at, .. } => Some(*at),
            Fate::Unknown | Fate::Waiting | Fate::Inside { .. } | Fate::Local | Fate::Refused => {
                None
            }
        }
    }
}
