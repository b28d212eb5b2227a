//! A semantic cache that everybody shares.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::source::Edit;
use crate::system::{Dialect, Scope};

/// The rule.
pub const RULE: Rule = Rule {
    name: "cache-across-tenants",
    title: "a semantic cache is shared by all tenants",
    family: Family::Cache,
    severity: Severity::Error,
    confidence: Confidence::Medium,
    harm: Harm::Rest,
    dialects: &[Dialect::Litellm, Dialect::Aisys],
    fix: FixKind::Safe,
    why: "A semantic cache serves answers to questions that are merely alike. Shared by all, it serves one \
          customer's answer, with that customer's names and numbers in it, to another.",
    how: &[
        (
            Dialect::Litellm,
            "litellm_settings:\n  cache_params: {type: redis-semantic, semantic_cache_scope: key}",
        ),
        (Dialect::Aisys, "cache: {semantic: {per: tenant}}"),
    ],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, route) in audit.routes() {
        let Some(cache) = route.policy.cache.value.as_ref() else {
            continue;
        };
        if !cache.semantic || cache.scope.value != Scope::Everyone {
            continue;
        }
        let place = cache
            .scope
            .place()
            .cloned()
            .unwrap_or_else(|| route.place_of(&route.policy.cache));
        let mut hit = Hit::at(
            &place,
            "near matches are served across tenants: one customer reads another's answer",
        )
        .route(id)
        .label("shared by all");
        if route.dialect == Dialect::Litellm && cache.scope.is_written() {
            hit = hit.safe_fix(
                "keep entries by key",
                vec![Edit {
                    place: place.clone(),
                    text: "key".to_owned(),
                }],
            );
        }
        hits.push(hit);
    }
}
