//! Every rule, one line each.

use super::Rule;
use super::rules::{
    cache, configuration, context, cost, evaluation, failure, fallback, model, observation, prompt, retry, route,
    safety, time,
};

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
    &time::unit_mistake::RULE,

    // retry
    &retry::retry_amplification::RULE,
    &retry::retries_off::RULE,
    &retry::retries_client_errors::RULE,
    &retry::no_backoff::RULE,
    &retry::retry_after_unbounded::RULE,
    &retry::no_cooldown::RULE,
    &retry::no_health_check::RULE,

    // cost
    &cost::no_budget::RULE,
    &cost::budget_not_enforced::RULE,
    &cost::no_output_cap::RULE,
    &cost::no_rate_limit::RULE,
    &cost::rate_limit_not_enforced::RULE,
    &cost::unbounded_spend::RULE,
    &cost::no_light_route::RULE,
    &cost::expensive_default::RULE,
    &cost::fallback_price_jump::RULE,
    &cost::no_per_user_limit::RULE,
    &cost::agent_loop_unbounded::RULE,
    &cost::unpriced_model::RULE,
    &cost::multiplied_calls::RULE,

    // cache
    &cache::no_cache::RULE,
    &cache::cache_per_process::RULE,
    &cache::cache_without_ttl::RULE,
    &cache::cache_across_tenants::RULE,
    &cache::cache_threshold_too_low::RULE,
    &cache::no_prompt_cache::RULE,

    // context
    &context::no_context_check::RULE,
    &context::no_context_fallback::RULE,
    &context::context_overflow::RULE,
    &context::no_input_limit::RULE,
    &context::context_stuffing::RULE,
    &context::output_cap_over_model::RULE,

    // model
    &model::unpinned_model::RULE,
    &model::deprecated_model::RULE,
    &model::latest_alias::RULE,
    &model::unknown_model::RULE,
    &model::wildcard_route::RULE,

    // route
    &route::uneven_weights::RULE,
    &route::state_not_shared::RULE,

    // evaluation
    &evaluation::no_evaluation::RULE,
    &evaluation::fallback_never_evaluated::RULE,
    &evaluation::judge_grades_itself::RULE,
    &evaluation::no_production_judge::RULE,

    // prompt
    &prompt::prompt_in_code::RULE,
    &prompt::untrusted_in_system::RULE,
    &prompt::parse_without_schema::RULE,

    // safety
    &safety::literal_secret::RULE,
    &safety::no_gateway_auth::RULE,
    &safety::weak_gateway_key::RULE,
    &safety::published_port::RULE,
    &safety::plaintext_endpoint::RULE,
    &safety::prompts_logged::RULE,

    // observation
    &observation::no_traces::RULE,
    &observation::no_alerting::RULE,
    &observation::debug_logging::RULE,

    // configuration
    &configuration::unknown_key::RULE,
    &configuration::misplaced_key::RULE,
    &configuration::duplicate_key::RULE,
    &configuration::invalid_value::RULE,
    &configuration::not_expanded::RULE,
    &configuration::unset_variable::RULE,
    &configuration::unused_deployment::RULE,
    &configuration::unpinned_image::RULE,
    &configuration::mock_in_production::RULE,
];

/// The rule of a name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.name == name)
}
