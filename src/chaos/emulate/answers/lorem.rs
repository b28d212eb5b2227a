//! Filler with an exact number of tokens.

use crate::rng::Chance;

/// Words of five letters at most: with the space before them each is one token (`tokens.rs` cuts after six).
const WORDS: &[&str] = &[
    "lorem", "ipsum", "dolor", "sit", "amet", "elit", "sed", "do", "ut", "et", "magna", "enim", "ad", "minim", "quis",
    "nisi", "ex", "ea", "duis", "aute", "irure", "in", "velit", "esse", "nulla", "sint", "non", "sunt", "culpa", "qui",
    "anim", "id", "est", "unde", "omnis", "iste", "natus", "error", "totam", "rem", "quae", "ab", "illo", "quasi",
    "vitae", "dicta",
];

/// A text of so many tokens, by [`tokens::ends`](crate::chaos::live::tokens::ends).
#[must_use]
pub(super) fn lorem(tokens: u32, chance: &mut Chance) -> String {
    let mut text = String::new();
    let mut left = tokens;
    let mut begins = true;
    let mut in_sentence = 0;
    while left > 0 {
        // A sentence ends after some words, and the text with a mark where there is room for one.
        let ends = in_sentence > 3 && (left == 1 || chance.below(9) == 0);
        if ends {
            text.push('.');
            begins = true;
            in_sentence = 0;
        } else {
            let word = WORDS[chance.below(WORDS.len())];
            if !text.is_empty() {
                text.push(' ');
            }
            let mut letters = word.chars();
            if begins {
                text.extend(letters.next().map(|first| first.to_ascii_uppercase()));
            }
            text.push_str(letters.as_str());
            begins = false;
            in_sentence += 1;
        }
        left -= 1;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chaos::live::tokens;

    #[test]
    fn the_count_is_exact_for_every_length() {
        for length in 0..300 {
            let text = lorem(length, &mut Chance::numbered(1, u64::from(length), 0));
            assert_eq!(tokens::count(&text), u64::from(length), "{text}");
        }
    }
}
