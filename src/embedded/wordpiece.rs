//! Texts as pieces of words from a fixed vocabulary: BERT's lower-casing tokenizer.
//!
//! Wu et al., "Google's Neural Machine Translation System" (2016), with BERT's cleaning before it. Own code,
//! because the static table must start in a millisecond and run without the `models` feature; that it gives
//! what the `tokenizers` crate gives is tested below on random text.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use unicode_categories::UnicodeCategories;
use unicode_normalization_alignments::UnicodeNormalization;

/// Longer words are unknown as a whole, as in BERT.
const LONGEST_WORD: usize = 100;

/// A vocabulary that knows the number of each piece.
pub(super) struct WordPiece {
    /// Pieces that begin a word, and those that go on with one (written with `##` in the vocabulary).
    first: Pieces,
    further: Pieces,
    /// Bytes of the longest piece: nothing longer is looked up.
    longest: usize,
}

type Pieces = HashMap<Box<str>, u32, BuildHasherDefault<Fnv>>;

/// FNV-1a: the keys are a program's own, and few bytes long.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        // The table takes its bits from the top, where FNV mixes least.
        self.0 ^ self.0.rotate_left(29)
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

impl WordPiece {
    /// From the pieces in the order of their numbers.
    pub(super) fn new<'v>(vocabulary: impl Iterator<Item = &'v str>) -> Self {
        let mut made = Self {
            first: Pieces::with_capacity_and_hasher(32_768, BuildHasherDefault::default()),
            further: Pieces::with_capacity_and_hasher(8_192, BuildHasherDefault::default()),
            longest: 0,
        };
        for (number, piece) in (0_u32..).zip(vocabulary) {
            let (pieces, text) = match piece.strip_prefix("##") {
                Some(rest) if !rest.is_empty() => (&mut made.further, rest),
                _ => (&mut made.first, piece),
            };
            pieces.insert(text.into(), number);
            made.longest = made.longest.max(text.len());
        }
        made
    }

    /// The number of a piece as the vocabulary writes it.
    pub(super) fn number(&self, piece: &str) -> Option<u32> {
        match piece.strip_prefix("##") {
            Some(rest) if !rest.is_empty() => self.further.get(rest).copied(),
            _ => self.first.get(piece).copied(),
        }
    }

    /// The numbers of a text's pieces, in order; `None` stands for a word that cannot be put together.
    pub(super) fn encode(&self, text: &str) -> Vec<Option<u32>> {
        let mut found = Vec::with_capacity(text.len() / 4 + 1);
        each_word(text, &mut |word| self.pieces(word, &mut found));
        found
    }

    /// Cuts a word into the longest pieces from its beginning.
    fn pieces(&self, word: &str, found: &mut Vec<Option<u32>>) {
        if let Some(number) = self.first.get(word) {
            found.push(Some(*number));
            return;
        }
        if word.chars().count() > LONGEST_WORD {
            found.push(None);
            return;
        }
        let begun = found.len();
        let mut rest = word;
        while !rest.is_empty() {
            let pieces = if rest.len() == word.len() {
                &self.first
            } else {
                &self.further
            };
            let mut end = floor(rest, self.longest.min(rest.len()));
            let number = loop {
                if end == 0 {
                    break None;
                }
                if let Some(number) = pieces.get(&rest[..end]) {
                    break Some(*number);
                }
                end = floor(rest, end - 1);
            };
            let Some(number) = number else {
                found.truncate(begun);
                found.push(None);
                return;
            };
            found.push(Some(number));
            rest = &rest[end..];
        }
    }
}

/// The last place at or before `at` where a character begins.
fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Gives each word of a text, cleaned, in small letters and without accents. Every sign of punctuation and
/// every Chinese character is a word of its own.
fn each_word(text: &str, give: &mut dyn FnMut(&str)) {
    let mut word = String::with_capacity(32);
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            word.push(c.to_ascii_lowercase());
        } else if c.is_ascii() {
            ascii_sign(c, &mut word, give);
        } else if c == '\u{fffd}' || c.is_other() {
            // Left out: the word goes on.
        } else if c.is_whitespace() {
            finish(&mut word, give);
        } else if is_chinese(c) {
            finish(&mut word, give);
            folded(c, &mut word, give);
            finish(&mut word, give);
        } else {
            folded(c, &mut word, give);
        }
    }
    finish(&mut word, give);
}

/// An ASCII character that is no letter and no digit.
fn ascii_sign(c: char, word: &mut String, give: &mut dyn FnMut(&str)) {
    if c.is_ascii_punctuation() {
        finish(word, give);
        word.push(c);
        finish(word, give);
    } else if matches!(c, ' ' | '\t' | '\n' | '\r') {
        finish(word, give);
    }
    // Control characters are left out: the word goes on.
}

/// Adds a character taken apart, without its accents, in small letters.
fn folded(c: char, word: &mut String, give: &mut dyn FnMut(&str)) {
    for (part, _) in std::iter::once(c).nfd() {
        if part.is_mark_nonspacing() {
            continue;
        }
        for small in part.to_lowercase() {
            if small.is_whitespace() {
                finish(word, give);
            } else if small.is_ascii_punctuation() || small.is_punctuation() {
                finish(word, give);
                word.push(small);
                finish(word, give);
            } else {
                word.push(small);
            }
        }
    }
}

fn finish(word: &mut String, give: &mut dyn FnMut(&str)) {
    if !word.is_empty() {
        give(word);
        word.clear();
    }
}

/// The blocks of Chinese characters that BERT sets apart.
fn is_chinese(c: char) -> bool {
    matches!(
        u32::from(c),
        0x4E00..=0x9FFF
            | 0x3400..=0x4DBF
            | 0x2_0000..=0x2_A6DF
            | 0x2_A700..=0x2_B73F
            | 0x2_B740..=0x2_B81F
            | 0x2_B920..=0x2_CEAF
            | 0xF900..=0xFAFF
            | 0x2_F800..=0x2_FA1F
    )
}

#[cfg(test)]
#[cfg(feature = "models")]
mod tests {
    use proptest::prelude::*;
    use tokenizers::Tokenizer;
    use tokenizers::models::bpe::Vocab;
    use tokenizers::models::wordpiece::WordPiece as Reference;
    use tokenizers::normalizers::bert::BertNormalizer;
    use tokenizers::pre_tokenizers::bert::BertPreTokenizer;

    use super::*;
    use crate::embedded::StaticTable;

    /// The reference over the same vocabulary; what the table leaves out is unknown to both.
    fn reference(vocabulary: &[String]) -> Tokenizer {
        let unknown = std::iter::once("[UNK]".to_owned());
        let numbers = vocabulary
            .iter()
            .cloned()
            .chain(unknown)
            .zip(0_u32..)
            .collect::<Vocab>();
        let model = Reference::builder()
            .vocab(numbers)
            .unk_token("[UNK]".to_owned())
            .build()
            .unwrap();
        let mut tokenizer = Tokenizer::new(model);
        tokenizer.with_normalizer(Some(BertNormalizer::default())).unwrap();
        tokenizer.with_pre_tokenizer(Some(BertPreTokenizer));
        tokenizer
    }

    fn both(text: &str) -> (Vec<Option<u32>>, Vec<Option<u32>>) {
        use std::sync::OnceLock;
        static MADE: OnceLock<(WordPiece, Tokenizer, u32)> = OnceLock::new();
        let (ours, theirs, unknown) = MADE.get_or_init(|| {
            let vocabulary: Vec<String> = StaticTable::shipped()
                .unwrap()
                .vocabulary()
                .map(str::to_owned)
                .collect();
            let ours = WordPiece::new(vocabulary.iter().map(String::as_str));
            let unknown = u32::try_from(vocabulary.len()).unwrap();
            (ours, reference(&vocabulary), unknown)
        });
        let encoding = theirs.encode(text, false).unwrap();
        let expected = encoding.get_ids().iter().map(|id| (id != unknown).then_some(*id));
        (ours.encode(text), expected.collect())
    }

    #[test]
    fn what_is_hard_is_cut_as_the_reference_does() {
        for text in [
            "Hello, World! It's 3.5° (approx.)",
            "ÀÉÎÕÜ naïve café İstanbul ẞtraße ﬁne",
            "漢字かな交じり文 and 한국어",
            "a\u{0}b\u{fffd}c\u{200d}d\u{ad}e\u{a0}f\u{3000}g\u{2028}h\u{85}i",
            "e\u{301}\u{327} \u{301} x\u{20dd}",
            "\u{f900}\u{2f800} ½ ² ™ … — “quoted” ¿que?",
            "antidisestablishmentarianism zzzzxqj 🦀 ##s ## [UNK] [CLS]",
            &"x".repeat(101),
            "",
        ] {
            let (ours, theirs) = both(text);
            assert_eq!(ours, theirs, "{text:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn any_text_is_cut_as_the_reference_does(text in "\\PC{0,40}|.{0,40}|[a-zA-Z0-9 .,'-]{0,80}|[\u{0}-\u{2fff} ]{0,40}") {
            let (ours, theirs) = both(&text);
            prop_assert_eq!(ours, theirs, "{:?}", text);
        }
    }
}
