//! Claims made from the evidence itself (as Kryściński et al., "Evaluating the Factual Consistency of
//! Abstractive Text Summarization", 2020, make them): what is copied is supported; what has a name, a number
//! or a denial exchanged, or comes from elsewhere, is not. They tell the model what people's labels have too
//! few of: the plain cases at either end, and what a summary may do: other common words for the same are
//! fine, a detail from elsewhere is not.

use crate::rng::Chance;

use super::super::text::{Role, Word, sentences, words};
use super::background::Background;
use super::data::Example;

/// At most so many claims of each kind from one piece of evidence.
const EACH: usize = 2;

/// The claims made from the evidence of labelled examples. The same examples and seed give the same.
pub(super) fn made(examples: &[Example], background: &Background, seed: u64) -> Vec<Example> {
    let mut chance = Chance::seeded(seed, "made claims");
    let mut sources: Vec<&Example> = examples.iter().collect();
    sources.dedup_by(|a, b| a.evidence == b.evidence);
    let mut found = Vec::new();
    for (at, source) in sources.iter().enumerate() {
        let own = long_sentences(source);
        let elsewhere = long_sentences(sources[(at + 1 + chance.below(sources.len().max(2) - 1)) % sources.len()]);
        if own.is_empty() || elsewhere.is_empty() {
            continue;
        }
        let mut add = |claim: String, supported| {
            found.push(Example {
                group: source.group,
                question: String::new(),
                claim,
                evidence: source.evidence.clone(),
                supported,
            });
        };
        for _ in 0..EACH {
            let sentence = &own[chance.below(own.len())];
            let foreign = &elsewhere[chance.below(elsewhere.len())];
            add(sentence.clone(), true);
            if let Some(shorter) = shortened(sentence) {
                add(shorter, true);
            }
            add(foreign.clone(), false);
            for role in [Role::Number, Role::Content] {
                if let Some(other) = exchanged(sentence, foreign, role, &source.evidence, &mut chance) {
                    add(other, false);
                }
            }
            if let Some(denied) = denied(sentence) {
                add(denied, false);
            }
            if let Some(other) = reworded(sentence, foreign, background) {
                add(other, true);
            }
            if let Some(other) = embellished(sentence, foreign, background, &source.evidence) {
                add(other, false);
            }
        }
    }
    found
}

fn long_sentences(source: &Example) -> Vec<String> {
    let all = source
        .evidence
        .iter()
        .flat_map(|text| sentences(text).into_iter().map(|range| text[range].to_owned()));
    all.filter(|text| (6..=50).contains(&words(text).len())).collect()
}

/// The sentence up to a comma past its middle.
fn shortened(sentence: &str) -> Option<String> {
    let (at, _) = sentence.match_indices(", ").find(|(at, _)| at * 2 > sentence.len())?;
    Some(format!("{}.", &sentence[..at]))
}

/// The sentence with one name or number exchanged for one from elsewhere that the evidence does not have.
fn exchanged(sentence: &str, foreign: &str, role: Role, evidence: &[String], chance: &mut Chance) -> Option<String> {
    let fits = |word: &&Word| word.role == role && (role == Role::Number || word.name);
    let own = words(sentence);
    let mine: Vec<&Word> = own.iter().filter(fits).collect();
    let other = words(foreign);
    let unknown = |word: &&Word| !evidence.iter().any(|text| text.contains(&foreign[word.range.clone()]));
    let theirs: Vec<&Word> = other.iter().filter(fits).filter(unknown).collect();
    if mine.is_empty() || theirs.is_empty() {
        return None;
    }
    let out = &mine[chance.below(mine.len())].range;
    let new = &foreign[theirs[chance.below(theirs.len())].range.clone()];
    Some(format!("{}{new}{}", &sentence[..out.start], &sentence[out.end..]))
}

/// The sentence with its first verb of being, having or being able denied.
fn denied(sentence: &str) -> Option<String> {
    let words = words(sentence);
    if words.iter().any(Word::denies) {
        return None;
    }
    let verb = words.iter().find(|word| {
        ["is", "was", "are", "were", "has", "have", "had", "will", "can"].contains(&word.lower.as_str())
    })?;
    Some(format!(
        "{} not{}",
        &sentence[..verb.range.end],
        &sentence[verb.range.end..]
    ))
}

/// A word that weighs less is one of many that could stand in its place.
const COMMON: f64 = 0.5;

/// The sentence with two of its common words replaced by common words from elsewhere, as a paraphrase does.
fn reworded(sentence: &str, foreign: &str, background: &Background) -> Option<String> {
    let common = |text: &str| -> Vec<Word> {
        let all = words(text).into_iter();
        all.filter(|word| word.role == Role::Content && !word.name && background.weight(word) < COMMON)
            .take(2)
            .collect()
    };
    let (mine, theirs) = (common(sentence), common(foreign));
    if mine.is_empty() || theirs.is_empty() {
        return None;
    }
    let mut out = sentence.to_owned();
    for (old, new) in mine.iter().zip(&theirs).rev() {
        out.replace_range(old.range.clone(), &foreign[new.range.clone()]);
    }
    Some(out)
}

/// The sentence with a detail from elsewhere before its full stop: a preposition and up to three words
/// behind it, of which one is rare and not in the evidence.
fn embellished(sentence: &str, foreign: &str, background: &Background, evidence: &[String]) -> Option<String> {
    const PREPOSITIONS: &[&str] = &["in", "at", "by", "for", "from", "with", "after", "of"];
    let theirs = words(foreign);
    let detail = theirs.iter().enumerate().find_map(|(at, word)| {
        let behind = theirs.get(at + 1..(at + 4).min(theirs.len()))?;
        let rare = |word: &Word| {
            background.weight(word) >= COMMON
                && word.tells()
                && !evidence.iter().any(|text| text.to_lowercase().contains(&word.lower))
        };
        let last = behind.iter().rposition(rare)?;
        PREPOSITIONS
            .contains(&word.lower.as_str())
            .then(|| &foreign[word.range.start..behind[last].range.end])
    })?;
    Some(format!(
        "{} {detail}.",
        sentence.trim_end_matches(['.', '!', '"', '\u{201d}'])
    ))
}
