//! What a line says of a mail.

use std::net::IpAddr;

use super::story::Status;

/// One thing that happened to a mail, as the log has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// It came in.
    Arrived(Arrival<'a>),
    /// Its sender has been said, when it got into the queue or was taken out of it again.
    Sender(&'a [u8]),
    /// It was tried to be delivered to one recipient.
    Delivery(Delivery<'a>),
    /// A host that it was to be delivered to did not answer. For which recipient is not said.
    Unreachable {
        /// Its name.
        name: &'a [u8],
        /// Its address.
        address: IpAddr,
        /// Why, which is said of the recipient as well.
        text: &'a [u8],
    },
    /// A bounce was made of it, with a queue id of its own.
    Bounced(&'a [u8]),
    /// It has waited too long: all recipients that it still had are given up.
    Expired,
    /// It is gone from the queue.
    Removed,
}

/// How a mail came in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arrival<'a> {
    /// The name of the client.
    pub client: Option<&'a [u8]>,
    /// Its address, where the log has that apart from the name.
    pub address: Option<&'a [u8]>,
    /// The user who logged in.
    pub account: Option<&'a [u8]>,
    /// The user on the machine itself.
    pub user: Option<&'a [u8]>,
    /// The sender, if it is said at once.
    pub sender: Option<&'a [u8]>,
    /// The id that the mail had before it went through a filter.
    pub before: Option<&'a [u8]>,
    /// The mail that this is a bounce of.
    pub bounce_of: Option<&'a [u8]>,
}

/// A try to deliver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery<'a> {
    /// To whom.
    pub recipient: &'a [u8],
    /// Through which mail server.
    pub relay: Relay<'a>,
    /// How it ended.
    pub status: Status,
    /// What is said of that.
    pub text: &'a [u8],
}

/// The mail server that a mail is handed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relay<'a> {
    /// None: it did not come to that.
    None,
    /// On the machine itself.
    Local,
    /// Another one, over SMTP.
    Host {
        /// Its name.
        name: &'a [u8],
        /// Its address.
        address: IpAddr,
        /// Whether it is the port of mail servers, 25, with SMTP; else it is a filter or a mailbox.
        is_smtp: bool,
    },
}

/// A line that says something, but not all of it can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable(
    /// What is wrong.
    pub &'static str,
);

/// A mail and what happened to it; nothing, if the line is about something else.
pub type Said<'a> = Result<Option<(&'a [u8], Event<'a>)>, Unreadable>;
