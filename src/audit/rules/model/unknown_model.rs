//! A name that is nearly a known one.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::{Dialect, names};

/// The rule.
pub const RULE: Rule = Rule {
    name: "unknown-model",
    title: "a model name is nearly a known one",
    family: Family::Model,
    severity: Severity::Note,
    confidence: Confidence::Low,
    harm: Harm::Dies,
    dialects: Dialect::ALL,
    fix: FixKind::NeedsReview,
    why: "A misspelt model answers 404 on the first request, or on the day the fallback is needed. The price \
          map knows some 4,500 names; one that is a letter away from one of them at the same provider is more \
          often a slip than a new model.",
    how: &[(
        Dialect::Litellm,
        "litellm_params:\n  model: openai/gpt-5.4-mini   # not gpt-5.4-mnii",
    )],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, route) in audit.routes() {
        for member in &route.members {
            let deployment = audit.system.deployment(*member);
            let model = deployment.model.value.as_str();
            if deployment.facts.is_some() || deployment.self_hosted || model.len() < 6 || model.contains('*') {
                continue;
            }
            let Some(place) = deployment.model.place() else {
                continue;
            };
            let Some(near) = nearest_of_provider(audit, &deployment.provider.value, model) else {
                continue;
            };
            hits.push(
                Hit::at(
                    place,
                    format!(
                        "{} has no {model} that is known; {near} is near",
                        deployment.provider.value
                    ),
                )
                .route(id)
                .label("not a known name")
                .help(format!("did you mean {near}?")),
            );
        }
    }
}

/// A known model of the provider that is one or two letters off, its beginning the same.
fn nearest_of_provider<'a>(audit: &Audit<'a>, provider: &str, model: &str) -> Option<&'a str> {
    let beginning: String = model.chars().take(3).collect();
    let prefixed = format!("{provider}/{beginning}");
    let bare = audit.prices.names_beginning(&beginning).filter(|name| {
        audit
            .prices
            .find(provider, name, None)
            .is_some_and(|facts| facts.found.is_certain())
    });
    let full = audit.prices.names_beginning(&prefixed);
    bare.chain(full).find(|name| {
        let name = name.rsplit('/').next().unwrap_or(name);
        name.len().abs_diff(model.len()) <= 1
            && strsim::damerau_levenshtein(name, model) == 1
            && digits(name).eq(digits(model))
            && !names::is_pinned(model)
    })
}

/// A name's digits. Where they differ it is another version (`gemini-1.5-flash`, which the map has
/// dropped, and `gemini-2.5-flash`) and no slip of the pen.
fn digits(name: &str) -> impl Iterator<Item = u8> + '_ {
    name.bytes().filter(u8::is_ascii_digit)
}
