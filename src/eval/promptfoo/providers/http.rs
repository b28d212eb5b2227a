//! `http`: an endpoint of the user's own, as promptfoo's `HttpProvider` asks it.
//!
//! Address, headers, query and body are templates; `transformRequest`, `transformResponse` and `validateStatus` are
//! JavaScript. One difference from promptfoo 0.121.20 is meant: without `validateStatus`, promptfoo grades the body of a
//! 400 or a 500 as if it were an answer; here that is a failed call, and a 500 is asked again. A 429 counts against
//! `maxRetries` in both (`fetchWithRetries`).

use std::sync::OnceLock;
use std::time::Duration;

use futures_util::future::BoxFuture;
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use serde_json::{Map, Value, json};

use crate::clock::Moment;
use crate::eval::checks::{evaluate, render_loosely};
use crate::provider::{Call, CallError, CallErrorKind, Failure, Limiter, Patience, Provider, Reply, retried};
use crate::rng::fnv;
use crate::wire::LimitHints;

use super::super::render::filled_json;
use super::super::script::ScriptFunction;
use super::super::worker::TIME;
use super::answer;
use super::own::prompt_of;

/// The most that is read of an answer, in bytes.
const LONGEST: usize = 32 << 20;
/// The status of too many requests.
const REFUSED: u16 = 429;
/// Codes of a refusal that no waiting mends (promptfoo's `HARD_QUOTA_ERROR_CODES`).
const NO_CREDIT: &[&str] = &[
    "insufficient_quota",
    "billing_hard_limit_reached",
    "billing_not_active",
    "access_terminated",
    "quota_exceeded",
];

/// JavaScript of the configuration.
#[derive(Debug)]
pub(super) enum Code {
    /// An expression, a function, or a body with `return`.
    Inline(String),
    /// A function of a file.
    Function(ScriptFunction),
}

/// How an endpoint is asked. All texts are templates.
#[derive(Debug)]
pub(super) struct Http {
    pub(super) name: String,
    pub(super) url: String,
    pub(super) method: Option<String>,
    /// Names in lower case.
    pub(super) headers: Vec<(String, String)>,
    pub(super) query: Vec<(String, String)>,
    pub(super) body: Option<Value>,
    pub(super) request: Option<Code>,
    pub(super) response: Option<Code>,
    pub(super) status: Option<String>,
    /// How often it is asked again after too many requests or a broken connection.
    pub(super) retries: u32,
    /// The settings as they are written, for the key of a recording.
    pub(super) shown: Value,
    /// How many calls may run at once, as the endpoint's refusals teach.
    pub(super) limiter: Limiter,
    pub(super) client: OnceLock<Result<reqwest::Client, String>>,
}

/// A request, filled.
struct Filled {
    method: Method,
    url: reqwest::Url,
    headers: HeaderMap,
    body: Option<String>,
}

impl Http {
    async fn answer(&self, call: &Call) -> Result<Reply, CallError> {
        let begun = Moment::now();
        let prompt = prompt_of(call);
        let request = self
            .filled(call, &prompt)
            .await
            .map_err(|message| self.wrong(message))?;
        let patience = Patience {
            attempt: TIME,
            attempts: self.retries.saturating_add(1),
            counts_refusals: true,
            ..Patience::default()
        };
        let seed = fnv(prompt.as_bytes());
        let tried = retried(&self.name, &self.limiter, patience, 0, seed, || async {
            let reply = self.once(&request).await.map_err(Failure::from)?;
            Ok((reply, LimitHints::default()))
        });
        let tried = tried.await?;
        let mut reply = answer::timed(Ok(tried.got), begun)?;
        reply.attempts = tried.attempts;
        Ok(reply)
    }

    fn wrong(&self, message: String) -> CallError {
        answer::failure(&self.name, CallErrorKind::BadRequest, message, None)
    }

    async fn filled(&self, call: &Call, prompt: &str) -> Result<Filled, String> {
        let mut variables = call.variables.clone();
        variables.insert("prompt".to_owned(), prompt.into());
        let fill = |text: &str| render_loosely(text, &variables).map_err(|error| error.to_string());
        let default = match &self.body {
            Some(Value::String(_)) => Some("application/x-www-form-urlencoded"),
            Some(_) => Some("application/json"),
            None => None,
        };
        let method = match &self.method {
            Some(method) => fill(method)?.to_uppercase(),
            None => "GET".to_owned(),
        };
        let mut headers = HeaderMap::new();
        if let (Some(default), true) = (default, method != "GET") {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(default));
        }
        for (name, value) in &self.headers {
            let name: HeaderName = name.parse().map_err(|_| format!("`{name}` is no header's name"))?;
            let mut value =
                HeaderValue::from_str(&fill(value)?).map_err(|_| format!("the value of `{name}` is no header's"))?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        let is_json = headers
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
        let asked = match &self.request {
            Some(code) => transformed_request(code, prompt, call).await?,
            None => Value::String(prompt.to_owned()),
        };
        let body = match &self.body {
            Some(body) if method != "GET" => Some(filled_body(body, is_json, &asked, &variables)?),
            _ => None,
        };
        let address = fill(&self.url)?;
        let mut url = reqwest::Url::parse(&address).map_err(|error| format!("`{address}` is no address: {error}"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(format!("`{address}` is no address of HTTP"));
        }
        for (name, value) in &self.query {
            url.query_pairs_mut().append_pair(&fill(name)?, &fill(value)?);
        }
        let method = Method::from_bytes(method.as_bytes()).map_err(|_| format!("`{method}` is no method of HTTP"))?;
        Ok(Filled {
            method,
            url,
            headers,
            body,
        })
    }

    async fn once(&self, request: &Filled) -> Result<Reply, CallError> {
        let failed = |kind, message: String, status| answer::failure(&self.name, kind, message, status);
        let client = self.client.get_or_init(client).as_ref();
        let client = client.map_err(|message| failed(CallErrorKind::Connect, message.clone(), None))?;
        let mut building = client
            .request(request.method.clone(), request.url.clone())
            .headers(request.headers.clone());
        if let Some(body) = &request.body {
            building = building.body(body.clone());
        }
        let sent = building.send().await.map_err(|error| self.broken(&error))?;
        let (status, headers) = (sent.status().as_u16(), sent.headers().clone());
        let bytes = limited(sent).await.map_err(|error| match error {
            Some(error) => self.broken(&error),
            None => failed(
                CallErrorKind::Garbage,
                format!("the answer is longer than {} MB", LONGEST >> 20),
                Some(status),
            ),
        })?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        // A refusal is asked again before `validateStatus` sees it, as in promptfoo.
        if status == REFUSED || !self.accepts(status).await? {
            let start: String = text.chars().take(300).collect();
            let kind = if status == REFUSED && wants_credit(&text) {
                CallErrorKind::Auth
            } else {
                kind_of(status)
            };
            let mut error = failed(kind, format!("HTTP {status}: {start}"), Some(status));
            let wait = headers
                .get(RETRY_AFTER)
                .and_then(|value| value.to_str().ok()?.parse().ok());
            error.retry_after = wait.map(Duration::from_secs);
            return Err(error);
        }
        let value: Option<Value> = serde_json::from_str(&text).ok();
        let Some(code) = &self.response else {
            let is_nothing =
                |value: &Value| matches!(value, Value::Null | Value::Bool(false)) || value == &json!(0) || value == "";
            return Ok(answer::value_reply(
                value.filter(|value| !is_nothing(value)).unwrap_or(Value::String(text)),
            ));
        };
        let told: Map<String, Value> = headers
            .iter()
            .filter_map(|(name, value)| Some((name.to_string(), Value::from(value.to_str().ok()?))))
            .collect();
        let context = json!({"response": {"data": text, "status": status, "headers": told}});
        let made = transformed_response(code, value.unwrap_or_default(), &text, context).await;
        let made = made.map_err(|message| answer::error(&self.name, format!("`transformResponse`: {message}")))?;
        match made {
            Value::Null => Err(answer::error(
                &self.name,
                format!(
                    "`transformResponse` gave nothing for: {}",
                    text.chars().take(300).collect::<String>()
                ),
            )),
            Value::Object(map) if map.contains_key("output") || map.contains_key("error") => {
                answer::reply(&self.name, Value::Object(map))
            }
            value => Ok(answer::value_reply(value)),
        }
    }

    fn broken(&self, error: &reqwest::Error) -> CallError {
        let kind = if error.is_timeout() {
            CallErrorKind::Timeout
        } else if error.is_connect() {
            CallErrorKind::Connect
        } else {
            CallErrorKind::BrokenStream
        };
        // The address may hold a key.
        let mut message = String::new();
        let mut source: Option<&dyn std::error::Error> = std::error::Error::source(error);
        while let Some(cause) = source {
            message = cause.to_string();
            source = cause.source();
        }
        let host = error.url().and_then(|url| url.host_str()).unwrap_or_default();
        answer::failure(&self.name, kind, format!("{host}: {message}"), None)
    }

    /// Whether a status is an answer: as `validateStatus` says, else 200 to 299.
    async fn accepts(&self, status: u16) -> Result<bool, CallError> {
        let Some(code) = &self.status else {
            return Ok((200..300).contains(&status));
        };
        let code = code.trim();
        let body = if code.contains("=>") || code.starts_with("function") {
            format!("return ({code})(status)")
        } else {
            format!("return ({code})")
        };
        let said = evaluate(&body, "status", status.into(), Value::Null).await;
        match said {
            Ok(Ok(said)) => Ok(!matches!(said, Value::Null | Value::Bool(false)) && said != json!(0)),
            Ok(Err(message)) | Err(message) => Err(answer::error(&self.name, format!("`validateStatus`: {message}"))),
        }
    }
}

impl Provider for Http {
    fn name(&self) -> &str {
        &self.name
    }

    fn identity(&self) -> Value {
        json!({"promptfoo": "http", "settings": self.shown})
    }

    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply, CallError>> {
        Box::pin(self.answer(call))
    }
}

/// A client. TLS is by ring; certificates are the system's.
fn client() -> Result<reqwest::Client, String> {
    // A second installation fails, and changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(10))
        .timeout(TIME);
    builder
        .build()
        .map_err(|error| format!("cannot make an HTTP client: {error}"))
}

/// The whole body; `None` when it is too long.
async fn limited(mut response: reqwest::Response) -> Result<Vec<u8>, Option<reqwest::Error>> {
    let mut bytes = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(Some)? {
        if bytes.len() + piece.len() > LONGEST {
            return Err(None);
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

const fn kind_of(status: u16) -> CallErrorKind {
    match status {
        401 | 403 => CallErrorKind::Auth,
        408 => CallErrorKind::Timeout,
        REFUSED => CallErrorKind::RateLimited,
        503 | 529 => CallErrorKind::Overloaded,
        500.. => CallErrorKind::Server,
        _ => CallErrorKind::BadRequest,
    }
}

/// Whether a refusal is for want of credit, so that waiting does not help: promptfoo asks no further either.
fn wants_credit(body: &str) -> bool {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let places = ["/error/code", "/error/type", "/code", "/type"];
    let code = places
        .iter()
        .find_map(|place| body.pointer(place)?.as_str().filter(|code| !code.is_empty()));
    code.is_some_and(|code| NO_CREDIT.contains(&code))
}

/// The body as it is sent: in JSON each text by itself; a text that became JSON is that value.
fn filled_body(body: &Value, is_json: bool, asked: &Value, variables: &Map<String, Value>) -> Result<String, String> {
    let mut variables = variables.clone();
    variables.insert("prompt".to_owned(), asked.clone());
    if !is_json {
        let Value::String(text) = body else {
            return Err("a body that is no text needs the content type application/json".to_owned());
        };
        let filled = render_loosely(text, &variables).map_err(|error| error.to_string())?;
        return Ok(filled.trim().to_owned());
    }
    // A body of JSON text is a template of its values, where it is JSON before it is filled.
    let parsed = body.as_str().and_then(|text| serde_json::from_str(text).ok());
    let body = parsed.as_ref().unwrap_or(body);
    if let Value::Object(more) = asked {
        let mut all = body.as_object().cloned().unwrap_or_default();
        all.extend(more.clone());
        return Ok(Value::Object(all).to_string());
    }
    let Value::String(text) = body else {
        return Ok(unpacked(filled_json(body, &variables)?).to_string());
    };
    let filled = render_loosely(text, &variables).map_err(|error| error.to_string())?;
    if serde_json::from_str::<Value>(&filled).is_ok() {
        return Ok(filled);
    }
    // A variable broke it: once more with each as the inside of a JSON text.
    for value in variables.values_mut() {
        if let Value::String(text) = value {
            let quoted = Value::from(text.as_str()).to_string();
            quoted[1..quoted.len() - 1].clone_into(text);
        }
    }
    let escaped = render_loosely(text, &variables).map_err(|error| error.to_string())?;
    Ok(if serde_json::from_str::<Value>(&escaped).is_ok() {
        escaped
    } else {
        filled
    })
}

/// Texts that are JSON objects or lists become those.
fn unpacked(value: Value) -> Value {
    match value {
        Value::String(text) if text.trim_start().starts_with(['{', '[']) => {
            serde_json::from_str(&text).unwrap_or(Value::String(text))
        }
        Value::Array(items) => Value::Array(items.into_iter().map(unpacked).collect()),
        Value::Object(map) => Value::Object(map.into_iter().map(|(key, value)| (key, unpacked(value))).collect()),
        other => other,
    }
}

/// Whether code is a function by itself: `(json) => …` or `function (json) …`.
fn is_function(code: &str) -> bool {
    let arrow = code.strip_prefix('(').and_then(|rest| rest.split_once(')'));
    let is_arrow = arrow.is_some_and(|(_, rest)| rest.trim_start().starts_with("=>"));
    let named = code
        .strip_prefix("function")
        .is_some_and(|rest| rest.trim_start().starts_with('('));
    is_arrow || named
}

async fn transformed_request(code: &Code, prompt: &str, call: &Call) -> Result<Value, String> {
    let context = json!({"vars": call.variables, "prompt": {"raw": prompt, "label": prompt}});
    let made = match code {
        Code::Function(function) => {
            let arguments = vec![prompt.into(), Value::Object(call.variables.clone()), context];
            function.call("", arguments).await.map_err(|fault| fault.to_string())
        }
        Code::Inline(code) => {
            let code = code.trim();
            let has_return = code
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .any(|word| word == "return");
            let body = if is_function(code) {
                format!("const vars = context.vars; return ({code})(prompt, vars, context)")
            } else if has_return {
                format!("const vars = context.vars; {code}")
            } else {
                format!("const vars = context.vars; return ({code})")
            };
            evaluate(&body, "prompt", prompt.into(), context).await?
        }
    };
    made.map_err(|message| format!("`transformRequest`: {message}"))
}

async fn transformed_response(code: &Code, value: Value, text: &str, context: Value) -> Result<Value, String> {
    match code {
        Code::Function(function) => {
            let made = function.call("", vec![value, text.into(), context]).await;
            made.map_err(|fault| fault.to_string())
        }
        Code::Inline(code) => {
            let code = code.trim();
            let call = if is_function(code) { "(json, text, context)" } else { "" };
            let body = format!("const {{ json, text }} = given; return ({code}){call}");
            evaluate(&body, "given", json!({"json": value, "text": text}), context).await?
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables() -> Map<String, Value> {
        json!({"prompt": "say \"hi\"", "n": 2, "object": "{\"a\": 1}"})
            .as_object()
            .unwrap()
            .clone()
    }

    #[expect(clippy::needless_pass_by_value, reason = "tests give it a literal")]
    fn body(template: Value, is_json: bool) -> String {
        let variables = variables();
        filled_body(&template, is_json, &variables["prompt"], &variables).unwrap()
    }

    /// As `determineRequestBody` of promptfoo 0.121.20.
    #[test]
    fn bodies_are_filled() {
        assert_eq!(
            body(
                json!({"m": "{{prompt}}", "n": "{{n}}", "o": "{{object}}", "k": 1}),
                true
            ),
            r#"{"m":"say \"hi\"","n":"2","o":{"a":1},"k":1}"#
        );
        assert_eq!(body(json!("{\"m\": \"{{prompt}}\"}"), true), r#"{"m":"say \"hi\""}"#);
        assert_eq!(
            body(json!("{\"m\": \"{{prompt}}\", \"n\": {{n}}}"), true),
            r#"{"m": "say \"hi\"", "n": 2}"#
        );
        assert_eq!(body(json!(" q={{n}} "), false), "q=2");
        let variables = variables();
        let asked = json!({"messages": [1]});
        assert_eq!(
            filled_body(&json!({"m": 1}), true, &asked, &variables).unwrap(),
            r#"{"m":1,"messages":[1]}"#
        );
        assert!(filled_body(&json!({"m": 1}), false, &json!("x"), &variables).is_err());
    }

    #[test]
    fn functions_are_told_from_expressions() {
        for code in ["(json) => json.a", "(json, text)=>text", "function (json) { return 1 }"] {
            assert!(is_function(code), "{code}");
        }
        for code in ["json.a", "(json.a)", "json => json.a", "functionality(json)"] {
            assert!(!is_function(code), "{code}");
        }
    }

    #[tokio::test]
    async fn responses_are_transformed() {
        let made = |code: &str| {
            let code = Code::Inline(code.to_owned());
            async move {
                transformed_response(
                    &code,
                    json!({"a": {"b": "x"}}),
                    "raw",
                    json!({"response": {"status": 200}}),
                )
                .await
            }
        };
        assert_eq!(made("json.a.b").await.unwrap(), "x");
        assert_eq!(made("(json, text) => text + json.a.b").await.unwrap(), "rawx");
        assert_eq!(
            made("({output: json.a.b, cost: context.response.status})")
                .await
                .unwrap(),
            json!({"output": "x", "cost": 200})
        );
        assert!(made("json.none.b").await.is_err());
    }
}
