//! What a file is, by its first octets: names lie.

/// As many octets as tell all kinds apart.
pub(super) const HEAD: usize = 8;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text as it is.
    Plain,
    /// Text that was packed.
    Packed(Packing),
}

/// How text is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    /// gzip.
    Gz,
    /// xz.
    Xz,
    /// Zstandard.
    Zst,
    /// bzip2.
    Bz2,
}

/// What packs files in a way that is not read here, its first octets, and the command that unpacks them.
const FOREIGN: [(&[u8], &str); 7] = [
    (b"LPKSHHRH", "journalctl -o export --file"),
    (b"\x1f\x9d", "gzip -dc"),
    (b"\x5d\0\0", "xz -dc"),
    (b"\x04\x22\x4d\x18", "lz4 -dc"),
    (b"LZIP", "lzip -dc"),
    (b"PK\x03\x04", "unzip -p"),
    (b"7z\xbc\xaf\x27\x1c", "7z x -so"),
];

impl Kind {
    /// The kind of a file that begins so, or else the command that unpacks it.
    pub(super) fn of(head: &[u8]) -> Result<Self, &'static str> {
        let foreign = FOREIGN.iter().find(|(magic, _)| head.starts_with(magic));
        if let Some((_, command)) = foreign {
            return Err(command);
        }
        Ok(match head {
            [0x1f, 0x8b, ..] => Self::Packed(Packing::Gz),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Packed(Packing::Xz),
            // Such a file may begin with a frame that is to be skipped.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => {
                Self::Packed(Packing::Zst)
            }
            [b'B', b'Z', b'h', b'1'..=b'9', ..] => Self::Packed(Packing::Bz2),
            _ => Self::Plain,
        })
    }

    /// As it is called in reports.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Packed(Packing::Gz) => "gz",
            Self::Packed(Packing::Xz) => "xz",
            Self::Packed(Packing::Zst) => "zst",
            Self::Packed(Packing::Bz2) => "bz2",
        }
    }
}

impl Packing {
    /// Whether one more archive can begin with this octet, behind the end of another.
    pub(super) fn can_begin_with(self, octet: u8) -> bool {
        match self {
            Self::Gz => octet == 0x1f,
            Self::Xz => octet == 0xfd,
            Self::Zst => matches!(octet, 0x28 | 0x50..=0x5f),
            Self::Bz2 => octet == b'B',
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(head: &[u8], expected: Result<&str, &str>) {
        assert_eq!(Kind::of(head).map(Kind::as_str), expected, "{head:?}");
    }

    #[test]
    fn kinds_are_told_by_the_first_octets() {
        check(b"", Ok("plain"));
        check(b"Mar 20 1", Ok("plain"));
        check(b"\x1f", Ok("plain"));
        check(b"\x1f\x8b\x08\0\0\0\0\0", Ok("gz"));
        check(b"\xfd7zXZ\0\0\x04", Ok("xz"));
        check(b"\x28\xb5\x2f\xfd\x04\x58", Ok("zst"));
        check(b"\x50\x2a\x4d\x18\x04\0\0\0", Ok("zst"));
        check(b"BZh91AY&", Ok("bz2"));
        check(b"BZh0", Ok("plain"));
    }

    #[test]
    fn what_is_not_read_names_what_unpacks_it() {
        check(b"LPKSHHRH", Err("journalctl -o export --file"));
        check(b"\x1f\x9d\x90", Err("gzip -dc"));
        check(b"\x5d\0\0\x80\0", Err("xz -dc"));
    }
}
