//! Cached answers that never go.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::source::set_key;
use crate::system::Dialect;

/// The rule.
pub const RULE: Rule = Rule {
    name: "cache-without-ttl",
    title: "cached answers never expire",
    family: Family::Cache,
    severity: Severity::Note,
    confidence: Confidence::High,
    harm: Harm::Rest,
    dialects: &[Dialect::Litellm, Dialect::Portkey, Dialect::Aisys],
    fix: FixKind::Safe,
    why: "An answer that was right in March is served in November: prices, policies and models change, and \
          nobody remembers the cache. Entries without an end also fill the store until it evicts at random.",
    how: &[
        (Dialect::Litellm, "litellm_settings:\n  cache_params: {ttl: 600}"),
        (
            Dialect::Portkey,
            "{\"cache\": {\"mode\": \"simple\", \"max_age\": 600}}",
        ),
    ],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, route) in audit.routes() {
        let setting = &route.policy.cache;
        let Some(cache) = setting.value.as_ref().filter(|cache| cache.ttl.is_none()) else {
            continue;
        };
        let place = route.place_of(setting);
        let (path, value): (&[&str], &str) = match route.dialect {
            Dialect::Litellm => (&["litellm_settings", "cache_params", "ttl"], "600"),
            Dialect::Portkey => (&["cache", "max_age"], "600"),
            _ => (&[], ""),
        };
        let edit = audit
            .document_at(&place)
            .filter(|_| !path.is_empty())
            .and_then(|root| set_key(root, path, value));
        hits.push(
            Hit::at(
                &place,
                format!(
                    "entries of the {} cache never expire: old answers are served for ever",
                    cache.name
                ),
            )
            .route(id)
            .label("no `ttl`")
            .safe_fix("let entries live for ten minutes", edit.into_iter().collect()),
        );
    }
}
