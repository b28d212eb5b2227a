//! The `config` of providers behind an API: promptfoo's names, and what they are here.

use serde_json::{Map, Value, json};

use crate::eval::suite::SuiteError;
use crate::provider::ProviderSpec;
use crate::source::{Entry, Node};

use super::super::document::{Home, environment_name};
use super::super::files;
use super::kinds::{Family, Kind};

/// What a setting is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Means {
    Temperature,
    TopP,
    MaxTokens,
    /// The cap of models that reason.
    MaxCompletionTokens,
    Seed,
    Stop,
    /// How long a model reasons: sent to models that do.
    Effort,
    /// A field of the request, at this path.
    Field(&'static str),
    /// A field of the request, loaded from `file://` when it says so.
    Loaded(&'static str),
    /// Fields that are laid over the request.
    Fields(&'static str),
    Key,
    KeyVariable,
    KeyRequired,
    BaseUrl,
    Host,
    Headers,
    /// A header of this name.
    Header(&'static str),
    Region,
    ApiVersion,
    Deployment,
    /// Whether promptfoo's own defaults are left out.
    NoDefaults,
    /// Nothing: it changes no answer.
    Harmless,
}

type Table = &'static [(&'static str, Means)];

/// Settings that all have in common.
const COMMON: Table = &[
    ("temperature", Means::Temperature),
    ("apiKey", Means::Key),
    ("apiKeyEnvar", Means::KeyVariable),
    ("headers", Means::Headers),
    // Reasoning is never part of the answer here.
    ("showThinking", Means::Harmless),
    // How often a call is made again is the run's business; so is where its price stands.
    ("maxRetries", Means::Harmless),
    ("cost", Means::Harmless),
    ("inputCost", Means::Harmless),
    ("outputCost", Means::Harmless),
    ("stream", Means::Harmless),
];
const OPENAI: Table = &[
    ("max_tokens", Means::MaxTokens),
    ("max_completion_tokens", Means::MaxCompletionTokens),
    ("max_output_tokens", Means::MaxCompletionTokens),
    ("top_p", Means::TopP),
    ("seed", Means::Seed),
    ("stop", Means::Stop),
    ("presence_penalty", Means::Field("presence_penalty")),
    ("frequency_penalty", Means::Field("frequency_penalty")),
    ("tools", Means::Loaded("tools")),
    ("tool_choice", Means::Field("tool_choice")),
    ("response_format", Means::Loaded("response_format")),
    ("reasoning_effort", Means::Effort),
    ("verbosity", Means::Field("verbosity")),
    ("service_tier", Means::Field("service_tier")),
    ("user", Means::Field("user")),
    ("metadata", Means::Field("metadata")),
    ("store", Means::Field("store")),
    ("passthrough", Means::Fields("")),
    ("apiBaseUrl", Means::BaseUrl),
    ("apiHost", Means::Host),
    ("apiKeyRequired", Means::KeyRequired),
    ("organization", Means::Header("openai-organization")),
    ("omitDefaults", Means::NoDefaults),
];
const AZURE: Table = &[("apiVersion", Means::ApiVersion), ("deployment_id", Means::Deployment)];
const ANTHROPIC: Table = &[
    ("max_tokens", Means::MaxTokens),
    ("top_p", Means::TopP),
    ("top_k", Means::Field("top_k")),
    ("stop_sequences", Means::Stop),
    ("tools", Means::Loaded("tools")),
    ("tool_choice", Means::Field("tool_choice")),
    ("thinking", Means::Field("thinking")),
    ("effort", Means::Field("output_config/effort")),
    ("metadata", Means::Field("metadata")),
    ("service_tier", Means::Field("service_tier")),
    ("extra_body", Means::Fields("")),
    ("apiBaseUrl", Means::BaseUrl),
    ("apiKeyRequired", Means::KeyRequired),
];
const GEMINI: Table = &[
    ("maxOutputTokens", Means::MaxTokens),
    ("topP", Means::TopP),
    ("topK", Means::Field("generationConfig/topK")),
    ("stopSequences", Means::Stop),
    ("generationConfig", Means::Fields("generationConfig")),
    ("safetySettings", Means::Field("safetySettings")),
    ("tools", Means::Loaded("tools")),
    ("toolConfig", Means::Field("toolConfig")),
    ("passthrough", Means::Fields("")),
    ("apiBaseUrl", Means::BaseUrl),
    ("apiHost", Means::Host),
];
/// The fields of Ollama's `options` that promptfoo sends, and what stands beside them. It reads no address from here.
const OLLAMA: Table = &[
    ("num_predict", Means::MaxTokens),
    ("top_p", Means::TopP),
    ("seed", Means::Seed),
    ("stop", Means::Stop),
    ("top_k", Means::Field("options/top_k")),
    ("num_ctx", Means::Field("options/num_ctx")),
    ("num_keep", Means::Field("options/num_keep")),
    ("num_batch", Means::Field("options/num_batch")),
    ("num_gpu", Means::Field("options/num_gpu")),
    ("num_thread", Means::Field("options/num_thread")),
    ("repeat_penalty", Means::Field("options/repeat_penalty")),
    ("repeat_last_n", Means::Field("options/repeat_last_n")),
    ("presence_penalty", Means::Field("options/presence_penalty")),
    ("frequency_penalty", Means::Field("options/frequency_penalty")),
    ("typical_p", Means::Field("options/typical_p")),
    ("tfs_z", Means::Field("options/tfs_z")),
    ("mirostat", Means::Field("options/mirostat")),
    ("mirostat_tau", Means::Field("options/mirostat_tau")),
    ("mirostat_eta", Means::Field("options/mirostat_eta")),
    ("penalize_newline", Means::Field("options/penalize_newline")),
    ("think", Means::Field("think")),
    ("tools", Means::Loaded("tools")),
    ("passthrough", Means::Fields("")),
    // promptfoo sends none of these to Ollama, whose address is OLLAMA_BASE_URL.
    ("apiBaseUrl", Means::Harmless),
    ("apiKeyRequired", Means::Harmless),
    ("max_tokens", Means::Harmless),
];
const BEDROCK: Table = &[
    ("max_tokens", Means::MaxTokens),
    ("maxTokens", Means::MaxTokens),
    ("max_gen_len", Means::MaxTokens),
    ("top_p", Means::TopP),
    ("topP", Means::TopP),
    ("stop", Means::Stop),
    ("stop_sequences", Means::Stop),
    ("stopSequences", Means::Stop),
    ("region", Means::Region),
    ("endpoint", Means::BaseUrl),
    // The family of the model, for the older API: Converse needs none.
    ("inferenceModelType", Means::Harmless),
    ("anthropic_version", Means::Harmless),
];

fn tables(family: Family) -> Vec<Table> {
    match family {
        Family::OpenAi => vec![COMMON, OPENAI],
        Family::Azure => vec![COMMON, OPENAI, AZURE],
        Family::Anthropic => vec![COMMON, ANTHROPIC],
        Family::Gemini => vec![COMMON, GEMINI],
        Family::Ollama => vec![COMMON, OLLAMA],
        Family::Bedrock => vec![COMMON, BEDROCK],
    }
}

/// What a provider's settings gave.
#[derive(Debug, Default)]
pub(super) struct Settings {
    /// Whether its answers are JSON by contract.
    pub(super) json: bool,
    /// A key that is written in the configuration, under the variable that the spec names.
    pub(super) key: Option<(String, String)>,
    /// What whoever runs it should know.
    pub(super) note: Option<String>,
}

/// What is gathered on the way.
#[derive(Default)]
struct Gathered {
    max_completion: Option<u32>,
    effort: Option<Value>,
    no_key: bool,
    no_defaults: bool,
    settings: Settings,
}

/// Puts the settings of a `config` and promptfoo's own defaults into a spec.
pub(super) fn read(
    spec: &mut ProviderSpec,
    kind: Kind<'_>,
    config: Option<&Node>,
    home: &Home,
) -> Result<Settings, SuiteError> {
    let mut gathered = Gathered::default();
    if let Some(config) = config {
        let Some(map) = config.as_map() else {
            return Err(SuiteError::at(
                &config.place,
                format!(
                    "`config` of a provider must be a mapping, and this is {}",
                    config.kind()
                ),
            ));
        };
        let tables = tables(kind.family);
        for entry in &map.entries {
            let key = entry.key.text.as_str();
            let known = tables.iter().flat_map(|table| table.iter());
            let Some((_, means)) = known.clone().find(|(name, _)| *name == key) else {
                let what = format!("setting of `{}`", spec.shown_name());
                return Err(SuiteError::unknown(
                    &entry.key.place,
                    &what,
                    key,
                    known.map(|(name, _)| *name),
                ));
            };
            if !entry.value.is_null() {
                gathered.set(spec, *means, entry, home)?;
            }
        }
    }
    gathered.defaults(spec, kind, home);
    gathered.address(spec, kind, home);
    Ok(gathered.settings)
}

impl Gathered {
    fn set(&mut self, spec: &mut ProviderSpec, means: Means, entry: &Entry, home: &Home) -> Result<(), SuiteError> {
        let key = entry.key.text.as_str();
        let value = &filled(&entry.value, home);
        let wrong = |expected: &str| {
            SuiteError::at(
                &value.place,
                format!("`{key}` must be {expected}, and this is {}", value.kind()),
            )
        };
        let number = || as_number(value).ok_or_else(|| wrong("a number"));
        let count = || {
            let count = as_number(value).filter(|number| number.fract() == 0.0 && (1.0..4.0e9).contains(number));
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "checked to be whole and in range"
            )]
            count
                .map(|number| number as u32)
                .ok_or_else(|| wrong("a whole number from 1"))
        };
        let text = || value.scalar_text().ok_or_else(|| wrong("text"));
        match means {
            Means::Temperature => spec.temperature = Some(number()?),
            Means::TopP => spec.top_p = Some(number()?),
            Means::MaxTokens => spec.max_output_tokens = Some(count()?),
            Means::MaxCompletionTokens => self.max_completion = Some(count()?),
            Means::Seed => {
                let number = number()?;
                #[expect(clippy::cast_possible_truncation, reason = "a seed is a whole number")]
                let seed = number as i64;
                spec.seed = Some(seed);
            }
            Means::Stop => spec.stop = texts(value).ok_or_else(|| wrong("a list of texts"))?,
            Means::Effort => self.effort = Some(value.to_json()),
            Means::Field(path) => put(&mut spec.extra, path, value.to_json()),
            Means::Loaded(path) => {
                let loaded = loaded(value, home)?;
                if path == "response_format" {
                    self.settings.json = loaded["type"] == "json_schema";
                    refuse_templates(&loaded, key, value)?;
                }
                if path == "tools" {
                    refuse_templates(&loaded, key, value)?;
                }
                put(&mut spec.extra, path, loaded);
            }
            Means::Fields(path) => {
                let fields = value.as_map().ok_or_else(|| wrong("a mapping"))?;
                for field in &fields.entries {
                    let name = if path.is_empty() {
                        field.key.text.clone()
                    } else {
                        format!("{path}/{}", field.key.text)
                    };
                    put(&mut spec.extra, &name, field.value.to_json());
                }
            }
            Means::Key => self.key(spec, entry, home)?,
            Means::KeyVariable => spec.key = Some(format!("${{{}}}", text()?)),
            Means::KeyRequired => self.no_key = value.as_bool() == Some(false),
            Means::BaseUrl => spec.base_url = Some(text()?),
            Means::Host => spec.base_url = Some(host(&text()?, spec)),
            Means::Headers => {
                let headers = entry.value.as_map().ok_or_else(|| wrong("a mapping"))?;
                for header in &headers.entries {
                    let value = header
                        .value
                        .scalar_text()
                        .ok_or_else(|| SuiteError::at(&header.value.place, "a header's value must be text"))?;
                    spec.headers
                        .insert(header.key.text.to_lowercase(), with_variables(&value));
                }
            }
            Means::Header(name) => {
                spec.headers.insert(name.to_owned(), text()?);
            }
            Means::Region => spec.region = Some(text()?),
            Means::ApiVersion => spec.api_version = Some(text()?),
            Means::Deployment => spec.deployment = Some(text()?),
            Means::NoDefaults => self.no_defaults = value.as_bool() == Some(true),
            Means::Harmless => {}
        }
        Ok(())
    }

    /// A key: a variable of the environment is named, and a key that is written out is handed over under a name.
    fn key(&mut self, spec: &mut ProviderSpec, entry: &Entry, home: &Home) -> Result<(), SuiteError> {
        let node = &entry.value;
        let Some(text) = node.scalar_text() else {
            return Err(SuiteError::at(&node.place, "`apiKey` must be text"));
        };
        let trimmed = text.trim();
        let inner = trimmed.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
        let variable = inner
            .and_then(environment_name)
            .or_else(|| trimmed.strip_prefix("${")?.strip_suffix('}'));
        if let Some(name) = variable {
            spec.key = Some(format!("${{{name}}}"));
            return Ok(());
        }
        let name = format!(
            "PROMPTFOO_KEY_{:016X}",
            crate::rng::fnv(node.place.to_string().as_bytes())
        );
        spec.key = Some(format!("${{{name}}}"));
        self.settings.key = Some((name, home.filled(trimmed)));
        Ok(())
    }

    /// What promptfoo 0.121.20 sends where a configuration says nothing.
    fn defaults(&mut self, spec: &mut ProviderSpec, kind: Kind<'_>, home: &Home) {
        let from = |name: &str, otherwise: f64| {
            home.variable(name)
                .and_then(|text| text.trim().parse().ok())
                .unwrap_or(otherwise)
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a cap; one out of range is cut to it"
        )]
        let cap = |name: &str| from(name, 1_024.0).clamp(1.0, f64::from(u32::MAX)) as u32;
        if let Some(effort) = self
            .effort
            .take()
            .filter(|_| kind.reasons() || kind.model.contains("gpt-oss"))
        {
            spec.extra.entry("reasoning_effort").or_insert(effort);
        }
        match kind.family {
            Family::OpenAi | Family::Azure if kind.reasons() => {
                spec.temperature = None;
                spec.max_output_tokens = self
                    .max_completion
                    .or(spec.max_output_tokens.filter(|_| kind.family == Family::Azure));
            }
            Family::OpenAi | Family::Azure => {
                if !self.no_defaults {
                    spec.max_output_tokens = spec.max_output_tokens.or_else(|| Some(cap("OPENAI_MAX_TOKENS")));
                    spec.temperature = spec.temperature.or_else(|| Some(from("OPENAI_TEMPERATURE", 0.0)));
                }
            }
            Family::Anthropic => {
                let thinks = spec
                    .extra
                    .get("thinking")
                    .is_some_and(|thinking| thinking["type"] != "disabled");
                spec.max_output_tokens = spec
                    .max_output_tokens
                    .or_else(|| Some(cap("ANTHROPIC_MAX_TOKENS").max(if thinks { 2_048 } else { 1 })));
                if kind.refuses_sampling() {
                    (spec.temperature, spec.top_p) = (None, None);
                    spec.extra.shift_remove("top_k");
                } else if thinks || spec.top_p.is_some() {
                    spec.temperature = None;
                } else {
                    spec.temperature = spec.temperature.or_else(|| Some(from("ANTHROPIC_TEMPERATURE", 0.0)));
                }
            }
            Family::Gemini | Family::Ollama | Family::Bedrock => {}
        }
    }

    /// Address and key.
    fn address(&mut self, spec: &mut ProviderSpec, kind: Kind<'_>, home: &Home) {
        if let Some((base, key)) = kind.server {
            spec.base_url.get_or_insert_with(|| base.to_owned());
            if !self.no_key {
                spec.key.get_or_insert_with(|| format!("${{{key}}}"));
            }
            return;
        }
        match kind.family {
            Family::OpenAi => {
                let host = home
                    .variable("OPENAI_API_HOST")
                    .map(|host| format!("https://{host}/v1"));
                let base = || host.or_else(|| home.variable("OPENAI_API_BASE_URL"));
                if spec.base_url.is_none() {
                    spec.base_url = base();
                }
                // promptfoo sends OPENAI_API_KEY to whatever address the configuration gives.
                let is_elsewhere = spec
                    .base_url
                    .as_deref()
                    .is_some_and(|base| !is_local(base) && !base.contains("://api.openai.com"));
                if is_elsewhere && spec.key.is_none() && !self.no_key {
                    let to = spec.base_url.as_deref().unwrap_or_default();
                    self.settings.note = Some(format!(
                        "`{}` sends OPENAI_API_KEY to {to}, as promptfoo does: name another key by `apiKeyEnvar`",
                        spec.shown_name()
                    ));
                    spec.key = Some("${OPENAI_API_KEY}".to_owned());
                }
            }
            Family::Azure => {
                let names = [
                    "AZURE_API_BASE_URL",
                    "AZURE_OPENAI_API_BASE_URL",
                    "AZURE_OPENAI_BASE_URL",
                ];
                let hosts = ["AZURE_API_HOST", "AZURE_OPENAI_API_HOST"];
                if spec.base_url.is_none() {
                    let host = hosts
                        .iter()
                        .find_map(|name| home.variable(name))
                        .map(|host| format!("https://{host}"));
                    spec.base_url = names.iter().find_map(|name| home.variable(name)).or(host);
                }
                if spec.key.is_none() && home.variable("AZURE_API_KEY").is_some() {
                    spec.key = Some("${AZURE_API_KEY}".to_owned());
                }
            }
            Family::Gemini => {
                if spec.key.is_none() && home.variable("GOOGLE_API_KEY").is_some() {
                    spec.key = Some("${GOOGLE_API_KEY}".to_owned());
                }
            }
            Family::Ollama => spec.base_url = home.variable("OLLAMA_BASE_URL"),
            Family::Anthropic | Family::Bedrock => {}
        }
    }
}

fn is_local(base: &str) -> bool {
    let host = crate::system::providers::host_of(base).unwrap_or_default();
    crate::system::providers::is_local_host(&host)
}

/// The address of a host, with the version that the API's addresses have.
fn host(host: &str, spec: &ProviderSpec) -> String {
    use crate::provider::ProviderApi;
    match spec.api {
        ProviderApi::Azure => format!("https://{host}"),
        ProviderApi::Gemini => format!("https://{host}/v1beta"),
        _ => format!("https://{host}/v1"),
    }
}

/// `{{env.X}}` as the provider room writes it: `${X}`.
fn with_variables(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        let Some(length) = rest[start..].find("}}") else { break };
        let name = environment_name(&rest[start + 2..start + length]);
        out.push_str(&rest[..start]);
        match name {
            Some(name) => out.extend(["${", name, "}"]),
            None => out.push_str(&rest[start..start + length + 2]),
        }
        rest = &rest[start + length + 2..];
    }
    out.push_str(rest);
    out
}

/// Texts with the environment filled in.
fn filled(node: &Node, home: &Home) -> Node {
    let mut node = node.clone();
    if let crate::source::Data::Str(text) = &mut node.data {
        *text = home.filled(text);
    }
    node
}

fn as_number(node: &Node) -> Option<f64> {
    let number = node.as_f64().or_else(|| node.as_str()?.trim().parse().ok());
    number.filter(|number| number.is_finite())
}

fn texts(node: &Node) -> Option<Vec<String>> {
    match node.as_seq() {
        Some(items) => items.iter().map(Node::scalar_text).collect(),
        None => node.scalar_text().map(|text| vec![text]),
    }
}

/// A value, or the one of the file that it names.
fn loaded(node: &Node, home: &Home) -> Result<Value, SuiteError> {
    let value = match node.as_str() {
        Some(text) if text.starts_with("file://") => {
            let path = files::bare(text);
            if files::Language::of(files::function_of(path).0).is_some() {
                return Err(SuiteError::at(
                    &node.place,
                    format!("`{text}`: values that a script makes are not supported; write them as JSON or YAML"),
                ));
            }
            home.nested(&home.file(&node.place, path)?)?
        }
        _ => home.nested(node)?,
    };
    Ok(match value.to_json() {
        Value::String(text) => serde_json::from_str(&text).unwrap_or(Value::String(text)),
        value => value,
    })
}

/// promptfoo fills templates in these by each test's variables.
fn refuse_templates(value: &Value, key: &str, node: &Node) -> Result<(), SuiteError> {
    if value.to_string().contains("{{") {
        return Err(SuiteError::at(
            &node.place,
            format!("templates in `{key}` are not supported: it is the same for all tests"),
        ));
    }
    Ok(())
}

/// Sets a field at a path such as `options/top_k`.
fn put(map: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('/') {
        None => {
            map.insert(path.to_owned(), value);
        }
        Some((first, rest)) => {
            let inner = map.entry(first.to_owned()).or_insert_with(|| json!({}));
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}
