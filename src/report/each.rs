//! A list that is written member by member, so that a large report is never held a second time.

use serde::ser::{Serialize, Serializer};
use serde_json::Value;

/// A list whose members become JSON values one at a time.
pub(super) struct Each<'a, T, F>(pub &'a [T], pub F);

impl<T, F: Fn(&T) -> Value> Serialize for Each<'_, T, F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(&self.1))
    }
}
