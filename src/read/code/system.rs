//! From a call that was found to a call site, and a route of its own.

use std::time::Duration;

use tree_sitter::Node;

use crate::read::checks::{literal_secret, plaintext_endpoint};
use crate::system::prices::Prices;
use crate::system::{
    Account, Attempt, CallSite, Deployment, Dialect, Mode, Origin, Plan, Policy, Retry, Route, Sdk, Setting, System,
    providers, secrets, units,
};

use super::facts;
use super::find::Found;
use super::scope::{Scope, Value};
use super::sdks;
use super::tree::{Source, around, is_function};

const CODE: Dialect = Dialect::Code;

/// Output caps, under all names that the libraries give them.
const CAPS: &[&str] = &[
    "max_tokens",
    "max_completion_tokens",
    "max_output_tokens",
    "maxTokens",
    "maxOutputTokens",
    "maxCompletionTokens",
];
/// What asks for an output of a given form.
const SCHEMAS: &[&str] = &[
    "response_format",
    "text_format",
    "response_model",
    "response_schema",
    "responseSchema",
    "responseFormat",
    "output_type",
    "tools",
    "functions",
    "schema",
    "text",
    "config",
];

/// Adds a call to the system.
pub(super) fn add<'t>(
    source: Source<'_>,
    scope: &Scope<'_, 't>,
    found: Found<'t>,
    prices: &Prices,
    system: &mut System,
) {
    let options = Options::of(source, scope, found);
    let call = call_site(source, scope, found, &options, system);
    let name = route_name(source, found.call);
    let id = system.add_call(call.clone());
    let deployment = deployment(&call, prices);
    let member = system.add_deployment(deployment);
    let attempt = Plan::Try(Attempt {
        deployment: member,
        timeout: call.timeout.clone(),
        first_token: call.timeout.clone(),
        idle: call.timeout.clone(),
        max_output_tokens: call.max_output_tokens.clone(),
    });
    let plan = Plan::Retry(Box::new(Retry {
        plan: attempt,
        retries: call.retries.clone(),
        backoff: sdks::backoff(call.sdk),
        on_timeout: true,
        statuses: None,
        layer: call.sdk.name(),
    }));
    let place = call.client.clone().unwrap_or_else(|| call.place.clone());
    system.add_route(Route {
        name,
        dialect: CODE,
        places: vec![place],
        gateway: None,
        call: Some(id),
        mode: Mode::Chat,
        wildcard: false,
        catch_all: false,
        members: vec![member],
        fallbacks: Vec::new(),
        plan,
        policy: Policy::bare(CODE),
    });
}

/// The named arguments of the call, then those of its client.
struct Options<'a, 't> {
    own: Vec<(&'a str, Node<'t>)>,
    client: Vec<(&'a str, Node<'t>)>,
}

impl<'a, 't> Options<'a, 't> {
    fn of(source: Source<'a>, scope: &Scope<'_, 't>, found: Found<'t>) -> Self {
        let mut own = source.named(found.call);
        // `**options` of a dictionary that stands in the file, and generation settings of Gemini.
        let nested: Vec<Node<'t>> = own
            .iter()
            .filter(|(name, _)| matches!(*name, "config" | "generation_config" | "generationConfig"))
            .map(|(_, value)| scope.follow(*value))
            .collect();
        for node in nested {
            own.extend(source.pairs(node));
            own.extend(source.named(node));
        }
        let client = found
            .client
            .filter(|client| *client != found.call)
            .map(|client| source.named(client))
            .unwrap_or_default();
        Self { own, client }
    }

    fn get(&self, names: &[&str]) -> Option<Node<'t>> {
        let find = |list: &[(&str, Node<'t>)]| {
            list.iter()
                .find(|(name, _)| names.contains(name))
                .map(|(_, node)| *node)
        };
        find(&self.own).or_else(|| find(&self.client))
    }
}

fn call_site<'t>(
    source: Source<'_>,
    scope: &Scope<'_, 't>,
    found: Found<'t>,
    options: &Options<'_, 't>,
    system: &mut System,
) -> CallSite {
    let sdk = found.sdk;
    let number = |names: &[&str]| {
        let node = options.get(names)?;
        match scope.value(node)? {
            Value::Number(number) if number >= 0.0 => Some((number, source.place(node))),
            _ => None,
        }
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float cast to an integer saturates, and negative ones are left out"
    )]
    let whole = |names: &[&str]| number(names).map(|(number, place)| Setting::written(number as u64, place));
    let (provider, model) = model(source, scope, found, options);
    let base_url = base_url(source, scope, options);
    let provider = endpoint_provider(base_url.as_ref()).unwrap_or(provider);
    if let Some(url) = &base_url
        && let Some(place) = url.place()
    {
        plaintext_endpoint(&url.value, place, CODE, system);
    }
    let prompt_node = facts::system_prompt(source, scope, found.call);
    let callee = source.callee(found.call).unwrap_or_default();
    let streams = options
        .get(&["stream", "streaming"])
        .and_then(|node| match scope.value(node)? {
            Value::Bool(on) => Some(Setting::written(on, source.place(node))),
            _ => None,
        })
        .or_else(|| {
            let by_name = callee.contains("stream");
            by_name.then(|| Setting::written(true, source.place(found.call).first_line()))
        });
    CallSite {
        place: source.place(found.call).first_line(),
        sdk,
        client: found.client.map(|client| source.place(client).first_line()),
        account: account(source, scope, options, &provider, system),
        model,
        provider: Setting::derived(provider, format!("the library {}", sdk.name())),
        base_url,
        timeout: timeout(source, scope, sdk, options),
        retries: whole(&["max_retries", "maxRetries", "num_retries"])
            .and_then(|count| {
                Some(Setting::written(
                    u32::try_from(count.value).ok()?,
                    count.place()?.clone(),
                ))
            })
            .unwrap_or_else(|| Setting {
                value: sdks::default_retries(sdk),
                origin: Origin::Default(sdks::product(sdk)),
            }),
        max_output_tokens: whole(CAPS),
        streams,
        model_loop: facts::model_loop(source, scope, found.call),
        app_retries: facts::app_retries(source, found.call),
        obeys_retry_after: facts::obeyed_retry_after(source, scope, found.call),
        prompt: prompt_node.and_then(|node| facts::prompt(source, node)),
        untrusted_in_system: prompt_node.and_then(|node| facts::joined_from_outside(source, found.call, node)),
        parses_json: facts::parsed_as_json(source, scope, found.call),
        has_schema: callee.ends_with(".parse")
            || callee.contains("Object")
            || options.own.iter().any(|(name, _)| SCHEMAS.contains(name)),
        stuffs_context: facts::stuffed(source, scope, found.call),
        handles_failure: facts::handles_failure(found.call),
        fallbacks: facts::fallbacks(source, scope, found.call),
        prompt_cache: source.text(found.call).contains("cache_control")
            || prompt_node.is_some_and(|node| source.text(node).contains("cache_control")),
        multiplier: whole(&["n", "candidate_count", "candidateCount"]),
        reaches: None,
    }
}

/// The provider and the model of a call. `openai("gpt-5.4")` names both, and so does `openai/gpt-5.4`
/// where the library is `litellm`.
fn model<'t>(
    source: Source<'_>,
    scope: &Scope<'_, 't>,
    found: Found<'t>,
    options: &Options<'_, 't>,
) -> (String, Option<Setting<String>>) {
    let given = options
        .get(&["model", "model_name", "modelName", "azure_deployment"])
        .or_else(|| {
            let first = source.positional(found.call).first().copied()?;
            (found.sdk == Sdk::LitellmPython).then_some(first)
        });
    let Some(node) = given else {
        return (found.provider.to_owned(), None);
    };
    let followed = scope.follow(node);
    if found.sdk == Sdk::VercelAi
        && let Some(callee) = source.callee(followed)
    {
        let made = callee.split('.').next().unwrap_or(&callee);
        let module = scope.import(made).map(|(module, _)| module);
        let provider = module.and_then(sdks::provider_of_module).unwrap_or(found.provider);
        let name = source.positional(followed).first().copied();
        let model = name.and_then(|name| Some(Setting::written(source.literal(name)?, source.place(name))));
        return (provider.to_owned(), model);
    }
    let text = match scope.value(node) {
        Some(Value::Text(text)) => text,
        Some(Value::Variable(_, Some(default))) => default,
        _ => return (found.provider.to_owned(), None),
    };
    let place = if source.literal(followed).is_some() {
        source.place(followed)
    } else {
        source.place(node)
    };
    match text.split_once('/') {
        Some((provider, rest)) if matches!(found.sdk, Sdk::LitellmPython | Sdk::VercelAi) => {
            (provider.to_owned(), Some(Setting::written(rest.to_owned(), place)))
        }
        _ => (found.provider.to_owned(), Some(Setting::written(text, place))),
    }
}

fn base_url<'t>(source: Source<'_>, scope: &Scope<'_, 't>, options: &Options<'_, 't>) -> Option<Setting<String>> {
    let node = options.get(&[
        "base_url",
        "baseURL",
        "api_base",
        "azure_endpoint",
        "endpoint",
        "openai_api_base",
    ])?;
    let url = match scope.value(node)? {
        Value::Text(text) | Value::Variable(_, Some(text)) => text,
        Value::Variable(name, None) => format!("${name}"),
        _ => return None,
    };
    Some(Setting::written(url, source.place(scope.follow(node))))
}

/// The provider behind an endpoint: the one that owns the host, else the host itself.
fn endpoint_provider(url: Option<&Setting<String>>) -> Option<String> {
    let host = providers::host_of(&url?.value)?;
    let bare = host.split(':').next().unwrap_or(&host).to_owned();
    Some(providers::of_host(&bare).map_or(host, ToOwned::to_owned))
}

fn account<'t>(
    source: Source<'_>,
    scope: &Scope<'_, 't>,
    options: &Options<'_, 't>,
    provider: &str,
    system: &mut System,
) -> Option<Account> {
    let given = options.get(&[
        "api_key",
        "apiKey",
        "openai_api_key",
        "anthropic_api_key",
        "google_api_key",
    ]);
    let Some(node) = given else {
        return providers::default_key(provider).map(|name| Account {
            id: name.to_owned(),
            place: None,
            literal: false,
            variable: Some(name.to_owned()),
        });
    };
    let place = source.place(scope.follow(node));
    match scope.value(node)? {
        Value::Variable(name, _) => Some(Account {
            id: name.clone(),
            place: Some(place),
            literal: false,
            variable: Some(name),
        }),
        Value::Text(key) => {
            literal_secret("the key", &key, &place, CODE, "read it from the environment", system);
            Some(Account {
                id: secrets::account_of(&key),
                place: Some(place),
                literal: true,
                variable: None,
            })
        }
        _ => None,
    }
}

/// The time limit of one try: a number, `httpx.Timeout(60.0, …)`, `AbortSignal.timeout(…)`, or nothing.
fn timeout<'t>(
    source: Source<'_>,
    scope: &Scope<'_, 't>,
    sdk: Sdk,
    options: &Options<'_, 't>,
) -> Setting<Option<Duration>> {
    let default = Setting {
        value: sdks::default_timeout(sdk),
        origin: Origin::Default(sdks::product(sdk)),
    };
    let names = [
        "timeout",
        "request_timeout",
        "requestTimeout",
        "abortSignal",
        "default_request_timeout",
    ];
    let Some(node) = options.get(&names) else {
        return default;
    };
    let followed = scope.follow(node);
    let place = source.place(node);
    let seconds = |number: f64| {
        let scale = if sdks::in_milliseconds(sdk) { 1_000.0 } else { 1.0 };
        units::seconds_to_duration(number / scale)
    };
    let value = match scope.value(node) {
        Some(Value::Number(number)) => seconds(number),
        Some(Value::Nothing) => None,
        _ => {
            let inner = source.positional(followed).first().copied().or_else(|| {
                let named = source.named(followed);
                named
                    .into_iter()
                    .find(|(name, _)| *name == "timeout")
                    .map(|(_, node)| node)
            });
            match inner.and_then(|inner| scope.value(inner)) {
                Some(Value::Number(number)) => seconds(number),
                // Something is set, and what cannot be told: the default's length, with its place.
                _ => sdks::default_timeout(sdk).or(Some(Duration::from_secs(60))),
            }
        }
    };
    Setting::written(value, place)
}

fn deployment(call: &CallSite, prices: &Prices) -> Deployment {
    let provider = call.provider.value.clone();
    let model = call
        .model
        .clone()
        .unwrap_or_else(|| Setting::derived("a model chosen at run time".to_owned(), "not a literal"));
    let host = call.base_url.as_ref().and_then(|url| {
        let host = providers::host_of(&url.value)?;
        Some(Setting {
            value: host,
            origin: url.origin.clone(),
        })
    });
    let bare_host = host
        .as_ref()
        .map(|host| host.value.split(':').next().unwrap_or_default().to_owned());
    let self_hosted =
        bare_host.is_some_and(|host| providers::is_local_host(&host)) || providers::is_self_hosted(&provider);
    Deployment {
        name: format!("{provider}/{}", model.value),
        dialect: CODE,
        place: call.place.clone(),
        facts: call
            .model
            .as_ref()
            .and_then(|model| prices.find(&provider, &model.value, None)),
        provider: call.provider.clone(),
        model,
        base_model: None,
        region: None,
        account: call.account.clone(),
        host: host.filter(|_| self_hosted),
        endpoint: call.base_url.clone(),
        self_hosted,
        limits: Vec::new(),
        max_output_tokens: call.max_output_tokens.clone(),
        weight: None,
        mock: None,
    }
}

/// `answer() in app.py`: the function that calls, and the file.
fn route_name(source: Source<'_>, call: Node<'_>) -> String {
    let file = source
        .file
        .path()
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let mut at = around(call).last().copied();
    while let Some(node) = at.filter(|node| is_function(*node)) {
        let name = node.child_by_field_name("name").or_else(|| {
            let declared = node.parent().filter(|parent| parent.kind() == "variable_declarator")?;
            declared.child_by_field_name("name")
        });
        if let Some(name) = name {
            return format!("{}() in {file}", source.text(name));
        }
        at = around(node).last().copied();
    }
    file
}
