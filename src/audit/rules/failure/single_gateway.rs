//! A gateway that runs once, is not started again, or is never asked whether it works.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::source::set_key;
use crate::system::{Dialect, Service, ServiceKind};

/// The rule.
pub const RULE: Rule = Rule {
    name: "single-gateway",
    title: "the gateway itself is a single point of failure",
    family: Family::Failure,
    severity: Severity::Warning,
    confidence: Confidence::High,
    harm: Harm::Dies,
    dialects: &[Dialect::Compose, Dialect::Kubernetes],
    fix: FixKind::Safe,
    why: "Fallbacks between providers help nobody while the gateway is down. Of 108 public compose files that run \
          a gateway 100 % run one replica, 47 % have no health check and 34 % no restart policy: one crash on a \
          Friday evening, and nothing starts it again.",
    how: &[
        (
            Dialect::Compose,
            "services:\n  litellm:\n    restart: unless-stopped\n    deploy: {replicas: 2}\n    healthcheck:\n      test: [\"CMD-SHELL\", \"curl -f http://localhost:4000/health/liveliness\"]\n      interval: 30s",
        ),
        (
            Dialect::Kubernetes,
            "spec:\n  replicas: 2\n  template: {spec: {containers: [{livenessProbe: {…}, readinessProbe: {…}}]}}",
        ),
    ],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for service in &audit.system.services {
        if !matches!(service.kind, ServiceKind::Gateway(_)) {
            continue;
        }
        let missing = missing(service);
        if missing.is_empty() {
            continue;
        }
        let hit = Hit::at(
            &service.place,
            format!(
                "the gateway `{}` has {}: when it stops, every route stops",
                service.name,
                missing.join(", ")
            ),
        )
        .label(missing.join(", "));
        // One replica that is watched and started again is a gap of seconds, and common.
        let only_one = missing.len() == 1 && service.replicas.value <= 1 && service.restarts.value;
        let hit = if only_one { hit.severity(Severity::Note) } else { hit };
        hits.push(with_restart(audit, service, hit));
    }
}

fn missing(service: &Service) -> Vec<&'static str> {
    let mut missing = Vec::new();
    if service.replicas.value <= 1 && !service.scales {
        missing.push("one replica");
    }
    if !service.restarts.value {
        missing.push("no restart policy");
    }
    if !service.health_check.value {
        missing.push("no health check");
    }
    missing
}

fn with_restart(audit: &Audit<'_>, service: &Service, hit: Hit) -> Hit {
    if service.restarts.value || service.dialect != Dialect::Compose {
        return hit;
    }
    let edit = audit
        .document_at(&service.block)
        .and_then(|root| set_key(root, &["services", &service.name, "restart"], "unless-stopped"));
    hit.safe_fix("start it again after a crash", edit.into_iter().collect())
}
