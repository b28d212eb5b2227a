//! The user's own store behind an HTTP endpoint: a question is posted, hits come back as JSON.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use minijinja::{Environment, UndefinedBehavior, context};
use reqwest::Url;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use super::error::RetrieveError;
use super::retriever::Retriever;
use super::{Hit, Passage};

/// More than this is not read of one answer.
const MOST_ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// Where a store is, how it is asked and where its hits stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpSpec {
    /// The endpoint.
    pub url: String,
    /// Headers; values are templates like the body, so that keys come from the environment:
    /// `Bearer {{ env("STORE_KEY") }}`.
    pub headers: Vec<(String, String)>,
    /// The body: a template over `question`, `top_k` and `env(NAME)`.
    pub body: String,
    /// The path to the list of hits: `results`, `data.hits`, `0.items`; empty for the whole answer.
    pub hits: String,
    /// The path to a hit's identifier.
    pub id: String,
    /// The path to its text.
    pub text: String,
    /// The path to its score; a hit without one is scored by its rank.
    pub score: String,
    /// The path to its document; a hit without one is its own document.
    pub document: String,
    /// How long one call may take.
    pub timeout: Duration,
}

impl Default for HttpSpec {
    fn default() -> Self {
        let text = str::to_owned;
        Self {
            url: String::new(),
            headers: Vec::new(),
            body: text(r#"{"question": {{ question | tojson }}, "top_k": {{ top_k }}}"#),
            hits: text("hits"),
            id: text("id"),
            text: text("text"),
            score: text("score"),
            document: text("document"),
            timeout: Duration::from_secs(30),
        }
    }
}

/// A store that is asked over HTTP.
pub struct HttpStore {
    spec: HttpSpec,
    url: Url,
    client: reqwest::Client,
    templates: Environment<'static>,
}

impl HttpStore {
    /// Checks the settings; nothing is sent yet.
    ///
    /// # Errors
    /// Fails when the address or a template is wrong.
    pub fn new(spec: HttpSpec) -> Result<Self, RetrieveError> {
        let wrong = |what: &str, error: &dyn std::fmt::Display| RetrieveError::Settings(format!("{what}: {error}"));
        let url = Url::parse(&spec.url).map_err(|error| wrong(&format!("`{}` is no address", spec.url), &error))?;
        let mut templates = Environment::new();
        // A name that the template misspells is an error and not an empty text.
        templates.set_undefined_behavior(UndefinedBehavior::Strict);
        templates.add_function("env", |name: String| {
            std::env::var(&name).map_err(|_| {
                let message = format!("the environment has no {name}");
                minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, message)
            })
        });
        let checked = spec.headers.iter().map(|(_, value)| value).chain([&spec.body]);
        for template in checked {
            templates
                .template_from_str(template)
                .map_err(|error| wrong("a template is wrong", &error))?;
        }
        // Another part of the program may have chosen a provider; any will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().timeout(spec.timeout).build();
        let client = client.map_err(|error| wrong("no HTTP client", &error))?;
        Ok(Self {
            spec,
            url,
            client,
            templates,
        })
    }

    async fn ask(&self, question: &str, top_k: usize) -> Result<Vec<Hit>, RetrieveError> {
        let render = |template: &str| {
            let rendered = self.templates.render_str(template, context! { question, top_k });
            rendered.map_err(|error| RetrieveError::Settings(format!("the request to {}: {error}", self.shown())))
        };
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in &self.spec.headers {
            let wrong = || RetrieveError::Settings(format!("the header `{name}` of {} is no header", self.shown()));
            let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
            let mut value = HeaderValue::from_str(&render(value)?).map_err(|_| wrong())?;
            value.set_sensitive(true);
            headers.insert(key, value);
        }
        let request = self
            .client
            .post(self.url.clone())
            .headers(headers)
            .body(render(&self.spec.body)?);
        // `without_url` because an address may hold a key.
        let failed = |error: reqwest::Error| self.failed(&error.without_url());
        let answer = request.send().await.map_err(failed)?;
        let status = answer.status();
        let mut bytes = Vec::new();
        let mut parts = answer.bytes_stream();
        while let Some(part) = parts.next().await {
            bytes.extend_from_slice(&part.map_err(failed)?);
            if bytes.len() > MOST_ANSWER_BYTES {
                return Err(self.failed(&format!("more than {} MB of answer", MOST_ANSWER_BYTES >> 20)));
            }
        }
        if !status.is_success() {
            let said: String = String::from_utf8_lossy(&bytes).chars().take(200).collect();
            return Err(self.failed(&format!("{status}: {said}")));
        }
        let answer: Value =
            serde_json::from_slice(&bytes).map_err(|error| self.failed(&format!("no JSON: {error}")))?;
        self.hits(&answer, top_k)
    }

    /// The hits of an answer.
    fn hits(&self, answer: &Value, top_k: usize) -> Result<Vec<Hit>, RetrieveError> {
        let spec = &self.spec;
        let Some(list) = at(answer, &spec.hits).and_then(Value::as_array) else {
            return Err(self.failed(&format!("the answer has no list at `{}`", spec.hits)));
        };
        let hits = list.iter().take(top_k).enumerate().map(|(rank, hit)| {
            let text = |path: &str| at(hit, path).and_then(plain);
            let missing = |path: &str| self.failed(&format!("hit {} has no text at `{path}`", rank + 1));
            let id = text(&spec.id).ok_or_else(|| missing(&spec.id))?;
            let words = text(&spec.text).ok_or_else(|| missing(&spec.text))?;
            #[expect(clippy::cast_precision_loss, reason = "ranks are small")]
            let score = at(hit, &spec.score).and_then(Value::as_f64).unwrap_or(-(rank as f64));
            Ok(Hit {
                passage: Arc::new(Passage {
                    document: text(&spec.document).unwrap_or_else(|| id.clone()),
                    id,
                    headings: Vec::new(),
                    bytes: 0..words.len(),
                    text: words,
                }),
                score,
            })
        });
        hits.collect()
    }

    /// The address without what may be secret in it.
    fn shown(&self) -> String {
        format!("{}{}", self.url.host_str().unwrap_or_default(), self.url.path())
    }

    fn failed(&self, what: &dyn std::fmt::Display) -> RetrieveError {
        RetrieveError::Store(format!("the store at {} failed: {what}", self.shown()))
    }
}

impl Retriever for HttpStore {
    fn retrieve<'a>(&'a self, question: &'a str, top_k: usize) -> BoxFuture<'a, Result<Vec<Hit>, RetrieveError>> {
        Box::pin(self.ask(question, top_k))
    }
}

/// The value at a path of keys and places: `data.0.text`; a leading `$.` is let through.
fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    let path = path.trim_start_matches('$').trim_start_matches('.');
    path.split('.')
        .filter(|key| !key.is_empty())
        .try_fold(value, |value, key| match value {
            Value::Array(list) => list.get(key.parse::<usize>().ok()?),
            value => value.get(key),
        })
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use http_body_util::{BodyExt as _, Full};
    use hyper::body::{Bytes, Incoming};
    use hyper::service::service_fn;
    use hyper::{Request, Response};
    use hyper_util::rt::TokioIo;

    use super::*;

    /// A store on the loopback that answers each request with a status and what it makes of the body.
    async fn store(status: u16, answer: fn(&Value) -> String) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let service = service_fn(move |request: Request<Incoming>| async move {
                    let body = request.into_body().collect().await.unwrap().to_bytes();
                    let asked = serde_json::from_slice(&body).unwrap();
                    let answer = Full::new(Bytes::from(answer(&asked)));
                    Ok::<_, Infallible>(Response::builder().status(status).body(answer).unwrap())
                });
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service),
                );
            }
        });
        format!("http://{address}/search")
    }

    fn spec(url: String) -> HttpSpec {
        HttpSpec {
            url,
            hits: "data.hits".to_owned(),
            ..HttpSpec::default()
        }
    }

    #[tokio::test]
    async fn hits_are_read_where_the_settings_say() {
        let url = store(200, |asked| {
            assert_eq!(asked["question"], "say \"hi\"\n");
            let hit = |id: usize| serde_json::json!({"id": id, "text": "t", "document": "d.md", "score": 0.5});
            serde_json::json!({"data": {"hits": [hit(7), {"id": "b", "text": "u"}, hit(9)]}}).to_string()
        })
        .await;
        let store = HttpStore::new(spec(url)).unwrap();
        let hits = store.retrieve("say \"hi\"\n", 2).await.unwrap();
        let shown: Vec<_> = hits
            .iter()
            .map(|hit| (hit.passage.id.as_str(), hit.passage.document.as_str(), hit.score))
            .collect();
        assert_eq!(shown, [("7", "d.md", 0.5), ("b", "b", -1.0)]);
    }

    #[tokio::test]
    async fn what_goes_wrong_is_said_without_secrets() {
        let down = store(503, |_| "busy".to_owned()).await;
        let error = HttpStore::new(spec(format!("{down}?key=secret"))).unwrap();
        let error = error.retrieve("q", 2).await.unwrap_err().to_string();
        assert!(
            error.contains("503") && error.contains("busy") && !error.contains("secret"),
            "{error}"
        );
        let odd = store(200, |_| r#"{"data": {}}"#.to_owned()).await;
        let error = HttpStore::new(spec(odd))
            .unwrap()
            .retrieve("q", 2)
            .await
            .unwrap_err()
            .to_string();
        assert!(error.ends_with("the answer has no list at `data.hits`"), "{error}");
        let keyed = HttpSpec {
            headers: vec![(
                "authorization".to_owned(),
                "{{ env('AISYS_TEST_NO_SUCH_KEY') }}".to_owned(),
            )],
            ..spec("http://127.0.0.1:9/".to_owned())
        };
        let error = HttpStore::new(keyed)
            .unwrap()
            .retrieve("q", 2)
            .await
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("the environment has no AISYS_TEST_NO_SUCH_KEY"),
            "{error}"
        );
        assert!(HttpStore::new(spec("no address".to_owned())).is_err());
    }
}
