//! What users ask: filler of the length that the scenario wants, the same for the same question.

use crate::chaos::live::marks;
use crate::chaos::scenario::Request;

/// Common words of one token each in the vocabularies of the providers.
const WORDS: &[&str] = &[
    "please", "tell", "me", "about", "the", "order", "that", "was", "sent", "last", "week", "and", "how", "it", "can",
    "be", "paid", "when", "there", "is", "no", "more", "time", "to", "wait", "for", "a", "new", "one", "from", "you",
];
/// No prompt is longer: five times what the longest window holds.
const MOST: u32 = 5_000_000;

/// A prompt of about so many tokens.
pub(super) fn prompt(request: &Request) -> String {
    let words = request.prompt_tokens.clamp(1, MOST);
    let mut text = marks::question(request.question);
    let start = usize::try_from(request.question % WORDS.len() as u64).unwrap_or(0);
    for word in WORDS.iter().cycle().skip(start).zip(0..words.saturating_sub(3)) {
        text.push(' ');
        text.push_str(word.0);
    }
    text
}
