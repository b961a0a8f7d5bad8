//! The mails of a piece of a log, and which of them anybody will ask about.

/// How many mails can be open at one time. That is several times as many as most servers have in a thousand lines.
const PLACES: usize = 4096;

/// The mails of a piece of a log, and their lines.
pub(super) struct Lives {
    /// Where the open mails are found. Where one is in another's place, that one is not found any more; its lines are kept,
    /// since its end has not been seen.
    places: Vec<Place>,
    lives: Vec<Life>,
    lines: Vec<Line>,
}

/// A place for an open mail.
#[derive(Clone, Copy)]
struct Place {
    /// The hash of its queue id.
    id: u64,
    /// Which of all mails it is; past all of them, if there is none.
    life: usize,
}

/// What is known of a mail.
#[derive(Clone, Copy, Default)]
struct Life {
    /// Where the first line begins that is about it.
    first: usize,
    /// Whether it began in this piece.
    is_whole: bool,
    /// Whether anybody will ask about it.
    matters: bool,
    /// Whether it has no sender, as a bounce; none if that has not been said.
    is_from_null: Option<bool>,
    /// Whether it has come and gone, and nobody will ask about it.
    is_forgotten: bool,
}

/// A line of a mail.
struct Line {
    life: usize,
    at: usize,
}

impl Lives {
    /// No mails yet.
    pub(super) fn new() -> Self {
        Self {
            places: vec![Place::FREE; PLACES],
            lives: Vec::new(),
            lines: Vec::new(),
        }
    }

    /// A mail comes in. It may have had another id before, under which it began elsewhere, and may be a bounce.
    #[inline]
    pub(super) fn arrive(&mut self, id: u64, at: usize, origin: Option<usize>, is_bounce: bool) {
        // If the id has been used again, the end of the mail before is missing.
        let life = self.begin(
            id,
            Life {
                first: origin.unwrap_or(at),
                is_whole: true,
                matters: is_bounce,
                ..Life::default()
            },
        );
        let lines = origin.into_iter().chain([at]);
        self.lines.extend(lines.map(|at| Line { life, at }));
    }

    /// The sender of a mail is said.
    #[inline]
    pub(super) fn send(&mut self, id: u64, at: usize, is_null: bool) {
        let known = self.find(id).and_then(|life| self.lives.get(life));
        if known.is_some_and(|life| life.is_from_null == Some(!is_null)) {
            // The id has been used again.
            self.begin(id, Life::from(at));
        }
        self.tell(id, at, |life| {
            life.is_from_null = Some(is_null);
            true
        });
    }

    /// It is tried to deliver a mail. It matters if that fails, or goes where no mail should go.
    #[inline]
    pub(super) fn deliver(&mut self, id: u64, at: usize, is_sent: bool, matters: bool) {
        self.tell(id, at, |life| {
            life.matters |= matters;
            // What was tried before may be done now, and of a bounce it is asked where it went.
            let may_be_bounce = life.is_from_null != Some(false);
            life.matters || !life.is_whole && (is_sent || may_be_bounce)
        });
    }

    /// Something else happens to a mail.
    pub(super) fn happen(&mut self, id: u64, at: usize, matters: bool) {
        self.tell(id, at, |life| {
            life.matters |= matters;
            true
        });
    }

    /// A mail is gone from the queue.
    #[inline]
    pub(super) fn remove(&mut self, id: u64, at: usize) {
        self.tell(id, at, |life| {
            life.is_forgotten = life.is_whole && !life.matters;
            true
        });
        self.put(id, Place::FREE);
    }

    /// Somebody will ask about a mail, if it is open.
    pub(super) fn matter(&mut self, id: u64) {
        if let Some(life) = self.find(id).and_then(|life| self.lives.get_mut(life)) {
            life.matters = true;
        }
    }

    /// Where the first line of a mail begins, if it is open.
    pub(super) fn first(&self, id: u64) -> Option<usize> {
        let life = self.lives.get(self.find(id)?)?;
        Some(life.first)
    }

    /// Where the lines begin that matter, in order.
    pub(super) fn finish(self) -> Vec<usize> {
        let Self { lives, lines, .. } = self;
        let is_forgotten = |line: &Line| lives.get(line.life).is_some_and(|life| life.is_forgotten);
        let kept = lines.into_iter().filter(|line| !is_forgotten(line));
        let mut kept: Vec<usize> = kept.map(|line| line.at).collect();
        kept.sort_unstable();
        kept.dedup();
        kept
    }

    /// Changes what is known of an open mail, or of one that began before the piece, and whether the line is about it.
    #[inline(always)]
    fn tell(&mut self, id: u64, at: usize, change: impl FnOnce(&mut Life) -> bool) {
        let number = self
            .find(id)
            .unwrap_or_else(|| self.begin(id, Life::from(at)));
        if let Some(life) = self.lives.get_mut(number)
            && change(life)
        {
            self.lines.push(Line { life: number, at });
        }
    }

    /// Which of all mails is the open one of this id.
    #[inline(always)]
    fn find(&self, id: u64) -> Option<usize> {
        let place = self.places.get(place(id))?;
        (place.id == id && place.life < self.lives.len()).then_some(place.life)
    }

    #[inline(always)]
    fn begin(&mut self, id: u64, life: Life) -> usize {
        let number = self.lives.len();
        self.lives.push(life);
        self.put(id, Place { id, life: number });
        number
    }

    #[inline(always)]
    fn put(&mut self, id: u64, mail: Place) {
        if let Some(place) = self.places.get_mut(place(id)) {
            *place = mail;
        }
    }
}

impl Place {
    const FREE: Self = Self {
        id: 0,
        life: usize::MAX,
    };
}

impl Life {
    /// One that began before the piece; of what is known, a line is the first.
    fn from(first: usize) -> Self {
        Self {
            first,
            ..Self::default()
        }
    }
}

/// Which place is that of an id.
#[inline(always)]
fn place(id: u64) -> usize {
    let [low, high, ..] = id.to_le_bytes();
    usize::from(u16::from_le_bytes([low, high])) % PLACES
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two mails that would be in the same place.
    const ONE: u64 = 7;
    const OTHER: u64 = ONE + 0x1_0000;

    fn kept(log: impl FnOnce(&mut Lives)) -> Vec<usize> {
        let mut lives = Lives::new();
        log(&mut lives);
        lives.finish()
    }

    fn arrive(lives: &mut Lives, id: u64, at: usize) {
        lives.arrive(id, at, None, false);
        lives.send(id, at + 1, false);
    }

    #[test]
    fn what_comes_and_goes_is_forgotten() {
        let kept = kept(|lives| {
            arrive(lives, ONE, 10);
            lives.deliver(ONE, 12, true, false);
            lives.remove(ONE, 13);
            arrive(lives, ONE, 20);
            lives.remove(ONE, 22);
        });
        assert!(kept.is_empty(), "{kept:?}");
    }

    #[test]
    fn what_fails_or_is_still_there_or_began_before_is_kept() {
        let failed = kept(|lives| {
            arrive(lives, ONE, 10);
            lives.deliver(ONE, 12, true, false);
            lives.deliver(ONE, 13, false, true);
            lives.deliver(ONE, 14, true, false);
            lives.remove(ONE, 15);
        });
        assert_eq!(failed, [10, 11, 13, 14, 15]);
        let open = kept(|lives| {
            arrive(lives, ONE, 10);
            lives.deliver(ONE, 12, false, false);
        });
        assert_eq!(open, [10, 11]);
        let before = kept(|lives| {
            lives.deliver(ONE, 10, true, false);
            lives.remove(ONE, 11);
            lives.remove(OTHER, 12);
        });
        assert_eq!(before, [10, 11, 12]);
    }

    #[test]
    fn a_bounce_is_kept_and_so_may_be_what_it_is_about() {
        let bounce = kept(|lives| {
            arrive(lives, ONE, 10);
            lives.arrive(1, 12, None, true);
            lives.matter(ONE);
            lives.deliver(1, 13, true, false);
            lives.remove(1, 14);
            lives.remove(ONE, 15);
            lives.matter(ONE);
        });
        assert_eq!(bounce, [10, 11, 12, 13, 14, 15]);
        let notified = kept(|lives| {
            arrive(lives, ONE, 10);
            lives.happen(ONE, 12, false);
            lives.happen(ONE, 13, true);
            lives.send(1, 14, true);
            lives.deliver(1, 15, true, false);
            lives.remove(1, 16);
            lives.remove(ONE, 17);
        });
        assert_eq!(notified, [10, 11, 12, 13, 14, 15, 16, 17]);
    }

    #[test]
    fn an_id_that_is_used_again_is_another_mails() {
        let arrived = kept(|lives| {
            arrive(lives, ONE, 10);
            arrive(lives, ONE, 20);
            lives.remove(ONE, 22);
        });
        assert_eq!(arrived, [10, 11]);
        let sent = kept(|lives| {
            arrive(lives, ONE, 10);
            lives.send(ONE, 20, true);
            lives.remove(ONE, 22);
        });
        assert_eq!(sent, [10, 11, 20, 22]);
    }

    #[test]
    fn where_a_mail_began_is_kept_if_it_is() {
        for matters in [false, true] {
            let kept = kept(|lives| {
                arrive(lives, ONE, 10);
                let origin = lives.first(ONE);
                assert_eq!(origin, Some(10));
                lives.arrive(1, 20, origin, false);
                lives.arrive(2, 30, lives.first(1), false);
                lives.remove(ONE, 40);
                lives.remove(1, 50);
                lives.deliver(2, 60, false, matters);
                lives.remove(2, 70);
                assert_eq!(lives.first(2), None);
            });
            let expected: &[usize] = if matters { &[10, 30, 60, 70] } else { &[] };
            assert_eq!(kept, expected);
        }
    }

    #[test]
    fn mails_in_the_same_place_are_kept() {
        let kept = kept(|lives| {
            arrive(lives, ONE, 10);
            arrive(lives, OTHER, 20);
            lives.deliver(ONE, 30, true, false);
            lives.remove(ONE, 31);
            lives.remove(OTHER, 32);
            arrive(lives, ONE, 40);
            lives.remove(ONE, 42);
        });
        assert_eq!(kept, [10, 11, 20, 21, 30, 31, 32]);
    }
}
