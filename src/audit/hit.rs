//! What a rule reports, before it becomes a finding.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::report::{Confidence, Finding, Fix, FixSafety, Related, Severity};
use crate::source::{Edit, Place, SourceFile, Span};
use crate::system::{Route, RouteId};

use super::Rule;

/// One thing that a rule noticed. Hits of one rule at one place become one finding that names
/// all their routes, so a missing line of a gateway is one finding however many routes it hurts.
#[derive(Debug, Clone)]
pub struct Hit {
    place: Place,
    message: String,
    label: Option<String>,
    route: Option<RouteId>,
    severity: Option<Severity>,
    confidence: Option<Confidence>,
    related: Vec<Related>,
    help: Option<String>,
    fix: Option<Fix>,
    urgency: u32,
}

impl Hit {
    /// Something at a place. The message is one sentence that names the thing and says what it
    /// does to users; it starts with a lower-case letter and ends without a full stop. Where
    /// several routes share a place the first hit's message stands, so a message that is shared
    /// must not name one route.
    pub fn at(place: &Place, message: impl Into<String>) -> Self {
        Self {
            place: place.clone(),
            message: message.into(),
            label: None,
            route: None,
            severity: None,
            confidence: None,
            related: Vec::new(),
            help: None,
            fix: None,
            urgency: 0,
        }
    }

    /// The route that it concerns.
    #[must_use]
    pub const fn route(mut self, route: RouteId) -> Self {
        self.route = Some(route);
        self
    }

    /// The short text under the caret; without it the caret carries the rule's title.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Another severity than the rule's usual one.
    #[must_use]
    pub const fn severity(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }

    /// Another confidence than the rule's usual one.
    #[must_use]
    pub const fn confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = Some(confidence);
        self
    }

    /// Another place, with a short label.
    #[must_use]
    pub fn related(mut self, place: &Place, label: impl Into<String>) -> Self {
        self.related.push(Related {
            place: place.clone(),
            label: label.into(),
        });
        self
    }

    /// How to mend it here, in the dialect's own keys.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Edits that mend it without a look.
    #[must_use]
    pub fn safe_fix(self, title: impl Into<String>, edits: Vec<Edit>) -> Self {
        self.with_fix(title, FixSafety::Safe, edits)
    }

    /// Edits that mend it once a person agrees.
    #[must_use]
    pub fn review_fix(self, title: impl Into<String>, edits: Vec<Edit>) -> Self {
        self.with_fix(title, FixSafety::NeedsReview, edits)
    }

    fn with_fix(mut self, title: impl Into<String>, safety: FixSafety, edits: Vec<Edit>) -> Self {
        if !edits.is_empty() {
            self.fix = Some(Fix {
                title: title.into(),
                safety,
                edits,
            });
        }
        self
    }

    /// Moves the finding within its harm class: 0 first.
    #[must_use]
    pub const fn urgency(mut self, urgency: u32) -> Self {
        self.urgency = urgency;
        self
    }
}

/// Collects the hits of one rule.
pub struct Hits<'a> {
    rule: &'a Rule,
    routes: &'a [Route],
    findings: Vec<Finding>,
    // A hostile file can have very many of each, so none is searched for in a list.
    /// Where each place's finding is.
    known: HashMap<Spot, usize>,
    /// The routes that each finding names.
    named: HashSet<(usize, &'a str)>,
    /// The other places that each finding shows.
    shown: HashSet<(usize, Spot)>,
}

/// What tells a place from all others.
type Spot = (*const SourceFile, Span);

fn spot(place: &Place) -> Spot {
    (Arc::as_ptr(&place.file), place.span)
}

impl<'a> Hits<'a> {
    /// An empty collection for a rule over a system's routes.
    #[must_use]
    pub fn new(rule: &'a Rule, routes: &'a [Route]) -> Self {
        Self {
            rule,
            routes,
            findings: Vec::new(),
            known: HashMap::new(),
            named: HashSet::new(),
            shown: HashSet::new(),
        }
    }

    /// Takes a hit in, folding it into an earlier one at the same place.
    pub fn push(&mut self, hit: Hit) {
        let at = *self.known.entry(spot(&hit.place)).or_insert(self.findings.len());
        let route = hit.route.map(|id| self.routes[id.0].name.as_str());
        let route = route.filter(|name| self.named.insert((at, *name)));
        let related = hit
            .related
            .into_iter()
            .filter(|related| self.shown.insert((at, spot(&related.place))));
        let severity = hit.severity.unwrap_or(self.rule.severity);
        if let Some(known) = self.findings.get_mut(at) {
            known.routes.extend(route.map(str::to_owned));
            known.related.extend(related);
            known.severity = known.severity.max(severity);
            return;
        }
        self.findings.push(Finding {
            rule: self.rule.name,
            severity,
            confidence: hit.confidence.unwrap_or(self.rule.confidence),
            routes: route.map(str::to_owned).into_iter().collect(),
            message: hit.message,
            label: hit.label.unwrap_or_else(|| self.rule.title.to_owned()),
            place: hit.place,
            related: related.collect(),
            help: hit.help,
            fix: hit.fix,
            fingerprint: String::new(),
            rank: (self.rule.harm as u32) * 1_000 + hit.urgency.min(999),
        });
    }

    /// What was collected.
    #[must_use]
    pub fn into_findings(self) -> Vec<Finding> {
        self.findings
    }
}
