//! The words of a text.

use std::ops::Range;

use frostem::{Algorithm, Stemmer};
use unicode_segmentation::UnicodeSegmentation;

use super::lists::FUNCTION;
use super::quantity::number;

/// What a word is there for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Role {
    /// Grammar.
    Function,
    /// Facts.
    Content,
    /// A number, or a part of one.
    Number,
}

/// One word.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Word {
    /// Where it stands, in bytes.
    pub(crate) range: Range<usize>,
    /// In lower case, apostrophes straight.
    pub(crate) lower: String,
    /// Its stem (Porter's second English stemmer, by Snowball).
    pub(crate) stem: String,
    /// What it is there for.
    pub(crate) role: Role,
    /// Whether it begins with a capital letter though it does not open the text.
    pub(crate) name: bool,
}

impl Word {
    /// Whether it says anything of the matter.
    pub(crate) fn tells(&self) -> bool {
        self.role != Role::Function
    }

    /// Whether it denies.
    pub(crate) fn denies(&self) -> bool {
        self.lower.ends_with("n't") || super::NEGATIONS.contains(&self.lower.as_str())
    }
}

/// The words of a text (UAX #29), citation marks such as `[2]` left out.
pub(crate) fn words(text: &str) -> Vec<Word> {
    let stemmer = Stemmer::new(Algorithm::English);
    let mut words: Vec<Word> = Vec::new();
    let mut open = true;
    let mut end = 0;
    for (start, word) in text.unicode_word_indices() {
        let between = text.get(end..start).unwrap_or_default();
        open |= between.contains(['.', '!', '?', '\n', ':', '"', '\u{201c}']);
        end = start + word.len();
        if is_citation(text, start, word) {
            continue;
        }
        let lower = word.to_lowercase().replace('\u{2019}', "'");
        let bare = lower.strip_suffix("'s").unwrap_or(&lower);
        let role = if number(bare).is_some() {
            Role::Number
        } else if FUNCTION.contains(&lower.as_str()) || FUNCTION.contains(&bare) {
            Role::Function
        } else {
            Role::Content
        };
        words.push(Word {
            range: start..end,
            stem: stemmer.stem(bare).into_owned(),
            name: !open && role == Role::Content && word.chars().next().is_some_and(char::is_uppercase),
            role,
            lower,
        });
        open = false;
    }
    words
}

/// Whether a number is a reference such as `[3]`, `[^3]` or `[1, 2]`.
fn is_citation(text: &str, start: usize, word: &str) -> bool {
    if !word.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let list = |c: char| c.is_ascii_digit() || [',', ' ', '^', '-', '\u{2013}'].contains(&c);
    let before = text[..start].trim_end_matches(list);
    let after = text[start + word.len()..].trim_start_matches(list);
    before.ends_with('[') && after.starts_with(']')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_stems_roles_and_names() {
        let words = words("The robbers didn't rob Glasgow\u{2019}s banks in 2017 [2].");
        let told: Vec<(&str, Role, bool)> = words.iter().map(|it| (it.stem.as_str(), it.role, it.name)).collect();
        assert_eq!(
            told,
            [
                ("the", Role::Function, false),
                ("robber", Role::Content, false),
                ("didn't", Role::Function, false),
                ("rob", Role::Content, false),
                ("glasgow", Role::Content, true),
                ("bank", Role::Content, false),
                ("in", Role::Function, false),
                ("2017", Role::Number, false),
            ]
        );
        assert!(words[2].denies() && !words[1].denies());
    }
}
