//! A name, or a shape of names with `*` for anything.

/// A pattern with at most one star; without one, the name itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    before: String,
    after: Option<String>,
}

impl Pattern {
    /// The pattern of a text. Only the first star is one.
    #[must_use]
    pub fn new(text: &str) -> Self {
        match text.split_once('*') {
            None => Self {
                before: text.to_owned(),
                after: None,
            },
            Some((before, after)) => Self {
                before: before.to_owned(),
                after: Some(after.to_owned()),
            },
        }
    }

    /// Whether a name has this shape. Nothing has none.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        match &self.after {
            None => self.before == name && !name.is_empty(),
            Some(after) => name
                .strip_prefix(self.before.as_str())
                .is_some_and(|rest| rest.ends_with(after.as_str()) && !name.is_empty()),
        }
    }

    /// Whether `first/second` has this shape, without joining them.
    #[must_use]
    pub fn matches_pair(&self, first: &str, second: &str) -> bool {
        self.before
            .strip_prefix(first)
            .and_then(|rest| rest.strip_prefix('/'))
            .is_some_and(|rest| match &self.after {
                None => rest == second && !second.is_empty(),
                Some(after) => second
                    .strip_prefix(rest)
                    .is_some_and(|tail| tail.ends_with(after.as_str())),
            })
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.before)?;
        match &self.after {
            Some(after) => write!(f, "*{after}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_star_stands_for_anything() {
        assert!(Pattern::new("gpt-4o").matches("gpt-4o"));
        assert!(!Pattern::new("gpt-4o").matches("gpt-4o-mini"));
        assert!(Pattern::new("gpt-*").matches("gpt-4o-mini"));
        assert!(Pattern::new("*-mini").matches("gpt-4o-mini"));
        assert!(Pattern::new("gpt*mini").matches("gpt-4o-mini"));
        assert!(!Pattern::new("ab*ba").matches("aba"));
        assert!(!Pattern::new("*").matches(""));
        assert!(Pattern::new("azure/sweden*").matches_pair("azure", "swedencentral"));
        assert!(Pattern::new("azure/eastus").matches_pair("azure", "eastus"));
        assert!(!Pattern::new("azure/eastus").matches_pair("azure", "eastus2"));
    }
}
