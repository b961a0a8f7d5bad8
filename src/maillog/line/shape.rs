//! What a line begins like, at one look at sixteen octets.

/// What sixteen octets look like.
pub(super) struct Shape {
    /// What the first may be.
    first: (u8, u8),
    /// All bits of those octets that are always the same, and these.
    mask: u128,
    octets: u128,
    /// The lowest bit of those octets that are digits.
    digits: u128,
}

impl Shape {
    /// `0` stands for a digit, `_` for anything, and all else for itself; but the first octet is what is told apart.
    pub(super) const fn new(first: (u8, u8), shape: &[u8; 15]) -> Self {
        let (mut mask, mut octets, mut digits) = (0, 0, 0);
        let mut rest: &[u8] = shape;
        let mut shift = 8;
        while let [octet, others @ ..] = rest {
            match *octet {
                b'0' => digits |= 1 << shift,
                b'_' => {}
                octet => {
                    mask |= 0xff << shift;
                    octets |=
                        u128::from_le_bytes([octet, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
                            << shift;
                }
            }
            shift += 8;
            rest = others;
        }
        Self {
            first,
            mask,
            octets,
            digits,
        }
    }

    /// Whether a text begins like that.
    #[inline(always)]
    pub(super) fn begins(&self, text: &[u8]) -> bool {
        let Some(head) = text.first_chunk::<16>() else {
            return false;
        };
        let [first, ..] = head;
        let octets = u128::from_le_bytes(*head);
        // Those from 0x30 to 0x39, which six more do not make 0x40.
        let high = self.digits * 0xf0;
        let are_digits = (octets & high == self.digits * 0x30)
            & (octets.wrapping_add(self.digits * 6) & high == self.digits * 0x30);
        let (least, most) = self.first;
        (least <= *first) & (*first <= most) & (octets & self.mask == self.octets) & are_digits
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SHAPE: Shape = Shape::new((b'1', b'2'), b"0_0-_0-_0T_0:_0");

    fn begins(text: &[u8]) -> bool {
        SHAPE.begins(text)
    }

    #[test]
    fn what_a_line_begins_like() {
        assert!(begins(b"2015-03-20T14:05:01+01:00"));
        assert!(begins(b"19x9-\xff9-x0Tx0:x9"));
        for text in [
            "2015-03-20T14:0",
            "3015-03-20T14:05:01",
            "2015-03-20 14:05:01",
            "2015-03-2:T14:05:01",
            "2/15-03-20T14:05:01",
            "2015 03-20T14:05:01",
        ] {
            assert!(!begins(text.as_bytes()), "{text}");
        }
    }

    proptest! {
        #[test]
        fn each_octet_counts(at in 0..16_usize, octet: u8) {
            let mut text = *b"2015-03-20T14:05";
            text[at] = octet;
            let expected = match at {
                0 => matches!(octet, b'1' | b'2'),
                1 | 3 | 6 | 9 | 12 | 15 => octet.is_ascii_digit(),
                4 | 7 => octet == b'-',
                10 => octet == b'T',
                13 => octet == b':',
                _ => true,
            };
            prop_assert_eq!(begins(&text), expected);
        }
    }
}
