//! What happens next: moments in order, equal ones in the order in which they were set.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::pipeline::policy::Tick;

/// What was set: its order and whom it concerns. Who waits for one keeps its mark, and so knows one that is stale.
pub(super) type Mark = u32;

/// A heap of moments. An entry is one number, so that comparing two is one comparison.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    heap: BinaryHeap<Reverse<u128>>,
    set: u32,
}

impl Agenda {
    /// Sets a moment for someone, and gives its mark.
    #[inline]
    pub(super) fn set(&mut self, at: Tick, whom: u32) -> Mark {
        self.set = self.set.wrapping_add(1);
        let entry = u128::from(at.0) << 64 | u128::from(self.set) << 32 | u128::from(whom);
        self.heap.push(Reverse(entry));
        self.set
    }

    /// When the next one is.
    #[inline]
    #[must_use]
    pub(super) fn next(&self) -> Option<Tick> {
        self.heap.peek().map(|Reverse(entry)| Tick((entry >> 64) as u64))
    }

    /// Takes the next one out: when, its mark, and whom it concerns.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the parts of the number")]
    pub(super) fn pop(&mut self) -> Option<(Tick, Mark, u32)> {
        let Reverse(entry) = self.heap.pop()?;
        Some((Tick((entry >> 64) as u64), (entry >> 32) as u32, entry as u32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_come_in_order_and_equal_ones_as_they_were_set() {
        let mut agenda = Agenda::default();
        for (at, whom) in [(5, 1), (3, 2), (5, 3), (0, 4)] {
            agenda.set(Tick(at), whom);
        }
        let order: Vec<u32> = std::iter::from_fn(|| agenda.pop()).map(|(_, _, whom)| whom).collect();
        assert_eq!(order, [4, 2, 1, 3]);
    }
}
