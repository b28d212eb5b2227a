//! Runs the rules over a system and makes the report's findings.

use rayon::prelude::*;

use crate::report::Finding;

use super::{Audit, Hits, Rule};

/// What the rules found, most harmful first.
#[must_use]
pub fn run(audit: &Audit<'_>, rules: &[&'static Rule]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = rules
        .par_iter()
        .flat_map_iter(|rule| {
            let mut hits = Hits::new(rule, &audit.system.routes);
            (rule.check)(audit, &mut hits);
            hits.into_findings()
        })
        .collect();
    findings.sort_by(|a, b| {
        (
            a.rank,
            std::cmp::Reverse(a.severity),
            std::cmp::Reverse(a.confidence),
            a.rule,
        )
            .cmp(&(
                b.rank,
                std::cmp::Reverse(b.severity),
                std::cmp::Reverse(b.confidence),
                b.rule,
            ))
            .then_with(|| a.place.file.path().cmp(b.place.file.path()))
            .then_with(|| a.place.span.cmp(&b.place.span))
    });
    findings
}
