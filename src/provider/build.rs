//! From what a suite says to a provider that can be called.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value};

use super::client::Clients;
use super::command::{CommandLine, CommandProvider};
use super::endpoint::{Azure, Endpoint, key_header};
use super::extractive::Extractive;
use super::http::HttpProvider;
use super::sigv4::AwsKeys;
use super::spec::{ProviderApi, ProviderSpec, SpecError};
use super::template::{Paths, TemplateProvider, public};
use super::{
    Budget, Budgeted, CassetteMode, LimitSettings, Limiter, Patience, Provider, Recorded, Secrets, Tariff, environment,
};
use crate::embedded::Embedder;
use crate::store::Cassette;
use crate::system::prices::Prices;
use crate::system::providers::{host_of, is_local_host, of_host};
use crate::wire::{Api, ChatRequest};

/// Azure's newest general version of the addresses with deployments.
const AZURE_VERSION: &str = "2024-10-21";

/// How variables of the environment are looked up.
pub type Lookup = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// What a run gives its providers. Clones share client, limits, cassette, budget and secrets.
#[derive(Clone)]
pub struct BuildOptions {
    /// The environment.
    pub environment: Lookup,
    /// Where calls are recorded, and how.
    pub cassette: Option<(Arc<Cassette>, CassetteMode)>,
    /// What may be spent. Recorded calls are free.
    pub budget: Option<Arc<Budget>>,
    /// The secrets that were read: redact with them what is written.
    pub secrets: Secrets,
    /// Scores the sentences of `extractive` as well.
    pub embedder: Option<Arc<dyn Embedder>>,
    /// Whether a call is one attempt, told as it ended: whoever calls decides what follows. Neither limits nor
    /// pauses of this room then hold a call up.
    pub once: bool,
    limiters: Arc<Mutex<HashMap<String, Arc<Limiter>>>>,
    clients: Arc<Clients>,
}

impl Default for BuildOptions {
    /// Options without cassette and budget, with this process's environment.
    fn default() -> Self {
        Self {
            environment: Arc::new(|name| std::env::var(name).ok()),
            cassette: None,
            budget: None,
            secrets: Secrets::default(),
            embedder: None,
            once: false,
            limiters: Arc::default(),
            clients: Arc::default(),
        }
    }
}

impl BuildOptions {
    /// The HTTP client for an address.
    pub(super) fn client(&self, address: &str) -> Result<reqwest::Client, SpecError> {
        self.clients.of(address)
    }

    /// The same for a route, which decides itself about attempts and limits, and whose answer is recorded as a
    /// whole: no cassette, one attempt, another limit until a connection stands.
    #[must_use]
    pub fn for_route(&self, connect: Option<Duration>) -> Self {
        Self {
            clients: connect.map_or_else(
                || Arc::clone(&self.clients),
                |connect| Arc::new(Clients::within(connect)),
            ),
            cassette: None,
            once: true,
            ..self.clone()
        }
    }

    /// One limiter for all providers of one account.
    fn limiter(&self, spec: &ProviderSpec, address: &str) -> Arc<Limiter> {
        let settings = LimitSettings {
            concurrency: spec.concurrency.unwrap_or(LimitSettings::default().concurrency).max(1),
            requests_per_minute: spec.requests_per_minute,
            tokens_per_minute: spec.tokens_per_minute,
        };
        let account = format!("{address} {:?} {:?} {settings:?}", spec.key, spec.model);
        let mut limiters = self.limiters.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(
            limiters
                .entry(account)
                .or_insert_with(|| Arc::new(Limiter::new(settings))),
        )
    }
}

/// A provider of what a suite says, with budget and cassette around it.
///
/// # Errors
/// Fails on what is missing or contradicts itself. A key that is not set is no such error: the provider then
/// refuses each call that no cassette answers.
pub fn build(spec: &ProviderSpec, prices: &Prices, options: &BuildOptions) -> Result<Arc<dyn Provider>, SpecError> {
    let name = spec.shown_name();
    let (provider, tariff): (Arc<dyn Provider>, Tariff) = match spec.api {
        ProviderApi::Extractive => {
            // Deterministic, free and faster than a cassette.
            return Ok(Arc::new(Extractive::new(name, options.embedder.clone())));
        }
        ProviderApi::Command => (Arc::new(command(spec, name, options)?), Tariff::unknown()),
        ProviderApi::Http => (Arc::new(template(spec, name, options)?), Tariff::unknown()),
        _ => {
            let provider = model(spec, name, prices, options)?;
            let tariff = provider.tariff.clone();
            (Arc::new(provider), tariff)
        }
    };
    Ok(wrap(provider, tariff, options))
}

/// Puts budget and cassette around a provider, such as one from outside this room.
#[must_use]
pub fn wrap(provider: Arc<dyn Provider>, tariff: Tariff, options: &BuildOptions) -> Arc<dyn Provider> {
    let provider = match &options.budget {
        Some(budget) => Arc::new(Budgeted::new(provider, Arc::clone(budget), tariff)),
        None => provider,
    };
    match &options.cassette {
        Some((cassette, mode)) => Arc::new(Recorded::new(
            provider,
            Arc::clone(cassette),
            *mode,
            options.secrets.clone(),
        )),
        None => provider,
    }
}

fn command(spec: &ProviderSpec, name: String, options: &BuildOptions) -> Result<CommandProvider, SpecError> {
    let line = spec.command.clone().ok_or_else(|| {
        SpecError::new("no `command` (expected a line for the shell, or a list of program and arguments)")
    })?;
    if let CommandLine::Shell(line) = &line
        && line.contains("{{")
    {
        return Err(SpecError::new(format!(
            "a line for the shell is no template: {line:?} (give `command` as a list, or read the call as JSON from standard input)"
        )));
    }
    Ok(CommandProvider {
        limiter: options.limiter(spec, &name),
        name,
        line,
        patience: patience(spec, options),
    })
}

fn template(spec: &ProviderSpec, name: String, options: &BuildOptions) -> Result<TemplateProvider, SpecError> {
    let said = spec
        .http
        .as_ref()
        .ok_or_else(|| SpecError::new("no `http` with the request"))?;
    let mut template = said.clone();
    let paths = Paths::of(&template).map_err(SpecError::new)?;
    let mut filler = environment::Filler::new(options);
    template.url = filler.fill(&template.url);
    for (header, value) in &spec.headers {
        template.headers.entry(header.clone()).or_insert_with(|| value.clone());
    }
    let public_headers = public_headers(&template.headers);
    for value in template.headers.values_mut() {
        *value = filler.fill(value);
    }
    if let Some(body) = &mut template.body {
        filler.fill_json(body);
    }
    Ok(TemplateProvider {
        public: public(said, &public_headers),
        limiter: options.limiter(spec, &said.url),
        name,
        client: options.client(&template.url)?,
        template,
        paths,
        patience: patience(spec, options),
        missing: filler.missing(),
    })
}

fn model(
    spec: &ProviderSpec,
    name: String,
    prices: &Prices,
    options: &BuildOptions,
) -> Result<HttpProvider, SpecError> {
    let model = spec.model.clone().or_else(|| spec.deployment.clone());
    let model = model.ok_or_else(|| SpecError::new(format!("no `model` for {}", spec.api.name())))?;
    let mut filler = environment::Filler::new(options);
    let endpoint = endpoint(spec, &model, options, &mut filler)?;
    let tariff = tariff(spec, &endpoint, &model, prices);
    let patience = patience(spec, options);
    Ok(HttpProvider {
        name,
        client: options.client(&endpoint.base)?,
        limiter: options.limiter(spec, &endpoint.base),
        endpoint,
        defaults: ChatRequest {
            model,
            max_output_tokens: spec.max_output_tokens,
            temperature: spec.temperature,
            top_p: spec.top_p,
            seed: spec.seed,
            stop: spec.stop.clone(),
            extra: spec.extra.clone(),
            ..ChatRequest::default()
        },
        stream: spec.stream,
        patience,
        tariff,
        public_headers: public_headers(&spec.headers),
        missing: filler.missing(),
    })
}

/// Address, key and headers of a model behind an API.
pub(super) fn endpoint(
    spec: &ProviderSpec,
    model: &str,
    options: &BuildOptions,
    filler: &mut environment::Filler<'_>,
) -> Result<Endpoint, SpecError> {
    let api = match spec.api {
        ProviderApi::Anthropic => Api::Anthropic,
        ProviderApi::Gemini => Api::Gemini,
        ProviderApi::Bedrock => Api::Bedrock,
        ProviderApi::Ollama => Api::Ollama,
        _ => Api::Openai,
    };
    let is_azure = spec.api == ProviderApi::Azure;
    let base = base(spec, options, filler)?;
    let azure = is_azure.then(|| Azure {
        deployment: spec.deployment.clone().unwrap_or_else(|| model.to_owned()),
        api_version: spec.api_version.clone().unwrap_or_else(|| AZURE_VERSION.to_owned()),
    });
    let mut headers = HeaderMap::new();
    let mut aws = None;
    if api == Api::Anthropic {
        headers.insert("anthropic-version", HeaderValue::from_static("2023-06-01"));
    }
    if api == Api::Bedrock && spec.key.is_none() && (options.environment)("AWS_BEARER_TOKEN_BEDROCK").is_none() {
        aws = aws_keys(spec, filler);
    } else if let Some(key) = key(spec, api, &base, filler) {
        let (name, value) = key_header(api, is_azure, &key)
            .ok_or_else(|| SpecError::new(format!("the key of {} cannot stand in a header", spec.shown_name())))?;
        headers.insert(name, value);
    }
    for (name, value) in &spec.headers {
        let header: HeaderName = name
            .parse()
            .map_err(|_| SpecError::new(format!("not a header: {name:?}")))?;
        let mut value = HeaderValue::from_str(&filler.fill(value))
            .map_err(|_| SpecError::new(format!("not a value of the header {name}")))?;
        value.set_sensitive(true);
        headers.insert(header, value);
    }
    Ok(Endpoint {
        api,
        base,
        azure,
        headers,
        aws,
    })
}

fn base(
    spec: &ProviderSpec,
    options: &BuildOptions,
    filler: &mut environment::Filler<'_>,
) -> Result<String, SpecError> {
    let api = spec.api;
    let from_environment = || api.base_variable().and_then(|name| (options.environment)(name));
    let base = match &spec.base_url {
        Some(base) => filler.fill(base),
        None => match (from_environment(), api.default_base()) {
            (Some(base), _) => base,
            (None, Some(base)) => base.to_owned(),
            (None, None) if api == ProviderApi::Bedrock => {
                format!("https://bedrock-runtime.{}.amazonaws.com", region(spec, options))
            }
            (None, None) => {
                return Err(SpecError::new(format!(
                    "no `base_url` for {} (or {} in the environment)",
                    api.name(),
                    api.base_variable().unwrap_or("it")
                )));
            }
        },
    };
    let base = base.trim_end_matches('/');
    // Ollama's variable has no scheme as a rule, and a server's own 0.0.0.0.
    let base = if base.contains("://") {
        base.to_owned()
    } else {
        format!("http://{}", base.replacen("0.0.0.0", "127.0.0.1", 1))
    };
    if !base.starts_with("http://") && !base.starts_with("https://") {
        return Err(SpecError::new(format!(
            "not an address of HTTP: {:?}",
            super::endpoint::public_url(&base)
        )));
    }
    Ok(base)
}

/// The key, when the suite names one or the API needs one. A server on this machine or in this network is
/// asked without, when the usual variable is not set.
fn key(spec: &ProviderSpec, api: Api, base: &str, filler: &mut environment::Filler<'_>) -> Option<String> {
    if let Some(name) = &spec.key {
        return filler.variable(environment::variable_name(name));
    }
    let name = match api {
        Api::Bedrock => "AWS_BEARER_TOKEN_BEDROCK",
        _ => spec.api.key_variable()?,
    };
    let host = host_of(base).unwrap_or_default();
    if is_local_host(&host) {
        return filler.optional(name);
    }
    // A suite from elsewhere must not send a key to an address of its own: it has to name the key.
    let is_own = spec.base_url.is_none() || of_host(&host) == Some(spec.api.name());
    if is_own { filler.variable(name) } else { None }
}

fn aws_keys(spec: &ProviderSpec, filler: &mut environment::Filler<'_>) -> Option<AwsKeys> {
    let access_key = filler.variable("AWS_ACCESS_KEY_ID");
    let secret_key = filler.variable("AWS_SECRET_ACCESS_KEY");
    let session_token = filler.optional("AWS_SESSION_TOKEN");
    let region = region(spec, filler.options());
    Some(AwsKeys {
        access_key: access_key?,
        secret_key: secret_key?,
        session_token,
        region,
    })
}

fn region(spec: &ProviderSpec, options: &BuildOptions) -> String {
    let from_environment = || {
        ["AWS_REGION", "AWS_DEFAULT_REGION"]
            .iter()
            .find_map(|name| (options.environment)(name))
    };
    spec.region
        .clone()
        .or_else(from_environment)
        .unwrap_or_else(|| "us-east-1".to_owned())
}

/// Prices of the provider that answers at the address; a server of one's own is free of them.
fn tariff(spec: &ProviderSpec, endpoint: &Endpoint, model: &str, prices: &Prices) -> Tariff {
    let host = host_of(&endpoint.base).unwrap_or_default();
    let provider = match spec.api {
        // A gateway on this machine may stand for OpenAI: the model's own name decides.
        ProviderApi::Openai => of_host(&host).unwrap_or("openai"),
        ProviderApi::Ollama => return Tariff::unknown(),
        other => other.name(),
    };
    Tariff::of(prices, provider, model)
}

fn patience(spec: &ProviderSpec, options: &BuildOptions) -> Patience {
    let default = Patience::default();
    let seconds = |it: Option<f64>, default: Duration| {
        it.and_then(|it| Duration::try_from_secs_f64(it).ok())
            .filter(|it| !it.is_zero())
            .unwrap_or(default)
    };
    Patience {
        attempt: seconds(spec.timeout_seconds, default.attempt),
        total: seconds(spec.deadline_seconds, default.total),
        attempts: spec.max_attempts.unwrap_or(default.attempts).max(1),
        counts_refusals: false,
        once: options.once,
    }
}

/// Headers as a suite writes them, for recordings: a value that is itself a key is left out.
fn public_headers(headers: &std::collections::BTreeMap<String, String>) -> Value {
    if headers.is_empty() {
        return Value::Null;
    }
    let shown: Map<String, Value> = (headers.iter())
        .map(|(name, value)| {
            let lower = name.to_ascii_lowercase();
            let names_a_key = ["auth", "key", "token", "secret", "cookie"]
                .iter()
                .any(|it| lower.contains(it));
            let hidden = names_a_key && !value.contains("${");
            let hidden = hidden || value.split_whitespace().any(crate::system::secrets::is_secret);
            let shown = if hidden { "(secret)" } else { value };
            (lower, shown.into())
        })
        .collect();
    Value::Object(shown)
}
