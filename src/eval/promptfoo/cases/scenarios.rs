//! `scenarios`: each of their settings with each of their tests.

use crate::eval::suite::SuiteError;
use crate::source::{Data, Node};

use super::super::document::Home;
use super::super::files;
use super::sources;
use super::test::Test;

/// The tests of all scenarios, in promptfoo's order: setting by setting. A scenario without tests has one that says
/// nothing of its own.
pub(super) fn read(node: &Node, home: &Home) -> Result<Vec<Test>, SuiteError> {
    let mut tests = Vec::new();
    for scenario in loaded(node, home)? {
        let mut settings = None;
        let mut own = vec![Test::empty(&scenario.place)];
        if scenario.as_map().is_none() {
            let message = format!("a scenario must be a mapping, and this is {}", scenario.kind());
            return Err(SuiteError::at(&scenario.place, message));
        }
        for entry in scenario.entries() {
            match entry.key.text.as_str() {
                "config" => settings = Some(&entry.value),
                "tests" if !entry.value.is_null() => own = sources::read(&entry.value, home)?,
                "description" | "tests" => {}
                key => {
                    let known = ["config", "tests", "description"];
                    return Err(SuiteError::unknown(
                        &entry.key.place,
                        "key of a scenario",
                        key,
                        known.into_iter(),
                    ));
                }
            }
        }
        let needs = || {
            SuiteError::at(
                &scenario.place.first_line(),
                "a scenario needs `config`, a list of settings",
            )
        };
        let settings = settings.ok_or_else(needs)?;
        if settings.as_seq().is_none() {
            return Err(SuiteError::at(
                &settings.place,
                format!("`config` of a scenario must be a list, and this is {}", settings.kind()),
            ));
        }
        for setting in settings.items() {
            let data = Test::read(setting, home, "a scenario's setting")?;
            tests.extend(own.iter().map(|test| test.clone().with_data(&data)));
        }
    }
    Ok(tests)
}

/// The list with its `file://` items loaded, and lists in it laid flat.
fn loaded(node: &Node, home: &Home) -> Result<Vec<Node>, SuiteError> {
    match &node.data {
        Data::Seq(items) => {
            let mut all = Vec::new();
            for item in items {
                all.extend(loaded(item, home)?);
            }
            Ok(all)
        }
        Data::Str(text) if text.starts_with("file://") => match home.file(&node.place, files::bare(text))? {
            Node {
                data: Data::Seq(items), ..
            } => Ok(items),
            single => Ok(vec![single]),
        },
        Data::Str(_) => Err(SuiteError::at(
            &node.place,
            "a scenario in a file is named by `file://…`",
        )),
        _ => Ok(vec![node.clone()]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceFile;

    #[test]
    fn each_setting_meets_each_test() {
        let node = super::super::super::document::parse(&SourceFile::new(
            "c.yaml",
            "- config:\n    - {vars: {lang: de}, assert: [{type: contains, value: d}]}\n    - vars: {lang: fr}\n  tests:\n    - {vars: {q: 1}, assert: [{type: is-json}]}\n    - vars: {q: 2, lang: en}\n- config: [{vars: {q: 3}}]\n",
        ))
        .unwrap();
        let tests = read(&node, &Home::default()).unwrap();
        let vars: Vec<String> = tests
            .iter()
            .map(|test| {
                test.vars
                    .iter()
                    .map(|entry| format!("{}={}", entry.key.text, entry.value.to_json()))
                    .collect::<Vec<_>>()
                    .join(" ")
            })
            .collect();
        assert_eq!(
            vars,
            [
                "lang=\"de\" q=1",
                "lang=\"en\" q=2",
                "lang=\"fr\" q=1",
                "lang=\"en\" q=2",
                "q=3"
            ]
        );
        // The setting's assertions come first.
        assert_eq!(tests[0].asserts[0].get("type").unwrap().as_str(), Some("contains"));
        assert_eq!((tests[0].asserts.len(), tests[2].asserts.len()), (2, 1));
    }

    #[test]
    fn what_is_no_scenario_is_an_error() {
        for (text, message) in [
            ("- tests: []", "needs `config`"),
            ("- config: file://x.csv", "must be a list"),
            ("- {config: [], test: []}", "did you mean `tests`"),
            ("- plain.yaml", "`file://…`"),
        ] {
            let node = super::super::super::document::parse(&SourceFile::new("c.yaml", text)).unwrap();
            let error = read(&node, &Home::default()).unwrap_err().to_string();
            assert!(
                error.contains(message) && error.contains("c.yaml:1:"),
                "{text}: {error}"
            );
        }
    }
}
