//! From an answer to the single things it claims.

use std::ops::Range;

use super::super::text::{Word, sentences, words};

/// Verbs that stand on their own: what has one on either side of a conjunction is two statements.
const FINITE: &[&str] = &[
    "am", "are", "can", "can't", "cannot", "could", "did", "didn't", "do", "does", "doesn't", "don't", "had", "has",
    "have", "is", "isn't", "may", "might", "must", "should", "was", "wasn't", "were", "weren't", "will", "won't",
    "would",
];
const CONJUNCTIONS: &[&str] = &["and", "but", "while", "whereas", "although", "though", "so", "or"];
/// What a statement may begin with behind a conjunction without a comma.
const SUBJECTS: &[&str] = &[
    "he", "i", "it", "she", "that", "there", "these", "they", "this", "those", "we", "you",
];
/// Openings of sentences that speak of the answer itself.
const PREAMBLES: &[&str] = &[
    "sure",
    "certainly",
    "of course",
    "here is",
    "here are",
    "here's",
    "i hope",
    "let me know",
    "feel free",
    "please let",
    "happy to help",
    "great question",
    "good question",
    "thank you",
    "thanks",
    "you're welcome",
];

/// The claims of an answer as byte ranges, in order and apart: sentences and list items, split where two
/// whole statements are joined. What claims nothing is left out: questions, headings of lists, courtesies.
#[must_use]
pub fn claims(answer: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for sentence in sentences(answer) {
        let sentence = without_marker(answer, sentence);
        let text = &answer[sentence.clone()];
        if text.ends_with('?') || text.ends_with(':') || is_preamble(text) {
            continue;
        }
        for piece in statements(text) {
            let piece = sentence.start + piece.start..sentence.start + piece.end;
            if words(&answer[piece.clone()]).iter().any(Word::tells) {
                found.push(piece);
            }
        }
    }
    // An answer of function words alone ("No.") still claims something.
    if found.is_empty() {
        found.extend(
            sentences(answer)
                .into_iter()
                .find(|range| ["yes", "no"].contains(&first_word(&answer[range.clone()]).as_str())),
        );
    }
    found
}

fn first_word(text: &str) -> String {
    words(text)
        .into_iter()
        .next()
        .map(|word| word.lower)
        .unwrap_or_default()
}

/// A sentence without the marker of a list item, heading or quotation.
fn without_marker(answer: &str, range: Range<usize>) -> Range<usize> {
    let text = &answer[range.clone()];
    let bullet = text.trim_start_matches(['-', '*', '+', '\u{2022}', '#', '>', '|', ' ', '\t']);
    let digits = bullet.trim_start_matches(|c: char| c.is_ascii_digit());
    let numbered = digits.strip_prefix([')', '.']).filter(|rest| rest.starts_with(' '));
    let rest = match numbered {
        Some(rest) if digits.len() < bullet.len() => rest.trim_start(),
        _ => bullet,
    };
    range.end - rest.len()..range.end
}

fn is_preamble(text: &str) -> bool {
    let lower = text.to_lowercase();
    PREAMBLES.iter().any(|opening| {
        lower
            .strip_prefix(opening)
            .is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
    }) && words(text).iter().filter(|word| word.tells()).count() < 6
}

/// The statements of a sentence: cut at semicolons, and at conjunctions between two finite verbs.
fn statements(text: &str) -> Vec<Range<usize>> {
    let words = words(text);
    let mut cuts = Vec::new();
    let mut from = 0;
    for at in 1..words.len() {
        let between = &text[words[at - 1].range.end..words[at].range.start];
        let semicolon = between.contains(';');
        let word = words[at].lower.as_str();
        let joins = CONJUNCTIONS.contains(&word)
            && (between.contains(',')
                || words
                    .get(at + 1)
                    .is_some_and(|next| SUBJECTS.contains(&next.lower.as_str())));
        if (semicolon && whole(&words[from..at])) || (joins && whole(&words[from..at]) && whole(&words[at + 1..])) {
            cuts.push(words[at].range.start);
            from = at;
        }
    }
    let mut start = 0;
    let mut pieces = Vec::new();
    for cut in cuts.into_iter().chain([text.len()]) {
        let end = start + text[start..cut].trim_end_matches([' ', ',', ';', '\t']).len();
        if start < end {
            pieces.push(start..end);
        }
        start = cut;
    }
    pieces
}

/// Whether words make a statement of their own: a finite verb with something before it and behind it.
fn whole(words: &[Word]) -> bool {
    words.len() >= 3
        && words
            .iter()
            .position(|word| FINITE.contains(&word.lower.as_str()))
            .is_some_and(|verb| verb > 0 && verb + 1 < words.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(answer: &str) -> Vec<&str> {
        claims(answer).into_iter().map(|range| &answer[range]).collect()
    }

    #[test]
    fn sentences_items_and_joined_statements_are_claims() {
        let answer = "Sure! Here is what I found:\n\n1. Refunds are paid within 30 days.\n- **Shipping** is free; \
                      sale items are not returned.\nHe was born in Rome, and he is 40. Tea and coffee are free. \
                      Anything else?";
        assert_eq!(
            texts(answer),
            [
                "Refunds are paid within 30 days.",
                "Shipping** is free",
                "sale items are not returned.",
                "He was born in Rome",
                "and he is 40.",
                "Tea and coffee are free.",
            ]
        );
    }

    #[test]
    fn a_bare_yes_claims_and_nothing_claims_nothing() {
        assert_eq!(texts("Yes."), ["Yes."]);
        assert!(texts("").is_empty());
        assert!(texts("How about you?").is_empty());
    }

    proptest! {
        #[test]
        fn claims_are_in_order_apart_and_on_characters(answer in "\\PC*") {
            check(&answer)?;
        }

        #[test]
        fn claims_hold_on_text_like_answers(answer in "([a-zA-Z0-9 ,;.!?\\-*#>|\\n\"'()é😀]|and |is |but it was |\\[1\\]){0,60}") {
            check(&answer)?;
        }
    }

    fn check(answer: &str) -> Result<(), TestCaseError> {
        let mut end = 0;
        for claim in claims(answer) {
            prop_assert!(claim.start >= end && claim.end > claim.start);
            prop_assert!(answer.get(claim.clone()).is_some());
            end = claim.end;
        }
        Ok(())
    }

    proptest! {
        /// Sentences leave out white space only.
        #[test]
        fn sentences_cover_every_word(answer in "\\PC{0,80}") {
            let mut end = 0;
            for range in sentences(&answer) {
                prop_assert!(answer[end..range.start].chars().all(char::is_whitespace));
                end = range.end;
            }
            prop_assert!(answer[end..].chars().all(char::is_whitespace));
        }
    }
}
