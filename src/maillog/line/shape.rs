//! What a text looks like, octet by octet.

/// Whether a text begins in that shape: `A` stands for a capital, `0` for a digit, `2` for one or two, `_` for anything, and
/// all else for itself.
#[inline(always)]
pub(in crate::maillog) fn has_shape<const N: usize>(text: &[u8], shape: &[u8; N]) -> bool {
    let Some(head) = text.first_chunk::<N>() else {
        return false;
    };
    // Without a branch for each: most of them hold, and to go on is as quick as to ask.
    head.iter().zip(shape).fold(true, |has, (octet, form)| {
        has & match form {
            b'A' => octet.is_ascii_uppercase(),
            b'0' => octet.is_ascii_digit(),
            b'2' => matches!(octet, b'1' | b'2'),
            b'_' => true,
            itself => octet == itself,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_texts_look_like() {
        let check = |text: &str, expected: bool| {
            assert_eq!(has_shape(text.as_bytes(), b"A_ 2-0:"), expected, "{text}");
        };
        check("Mx 2-9:", true);
        check("M  1-0: web", true);
        for text in [
            "", "Mx 2-9", "mx 2-9:", "Mx 3-9:", "Mx 2-x:", "Mx_2-9:", "Mx 2-9;",
        ] {
            check(text, false);
        }
    }
}
