//! Where tests come from: the list itself, files of several kinds, globs, and generators.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::eval::suite::SuiteError;
use crate::source::{Data, Node, Place, SourceFile};

use super::super::document::{self, Home};
use super::super::files::{self, Language};
use super::super::{table, worker};
use super::row;
use super::test::Test;

/// Most tests of one configuration, before variables multiply them.
const MOST: usize = 200_000;
/// Places that promptfoo fetches tests from and that are not read here, by how they begin.
const ELSEWHERE: &[&str] = &["huggingface://", "https://", "http://", "az://", "package:"];

/// The tests of `tests:`.
pub(super) fn read(node: &Node, home: &Home) -> Result<Vec<Test>, SuiteError> {
    let mut tests = Vec::new();
    match &node.data {
        Data::Str(text) => tests.extend(from_text(text, &node.place, home, &Value::Null)?),
        Data::Map(_) if node.get("path").is_some() => tests.extend(from_path(node, home)?),
        Data::Seq(items) => {
            for item in items {
                match &item.data {
                    Data::Str(text) => tests.extend(from_text(text, &item.place, home, &Value::Null)?),
                    Data::Map(_) if item.get("path").is_some() => tests.extend(from_path(item, home)?),
                    _ => tests.push(Test::read(item, home, "a test")?),
                }
                if tests.len() > MOST {
                    return Err(SuiteError::at(
                        &item.place.first_line(),
                        format!("more than {MOST} tests"),
                    ));
                }
            }
        }
        _ => {
            let message = format!(
                "`tests` must be a list, or the path of a file, and this is {}",
                node.kind()
            );
            return Err(SuiteError::at(&node.place, message));
        }
    }
    Ok(tests)
}

/// `{path: …, config: …}`: a file or generator, and what the generator is given.
fn from_path(node: &Node, home: &Home) -> Result<Vec<Test>, SuiteError> {
    let mut config = Value::Null;
    let mut path = None;
    for entry in node.entries() {
        match entry.key.text.as_str() {
            "path" => path = entry.value.as_str(),
            "config" => config = entry.value.to_json(),
            key => {
                return Err(SuiteError::unknown(
                    &entry.key.place,
                    "key of a file of tests",
                    key,
                    ["path", "config"].into_iter(),
                ));
            }
        }
    }
    let path = path.ok_or_else(|| SuiteError::at(&node.place.first_line(), "`path` must be text"))?;
    from_text(path, &node.place, home, &config)
}

fn from_text(text: &str, place: &Place, home: &Home, config: &Value) -> Result<Vec<Test>, SuiteError> {
    if let Some(start) = ELSEWHERE.iter().find(|start| text.starts_with(**start)) {
        return Err(SuiteError::at(
            place,
            format!("tests are not fetched from `{start}…`: save them as a file"),
        ));
    }
    let text = home.filled(text);
    let path = files::bare(&text);
    let (script, function) = files::function_of(path);
    if let Some(language) = Language::of(script) {
        return generated(place, home, &home.folder.join(script), language, function, config);
    }
    if let "xlsx" | "xls" = files::extension(path.split('#').next().unwrap_or_default()).as_str() {
        return Err(SuiteError::at(
            place,
            "spreadsheets are not read: save the sheet as CSV",
        ));
    }
    let found = files::matching(place, &home.folder, path)?;
    if found.is_empty() {
        return Err(SuiteError::at(place, format!("no file of tests is named `{path}`")));
    }
    let mut tests = Vec::new();
    for path in found {
        tests.extend(file(place, home, &path)?);
    }
    Ok(tests)
}

fn file(place: &Place, home: &Home, path: &Path) -> Result<Vec<Test>, SuiteError> {
    let source = || Ok::<_, SuiteError>(SourceFile::new(path, files::text_of(place, path)?));
    let kind = files::extension(&path.to_string_lossy());
    let nodes = match kind.as_str() {
        "csv" => {
            let rows = table::rows(&source()?)?;
            rows.iter()
                .enumerate()
                .map(|(at, cells)| row::test(cells, at + 1))
                .collect::<Result<_, _>>()?
        }
        "jsonl" | "ndjson" => {
            let lines = table::lines(&source()?)?;
            lines
                .into_iter()
                .map(|line| document::dereferenced(&home.with_environment(line)))
                .collect::<Result<_, _>>()?
        }
        "yaml" | "yml" | "json" => match home.load(place, path)? {
            Node {
                data: Data::Seq(items), ..
            } => items,
            Node { data: Data::Null, .. } => Vec::new(),
            single => vec![single],
        },
        _ => {
            let message = format!(
                "tests are read from .yaml, .json, .jsonl, .csv, .js, .ts and .py files, and not from {}",
                path.display()
            );
            return Err(SuiteError::at(place, message));
        }
    };
    nodes.iter().map(|node| Test::read(node, home, "a test")).collect()
}

/// Tests that a program makes: what a module exports, or its function returns.
fn generated(
    place: &Place,
    home: &Home,
    path: &Path,
    language: Language,
    function: Option<&str>,
    config: &Value,
) -> Result<Vec<Test>, SuiteError> {
    if !path.is_file() {
        return Err(SuiteError::at(
            place,
            format!("{}: there is no such file", path.display()),
        ));
    }
    let is_python = language == Language::Python;
    let function = function.or(is_python.then_some("generate_tests"));
    let given = match config {
        Value::Null => Vec::new(),
        config => vec![config.clone()],
    };
    let request = worker::Request {
        op: if is_python { "call" } else { "value" },
        file: worker::absolute(path),
        function: function.map(str::to_owned),
        arguments: given,
    };
    let made = worker::once(language, &request).map_err(|fault| {
        SuiteError::at(
            place,
            format!("the tests of {} cannot be made: {fault}", path.display()),
        )
    })?;
    let tests = match made {
        Value::Array(items) => items,
        single @ Value::Object(_) if !is_python => vec![single],
        _ => {
            return Err(SuiteError::at(
                place,
                format!("{} gave no list of tests", path.display()),
            ));
        }
    };
    // What was made stands nowhere: it is told by where it was asked for.
    let home = &Home {
        folder: PathBuf::clone(&home.folder),
        ..home.clone()
    };
    tests
        .iter()
        .map(|test| Test::read(&Node::from_json(test, place), home, "a generated test"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tests(files: &[(&str, &str)], config: &str) -> Result<Vec<Test>, String> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let home = Home {
            folder: folder.path().to_owned(),
            ..Home::default()
        };
        let node = document::parse(&SourceFile::new("c.yaml", config)).unwrap();
        read(node.get("tests").unwrap(), &home).map_err(|error| error.to_string())
    }

    #[test]
    fn tests_are_read_from_files_of_several_kinds() {
        let files = [
            (
                "a.yaml",
                "- vars: {q: 1}\n- {vars: {q: 2}, assert: [{type: is-json, value: 'file://schema.json'}]}\n",
            ),
            ("b.json", "{\"vars\": {\"q\": 3}}"),
            ("c.jsonl", "{\"vars\": {\"q\": 4}}\n{\"vars\": {\"q\": 5}}\n"),
            ("d.csv", "q,__expected\n6,contains: x\n"),
            ("schema.json", "{\"type\": \"object\"}"),
        ];
        let read = tests(
            &files,
            "tests: ['file://*.yaml', b.json, 'file://c.jsonl', {path: d.csv}, {vars: {q: 7}}]",
        )
        .unwrap();
        assert_eq!(read.len(), 7);
        assert_eq!(
            read[1].asserts[0].at(&["value", "type"]).unwrap().as_str(),
            Some("object")
        );
        assert_eq!(read[5].description.as_deref(), Some("Row #1"));
        assert_eq!(tests(&files, "tests: a.yaml").unwrap().len(), 2);
    }

    #[test]
    fn generators_run() {
        let files = [
            (
                "gen.py",
                "import sys\ndef make(config=None):\n    print('noise')\n    return [{'vars': {'q': (config or {}).get('n', 0)}}]\ndef generate_tests():\n    return []\n",
            ),
            (
                "gen.mjs",
                "export default [{ vars: { q: 1 } }];\nexport async function many(config) { return Array.from({ length: config.n }, (_, q) => ({ vars: { q } })); }\n",
            ),
        ];
        assert_eq!(tests(&files, "tests: file://gen.py:make").unwrap().len(), 1);
        let given = tests(&files, "tests: [{path: 'file://gen.py:make', config: {n: 5}}]").unwrap();
        assert_eq!(given[0].vars[0].value.as_u64(), Some(5));
        assert!(tests(&files, "tests: gen.py").unwrap().is_empty());
        assert_eq!(
            tests(
                &files,
                "tests: [file://gen.mjs, {path: 'gen.mjs:many', config: {n: 3}}]"
            )
            .unwrap()
            .len(),
            4
        );
        let error = tests(&files, "tests: file://gen.py:none").unwrap_err();
        assert!(
            error.contains("no function none") && error.contains("c.yaml:1:8"),
            "{error}"
        );
    }

    #[test]
    fn what_is_not_read_is_named() {
        for (config, message) in [
            ("tests: huggingface://datasets/x", "`huggingface://…`"),
            ("tests: file://none.yaml", "no file of tests is named `none.yaml`"),
            ("tests: sheet.xlsx#2", "spreadsheets"),
            ("tests: none.py:f", "there is no such file"),
            ("tests: 3", "must be a list"),
            ("tests: [{path: a.yaml, confg: 1}]", "did you mean `config`"),
        ] {
            let error = tests(&[], config).unwrap_err();
            assert!(
                error.contains(message) && error.contains("c.yaml:1:"),
                "{config}: {error}"
            );
        }
    }
}
