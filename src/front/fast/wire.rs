//! The plainest queries, and answers to them: read in place, written in place.
//!
//! What is not as plain as nearly all queries are is not read here, and hickory sees to it: so this
//! needs no names with pointers, no other opcodes, classes and EDNS versions, and no errors. What it
//! reads it answers as `front/dns/encode` does, which a test checks.

use crate::front::answer::{Answer, Rcode, SOA, Trouble};
use crate::front::authority::Question;
use crate::front::cookie::{COOKIE, Presented, Returned};
use crate::front::dns::encode::{EDNS_PAYLOAD_OCTETS, EXTENDED_ERROR, PLAIN_PAYLOAD_OCTETS};

/// The length of a message's header (RFC 1035, section 4.1.1).
const HEADER_OCTETS: usize = 12;

const LABEL_OCTETS_MAX: u8 = 63;
/// With the length octets and the root (RFC 1035, section 2.3.4).
const NAME_OCTETS_MAX: usize = 255;

/// The class of the Internet (RFC 1035, section 3.2.4).
const IN: u16 = 1;
/// The type of the EDNS record (RFC 6891, section 6.1.1).
const OPT: u16 = 41;

/// Bits of the header's flags (RFC 1035, section 4.1.1; RFC 4035, section 3.2).
mod flag {
    pub(super) const RESPONSE: u16 = 1 << 15;
    pub(super) const AUTHORITATIVE: u16 = 1 << 10;
    pub(super) const TRUNCATED: u16 = 1 << 9;
    pub(super) const RECURSION_DESIRED: u16 = 1 << 8;
    pub(super) const AUTHENTIC: u16 = 1 << 5;
    pub(super) const CHECKING_DISABLED: u16 = 1 << 4;
}

/// The option that tells whom a resolver asks for (RFC 7871, section 6).
pub(super) const CLIENT_SUBNET: u16 = 8;

/// The DNSSEC OK bit in an EDNS record's TTL field (RFC 3225, section 3).
const DNSSEC_OK: u32 = 1 << 15;

/// A pointer to the query name, which stands behind the header (RFC 1035, section 4.1.4).
const NAME_POINTER: usize = 0xc000 | HEADER_OCTETS;

/// A query with one question of class IN, and perhaps EDNS.
#[derive(Debug)]
pub(super) struct Query<'p> {
    id: [u8; 2],
    flags: u16,
    /// The question, as it came.
    asked: &'p [u8],
    /// The name in it.
    name: &'p [u8],
    qtype: u16,
    edns: Option<Edns>,
}

#[derive(Clone, Copy, Debug)]
struct Edns {
    payload: u16,
    dnssec_ok: bool,
    cookie: Option<Presented>,
}

/// Reads a query; none if it is not a plain one.
#[inline(always)]
pub(super) fn read(packet: &[u8]) -> Option<Query<'_>> {
    let (header, body) = packet.split_first_chunk::<HEADER_OCTETS>()?;
    let [id @ .., _, _, _, _, _, _, _, _, _, _] = *header;
    let [_, _, flags_high, flags_low, counts @ ..] = *header;
    let flags = u16::from_be_bytes([flags_high, flags_low]);
    let known = flag::RECURSION_DESIRED | flag::AUTHENTIC | flag::CHECKING_DISABLED;
    let (has_edns, is_plain) = match counts {
        [0, 1, 0, 0, 0, 0, 0, 0] => (false, true),
        [0, 1, 0, 0, 0, 0, 0, 1] => (true, true),
        _ => (false, false),
    };
    if !is_plain || flags & !known != 0 {
        return None;
    }
    let mut rest = body;
    let name = name(&mut rest)?;
    let qtype = number(&mut rest)?;
    let class = number(&mut rest)?;
    let asked = body.get(..body.len() - rest.len())?;
    let edns = if has_edns {
        Some(edns(&mut rest)?)
    } else {
        None
    };
    let is_whole = rest.is_empty() && class == IN;
    is_whole.then_some(Query {
        id,
        flags,
        asked,
        name,
        qtype,
        edns,
    })
}

/// Takes a name without pointers.
fn name<'p>(rest: &mut &'p [u8]) -> Option<&'p [u8]> {
    let start = *rest;
    loop {
        let (length, after) = rest.split_first()?;
        if *length > LABEL_OCTETS_MAX {
            return None;
        }
        *rest = after.get((*length).into()..)?;
        if *length == 0 {
            let name = start.get(..start.len() - rest.len())?;
            return (name.len() <= NAME_OCTETS_MAX).then_some(name);
        }
    }
}

/// Takes an EDNS record of version 0 with plain options.
fn edns(rest: &mut &[u8]) -> Option<Edns> {
    let (root, after) = rest.split_first()?;
    *rest = after;
    let is_opt = *root == 0 && number(rest)? == OPT;
    let payload = number(rest)?;
    let (ttl, after) = rest.split_first_chunk::<4>()?;
    *rest = after;
    let [_extended_rcode, version, ..] = *ttl;
    let length = number(rest)?;
    let (options, after) = rest.split_at_checked(length.into())?;
    *rest = after;
    let is_known = is_opt && version == 0;
    let cookie = cookie(options)?;
    is_known.then_some(Edns {
        payload,
        dnssec_ok: u32::from_be_bytes(*ttl) & DNSSEC_OK != 0,
        cookie,
    })
}

/// The first cookie among options, each behind its code and length (RFC 6891, section 6.1.2); none if
/// they are not plain: a cookie is malformed, or one has a form that must be checked, though we make no
/// use of it (RFC 7871, section 7.1.1).
fn cookie(mut octets: &[u8]) -> Option<Option<Presented>> {
    let mut cookie = None;
    while let Some((head, rest)) = octets.split_first_chunk::<4>() {
        let [code @ .., high, low] = *head;
        let length = u16::from_be_bytes([high, low]);
        let (data, after) = rest.split_at_checked(length.into())?;
        match u16::from_be_bytes(code) {
            CLIENT_SUBNET => return None,
            COOKIE if cookie.is_none() => cookie = Some(Presented::read(data).ok()?),
            _ => {}
        }
        octets = after;
    }
    octets.is_empty().then_some(cookie)
}

fn number(rest: &mut &[u8]) -> Option<u16> {
    let (octets, after) = rest.split_first_chunk::<2>()?;
    *rest = after;
    Some(u16::from_be_bytes(*octets))
}

impl Query<'_> {
    /// What is asked.
    pub(super) fn question(&self) -> Question<'_> {
        Question {
            name: self.name,
            qtype: self.qtype,
        }
    }

    /// The cookie that came with it.
    pub(super) fn cookie(&self) -> Option<Presented> {
        self.edns?.cookie
    }

    /// Writes the response, and says how long it is; one that is longer than the client takes goes
    /// without records and with TC set.
    pub(super) fn write(
        &self,
        answer: &Answer<'_>,
        cookie: Option<&Returned>,
        octets: &mut [u8],
    ) -> Option<usize> {
        let payload = match self.edns {
            Some(edns) => edns
                .payload
                .clamp(PLAIN_PAYLOAD_OCTETS, EDNS_PAYLOAD_OCTETS),
            None => PLAIN_PAYLOAD_OCTETS,
        };
        let octets = octets.get_mut(..payload.into())?;
        self.write_whole(answer, cookie, octets)
            .or_else(|| self.write_whole(&answer.truncated(), cookie, octets))
    }

    fn write_whole(
        &self,
        answer: &Answer<'_>,
        cookie: Option<&Returned>,
        octets: &mut [u8],
    ) -> Option<usize> {
        let mut out = Out { octets, length: 0 };
        let copied = self.flags & (flag::RECURSION_DESIRED | flag::CHECKING_DISABLED);
        let set = |is_set, flag| if is_set { flag } else { 0 };
        let own = set(answer.is_authoritative, flag::AUTHORITATIVE)
            | set(answer.is_truncated, flag::TRUNCATED);
        out.put(&self.id)?;
        out.number(flag::RESPONSE | own | copied | code(answer.rcode)?)?;
        out.number(1)?;
        out.count(answer.records.len())?;
        out.count(answer.soa.iter().count())?;
        out.count(self.edns.iter().count())?;
        out.put(self.asked)?;
        for record in &answer.records {
            out.head(NAME_POINTER, record.rtype, record.ttl)?;
            out.behind_length(|out| {
                let mut fits = Some(());
                record
                    .data
                    .put(|piece| fits = fits.and_then(|()| out.put(piece)));
                fits
            })?;
        }
        if let Some(soa) = &answer.soa {
            // The origin is the end of the query name: its labels, a length more, and the root.
            let above = self.name.len().checked_sub(soa.origin.as_str().len() + 2)?;
            out.head(NAME_POINTER + above, SOA, soa.ttl)?;
            out.behind_length(|out| {
                out.put(soa.stem)?;
                out.put(&soa.ttl.to_be_bytes())
            })?;
        }
        if let Some(edns) = self.edns {
            out.put(&[0])?;
            out.number(OPT)?;
            out.number(EDNS_PAYLOAD_OCTETS)?;
            let flags = if edns.dnssec_ok { DNSSEC_OK } else { 0 };
            out.put(&flags.to_be_bytes())?;
            out.behind_length(|out| {
                cookie.map_or(Some(()), |cookie| out.cookie(cookie))?;
                let trouble = answer.trouble.as_ref();
                trouble.map_or(Some(()), |trouble| out.trouble(trouble))
            })?;
        }
        Some(out.length)
    }
}

/// The octets of a response, filled from the front.
struct Out<'o> {
    octets: &'o mut [u8],
    length: usize,
}

impl Out<'_> {
    fn put(&mut self, piece: &[u8]) -> Option<()> {
        let end = self.length.checked_add(piece.len())?;
        self.octets
            .get_mut(self.length..end)?
            .copy_from_slice(piece);
        self.length = end;
        Some(())
    }

    fn number(&mut self, number: u16) -> Option<()> {
        self.put(&number.to_be_bytes())
    }

    fn count(&mut self, count: usize) -> Option<()> {
        self.number(u16::try_from(count).ok()?)
    }

    /// A record's name, type, class and TTL.
    fn head(&mut self, pointer: usize, rtype: u16, ttl: u32) -> Option<()> {
        self.count(pointer)?;
        self.number(rtype)?;
        self.number(IN)?;
        self.put(&ttl.to_be_bytes())
    }

    /// What `fill` writes, behind its length.
    fn behind_length(&mut self, fill: impl FnOnce(&mut Self) -> Option<()>) -> Option<()> {
        let place = self.length;
        self.number(0)?;
        let start = self.length;
        fill(self)?;
        let length = u16::try_from(self.length - start).ok()?;
        let field = self.octets.get_mut(place..start)?;
        field.copy_from_slice(&length.to_be_bytes());
        Some(())
    }

    fn cookie(&mut self, cookie: &Returned) -> Option<()> {
        self.number(COOKIE)?;
        self.behind_length(|out| out.put(&cookie.octets))
    }

    fn trouble(&mut self, trouble: &Trouble<'_>) -> Option<()> {
        self.number(EXTENDED_ERROR)?;
        self.behind_length(|out| {
            out.number(trouble.code)?;
            out.put(trouble.text.to_array().as_bytes())
        })
    }
}

/// The code as it stands in the header; none for one that does not fit there.
fn code(rcode: Rcode) -> Option<u16> {
    match rcode {
        Rcode::NoError => Some(0),
        Rcode::FormErr => Some(1),
        Rcode::ServFail => Some(2),
        Rcode::NxDomain => Some(3),
        Rcode::NotImp => Some(4),
        Rcode::Refused => Some(5),
        // Answered to queries that are not read here.
        Rcode::BadVers => None,
    }
}
