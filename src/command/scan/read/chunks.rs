//! Cuts text to pieces at ends of lines, for many to read at a time.

use std::io;

use super::source::Stream;

/// Text in chunks of whole lines.
pub(crate) struct Chunks<S> {
    text: S,
    size: usize,
    /// The begin of a line whose end is in the next chunk.
    begun: Vec<u8>,
    state: State,
}

/// How far the text has been read.
enum State {
    Going,
    Broken(io::Error),
    Ended,
}

impl<S: Stream> Chunks<S> {
    /// Cuts the text to chunks of that many octets at most.
    pub(crate) fn new(text: S, size: usize) -> Self {
        Self {
            text,
            size: size.max(1),
            begun: Vec::new(),
            state: State::Going,
        }
    }

    /// The next chunk, in this buffer; best in one that held a chunk before.
    ///
    /// It ends with a line, but for a line that is longer than a chunk, and for the last one.
    ///
    /// # Errors
    /// If the text cannot be read, after all that could.
    pub(crate) fn next(&mut self, mut buffer: Vec<u8>) -> io::Result<Option<Vec<u8>>> {
        match std::mem::replace(&mut self.state, State::Ended) {
            State::Going => {}
            State::Broken(error) => return Err(error),
            State::Ended => return Ok(None),
        }
        // What was in it need not be overwritten with zeros: it will be by text.
        buffer.resize(self.size, 0);
        let (filled, state) = self.fill(&mut buffer);
        buffer.truncate(filled);
        match state {
            State::Broken(error) if filled == 0 => return Err(error),
            State::Ended if filled == 0 => return Ok(None),
            State::Going => self.cut(&mut buffer),
            State::Broken(_) | State::Ended => {}
        }
        self.state = state;
        Ok(Some(buffer))
    }

    /// Reads until the buffer is full, the text ends, or there are lines and more of them are to be waited for: how much
    /// there is then.
    fn fill(&mut self, buffer: &mut [u8]) -> (usize, State) {
        let mut filled = self.begun.len();
        if let Some(begin) = buffer.get_mut(..filled) {
            begin.copy_from_slice(&self.begun);
        }
        self.begun.clear();
        let mut has_line = false;
        loop {
            let room = buffer.get_mut(filled..).unwrap_or_default();
            if room.is_empty() || has_line && self.text.must_wait() {
                return (filled, State::Going);
            }
            match self.text.read(room) {
                Ok(0) => return (filled, State::Ended),
                Ok(octets) => {
                    let read = room.get(..octets).unwrap_or_default();
                    has_line |= memchr::memrchr(b'\n', read).is_some();
                    filled += octets;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return (filled, State::Broken(error)),
            }
        }
    }

    /// Keeps what follows the last line for the next chunk.
    fn cut(&mut self, buffer: &mut Vec<u8>) {
        if let Some(end) = memchr::memrchr(b'\n', buffer) {
            self.begun.extend(buffer.iter().skip(end + 1));
            buffer.truncate(end + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use proptest::prelude::*;

    use super::*;

    /// What a pipe does when it is read next.
    #[derive(Clone, Debug)]
    enum Event {
        Gives(Vec<u8>),
        Pauses,
        Fails,
    }

    /// A pipe that gives the text as it is told.
    struct Script(std::vec::IntoIter<Event>);

    impl Script {
        fn new(events: &[Event]) -> Self {
            Self(Vec::from(events).into_iter())
        }
    }

    impl Read for Script {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            loop {
                match self.0.next() {
                    None => return Ok(0),
                    Some(Event::Pauses) => {}
                    Some(Event::Fails) => return Err(io::Error::other("unplugged")),
                    Some(Event::Gives(text)) if text.is_empty() => {}
                    Some(Event::Gives(text)) => {
                        let octets = text.len().min(buffer.len());
                        buffer[..octets].copy_from_slice(&text[..octets]);
                        let rest = Event::Gives(text[octets..].to_vec());
                        self.0 = [rest]
                            .into_iter()
                            .chain(self.0.by_ref())
                            .collect::<Vec<_>>()
                            .into_iter();
                        return Ok(octets);
                    }
                }
            }
        }
    }

    impl Stream for Script {
        fn must_wait(&mut self) -> bool {
            let rest = self.0.as_slice().iter();
            let mut rest =
                rest.filter(|event| !matches!(event, Event::Gives(text) if text.is_empty()));
            matches!(rest.next(), Some(Event::Pauses))
        }
    }

    fn gives(text: &str) -> Event {
        Event::Gives(text.as_bytes().to_vec())
    }

    /// All chunks, and the error that ended them.
    fn cut(events: &[Event], size: usize) -> (Vec<Vec<u8>>, Option<String>) {
        let mut chunks = Chunks::new(Script::new(events), size);
        let mut all = Vec::new();
        let mut buffer = Vec::new();
        loop {
            match chunks.next(buffer) {
                Ok(Some(chunk)) => {
                    all.push(chunk.clone());
                    buffer = chunk;
                }
                Ok(None) => return (all, None),
                Err(error) => {
                    assert!(chunks.next(Vec::new()).unwrap().is_none(), "it has ended");
                    return (all, Some(error.to_string()));
                }
            }
        }
    }

    #[track_caller]
    fn check(events: &[Event], size: usize, expected: &[&str], error: Option<&str>) {
        let (chunks, failed) = cut(events, size);
        let chunks: Vec<_> = chunks
            .iter()
            .map(|chunk| String::from_utf8_lossy(chunk))
            .collect();
        assert_eq!(chunks, expected);
        assert_eq!(failed.as_deref(), error);
    }

    #[test]
    fn chunks_end_with_lines() {
        check(&[gives("a\nbc\ndef\n")], 6, &["a\nbc\n", "def\n"], None);
        check(&[gives("a\nbc\nde")], 100, &["a\nbc\nde"], None);
        check(&[gives("a\n"), gives("bc\n")], 100, &["a\nbc\n"], None);
        check(&[], 100, &[], None);
        check(&[gives("\n")], 1, &["\n"], None);
    }

    #[test]
    fn a_line_longer_than_a_chunk_comes_in_pieces() {
        check(
            &[gives("abcdefg\nh\n")],
            3,
            &["abc", "def", "g\n", "h\n"],
            None,
        );
        check(&[gives("a\nbcdefg\n")], 4, &["a\n", "bcde", "fg\n"], None);
    }

    #[test]
    fn what_was_read_comes_before_the_error() {
        let events = [gives("a\nb"), Event::Fails, gives("c")];
        check(&events, 100, &["a\nb"], Some("unplugged"));
        check(&[Event::Fails], 100, &[], Some("unplugged"));
        check(
            &[gives("a\n"), Event::Fails],
            2,
            &["a\n"],
            Some("unplugged"),
        );
    }

    #[test]
    fn lines_do_not_wait_for_the_next_ones() {
        let events = [
            gives("a\nb"),
            Event::Pauses,
            gives("c\n"),
            Event::Pauses,
            gives("d\n"),
        ];
        check(&events, 100, &["a\n", "bc\n", "d\n"], None);
        let events = [
            gives("a"),
            Event::Pauses,
            gives("b"),
            Event::Pauses,
            gives("\nc"),
        ];
        check(&events, 100, &["ab\nc"], None);
    }

    fn event() -> impl Strategy<Value = Event> {
        prop_oneof![
            6 => "[a\n]{0,40}".prop_map(|text| gives(&text)),
            1 => Just(Event::Pauses),
        ]
    }

    proptest! {
        #[test]
        fn chunks_are_the_text(events in prop::collection::vec(event(), 0..20), size in 1..30_usize) {
            let text: Vec<u8> = events
                .iter()
                .flat_map(|event| match event {
                    Event::Gives(text) => text.clone(),
                    Event::Pauses | Event::Fails => Vec::new(),
                })
                .collect();
            let (chunks, error) = cut(&events, size);
            prop_assert!(error.is_none());
            prop_assert_eq!(chunks.concat(), text);
            for chunk in &chunks {
                prop_assert!(!chunk.is_empty() && chunk.len() <= size);
            }
            for chunk in chunks.iter().rev().skip(1) {
                // Only of a line that does not fit there are pieces.
                let is_piece = chunk.len() == size && !chunk.contains(&b'\n');
                prop_assert!(chunk.ends_with(b"\n") || is_piece, "{:?}", chunk);
            }
        }
    }
}
