//! The mails of a piece of a log, and which of them anybody will ask about.

use std::mem;

use super::story::Status;

/// How many mails there is room for that are open at one time. In a piece of a busy server's log some ten are.
const SLOTS: usize = 4096;

/// A slot is found by the last two octets of a hash.
const _: () = assert!(SLOTS <= 1 << 16);

/// The mails of a piece of a log, and their lines, each as whoever reads the log finds it again.
pub(super) struct Lives<L> {
    /// The open mails, each in the slot of its id. Where two would be in the same, the one that was there is not found any
    /// more, as if the piece ended there: its lines are kept, and what is said of it later is of a mail that began before.
    slots: Vec<Slot>,
    lives: Vec<Life>,
    /// Which mail another one was before it went through a filter, or was queued again.
    befores: Vec<(Number, Number)>,
    lines: Vec<Line<L>>,
}

/// Which of all mails of the piece it is. There are fewer than it has octets.
type Number = u32;

/// Room for an open mail.
#[derive(Clone, Copy)]
struct Slot {
    /// The upper half of the hash of its queue id.
    id: u32,
    /// Past all of them, if there is none.
    life: Number,
}

/// What is known of a mail.
#[derive(Clone, Copy, Default)]
struct Life {
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
struct Line<L> {
    life: Number,
    line: L,
}

impl<L: Copy> Lives<L> {
    /// No mails yet.
    pub(super) fn new() -> Self {
        Self {
            slots: vec![Slot::FREE; SLOTS],
            lives: Vec::with_capacity(SLOTS),
            befores: Vec::new(),
            lines: Vec::with_capacity(4 * SLOTS),
        }
    }

    /// A mail comes in. It may have had another id before, and may be a bounce.
    #[inline]
    pub(super) fn arrive(&mut self, id: u64, line: L, before: Option<u64>, is_bounce: bool) {
        let before = before.and_then(|before| self.find(before));
        // If the id has been used again, the end of the mail before is missing.
        let life = self.begin(
            id,
            Life {
                is_whole: true,
                matters: is_bounce,
                ..Life::default()
            },
        );
        self.befores.extend(before.map(|before| (life, before)));
        self.lines.push(Line { life, line });
    }

    /// The sender of a mail is said.
    #[inline]
    pub(super) fn name_sender(&mut self, id: u64, line: L, is_null: bool) {
        let known = self.find(id).and_then(|life| self.lives.get(widen(life)));
        if known.is_some_and(|life| life.is_from_null == Some(!is_null)) {
            // The id has been used again.
            self.begin(id, Life::default());
        }
        self.tell(id, line, |life| {
            life.is_from_null = Some(is_null);
            true
        });
    }

    /// A mail is tried to be delivered. It matters if that fails for good, or goes where no mail should go.
    #[inline]
    pub(super) fn attempt(&mut self, id: u64, line: L, status: Status, matters: bool) {
        self.tell(id, line, |life| {
            life.matters |= matters;
            let may_be_bounce = life.is_from_null.unwrap_or(!life.is_whole);
            // What was tried before this piece may be done now.
            let may_end = !life.is_whole && status == Status::Sent;
            life.matters || may_be_bounce || may_end
        });
    }

    /// Something else happens to a mail.
    pub(super) fn happen(&mut self, id: u64, line: L, matters: bool) {
        self.tell(id, line, |life| {
            life.matters |= matters;
            true
        });
    }

    /// A mail is gone from the queue.
    #[inline]
    pub(super) fn remove(&mut self, id: u64, line: L) {
        self.tell(id, line, |life| {
            life.is_forgotten = life.is_whole && !life.matters;
            true
        });
        self.put(id, Slot::FREE);
    }

    /// Somebody will ask about a mail, if it is open.
    pub(super) fn matter(&mut self, id: u64) {
        if let Some(life) = self.find(id)
            && let Some(life) = self.lives.get_mut(widen(life))
        {
            life.matters = true;
        }
    }

    /// The lines that matter, in order.
    pub(super) fn finish(mut self) -> Vec<L> {
        self.remember();
        let is_forgotten = |line: &Line<L>| self.is_forgotten(line.life);
        let kept = self.lines.iter().filter(|line| !is_forgotten(line));
        kept.map(|line| line.line).collect()
    }

    fn is_forgotten(&self, life: Number) -> bool {
        let life = self.lives.get(widen(life));
        life.is_some_and(|life| life.is_forgotten)
    }

    /// Who brought in a mail that is kept, is said of the one that it was before.
    fn remember(&mut self) {
        for (life, before) in mem::take(&mut self.befores).into_iter().rev() {
            if !self.is_forgotten(life)
                && let Some(before) = self.lives.get_mut(widen(before))
            {
                before.is_forgotten = false;
            }
        }
    }

    /// Changes what is known of an open mail, or else of one that began before the piece. The change says whether the line
    /// is to be noted.
    #[inline(always)]
    fn tell(&mut self, id: u64, line: L, change: impl FnOnce(&mut Life) -> bool) {
        let number = self
            .find(id)
            .unwrap_or_else(|| self.begin(id, Life::default()));
        if let Some(life) = self.lives.get_mut(widen(number))
            && change(life)
        {
            self.lines.push(Line { life: number, line });
        }
    }

    /// Which of all mails is the open one of this id.
    #[inline(always)]
    fn find(&self, id: u64) -> Option<Number> {
        let slot = self.slots.get(slot(id))?;
        (slot.id == high(id) && widen(slot.life) < self.lives.len()).then_some(slot.life)
    }

    #[inline(always)]
    fn begin(&mut self, id: u64, life: Life) -> Number {
        let number = Number::try_from(self.lives.len()).unwrap_or(Number::MAX);
        self.lives.push(life);
        let slot = Slot {
            id: high(id),
            life: number,
        };
        self.put(id, slot);
        number
    }

    #[inline(always)]
    fn put(&mut self, id: u64, mail: Slot) {
        if let Some(slot) = self.slots.get_mut(slot(id)) {
            *slot = mail;
        }
    }
}

impl Slot {
    const FREE: Self = Self {
        id: 0,
        life: Number::MAX,
    };
}

fn widen(number: Number) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// What a slot keeps of an id. With what the slot tells of it, one of another mail is the same by a chance of one in 2^44.
#[inline(always)]
fn high(id: u64) -> u32 {
    let [_, _, _, _, high @ ..] = id.to_le_bytes();
    u32::from_le_bytes(high)
}

/// Which slot is that of an id.
#[inline(always)]
fn slot(id: u64) -> usize {
    let [low, high, ..] = id.to_le_bytes();
    usize::from(u16::from_le_bytes([low, high])) % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two mails that would be in the same slot.
    const ONE: u64 = 7;
    const OTHER: u64 = ONE + (1 << 32);

    fn kept(log: impl FnOnce(&mut Lives<usize>)) -> Vec<usize> {
        let mut lives = Lives::new();
        log(&mut lives);
        lives.finish()
    }

    fn arrive(lives: &mut Lives<usize>, id: u64, at: usize) {
        lives.arrive(id, at, None, false);
        lives.name_sender(id, at + 1, false);
    }

    #[test]
    fn what_comes_and_goes_is_forgotten() {
        let kept = kept(|lives| {
            arrive(lives, ONE, 10);
            lives.attempt(ONE, 12, Status::Sent, false);
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
            lives.attempt(ONE, 12, Status::Sent, false);
            lives.attempt(ONE, 13, Status::Deferred, true);
            lives.attempt(ONE, 14, Status::Sent, false);
            lives.remove(ONE, 15);
        });
        assert_eq!(failed, [10, 11, 13, 14, 15]);
        let open = kept(|lives| {
            arrive(lives, ONE, 10);
            lives.attempt(ONE, 12, Status::Deferred, false);
        });
        assert_eq!(open, [10, 11]);
        let before = kept(|lives| {
            lives.attempt(ONE, 10, Status::Sent, false);
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
            lives.attempt(1, 13, Status::Sent, false);
            lives.remove(1, 14);
            lives.remove(ONE, 15);
            arrive(lives, OTHER, 20);
            lives.matter(ONE);
            lives.remove(OTHER, 22);
        });
        assert_eq!(bounce, [10, 11, 12, 13, 14, 15]);
        let notified = kept(|lives| {
            arrive(lives, ONE, 10);
            lives.happen(ONE, 12, false);
            lives.happen(ONE, 13, true);
            lives.name_sender(1, 14, true);
            lives.attempt(1, 15, Status::Sent, false);
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
            lives.name_sender(ONE, 20, true);
            lives.remove(ONE, 22);
        });
        assert_eq!(sent, [10, 11, 20, 22]);
    }

    #[test]
    fn of_what_began_before_it_is_kept_where_it_may_be_a_bounce_or_go_on() {
        let nothing_said = kept(|lives| lives.attempt(ONE, 10, Status::Deferred, false));
        assert_eq!(nothing_said, [10]);
        for (is_null, expected) in [(true, vec![10, 11, 12]), (false, vec![10, 12])] {
            let said = kept(|lives| {
                lives.name_sender(ONE, 10, is_null);
                lives.attempt(ONE, 11, Status::Deferred, false);
                lives.attempt(ONE, 12, Status::Sent, false);
            });
            assert_eq!(said, expected);
        }
    }

    #[test]
    fn what_a_mail_was_before_is_kept_if_it_is() {
        for matters in [false, true] {
            let kept = kept(|lives| {
                arrive(lives, ONE, 10);
                lives.arrive(1, 20, Some(ONE), false);
                lives.remove(ONE, 25);
                lives.arrive(2, 30, Some(1), false);
                lives.remove(1, 35);
                lives.attempt(2, 40, Status::Deferred, matters);
                lives.remove(2, 45);
                lives.arrive(3, 50, Some(2), false);
                lives.remove(3, 55);
            });
            let expected: &[usize] = match matters {
                true => &[10, 11, 20, 25, 30, 35, 40, 45],
                false => &[],
            };
            assert_eq!(kept, expected);
        }
    }

    #[test]
    fn mails_in_the_same_slot_are_kept() {
        let kept = kept(|lives| {
            arrive(lives, ONE, 10);
            arrive(lives, OTHER, 20);
            lives.attempt(ONE, 30, Status::Sent, false);
            lives.remove(ONE, 31);
            lives.remove(OTHER, 32);
            arrive(lives, ONE, 40);
            lives.remove(ONE, 42);
        });
        assert_eq!(kept, [10, 11, 20, 21, 30, 31, 32]);
    }

    #[test]
    fn a_mail_whose_slot_is_lost_is_not_found() {
        let kept = kept(|lives| {
            arrive(lives, ONE, 10);
            lives.remove(OTHER, 20);
            lives.arrive(1, 30, Some(ONE), false);
            lives.matter(ONE);
            lives.remove(1, 31);
            lives.remove(ONE, 40);
        });
        assert_eq!(kept, [10, 11, 20, 40]);
    }
}
