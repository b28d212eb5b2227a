//! The `cases` of a suite: written in place, or from a file.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::eval::checks::Check;
use crate::source::{Data, Node};

use super::{Case, SuiteError, table};
use crate::read::Fields;

/// The keys of a case.
pub(super) const KEYS: &[&str] = &[
    "id",
    "ask",
    "relevant",
    "answer",
    "expect",
    "threshold",
    "tags",
    "group",
    "vars",
    "variants",
    "from",
];

/// Most cases of one suite.
const MOST: usize = 200_000;

/// Reads the list of cases.
pub(super) fn read(node: &Node) -> Result<Vec<Case>, SuiteError> {
    if node.as_seq().is_none() {
        return Err(SuiteError::at(
            &node.place,
            format!("`cases` must be a list, and this is {}", node.kind()),
        ));
    }
    let mut cases = Vec::new();
    for item in node.items() {
        match item.get("from") {
            Some(from) => cases.extend(table::read(item, from)?),
            None => cases.push(case(item)?),
        }
        if cases.len() > MOST {
            return Err(SuiteError::at(
                &item.place.first_line(),
                format!("more than {MOST} cases"),
            ));
        }
    }
    unique(&cases)?;
    Ok(cases)
}

pub(super) fn unique(cases: &[Case]) -> Result<(), SuiteError> {
    let mut known: BTreeMap<&str, &Case> = BTreeMap::new();
    for case in cases {
        if let Some(earlier) = known.insert(&case.id, case) {
            let message = format!("the case `{}` stands twice: first at {}", case.id, earlier.place);
            return Err(SuiteError::at(&case.place, message));
        }
    }
    Ok(())
}

/// One case from a mapping.
pub(super) fn case(node: &Node) -> Result<Case, SuiteError> {
    let fields = Fields::new(node, "a case", KEYS)?;
    let ask = fields.required("ask")?;
    let ask = ask.scalar_text().ok_or_else(|| fields.wrong("ask", ask, "text"))?;
    let id = match fields.text("id")? {
        Some(id) if !id.trim().is_empty() => id,
        Some(_) => {
            return Err(SuiteError::at(
                &node.place.first_line(),
                "the `id` of a case must not be empty",
            ));
        }
        // A case without a name is known by its question, so that moving it changes nothing.
        None => slug(&ask),
    };
    let threshold = fields.number("threshold")?;
    let mut checks = Vec::new();
    if let Some(expect) = fields.get("expect") {
        if expect.as_seq().is_none() {
            return Err(fields.wrong("expect", expect, "a list of checks such as `- contains: \"30 days\"`"));
        }
        for item in expect.items() {
            checks.push(Check::from_native(item)?);
        }
    }
    Ok(Case {
        id,
        place: fields
            .get("id")
            .map_or_else(|| node.place.first_line(), |id| id.place.clone()),
        ask,
        relevant: fields.get("relevant").map(relevant).transpose()?,
        answer: fields.text("answer")?,
        checks,
        threshold,
        tags: fields.texts("tags")?,
        group: fields.text("group")?,
        variables: fields.get("vars").map(variables).transpose()?.unwrap_or_default(),
        variants: fields.texts("variants")?,
        staging: super::Staging::default(),
    })
}

/// `{returns.md#window: 2}`, or a list of names, each of grade 1.
fn relevant(node: &Node) -> Result<BTreeMap<String, i64>, SuiteError> {
    const EXPECTED: &str = "`relevant` is a mapping such as {returns.md#window: 2}, or a list of passages";
    match &node.data {
        Data::Map(map) => {
            let grade = |node: &Node| match node.data {
                Data::Int(grade) => Ok(grade),
                _ => Err(SuiteError::at(
                    &node.place,
                    "a grade is a whole number: 0 not, 1 partly, 2 fully relevant",
                )),
            };
            let entries = map.entries.iter();
            entries
                .map(|entry| Ok((entry.key.text.clone(), grade(&entry.value)?)))
                .collect()
        }
        Data::Seq(items) => {
            let name = |node: &Node| node.scalar_text().ok_or_else(|| SuiteError::at(&node.place, EXPECTED));
            items.iter().map(|item| Ok((name(item)?, 1))).collect()
        }
        _ => Err(SuiteError::at(&node.place, EXPECTED)),
    }
}

fn variables(node: &Node) -> Result<Map<String, Value>, SuiteError> {
    match node.to_json() {
        Value::Object(map) => Ok(map),
        _ => Err(SuiteError::at(
            &node.place,
            "`vars` must be a mapping of names to values",
        )),
    }
}

/// A name from a question: its first words, and a hash when there are more.
pub(in crate::eval) fn slug(ask: &str) -> String {
    const LONGEST: usize = 48;
    let lower = ask.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let whole = words.join("-");
    if whole.chars().count() <= LONGEST && !whole.is_empty() {
        return whole;
    }
    let short: String = whole.chars().take(LONGEST).collect();
    format!(
        "{}-{:08x}",
        short.trim_end_matches('-'),
        crate::rng::fnv(ask.as_bytes()) & 0xffff_ffff
    )
}
