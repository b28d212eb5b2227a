//! Numbers with their units.

use std::ops::Range;

use super::word::{Role, Word};

/// A number as a text gives it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Quantity {
    /// Its value.
    pub(crate) value: f64,
    /// What it counts: a currency's or per cent sign, or the stem of the next word that tells something.
    pub(crate) unit: Option<String>,
    /// Which words it is.
    pub(crate) words: Range<usize>,
    /// Whether the text says that it is about so much.
    pub(crate) rough: bool,
}

impl Quantity {
    /// Whether two numbers may mean the same: equal, or within a twentieth when either is rough.
    pub(crate) fn agrees(&self, other: &Self) -> bool {
        let near = if self.rough || other.rough { 0.05 } else { 1e-9 };
        (self.value - other.value).abs() <= near * self.value.abs().max(other.value.abs())
    }
}

const ONES: &[&str] = &[
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: &[&str] = &[
    "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
];
const SCALES: &[(&str, f64)] = &[
    ("hundred", 1e2),
    ("thousand", 1e3),
    ("million", 1e6),
    ("billion", 1e9),
    ("trillion", 1e12),
];
/// Scales that stand close behind digits: `£2.5m`, `10k`, `3bn`.
const SHORT: &[(&str, f64)] = &[("k", 1e3), ("m", 1e6), ("mn", 1e6), ("bn", 1e9), ("tn", 1e12)];
const ROUGH: &[&str] = &[
    "about",
    "almost",
    "around",
    "approximately",
    "circa",
    "nearly",
    "roughly",
    "some",
    "over",
    "under",
    "least",
    "than",
    "estimated",
];

/// The value of one word; `None` when it is no number. `one` is none: it mostly is a pronoun.
pub(super) fn number(lower: &str) -> Option<f64> {
    if lower == "one" {
        return None;
    }
    if let Some(at) = ONES.iter().position(|word| *word == lower) {
        return u32::try_from(at).ok().map(f64::from);
    }
    if let Some(at) = TENS.iter().position(|word| *word == lower) {
        return u32::try_from((at + 2) * 10).ok().map(f64::from);
    }
    if let Some((_, scale)) = SCALES.iter().find(|(word, _)| *word == lower) {
        return Some(*scale);
    }
    if !lower.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let digits: String = lower.chars().filter(|c| *c != ',' && *c != '_').collect();
    let end = digits
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(digits.len());
    let (digits, rest) = digits.split_at(end);
    let value: f64 = digits.parse().ok().filter(|value: &f64| value.is_finite())?;
    if ["", "st", "nd", "rd", "th", "s"].contains(&rest) {
        return Some(value);
    }
    SHORT
        .iter()
        .find(|(word, _)| *word == rest)
        .map(|(_, scale)| value * scale)
}

/// The quantities of a text. `words` are the text's.
pub(crate) fn quantities(text: &str, words: &[Word]) -> Vec<Quantity> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        if words[at].role != Role::Number {
            at += 1;
            continue;
        }
        let start = at;
        let mut value = number(bare(&words[at])).unwrap_or_default();
        at += 1;
        while let Some(next) = words.get(at).filter(|next| joined(text, &words[at - 1], next)) {
            let lower = bare(next);
            if let Some((_, scale)) = SCALES.iter().find(|(word, _)| *word == lower) {
                value *= scale;
            } else if TENS.contains(&bare(&words[at - 1])) && ONES[1..10].contains(&lower) {
                value += ONES
                    .iter()
                    .position(|word| *word == lower)
                    .and_then(|ones| u32::try_from(ones).ok())
                    .map_or(0.0, f64::from);
            } else {
                break;
            }
            at += 1;
        }
        found.push(Quantity {
            value,
            unit: unit(text, words, start..at),
            words: start..at,
            rough: words[start.saturating_sub(2)..start]
                .iter()
                .any(|word| ROUGH.contains(&word.lower.as_str())),
        });
    }
    found
}

fn bare(word: &Word) -> &str {
    word.lower.strip_suffix("'s").unwrap_or(&word.lower)
}

/// Whether only a space or a hyphen stands between two words.
fn joined(text: &str, one: &Word, next: &Word) -> bool {
    matches!(text.get(one.range.end..next.range.start), Some(" " | "-" | "\u{2011}"))
}

fn unit(text: &str, words: &[Word], of: Range<usize>) -> Option<String> {
    let before = text[..words[of.start].range.start].chars().next_back();
    if let Some(sign) = before.filter(|c| ['$', '\u{a3}', '\u{20ac}', '\u{a5}'].contains(c)) {
        return Some(sign.to_string());
    }
    let last = &words[of.end - 1];
    if text[last.range.end..].starts_with('%') {
        return Some("%".to_owned());
    }
    let next = words.get(of.end)?;
    let after = words.get(of.end + 1);
    if next.stem == "percent" || (next.lower == "per" && after.is_some_and(|it| it.lower == "cent")) {
        return Some("%".to_owned());
    }
    (joined(text, last, next) && next.role == Role::Content).then(|| next.stem.clone())
}

#[cfg(test)]
mod tests {
    use super::super::words;
    use super::*;

    fn of(text: &str) -> Vec<(f64, Option<String>)> {
        let found = quantities(text, &words(text));
        found.into_iter().map(|it| (it.value, it.unit)).collect()
    }

    #[test]
    fn numbers_are_read_in_words_and_digits() {
        let unit = |unit: &str| Some(unit.to_owned());
        assert_eq!(of("within 30 days"), [(30.0, unit("day"))]);
        assert_eq!(of("thirty-five years"), [(35.0, unit("year"))]);
        assert_eq!(of("two hundred people"), [(200.0, unit("peopl"))]);
        assert_eq!(of("£50,000 was taken"), [(50_000.0, unit("£"))]);
        assert_eq!(of("$2.5 million"), [(2_500_000.0, unit("$"))]);
        assert_eq!(of("£3bn"), [(3e9, unit("£"))]);
        assert_eq!(of("12% or twelve per cent"), [(12.0, unit("%")), (12.0, unit("%"))]);
        assert_eq!(of("the 21st of May 2017"), [(21.0, None), (2017.0, None)]);
        assert_eq!(of("one of them"), []);
    }

    #[test]
    fn rough_numbers_agree_with_near_ones() {
        let text = "almost 600 people, 593 people, 630 people";
        let found = quantities(text, &words(text));
        assert!(found[0].agrees(&found[1]));
        assert!(!found[1].agrees(&found[2]));
    }
}
