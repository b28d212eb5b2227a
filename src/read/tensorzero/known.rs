//! The keys that each table knows (`configuration-reference.mdx` and `config/*.rs`, `TensorZero` 7a6159a).

/// The tables of a file.
pub(super) const TOP: &[&str] = &[
    "autopilot",
    "clickhouse",
    "embedding_models",
    "evaluations",
    "functions",
    "gateway",
    "metrics",
    "models",
    "object_storage",
    "optimizers",
    "postgres",
    "provider_types",
    "rate_limiting",
    "tools",
];

/// `[gateway]`.
pub(super) const GATEWAY: &[&str] = &[
    "auth",
    "base_path",
    "bind_address",
    "cache",
    "debug",
    "disable_pseudonymous_usage_analytics",
    "enable_template_filesystem_access",
    "export",
    "fetch_and_encode_input_files_before_inference",
    "global_outbound_http_timeout_ms",
    "metrics",
    "observability",
    "relay",
    "template_filesystem_access",
    "unstable_disable_feedback_target_validation",
    "unstable_error_json",
];

/// `[gateway.observability]`.
pub(super) const OBSERVABILITY: &[&str] = &[
    "async_writes",
    "batch_writes",
    "disable_automatic_migrations",
    "enabled",
    "skip_completed_migrations",
];

/// `[models.<name>]` and `[embedding_models.<name>]`.
pub(super) const MODEL: &[&str] = &[
    "namespace",
    "providers",
    "routing",
    "skip_relay",
    "timeout_ms",
    "timeouts",
];

/// `[models.<name>.providers.<name>]`, whatever its type.
pub(super) const PROVIDER: &[&str] = &[
    "access_key_id",
    "allow_auto_detect_region",
    "api_base",
    "api_key_location",
    "api_type",
    "batch_cost",
    "beta_structured_outputs",
    "cost",
    "credential_location",
    "deployment_id",
    "discard_unknown_chunks",
    "endpoint",
    "endpoint_id",
    "endpoint_name",
    "endpoint_url",
    "extra_body",
    "extra_headers",
    "hosted_provider",
    "include_encrypted_reasoning",
    "location",
    "model_id",
    "model_name",
    "project_id",
    "provider_tools",
    "region",
    "secret_access_key",
    "session_token",
    "timeout_ms",
    "timeouts",
    "type",
];

/// `[functions.<name>]`.
pub(super) const FUNCTION: &[&str] = &[
    "assistant_schema",
    "description",
    "evaluators",
    "experimentation",
    "output_schema",
    "parallel_tool_calls",
    "schemas",
    "system_schema",
    "tool_choice",
    "tools",
    "type",
    "user_schema",
    "variants",
];

/// `[functions.<name>.variants.<name>]`, whatever its type.
pub(super) const VARIANT: &[&str] = &[
    "active",
    "assistant_template",
    "candidates",
    "embedding_model",
    "evaluator",
    "extra_body",
    "extra_headers",
    "frequency_penalty",
    "fuser",
    "input_wrappers",
    "json_mode",
    "k",
    "max_distance",
    "max_tokens",
    "model",
    "presence_penalty",
    "reasoning_effort",
    "retries",
    "seed",
    "service_tier",
    "stop_sequences",
    "system_instructions",
    "system_template",
    "temperature",
    "templates",
    "thinking_budget_tokens",
    "timeout_s",
    "timeouts",
    "top_p",
    "type",
    "user_template",
    "verbosity",
    "weight",
];

/// `[functions.<name>.experimentation]`.
pub(super) const EXPERIMENT: &[&str] = &[
    "algorithm",
    "candidate_variants",
    "delta",
    "epsilon",
    "fallback_variants",
    "max_samples_per_variant",
    "metric",
    "min_prob",
    "min_samples_per_variant",
    "namespaces",
    "type",
    "update_period_s",
];

/// `retries` of a variant.
pub(super) const RETRIES: &[&str] = &["max_delay_s", "num_retries"];

/// `timeouts`.
pub(super) const TIMEOUTS: &[&str] = &["non_streaming", "streaming"];

/// `timeouts.non_streaming` and `timeouts.streaming`.
pub(super) const TIMES: &[&str] = &["total_ms", "ttft_ms"];

/// `[rate_limiting]`.
pub(super) const RATE_LIMITING: &[&str] = &["default_cost", "enabled", "rules"];

/// What a rule counts, in front of `_per_<period>`.
pub(super) const COUNTED: &[&str] = &["model_inferences", "tokens", "cost"];

/// What else a rule holds.
pub(super) const RULE: &[&str] = &["always", "priority", "scope"];
