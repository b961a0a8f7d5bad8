//! Hints to the processor about what will be read soon.
//!
//! Among millions of domains an answer waits for memory more than for anything else. Who has several
//! questions has the memory of all of them fetched at the same time.
//!
//! # What makes it sound
//!
//! A prefetch is a hint: it reads nothing that a program sees, and does not fault whatever the
//! address. What an [`Entry`] points at is found out without following it: it is a `ThinArc`, which
//! is `repr(transparent)` over a pointer; its size is checked below.
#![expect(
    unsafe_code,
    reason = "it halves what an answer among millions costs over one among thousands, see docs/performance.md"
)]

use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use crate::oracle::entry::Entry;

const _: () = assert!(size_of::<Entry>() == size_of::<*const u8>());

/// Octets that come at once.
const LINE_OCTETS: usize = 64;

/// Where the elements of a vector begin, which may have moved since.
pub(super) struct Start<T>(AtomicPtr<T>);

impl<T> Start<T> {
    pub(super) fn set(&self, elements: &[T]) {
        self.0
            .store(elements.as_ptr().cast_mut(), Ordering::Relaxed);
    }

    /// Fetches an element, or what is there now.
    #[inline]
    pub(super) fn fetch(&self, index: usize) {
        hint(self.0.load(Ordering::Relaxed).wrapping_add(index).cast());
    }
}

impl<T> Default for Start<T> {
    fn default() -> Self {
        Self(AtomicPtr::default())
    }
}

/// Fetches the block of an entry, as much as a usual one has.
#[inline]
pub(super) fn fetch_block(entry: &Entry) {
    // SAFETY: the entry is borrowed, and is a pointer (see the head of this file).
    let block = unsafe { ptr::from_ref(entry).cast::<*const i8>().read() };
    hint(block);
    hint(block.wrapping_add(LINE_OCTETS));
    hint(block.wrapping_add(2 * LINE_OCTETS));
}

#[cfg(target_arch = "x86_64")]
#[inline]
fn hint(address: *const i8) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    // SAFETY: a hint, whatever the address.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(address) }
}

/// Other processors do without: there is no stable way to tell them.
#[cfg(not(target_arch = "x86_64"))]
#[inline]
fn hint(_: *const i8) {}
