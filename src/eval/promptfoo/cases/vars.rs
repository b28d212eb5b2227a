//! Variables: lists and globs multiply a test, files are read, and variables in variables are filled in.

use serde_json::{Map, Value};

use crate::eval::suite::SuiteError;
use crate::source::{Data, Entry, Node, Place};

use super::super::document::Home;
use super::super::files::{self, Language};

/// Most cases that one test is multiplied to.
const MOST: usize = 10_000;
/// How often variables in variables are filled in, as promptfoo 0.121.20 does it.
const ROUNDS: usize = 5;
/// Kinds of files whose content is no text.
const MEDIA: &[&str] = &[
    "pdf", "png", "jpg", "jpeg", "gif", "webp", "bmp", "svg", "tif", "tiff", "ico", "avif", "heic", "heif", "mp3",
    "wav", "flac", "ogg", "m4a", "aac", "mp4", "webm", "mov", "avi", "mkv", "m4v", "ogv",
];

/// The variables of one case, and what told it apart from its siblings.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Variables {
    pub(super) values: Map<String, Value>,
    /// The values of the variables that had several, in their order.
    pub(super) chosen: Vec<String>,
}

/// The cases that a test's variables make.
pub(super) fn expanded(entries: &[Entry], multiply: bool, home: &Home) -> Result<Vec<Variables>, SuiteError> {
    let mut combinations = vec![Variables {
        values: Map::new(),
        chosen: Vec::new(),
    }];
    for entry in entries {
        let values = if multiply {
            several(entry, home)?
        } else {
            vec![(entry.value.clone(), None)]
        };
        let mut next = Vec::with_capacity(combinations.len() * values.len());
        if combinations.len() * values.len() > MOST {
            let message = format!("the variables of this test make more than {MOST} combinations");
            return Err(SuiteError::at(&entry.key.place, message));
        }
        for combination in &combinations {
            for (node, told) in &values {
                let mut combination = combination.clone();
                combination
                    .values
                    .insert(entry.key.text.clone(), read(&entry.key.text, node, home)?);
                combination.chosen.extend(told.clone());
                next.push(combination);
            }
        }
        combinations = next;
    }
    for combination in &mut combinations {
        fill(&mut combination.values);
    }
    Ok(combinations)
}

/// The values that a variable takes in turn: the items of a list of texts, the files of a glob.
fn several(entry: &Entry, home: &Home) -> Result<Vec<(Node, Option<String>)>, SuiteError> {
    let value = &entry.value;
    match &value.data {
        Data::Seq(items) if items.first().is_some_and(|first| first.as_str().is_some()) => {
            let tell = items.len() > 1;
            Ok(items
                .iter()
                .map(|item| (item.clone(), item.scalar_text().filter(|_| tell)))
                .collect())
        }
        Data::Str(text) if text.starts_with("file://") && files::is_glob(text) => {
            let found = files::matching(&value.place, &home.folder, files::bare(text))?;
            if found.is_empty() {
                let message = format!(
                    "no file of the variable `{}` is named `{}`",
                    entry.key.text,
                    files::bare(text)
                );
                return Err(SuiteError::at(&value.place, message));
            }
            let node = |path: &std::path::PathBuf| {
                let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
                let path = path.strip_prefix(&home.folder).unwrap_or(path);
                (
                    Node {
                        data: Data::Str(format!("file://{}", path.display())),
                        place: value.place.clone(),
                    },
                    name,
                )
            };
            Ok(found.iter().map(node).collect())
        }
        _ => Ok(vec![(value.clone(), None)]),
    }
}

/// A variable's value; `file://` is what the file holds: YAML as JSON text, all other text as it is, without the white
/// space around it.
fn read(name: &str, node: &Node, home: &Home) -> Result<Value, SuiteError> {
    let Some(text) = node.as_str() else {
        return Ok(node.to_json());
    };
    let Some(path) = text.strip_prefix("file://") else {
        if text.starts_with("package:") {
            return Err(not_covered(name, &node.place, "a package"));
        }
        return Ok(Value::String(without_last_newline(text).to_owned()));
    };
    let path = home.filled(path);
    let kind = files::extension(&path);
    if Language::of(files::function_of(&path).0).is_some() {
        return Err(not_covered(name, &node.place, "a script"));
    }
    if MEDIA.contains(&kind.as_str()) {
        return Err(not_covered(name, &node.place, &format!("a .{kind} file")));
    }
    let text = files::text_of(&node.place, &home.folder.join(&path))?;
    if let "yaml" | "yml" = kind.as_str() {
        let file = crate::source::SourceFile::new(home.folder.join(&path), text);
        return Ok(Value::String(
            super::super::document::parse(&file)?.to_json().to_string(),
        ));
    }
    Ok(Value::String(text.trim().to_owned()))
}

fn not_covered(name: &str, place: &Place, what: &str) -> SuiteError {
    SuiteError::at(
        place,
        format!("the variable `{name}` is {what}, which is not supported: variables are texts and values"),
    )
}

fn without_last_newline(text: &str) -> &str {
    text.strip_suffix('\n').unwrap_or(text)
}

/// Fills `{{name}}` in variables by other variables. What names no variable stays.
fn fill(values: &mut Map<String, Value>) {
    let names: Vec<String> = values.keys().cloned().collect();
    for _ in 0..ROUNDS {
        let mut changed = false;
        for name in &names {
            let Some(Value::String(text)) = values.get(name) else {
                continue;
            };
            let Some((range, inner)) = first_name(text) else {
                continue;
            };
            let Some(value) = values.get(inner) else { continue };
            let value = match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            let filled = format!("{}{value}{}", &text[..range.start], &text[range.end..]);
            values.insert(name.clone(), Value::String(filled));
            changed = true;
        }
        if !changed {
            return;
        }
    }
}

/// The first `{{ name }}` of a text.
fn first_name(text: &str) -> Option<(std::ops::Range<usize>, &str)> {
    let mut from = 0;
    while let Some(start) = text[from..].find("{{").map(|at| from + at) {
        let end = text[start..].find("}}").map(|at| start + at + 2)?;
        let name = text[start + 2..end - 2].trim();
        if !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Some((start..end, name));
        }
        from = start + 2;
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::source::SourceFile;

    fn expand(text: &str, multiply: bool, files: &[(&str, &str)]) -> Result<Vec<(Value, Vec<String>)>, String> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let home = Home {
            folder: folder.path().to_owned(),
            ..Home::default()
        };
        let node = super::super::super::document::parse(&SourceFile::new("c.yaml", text)).unwrap();
        let entries = node.as_map().unwrap().entries.clone();
        let made = expanded(&entries, multiply, &home).map_err(|error| error.to_string())?;
        Ok(made
            .into_iter()
            .map(|made| (Value::Object(made.values), made.chosen))
            .collect())
    }

    /// As `generateVarCombinations` of promptfoo 0.121.20.
    #[test]
    fn lists_of_texts_multiply() {
        let made = expand("a: [x, y]\nb: 1\nc: [p, q]\nd: [1, 2]\ne: []", true, &[]).unwrap();
        assert_eq!(made.len(), 4);
        assert_eq!(
            made[1],
            (
                json!({"a": "x", "b": 1, "c": "q", "d": [1, 2], "e": []}),
                vec!["x".to_owned(), "q".to_owned()]
            )
        );
        let whole = expand("a: [x, y]", false, &[]).unwrap();
        assert_eq!(whole, [(json!({"a": ["x", "y"]}), vec![])]);
    }

    #[test]
    fn files_are_read() {
        let files = [
            ("a.txt", " one \n"),
            ("b.txt", "two"),
            ("v.yaml", "k: [1]\n"),
            ("v.json", "{ \"k\": 1 }\n"),
        ];
        let made = expand("t: file://*.txt\ny: file://v.yaml\nj: file://v.json", true, &files).unwrap();
        assert_eq!(made.len(), 2);
        assert_eq!(made[0].0, json!({"t": "one", "y": "{\"k\":[1]}", "j": "{ \"k\": 1 }"}));
        assert_eq!(made[1].1, ["b.txt"]);
        for (text, message) in [
            ("v: file://none.txt", "there is no such file"),
            ("v: file://*.md", "no file of the variable `v`"),
            ("v: file://x.js", "a script"),
            ("v: file://x.pdf", "a .pdf file"),
        ] {
            let error = expand(text, true, &[]).unwrap_err();
            assert!(
                error.contains(message) && error.contains("c.yaml:1:4"),
                "{text}: {error}"
            );
        }
    }

    /// As `resolveVariables` of promptfoo 0.121.20.
    #[test]
    fn variables_in_variables_are_filled_in() {
        let made = expand("q: 'Save: {{ doc }} {{doc}} {{other}}'\ndoc: '{{ name }}!'\nname: Ada\nn: 2\nm: 'n={{n}}'\nlast: |\n  line\n", true, &[]).unwrap();
        assert_eq!(
            made[0].0,
            json!({"q": "Save: Ada! Ada! {{other}}", "doc": "Ada!", "name": "Ada", "n": 2, "m": "n=2", "last": "line"})
        );
        // Variables that name themselves come to an end.
        assert!(expand("a: 'x{{a}}'", true, &[]).is_ok());
    }
}
