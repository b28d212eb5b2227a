//! Every rule, one line each.

use super::Rule;
use super::rules::{failure, fallback, retry, time};

/// All rules, family by family in the order of the documents.
#[rustfmt::skip]
pub const RULES: &[&Rule] = &[
    // failure
    &failure::single_provider::RULE,
    &failure::single_account::RULE,
    &failure::single_region::RULE,
    &failure::single_host::RULE,
    &failure::single_service::RULE,
    &failure::single_gateway::RULE,
    &failure::single_model_family::RULE,

    // fallback
    &fallback::no_fallback::RULE,
    &fallback::fallback_shares_fate::RULE,
    &fallback::fallback_cycle::RULE,
    &fallback::fallback_undefined::RULE,
    &fallback::fallback_unreachable::RULE,
    &fallback::fallback_partly_covers::RULE,
    &fallback::fallback_smaller_context::RULE,
    &fallback::fallback_loses_capability::RULE,
    &fallback::fallback_on_client_error::RULE,
    &fallback::priority_without_retry::RULE,
    &fallback::paid_fallback_of_free::RULE,
    &fallback::no_degraded_answer::RULE,

    // time
    &time::no_timeout::RULE,
    &time::timeout_over_deadline::RULE,
    &time::no_stream_timeout::RULE,
    &time::longest_wait::RULE,
    &time::inner_outlives_outer::RULE,

    // retry
    &retry::retry_amplification::RULE,
    &retry::retries_off::RULE,
    &retry::retries_client_errors::RULE,
    &retry::no_backoff::RULE,
    &retry::retry_after_unbounded::RULE,
    &retry::no_cooldown::RULE,
    &retry::no_health_check::RULE,

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
