//! `.env` files: names and values of variables, one a line.

use std::path::Path;
use std::sync::Arc;

use crate::source::{SourceFile, Span};
use crate::system::variables::Variable;
use crate::system::{Dialect, System};

use super::checks::literal_secret;
use super::secret_values::holds_key;

/// Reads a file of variables. A key in an example file is in the repository for all to see; in any
/// other it is where it belongs.
pub(super) fn read(file: &Arc<SourceFile>) -> System {
    let mut system = System::default();
    let example = is_example(file.path());
    let mut start = 0;
    for line in file.text().split_inclusive('\n') {
        if let Some((name, value, span)) = assignment(line, start) {
            let place = file.place(span);
            if example && holds_key(name) {
                let what = format!("the value of {name}");
                literal_secret(
                    &what,
                    value,
                    &place,
                    Dialect::Env,
                    "leave the value empty in an example",
                    &mut system,
                );
            }
            system.variables.set.push(Variable {
                name: name.to_owned(),
                value: Some(value.to_owned()),
                place,
                service: None,
            });
        }
        start += line.len();
    }
    if !system.variables.set.is_empty()
        && let Some(folder) = file.path().parent()
    {
        system.variables.folders.push(folder.to_owned());
    }
    system
}

/// Whether a file shows others what to set, and is committed.
pub(super) fn is_example(path: &Path) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| {
        ["example", "sample", "template", "dist"]
            .iter()
            .any(|word| name.to_ascii_lowercase().contains(word))
    })
}

/// `[export] NAME=value`, the value without its quotes or a comment after it, and where it stands.
fn assignment(line: &str, start: usize) -> Option<(&str, &str, Span)> {
    let (left, right) = line.split_once('=')?;
    let name = left.trim().trim_start_matches("export ").trim();
    let is_name = !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !name.starts_with(|c: char| c.is_ascii_digit());
    if !is_name {
        return None;
    }
    let trimmed = right.trim_start();
    let offset = start + left.len() + 1 + (right.len() - trimmed.len());
    let value = match trimmed.chars().next() {
        Some(quote @ ('"' | '\'')) => trimmed[1..].split(quote).next().unwrap_or_default(),
        _ => trimmed.split(" #").next().unwrap_or_default().trim_end(),
    };
    let quoted = usize::from(trimmed.starts_with(['"', '\'']));
    let at = offset + quoted;
    // An empty value is shown by its name.
    let span = if value.is_empty() {
        let name_at = start + left.find(name)?;
        Span::new(name_at, name_at + name.len())
    } else {
        Span::new(at, at + value.len())
    };
    Some((name, value, span))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_values_and_places_are_found() {
        let text = "# keys\nexport A=1 # one\nB=\"two words\"\nC=\nnot a line\n9X=1\n";
        let file = SourceFile::new("app/.env", text);
        let system = read(&file);
        let found: Vec<(&str, Option<&str>, &str)> = system
            .variables
            .set
            .iter()
            .map(|it| (it.name.as_str(), it.value.as_deref(), it.place.text()))
            .collect();
        assert_eq!(
            found,
            [
                ("A", Some("1"), "1"),
                ("B", Some("two words"), "two words"),
                ("C", Some(""), "C")
            ]
        );
    }

    #[test]
    fn a_key_in_an_example_is_everybodys() {
        let text = "OPENAI_API_KEY=sk-proj-Zr8Qk2VbN4tXw7Lm1PcYd9HfJs3GaE5u\n";
        assert_eq!(read(&SourceFile::new(".env.example", text)).remarks.len(), 1);
        assert_eq!(read(&SourceFile::new(".env", text)).remarks.len(), 0);
        // Models, versions and addresses look like keys, and stand under other names.
        let text = "VLLM_MODEL=Qwen/Qwen2.5-VL-3B-Instruct\nAZURE_OPENAI_API_VERSION=2024-08-01-preview\n\
                    TEMPORAL__ADDRESS=localhost:7233\nVLLM_MODEL_ID=openai/qwen36-27b\n";
        assert_eq!(read(&SourceFile::new(".env.example", text)).remarks.len(), 0);
    }
}
