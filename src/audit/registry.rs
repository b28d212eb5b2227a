//! Every rule, one line each.

use super::Rule;
use super::rules::time;

/// All rules, in the order of the documents.
pub const RULES: &[&Rule] = &[&time::no_timeout::RULE];

/// The rule of a name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.name == name)
}
