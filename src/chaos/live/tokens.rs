//! Tokens of emulated answers and prompts.
//!
//! A token is a word with the space before it, a run of digits or a mark; long words are cut after every six
//! letters. An answer is streamed by the same tokens, so that the usage that is told is the number of pieces that
//! were sent. No provider's vocabulary counts so; for English its counts are within some tenth of the usual ones.

use crate::wire::{ChatRequest, Content};

/// Letters of a token at most.
const LETTERS: usize = 6;
/// What the format of a message costs beside its words (`OpenAI`'s cookbook counts three and three for the answer).
const PER_MESSAGE: u64 = 3;
/// What an image is taken for: a picture of low detail (`OpenAI`'s price page).
const PER_IMAGE: u64 = 85;

/// Where each token of a text ends, in bytes.
pub fn ends(text: &str) -> Vec<usize> {
    let mut ends = Vec::with_capacity(text.len() / 4 + 1);
    let mut letters = 0_usize;
    let mut before = None;
    for (at, letter) in text.char_indices() {
        let class = Class::of(letter);
        let joins = match (before, class) {
            (None, _) => true,
            // A space belongs to the word after it.
            (Some(Class::Space), Class::Word | Class::Digit) => letters == 1,
            (Some(a), b) => a == b && matches!(b, Class::Word | Class::Digit | Class::Space) && letters < LETTERS,
        };
        if joins {
            letters += 1;
        } else {
            ends.push(at);
            letters = 1;
        }
        before = Some(class);
    }
    if !text.is_empty() {
        ends.push(text.len());
    }
    ends
}

/// How many tokens a text has.
pub fn count(text: &str) -> u64 {
    ends(text).len() as u64
}

/// How many tokens a request's prompt has, its tools included.
pub fn of_prompt(request: &ChatRequest) -> u64 {
    let messages: u64 = (request.messages.iter())
        .map(|message| {
            let content: u64 = (message.content.iter())
                .map(|piece| match piece {
                    Content::Text(text) => count(text),
                    Content::Image(_) => PER_IMAGE,
                    Content::Other(value) => count(&value.to_string()),
                })
                .sum();
            let calls = message
                .tool_calls
                .iter()
                .map(|call| count(&call.name) + count(&call.arguments));
            content + calls.sum::<u64>() + PER_MESSAGE
        })
        .sum();
    let tools = (request.tools.iter()).map(|tool| {
        count(&tool.name) + count(&tool.parameters.to_string()) + count(tool.description.as_deref().unwrap_or(""))
    });
    messages + tools.sum::<u64>() + PER_MESSAGE
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Space,
    Word,
    Digit,
    Mark,
}

impl Class {
    fn of(letter: char) -> Self {
        if letter.is_whitespace() {
            Self::Space
        } else if letter.is_numeric() {
            Self::Digit
        } else if letter.is_alphabetic() {
            Self::Word
        } else {
            Self::Mark
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<&str> {
        let mut start = 0;
        let cut = |end| {
            let token = &text[start..end];
            start = end;
            token
        };
        ends(text).into_iter().map(cut).collect()
    }

    #[test]
    fn words_marks_and_digits() {
        assert_eq!(tokens("Hello, the world!"), ["Hello", ",", " the", " world", "!"]);
        assert_eq!(tokens("internationally"), ["intern", "ationa", "lly"]);
        assert_eq!(tokens("Grüße  an 12 Gäste"), ["Grüße", "  ", "an", " 12", " Gäste"]);
        assert_eq!(count(""), 0);
    }
}
