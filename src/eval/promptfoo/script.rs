//! Functions in the user's own scripts.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use crate::eval::suite::SuiteError;
use crate::source::Place;

use super::files::{self, Language};
use super::worker::{self, Fault, Request, Workers};

/// The programs that a configuration's functions share.
#[derive(Debug, Clone)]
pub(super) struct Programs {
    javascript: Arc<Workers>,
    typescript: Arc<Workers>,
    python: Arc<Workers>,
}

impl Default for Programs {
    fn default() -> Self {
        let made = |language| Arc::new(Workers::new(language, 1));
        Self {
            javascript: made(Language::JavaScript),
            typescript: made(Language::TypeScript),
            python: made(Language::Python),
        }
    }
}

impl Programs {
    fn of(&self, language: Language) -> Arc<Workers> {
        Arc::clone(match language {
            Language::JavaScript => &self.javascript,
            Language::TypeScript => &self.typescript,
            Language::Python => &self.python,
        })
    }
}

/// A function in a file: `file://x.mjs:name`.
#[derive(Debug, Clone)]
pub struct ScriptFunction {
    file: PathBuf,
    name: Option<String>,
    language: Language,
    workers: Arc<Workers>,
}

impl std::fmt::Display for ScriptFunction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let file = self.file.file_name().unwrap_or_default().to_string_lossy();
        match &self.name {
            Some(name) => write!(f, "{file}:{name}"),
            None => f.write_str(&file),
        }
    }
}

impl PartialEq for ScriptFunction {
    fn eq(&self, other: &Self) -> bool {
        self.file == other.file && self.name == other.name
    }
}

impl Eq for ScriptFunction {}

impl ScriptFunction {
    /// The function that a path names; `None` when the path is no script's.
    pub(super) fn find(
        place: &Place,
        folder: &Path,
        path: &str,
        programs: &Programs,
    ) -> Result<Option<Self>, SuiteError> {
        let (file, name) = files::function_of(files::bare(path));
        let Some(language) = Language::of(file) else {
            return Ok(None);
        };
        let file = folder.join(file);
        if !file.is_file() {
            return Err(SuiteError::at(
                place,
                format!("{}: there is no such file", file.display()),
            ));
        }
        Ok(Some(Self {
            file: worker::absolute(&file),
            name: name.map(str::to_owned),
            language,
            workers: programs.of(language),
        }))
    }

    /// Whether it is a Python file of which no function is named.
    pub(super) fn is_whole_python_file(&self) -> bool {
        self.language == Language::Python && self.name.is_none()
    }

    /// Calls it. `otherwise` is the function of a Python file that names none.
    pub(super) async fn call(&self, otherwise: &str, arguments: Vec<Value>) -> Result<Value, Fault> {
        let python = (self.language == Language::Python).then(|| otherwise.to_owned());
        self.run("call", self.name.clone().or(python), arguments).await
    }

    /// Runs the whole file with arguments on its command line, and gives what it printed.
    pub(super) async fn run_file(&self, arguments: Vec<String>) -> Result<Value, Fault> {
        self.run("script", None, arguments.into_iter().map(Value::String).collect())
            .await
    }

    async fn run(&self, op: &'static str, function: Option<String>, arguments: Vec<Value>) -> Result<Value, Fault> {
        let request = Request {
            op,
            file: self.file.clone(),
            function,
            arguments,
        };
        self.workers.ask(&request, worker::TIME).await
    }
}
