//! Verdicts in the replies of judge models.

use serde_json::Value;

use super::super::json::objects_in;
use crate::eval::judges::parse;

/// A verdict that a reply holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Grade {
    pub(super) pass: Option<bool>,
    pub(super) score: Option<f64>,
    pub(super) reason: String,
}

/// The first object in a reply that has one of these keys. promptfoo 0.121.20 too takes the first, and reads objects in
/// YAML's looser ways; our own judges read more strictly ([`parse::object`]).
pub(super) fn object_with(text: &str, keys: &[&str]) -> Option<Value> {
    let mut objects = objects_in(text).into_iter();
    objects.find(|object| keys.iter().any(|key| object.get(key).is_some()))
}

/// The reason in an object, or nothing.
pub(super) fn reason_of(object: &Value) -> &str {
    object.get("reason").and_then(Value::as_str).unwrap_or_default().trim()
}

/// The verdict of a reply: the first JSON object with `pass` or `score`, or else a last line such as `GRADE: C`, `Y`,
/// `INCORRECT`, `PASS`.
pub(super) fn grade(text: &str) -> Result<Grade, String> {
    if let Some(object) = object_with(text, &["pass", "score"]) {
        return of_object(&object);
    }
    let pass = by_word(text).ok_or("it holds no JSON object with `pass` and `score`")?;
    Ok(Grade {
        pass: Some(pass),
        score: None,
        reason: text.trim().to_owned(),
    })
}

fn of_object(object: &Value) -> Result<Grade, String> {
    let pass = match object.get("pass") {
        None | Some(Value::Null) => None,
        Some(Value::Bool(pass)) => Some(*pass),
        Some(Value::String(word)) => {
            Some(yes_or_no(word).ok_or(format!("`pass` is {word:?}, and must be true or false"))?)
        }
        Some(Value::Number(number)) if number.as_f64() == Some(1.0) => Some(true),
        Some(Value::Number(number)) if number.as_f64() == Some(0.0) => Some(false),
        Some(other) => return Err(format!("`pass` is {other}, and must be true or false")),
    };
    let score = match object.get("score") {
        None | Some(Value::Null) => None,
        Some(value) => Some(parse::score(value, 0.0, 1.0).map_err(|wrong| format!("`score`: {wrong}"))?),
    };
    Ok(Grade {
        pass,
        score,
        reason: reason_of(object).to_owned(),
    })
}

fn yes_or_no(word: &str) -> Option<bool> {
    match word.trim().to_lowercase().as_str() {
        "true" | "yes" | "y" | "pass" | "passed" | "1" => Some(true),
        "false" | "no" | "n" | "fail" | "failed" | "0" => Some(false),
        _ => None,
    }
}

/// The word that a reply ends with: `Y`, `N`, `CORRECT`, `INCORRECT`, `PASS`, `FAIL`, or after `GRADE:` also `C` and
/// `I`.
pub(super) fn by_word(text: &str) -> Option<bool> {
    let line = text.trim_end().lines().rev().find(|line| !line.trim().is_empty())?;
    let line = line.trim().trim_matches(|c: char| !c.is_alphanumeric());
    let (graded, word) = match line.rsplit_once([':', ' ']) {
        Some((before, word)) => (before.to_uppercase().trim_end_matches(':').ends_with("GRADE"), word),
        None => (false, line),
    };
    let word = word.trim().trim_matches(|c: char| !c.is_alphanumeric());
    match word {
        "C" if graded => Some(true),
        "I" | "P" if graded => Some(false),
        "Y" => Some(true),
        "N" => Some(false),
        _ => match word.to_uppercase().as_str() {
            "YES" | "CORRECT" | "PASS" if word.len() == line.len() || graded || word == word.to_uppercase() => {
                Some(true)
            }
            "NO" | "INCORRECT" | "FAIL" if word.len() == line.len() || graded || word == word.to_uppercase() => {
                Some(false)
            }
            _ => None,
        },
    }
}

/// The letter of a factuality verdict: `{"category": "B"}`, or `(B)` in prose; and the reason.
pub(super) fn category(text: &str) -> Result<(char, String), String> {
    let letter = |word: &str| {
        let word = word.trim().trim_matches(['(', ')']).to_uppercase();
        let mut letters = word.chars();
        match (letters.next(), letters.next()) {
            (Some(letter @ 'A'..='E'), None) => Some(letter),
            _ => None,
        }
    };
    if let Some(object) = object_with(text, &["category"]) {
        let written = object["category"].as_str().unwrap_or_default();
        let letter = letter(written).ok_or(format!("`category` is {written:?}, and must be A to E"))?;
        return Ok((letter, reason_of(&object).to_owned()));
    }
    let found = text.char_indices().find_map(|(at, c)| {
        let letter = letter(&c.to_string()).filter(|_| c.is_ascii_alphabetic())?;
        let before = text[..at].chars().next_back();
        let alone = before.is_none_or(|before| !before.is_alphanumeric());
        (text[at + 1..].starts_with(')') && alone).then_some((letter, at))
    });
    match found {
        Some((letter, at)) => Ok((letter, text[at + 2..].trim().to_owned())),
        None => match by_word(text) {
            Some(true) => Ok(('C', text.trim().to_owned())),
            Some(false) => Ok(('D', text.trim().to_owned())),
            None => Err("it names none of the categories A to E".to_owned()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_are_read_in_every_form() {
        let read = |text| grade(text).map(|grade| (grade.pass, grade.score));
        assert_eq!(
            read(r#"{"reason": "r", "pass": true, "score": 0.9}"#),
            Ok((Some(true), Some(0.9)))
        );
        assert_eq!(
            read("Sure!\n```json\n{\"pass\": \"no\", \"score\": \"0\",}\n```\nDone."),
            Ok((Some(false), Some(0.0)))
        );
        assert_eq!(read(r#"{"thought": {"x": 1}} {"score": 1}"#), Ok((None, Some(1.0))));
        assert_eq!(read("It is fine.\nGRADE: C"), Ok((Some(true), None)));
        assert_eq!(read("It is not.\n**GRADE: I**"), Ok((Some(false), None)));
        assert_eq!(read("INCORRECT"), Ok((Some(false), None)));
        assert_eq!(read("Reasoning …\n\nY"), Ok((Some(true), None)));
    }

    #[test]
    fn what_is_no_verdict_is_told() {
        for text in [
            "",
            "I think that it is quite good",
            "{\"reason\": \"x\"}",
            "{\"pass\": \"maybe\"}",
            "{\"pass\": true, \"score\": 7}",
            "{\"score\": \"high\"}",
            "the answer is not so incorrect after all.",
        ] {
            assert!(grade(text).is_err(), "{text}");
        }
    }

    #[test]
    fn categories_are_read() {
        assert_eq!(
            category(r#"{"category": "b", "reason": "more"}"#),
            Ok(('B', "more".to_owned()))
        );
        assert_eq!(category("(D) They disagree."), Ok(('D', "They disagree.".to_owned())));
        assert_eq!(category("The answer is A) a subset").unwrap().0, 'A');
        assert!(category(r#"{"category": "F"}"#).is_err() && category("none").is_err());
    }
}
