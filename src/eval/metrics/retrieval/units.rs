//! From passages to what people judge: documents and sections.
//!
//! A suite names what is relevant as `returns.md` (a document) or `returns.md#return-window` (a section,
//! by its heading's name in links; its subsections belong to it). A ranking of passages becomes a ranking
//! of such units before it is measured, so that one judgement serves every way of cutting:
//!
//! - A passage stands for each judged section of its document of which it holds at least half, or which
//!   holds at least half of it; of sections within one another only the innermost counts.
//! - Else for its document, when that is judged.
//! - Else for itself, as something that nobody judged.
//!
//! A unit counts once, at its first passage; units of one passage take the next ranks in their order in the
//! document. Hits from a store outside, whose documents are not at hand, are matched by the name in their
//! identifier alone (`returns.md#return-window~2` stands for `returns.md#return-window`).

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use super::Judged;
use crate::retrieve::chunk::{Cut, Section};
use crate::retrieve::{Hit, Passage};

/// A judgement that names nothing in the corpus.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{unit}` is not in the corpus: there is no {what}{}", nearest.as_ref().map_or_else(String::new, |it| format!("; did you mean `{it}`?")))]
pub struct UnitError {
    /// What was named.
    pub unit: String,
    /// `document` or `section of DOCUMENT`, with the name.
    pub what: String,
    /// The name in the corpus that is most like it.
    pub nearest: Option<String>,
}

/// One question's judgements of documents and sections, checked against the corpus.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Units {
    /// Document → its judged units.
    documents: BTreeMap<String, Vec<Unit>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Unit {
    name: String,
    grade: i32,
    /// The section's bytes; `None` for the whole document, and where the document is not at hand.
    bytes: Option<Range<usize>>,
}

impl Units {
    /// Checks judgements against a corpus. What is judged in a document that was left out of it (`without`) is
    /// relevant and cannot be found.
    ///
    /// # Errors
    /// Fails with the first that names no document or section, and the nearest name.
    pub fn new(judged: &BTreeMap<String, i32>, cut: &Cut, without: &[String]) -> Result<Self, UnitError> {
        let mut units = Self::default();
        for (name, grade) in judged {
            let whole = name.split_once('#').map_or(name.as_str(), |(document, _)| document);
            let (document, bytes) = if without.iter().any(|it| it == whole) {
                (whole, None)
            } else {
                place(name, cut)?
            };
            units.add(document, name, *grade, bytes);
        }
        Ok(units)
    }

    /// Judgements of a store outside, whose documents are not at hand.
    #[must_use]
    pub fn unchecked(judged: &BTreeMap<String, i32>) -> Self {
        let mut units = Self::default();
        for (name, grade) in judged {
            let document = name.split_once('#').map_or(name.as_str(), |(document, _)| document);
            units.add(document, name, *grade, None);
        }
        units
    }

    fn add(&mut self, document: &str, name: &str, grade: i32, bytes: Option<Range<usize>>) {
        self.documents.entry(document.to_owned()).or_default().push(Unit {
            name: name.to_owned(),
            grade,
            bytes,
        });
    }

    /// The judged units that a passage stands for, in their order in the document.
    fn of(&self, passage: &Passage) -> Vec<&Unit> {
        let judged = self.documents.get(&passage.document).map_or(&[][..], Vec::as_slice);
        let named = passage
            .id
            .rsplit_once('~')
            .map_or(passage.id.as_str(), |(name, _)| name);
        let mut sections: Vec<&Unit> = judged
            .iter()
            .filter(|unit| match &unit.bytes {
                Some(bytes) => shares_half(bytes, &passage.bytes),
                None => unit.name != passage.document && (unit.name == named || unit.name == passage.id),
            })
            .collect();
        let all = sections.clone();
        sections.retain(|unit| !all.iter().any(|inner| is_within(inner, unit)));
        sections.sort_by_key(|unit| unit.bytes.as_ref().map(|bytes| bytes.start));
        if sections.is_empty() {
            sections.extend(judged.iter().find(|unit| unit.name == passage.document));
        }
        sections
    }

    /// Whether each hit holds something judged relevant (a grade of 1 or more).
    #[must_use]
    pub fn relevant(&self, hits: &[Hit]) -> Vec<bool> {
        let is_relevant = |hit: &Hit| self.of(&hit.passage).iter().any(|unit| unit.grade >= 1);
        hits.iter().map(is_relevant).collect()
    }

    /// The best grade of what a passage stands for; `None` when that is not judged.
    #[must_use]
    pub fn grade(&self, passage: &Passage) -> Option<i32> {
        self.of(passage).iter().map(|unit| unit.grade).max()
    }

    /// Whether anything is relevant at all.
    #[must_use]
    pub fn has_relevant(&self) -> bool {
        self.documents.values().flatten().any(|unit| unit.grade >= 1)
    }

    /// The names of what is relevant and stands in none of the hits.
    #[must_use]
    pub fn missed(&self, hits: &[Hit]) -> Vec<String> {
        let found: HashSet<&str> = hits
            .iter()
            .flat_map(|hit| self.of(&hit.passage))
            .map(|unit| unit.name.as_str())
            .collect();
        let relevant = self.documents.values().flatten().filter(|unit| unit.grade >= 1);
        let missed = relevant.filter(|unit| !found.contains(unit.name.as_str()));
        missed.map(|unit| unit.name.clone()).collect()
    }

    /// The document that is most relevant; of equals the first by name.
    #[must_use]
    pub fn document(&self) -> Option<&str> {
        let best = |units: &[Unit]| units.iter().map(|unit| unit.grade).max();
        let graded = self
            .documents
            .iter()
            .filter_map(|(name, units)| Some((best(units)?, name)));
        let best = graded
            .filter(|(grade, _)| *grade >= 1)
            .max_by(|a, b| a.0.cmp(&b.0).then_with(|| b.1.cmp(a.1)));
        best.map(|(_, name)| name.as_str())
    }

    /// The ranking of units that a ranking of passages is.
    #[must_use]
    pub fn judged(&self, hits: &[Hit]) -> Judged {
        let mut seen = HashSet::new();
        let mut grades = Vec::with_capacity(hits.len());
        for hit in hits {
            let units = self.of(&hit.passage);
            if units.is_empty() && seen.insert(hit.passage.id.as_str()) {
                grades.push(None);
            }
            for unit in units {
                if seen.insert(&unit.name) {
                    grades.push(Some(unit.grade).filter(|grade| *grade >= 0));
                }
            }
        }
        let all: Vec<i32> = self.documents.values().flatten().map(|unit| unit.grade).collect();
        Judged::with(grades, all.into_iter())
    }
}

/// Where a named unit is.
fn place<'a>(name: &'a str, cut: &Cut) -> Result<(&'a str, Option<Range<usize>>), UnitError> {
    if cut.sections.contains_key(name) {
        return Ok((name, None));
    }
    let unknown = |what: String, names: &mut dyn Iterator<Item = String>| UnitError {
        unit: name.to_owned(),
        what,
        nearest: nearest(name, names),
    };
    let Some((document, slug)) = name.rsplit_once('#') else {
        let mut names = cut.sections.keys().cloned();
        return Err(unknown(format!("document `{name}`"), &mut names));
    };
    let Some(sections) = cut.sections.get(document) else {
        let mut names = cut.sections.keys().map(|it| format!("{it}#{slug}"));
        return Err(unknown(format!("document `{document}`"), &mut names));
    };
    match sections.iter().find(|section| section.slug == slug) {
        Some(Section { whole, .. }) => Ok((document, Some(whole.clone()))),
        None => {
            let mut names = sections.iter().map(|section| format!("{document}#{}", section.slug));
            Err(unknown(format!("section `{slug}` of {document}"), &mut names))
        }
    }
}

/// The most similar name, when it is similar at all: by letters, or because one slug begins or ends the other.
fn nearest(name: &str, names: &mut dyn Iterator<Item = String>) -> Option<String> {
    let slug = |name: &str| name.rsplit_once('#').map_or(name, |(_, slug)| slug).to_owned();
    let own = slug(name);
    let likeness = |other: &str| {
        let holds = slug(other).split('-').any(|word| own.split('-').any(|it| it == word));
        strsim::jaro_winkler(name, other) + if holds { 0.2 } else { 0.0 }
    };
    let scored = names.map(|other| (likeness(&other), other));
    let best = scored.max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(&a.1)))?;
    (best.0 > 0.8).then_some(best.1)
}

/// Whether two ranges share at least half of one of them.
fn shares_half(a: &Range<usize>, b: &Range<usize>) -> bool {
    let shared = a.end.min(b.end).saturating_sub(a.start.max(b.start));
    shared > 0 && (2 * shared >= a.len() || 2 * shared >= b.len())
}

/// Whether one section lies in another.
fn is_within(inner: &Unit, outer: &Unit) -> bool {
    match (&inner.bytes, &outer.bytes) {
        (Some(inner), Some(outer)) => outer.start <= inner.start && inner.end <= outer.end && inner.len() < outer.len(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retrieve::chunk::{ChunkBy, Chunking, cut};
    use crate::retrieve::corpus::{Corpus, Document, Markup};

    const TEXT: &str = "# Returns\n\n## Return window\n\nThirty days from delivery. Not more.\n\n### Holidays\n\n\
                        Until the end of January.\n\n## Costs\n\nFree for members. Three euros else.\n";

    fn corpus() -> Corpus {
        let document = |id: &str| Document {
            id: id.to_owned(),
            text: TEXT.to_owned(),
            markup: Markup::Markdown,
        };
        Corpus {
            documents: vec![document("returns.md"), document("other.md")],
            problems: Vec::new(),
        }
    }

    fn judgements(of: &[(&str, i32)]) -> BTreeMap<String, i32> {
        of.iter().map(|(name, grade)| ((*name).to_owned(), *grade)).collect()
    }

    fn hits(cut: &Cut, ids: &[&str]) -> Vec<Hit> {
        let hit = |id: &&str| Hit {
            passage: cut
                .passages
                .iter()
                .find(|passage| passage.id == *id)
                .unwrap_or_else(|| panic!("no {id}"))
                .clone(),
            score: 1.0,
        };
        ids.iter().map(hit).collect()
    }

    #[test]
    fn passages_become_what_is_judged() {
        let cut = cut(&corpus(), Chunking::default());
        let judged = judgements(&[
            ("returns.md", 1),
            ("returns.md#return-window", 2),
            ("returns.md#holidays", 0),
        ]);
        let units = Units::new(&judged, &cut, &[]).unwrap();
        let ranked = hits(
            &cut,
            &[
                "other.md#costs",
                "returns.md#holidays",
                "returns.md#costs",
                "returns.md#return-window",
            ],
        );
        let judged = units.judged(&ranked);
        assert_eq!(judged.grades, [None, Some(0), Some(1), Some(2)]);
        assert_eq!((judged.ideal, judged.nonrelevant), (vec![2, 1], 1));
        assert_eq!(units.relevant(&ranked), [false, false, true, true]);
    }

    #[test]
    fn a_subsection_belongs_to_its_section_and_counts_once() {
        let cut = cut(&corpus(), Chunking::default());
        let units = Units::new(&judgements(&[("returns.md#return-window", 1)]), &cut, &[]).unwrap();
        let ranked = hits(
            &cut,
            &["returns.md#holidays", "returns.md#return-window", "returns.md#costs"],
        );
        assert_eq!(units.judged(&ranked).grades, [Some(1), None]);
    }

    #[test]
    fn any_cutting_serves_the_same_judgements() {
        let judged = judgements(&[("returns.md#return-window", 2), ("returns.md#costs", 1)]);
        let whole = Chunking {
            by: ChunkBy::Whole,
            ..Chunking::default()
        };
        let cut_whole = cut(&corpus(), whole);
        let units = Units::new(&judged, &cut_whole, &[]).unwrap();
        assert_eq!(
            units.judged(&hits(&cut_whole, &["other.md", "returns.md"])).grades,
            [None, Some(2), Some(1)]
        );
        let outside = Units::unchecked(&judged);
        let tight = Chunking {
            tokens: 9,
            ..Chunking::default()
        };
        let cut_tight = cut(&corpus(), tight);
        let ranked = hits(
            &cut_tight,
            &["returns.md#costs~2", "returns.md#costs", "returns.md#return-window"],
        );
        assert_eq!(outside.judged(&ranked).grades, [Some(1), Some(2)]);
    }

    #[test]
    fn unknown_names_are_refused_with_the_nearest() {
        let cut = cut(&corpus(), Chunking::default());
        let of = |name| {
            Units::new(&judgements(&[(name, 1)]), &cut, &[])
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            of("returns.md#window"),
            "`returns.md#window` is not in the corpus: there is no section `window` of returns.md; did you mean \
             `returns.md#return-window`?"
        );
        assert!(of("return.md").ends_with("did you mean `returns.md`?"));
        assert_eq!(of("zzz"), "`zzz` is not in the corpus: there is no document `zzz`");
    }
}
