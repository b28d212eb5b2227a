//! The passages, taken apart once for all claims of an answer.

use std::collections::HashMap;
use std::ops::Range;

use crate::embedded::{Embedder, ModelError};

use super::super::text::{Quantity, Word, quantities, sentences, words};
use super::semantic::{Tokens, mean};

/// A sentence of the passages.
#[derive(Debug)]
pub(super) struct Sentence {
    /// Which passage.
    pub(super) passage: usize,
    /// What it says.
    pub(super) text: String,
    pub(super) words: Vec<Word>,
    pub(super) quantities: Vec<Quantity>,
    /// Its tokens' vectors, with an embedder.
    pub(super) tokens: Tokens,
    /// Their mean, of unit length.
    pub(super) mean: Vec<f32>,
}

/// What claims are held against.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    pub(super) sentences: Vec<Sentence>,
    /// The sentences of each stem, in order and once.
    index: HashMap<String, Vec<usize>>,
    /// Initials of runs of capitalised words.
    acronyms: Vec<(String, usize)>,
}

/// More text is not read: an answer from 60,000 words of passages is judged on the best ranked of them.
const MOST_SENTENCES: usize = 4_000;

impl Evidence {
    pub(super) fn read(passages: &[&str], embedder: Option<&dyn Embedder>) -> Result<Self, ModelError> {
        let mut evidence = Self::default();
        for (passage, text) in passages.iter().enumerate() {
            for range in sentences(text) {
                if evidence.sentences.len() == MOST_SENTENCES {
                    break;
                }
                let text = text[range].to_owned();
                let words = words(&text);
                evidence.sentences.push(Sentence {
                    passage,
                    quantities: quantities(&text, &words),
                    words,
                    text,
                    tokens: Vec::new(),
                    mean: Vec::new(),
                });
            }
        }
        for (at, sentence) in evidence.sentences.iter().enumerate() {
            for word in &sentence.words {
                let places = evidence.index.entry(word.stem.clone()).or_default();
                if places.last() != Some(&at) {
                    places.push(at);
                }
            }
            evidence
                .acronyms
                .extend(acronyms(&sentence.text, &sentence.words).into_iter().map(|it| (it, at)));
        }
        if let Some(embedder) = embedder {
            let texts: Vec<&str> = evidence.sentences.iter().map(|it| it.text.as_str()).collect();
            let tokens = embedder.embed_tokens(&texts)?;
            for (sentence, tokens) in evidence.sentences.iter_mut().zip(tokens) {
                sentence.mean = mean(&tokens);
                sentence.tokens = tokens;
            }
        }
        Ok(evidence)
    }

    /// Stretches of one to three sentences of one passage: what a claim may have been drawn from.
    pub(super) fn windows(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        (0..self.sentences.len()).flat_map(move |start| {
            (1..=3).filter_map(move |size| {
                let last = self.sentences.get(start + size - 1)?;
                (last.passage == self.sentences[start].passage).then_some(start..start + size)
            })
        })
    }

    /// The sentences that a word occurs in, and how well its form agrees there: 1 for the same stem or a
    /// spelt-out acronym, less for a word of the same family.
    pub(super) fn places(&self, word: &Word) -> (f64, Vec<usize>) {
        if let Some(places) = self.index.get(&word.stem) {
            return (1.0, places.clone());
        }
        let spelt: Vec<usize> = self
            .acronyms
            .iter()
            .filter(|(acronym, _)| *acronym == word.lower)
            .map(|(_, at)| *at)
            .collect();
        if !spelt.is_empty() {
            return (1.0, spelt);
        }
        let mut places: Vec<usize> = self
            .index
            .iter()
            .filter(|(stem, _)| family(stem, &word.stem))
            .flat_map(|(_, places)| places.iter().copied())
            .collect();
        places.sort_unstable();
        places.dedup();
        (if places.is_empty() { 0.0 } else { FAMILY }, places)
    }

    /// Whether some sentence gives a number.
    pub(super) fn gives(&self, quantity: &Quantity) -> bool {
        let mut all = self.sentences.iter().flat_map(|sentence| &sentence.quantities);
        all.any(|other| quantity.agrees(other))
    }
}

/// How well a word of the same family agrees: `police` and `policeman`.
const FAMILY: f64 = 0.7;

/// Whether two stems share at least four letters and three fifths of the longer one from the start.
fn family(one: &str, other: &str) -> bool {
    let shared = one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
    let longer = one.chars().count().max(other.chars().count());
    shared >= 4 && shared * 5 >= longer * 3 && !one.starts_with(|c: char| c.is_ascii_digit())
}

fn acronyms(text: &str, words: &[Word]) -> Vec<String> {
    let capital = |word: &Word| text[word.range.clone()].starts_with(char::is_uppercase);
    let runs = words.split(|word| !capital(word) && !["of", "and", "the", "for"].contains(&word.lower.as_str()));
    runs.filter(|run| run.len() > 1)
        .map(|run| {
            let initials = run.iter().filter(|word| capital(word));
            initials
                .filter_map(|word| word.lower.chars().next())
                .collect::<String>()
        })
        .filter(|initials| initials.chars().count() > 1)
        .collect()
}
