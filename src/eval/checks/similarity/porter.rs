//! The stem of an English word: Porter, "An algorithm for suffix stripping", Program 14 (1980), with the two
//! departures that Porter's own programs have (`bli` for `abli`, and `logi`).

/// The stem of a word in lower case. A word of one or two letters, and one that is not ASCII, stays.
pub(super) fn stem(word: &str) -> String {
    if word.len() < 3 || !word.is_ascii() {
        return word.to_owned();
    }
    let mut word = word.as_bytes().to_vec();
    plurals(&mut word);
    past_and_gerund(&mut word);
    if ends(&word, "y") && has_vowel(&word[..word.len() - 1]) {
        replace(&mut word, 1, "i");
    }
    step(&mut word, DOUBLE, 0);
    step(&mut word, SIMPLE, 0);
    bare(&mut word);
    last_letters(&mut word);
    String::from_utf8(word).unwrap_or_default()
}

const DOUBLE: &[(&str, &str)] = &[
    ("ational", "ate"),
    ("tional", "tion"),
    ("enci", "ence"),
    ("anci", "ance"),
    ("izer", "ize"),
    ("bli", "ble"),
    ("alli", "al"),
    ("entli", "ent"),
    ("eli", "e"),
    ("ousli", "ous"),
    ("ization", "ize"),
    ("ation", "ate"),
    ("ator", "ate"),
    ("alism", "al"),
    ("iveness", "ive"),
    ("fulness", "ful"),
    ("ousness", "ous"),
    ("aliti", "al"),
    ("iviti", "ive"),
    ("biliti", "ble"),
    ("logi", "log"),
];

const SIMPLE: &[(&str, &str)] = &[
    ("icate", "ic"),
    ("ative", ""),
    ("alize", "al"),
    ("iciti", "ic"),
    ("ical", "ic"),
    ("ful", ""),
    ("ness", ""),
];

const BARE: &[&str] = &[
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ou", "ism", "ate", "iti", "ous",
    "ive", "ize",
];

fn ends(word: &[u8], suffix: &str) -> bool {
    word.ends_with(suffix.as_bytes())
}

fn replace(word: &mut Vec<u8>, length: usize, with: &str) {
    word.truncate(word.len() - length);
    word.extend_from_slice(with.as_bytes());
}

fn consonant(word: &[u8], at: usize) -> bool {
    match word[at] {
        b'a' | b'e' | b'i' | b'o' | b'u' => false,
        b'y' => at == 0 || !consonant(word, at - 1),
        _ => true,
    }
}

/// How often a vowel is followed by a consonant: Porter's m.
fn measure(stem: &[u8]) -> usize {
    let kinds: Vec<bool> = (0..stem.len()).map(|at| consonant(stem, at)).collect();
    kinds.windows(2).filter(|pair| !pair[0] && pair[1]).count()
}

fn has_vowel(stem: &[u8]) -> bool {
    (0..stem.len()).any(|at| !consonant(stem, at))
}

fn doubled(word: &[u8]) -> bool {
    let length = word.len();
    length >= 2 && word[length - 1] == word[length - 2] && consonant(word, length - 1)
}

/// Consonant, vowel, consonant, and the last is none of w, x, y.
fn short(word: &[u8]) -> bool {
    let length = word.len();
    length >= 3
        && consonant(word, length - 3)
        && !consonant(word, length - 2)
        && consonant(word, length - 1)
        && !matches!(word[length - 1], b'w' | b'x' | b'y')
}

fn plurals(word: &mut Vec<u8>) {
    if ends(word, "sses") || ends(word, "ies") {
        replace(word, 2, "");
    } else if ends(word, "s") && !ends(word, "ss") {
        replace(word, 1, "");
    }
}

fn past_and_gerund(word: &mut Vec<u8>) {
    if ends(word, "eed") {
        if measure(&word[..word.len() - 3]) > 0 {
            replace(word, 1, "");
        }
        return;
    }
    let Some(length) = ["ed", "ing"]
        .into_iter()
        .find(|suffix| ends(word, suffix) && has_vowel(&word[..word.len() - suffix.len()]))
        .map(str::len)
    else {
        return;
    };
    replace(word, length, "");
    if ["at", "bl", "iz"].iter().any(|suffix| ends(word, suffix)) {
        word.push(b'e');
    } else if doubled(word) && !matches!(word.last(), Some(b'l' | b's' | b'z')) {
        word.pop();
    } else if measure(word) == 1 && short(word) {
        word.push(b'e');
    }
}

/// The first suffix that fits is replaced, when the stem's measure is above `over`.
fn step(word: &mut Vec<u8>, suffixes: &[(&str, &str)], over: usize) {
    let fits = suffixes
        .iter()
        .filter(|(suffix, _)| ends(word, suffix))
        .max_by_key(|(suffix, _)| suffix.len());
    if let Some((suffix, with)) = fits
        && measure(&word[..word.len() - suffix.len()]) > over
    {
        replace(word, suffix.len(), with);
    }
}

fn bare(word: &mut Vec<u8>) {
    let fits = BARE
        .iter()
        .filter(|suffix| ends(word, suffix))
        .max_by_key(|suffix| suffix.len());
    if let Some(suffix) = fits {
        if measure(&word[..word.len() - suffix.len()]) > 1 {
            replace(word, suffix.len(), "");
        }
    } else if ends(word, "ion") {
        let stem = &word[..word.len() - 3];
        if matches!(stem.last(), Some(b's' | b't')) && measure(stem) > 1 {
            replace(word, 3, "");
        }
    }
}

fn last_letters(word: &mut Vec<u8>) {
    if ends(word, "e") {
        let stem = &word[..word.len() - 1];
        let measure = measure(stem);
        if measure > 1 || measure == 1 && !short(stem) {
            word.pop();
        }
    }
    if ends(word, "ll") && measure(word) > 1 {
        word.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Examples of Porter's paper.
    #[test]
    fn stems_are_those_of_the_paper() {
        for (word, expected) in [
            ("caresses", "caress"),
            ("ponies", "poni"),
            ("cats", "cat"),
            ("feed", "feed"),
            ("agreed", "agre"),
            ("plastered", "plaster"),
            ("motoring", "motor"),
            ("sing", "sing"),
            ("conflated", "conflat"),
            ("hopping", "hop"),
            ("falling", "fall"),
            ("filing", "file"),
            ("happy", "happi"),
            ("sky", "sky"),
            ("relational", "relat"),
            ("conditional", "condit"),
            ("vietnamization", "vietnam"),
            ("triplicate", "triplic"),
            ("hopefulness", "hope"),
            ("revival", "reviv"),
            ("adjustment", "adjust"),
            ("adoption", "adopt"),
            ("probate", "probat"),
            ("rate", "rate"),
            ("controll", "control"),
            ("roll", "roll"),
        ] {
            assert_eq!(stem(word), expected, "{word}");
        }
    }
}
