//! Instances that do not know of one another.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::Dialect;

/// The rule.
pub const RULE: Rule = Rule {
    name: "state-not-shared",
    title: "instances do not share their state",
    family: Family::Route,
    severity: Severity::Warning,
    confidence: Confidence::High,
    harm: Harm::Waits,
    dialects: &[Dialect::Litellm, Dialect::Compose, Dialect::Kubernetes],
    fix: FixKind::None,
    why: "Cooldowns, usage and limits are counted per process: with three instances a dead deployment is found \
          three times, and a limit of 100 is one of 300. Redis is what LiteLLM shares them through.",
    how: &[(
        Dialect::Litellm,
        "router_settings:\n  redis_host: os.environ/REDIS_HOST\n  redis_password: os.environ/REDIS_PASSWORD",
    )],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for (_, gateway) in audit.gateways_of(Dialect::Litellm) {
        let processes = audit.processes(gateway);
        if gateway.shared_state.is_some() || processes < 2 {
            continue;
        }
        let mut hit = Hit::at(
            &gateway.place,
            format!("{processes} processes count cooldowns and limits each for itself: a dead deployment is found {processes} times"),
        )
        .label("no `redis_host`");
        if let Some(service) = gateway.run_by.first() {
            hit = hit.related(&audit.system.service(*service).place, "runs several times");
        }
        hits.push(hit);
    }
}
