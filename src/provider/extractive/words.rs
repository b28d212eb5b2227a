//! Words: their stems, which of them carry meaning, and which mean nearly the same.

/// Words that say nothing of what is asked.
const STOP: &[&str] = &[
    "a", "about", "after", "all", "also", "am", "an", "and", "any", "are", "as", "at", "be", "been", "before", "but",
    "by", "can", "could", "did", "do", "does", "doing", "for", "from", "get", "give", "had", "has", "have", "having",
    "he", "her", "here", "him", "his", "how", "i", "if", "in", "into", "is", "it", "its", "just", "let", "like", "may",
    "me", "might", "mine", "much", "must", "my", "need", "no", "not", "of", "off", "on", "one", "only", "or", "our",
    "out", "over", "please", "shall", "she", "should", "so", "some", "still", "such", "tell", "than", "that", "the",
    "their", "them", "then", "there", "these", "they", "thing", "this", "those", "to", "too", "under", "until", "up",
    "us", "use", "used", "very", "want", "was", "we", "were", "what", "when", "where", "whether", "which", "while",
    "who", "whom", "whose", "why", "will", "with", "within", "would", "you", "your", "yours", "s", "t", "d", "m",
    "don", "ll", "re", "ve", "many", "long", "happen", "happens", "possible", "allowed",
];

/// Groups of words that people and documents use for the same thing. The first stands for all.
const KIN: &[&[&str]] = &[
    &["return", "send back", "bring back", "give back", "sent back"],
    &["refund", "money back", "reimburse"],
    &["deliver", "ship", "shipping", "arrive", "dispatch"],
    &["cost", "price", "fee", "charge", "pay", "expensive", "surcharge"],
    &["broken", "damage", "faulty", "defect", "defective"],
    &["cancel", "call off"],
    &["warranty", "guarantee"],
    &["buy", "purchase", "order"],
    &["parcel", "package"],
    &["phone", "telephone", "call"],
    &["delete", "remove", "erase"],
    &["earbud", "in-ear"],
    &["change", "modify", "edit"],
    &["weigh", "weight", "heavy"],
    &["repair", "fix", "mend"],
    &["discount", "reduction", "percent"],
    &["clean", "wash"],
    &["limit", "maximum", "max", "most"],
    &["minimum", "least"],
    &["run", "last"],
    &["lost", "missing", "lose"],
];

/// The stems of a text's words in order; with `all`, those that say nothing too.
pub(super) fn stems(text: &str, all: bool) -> Vec<String> {
    let lower = text.to_lowercase().replace(['’', '\''], " ");
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_alphanumeric() && c != '%')
        .filter(|word| !word.is_empty())
        .collect();
    let mut out = Vec::with_capacity(words.len());
    let mut at = 0;
    while at < words.len() {
        // `send back`, `send it back`.
        let split = words
            .get(at + 1)
            .is_some_and(|next| ["it", "them", "this", "that"].contains(next));
        let second = at + 1 + usize::from(split);
        let pair = words.get(second).map(|next| format!("{} {next}", words[at]));
        if let Some(first) = pair.and_then(|pair| kin(&pair)) {
            out.push(stem(first));
            at = second + 1;
            continue;
        }
        let word = words[at];
        at += 1;
        if all || !STOP.contains(&word) {
            let stemmed = stem(word);
            out.push(kin(word).or_else(|| kin(&stemmed)).map_or(stemmed, stem));
        }
    }
    out
}

fn kin(word: &str) -> Option<&'static str> {
    KIN.iter().find(|group| group.contains(&word)).map(|group| group[0])
}

/// A light stem: endings of number, tense and person, no more (after Harman, "How Effective Is Suffixing?",
/// 1991, and the commonest of Porter's steps).
pub(super) fn stem(word: &str) -> String {
    if word.len() <= 3 || !word.is_ascii() {
        return word.to_owned();
    }
    let mut stem = word.to_owned();
    if let Some(rest) = word.strip_suffix("ies") {
        stem = format!("{rest}y");
    } else if word.ends_with("sses") || word.ends_with("shes") || word.ends_with("ches") || word.ends_with("xes") {
        stem.truncate(word.len() - 2);
    } else if word.ends_with('s') && !word.ends_with("ss") && !word.ends_with("us") {
        stem.truncate(word.len() - 1);
    }
    for ending in ["ing", "ed", "able", "ly", "ment", "ation"] {
        let Some(rest) = stem.strip_suffix(ending) else {
            continue;
        };
        let vowels = rest.bytes().filter(|byte| b"aeiouy".contains(byte)).count();
        if rest.len() >= 3 && vowels > 0 {
            stem.truncate(rest.len());
            let bytes = stem.as_bytes();
            let last = bytes.len() - 1;
            // `shipping`, `cancelled`: the letter that was doubled for the ending.
            if last > 1 && bytes[last] == bytes[last - 1] && !b"sz".contains(&bytes[last]) {
                stem.truncate(last);
            }
            break;
        }
    }
    // `deliver`, `delivery`; `charge`, `charging`; `battery`, `batteries`.
    if stem.len() > 4 && (stem.ends_with('e') || stem.ends_with('y')) {
        stem.truncate(stem.len() - 1);
    }
    stem
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_meet() {
        for (one, other) in [
            ("returns", "returned"),
            ("batteries", "battery"),
            ("shipping", "ships"),
            ("delivery", "delivered"),
            ("cancelled", "cancel"),
            ("charging", "charges"),
            ("boxes", "box"),
            ("cleaning", "clean"),
        ] {
            assert_eq!(stem(one), stem(other), "{one} {other}");
        }
        assert_ne!(stem("kettle"), stem("kitchen"));
        assert_eq!(
            stems("How long can I send it back?", false),
            stems("send back", false).as_slice()
        );
    }
}
