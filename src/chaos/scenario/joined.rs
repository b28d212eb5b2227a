//! `{first_token: lognormal(450ms, 0.5), …}`: in YAML the comma ends the value, and `0.5)` is a key of its own.
//! Whoever writes that means one value, so it is made one.

use crate::source::{Data, Map, Node};

/// Joins values whose bracket is still open with the keys without a value that follow them.
pub(super) fn join(node: &mut Node) {
    match &mut node.data {
        Data::Seq(items) => items.iter_mut().for_each(join),
        Data::Map(map) => {
            join_entries(map);
            map.entries.iter_mut().for_each(|entry| join(&mut entry.value));
        }
        _ => {}
    }
}

fn join_entries(map: &mut Map) {
    let mut entries = std::mem::take(&mut map.entries).into_iter().peekable();
    while let Some(mut entry) = entries.next() {
        if let Data::Str(text) = &mut entry.value.data {
            while is_open(text) {
                let Some(next) = entries.next_if(|next| next.value.is_null()) else {
                    break;
                };
                text.push_str(", ");
                text.push_str(&next.key.text);
            }
        }
        map.entries.push(entry);
    }
}

fn is_open(text: &str) -> bool {
    text.matches('(').count() > text.matches(')').count()
}
