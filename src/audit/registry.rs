//! Every rule, one line each.

use super::Rule;
use super::rules::time;

/// All rules, family by family in the order of the documents.
#[rustfmt::skip]
pub const RULES: &[&Rule] = &[
    // failure

    // fallback

    // time
    &time::no_timeout::RULE,

    // retry

    // cost

    // cache

    // context

    // model

    // route

    // evaluation

    // prompt

    // safety

    // observation

    // configuration
];

/// The rule of a name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.name == name)
}
