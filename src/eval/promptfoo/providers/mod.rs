//! `providers`, or `targets`: who answers.
//!
//! What is behind a model API becomes a [`ProviderSpec`]; what is the user's own program or endpoint becomes a provider of
//! this room, which a spec stands for by its name.

pub(in crate::eval) mod answer;
mod http;
mod kinds;
mod own;
mod settings;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde_json::{Value, json};

use crate::eval::suite::{Shaping, SuiteError};
use crate::provider::{LimitSettings, Limiter, Provider, ProviderApi, ProviderSpec};
use crate::source::{Data, Entry, Node, Place};

use super::document::Home;
use super::files::{self, Language};
use super::prompts;
use super::script::ScriptFunction;
use super::shape::Transform;
use super::worker::{self, Workers};
use kinds::Kind;

/// The keys of a provider.
const KEYS: &[&str] = &[
    "id",
    "label",
    "config",
    "prompts",
    "transform",
    "delay",
    "env",
    "inputs",
];

/// A provider of a configuration.
#[derive(Clone)]
pub(super) struct Target {
    /// promptfoo's identifier.
    pub(super) id: String,
    pub(super) label: Option<String>,
    pub(super) place: Place,
    /// What is called. Its name is that under which `own` is known.
    pub(super) spec: ProviderSpec,
    /// The provider itself, where no API is behind it.
    pub(super) own: Option<Arc<dyn Provider>>,
    /// Only these prompts.
    pub(super) prompts: Option<Vec<(String, Place)>>,
    pub(super) shaping: Shaping,
    pub(super) delay: Option<Duration>,
    /// Whether a prompt that is a list of messages is sent as those.
    pub(super) conversation: bool,
    /// A key that the configuration writes out, under the name of a variable.
    pub(super) key: Option<(String, String)>,
    pub(super) note: Option<String>,
}

impl Target {
    /// Whether a reference of a test means it.
    pub(super) fn is_called(&self, reference: &str) -> bool {
        let names = [self.label.as_deref(), Some(self.id.as_str())];
        names
            .into_iter()
            .flatten()
            .any(|name| prompts::matches(reference, name))
    }

    /// The name in reports.
    pub(super) fn name(&self) -> &str {
        self.label.as_deref().unwrap_or(&self.id)
    }
}

/// Reads the list of providers.
pub(super) fn read(node: &Node, home: &Home) -> Result<Vec<Target>, SuiteError> {
    let mut targets = Vec::new();
    match &node.data {
        Data::Seq(items) => {
            let mut seen: Vec<Value> = Vec::new();
            for item in items {
                // As in promptfoo, an entry that stands twice counts once.
                let value = item.to_json();
                if seen.contains(&value) {
                    continue;
                }
                seen.push(value);
                targets.extend(several(item, home)?);
            }
        }
        _ => targets.extend(several(node, home)?),
    }
    if targets.is_empty() {
        return Err(SuiteError::at(&node.place, "there are no providers here"));
    }
    Ok(targets)
}

/// The providers of an entry: one, or those of a file.
fn several(node: &Node, home: &Home) -> Result<Vec<Target>, SuiteError> {
    let Some(text) = node.as_str() else {
        return Ok(vec![one(node, home)?]);
    };
    let path = files::bare(text);
    if !text.starts_with("file://") || !matches!(files::extension(path).as_str(), "yaml" | "yml" | "json") {
        return Ok(vec![one(node, home)?]);
    }
    let root = home.load(&node.place, &home.folder.join(home.filled(path)))?;
    match &root.data {
        Data::Seq(items) => items.iter().map(|item| one(item, home)).collect(),
        _ => Ok(vec![one(&root, home)?]),
    }
}

/// One provider: its identifier, a mapping with `id`, or a mapping from the identifier to the rest.
pub(super) fn one(node: &Node, home: &Home) -> Result<Target, SuiteError> {
    match &node.data {
        Data::Str(id) => Described {
            id,
            id_place: &node.place,
            place: &node.place,
            entries: &[],
        }
        .target(home),
        Data::Map(map) => {
            if let Some(entry) = node.entry("id") {
                let id = entry.value.scalar_text();
                let id = id.ok_or_else(|| SuiteError::at(&entry.value.place, "`id` of a provider must be text"))?;
                return Described {
                    id: &id,
                    id_place: &entry.value.place,
                    place: &node.place,
                    entries: &map.entries,
                }
                .target(home);
            }
            match map.entries.as_slice() {
                [Entry { key, value }] if value.as_map().is_some() && !KEYS.contains(&key.text.as_str()) => {
                    let entries = value.as_map().map(|map| map.entries.as_slice()).unwrap_or_default();
                    Described {
                        id: &key.text,
                        id_place: &key.place,
                        place: &key.place,
                        entries,
                    }
                    .target(home)
                }
                _ => Err(SuiteError::at(&node.place.first_line(), "a provider needs its `id`")),
            }
        }
        _ => Err(SuiteError::at(
            &node.place,
            format!("a provider must be text or a mapping, and this is {}", node.kind()),
        )),
    }
}

/// A provider as it is written.
struct Described<'a> {
    id: &'a str,
    id_place: &'a Place,
    place: &'a Place,
    entries: &'a [Entry],
}

impl Described<'_> {
    fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries
            .iter()
            .rev()
            .find(|entry| entry.key.text == key && !entry.value.is_null())
    }

    fn config(&self) -> Option<&Node> {
        self.entry("config").map(|entry| &entry.value)
    }

    fn target(&self, home: &Home) -> Result<Target, SuiteError> {
        for entry in self.entries {
            if !KEYS.contains(&entry.key.text.as_str()) {
                return Err(SuiteError::unknown(
                    &entry.key.place,
                    "key of a provider",
                    &entry.key.text,
                    KEYS.iter().copied(),
                ));
            }
        }
        if let Some(inputs) = self.entry("inputs") {
            let message = "`inputs` of a provider is for red teaming, which is not supported";
            return Err(SuiteError::at(&inputs.key.place, message));
        }
        let mut home = home.clone();
        if let Some(entry) = self.entry("env") {
            home.environment
                .extend(super::config::environment(&entry.value, &home)?);
        }
        let label = match self.entry("label") {
            None => None,
            Some(entry) => {
                let label = entry.value.scalar_text();
                let label =
                    label.ok_or_else(|| SuiteError::at(&entry.value.place, "`label` of a provider must be text"))?;
                Some(home.filled(&label)).filter(|label| !label.is_empty())
            }
        };
        let id = home.filled(self.id);
        let mut target = Target {
            spec: ProviderSpec {
                name: Some(label.clone().unwrap_or_else(|| id.clone())),
                ..ProviderSpec::default()
            },
            id,
            label,
            place: self.place.first_line(),
            own: None,
            prompts: self.entry("prompts").map(names).transpose()?,
            shaping: Shaping {
                transform: self
                    .entry("transform")
                    .map(|entry| Transform::read(entry, &home))
                    .transpose()?,
                ..Shaping::default()
            },
            delay: self.entry("delay").map(delay).transpose()?,
            conversation: true,
            key: None,
            note: None,
        };
        self.fill(&mut target, &home)?;
        Ok(target)
    }

    /// What is called.
    fn fill(&self, target: &mut Target, home: &Home) -> Result<(), SuiteError> {
        let id = target.id.clone();
        let name = target.name().to_owned();
        let own: Arc<dyn Provider> = if id == "echo" {
            self.no_settings()?;
            Arc::new(own::Echo { name })
        } else if let Some(line) = id.strip_prefix("exec:") {
            let (options, shown, time) = self.options(&id, home)?;
            let parts = own::parts(line);
            if parts.is_empty() {
                return Err(SuiteError::at(self.id_place, "`exec:` needs a program"));
            }
            Arc::new(own::Exec {
                name,
                parts,
                folder: home.folder.clone(),
                options,
                shown,
                time,
            })
        } else if let Some((file, function, language)) = self.script(&id, home)? {
            let (options, shown, time) = self.options(&id, home)?;
            let processes = self
                .config()
                .and_then(|config| config.get("workers"))
                .and_then(Node::as_u64)
                .unwrap_or(1);
            let processes = usize::try_from(processes.min(16)).unwrap_or(1);
            let workers = Workers::new(language, if language == Language::Python { processes } else { 1 });
            Arc::new(own::Script {
                name,
                file,
                function,
                language,
                options,
                shown,
                workers,
                time,
            })
        } else if matches!(id.split(':').next(), Some("http" | "https")) {
            Arc::new(self.http(&id, name, home)?)
        } else {
            let kind = Kind::of(&id, self.id_place)?;
            target.spec.api = kind.family.api();
            if kind.model.is_empty() {
                return Err(SuiteError::at(self.id_place, format!("`{id}` names no model")));
            }
            target.spec.model = Some(kind.model.to_owned());
            target.conversation = !kind.plain;
            let settings = settings::read(&mut target.spec, kind, self.config(), home)?;
            target.shaping.json = settings.json;
            target.key = settings.key;
            target.note = settings.note;
            return Ok(());
        };
        // A spec that nothing is built from: its name stands for the provider.
        target.spec.api = ProviderApi::Command;
        target.conversation = false;
        target.own = Some(own);
        Ok(())
    }

    fn no_settings(&self) -> Result<(), SuiteError> {
        match self.config() {
            Some(config) if config.entries().next().is_some() => {
                Err(SuiteError::at(&config.place, format!("`{}` has no settings", self.id)))
            }
            _ => Ok(()),
        }
    }

    /// The file, function and language of `file://x.js`, `python:x.py:f` and their kin.
    fn script(
        &self,
        id: &str,
        home: &Home,
    ) -> Result<Option<(std::path::PathBuf, Option<String>, Language)>, SuiteError> {
        let python = id.strip_prefix("python:");
        let path = python.unwrap_or_else(|| files::bare(id));
        let (file, function) = files::function_of(path);
        let language = match (Language::of(file), python.is_some()) {
            (_, true) => Language::Python,
            (Some(language), false) => language,
            (None, false) if id.starts_with("file://") => {
                let message = format!("`{id}`: a provider's file ends in .js, .mjs, .cjs, .ts, .py, .yaml or .json");
                return Err(SuiteError::at(self.id_place, message));
            }
            (None, false) => return Ok(None),
        };
        let whole = home.folder.join(file);
        if !whole.is_file() {
            return Err(SuiteError::at(
                self.id_place,
                format!("{}: there is no such file", whole.display()),
            ));
        }
        Ok(Some((worker::absolute(&whole), function.map(str::to_owned), language)))
    }

    /// What a program is handed, the same as it is written, and how long it may take.
    fn options(&self, id: &str, home: &Home) -> Result<(Value, Value, Duration), SuiteError> {
        let mut config = json!({});
        let mut time = worker::TIME;
        if let Some(node) = self.config() {
            if node.as_map().is_none() {
                return Err(SuiteError::at(
                    &node.place,
                    format!("`config` of a provider must be a mapping, and this is {}", node.kind()),
                ));
            }
            if let Some(milliseconds) = node.get("timeout").and_then(Node::as_u64) {
                time = Duration::from_millis(milliseconds);
            }
            let loaded = home.nested(node)?;
            config = with_environment(loaded.to_json(), home);
        }
        let shown = json!({"id": id, "config": self.config().map(Node::to_json)});
        if let Value::Object(map) = &mut config {
            map.insert("basePath".to_owned(), home.folder.to_string_lossy().into());
        }
        Ok((json!({"id": id, "config": config}), shown, time))
    }

    fn http(&self, id: &str, name: String, home: &Home) -> Result<http::Http, SuiteError> {
        let mut made = http::Http {
            name,
            url: id.to_owned(),
            method: None,
            headers: Vec::new(),
            query: Vec::new(),
            body: None,
            request: None,
            response: None,
            status: None,
            retries: 4,
            shown: json!({"id": self.id, "config": self.config().map(Node::to_json)}),
            limiter: Limiter::new(LimitSettings::default()),
            client: OnceLock::new(),
        };
        let entries = self.config().map(Node::entries).into_iter().flatten();
        for entry in entries.filter(|entry| !entry.value.is_null()) {
            made.set(entry, home)?;
        }
        if !made.url.contains("://") && !made.url.contains("{{") {
            return Err(SuiteError::at(self.id_place, "an `http` provider needs `config.url`"));
        }
        let is_get = made.method.as_deref() == Some("GET");
        if made.body.is_none() && !is_get {
            return Err(SuiteError::at(
                self.id_place,
                "an `http` provider needs `config.body`, or the method GET",
            ));
        }
        Ok(made)
    }
}

/// The settings of an `http` provider.
const HTTP_KEYS: &[&str] = &[
    "url",
    "method",
    "headers",
    "body",
    "queryParams",
    "transformRequest",
    "transformResponse",
    "responseParser",
    "validateStatus",
    "maxRetries",
    "auth",
    "tokenEstimation",
    "stateful",
    "sessionSource",
];
/// Those of promptfoo 0.121.20 that are not supported.
const HTTP_REFUSED: &[&str] = &[
    "request",
    "multipart",
    "session",
    "sessionParser",
    "signatureAuth",
    "tls",
    "tools",
    "tool_choice",
    "transformToolsFormat",
    "useHttps",
];

impl http::Http {
    fn set(&mut self, entry: &Entry, home: &Home) -> Result<(), SuiteError> {
        let (key, value) = (entry.key.text.as_str(), &entry.value);
        let wrong = |expected: &str| {
            SuiteError::at(
                &value.place,
                format!("`{key}` must be {expected}, and this is {}", value.kind()),
            )
        };
        let text = || value.scalar_text().ok_or_else(|| wrong("text"));
        match key {
            "url" => self.url = text()?,
            "method" => self.method = Some(text()?),
            "headers" => {
                let pairs = pairs(value).ok_or_else(|| wrong("a mapping of texts"))?;
                self.headers
                    .extend(pairs.into_iter().map(|(name, value)| (name.to_lowercase(), value)));
            }
            "queryParams" => self
                .query
                .extend(pairs(value).ok_or_else(|| wrong("a mapping of texts"))?),
            "body" => self.body = Some(home.nested(value)?.to_json()),
            "transformRequest" => self.request = Some(code(entry, home)?),
            "transformResponse" | "responseParser" => self.response = Some(code(entry, home)?),
            "validateStatus" => {
                let code = text()?;
                if code.starts_with("file://") {
                    return Err(wrong("JavaScript in place"));
                }
                self.status = Some(code);
            }
            "maxRetries" => {
                let count = value.as_u64().and_then(|count| u32::try_from(count).ok());
                self.retries = count.ok_or_else(|| wrong("a whole number"))?;
            }
            "auth" => self.authorise(value)?,
            // Tokens that are guessed, and red teaming's sessions, change no answer.
            "tokenEstimation" | "stateful" | "sessionSource" => {}
            _ if HTTP_REFUSED.contains(&key) => {
                return Err(SuiteError::at(
                    &entry.key.place,
                    format!("`{key}` of an `http` provider is not supported"),
                ));
            }
            _ => {
                return Err(SuiteError::unknown(
                    &entry.key.place,
                    "setting of an `http` provider",
                    key,
                    HTTP_KEYS.iter().copied(),
                ));
            }
        }
        Ok(())
    }

    /// `auth`: a bearer token, a name and password, or a key in a header or the query.
    fn authorise(&mut self, node: &Node) -> Result<(), SuiteError> {
        let text = |key: &str| {
            let found = node.get(key).and_then(Node::scalar_text);
            found.ok_or_else(|| SuiteError::at(&node.place.first_line(), format!("`auth` needs `{key}`")))
        };
        match text("type")?.as_str() {
            "bearer" => self
                .headers
                .push(("authorization".to_owned(), format!("Bearer {}", text("token")?))),
            "api_key" => {
                let pair = (text("keyName")?, text("value")?);
                match text("placement")?.as_str() {
                    "header" => self.headers.push((pair.0.to_lowercase(), pair.1)),
                    "query" => self.query.push(pair),
                    _ => {
                        return Err(SuiteError::at(
                            &node.place.first_line(),
                            "`placement` of `auth` is `header` or `query`",
                        ));
                    }
                }
            }
            other => {
                let message =
                    format!("`auth` of the type `{other}` is not supported: use `bearer`, `api_key`, or a header");
                return Err(SuiteError::at(&node.place.first_line(), message));
            }
        }
        Ok(())
    }
}

fn pairs(node: &Node) -> Option<Vec<(String, String)>> {
    let entries = node.as_map()?.entries.iter();
    entries
        .map(|entry| Some((entry.key.text.clone(), entry.value.scalar_text()?)))
        .collect()
}

fn code(entry: &Entry, home: &Home) -> Result<http::Code, SuiteError> {
    let node = &entry.value;
    let wrong = |expected: &str| SuiteError::at(&node.place, format!("`{}` must be {expected}", entry.key.text));
    let code = node.as_str().ok_or_else(|| wrong("JavaScript or `file://…`"))?;
    if !code.starts_with("file://") {
        return Ok(http::Code::Inline(code.to_owned()));
    }
    let function = ScriptFunction::find(&node.place, &home.folder, code, &home.programs)?;
    Ok(http::Code::Function(
        function.ok_or_else(|| wrong("JavaScript, or a .js or .ts file"))?,
    ))
}

/// Texts of a value with the environment filled in.
fn with_environment(value: Value, home: &Home) -> Value {
    match value {
        Value::String(text) => Value::String(home.filled(&text)),
        Value::Array(items) => Value::Array(items.into_iter().map(|item| with_environment(item, home)).collect()),
        Value::Object(map) => Value::Object(
            map.into_iter()
                .map(|(key, value)| (key, with_environment(value, home)))
                .collect(),
        ),
        other => other,
    }
}

fn names(entry: &Entry) -> Result<Vec<(String, Place)>, SuiteError> {
    let items = entry.value.as_seq().map(|items| items.iter());
    let names: Option<Option<Vec<_>>> = items.map(|items| {
        items
            .map(|item| Some((item.scalar_text()?, item.place.clone())))
            .collect()
    });
    names.flatten().ok_or_else(|| {
        SuiteError::at(
            &entry.value.place,
            "`prompts` of a provider must be a list of prompts' labels",
        )
    })
}

fn delay(entry: &Entry) -> Result<Duration, SuiteError> {
    let milliseconds = entry.value.as_u64();
    let milliseconds = milliseconds
        .ok_or_else(|| SuiteError::at(&entry.value.place, "`delay` must be a whole number of milliseconds"))?;
    Ok(Duration::from_millis(milliseconds))
}

#[cfg(test)]
mod tests;
