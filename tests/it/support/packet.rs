//! Queries as octets, built by hand: the tests must be able to send what no library would.

use std::sync::atomic::{AtomicU16, Ordering};

use hickory_proto::rr::{Name, RecordType};

/// The response-code and flag bits of the header's second word that the tests read or set.
pub(crate) const QR: u16 = 0x8000;
/// Authoritative answer.
pub(crate) const AA: u16 = 0x0400;
/// Truncated: ask again over TCP.
pub(crate) const TC: u16 = 0x0200;
/// Recursion desired: copied from the query to the answer.
pub(crate) const RD: u16 = 0x0100;
/// Recursion available: never set by a list server.
pub(crate) const RA: u16 = 0x0080;

/// A query under construction: recursion desired, class IN, EDNS with a payload of 1232, unless told otherwise.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    pub(crate) id: u16,
    pub(crate) flags: u16,
    pub(crate) name: Vec<u8>,
    pub(crate) record_type: u16,
    pub(crate) class: u16,
    pub(crate) edns: Option<Edns>,
}

/// The OPT record of a query.
#[derive(Clone, Debug)]
pub(crate) struct Edns {
    pub(crate) payload: u16,
    pub(crate) version: u8,
    pub(crate) options: Vec<(u16, Vec<u8>)>,
}

impl Query {
    /// A query for a name in master-file form (`hot.de.bogusmx.local`, `a\032b.example`).
    pub(crate) fn new(name: &str, record_type: RecordType) -> Self {
        static NEXT_ID: AtomicU16 = AtomicU16::new(0x2300);
        Self {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            flags: RD,
            name: wire_name(name),
            record_type: record_type.into(),
            class: 1,
            edns: Some(Edns {
                payload: 1232,
                version: 0,
                options: Vec::new(),
            }),
        }
    }

    pub(crate) fn without_edns(mut self) -> Self {
        self.edns = None;
        self
    }

    pub(crate) fn with_flags(mut self, flags: u16) -> Self {
        self.flags = flags;
        self
    }

    pub(crate) fn with_class(mut self, class: u16) -> Self {
        self.class = class;
        self
    }

    pub(crate) fn with_payload(mut self, payload: u16) -> Self {
        if let Some(edns) = &mut self.edns {
            edns.payload = payload;
        }
        self
    }

    pub(crate) fn with_edns_version(mut self, version: u8) -> Self {
        if let Some(edns) = &mut self.edns {
            edns.version = version;
        }
        self
    }

    pub(crate) fn with_option(mut self, code: u16, data: &[u8]) -> Self {
        if let Some(edns) = &mut self.edns {
            edns.options.push((code, data.to_vec()));
        }
        self
    }

    /// The whole message.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let additionals: Vec<Vec<u8>> = self.edns.iter().map(Edns::bytes).collect();
        self.bytes_with(&[self.question()], &additionals)
    }

    /// The message with these question and additional sections, whatever they are; the counts are right.
    pub(crate) fn bytes_with(&self, questions: &[Vec<u8>], additionals: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = header(
            self.id,
            self.flags,
            [count(questions.len()), 0, 0, count(additionals.len())],
        );
        bytes.extend(questions.iter().chain(additionals).flatten());
        bytes
    }

    /// The question section: name, type, class.
    pub(crate) fn question(&self) -> Vec<u8> {
        let mut bytes = self.name.clone();
        bytes.extend(self.record_type.to_be_bytes());
        bytes.extend(self.class.to_be_bytes());
        bytes
    }
}

impl Edns {
    /// The OPT record.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut data = Vec::new();
        for (code, value) in &self.options {
            data.extend(code.to_be_bytes());
            data.extend(count(value.len()).to_be_bytes());
            data.extend(value);
        }
        let mut bytes = vec![0, 0, 41];
        bytes.extend(self.payload.to_be_bytes());
        bytes.extend([0, self.version, 0, 0]);
        bytes.extend(count(data.len()).to_be_bytes());
        bytes.extend(data);
        bytes
    }
}

/// The twelve octets of a header: id, flags, and the counts of the four sections.
pub(crate) fn header(id: u16, flags: u16, counts: [u16; 4]) -> Vec<u8> {
    [[id, flags].as_slice(), &counts]
        .concat()
        .into_iter()
        .flat_map(u16::to_be_bytes)
        .collect()
}

/// A name in master-file form, with `\DDD` for any octet and `\X` for a literal one, as labels of octets.
pub(crate) fn labels(name: &str) -> Vec<Vec<u8>> {
    let mut labels = vec![Vec::new()];
    let mut octets = name.bytes();
    while let Some(octet) = octets.next() {
        let last = labels.last_mut().expect("there is always a label");
        match octet {
            b'.' => labels.push(Vec::new()),
            b'\\' => match octets.next().expect("something follows a backslash") {
                hundreds if hundreds.is_ascii_digit() => {
                    let digits = [hundreds, octets.next().unwrap(), octets.next().unwrap()];
                    let text = std::str::from_utf8(&digits).unwrap();
                    last.push(text.parse().expect("three digits of an octet"));
                }
                literal => last.push(literal),
            },
            other => last.push(other),
        }
    }
    labels.retain(|label| !label.is_empty());
    labels
}

/// A name in master-file form as it is on the wire, uncompressed and with its case kept.
pub(crate) fn wire_name(name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for label in labels(name) {
        bytes.push(u8::try_from(label.len()).expect("a label has a length octet"));
        bytes.extend(label);
    }
    bytes.push(0);
    bytes
}

/// A name in master-file form for the library, with any octet allowed.
pub(crate) fn name(text: &str) -> Name {
    let mut name = Name::from_labels(labels(text)).expect("a name of at most 255 octets");
    name.set_fqdn(true);
    name
}

fn count(len: usize) -> u16 {
    u16::try_from(len).expect("a DNS message counts in 16 bits")
}
