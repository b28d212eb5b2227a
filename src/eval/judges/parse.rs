//! A judge model's reply as JSON. What models add or spoil is repaired, what is no verdict stays none.

use serde_json::{Map, Value};

/// A longer reply is not read: a verdict is short.
const LONGEST: usize = 256 << 10;
/// At most so many braces are tried as the beginning of an object.
const MOST_TRIES: usize = 200;

/// The verdict in a reply: the object that has all of `keys`. Reasoning in `<think>`, fences, text around
/// it, single or curly quotes, trailing commas, comments and Python's words are forgiven.
///
/// # Errors
/// Says what is wrong, for the judge model to read: no object, none with these keys, or several that differ.
pub fn object(reply: &str, keys: &[&str]) -> Result<Map<String, Value>, String> {
    if reply.len() > LONGEST {
        return Err(format!("the reply is longer than {} KiB", LONGEST >> 10));
    }
    let reply = reply.rsplit("</think>").next().unwrap_or(reply);
    let mut complete: Vec<Map<String, Value>> = Vec::new();
    let mut partial: Option<Map<String, Value>> = None;
    let mut from = 0;
    for _ in 0..MOST_TRIES {
        let Some(start) = reply[from..].find('{').map(|at| from + at) else {
            break;
        };
        let Some((found, end)) = object_at(reply, start) else {
            from = start + 1;
            continue;
        };
        from = end;
        if keys.iter().all(|key| found.contains_key(*key)) {
            complete.push(found);
        } else {
            partial.get_or_insert(found);
        }
    }
    let Some(last) = complete.pop() else {
        return Err(match partial {
            None => "the reply holds no JSON object".to_owned(),
            Some(partial) => {
                let missing: Vec<&str> = keys.iter().copied().filter(|key| !partial.contains_key(*key)).collect();
                format!("the JSON object lacks {}", missing.join(", "))
            }
        });
    };
    if complete.iter().any(|other| *other != last) {
        return Err("the reply holds several JSON objects that differ; give one".to_owned());
    }
    Ok(last)
}

/// The object that begins at a brace, and where it ends.
fn object_at(reply: &str, start: usize) -> Option<(Map<String, Value>, usize)> {
    let mut strict = serde_json::Deserializer::from_str(&reply[start..]).into_iter::<Value>();
    if let Some(Ok(Value::Object(found))) = strict.next() {
        return Some((found, start + strict.byte_offset()));
    }
    let (repaired, end) = repaired(reply, start)?;
    match serde_json::from_str(&repaired) {
        Ok(Value::Object(found)) => Some((found, end)),
        _ => None,
    }
}

/// The text from a brace to the one that closes it, with strings in double quotes, and without trailing
/// commas and comments.
fn repaired(reply: &str, start: usize) -> Option<(String, usize)> {
    let mut out = String::new();
    let mut depth = 0_usize;
    let mut characters = reply[start..].char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        match c {
            '"' | '\'' | '\u{201c}' | '\u{201d}' | '\u{2018}' => string(c, &mut characters, &mut out)?,
            '{' | '[' => {
                depth += 1;
                out.push(c);
            }
            '}' | ']' => {
                let kept = out.trim_end().trim_end_matches(',').len();
                out.truncate(kept);
                out.push(c);
                depth -= 1;
                if depth == 0 {
                    return Some((out, start + at + 1));
                }
            }
            '/' if characters.peek().is_some_and(|(_, next)| *next == '/') => {
                while characters.peek().is_some_and(|(_, next)| *next != '\n') {
                    characters.next();
                }
            }
            c if c.is_alphabetic() || c == '_' => {
                let mut word = c.to_string();
                while let Some((_, next)) = characters
                    .peek()
                    .copied()
                    .filter(|(_, it)| it.is_alphanumeric() || *it == '_')
                {
                    word.push(next);
                    characters.next();
                }
                out.push_str(&bare(&word, &out, characters.peek().map(|(_, next)| *next)));
            }
            c => out.push(c),
        }
    }
    None
}

/// A word outside quotes: Python's words for JSON's, a key without quotes, or as it is.
fn bare(word: &str, before: &str, next: Option<char>) -> String {
    let is_key = next == Some(':') && before.trim_end().ends_with(['{', ',']);
    match word {
        _ if is_key => format!("\"{word}\""),
        "True" => "true".to_owned(),
        "False" => "false".to_owned(),
        "None" => "null".to_owned(),
        _ => word.to_owned(),
    }
}

/// Copies a string after its opening quote, with double quotes and its control characters escaped.
fn string(open: char, characters: &mut std::iter::Peekable<std::str::CharIndices<'_>>, out: &mut String) -> Option<()> {
    let close: &[char] = match open {
        '"' => &['"'],
        '\'' => &['\''],
        '\u{2018}' => &['\u{2019}'],
        _ => &['\u{201d}', '"'],
    };
    out.push('"');
    while let Some((_, c)) = characters.next() {
        match c {
            // In single quotes a quote between letters is an apostrophe.
            '\'' if open == '\''
                && out.ends_with(char::is_alphanumeric)
                && characters.peek().is_some_and(|(_, next)| next.is_alphanumeric()) =>
            {
                out.push(c);
            }
            c if close.contains(&c) => {
                out.push('"');
                return Some(());
            }
            '\\' => {
                let (_, escaped) = characters.next()?;
                if escaped != '\'' {
                    out.push('\\');
                }
                out.push(escaped);
            }
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    None
}

/// A score from `low` to `high`: a number, or a string that is one (`"4"`, `"4/5"`).
///
/// # Errors
/// Says what is wrong, for the judge model to read.
pub fn score(value: &Value, low: f64, high: f64) -> Result<f64, String> {
    let found = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => {
            let text = text.trim();
            let text = text.strip_suffix(&format!("/{high}")).unwrap_or(text);
            text.trim().parse().ok()
        }
        _ => None,
    };
    match found {
        Some(number) if (low..=high).contains(&number) => Ok(number),
        _ => Err(format!("{value} is no score from {low} to {high}")),
    }
}

/// One of a few words, whatever its case and the spaces and quotes around it.
///
/// # Errors
/// Says what is wrong, for the judge model to read.
pub fn choice<'a>(value: &Value, among: &[&'a str]) -> Result<&'a str, String> {
    let said = value.as_str().unwrap_or_default().trim().trim_matches(['"', '\'', '.']);
    among
        .iter()
        .find(|it| it.eq_ignore_ascii_case(said))
        .copied()
        .ok_or_else(|| format!("{value} is none of {}", among.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(reply: &str) -> Result<f64, String> {
        object(reply, &["score"]).and_then(|found| score(&found["score"], 1.0, 5.0))
    }

    #[test]
    fn what_models_spoil_is_repaired() {
        for reply in [
            r#"{"score": 4}"#,
            "```json\n{\"score\": 4}\n```",
            "Here is my verdict: {\"score\": \"4\"} I hope it helps.",
            "{'reason': 'It\\'s the answer\\'s tone', 'score': 4}",
            "{'reason': 'it says \"no\", doesn't it', 'score': 4,}",
            "{\"reason\": \"a\nb\", \"score\": 4, }",
            "{reason: \"x\", score: 4}",
            "{\"ok\": True, \"score\": \"4/5\"}",
            "{\u{201c}score\u{201d}: 4}",
            "{\"score\": 4 // good\n}",
            "<think>{\"score\": 1} or so</think>{\"score\": 4}",
            "{\"note\": \"draft\"} {\"score\": 4} {\"score\": 4}",
        ] {
            assert_eq!(read(reply), Ok(4.0), "{reply}");
        }
    }

    #[test]
    fn what_is_no_verdict_stays_none() {
        for reply in [
            "",
            "The answer is good.",
            "4",
            "[4]",
            "{}",
            "{\"score\": }",
            "{\"score\": 4",
            "{\"score\": null}",
            "{\"score\": true}",
            "{\"score\": \"\"}",
            "{\"score\": \"good\"}",
            "{\"score\": 0}",
            "{\"score\": 6}",
            "{\"score\": -4}",
            "{\"score\": \"NaN\"}",
            "{\"score\": 1e400}",
            "{\"score\": \"inf\"}",
            "{\"score\": [4]}",
            "{\"verdict\": {\"score\": 4}}",
            "{\"score\": 4} or rather {\"score\": 5}",
        ] {
            assert!(read(reply).is_err(), "{reply}");
        }
        assert!(object(&"{".repeat(100_000), &[]).is_err());
    }

    #[test]
    fn a_choice_is_one_of_the_words() {
        assert_eq!(choice(&Value::from(" \"a\". "), &["A", "tie"]), Ok("A"));
        assert!(choice(&Value::from("A or B"), &["A", "B"]).is_err());
        assert!(choice(&Value::from(1), &["A", "B"]).is_err());
    }

    proptest! {
        #[test]
        fn garbage_is_never_a_verdict(reply in "\\PC*") {
            prop_assume!(!reply.contains("score"));
            prop_assert!(read(&reply).is_err());
        }

        #[test]
        fn broken_json_never_panics_and_never_leaves_the_scale(reply in "([{}\\[\\]:,'\" ]|score|reason|[0-9]|-|true|None|//|\\\\|\n|é|“|”){0,40}") {
            if let Ok(found) = read(&reply) {
                prop_assert!((1.0..=5.0).contains(&found));
                prop_assert!(reply.contains("score"));
            }
        }

        /// Whatever a verdict is wrapped into, it comes out as it went in.
        #[test]
        fn a_verdict_survives_its_reason(reason in "\\PC{0,60}", number in 1_u8..=5) {
            let json = serde_json::json!({"reason": reason, "score": number}).to_string();
            prop_assert_eq!(read(&format!("Verdict:\n```json\n{json}\n```")), Ok(f64::from(number)));
        }
    }
}
