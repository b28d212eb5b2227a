//! Which sentences answer a question.

use std::collections::{BTreeMap, BTreeSet};

use super::sentences::Sentence;
use super::words::stems;

/// What an answer's best sentence must reach. Tuned, as the numbers below, on a shop's help centre of 69 pages.
const THRESHOLD: f64 = 0.40;
/// What a word of a heading counts beside one of the sentence, and one of the sentences before and after.
const HEADING: f64 = 0.7;
const BESIDE: f64 = 0.2;
/// What the share of the question's words in the whole passage counts for being an answer at all.
const PASSAGE: f64 = 0.5;
/// What any word of the question in the sentence itself adds.
const SPEAKS: f64 = 0.1;
/// What the right kind of number adds.
const CUE: f64 = 0.2;
/// What each rank of its passage takes away from a sentence.
const RANK: f64 = 0.02;
/// What the nearness of meaning adds at most.
const MEANING: f64 = 0.4;
/// The most sentences of an answer.
const SENTENCES: usize = 3;
/// A further sentence must be so near to the best.
const NEAR: f64 = 0.75;

/// What kind of answer the question asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cue {
    Duration,
    Money,
    Moment,
    Number,
    None,
}

const DURATIONS: &[&str] = &[
    "second", "minute", "hour", "day", "week", "month", "year", "night", "seconds", "minutes", "hours", "days",
    "weeks", "months", "years", "nights",
];
const MONEY: &[&str] = &[
    "euro", "euros", "eur", "usd", "gbp", "dollar", "dollars", "pound", "pounds", "free", "percent",
];
const MOMENTS: &[&str] = &[
    "january",
    "february",
    "march",
    "april",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "before",
    "after",
    "until",
    "when",
    "once",
    "from",
];

/// The positions of the sentences that answer, in the passages' order; none when nothing does. `meanings`
/// are cosines to the question, where an embedder is.
pub(super) fn choose(question: &str, sentences: &[Sentence], meanings: Option<&[f32]>) -> Vec<usize> {
    let asked: BTreeSet<String> = stems(question, false).into_iter().collect();
    if asked.is_empty() || sentences.is_empty() {
        return Vec::new();
    }
    let words: Vec<Words> = sentences.iter().map(Words::of).collect();
    let weights = weights(&asked, &words);
    let total: f64 = weights.values().sum();
    let named = identifiers(question);
    let cue = cue(question);
    let scored: Vec<f64> = (sentences.iter().enumerate())
        .map(|(at, sentence)| {
            let beside = |other: Option<usize>| {
                other.filter(|it| sentences.get(*it).is_some_and(|it| it.passage == sentence.passage))
            };
            let (before, after) = (beside(at.checked_sub(1)), beside(Some(at + 1)));
            let near = |word: &String| [before, after].iter().flatten().any(|it| words[*it].own.contains(word));
            let share = |word: &String| {
                if words[at].own.contains(word) {
                    1.0
                } else if words[at].above.contains(word) {
                    HEADING
                } else if near(word) {
                    BESIDE
                } else {
                    0.0
                }
            };
            let covered = weights.iter().map(|(word, weight)| weight * share(word)).sum::<f64>() / total;
            // A sentence of headings alone says nothing of what was asked.
            let speaks = words[at].own.iter().any(|word| asked.contains(word));
            let fits = cue != Cue::None && has(cue, &sentence.text);
            let meaning = meanings
                .and_then(|all| all.get(at))
                .map_or(0.0, |it| f64::from(*it).max(0.0));
            #[expect(clippy::cast_precision_loss, reason = "passages are few")]
            let rank = sentence.passage as f64;
            covered + flag(speaks) * SPEAKS + flag(fits) * CUE + meaning * MEANING - rank * RANK
        })
        .collect();
    let mut order: Vec<usize> = (0..scored.len())
        .filter(|at| named.iter().all(|name| names(sentences, sentences[*at].passage, name)))
        .collect();
    // The first of equals stays first: the sort is stable.
    order.sort_by(|a, b| scored[*b].total_cmp(&scored[*a]));
    let Some(best) = order.first().copied() else {
        return Vec::new();
    };
    if scored[best] + PASSAGE * passage_share(&asked, &words, sentences, best) < THRESHOLD {
        return Vec::new();
    }
    pick(&order, &scored, &words, &asked, sentences)
}

/// The stems of a sentence and of its headings.
struct Words {
    own: BTreeSet<String>,
    above: BTreeSet<String>,
}

impl Words {
    fn of(sentence: &Sentence) -> Self {
        Self {
            own: stems(&sentence.text, false).into_iter().collect(),
            above: stems(&sentence.headings, false).into_iter().collect(),
        }
    }

    fn has(&self, word: &String) -> bool {
        self.own.contains(word) || self.above.contains(word)
    }
}

fn flag(it: bool) -> f64 {
    f64::from(u8::from(it))
}

/// Words that few sentences have say more; one that no sentence has says most, and is missing.
#[expect(clippy::cast_precision_loss, reason = "sentences are few")]
fn weights(asked: &BTreeSet<String>, words: &[Words]) -> BTreeMap<String, f64> {
    let count = words.len() as f64;
    let weight = |word: &String| {
        let having = words.iter().filter(|it| it.has(word)).count() as f64;
        // Robertson and Spärck Jones' weight, kept above zero (as in Lucene's BM25).
        (1.0 + (count - having + 0.5) / (having + 0.5)).ln().max(0.3)
    };
    asked.iter().map(|word| (word.clone(), weight(word))).collect()
}

/// The share of the question's words that a sentence's passage has.
#[expect(clippy::cast_precision_loss, reason = "words are few")]
fn passage_share(asked: &BTreeSet<String>, words: &[Words], sentences: &[Sentence], at: usize) -> f64 {
    let passage = sentences[at].passage;
    let of_it = || words.iter().zip(sentences).filter(|(_, it)| it.passage == passage);
    let there = asked.iter().filter(|word| of_it().any(|(it, _)| it.has(word))).count();
    there as f64 / asked.len() as f64
}

/// Names that tell one thing from its neighbour: `H9`, `NO482913377`, `Trail 3`. An answer about another
/// one is wrong.
fn identifiers(question: &str) -> Vec<String> {
    let words: Vec<&str> = question
        .split(|c: char| !c.is_alphanumeric())
        .filter(|it| !it.is_empty())
        .collect();
    let digits = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
    let mixed = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_uppercase()) && word.bytes().any(|byte| byte.is_ascii_digit())
    };
    let single = words.iter().filter(|word| mixed(word)).map(|word| word.to_lowercase());
    let pairs = words.windows(2).skip(1).filter(|pair| {
        pair[0].starts_with(char::is_uppercase) && pair[0].len() > 2 && digits(pair[1]) && pair[1].len() < 3
    });
    single.chain(pairs.map(|pair| pair.join(" ").to_lowercase())).collect()
}

/// Whether a passage speaks of a name.
fn names(sentences: &[Sentence], passage: usize, name: &str) -> bool {
    sentences.iter().filter(|it| it.passage == passage).any(|it| {
        let text = format!("{} {}", it.headings, it.text).to_lowercase();
        text.match_indices(name).any(|(at, _)| {
            let edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
            edge(text[..at].chars().next_back()) && edge(text[at + name.len()..].chars().next())
        })
    })
}

/// The best sentence, and those near to it that add something of what was asked.
fn pick(
    order: &[usize],
    scored: &[f64],
    words: &[Words],
    asked: &BTreeSet<String>,
    sentences: &[Sentence],
) -> Vec<usize> {
    let best = order[0];
    let mut chosen = vec![best];
    let mut said: BTreeSet<&String> = words[best].own.intersection(asked).collect();
    for at in order.iter().skip(1).copied() {
        if chosen.len() == SENTENCES || scored[at] < NEAR * scored[best] {
            break;
        }
        let adds = words[at].own.intersection(asked).any(|word| !said.contains(word));
        let beside = sentences[at].passage == sentences[best].passage && at.abs_diff(best) == 1;
        if adds || (beside && chosen.len() < 2) {
            said.extend(words[at].own.intersection(asked));
            chosen.push(at);
        }
    }
    chosen.sort_unstable();
    chosen
}

fn cue(question: &str) -> Cue {
    let lower = question.to_lowercase();
    let has = |any: &[&str]| any.iter().any(|it| lower.contains(it));
    if has(&[
        "how long",
        "how soon",
        "how fast",
        "how quickly",
        "how often",
        "time limit",
        "deadline",
    ]) {
        Cue::Duration
    } else if has(&[
        "cost",
        "price",
        "how much is",
        "how much do",
        "how much will",
        "fee",
        "expensive",
    ]) {
        Cue::Money
    } else if has(&["when ", "what time", "which day", "until when", "by when"]) {
        Cue::Moment
    } else if has(&[
        "how many",
        "how much",
        "how far",
        "how heavy",
        "how big",
        "how large",
        "maximum",
        "minimum",
    ]) {
        Cue::Number
    } else {
        Cue::None
    }
}

fn has(cue: Cue, text: &str) -> bool {
    let lower = text.to_lowercase();
    let mut words = lower.split(|c: char| !c.is_alphanumeric() && !matches!(c, '%' | '€' | '$' | '£'));
    let digit = lower.bytes().any(|byte| byte.is_ascii_digit());
    match cue {
        Cue::Duration => digit && words.any(|word| DURATIONS.contains(&word)),
        Cue::Money => words.any(|word| MONEY.contains(&word) || word.contains(['€', '$', '£'])),
        Cue::Moment => {
            words.clone().any(|word| MOMENTS.contains(&word)) || digit && words.any(|word| DURATIONS.contains(&word))
        }
        Cue::Number => digit,
        Cue::None => false,
    }
}
