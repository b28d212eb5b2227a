//! Money.

pub mod agent_loop_unbounded;
pub mod budget_not_enforced;
pub mod expensive_default;
pub mod fallback_price_jump;
pub mod multiplied_calls;
pub mod no_budget;
pub mod no_light_route;
pub mod no_output_cap;
pub mod no_per_user_limit;
pub mod no_rate_limit;
pub mod rate_limit_not_enforced;
pub mod unbounded_spend;
pub mod unpriced_model;
