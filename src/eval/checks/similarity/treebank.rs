//! Words by the rules of the Penn Treebank (`tokenizer.sed` by Robert Macintyre, 1995), as js-rouge 3.2 applies them.

/// Contractions of which the Treebank makes two words: where they are cut.
const CONTRACTIONS: &[(&str, usize)] = &[
    ("cannot", 3),
    ("d'ye", 1),
    ("gimme", 3),
    ("gonna", 3),
    ("gotta", 3),
    ("lemme", 3),
    ("more'n", 4),
    ("wanna", 3),
    ("'tis", 2),
    ("'twas", 2),
];

/// The words of a text, punctuation apart.
pub(super) fn words(text: &str) -> Vec<String> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let spaced = set_apart(&text);
    let mut words = Vec::new();
    for token in spaced.split(' ').filter(|token| !token.is_empty()) {
        clitics(token, &mut words);
    }
    words
}

/// Spaces around what is no part of a word.
fn set_apart(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let stop = final_stop(&chars);
    let mut out = String::with_capacity(text.len() + 16);
    let mut inside_quotes = false;
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        let next = |ahead: usize| chars.get(at + ahead).copied();
        let mut taken = 1;
        match c {
            '"' => {
                let before = at.checked_sub(1).map(|before| chars[before]);
                let opens = !inside_quotes
                    && before.is_none_or(|before| {
                        before.is_whitespace() || before.is_ascii_punctuation() && !".!?".contains(before)
                    });
                inside_quotes = opens;
                out.push_str(if opens { " `` " } else { " '' " });
            }
            '`' | '\'' if next(1) == Some(c) => {
                inside_quotes = c == '`';
                out.push_str(if inside_quotes { " `` " } else { " '' " });
                taken = 2;
            }
            '.' if next(1) == Some('.') && next(2) == Some('.') => {
                out.push_str(" ... ");
                taken = 3;
            }
            '.' if Some(at) == stop => out.push_str(" ."),
            '-' if next(1) == Some('-') => {
                out.push_str(" -- ");
                taken = 2;
            }
            ':' | ',' if !next(1).is_some_and(char::is_numeric) => {
                out.push(' ');
                out.push(c);
                out.push(' ');
            }
            ';' | '@' | '#' | '$' | '%' | '&' | '?' | '!' | ']' | '[' | '(' | ')' | '{' | '}' | '<' | '>' => {
                out.push(' ');
                out.push(c);
                out.push(' ');
            }
            _ => out.push(c),
        }
        at += taken;
    }
    out
}

/// Where the full stop stands that ends the text: only closing marks follow it, none precedes it, and it does not
/// end an abbreviation such as `U.S.`
fn final_stop(chars: &[char]) -> Option<usize> {
    let last = chars
        .iter()
        .rposition(|c| !matches!(c, ']' | ')' | '}' | '>' | '\'') && !c.is_whitespace())?;
    let before = chars.get(last.checked_sub(1)?)?;
    if chars[last] != '.' || *before == '.' {
        return None;
    }
    let abbreviation = last >= 3
        && before.is_ascii_alphabetic()
        && chars[last - 2] == '.'
        && chars[last - 3].is_ascii_alphabetic()
        && (last < 4 || !(chars[last - 4].is_alphanumeric() || chars[last - 4] == '_'));
    (!abbreviation).then_some(last)
}

/// Cuts possessives and contractions off a word.
fn clitics(token: &str, words: &mut Vec<String>) {
    let lower = token.to_lowercase();
    for ending in ["'ll", "'re", "'ve", "n't", "'s", "'m", "'d"] {
        if let Some(stem) = lower.strip_suffix(ending) {
            let cut = stem.len();
            if token.is_char_boundary(cut) && !token[..cut].is_empty() {
                whole(&token[..cut], words);
                words.push(token[cut..].to_owned());
                return;
            }
        }
    }
    if let Some(stem) = token.strip_suffix('\'')
        && !stem.is_empty()
        && !stem.ends_with('\'')
    {
        whole(stem, words);
        words.push("'".to_owned());
        return;
    }
    whole(token, words);
}

fn whole(token: &str, words: &mut Vec<String>) {
    let lower = token.to_lowercase();
    match CONTRACTIONS.iter().find(|(contraction, _)| *contraction == lower) {
        Some((_, cut)) if token.is_char_boundary(*cut) => {
            words.push(token[..*cut].to_owned());
            words.push(token[*cut..].to_owned());
        }
        _ => words.push(token.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// js-rouge 3.2 `treeBankTokenize`.
    #[test]
    fn equals_js_rouge() {
        let of = |text: &str| words(text).join("|");
        assert_eq!(of("They'll save and invest more."), "They|'ll|save|and|invest|more|.");
        assert_eq!(of("hi, my name can't hello,"), "hi|,|my|name|ca|n't|hello|,");
        assert_eq!(
            of("He said \"no\" (twice) in the U.S."),
            "He|said|``|no|''|(|twice|)|in|the|U.S."
        );
        assert_eq!(
            of("$3.88 in 1,000 parts... I cannot"),
            "$|3.88|in|1,000|parts|...|I|can|not"
        );
        assert_eq!(of("dogs' bones -- 'tis"), "dogs|'|bones|--|'t|is");
    }
}
