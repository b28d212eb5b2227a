//! Assertions as CSV cells write them: `contains: x`, `similar(0.8): x`, `javascript: …`, a bare word.

use crate::eval::suite::SuiteError;
use crate::source::{Data, Entry, Key, Map, Node, Place};

use super::super::files::Language;

/// The kinds that a cell may name, of promptfoo 0.121.20. A cell that begins with none of these is compared with the
/// whole answer.
const KINDS: &[&str] = &[
    "agent-rubric",
    "answer-relevance",
    "bleu",
    "classifier",
    "contains",
    "contains-all",
    "contains-any",
    "contains-html",
    "contains-json",
    "contains-sql",
    "contains-xml",
    "context-faithfulness",
    "context-recall",
    "context-relevance",
    "conversation-relevance",
    "cost",
    "equals",
    "factuality",
    "finish-reason",
    "g-eval",
    "gleu",
    "guardrails",
    "icontains",
    "icontains-all",
    "icontains-any",
    "is-html",
    "is-json",
    "is-refusal",
    "is-sql",
    "is-valid-function-call",
    "is-valid-openai-function-call",
    "is-valid-openai-tools-call",
    "is-xml",
    "javascript",
    "latency",
    "levenshtein",
    "llm-rubric",
    "pi",
    "meteor",
    "model-graded-closedqa",
    "model-graded-factuality",
    "moderation",
    "perplexity",
    "perplexity-score",
    "python",
    "regex",
    "rouge-n",
    "ruby",
    "similar",
    "similar:cosine",
    "similar:dot",
    "similar:euclidean",
    "starts-with",
    "tool-call-f1",
    "skill-used",
    "trajectory:goal-success",
    "trajectory:tool-args-match",
    "trajectory:step-count",
    "trajectory:tool-sequence",
    "trajectory:tool-used",
    "trace-error-spans",
    "trace-span-count",
    "trace-span-duration",
    "search-rubric",
    "webhook",
    "word-count",
];
/// Kinds whose number in brackets is their threshold; it is 0.75 when left out, and 0.8 for `similar`.
const WITH_THRESHOLD: &[&str] = &[
    "answer-relevance",
    "classifier",
    "context-faithfulness",
    "context-recall",
    "context-relevance",
    "cost",
    "latency",
    "levenshtein",
    "perplexity-score",
    "perplexity",
    "rouge-n",
    "similar",
    "starts-with",
];
/// Kinds whose value is a list with commas between.
const WITH_LIST: &[&str] = &["contains-all", "contains-any", "icontains-all", "icontains-any"];

/// The assertion of a cell, as the mapping that a configuration would write.
pub(super) fn assertion(cell: &str, place: &Place) -> Result<Node, SuiteError> {
    let mut made = Made::new(place);
    for (prefix, kind) in [
        ("javascript:", "javascript"),
        ("fn:", "javascript"),
        ("eval:", "javascript"),
    ] {
        if let Some(code) = cell.strip_prefix(prefix) {
            return Ok(made.kind(kind).text("value", code.trim()).done());
        }
    }
    for prefix in ["grade:", "llm-rubric:"] {
        if let Some(rubric) = cell.strip_prefix(prefix) {
            return Ok(made.kind("llm-rubric").text("value", rubric).done());
        }
    }
    if let Some(code) = cell.strip_prefix("python:") {
        return Ok(made.kind("python").text("value", code.trim()).done());
    }
    if let Some(path) = cell.strip_prefix("file://") {
        match Language::of(super::super::files::function_of(path).0) {
            Some(Language::Python) => return Ok(made.kind("python").text("value", cell).done()),
            Some(_) => return Ok(made.kind("javascript").text("value", cell).done()),
            None => {}
        }
    }
    let Some(parts) = Parts::of(cell) else {
        return Ok(made.kind("equals").text("value", cell).done());
    };
    let made = made.kind(&parts.whole());
    if WITH_LIST.contains(&parts.kind) {
        let items = parts.value.map(|value| listed(value, place)).transpose()?;
        return Ok(items.map_or(made.clone(), |items| made.list("value", items)).done());
    }
    if ["contains-json", "is-json"].contains(&parts.kind) {
        return Ok(parts
            .value
            .map_or(made.clone(), |value| made.text("value", value))
            .done());
    }
    let made = parts
        .value
        .map_or(made.clone(), |value| made.text("value", value.trim()));
    if WITH_THRESHOLD.contains(&parts.kind) {
        let otherwise = if parts.kind == "similar" { 0.8 } else { 0.75 };
        return Ok(made.number("threshold", parts.threshold.unwrap_or(otherwise)).done());
    }
    Ok(made.done())
}

/// `not-similar(0.8): x` taken apart.
struct Parts<'a> {
    negated: bool,
    kind: &'a str,
    threshold: Option<f64>,
    value: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(cell: &'a str) -> Option<Self> {
        let (negated, rest) = cell.strip_prefix("not-").map_or((false, cell), |rest| (true, rest));
        // The longest first: `contains-all` before `contains`.
        let mut kinds: Vec<&str> = KINDS.iter().copied().filter(|kind| rest.starts_with(kind)).collect();
        kinds.sort_by_key(|kind| std::cmp::Reverse(kind.len()));
        kinds.into_iter().find_map(|kind| {
            let after = &rest[kind.len()..];
            let (threshold, after) = match after.strip_prefix('(').and_then(|inner| inner.split_once(')')) {
                Some((number, after)) => (Some(decimal(number)?), after),
                None => (None, after),
            };
            let value = match after.strip_prefix(':') {
                Some(value) => Some(value),
                None if after.is_empty() => None,
                None => return None,
            };
            Some(Self {
                negated,
                kind: &rest[..kind.len()],
                threshold,
                value,
            })
        })
    }

    fn whole(&self) -> String {
        format!("{}{}", if self.negated { "not-" } else { "" }, self.kind)
    }
}

/// Digits, with a fraction perhaps.
fn decimal(text: &str) -> Option<f64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    text.parse().ok()
}

/// Values with commas between; one in double quotes may hold commas, and a quote as `""` or `\"`.
fn listed(text: &str, place: &Place) -> Result<Vec<String>, SuiteError> {
    let mut values = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
        if rest.is_empty() {
            return Ok(values);
        }
        let Some(quoted) = rest.strip_prefix('"') else {
            let end = rest.find(',').unwrap_or(rest.len());
            values.push(rest[..end].trim().to_owned());
            rest = &rest[end..];
            continue;
        };
        let (value, after) = unquoted(quoted).ok_or_else(|| SuiteError::at(place, "a value in quotes has no end"))?;
        values.push(value);
        rest = after.trim_start();
        if !rest.is_empty() && !rest.starts_with(',') {
            return Err(SuiteError::at(place, "a comma must follow a value in quotes"));
        }
    }
}

fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        match (c, next) {
            ('\\', Some(next @ ('"' | '\\'))) | ('"', Some(next @ '"')) => {
                value.push(next);
                chars.next();
            }
            ('"', _) => return Some((value, &text[at + 1..])),
            _ => value.push(c),
        }
    }
    None
}

/// A mapping in the making; all that is in it stands at one place.
#[derive(Clone)]
pub(super) struct Made {
    place: Place,
    entries: Vec<Entry>,
}

impl Made {
    pub(super) fn new(place: &Place) -> Self {
        Self {
            place: place.clone(),
            entries: Vec::new(),
        }
    }

    pub(super) fn set(mut self, key: &str, data: Data) -> Self {
        self.entries.push(Entry {
            key: Key {
                text: key.to_owned(),
                place: self.place.clone(),
            },
            value: Node {
                data,
                place: self.place.clone(),
            },
        });
        self
    }

    fn kind(&mut self, kind: &str) -> Self {
        self.clone().text("type", kind)
    }

    pub(super) fn text(self, key: &str, text: &str) -> Self {
        self.set(key, Data::Str(text.to_owned()))
    }

    pub(super) fn number(self, key: &str, number: f64) -> Self {
        self.set(key, Data::Float(number))
    }

    fn list(self, key: &str, items: Vec<String>) -> Self {
        let place = self.place.clone();
        let item = |text| Node {
            data: Data::Str(text),
            place: place.clone(),
        };
        self.set(key, Data::Seq(items.into_iter().map(item).collect()))
    }

    pub(super) fn done(self) -> Node {
        Node {
            data: Data::Map(Map { entries: self.entries }),
            place: self.place,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::source::{SourceFile, Span};

    fn read(cell: &str) -> Value {
        let place = SourceFile::new("t.csv", "x").place(Span::new(0, 1));
        assertion(cell, &place).map_or_else(|error| json!(error.message), |node| node.to_json())
    }

    /// Each expectation is what `assertionFromString` of promptfoo 0.121.20 gives (read, and run through
    /// `benches/promptfoo_agreement.py`).
    #[test]
    fn cells_are_read_as_promptfoo_reads_them() {
        assert_eq!(read("Paris"), json!({"type": "equals", "value": "Paris"}));
        assert_eq!(read("contains: Paris "), json!({"type": "contains", "value": "Paris"}));
        assert_eq!(read("not-icontains:x"), json!({"type": "not-icontains", "value": "x"}));
        assert_eq!(
            read("fn: output.length > 3"),
            json!({"type": "javascript", "value": "output.length > 3"})
        );
        assert_eq!(
            read("file://a.mjs"),
            json!({"type": "javascript", "value": "file://a.mjs"})
        );
        assert_eq!(
            read("file://a.py:f"),
            json!({"type": "python", "value": "file://a.py:f"})
        );
        assert_eq!(
            read("grade: is polite"),
            json!({"type": "llm-rubric", "value": " is polite"})
        );
        assert_eq!(
            read("similar: x"),
            json!({"type": "similar", "value": "x", "threshold": 0.8})
        );
        assert_eq!(
            read("similar(0.6): x"),
            json!({"type": "similar", "value": "x", "threshold": 0.6})
        );
        assert_eq!(
            read("levenshtein(5): x"),
            json!({"type": "levenshtein", "value": "x", "threshold": 5.0})
        );
        assert_eq!(
            read("starts-with: x"),
            json!({"type": "starts-with", "value": "x", "threshold": 0.75})
        );
        assert_eq!(read("latency(900)"), json!({"type": "latency", "threshold": 900.0}));
        assert_eq!(read("is-json"), json!({"type": "is-json"}));
        assert_eq!(
            read("is-json: {\"a\": 1}"),
            json!({"type": "is-json", "value": " {\"a\": 1}"})
        );
        assert_eq!(
            read("equals: contains: x"),
            json!({"type": "equals", "value": "contains: x"})
        );
        assert_eq!(
            read("similar:cosine: x"),
            json!({"type": "similar:cosine", "value": "x"})
        );
    }

    #[test]
    fn what_names_no_kind_is_compared_whole() {
        for cell in [
            "nonsense: x",
            "containsX",
            "similar(x): y",
            "language: de",
            "similar(.5): y",
            "not sure",
        ] {
            assert_eq!(read(cell), json!({"type": "equals", "value": cell}));
        }
    }

    #[test]
    fn lists_have_commas_and_quotes() {
        assert_eq!(
            read("contains-any: a, b ,,c"),
            json!({"type": "contains-any", "value": ["a", "b", "c"]})
        );
        assert_eq!(
            read(r#"contains-all: "a, b", "say ""hi""", "x\"y" ,z"#),
            json!({"type": "contains-all", "value": ["a, b", "say \"hi\"", "x\"y", "z"]})
        );
        assert_eq!(read("contains-all"), json!({"type": "contains-all"}));
        assert_eq!(read("contains-all: \"a"), json!("a value in quotes has no end"));
        assert_eq!(
            read("contains-all: \"a\" b"),
            json!("a comma must follow a value in quotes")
        );
    }
}
