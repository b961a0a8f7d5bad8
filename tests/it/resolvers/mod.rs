//! The list behind every resolver that a mail server may ask, each configured as its page of `docs/resolvers/` says.
//!
//! | file | what it tests, or gives |
//! | --- | --- |
//! | `listed` | verdicts come through with everything turned on that could hold them back |
//! | `exempt` | the lines on the pages that exempt the zone are needed |
//! | `zone_name` | zones with other names need these lines, or fewer |
//! | `slow` | domains that take the list long, what becomes of others meanwhile, and the lines about patience |
//! | `gone` | the list is stopped, or its host, and comes back |
//! | `pages` | everything on the pages is what the tests run |
//! | `place`, `asking` | where a resolver stands, and a mail server's way to ask it |
//! | `unbound`, `bind`, `powerdns`, `knot`, `dnsmasq`, `dnsdist`, `resolved` | how each is started |

mod asking;
mod bind;
mod dnsdist;
mod dnsmasq;
pub(crate) mod knot;
pub(crate) mod place;
pub(crate) mod powerdns;
pub(crate) mod resolved;
mod unbound;

mod exempt;
mod gone;
mod listed;
mod pages;
mod slow;
mod zone_name;
