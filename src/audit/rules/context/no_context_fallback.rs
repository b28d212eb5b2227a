//! Nothing for input that is too long.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::{Dialect, FallbackKind};

/// The rule.
pub const RULE: Rule = Rule {
    name: "no-context-fallback",
    title: "nothing answers when the input is too long",
    family: Family::Context,
    severity: Severity::Warning,
    confidence: Confidence::High,
    harm: Harm::Dies,
    dialects: &[Dialect::Litellm, Dialect::Aisys],
    fix: FixKind::NeedsReview,
    why: "One huge upload blows the window, and the request fails although a model with a larger window is at \
          hand. 96 % of 104 public LiteLLM configurations have no `context_window_fallbacks`.",
    how: &[(
        Dialect::Litellm,
        "router_settings:\n  context_window_fallbacks: [{chat: [long-window]}]",
    )],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (id, gateway) in audit.gateways_of(Dialect::Litellm) {
        let routes: Vec<_> = audit.chat_routes_of(id).collect();
        let covered = routes.iter().any(|(_, route)| {
            route
                .fallbacks
                .iter()
                .any(|fallback| fallback.kind == FallbackKind::Context)
        });
        if covered {
            continue;
        }
        let widest = routes
            .iter()
            .filter(|(_, route)| !route.wildcard)
            .filter_map(|(_, route)| {
                let facts = audit.system.deployment(*route.members.first()?).facts.as_ref()?;
                Some((facts.max_input_tokens?, &route.name))
            })
            .max_by_key(|(window, _)| *window);
        let help = widest.map_or_else(
            || "name a route with a larger window in `context_window_fallbacks`".to_owned(),
            |(window, name)| {
                format!("`{name}` holds {window} tokens: name it in `router_settings.context_window_fallbacks`")
            },
        );
        for (route_id, _) in &routes {
            hits.push(
                Hit::at(
                    &gateway.place,
                    "what is too long for its model fails: no route has a fallback for it",
                )
                .route(*route_id)
                .label("no `context_window_fallbacks`")
                .help(help.clone()),
            );
        }
    }
}
