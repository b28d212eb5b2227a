//! What is measured of a claim beside the evidence. Everything lies between 0 and 1, but for the mass of
//! missing words, whose logarithm may be a little more.

use std::collections::BTreeSet;
use std::ops::Range;

use super::super::text::{Quantity, Word, opposite, quantities, words};
use super::background::Background;
use super::evidence::Evidence;
use super::semantic::{Tokens, semantic};

/// The measures by name, each with whether more of it speaks for the claim (`1.0`) or against it (`-1.0`).
/// The model may not turn that round.
pub(super) const FEATURES: [(&str, f64); 17] = [
    ("missing", -1.0),
    ("missing_mass", -1.0),
    ("scattered", -1.0),
    ("rarest_missing", -1.0),
    ("names_missing", -1.0),
    ("numbers_missing", -1.0),
    ("number_clash", -1.0),
    ("pairs_kept", 1.0),
    ("together", 1.0),
    ("copied", 1.0),
    ("negation", -1.0),
    ("opposite", -1.0),
    ("question_near", 1.0),
    ("late_interaction", 1.0),
    ("weakest_token", 1.0),
    ("cosine", 1.0),
    ("novel", -1.0),
];
/// So many of them need no embedder.
pub(super) const LEXICAL: usize = 13;

/// A claim measured.
#[derive(Debug, Clone)]
pub(super) struct Measured {
    /// In the order of [`FEATURES`].
    pub(super) values: [f64; FEATURES.len()],
    /// The sentence of the evidence that is nearest.
    pub(super) nearest: Option<usize>,
    /// What of the claim the evidence does not have.
    pub(super) missing: Vec<Range<usize>>,
    /// Numbers of the claim beside other numbers of the evidence for the same thing.
    pub(super) clashes: Vec<(Range<usize>, String)>,
    /// A word of the claim, and its opposite in the evidence.
    pub(super) opposites: Vec<(Range<usize>, String)>,
    /// Whether claim or evidence denies what the other says.
    pub(super) negation: bool,
}

/// A claim's word beside the evidence.
struct Held<'a> {
    word: &'a Word,
    weight: f64,
    support: f64,
    places: Vec<usize>,
}

impl Held<'_> {
    fn lost(&self) -> f64 {
        self.weight * (1.0 - self.support)
    }

    fn within(&self, window: &Range<usize>) -> bool {
        self.places.iter().any(|at| window.contains(at))
    }
}

/// Measures a claim. Words that the question has already given are not held against it.
pub(super) fn measure(
    claim: &str,
    question: &str,
    evidence: &Evidence,
    background: &Background,
    tokens: Option<&Tokens>,
) -> Measured {
    let claim_words = words(claim);
    let question_words = words(question);
    let hold = |word| {
        let (support, places) = evidence.places(word);
        Held {
            word,
            weight: background.weight(word),
            support,
            places,
        }
    };
    let given: BTreeSet<&str> = question_words.iter().map(|word| word.stem.as_str()).collect();
    let asked: Vec<Held> = question_words.iter().filter(|word| word.tells()).map(hold).collect();
    let told: Vec<Held> = claim_words.iter().filter(|word| word.tells()).map(hold).collect();
    let is_new = |held: &&Held| !given.contains(held.word.stem.as_str());
    let new: Vec<&Held> = if told.iter().any(|held| is_new(&held)) {
        told.iter().filter(is_new).collect()
    } else if told.is_empty() {
        asked.iter().collect()
    } else {
        told.iter().collect()
    };

    let total: f64 = new.iter().map(|held| held.weight).sum::<f64>().max(1e-9);
    let mass: f64 = new.iter().map(|held| held.lost()).sum();
    let window = best_window(evidence, &new, &asked);
    let in_window: f64 = new
        .iter()
        .filter(|held| held.within(&window))
        .map(|held| held.weight * held.support)
        .sum();
    let numbers = unmatched(claim, &claim_words, question, &question_words, evidence);
    let clashes = clashes(&claim_words, &numbers, evidence, &window);
    let opposites = opposites(&new, evidence, &window);
    let negation = negation(&claim_words, &told, evidence, &window);
    let meaning = tokens.map(|tokens| {
        semantic(
            claim,
            &new.iter()
                .map(|held| (held.word, held.weight, held.support))
                .collect::<Vec<_>>(),
            tokens,
            evidence,
        )
    });
    let meaning = meaning.unwrap_or_default();

    let values = [
        mass / total,
        mass.ln_1p() / 10_f64.ln_1p(),
        1.0 - in_window / total,
        new.iter().map(|held| held.lost()).fold(0.0, f64::max),
        names_missing(&new),
        count(numbers.len(), 2),
        count(clashes.len(), 1),
        pairs_kept(&new, evidence).unwrap_or(1.0 - mass / total),
        together(&new, &told, &asked, evidence).unwrap_or(1.0 - mass / total),
        copied(&claim_words, evidence),
        count(usize::from(negation), 1),
        count(opposites.len(), 1),
        near(&asked, &window).unwrap_or(in_window / total),
        meaning.late,
        meaning.weakest,
        meaning.cosine,
        meaning.novel,
    ];
    Measured {
        values,
        nearest: nearest(evidence, &window, &new).or(meaning.nearest),
        missing: new
            .iter()
            .filter(|held| held.support < 0.5 && held.weight >= 0.3 && !told.is_empty())
            .map(|held| held.word.range.clone())
            .collect(),
        clashes,
        opposites,
        negation,
    }
}

/// A count as a share of the most that matters.
fn count(found: usize, most: u32) -> f64 {
    f64::from(u32::try_from(found).unwrap_or(u32::MAX).min(most)) / f64::from(most)
}

/// The stretch that has most of the claim's new words; among equals the shorter, and the one that has more
/// of the question.
fn best_window(evidence: &Evidence, new: &[&Held], asked: &[Held]) -> Range<usize> {
    let mut best = (f64::NEG_INFINITY, 0..0);
    for window in evidence.windows() {
        let has: f64 = new
            .iter()
            .filter(|held| held.within(&window))
            .map(|held| held.weight * held.support)
            .sum();
        let context = near(asked, &window).unwrap_or(0.0);
        let length = count(window.len(), 10);
        let score = has + 0.5 * context - 0.5 * length;
        if score > best.0 {
            best = (score, window);
        }
    }
    best.1
}

/// How much of the question stands within a stretch. `None` without a question.
fn near(asked: &[Held], window: &Range<usize>) -> Option<f64> {
    let total: f64 = asked.iter().map(|held| held.weight).sum();
    let there: f64 = asked
        .iter()
        .filter(|held| held.within(window))
        .map(|held| held.weight * held.support)
        .sum();
    (total > 0.0).then(|| there / total)
}

/// The sentence of a stretch that has most of the claim.
fn nearest(evidence: &Evidence, window: &Range<usize>, new: &[&Held]) -> Option<usize> {
    let has = |at: usize| -> f64 {
        let there = new.iter().filter(|held| held.places.contains(&at));
        there.map(|held| held.weight * held.support).sum()
    };
    // The first of equals: `max_by` would take the last.
    let best = window.clone().rev().max_by(|a, b| has(*a).total_cmp(&has(*b)))?;
    (has(best) > 0.0 || evidence.sentences.len() == 1).then_some(best)
}

/// The share of the claim's names that the evidence does not have.
fn names_missing(new: &[&Held]) -> f64 {
    let names = || new.iter().filter(|held| held.word.name);
    let total: f64 = names().map(|held| held.weight).sum();
    let lost: f64 = names().map(|held| held.lost()).sum();
    if total > 0.0 { lost / total } else { 0.0 }
}

/// The claim's numbers that neither question nor evidence gives.
fn unmatched(
    claim: &str,
    claim_words: &[Word],
    question: &str,
    question_words: &[Word],
    evidence: &Evidence,
) -> Vec<Quantity> {
    let asked = quantities(question, question_words);
    quantities(claim, claim_words)
        .into_iter()
        .filter(|number| !asked.iter().any(|other| number.agrees(other)) && !evidence.gives(number))
        .collect()
}

/// Unmatched numbers for whose unit the stretch gives another number, with the evidence's words.
fn clashes(
    claim_words: &[Word],
    numbers: &[Quantity],
    evidence: &Evidence,
    window: &Range<usize>,
) -> Vec<(Range<usize>, String)> {
    let mut found = Vec::new();
    for number in numbers {
        let clash = evidence.sentences[window.clone()].iter().find_map(|sentence| {
            let other = sentence
                .quantities
                .iter()
                .find(|other| other.unit.is_some() && other.unit == number.unit && !other.agrees(number))?;
            Some(phrase(&sentence.text, &sentence.words, &other.words))
        });
        if let Some(theirs) = clash {
            found.push((phrase_range(claim_words, &number.words), theirs));
        }
    }
    found
}

fn phrase_range(words: &[Word], of: &Range<usize>) -> Range<usize> {
    let last = words
        .get(of.end)
        .filter(|word| word.tells())
        .unwrap_or(&words[of.end - 1]);
    words[of.start].range.start..last.range.end
}

fn phrase(text: &str, words: &[Word], of: &Range<usize>) -> String {
    text[phrase_range(words, of)].to_owned()
}

/// New words that the stretch lacks while it has their opposite.
fn opposites(new: &[&Held], evidence: &Evidence, window: &Range<usize>) -> Vec<(Range<usize>, String)> {
    let lacking = new.iter().filter(|held| !held.within(window));
    lacking
        .filter_map(|held| {
            let mut theirs = evidence.sentences[window.clone()]
                .iter()
                .flat_map(|sentence| &sentence.words);
            let other = theirs.find(|other| opposite(&held.word.stem, &other.stem))?;
            Some((held.word.range.clone(), other.lower.clone()))
        })
        .collect()
}

/// Whether claim and evidence speak of the same and only one of them denies it: a word that both have is
/// denied, by one of the four words before it, wherever it stands on one side and nowhere on the other.
fn negation(claim_words: &[Word], told: &[Held], evidence: &Evidence, window: &Range<usize>) -> bool {
    let stretch = &evidence.sentences[window.clone()];
    told.iter().filter(|held| held.within(window)).any(|held| {
        let ours = polarity(claim_words, &held.word.stem);
        let theirs = stretch
            .iter()
            .map(|sentence| polarity(&sentence.words, &held.word.stem));
        let theirs = theirs.fold([false; 2], |all, one| [all[0] || one[0], all[1] || one[1]]);
        ours != [false; 2] && theirs != [false; 2] && !(ours[0] && theirs[0]) && !(ours[1] && theirs[1])
    })
}

/// Whether words have a stem plainly, and whether they have it denied.
fn polarity(words: &[Word], stem: &str) -> [bool; 2] {
    let mut found = [false; 2];
    for (at, word) in words.iter().enumerate().filter(|(_, word)| word.stem == stem) {
        let denied = !word.denies() && words[at.saturating_sub(4)..at].iter().any(Word::denies);
        found[usize::from(denied)] = true;
    }
    found
}

/// The share of neighbouring new words that stand close to each other, in the same order, in the evidence
/// too. `None` without such pairs.
fn pairs_kept(new: &[&Held], evidence: &Evidence) -> Option<f64> {
    let mut total = 0.0;
    let mut kept = 0.0;
    for pair in new.windows(2) {
        let weight = pair[0].weight.min(pair[1].weight);
        total += weight;
        let close = pair[0].places.iter().any(|at| {
            pair[1].places.contains(at)
                && in_order(&evidence.sentences[*at].words, &pair[0].word.stem, &pair[1].word.stem)
        });
        if close {
            kept += weight;
        }
    }
    (total > 0.0).then(|| kept / total)
}

/// Whether one stem is followed by the other within three words.
fn in_order(words: &[Word], one: &str, other: &str) -> bool {
    words
        .iter()
        .enumerate()
        .any(|(at, word)| word.stem == one && words[at + 1..].iter().take(3).any(|next| next.stem == other))
}

/// The share of pairs of a new word with any other word of claim and question that some sentence, or two
/// that follow each other, have together. `None` without pairs.
fn together(new: &[&Held], told: &[Held], asked: &[Held], evidence: &Evidence) -> Option<f64> {
    let mut total = 0.0;
    let mut met = 0.0;
    for (at, one) in new.iter().enumerate().take(30) {
        let others = new[at + 1..].iter().copied();
        let given = told
            .iter()
            .chain(asked)
            .filter(|held| !new.iter().any(|it| it.word.stem == held.word.stem));
        for other in others.chain(given).take(40) {
            let weight = one.weight * other.weight;
            total += weight;
            let meets = one.places.iter().any(|a| {
                other
                    .places
                    .iter()
                    .any(|b| a.abs_diff(*b) <= 1 && evidence.sentences[*a].passage == evidence.sentences[*b].passage)
            });
            if meets {
                met += weight * one.support * other.support;
            }
        }
    }
    (total > 0.0).then(|| met / total)
}

/// The longest run of words that the evidence has just so, as a share of the claim's words.
fn copied(claim_words: &[Word], evidence: &Evidence) -> f64 {
    let mut longest = 0;
    for sentence in &evidence.sentences {
        // Length of the run that ends at each word of the sentence, for the claim's words so far.
        let mut runs = vec![0_usize; sentence.words.len() + 1];
        for word in claim_words {
            for at in (0..sentence.words.len()).rev() {
                runs[at + 1] = if sentence.words[at].stem == word.stem {
                    runs[at] + 1
                } else {
                    0
                };
                longest = longest.max(runs[at + 1]);
            }
        }
    }
    let of = u32::try_from(claim_words.len()).unwrap_or(u32::MAX).max(1);
    f64::from(u32::try_from(longest).unwrap_or(u32::MAX)) / f64::from(of)
}
