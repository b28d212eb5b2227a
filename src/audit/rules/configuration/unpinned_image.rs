//! A gateway image that floats.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::system::{Dialect, ServiceKind};

/// The rule.
pub const RULE: Rule = Rule {
    name: "unpinned-image",
    title: "the gateway's image is not pinned",
    family: Family::Configuration,
    severity: Severity::Warning,
    confidence: Confidence::High,
    harm: Harm::Dies,
    dialects: &[Dialect::Compose, Dialect::Kubernetes],
    fix: FixKind::None,
    why: "`latest` and `main-stable` change under a restart: LiteLLM 1.109 refuses keys that 1.106 took, so a \
          restart on a Friday can be the outage. 73 % of 108 public compose files that run a gateway float.",
    how: &[
        (Dialect::Compose, "image: ghcr.io/berriai/litellm:v1.109.1"),
        (Dialect::Kubernetes, "image: ghcr.io/berriai/litellm@sha256:…"),
    ],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for service in &audit.system.services {
        let Some(image) = service
            .image
            .as_ref()
            .filter(|_| matches!(service.kind, ServiceKind::Gateway(_)))
        else {
            continue;
        };
        let Some(place) = image.place().filter(|_| is_floating(&image.value)) else {
            continue;
        };
        hits.push(
            Hit::at(
                place,
                format!(
                    "{} changes under a restart: the next one may be another release",
                    image.value
                ),
            )
            .label("floats")
            .help("name a release or a digest"),
        );
    }
}

/// Whether an image's reference has no release: no digest, and no tag with a number in it.
fn is_floating(image: &str) -> bool {
    if image.contains("@sha256:") || image.contains("${") {
        return false;
    }
    let last = image.rsplit('/').next().unwrap_or(image);
    match last.split_once(':') {
        None => true,
        Some((_, tag)) => !tag.contains(|c: char| c.is_ascii_digit()),
    }
}

#[cfg(test)]
mod tests {
    use super::is_floating;

    #[test]
    fn releases_and_digests_are_pinned() {
        for floating in [
            "ghcr.io/berriai/litellm",
            "litellm:latest",
            "ghcr.io/berriai/litellm:main-stable",
            "host:5000/litellm",
        ] {
            assert!(is_floating(floating), "{floating}");
        }
        for pinned in [
            "litellm:v1.109.1",
            "litellm@sha256:00ff",
            "litellm:main-v1.70.0-stable",
            "litellm:${TAG}",
        ] {
            assert!(!is_floating(pinned), "{pinned}");
        }
    }
}
