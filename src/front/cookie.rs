//! DNS cookies (RFC 7873), with server cookies as all servers make them (RFC 9018): who sends one back
//! that we made for his address has received an answer of ours there, and is not forged.
//!
//! BADCOOKIE is not used: a client without such a cookie is answered as if there were no cookies, and
//! past its share it is sent to TCP, which every client knows how to follow.
//!
//! Pure: secret, time and address are handed in.

use std::net::IpAddr;

use arrayvec::ArrayVec;
use siphasher::sip::SipHasher24;

use crate::oracle::clock::Moment;

/// The option code (RFC 7873, section 4).
pub const COOKIE: u16 = 10;

/// Octets of a cookie that we return: the client's part, and ours.
pub const COOKIE_OCTETS: usize = CLIENT_OCTETS + SERVER_OCTETS;

const CLIENT_OCTETS: usize = 8;
const SERVER_OCTETS: usize = 16;

/// The lengths that a server's part may have (RFC 7873, section 4).
const SERVER_OCTETS_ANY: std::ops::RangeInclusive<usize> = 8..=32;

/// How a server's part begins (RFC 9018, sections 4.1 and 4.2): the version, and what is reserved.
const VERSION: u8 = 1;
const BEGINNING: [u8; 4] = [VERSION, 0, 0, 0];

/// Seconds that our part counts, and that a clock may be ahead of ours (RFC 9018, section 4.3).
const VALID_SECONDS: i32 = 60 * 60;
const AHEAD_SECONDS: i32 = 5 * 60;
/// Seconds after which it is renewed.
const FRESH_SECONDS: i32 = 30 * 60;

/// A cookie as a client presents it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Presented {
    client: [u8; CLIENT_OCTETS],
    /// None if there is none that could be ours.
    server: Option<[u8; SERVER_OCTETS]>,
}

/// A cookie that no client sends: a query with it is answered FORMERR (RFC 7873, section 5.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// The cookie that goes back with the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Returned {
    /// The option's data.
    pub octets: [u8; COOKIE_OCTETS],
    /// Whether the client presented a cookie that we had made for its address.
    pub is_valid: bool,
}

/// What our parts are made with.
#[derive(Debug)]
pub struct Secret(SipHasher24);

impl Presented {
    /// Reads the data of the option.
    ///
    /// # Errors
    /// [`Malformed`] if no cookie is so long.
    #[inline]
    pub fn read(data: &[u8]) -> Result<Self, Malformed> {
        let (client, server) = data.split_first_chunk().ok_or(Malformed)?;
        if server.is_empty() || SERVER_OCTETS_ANY.contains(&server.len()) {
            Ok(Self {
                client: *client,
                server: server.try_into().ok(),
            })
        } else {
            Err(Malformed)
        }
    }
}

impl Secret {
    /// With this key.
    pub fn new(key: [u8; 16]) -> Self {
        Self(SipHasher24::new_with_key(&key))
    }

    /// The cookie for a client that presents this one: the same, while it is fresh.
    pub fn returned(&self, presented: Presented, address: IpAddr, now: Moment) -> Returned {
        let address = address.to_canonical();
        let age = presented
            .server
            .and_then(|server| self.age(presented.client, server, address, now));
        let server = match (presented.server, age) {
            (Some(server), Some(age)) if age <= FRESH_SECONDS => server,
            _ => self.server(presented.client, address, now),
        };
        let mut octets = [0; COOKIE_OCTETS];
        let parts = presented.client.iter().chain(&server);
        octets
            .iter_mut()
            .zip(parts)
            .for_each(|(to, from)| *to = *from);
        Returned {
            octets,
            is_valid: age.is_some(),
        }
    }

    /// The seconds since we made a server's part; none if we did not, or too long ago.
    fn age(
        &self,
        client: [u8; CLIENT_OCTETS],
        server: [u8; SERVER_OCTETS],
        address: IpAddr,
        now: Moment,
    ) -> Option<i32> {
        let ([version, _, _, _, a, b, c, d], hash) = server.split_first_chunk()?;
        let made = u32::from_be_bytes([*a, *b, *c, *d]);
        // Times are compared as serial numbers (RFC 1982).
        let age = seconds(now).wrapping_sub(made).cast_signed();
        let counts = *version == VERSION && (-AHEAD_SECONDS..=VALID_SECONDS).contains(&age);
        let head = server.first_chunk()?;
        (counts && self.hash(client, *head, address) == hash).then_some(age)
    }

    fn server(
        &self,
        client: [u8; CLIENT_OCTETS],
        address: IpAddr,
        now: Moment,
    ) -> [u8; SERVER_OCTETS] {
        let [v, r, s, t] = BEGINNING;
        let [a, b, c, d] = seconds(now).to_be_bytes();
        let [h0, h1, h2, h3, h4, h5, h6, h7] = self.hash(client, [v, r, s, t, a, b, c, d], address);
        [v, r, s, t, a, b, c, d, h0, h1, h2, h3, h4, h5, h6, h7]
    }

    /// RFC 9018, section 4.4.
    fn hash(&self, client: [u8; CLIENT_OCTETS], head: [u8; 8], address: IpAddr) -> [u8; 8] {
        let mut input = ArrayVec::<u8, { CLIENT_OCTETS + 8 + 16 }>::new();
        input.extend(client);
        input.extend(head);
        match address {
            IpAddr::V4(address) => input.extend(address.octets()),
            IpAddr::V6(address) => input.extend(address.octets()),
        }
        self.0.hash(&input).to_le_bytes()
    }
}

/// Seconds since the beginning of 1970, as many as fit.
fn seconds(now: Moment) -> u32 {
    let [_, _, _, _, low @ ..] = (now.unix_ms / 1000).to_be_bytes();
    u32::from_be_bytes(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn octets(hex: &str) -> Vec<u8> {
        let digits = hex.as_bytes().chunks(2);
        let octet = |pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        digits.map(octet).collect()
    }

    fn secret(hex: &str) -> Secret {
        Secret::new(octets(hex).try_into().unwrap())
    }

    fn at(unix_s: u64) -> Moment {
        Moment {
            unix_ms: unix_s * 1000 + 999,
        }
    }

    /// What goes back to the client, and whether what it presented counted.
    fn returned(secret: &Secret, cookie: &str, address: &str, now: u64) -> (String, bool) {
        let presented = Presented::read(&octets(cookie)).unwrap();
        let returned = secret.returned(presented, address.parse().unwrap(), at(now));
        let hex = returned.octets.map(|octet| format!("{octet:02x}")).concat();
        (hex, returned.is_valid)
    }

    const SECRET: &str = "e5e973e5a6b2a43f48e7dc849e37bfcf";
    const CLIENT: &str = "198.51.100.100";
    const NEW: &str = "2464c4abcf10c957";
    const MADE: u64 = 0x5cf7_9f11;
    const OURS: &str = "2464c4abcf10c957010000005cf79f111f8130c3eee29480";

    /// RFC 9018, appendix A.
    #[test]
    fn cookies_are_those_of_the_standard() {
        let check = |secret: &Secret, cookie, address, now, expected: &str, is_valid| {
            let expected = (expected.to_owned(), is_valid);
            assert_eq!(returned(secret, cookie, address, now), expected);
        };
        let first = secret(SECRET);
        check(&first, NEW, CLIENT, MADE, OURS, false);
        let later = "2464c4abcf10c957010000005cf7a871d4a564a1442aca77";
        check(&first, OURS, CLIENT, 0x5cf7_a871, later, true);
        // What is reserved counts for the hash as it came, and is not kept.
        let reserved = "fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5";
        let renewed = "fc93fc62807ddb86010000005cf7a9acf73a7810aca2381e";
        check(
            &first,
            reserved,
            "203.0.113.203",
            0x5cf7_a9ac,
            renewed,
            false,
        );
        let (_, is_valid) = returned(&first, reserved, "203.0.113.203", 0x5cf7_8f71);
        assert!(is_valid);
        let address = "2001:db8:220:1:59de:d0f4:8769:82b8";
        let old = "22681ab97d52c298010000005cf7c57926556bd0934c72f8";
        let new = "22681ab97d52c298010000005cf7c609a6bb79d16625507a";
        let before = secret("dd3bdf9344b678b185a6f5cb60fca715");
        let after = secret("445536bcd2513298075a5d379663c962");
        check(&before, old, address, 0x5cf7_c609, old, true);
        check(&after, old, address, 0x5cf7_c609, new, false);
    }

    #[test]
    fn ours_counts_for_an_hour_and_is_renewed_after_half_of_it() {
        let secret = secret(SECRET);
        let check = |age: i64, expected| {
            let now = MADE.checked_add_signed(age).unwrap();
            let (cookie, is_valid) = returned(&secret, OURS, CLIENT, now);
            assert_eq!((is_valid, cookie == OURS), expected, "{age} s");
        };
        check(-301, (false, false));
        check(-300, (true, true));
        check(0, (true, true));
        check(1800, (true, true));
        check(1801, (true, false));
        check(3600, (true, false));
        check(3601, (false, false));
        check(1 << 31, (false, false));
        // Times that no longer fit are taken up again from 0.
        check(1 << 32, (true, true));
    }

    #[test]
    fn ours_counts_for_its_client_only() {
        let ours = secret(SECRET);
        let check = |secret: &Secret, cookie: &str, address: &str, expected: bool| {
            let (returned, is_valid) = returned(secret, cookie, address, MADE);
            assert_eq!(is_valid, expected, "{cookie} {address}");
            assert_eq!(returned == cookie, expected);
        };
        check(&ours, OURS, CLIENT, true);
        check(&ours, OURS, &format!("::ffff:{CLIENT}"), true);
        check(&ours, OURS, "198.51.100.101", false);
        check(&ours, OURS, "2001:db8::1", false);
        check(
            &secret("00000000000000000000000000000000"),
            OURS,
            CLIENT,
            false,
        );
        // Every single octet counts.
        for index in 0..COOKIE_OCTETS {
            let mut other = octets(OURS);
            other[index] ^= 1;
            let other: String = other.iter().map(|octet| format!("{octet:02x}")).collect();
            let (_, is_valid) = returned(&ours, &other, CLIENT, MADE);
            assert!(!is_valid, "{other}");
        }
    }

    #[test]
    fn what_has_no_cookie_s_length_is_malformed() {
        let lengths = (0..=50).filter(|length| Presented::read(&vec![7; *length]).is_ok());
        let expected: Vec<usize> = [8].into_iter().chain(16..=40).collect();
        assert_eq!(lengths.collect::<Vec<_>>(), expected);
        let server = |length: usize| Presented::read(&vec![7; length]).unwrap().server;
        assert_eq!((server(8), server(23), server(25)), (None, None, None));
        assert_eq!(server(24), Some([7; SERVER_OCTETS]));
    }
}
