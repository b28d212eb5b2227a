use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::eval::suite::{ModelSpec, PromptForm, Suite};
use crate::source::SourceFile;

fn suite_of(files: &[(&str, &str)], config: &str) -> Result<Suite, String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let file = SourceFile::new(folder.path().join("promptfooconfig.yaml"), config);
    read(&file).map_err(|error| error.to_string())
}

fn names(suite: &Suite) -> Vec<&str> {
    suite.variants.iter().map(|variant| variant.name.as_str()).collect()
}

fn ids(suite: &Suite) -> Vec<&str> {
    suite.cases.iter().map(|case| case.id.as_str()).collect()
}

#[test]
fn providers_and_prompts_are_variants_and_tests_are_cases() {
    let suite = suite_of(
        &[("p.txt", "one {{q}}\n---\ntwo {{q}}")],
        "description: Demo\nprompts: [file://p.txt]\nproviders: [{id: echo, label: a, prompts: ['p.txt #1']}, {id: 'openai:gpt-4o', label: b}]\ndefaultTest: {assert: [{type: contains, value: x}], threshold: 0.5, metadata: {area: [u, v]}}\ntests:\n  - {description: First one, vars: {q: hi}, assert: [{type: is-json}]}\n  - {vars: {q: [a b, c], lang: de}, providers: [b]}\nevaluateOptions: {repeat: 3, maxConcurrency: 2, cache: false}\n",
    )
    .unwrap();
    assert_eq!(suite.name, "Demo");
    assert_eq!(names(&suite), ["a · p.txt #1", "b · p.txt #1", "b · p.txt #2"]);
    assert_eq!(ids(&suite), ["first-one", "a-b", "c"]);
    assert_eq!((suite.repeats, suite.at_once), (3, Some(2)));
    let [first, second, _] = suite.cases.as_slice() else {
        panic!()
    };
    assert_eq!(
        (first.ask.as_str(), first.threshold, first.checks.len()),
        ("hi", Some(0.5), 2)
    );
    assert_eq!(first.checks[0].label, "contains");
    assert_eq!(first.tags, ["area=u", "area=v"]);
    assert!(first.variants.is_empty());
    assert_eq!(second.variants, ["b · p.txt #1", "b · p.txt #2"]);
    assert_eq!(
        second.variables,
        json!({"q": "a b", "lang": "de"}).as_object().unwrap().clone()
    );
    assert_eq!(suite.gate.conditions[0].words(), "pass >= 1");
    assert!(suite.gate.every_variant);
    assert!(suite.brought.providers.contains_key("a"));
    let form = |at: usize| suite.variants[at].generation.prompt.as_ref().unwrap().form.clone();
    // Programs get the whole text; models a conversation where the prompt is one.
    assert_eq!(
        (form(0), form(1)),
        (
            PromptForm::Nunjucks { conversation: false },
            PromptForm::Nunjucks { conversation: true }
        )
    );
}

#[test]
fn options_of_tests_are_carried() {
    let suite = suite_of(
        &[],
        "prompts: '{{q}}'\nproviders: [{id: echo, transform: output.trim(), delay: 5}, {id: echo, label: e}]\ndefaultTest: {options: {prefix: 'A ', provider: 'ollama:chat:judge', rubricPrompt: 'Grade {{output}}'}}\ntests:\n  - {vars: {q: 1}, options: {suffix: ' Z', postprocess: output + 1, disableVarExpansion: true}, assert: [{type: llm-rubric, value: kind}], providerOutput: given}\n",
    )
    .unwrap();
    let case = &suite.cases[0];
    assert_eq!(
        (case.staging.prefix.as_str(), case.staging.suffix.as_str()),
        ("A ", " Z")
    );
    assert_eq!(
        case.staging.shaping.transform,
        Some(Transform::Inline("output + 1".to_owned()))
    );
    assert_eq!(case.staging.answer, Some(json!("given")));
    assert_eq!(
        suite.variants[0].generation.shaping.transform,
        Some(Transform::Inline("output.trim()".to_owned()))
    );
    assert_eq!(
        suite.variants[0].generation.pause,
        Some(std::time::Duration::from_millis(5))
    );
    assert_eq!(case.checks[0].provider.as_deref(), Some("ollama:chat:judge"));
    assert_eq!(case.checks[0].rubric_prompt, Some(json!("Grade {{output}}")));
    assert_eq!(suite.models.keys().collect::<Vec<_>>(), ["ollama:chat:judge"]);
    assert!(suite.judge.models.is_empty());
}

#[test]
fn identifiers_are_unique_and_questions_are_found() {
    let suite = suite_of(
        &[],
        "providers: echo\nprompts: x\ntests: [{vars: {message: Hi there}}, {vars: {message: Hi there}}, {vars: {a: 1, b: two}}, {description: d, vars: {n: [x, y]}}, {}]\n",
    );
    // A test that says nothing is none of promptfoo's either: it is read as one without variables.
    let suite = suite.unwrap();
    assert_eq!(
        ids(&suite),
        ["hi-there", "hi-there-2", "a-1-b-two", "d-x", "d-y", "test"]
    );
    assert_eq!(suite.cases[2].ask, "a=1 b=two");
}

#[test]
fn the_environment_of_a_configuration_goes_before() {
    let suite = suite_of(
        &[],
        "env: {NAME: Ada, KEY: 'k-{{env.NOT_SET_HERE}}'}\nprompts: 'Hi {{env.NAME}} {{q}}'\nproviders: [{id: 'openai:x', config: {apiKey: '{{env.MY_OTHER}}'}}]\ntests: [{vars: {r: 1}}]\n",
    )
    .unwrap();
    assert_eq!(
        suite.variants[0].generation.prompt.as_ref().unwrap().text,
        "Hi Ada {{q}}"
    );
    assert_eq!(suite.brought.variables["NAME"], "Ada");
    let ModelSpec::Provider(spec) = &suite.variants[0].generation.model else {
        panic!()
    };
    assert_eq!(spec.key.as_deref(), Some("${MY_OTHER}"));
    // What a prompt names and no test sets is told.
    assert!(
        suite.notes[0].contains("names `q`, which 1 of 1 cases do not set"),
        "{:?}",
        suite.notes
    );
    // No value of a variable is ever shown.
    assert!(!format!("{:?}", suite.brought).contains("Ada"));
}

#[test]
fn without_tests_there_is_one_and_scenarios_make_their_own() {
    assert_eq!(suite_of(&[], "providers: echo\nprompts: hi\n").unwrap().cases.len(), 1);
    let suite = suite_of(
        &[],
        "providers: echo\nprompts: '{{q}}'\nscenarios:\n  - config: [{vars: {lang: de}}, {vars: {lang: fr}}]\n    tests: [{vars: {q: 1}}, {vars: {q: 2}}]\ndefaultTest: {assert: [{type: is-json}]}\n",
    )
    .unwrap();
    assert_eq!(suite.cases.len(), 4);
    assert!(suite.cases.iter().all(|case| case.checks.len() == 1));
}

#[test]
fn what_is_not_supported_is_named_with_its_place() {
    for (config, message, place) in [
        (
            "providers: echo\nprompts: x\nnunjucksFilters: {a: file://b.js}\n",
            "`nunjucksFilters` is not supported",
            ":3:1",
        ),
        (
            "providers: echo\nprompts: x\nextensions: [file://h.js:x]\n",
            "`extensions` is not supported",
            ":3:1",
        ),
        (
            "providers: echo\nprompts: x\nredteam: {plugins: [a]}\n",
            "red teaming",
            ":3:1",
        ),
        (
            "providers: echo\nprompts: x\nassert: [{type: is-json}]\n",
            "promptfoo ignores it here",
            ":3:1",
        ),
        (
            "providers: echo\nprompts: x\ntest: []\n",
            "did you mean `tests`",
            ":3:1",
        ),
        ("providers: echo\ntargets: echo\nprompts: x\n", "and not both", ":2:10"),
        ("prompts: x\ntests: []\n", "needs `providers`", ":1:1"),
        (
            "providers: echo\nprompts: 'a {{_conversation}}'\n",
            "`_conversation` is not supported",
            ":2:10",
        ),
        (
            "providers: echo\nprompts: x\ntests: [{vars: {a: 1}, options: {transformVars: x}}]\n",
            "`transformVars` of a test's options",
            ":3:34",
        ),
        (
            "providers: echo\nprompts: x\ntests: [{vars: {a: 1}, options: {temperature: 1}}]\n",
            "setting of the provider",
            ":3:34",
        ),
        (
            "providers: echo\nprompts: x\ntests: [{vars: {a: 1}, options: {repeat: 4}}]\n",
            "`evaluateOptions.repeat`",
            ":3:34",
        ),
        (
            "providers: echo\nprompts: x\ntests: [{vars: {a: 1}, assert: [{type: moderation}]}]\n",
            "`moderation` is not supported",
            ":3:40",
        ),
        (
            "providers: echo\nprompts: x\ntests: [{vars: {a: 1}, providers: [f]}]\n",
            "there is no provider `f`",
            ":3:36",
        ),
        (
            "providers: echo\nprompts: x\nevaluateOptions: {maxConcurency: 1}\n",
            "did you mean `maxConcurrency`",
            ":3:19",
        ),
        (
            "providers: [{id: echo, prompts: [y]}]\nprompts: x\n",
            "there is no prompt `y`",
            ":1:34",
        ),
    ] {
        let error = suite_of(&[], config).map(|_| ()).unwrap_err();
        assert!(error.contains(message) && error.contains(place), "{config}{error}");
    }
    // What is there and says nothing is no error.
    assert!(
        suite_of(
            &[],
            "providers: echo\nprompts: x\nextensions: []\nredteam: {}\ntracing: {enabled: false}\nsharing: false\n"
        )
        .is_ok()
    );
}

#[test]
fn configurations_that_are_programs_are_refused() {
    let error = read(&SourceFile::new("promptfooconfig.ts", "export default {}"))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("promptfooconfig.ts") && error.contains("are not run"),
        "{error}"
    );
}

#[test]
fn configurations_are_recognised_and_others_are_not() {
    let recognised = |text: &str| recognises(&document::parse(&SourceFile::new("c.yaml", text)).unwrap());
    for text in [
        "providers: [echo]\nprompts: [x]",
        "targets: echo\ntests: a.yaml",
        "providers: [x]\ndefaultTest: {}",
    ] {
        assert!(recognised(text), "{text}");
    }
    for text in [
        "suite: a\ncases: []",
        "providers: {a: {}}\nprompts: x",
        "model_list: []",
        "prompts: x",
        "- a",
        "description: x",
    ] {
        assert!(!recognised(text), "{text}");
    }
}

#[tokio::test]
async fn a_prompt_function_is_told_variables_provider_and_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write(
        "p.mjs",
        "export function chat({ vars, provider, config }) { return [{ role: 'user', content: `${vars.q} {{q}} ${provider.id} ${config.x}` }]; }\n",
    );
    write(
        "p.py",
        "import json, sys\ndef make(context):\n    return {'prompt': 'py ' + context['vars']['q']}\nif __name__ == '__main__':\n    print('main', json.loads(sys.argv[1])['vars']['q'])\n",
    );
    let config = "providers: 'openai:gpt-4o'\nprompts: [{raw: 'file://p.mjs:chat', label: js, config: {x: 7}}, 'file://p.py:make', p.py]\ntests: [{vars: {q: hi}}]\n";
    let suite = read(&SourceFile::new(folder.path().join("c.yaml"), config)).unwrap();
    let case = &suite.cases[0];
    let mut shown = Vec::new();
    for variant in &suite.variants {
        let filled = fill(
            variant.generation.prompt.as_ref().unwrap(),
            &case.staging,
            &case.variables,
        )
        .await
        .unwrap();
        shown.push(filled.messages[0].plain());
    }
    assert_eq!(shown, ["hi hi openai:gpt-4o 7", "py hi", "main hi"]);
}

/// The folder of real configurations, where it is there.
fn corpus() -> Option<Vec<Arc<SourceFile>>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/promptfoo");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        eprintln!("SKIPPED: {} is not there", folder.display());
        return None;
    };
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    Some(
        paths
            .iter()
            .map(|path| SourceFile::new(path, std::fs::read_to_string(path).unwrap()))
            .collect(),
    )
}

/// The real configurations stand here without the files that they name, so most end at the first that is missing. What a
/// configuration itself says must be read: the reasons below are all that there are.
#[test]
fn real_configurations_are_read_or_refused_with_the_reason() {
    let Some(files) = corpus() else { return };
    let mut reasons: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in &files {
        let name = file.path().file_name().unwrap().to_string_lossy().into_owned();
        let reason = match read(file) {
            Ok(suite) => {
                assert!(!suite.variants.is_empty() && !suite.cases.is_empty());
                "read".to_owned()
            }
            Err(error) => {
                assert!(error.place.is_some(), "{name}: {error}");
                let message = error.message;
                match message.rsplit_once(": ") {
                    Some((_, "there is no such file")) => "names a file that is not here".to_owned(),
                    _ if message.starts_with("no file of") => "names a file that is not here".to_owned(),
                    _ => message,
                }
            }
        };
        reasons.entry(reason).or_default().push(name);
    }
    for (reason, names) in &reasons {
        println!("{:3} {reason}: {}", names.len(), names.join(", "));
    }
    let count = |reason: &str| {
        reasons
            .iter()
            .filter(|(known, _)| known.contains(reason))
            .map(|(_, names)| names.len())
            .sum::<usize>()
    };
    let explained = count("read") + count("not here") + count("promptfoo ignores it here") + count("needs `providers`");
    assert_eq!(explained, files.len(), "{reasons:#?}");
    assert!(count("read") >= 2, "{reasons:#?}");
}

/// The same with stand-ins for the files: what is left is what the configurations themselves say.
#[test]
fn real_configurations_are_read_when_their_files_are_there() {
    let Some(files) = corpus() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut unread = Vec::new();
    for file in &files {
        let own = folder.path().join(file.path().file_stem().unwrap()).join("a/b");
        std::fs::create_dir_all(&own).unwrap();
        let path = own.join("promptfooconfig.yaml");
        // Each missing file is put in its place, as plain as its kind allows, until no more is missing.
        for _ in 0..60 {
            let Err(error) = read(&SourceFile::new(&path, file.text())) else {
                break;
            };
            let Some(missing) = missing(&error.message, &own) else {
                unread.push(error.message);
                break;
            };
            std::fs::create_dir_all(missing.parent().unwrap()).unwrap();
            let text = match missing.extension().and_then(|extension| extension.to_str()) {
                Some("yaml" | "yml") => "- vars: {q: 1}\n",
                Some("jsonl") => "{\"vars\": {\"q\": 1}}\n",
                Some("json") => "[]",
                Some("py") => "def make_tests(*_):\n    return [{'vars': {'q': 1}}]\n",
                _ => "text",
            };
            std::fs::write(missing, text).unwrap();
        }
    }
    unread.sort();
    for reason in &unread {
        println!("not read: {reason}");
    }
    assert!(
        unread
            .iter()
            .all(|reason| reason.contains("ignores it here") || reason.contains("needs `providers`")),
        "{unread:#?}"
    );
    assert!(unread.len() <= 2);
}

fn missing(message: &str, folder: &Path) -> Option<std::path::PathBuf> {
    if let Some(path) = message.strip_suffix(": there is no such file") {
        return Some(path.into());
    }
    let pattern = message.strip_prefix("no file of ")?.split('`').nth(1)?;
    Some(folder.join(pattern.replace('*', "x")))
}
