//! Cases from CSV and JSONL files: columns by name.
//!
//! Read are our own columns, and the names under which `DeepEval`, Ragas and `OpenAI` evals write the same
//! things ([`ALIASES`]). A column that is none of them becomes a variable of the case.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use crate::source::{Data, Entry, Key, Map, Node, Place, SourceFile, Span};

use super::csv_rows::{csv_rows, line_place};
use super::{Case, SuiteError, cases};
use crate::read::Fields;

/// Columns of other tools and what they are here. `DeepEval` goldens: `input`, `expected_output`; Ragas 0.2 and
/// later: `user_input`, `reference`; Ragas 0.1: `question`, `ground_truth`; `OpenAI` evals: `input`, `ideal`.
const ALIASES: &[(&str, &str)] = &[
    ("question", "ask"),
    ("input", "ask"),
    ("user_input", "ask"),
    ("query", "ask"),
    ("expected_output", "answer"),
    ("ground_truth", "answer"),
    ("reference", "answer"),
    ("ideal", "answer"),
    ("expected", "answer"),
];

/// Files up to this length are read.
const LONGEST: u64 = 256 << 20;

/// Reads `{from: cases.csv, tags: […]}`: the tags are given to every case of the file.
pub(super) fn read(item: &Node, from: &Node) -> Result<Vec<Case>, SuiteError> {
    let fields = Fields::new(item, "a file of cases", &["from", "tags"])?;
    let name = from
        .as_str()
        .ok_or_else(|| fields.wrong("from", from, "the path of a CSV or JSONL file"))?;
    let path = beside(&from.place, name);
    let text =
        text_of(&path).map_err(|message| SuiteError::at(&from.place, format!("{message}: {}", path.display())))?;
    let file = SourceFile::new(&path, text);
    let rows = match path.extension().and_then(|extension| extension.to_str()) {
        Some("csv") => separated_rows(&file, b',')?,
        Some("tsv") => separated_rows(&file, b'\t')?,
        Some("jsonl" | "ndjson") => jsonl_rows(&file)?,
        _ => {
            return Err(SuiteError::at(
                &from.place,
                "cases are read from .csv, .tsv and .jsonl files",
            ));
        }
    };
    let tags = fields.texts("tags")?;
    let case = |row: &Node| {
        let mut case = cases::case(row)?;
        case.tags.extend(tags.iter().cloned());
        Ok(case)
    };
    rows.iter().map(case).collect()
}

/// A path that stands in a file: from that file's folder.
pub(super) fn beside(place: &Place, name: &str) -> PathBuf {
    place.file.path().parent().unwrap_or_else(|| Path::new("")).join(name)
}

/// The text of a file that a suite names, within limits.
pub(super) fn text_of(path: &Path) -> Result<String, String> {
    let length = std::fs::metadata(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        _ => error.to_string(),
    })?;
    if length.is_dir() {
        return Err("this is a folder, and a file is needed".to_owned());
    }
    if length.len() > LONGEST {
        return Err(format!("the file is longer than {} MB", LONGEST >> 20));
    }
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    let text = String::from_utf8(bytes).map_err(|_| "the file is not UTF-8 text".to_owned())?;
    Ok(text
        .strip_prefix('\u{feff}')
        .map_or_else(|| text.clone(), str::to_owned))
}

/// Cells without text say nothing.
fn separated_rows(file: &Arc<SourceFile>, separator: u8) -> Result<Vec<Node>, SuiteError> {
    let rows = csv_rows(file, separator)?.into_iter().map(|(place, cells)| {
        let filled = cells.into_iter().filter(|(_, cell)| !cell.trim().is_empty());
        row(&place, filled.map(|(name, cell)| (name, Value::from(cell))))
    });
    rows.collect()
}

fn jsonl_rows(file: &Arc<SourceFile>) -> Result<Vec<Node>, SuiteError> {
    let mut rows = Vec::new();
    let mut start = 0;
    for line in file.text().split_inclusive('\n') {
        let place = line_place(file, start);
        start += line.len();
        if line.trim().is_empty() {
            continue;
        }
        let value: Value = serde_json::from_str(line).map_err(|error| {
            let at = place.span.start + error.column().saturating_sub(1).min(line.len());
            SuiteError::at(&file.place(Span::new(at, at)), format!("this line is no JSON: {error}"))
        })?;
        let Value::Object(map) = value else {
            return Err(SuiteError::at(&place, "each line must be a JSON object"));
        };
        rows.push(row(&place, map.into_iter())?);
    }
    Ok(rows)
}

/// A row as the mapping of a case.
fn row(place: &Place, cells: impl Iterator<Item = (String, Value)>) -> Result<Node, SuiteError> {
    let mut case = Builder::new(place);
    let mut variables = Builder::new(place);
    let mut expect = Vec::new();
    for (name, value) in cells {
        let alias = ALIASES
            .iter()
            .find(|(theirs, _)| *theirs == name)
            .map(|(_, ours)| *ours);
        let key = alias.unwrap_or(&name);
        match key {
            // The first of several names wins: `question` beside `input`.
            "ask" | "answer" if case.has(key) => variables.set(&name, place, &value),
            "ask" => case.set(key, place, &Value::String(question(&value))),
            // OpenAI evals allow several ideal answers; the first is the reference.
            "answer" => case.set(key, place, first(&value)),
            "id" | "group" | "threshold" => case.set(key, place, &number_or_text(&value)),
            "tags" | "variants" => case.set(key, place, &listed(&value)),
            "relevant" => case.set(key, place, &grades(&value, place)?),
            "expect" | "vars" => case.set(key, place, &value),
            _ => match key.strip_prefix("expect_") {
                Some(kind) => {
                    let mut check = Builder::new(place);
                    check.set(kind, place, &number_or_text(&value));
                    expect.push(check.done());
                }
                None => variables.set(&name, place, &value),
            },
        }
    }
    if !expect.is_empty() {
        case.put(
            "expect",
            Node {
                data: Data::Seq(expect),
                place: place.clone(),
            },
        );
    }
    let variables = variables.done();
    if variables.entries().next().is_some() && !case.has("vars") {
        case.put("vars", variables);
    }
    Ok(case.done())
}

struct Builder {
    map: Map,
    place: Place,
}

impl Builder {
    fn new(place: &Place) -> Self {
        Self {
            map: Map::default(),
            place: place.clone(),
        }
    }

    fn has(&self, key: &str) -> bool {
        self.map.entries.iter().any(|entry| entry.key.text == key)
    }

    fn set(&mut self, key: &str, place: &Place, value: &Value) {
        self.put(key, Node::from_json(value, place));
    }

    fn put(&mut self, key: &str, value: Node) {
        let key = Key {
            text: key.to_owned(),
            place: self.place.clone(),
        };
        self.map.entries.push(Entry { key, value });
    }

    fn done(self) -> Node {
        Node {
            data: Data::Map(self.map),
            place: self.place,
        }
    }
}

/// A question is text, or a chat whose last user message is it (`OpenAI` evals write `input` so).
fn question(value: &Value) -> String {
    let last = value.as_array().into_iter().flatten().rev();
    let asked = last
        .filter(|message| message["role"] == "user")
        .find_map(|message| message["content"].as_str());
    match (asked, value) {
        (Some(asked), _) => asked.to_owned(),
        (None, Value::String(text)) => text.clone(),
        (None, other) => other.to_string(),
    }
}

fn first(value: &Value) -> &Value {
    value.as_array().and_then(|all| all.first()).unwrap_or(value)
}

/// A cell that is a number or a truth value counts as one.
fn number_or_text(value: &Value) -> Value {
    let Value::String(text) = value else {
        return value.clone();
    };
    match text.trim() {
        "true" | "TRUE" => Value::Bool(true),
        "false" | "FALSE" => Value::Bool(false),
        trimmed => trimmed
            .parse::<f64>()
            .ok()
            .filter(|number| number.is_finite() && number.to_string() == trimmed)
            .map_or_else(|| value.clone(), Value::from),
    }
}

/// A cell of names: a JSON list, or text with `;` or `,` between them.
fn listed(value: &Value) -> Value {
    let Value::String(text) = value else {
        return value.clone();
    };
    let names = text.split([';', ',']).map(str::trim).filter(|name| !name.is_empty());
    names.map(Value::from).collect()
}

/// A cell of relevance: JSON, or `returns.md#window=2; terms.md=1`, the grade being 1 when it is left out.
fn grades(value: &Value, place: &Place) -> Result<Value, SuiteError> {
    let Value::String(text) = value else {
        return Ok(value.clone());
    };
    let text = text.trim();
    if text.starts_with('{') || text.starts_with('[') {
        return serde_json::from_str(text)
            .map_err(|error| SuiteError::at(place, format!("`relevant` of this row is no JSON: {error}")));
    }
    let mut grades = serde_json::Map::new();
    for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
        let (name, grade) = part.rsplit_once('=').unwrap_or((part, "1"));
        let grade: i64 = grade.trim().parse().map_err(|_| {
            SuiteError::at(
                place,
                format!("`{part}`: a grade is a whole number, such as returns.md#window=2"),
            )
        })?;
        grades.insert(name.trim().to_owned(), grade.into());
    }
    Ok(Value::Object(grades))
}
