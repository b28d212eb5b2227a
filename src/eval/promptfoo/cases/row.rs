//! A test from a row of a CSV file.

use crate::eval::suite::SuiteError;
use crate::source::{Data, Entry, Key, Map, Node, Place};

use super::expected::{self, Made};

/// The test that a row describes, as the mapping that a configuration would write: `__expected…` become
/// assertions, `__description`, `__prefix` and their kin what they name, and all other columns variables.
pub(super) fn test(row: &Node, number: usize) -> Result<Node, SuiteError> {
    let place = &row.place;
    let mut variables = Made::new(place);
    let mut metadata = Made::new(place);
    let mut options = Made::new(place);
    let mut test = Made::new(place);
    let (mut asserts, mut configured) = (Vec::new(), Vec::new());
    let (mut description, mut metric) = (None, None);
    for entry in row.entries() {
        let (column, cell) = (entry.key.text.as_str(), entry.value.as_str().unwrap_or_default());
        let set = !cell.trim().is_empty();
        match column {
            _ if column.starts_with("__expected") => {
                if set {
                    asserts.push(expected::assertion(cell.trim(), place)?);
                }
            }
            "__prefix" => options = options.text("prefix", cell),
            "__suffix" => options = options.text("suffix", cell),
            "__description" => description = Some(cell).filter(|_| set),
            "__metric" => metric = Some(cell).filter(|_| set),
            "__providerOutput" if set => test = test.text("providerOutput", cell),
            "__providerOutput" => {}
            "__threshold" => {
                if let Some(threshold) = finite(cell) {
                    test = test.number("threshold", threshold);
                }
            }
            _ if column.starts_with("__metadata:") => {
                let name = &column["__metadata:".len()..];
                metadata = match name.strip_suffix("[]") {
                    _ if !set => metadata,
                    Some(name) => metadata.set(name, Data::Seq(listed(cell, place))),
                    None => metadata.text(name, cell),
                };
            }
            _ if column.starts_with("__config:") => configured.push(configuration(column, cell, place)?),
            _ if column.starts_with("__") => {
                let known = [
                    "__expected",
                    "__prefix",
                    "__suffix",
                    "__description",
                    "__metric",
                    "__threshold",
                    "__metadata:",
                    "__config:",
                    "__providerOutput",
                ];
                return Err(SuiteError::unknown(place, "column", column, known.into_iter()));
            }
            _ => variables = variables.text(column, cell),
        }
    }
    for (at, threshold) in configured {
        let assert: &mut Node = asserts.get_mut(at).ok_or_else(|| {
            SuiteError::at(
                place,
                format!("`__config` of assertion {} that this row does not have", at + 1),
            )
        })?;
        put(assert, "threshold", Data::Float(threshold));
    }
    for assert in &mut asserts {
        if let Some(metric) = metric {
            put(assert, "metric", Data::Str(metric.to_owned()));
        }
    }
    let numbered = format!("Row #{number}");
    test = test.text("description", description.unwrap_or(&numbered));
    let mut node = test.done();
    put(&mut node, "vars", variables.done().data);
    put(&mut node, "assert", Data::Seq(asserts));
    put(&mut node, "options", options.done().data);
    put(&mut node, "metadata", metadata.done().data);
    Ok(node)
}

/// Sets a key of a mapping.
fn put(node: &mut Node, key: &str, data: Data) {
    let place = node.place.clone();
    if let Data::Map(Map { entries }) = &mut node.data {
        entries.retain(|entry| entry.key.text != key);
        let value = Node {
            data,
            place: place.clone(),
        };
        entries.push(Entry {
            key: Key {
                text: key.to_owned(),
                place,
            },
            value,
        });
    }
}

/// `__config:__expected2:threshold`: which assertion, and the threshold.
fn configuration(column: &str, cell: &str, place: &Place) -> Result<(usize, f64), SuiteError> {
    let wrong = |why: &str| SuiteError::at(place, format!("the column `{column}` {why}"));
    let parts: Vec<&str> = column["__config:".len()..].split(':').collect();
    let [which, "threshold"] = parts.as_slice() else {
        return Err(wrong("must be `__config:__expected<N>:threshold`"));
    };
    let number = match which.strip_prefix("__expected") {
        Some("") => Some(1),
        Some(number) => number.parse::<usize>().ok().filter(|number| *number >= 1),
        None => None,
    };
    let number = number.ok_or_else(|| wrong("must name `__expected` or `__expected<N>`"))?;
    let threshold = finite(cell).ok_or_else(|| wrong("must hold a number in every row"))?;
    Ok((number - 1, threshold))
}

fn finite(cell: &str) -> Option<f64> {
    let cell = cell.trim();
    let plain = cell
        .bytes()
        .all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    cell.parse().ok().filter(|number: &f64| plain && number.is_finite())
}

/// Values with commas between; `\,` is a comma in a value.
fn listed(cell: &str, place: &Place) -> Vec<Node> {
    let mut values = vec![String::new()];
    let mut chars = cell.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some(',')) => {
                chars.next();
                if let Some(last) = values.last_mut() {
                    last.push(',');
                }
            }
            (',', _) => values.push(String::new()),
            _ => {
                if let Some(last) = values.last_mut() {
                    last.push(c);
                }
            }
        }
    }
    let node = |value: String| Node {
        data: Data::Str(value.trim().to_owned()),
        place: place.clone(),
    };
    values.into_iter().map(node).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::source::SourceFile;

    fn rows(text: &str) -> Vec<Result<serde_json::Value, String>> {
        let rows = super::super::super::table::rows(&SourceFile::new("t.csv", text)).unwrap();
        let tests = rows.iter().enumerate().map(|(at, row)| test(row, at + 1));
        tests
            .map(|test| test.map(|node| node.to_json()).map_err(|error| error.to_string()))
            .collect()
    }

    #[test]
    fn special_columns_are_what_they_name_and_others_are_variables() {
        let read = rows(
            "q,__expected1,__expected2,__metric,__prefix,__threshold,__metadata:tags[],__config:__expected2:threshold\nhi,contains: a,similar: b,m,Say: ,0.5,\"x\\,y, z\",0.3\n",
        );
        assert_eq!(
            read[0].clone().unwrap(),
            json!({
                "threshold": 0.5, "description": "Row #1", "vars": {"q": "hi"},
                "assert": [
                    {"type": "contains", "value": "a", "metric": "m"},
                    {"type": "similar", "value": "b", "threshold": 0.3, "metric": "m"},
                ],
                "options": {"prefix": "Say: "}, "metadata": {"tags": ["x,y", "z"]},
            })
        );
    }

    #[test]
    fn empty_cells_say_nothing_and_unknown_columns_are_errors() {
        let read = rows("q,__expected,__description,__threshold\n,,,\n");
        assert_eq!(
            read[0].clone().unwrap(),
            json!({"description": "Row #1", "vars": {"q": ""}, "assert": [], "options": {}, "metadata": {}})
        );
        let error = rows("q,__expectd\n1,2\n")[0].clone().unwrap_err();
        assert!(
            error.contains("did you mean `__expected`") && error.contains("t.csv:2:1"),
            "{error}"
        );
    }
}
