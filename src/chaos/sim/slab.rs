//! Things that come and go, by number. What leaves keeps its memory for who comes next.

/// A list with free places.
#[derive(Debug, Default)]
pub(super) struct Slab<T> {
    items: Vec<T>,
    free: Vec<u32>,
}

impl<T: Default> Slab<T> {
    /// A free place; what was there before is still there, to be overwritten.
    #[inline]
    pub(super) fn take(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            self.items.push(T::default());
            u32::try_from(self.items.len() - 1).unwrap_or(u32::MAX)
        })
    }

    /// A place is free again.
    #[inline]
    pub(super) fn leave(&mut self, at: u32) {
        self.free.push(at);
    }

    /// How many places there are.
    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.items.len()).unwrap_or(u32::MAX)
    }

    #[inline]
    pub(super) fn get(&self, at: u32) -> &T {
        &self.items[at as usize]
    }

    #[inline]
    pub(super) fn get_mut(&mut self, at: u32) -> &mut T {
        &mut self.items[at as usize]
    }
}
