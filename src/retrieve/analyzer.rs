//! From text to terms: words as Unicode divides them, lower case, without stop words, stemmed.

use tantivy::tokenizer::{
    Language, LowerCaser, RemoveLongFilter, Stemmer, StopWordFilter, TextAnalyzer, Token, TokenStream, Tokenizer,
};
use unicode_segmentation::UnicodeSegmentation;

use super::error::RetrieveError;

/// The languages that have a stemmer, by their names in settings.
const LANGUAGES: &[(&str, Language)] = &[
    ("arabic", Language::Arabic),
    ("danish", Language::Danish),
    ("dutch", Language::Dutch),
    ("english", Language::English),
    ("finnish", Language::Finnish),
    ("french", Language::French),
    ("german", Language::German),
    ("greek", Language::Greek),
    ("hungarian", Language::Hungarian),
    ("italian", Language::Italian),
    ("norwegian", Language::Norwegian),
    ("portuguese", Language::Portuguese),
    ("romanian", Language::Romanian),
    ("russian", Language::Russian),
    ("spanish", Language::Spanish),
    ("swedish", Language::Swedish),
    ("tamil", Language::Tamil),
    ("turkish", Language::Turkish),
];

/// Words that ask rather than tell. Tantivy's lists are Snowball's, which hold such words, but for English
/// it takes Lucene's 33 words, which do not; and where the passages state and the questions ask, "how"
/// and "what" are rare in passages, and so would weigh as much as a name.
const ENGLISH_QUESTION_WORDS: &[&str] = &[
    "what", "which", "who", "whom", "whose", "when", "where", "why", "how", "do", "does", "did", "can", "could",
    "would", "should", "may", "might", "must", "i", "you", "we", "he", "she", "me", "my", "your", "our", "us", "his",
    "her", "its", "am", "been", "being", "has", "have", "had", "from",
];

/// A longer word is no word: Lucene's limit.
const LONGEST_WORD: usize = 255;

/// The analyzer of a language; `none` neither stems nor drops a word.
///
/// # Errors
/// Fails for a name that is no language's, and gives those that are.
pub(super) fn analyzer(language: &str) -> Result<TextAnalyzer, RetrieveError> {
    let words = TextAnalyzer::builder(Words)
        .filter(RemoveLongFilter::limit(LONGEST_WORD + 1))
        .filter(LowerCaser);
    if language == "none" {
        return Ok(words.build());
    }
    let Some((_, language)) = LANGUAGES.iter().find(|(name, _)| *name == language) else {
        let names: Vec<_> = LANGUAGES.iter().map(|(name, _)| *name).collect();
        let message = format!(
            "`{language}` is no language that BM25 knows: {}, none",
            names.join(", ")
        );
        return Err(RetrieveError::Settings(message));
    };
    let stop = StopWordFilter::new(*language);
    let words = match language {
        Language::English => words
            .filter(StopWordFilter::remove(
                ENGLISH_QUESTION_WORDS.iter().map(|word| (*word).to_owned()),
            ))
            .dynamic(),
        _ => words.dynamic(),
    };
    Ok(match stop {
        Some(stop) => words.filter(stop).filter(Stemmer::new(*language)).build(),
        None => words.filter(Stemmer::new(*language)).build(),
    })
}

/// The words of UAX #29, as Lucene's standard tokenizer finds them, parted further at `_`, `:` and dots
/// between letters (`a.b`, `text:red`). Tantivy's own would make one term of a Chinese sentence and two of
/// `can't` and of `3.95`.
#[derive(Clone)]
struct Words;

struct WordStream<'a> {
    words: unicode_segmentation::UnicodeWordIndices<'a>,
    /// What is left of the word at hand, and where it starts.
    rest: (usize, &'a str),
    token: Token,
}

impl<'a> WordStream<'a> {
    fn next_word(&mut self) -> Option<(usize, &'a str)> {
        loop {
            let (at, rest) = self.rest;
            let skipped = rest.find(|char| !parts(char)).unwrap_or(rest.len());
            let (at, rest) = (at + skipped, &rest[skipped..]);
            if rest.is_empty() {
                self.rest = self.words.next()?;
                continue;
            }
            let end = rest
                .char_indices()
                .find(|(at, char)| parts(*char) && !is_within_number(rest, *at));
            let end = end.map_or(rest.len(), |(end, _)| end);
            self.rest = (at + end, &rest[end..]);
            return Some((at, &rest[..end]));
        }
    }
}

const fn parts(char: char) -> bool {
    matches!(char, '_' | ':' | '.')
}

/// Whether a dot stands between digits.
fn is_within_number(word: &str, at: usize) -> bool {
    let bytes = word.as_bytes();
    let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    bytes[at] == b'.' && digit(at.checked_sub(1)) && digit(Some(at + 1))
}

impl Tokenizer for Words {
    type TokenStream<'a> = WordStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> WordStream<'a> {
        WordStream {
            words: text.unicode_word_indices(),
            rest: (0, ""),
            token: Token::default(),
        }
    }
}

impl TokenStream for WordStream<'_> {
    fn advance(&mut self) -> bool {
        let Some((at, word)) = self.next_word() else {
            return false;
        };
        self.token.position = self.token.position.wrapping_add(1);
        self.token.offset_from = at;
        self.token.offset_to = at + word.len();
        self.token.text.clear();
        self.token.text.push_str(word);
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(language: &str, text: &str) -> Vec<String> {
        let mut analyzer = analyzer(language).unwrap();
        let mut stream = analyzer.token_stream(text);
        let mut terms = Vec::new();
        stream.process(&mut |token| terms.push(token.text.clone()));
        terms
    }

    #[test]
    fn words_are_lowered_stopped_and_stemmed() {
        assert_eq!(
            terms("english", "The Returns of a K-200, its parcel's"),
            ["return", "k", "200", "parcel"]
        );
        assert_eq!(terms("none", "The Returns"), ["the", "returns"]);
        assert_eq!(
            terms("none", "3.95 a.b text:red __init__ can't"),
            ["3.95", "a", "b", "text", "red", "init", "can't"]
        );
        assert_eq!(terms("german", "Die Rückgaben"), ["ruckgab"]);
        assert_eq!(terms("english", "模型"), ["模", "型"]);
        let error = analyzer("klingon").err().unwrap().to_string();
        assert!(error.contains("turkish, none"), "{error}");
    }
}
