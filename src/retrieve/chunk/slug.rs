//! Names of headings, as GitHub makes them for links.

use std::collections::HashMap;

/// Lower case; letters, digits, `-` and `_` stay, white space becomes `-`, the rest goes.
pub(super) fn slug(title: &str) -> String {
    let kept = title.trim().chars().filter_map(|char| match char {
        '-' | '_' => Some(char),
        char if char.is_whitespace() => Some('-'),
        char if char.is_alphanumeric() => Some(char),
        _ => None,
    });
    kept.flat_map(char::to_lowercase).collect()
}

/// The slugs of one document: a second heading of the same words gets `-1`, a third `-2`.
#[derive(Default)]
pub(super) struct Slugs {
    seen: HashMap<String, usize>,
}

impl Slugs {
    pub(super) fn name(&mut self, title: &str) -> String {
        let base = match slug(title) {
            empty if empty.is_empty() => "section".to_owned(),
            slug => slug,
        };
        let mut name = base.clone();
        while self.seen.contains_key(&name) {
            let count = self.seen.entry(base.clone()).or_default();
            *count += 1;
            name = format!("{base}-{count}");
        }
        self.seen.insert(name.clone(), 0);
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_githubs() {
        assert_eq!(slug("How to send a parcel back?"), "how-to-send-a-parcel-back");
        assert_eq!(slug("C++ & Größe: snake_case - 2"), "c--größe-snake_case---2");
        let mut slugs = Slugs::default();
        let names: Vec<_> = ["Setup", "Setup", "Setup 1", "setup", "!?"]
            .iter()
            .map(|title| slugs.name(title))
            .collect();
        assert_eq!(names, ["setup", "setup-1", "setup-1-1", "setup-2", "section"]);
    }
}
