//! One mapping laid over another.

use crate::source::{Data, Node};

/// `over` on top of `base`: mappings are joined key by key, all else replaces. Every value keeps the place
/// where it is written.
pub(super) fn overlay(base: &Node, over: &Node) -> Node {
    let (Data::Map(under), Data::Map(upper)) = (&base.data, &over.data) else {
        return over.clone();
    };
    let mut joined = under.clone();
    for entry in &upper.entries {
        match joined.entries.iter_mut().find(|known| known.key.text == entry.key.text) {
            Some(known) => {
                known.value = overlay(&known.value, &entry.value);
                known.key = entry.key.clone();
            }
            None => joined.entries.push(entry.clone()),
        }
    }
    Node {
        data: Data::Map(joined),
        place: over.place.clone(),
    }
}
