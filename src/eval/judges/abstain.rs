//! Whether an answer says that it cannot answer.

use super::text::{Word, sentences, words};

/// What people and models say instead of an answer, in lower case with straight apostrophes.
const PHRASES: &[&str] = &[
    "i don't know",
    "i do not know",
    "i'm not sure",
    "i am not sure",
    "i can't answer",
    "i cannot answer",
    "i'm unable to",
    "i am unable to",
    "i was unable to",
    "i could not find",
    "i couldn't find",
    "i can't find",
    "i cannot find",
    "i can't help",
    "i cannot help",
    "i can't assist",
    "i cannot assist",
    "i don't have information",
    "i don't have any information",
    "i do not have information",
    "i do not have any information",
    "i don't have enough information",
    "i do not have enough information",
    "not enough information",
    "insufficient information",
    "no information about",
    "no information on",
    "don't contain",
    "do not contain",
    "doesn't contain",
    "does not contain",
    "don't mention",
    "do not mention",
    "doesn't mention",
    "does not mention",
    "don't say",
    "do not say",
    "doesn't say",
    "does not say",
    "not mentioned in",
    "not provided in",
    "not stated in",
    "not covered by",
    "not covered in",
    "isn't covered",
    "is not covered",
    "cannot be determined",
    "can't be determined",
    "cannot be answered",
    "can't be answered",
    "is not known",
    "is unknown",
    "unanswerable",
    "i'm sorry, but i",
    "i am sorry, but i",
];
/// An abstention with more to say than this behind it answers something,
const MOST_WORDS_BEHIND: usize = 12;
/// and so does one that comes after this much.
const MOST_WORDS_BEFORE: usize = 2;

/// Whether an answer declines for want of knowledge or will, and claims hardly anything besides.
pub fn abstains(answer: &str) -> bool {
    let mut declines = false;
    let (mut before, mut behind) = (0, 0);
    for range in sentences(answer) {
        let sentence = &answer[range].to_lowercase().replace('\u{2019}', "'");
        if PHRASES.iter().any(|phrase| sentence.contains(phrase)) {
            declines = true;
            continue;
        }
        let told = words(sentence).iter().filter(|word: &&Word| word.tells()).count();
        if !declines {
            before += told;
        } else if !sentence.ends_with('?') && !offers(sentence) {
            behind += told;
        }
    }
    declines && before <= MOST_WORDS_BEFORE && behind <= MOST_WORDS_BEHIND
}

/// Whether a sentence only sends the reader on.
fn offers(sentence: &str) -> bool {
    [
        "please",
        "you may",
        "you can",
        "you could",
        "try ",
        "sorry",
        "let me know",
        "if you",
    ]
    .iter()
    .any(|opening| sentence.starts_with(opening))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn honest_abstentions_are_told_from_answers() {
        for answer in [
            "I don\u{2019}t know.",
            "I'm sorry, but I can't help with that.",
            "The passages do not mention who won the cup. Please ask support.",
            "There is not enough information to answer.",
        ] {
            assert!(abstains(answer), "{answer}");
        }
        for answer in [
            "30 days.",
            "",
            "You can send it back within 30 days. Sale items are not mentioned in the policy, so they follow the same \
             rule, but shipping fees and custom engraving are charged separately by the carrier and the workshop.",
        ] {
            assert!(!abstains(answer), "{answer}");
        }
    }
}
