//! What the operator says, whatever the DNS says: of domains, of MX hosts, and of addresses that are
//! the operator's own.

mod names;

use std::net::IpAddr;

use ipnet::IpNet;

pub use names::{Fault, NameList, NamesError, Say};

use super::domain::DomainRef;
use super::evidence::Host;
use super::table::{Action, Hit, Table};

/// The text of a domain that is listed by name.
pub const DOMAIN_TEXT: &str = "Domain listed by local policy";

/// The text of a domain whose MX host is listed by name.
pub const HOST_TEXT: &str = "Domain MX listed by local policy";

/// The text of a domain whose mail would come to ourselves.
pub const OWN_TEXT: &str = "Domain MX points back to this mail system";

/// The name under which the own networks are reported: that of their key in the configuration.
const OWN_SOURCE: &str = "self";

/// The operator's own say.
#[derive(Debug)]
pub struct Local {
    /// Mail domains.
    pub domains: NameList,
    /// MX hosts.
    pub hosts: NameList,
    /// Addresses that are the operator's own, as rows of a table.
    own: Table,
}

impl Local {
    /// Puts the lists together with the networks of the operator's own addresses.
    #[must_use]
    pub fn new(domains: NameList, hosts: NameList, own: &[IpNet]) -> Self {
        let rows = own.iter().map(|network| {
            let action = Action::List {
                code: super::table::CODE_DEFAULT,
                text: OWN_TEXT.into(),
            };
            (*network, action)
        });
        Self {
            domains,
            hosts,
            own: Table::of_networks(rows, OWN_SOURCE),
        }
    }

    /// What is said of an MX host by its name.
    #[must_use]
    pub fn host(&self, host: Host<'_>) -> Option<&Say> {
        let name = DomainRef::from_normal(host.name().as_bytes());
        self.hosts.find(name)
    }

    /// Says whether the address is one of the operator's own.
    #[must_use]
    pub fn own(&self, address: IpAddr) -> Option<Hit<'_>> {
        match self.own.rows() {
            [] => None,
            _ => self.own.judge(address),
        }
    }
}

impl Default for Local {
    /// Says nothing.
    fn default() -> Self {
        Self::new(NameList::default(), NameList::default(), &[])
    }
}
