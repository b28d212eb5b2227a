//! `prompts`: texts, files of several kinds, globs, and functions.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use crate::eval::suite::SuiteError;
use crate::source::{Data, Node, Place, SourceFile};

use super::document::Home;
use super::script::ScriptFunction;
use super::{files, table};

/// What is sent when a configuration has no prompts.
const DEFAULT: &str = "{{prompt}}";
/// The line between the prompts of a `.txt` file.
const SEPARATOR: &str = "---";
/// Prompts that promptfoo fetches from services, by how they begin.
const SERVICES: &[&str] = &["portkey://", "langfuse://", "helicone://", "package:"];
/// Programs that print prompts; they are not run.
const EXECUTABLE: &[&str] = &["sh", "bash", "exe", "bat", "cmd", "ps1", "rb", "pl"];
/// Files that are prompts.
const READ: &[&str] = &[
    "txt", "md", "j2", "json", "jsonl", "yaml", "yml", "csv", "js", "mjs", "cjs", "ts", "mts", "cts", "py",
];
/// The longest label in reports, in characters.
const SHOWN: usize = 48;

/// A prompt of a configuration.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PromptEntry {
    /// Its name in reports.
    pub(super) label: String,
    /// What `prompts:` of providers and tests may call it.
    pub(super) names: Vec<String>,
    /// Its text; empty for functions.
    pub(super) text: String,
    /// The function that gives the text, and what it is configured with.
    pub(super) function: Option<(ScriptFunction, Value)>,
}

impl PromptEntry {
    /// Whether a reference of a provider or test means it: by name, by `prefix*`, or by a name's first part before `:`.
    pub(super) fn is_called(&self, reference: &str) -> bool {
        self.names.iter().any(|name| matches(reference, name))
    }
}

/// Whether a reference means a name, as promptfoo tells it for prompts and providers alike.
pub(super) fn matches(reference: &str, name: &str) -> bool {
    let prefix = reference
        .strip_suffix('*')
        .is_some_and(|prefix| name.starts_with(prefix));
    let group = name.strip_prefix(reference).is_some_and(|rest| rest.starts_with(':'));
    reference == name || prefix || group
}

/// Reads `prompts`.
pub(super) fn read(node: Option<&Node>, home: &Home) -> Result<Vec<PromptEntry>, SuiteError> {
    let Some(node) = node else {
        return Ok(vec![inline(DEFAULT, None)]);
    };
    let mut prompts = Vec::new();
    match &node.data {
        Data::Str(text) => prompts.extend(one(text, &node.place, &Named::default(), home)?),
        Data::Seq(items) => {
            let mut seen = Vec::new();
            for item in items {
                // promptfoo keeps a text that stands twice once.
                if let Some(text) = item.as_str() {
                    if seen.contains(&text) {
                        continue;
                    }
                    seen.push(text);
                }
                prompts.extend(listed(item, home)?);
            }
        }
        // A mapping from prompt to label.
        Data::Map(map) => {
            for entry in &map.entries {
                let label = entry.value.scalar_text();
                let label = label.ok_or_else(|| SuiteError::at(&entry.value.place, "a prompt's label must be text"))?;
                let named = Named {
                    label: Some(label),
                    ..Named::default()
                };
                prompts.extend(one(&entry.key.text, &entry.key.place, &named, home)?);
            }
        }
        _ => {
            let message = format!(
                "`prompts` must be text, a list or a mapping, and this is {}",
                node.kind()
            );
            return Err(SuiteError::at(&node.place, message));
        }
    }
    if prompts.is_empty() {
        return Err(SuiteError::at(&node.place, "there are no prompts here"));
    }
    Ok(prompts)
}

/// What an entry says beside the prompt itself.
#[derive(Default)]
struct Named {
    id: Option<String>,
    label: Option<String>,
    config: Value,
}

fn listed(item: &Node, home: &Home) -> Result<Vec<PromptEntry>, SuiteError> {
    if let Some(text) = item.as_str() {
        return one(text, &item.place, &Named::default(), home);
    }
    let Some(map) = item.as_map() else {
        return Err(SuiteError::at(
            &item.place,
            format!(
                "a prompt must be text, or a mapping with `raw`, and this is {}",
                item.kind()
            ),
        ));
    };
    let mut named = Named::default();
    let mut raw = None;
    for entry in &map.entries {
        let key = entry.key.text.as_str();
        let text = || {
            let text = entry.value.scalar_text();
            text.ok_or_else(|| SuiteError::at(&entry.value.place, format!("`{key}` of a prompt must be text")))
        };
        match key {
            _ if entry.value.is_null() => {}
            "id" => named.id = Some(text()?),
            "label" | "display" => named.label = Some(text()?),
            "raw" => raw = Some((text()?, &entry.value.place)),
            "config" => named.config = entry.value.to_json(),
            _ => {
                return Err(SuiteError::unknown(
                    &entry.key.place,
                    "key of a prompt",
                    key,
                    ["id", "label", "raw", "config"].into_iter(),
                ));
            }
        }
    }
    // Without `raw` the identifier is the prompt: `{id: file://prompt.txt, label: short}`.
    let (text, place) = match (&raw, &named.id) {
        (Some((raw, place)), _) => (raw.as_str(), *place),
        (None, Some(id)) => (id.as_str(), &item.place),
        (None, None) => {
            return Err(SuiteError::at(
                &item.place.first_line(),
                "a prompt needs `raw`, its text or file",
            ));
        }
    };
    let prompts = one(text, place, &named, home)?;
    if !named.config.is_null() && prompts.iter().any(|prompt| prompt.function.is_none()) {
        let message = "`config` of a prompt changes the provider's settings for this prompt, which is not supported: \
            list the provider twice, each with `prompts`";
        return Err(SuiteError::at(&item.place.first_line(), message));
    }
    Ok(prompts)
}

/// The prompts of a text or of the files that it names.
fn one(text: &str, place: &Place, named: &Named, home: &Home) -> Result<Vec<PromptEntry>, SuiteError> {
    if let Some(service) = SERVICES.iter().find(|service| text.starts_with(**service)) {
        return Err(SuiteError::at(
            place,
            format!("prompts are not fetched from `{service}…`: save it as a file"),
        ));
    }
    if text.starts_with("exec:") {
        return Err(SuiteError::at(
            place,
            "prompts of `exec:` programs are not supported: use a function of a .js or .py file",
        ));
    }
    if !may_be_file(text, home) {
        return Ok(vec![inline(text, Some(named))]);
    }
    let path = home.filled(files::bare(text));
    let path = path.strip_prefix("./").unwrap_or(&path);
    if !files::is_glob(path) && !home.folder.join(path).is_dir() {
        return file(path, place, named, home);
    }
    let (pattern, function) = match files::function_of(path) {
        (pattern, Some(function)) => (pattern.to_owned(), format!(":{function}")),
        (pattern, None) if files::is_glob(pattern) => (pattern.to_owned(), String::new()),
        (folder, None) => (format!("{}/*", folder.trim_end_matches('/')), String::new()),
    };
    let found = files::matching(place, &home.folder, &pattern)?;
    if found.is_empty() {
        return if text.starts_with("file://") {
            Err(SuiteError::at(place, format!("no file of prompts is named `{path}`")))
        } else {
            Ok(vec![inline(text, Some(named))])
        };
    }
    let mut prompts = Vec::new();
    for path in found {
        let path = path.strip_prefix(&home.folder).unwrap_or(&path);
        // As in promptfoo, the files of a glob have their own names alone.
        prompts.extend(file(
            &format!("{}{function}", path.display()),
            place,
            &Named::default(),
            home,
        )?);
    }
    Ok(prompts)
}

/// Whether a text names files. promptfoo 0.121.20 takes every text with a slash or a point near its end for a path,
/// and finds no prompts in it then; here such a text is a prompt, unless it ends as files of prompts do.
fn may_be_file(text: &str, home: &Home) -> bool {
    if text.starts_with("file://") {
        return true;
    }
    if text.contains('\n') || text.contains("{{") || text.is_empty() {
        return false;
    }
    let kind = files::extension(files::function_of(text).0);
    let is_path = READ.contains(&kind.as_str()) || EXECUTABLE.contains(&kind.as_str());
    let glob = files::is_glob(text) && text.contains('/');
    if text.contains(char::is_whitespace) {
        return is_path && home.folder.join(text).is_file();
    }
    is_path || glob
}

fn file(path: &str, place: &Place, named: &Named, home: &Home) -> Result<Vec<PromptEntry>, SuiteError> {
    let whole = home.folder.join(path);
    if let Some(function) = ScriptFunction::find(place, &home.folder, path, &home.programs)? {
        let label = named.label.clone().unwrap_or_else(|| path.to_owned());
        return Ok(vec![PromptEntry {
            names: names(named, [path.to_owned(), label.clone()]),
            label,
            text: String::new(),
            function: Some((function, named.config.clone())),
        }]);
    }
    let text = files::text_of(place, &whole)?;
    let made = |text: String, at: Option<usize>, own: Option<String>| {
        let base = own.or_else(|| named.label.clone()).unwrap_or_else(|| path.to_owned());
        let label = at.map_or_else(|| base.clone(), |at| format!("{base} #{}", at + 1));
        PromptEntry {
            names: names(named, [path.to_owned(), base, label.clone()]),
            label,
            text,
            function: None,
        }
    };
    let all = |texts: Vec<String>| -> Vec<PromptEntry> {
        let several = texts.len() > 1;
        texts
            .into_iter()
            .enumerate()
            .map(|(at, text)| made(text, several.then_some(at), None))
            .collect()
    };
    let kind = files::extension(path);
    let prompts = match kind.as_str() {
        "txt" => all(separated(&text)),
        "md" | "j2" => all(vec![text]),
        "json" => all(vec![as_json(&whole, &text, home).unwrap_or(text)]),
        "yaml" | "yml" => match as_json(&whole, &text, home) {
            Some(json) => all(vec![json]),
            None => return Err(SuiteError::at(place, format!("{path} is no YAML"))),
        },
        "jsonl" => all(text
            .lines()
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect()),
        "csv" => rows(&whole, &text)?
            .into_iter()
            .map(|(text, label)| made(text, None, label))
            .collect(),
        kind if EXECUTABLE.contains(&kind) => {
            return Err(SuiteError::at(
                place,
                format!("{path}: programs that print prompts are not run; use a function of a .js or .py file"),
            ));
        }
        _ => {
            let message = format!("prompts are read from {} files, and not from {path}", READ.join(", "));
            return Err(SuiteError::at(place, message));
        }
    };
    if prompts.is_empty() {
        return Err(SuiteError::at(place, format!("there are no prompts in {path}")));
    }
    Ok(prompts)
}

/// The prompts of a text file, with lines of `---` between.
fn separated(text: &str) -> Vec<String> {
    let mut prompts = vec![String::new()];
    for line in text.lines() {
        match (line.trim() == SEPARATOR, prompts.last_mut()) {
            (false, Some(last)) => {
                last.push_str(line);
                last.push('\n');
            }
            _ => prompts.push(String::new()),
        }
    }
    prompts
        .iter()
        .map(|prompt| prompt.trim().to_owned())
        .filter(|prompt| !prompt.is_empty())
        .collect()
}

/// A JSON or YAML file as JSON text, with the files loaded that it names. Text that is neither is left to whoever calls.
fn as_json(path: &Path, text: &str, home: &Home) -> Option<String> {
    let file = SourceFile::new(path, text);
    let node = super::document::parse(&file).ok()?;
    let node = home.nested(&node).ok()?;
    Some(node.to_json().to_string())
}

/// Prompts and labels of a CSV file: the columns `prompt` and `label`, or one prompt a line.
fn rows(path: &Path, text: &str) -> Result<Vec<(String, Option<String>)>, SuiteError> {
    let file: Arc<SourceFile> = SourceFile::new(path, text);
    let has_columns = text.lines().next().is_some_and(|header| header.contains(','));
    if !has_columns {
        let mut lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        if lines
            .first()
            .is_some_and(|first| first.trim().eq_ignore_ascii_case("prompt"))
        {
            lines.remove(0);
        }
        return Ok(lines.into_iter().map(|line| (line.to_owned(), None)).collect());
    }
    let cell = |row: &Node, name| {
        row.get(name)
            .and_then(Node::as_str)
            .map(str::trim)
            .filter(|cell| !cell.is_empty())
            .map(str::to_owned)
    };
    let rows = table::rows(&file)?;
    Ok(rows
        .iter()
        .filter_map(|row| Some((cell(row, "prompt")?, cell(row, "label"))))
        .collect())
}

fn names<const N: usize>(named: &Named, more: [String; N]) -> Vec<String> {
    let mut names: Vec<String> = named.id.iter().chain(&named.label).cloned().chain(more).collect();
    names.dedup();
    names
}

/// A prompt that is written in place.
fn inline(text: &str, named: Option<&Named>) -> PromptEntry {
    let label = named.and_then(|named| named.label.clone().or_else(|| named.id.clone()));
    let label = label.unwrap_or_else(|| shortened(text));
    let own = [text.to_owned(), label.clone()];
    let names = named.map_or_else(|| own.to_vec(), |named| names(named, own.clone()));
    PromptEntry {
        label,
        names,
        text: text.to_owned(),
        function: None,
    }
}

fn shortened(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = line.chars().take(SHOWN).collect();
    if short.len() < line.len() {
        format!("{short}…")
    } else {
        short
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompts(files: &[(&str, &str)], config: &str) -> Result<Vec<(String, String)>, String> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let home = Home {
            folder: folder.path().to_owned(),
            ..Home::default()
        };
        let node = super::super::document::parse(&SourceFile::new("c.yaml", config)).unwrap();
        let read = read(node.get("prompts"), &home).map_err(|error| error.to_string())?;
        Ok(read.into_iter().map(|prompt| (prompt.label, prompt.text)).collect())
    }

    fn pair(label: &str, text: &str) -> (String, String) {
        (label.to_owned(), text.to_owned())
    }

    #[test]
    fn texts_lists_and_mappings() {
        assert_eq!(prompts(&[], "a: 1").unwrap(), [pair("{{prompt}}", "{{prompt}}")]);
        assert_eq!(
            prompts(&[], "prompts: Say {{x}} and/or go.md?").unwrap()[0].1,
            "Say {{x}} and/or go.md?"
        );
        let listed = prompts(
            &[],
            "prompts: [one, two, one, {id: a, label: b, raw: three}, {raw: four}]",
        )
        .unwrap();
        assert_eq!(
            listed,
            [
                pair("one", "one"),
                pair("two", "two"),
                pair("b", "three"),
                pair("four", "four")
            ]
        );
        assert_eq!(
            prompts(&[], "prompts: {'Say {{x}}': short}").unwrap(),
            [pair("short", "Say {{x}}")]
        );
        let long = "word ".repeat(30);
        assert!(prompts(&[], &format!("prompts: '{long}'")).unwrap()[0].0.ends_with('…'));
    }

    /// As the processors of promptfoo 0.121.20 read each kind of file.
    #[test]
    fn files_of_each_kind() {
        let files = [
            ("p/a.txt", "one\n---\ntwo\nlines\n ---\n"),
            ("p/b.md", "# Hi\n---\n{{x}}\n"),
            ("c.json", "[{\"role\": \"system\", \"content\": \"file://s.txt\"}]"),
            ("s.txt", "be kind"),
            ("d.yaml", "- role: user\n  content: '{{x}}'\n"),
            ("e.jsonl", "{\"a\": 1}\n{\"a\": 2}\n"),
            ("f.csv", "prompt,label\nhi,x\nho,\n"),
            ("g.csv", "prompt\nhi\n"),
            ("h.j2", "{{ x }}"),
        ];
        let read = |config: &str| prompts(&files, config).unwrap();
        assert_eq!(
            read("prompts: file://p/a.txt"),
            [pair("p/a.txt #1", "one"), pair("p/a.txt #2", "two\nlines")]
        );
        assert_eq!(read("prompts: [p/*]").len(), 3);
        assert_eq!(read("prompts: file://p").len(), 3);
        assert_eq!(read("prompts: p/b.md"), [pair("p/b.md", "# Hi\n---\n{{x}}\n")]);
        assert_eq!(
            read("prompts: c.json"),
            [pair("c.json", "[{\"role\":\"system\",\"content\":\"be kind\"}]")]
        );
        assert_eq!(
            read("prompts: [{id: ./d.yaml, label: chat}]"),
            [pair("chat", "[{\"role\":\"user\",\"content\":\"{{x}}\"}]")]
        );
        assert_eq!(read("prompts: e.jsonl").len(), 2);
        assert_eq!(read("prompts: f.csv"), [pair("x", "hi"), pair("f.csv", "ho")]);
        assert_eq!(read("prompts: g.csv"), [pair("g.csv", "hi")]);
        assert_eq!(read("prompts: h.j2")[0].1, "{{ x }}");
    }

    #[test]
    fn functions_are_found_and_what_does_not_run_is_named() {
        let files = [("p.mjs", ""), ("p.py", ""), ("p.sh", "")];
        assert_eq!(
            prompts(&files, "prompts: ['file://p.mjs', 'p.py:make', p.py]")
                .unwrap()
                .len(),
            3
        );
        for (config, message) in [
            ("prompts: file://none.txt", "there is no such file"),
            ("prompts: missing.mjs", "there is no such file"),
            ("prompts: 'file://none/*.txt'", "no file of prompts"),
            ("prompts: p.sh", "are not run"),
            ("prompts: 'exec:./p.sh'", "`exec:`"),
            ("prompts: 'langfuse://x'", "`langfuse://…`"),
            ("prompts: [{label: x}]", "needs `raw`"),
            (
                "prompts: [{raw: x, config: {temperature: 1}}]",
                "list the provider twice",
            ),
            ("prompts: [{raw: x, lable: y}]", "did you mean `label`"),
            ("prompts: []", "no prompts"),
            ("prompts: file://x.docx", "there is no such file"),
        ] {
            let error = prompts(&files, config).unwrap_err();
            assert!(
                error.contains(message) && error.contains("c.yaml:1:"),
                "{config}: {error}"
            );
        }
    }

    #[test]
    fn references_mean_names_prefixes_and_groups() {
        assert!(matches("a", "a") && matches("a*", "ab") && matches("g", "g:one"));
        assert!(!matches("a", "ab") && !matches("g:two", "g:one"));
    }
}
