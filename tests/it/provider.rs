//! Providers against a scripted server: every fault that `docs` promise to survive.

use std::sync::Arc;
use std::time::Duration;

use aisys::provider::{
    Budget, BuildOptions, Call, CallError, CallErrorKind, CassetteMode, Embeddings, Provider, ProviderSpec, Reply,
    build,
};
use aisys::store::Cassette;
use aisys::system::prices::Prices;
use aisys::wire::{Api, ChatRequest, Message, Role};
use serde_json::{Value, json};

use crate::mock::{Answer, Mock, Piece, turns};

/// Options whose environment holds these variables and no others.
fn options(environment: &'static [(&'static str, &'static str)]) -> BuildOptions {
    let mut options = BuildOptions::default();
    options.environment = Arc::new(move |name| {
        let found = environment.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    });
    options
}

fn spec(fields: Value) -> ProviderSpec {
    serde_json::from_value(fields).unwrap()
}

fn provider(spec: &ProviderSpec, options: &BuildOptions) -> Arc<dyn Provider> {
    build(spec, &Prices::shipped(), options).unwrap()
}

fn openai(mock: &Mock, stream: bool) -> Arc<dyn Provider> {
    let spec = spec(json!({
        "model": "gpt-4o-mini", "base_url": mock.url("/v1"), "stream": stream,
        "timeout_seconds": 5.0, "deadline_seconds": 20.0,
    }));
    provider(&spec, &options(&[("OPENAI_API_KEY", "sk-test-123456789")]))
}

fn ask(text: &str) -> Call {
    Call {
        request: ChatRequest {
            messages: vec![Message::text(Role::User, text)],
            max_output_tokens: Some(50),
            ..ChatRequest::default()
        },
        question: text.into(),
        ..Call::default()
    }
}

async fn call(provider: &Arc<dyn Provider>, text: &str) -> Result<Reply, CallError> {
    provider.call(&ask(text)).await
}

fn error(status: u16, kind: &str, message: &str) -> Answer {
    Answer::json(
        status,
        &json!({ "error": { "message": message, "type": kind, "code": null } }),
    )
}

#[tokio::test]
async fn every_api_answers_whole_and_in_pieces_with_its_own_address_and_key() {
    for (api, fields, path, streamed_path, header, value) in [
        (
            Api::Openai,
            json!({"api": "openai", "base_url": "/v1"}),
            "/v1/chat/completions",
            "/v1/chat/completions",
            "authorization",
            "Bearer sk-openai-1",
        ),
        (
            Api::Openai,
            json!({"api": "azure", "base_url": ""}),
            "/openai/deployments/m/chat/completions?api-version=2024-10-21",
            "/openai/deployments/m/chat/completions?api-version=2024-10-21",
            "api-key",
            "sk-azure-12",
        ),
        (
            Api::Anthropic,
            json!({"api": "anthropic", "base_url": ""}),
            "/v1/messages",
            "/v1/messages",
            "x-api-key",
            "sk-anthropic-1",
        ),
        (
            Api::Gemini,
            json!({"api": "gemini", "base_url": "/v1beta"}),
            "/v1beta/models/m:generateContent",
            "/v1beta/models/m:streamGenerateContent?alt=sse",
            "x-goog-api-key",
            "sk-gemini-1",
        ),
        (
            Api::Ollama,
            json!({"api": "ollama", "base_url": ""}),
            "/api/chat",
            "/api/chat",
            "content-type",
            "application/json",
        ),
        (
            Api::Bedrock,
            json!({"api": "bedrock", "base_url": ""}),
            "/model/m/converse",
            "/model/m/converse-stream",
            "x-amz-security-token",
            "session-1",
        ),
    ] {
        let mock = Mock::start(move |seen| {
            if seen.path.contains("tream") || seen.json()["stream"] == true {
                Answer::stream(api, "Thirty days from delivery.")
            } else {
                Answer::chat(api, "Thirty days from delivery.")
            }
        })
        .await;
        for stream in [false, true] {
            let mut fields = fields.clone();
            fields["base_url"] = mock.url(fields["base_url"].as_str().unwrap()).into();
            fields["model"] = "m".into();
            fields["stream"] = stream.into();
            let options = options(&[
                ("OPENAI_API_KEY", "sk-openai-1"),
                ("AZURE_OPENAI_API_KEY", "sk-azure-12"),
                ("ANTHROPIC_API_KEY", "sk-anthropic-1"),
                ("GEMINI_API_KEY", "sk-gemini-1"),
                ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
                ("AWS_SECRET_ACCESS_KEY", "aws-secret-1"),
                ("AWS_SESSION_TOKEN", "session-1"),
            ]);
            let reply = call(&provider(&spec(fields.clone()), &options), "How long?")
                .await
                .unwrap();
            assert_eq!(reply.chat.text, "Thirty days from delivery.", "{fields}");
            assert_eq!(reply.chat.usage.map(|it| it.output_tokens), Some(5), "{fields}");
            assert_eq!(reply.first_token_ms.is_some(), stream, "{fields}");
            let seen = mock.seen().pop().unwrap();
            assert_eq!(seen.path, if stream { streamed_path } else { path });
            assert_eq!(seen.header(header), value, "{fields}");
            let request = api.request_from_json(seen.json()).unwrap();
            assert_eq!(request.messages, ask("How long?").request.messages);
        }
    }
}

#[tokio::test]
async fn passing_faults_are_tried_again() {
    for (fault, stream) in [
        (error(500, "server_error", "boom"), false),
        (
            error(503, "server_error", "overloaded").with("retry-after-ms", "5"),
            false,
        ),
        (
            error(529, "overloaded_error", "Overloaded").with("retry-after-ms", "5"),
            false,
        ),
        (error(429, "requests", "slow down").with("retry-after-ms", "5"), false),
        (
            Answer::new(502, "text/html", "<html><h1>Bad Gateway</h1></html>"),
            false,
        ),
        (Answer::new(200, "text/html", "<html>maintenance</html>"), false),
        (Answer::new(200, "text/html", "<html>maintenance</html>"), true),
        (Answer::new(200, "application/json", "{\"choices\":[{\"mess"), false),
        (Answer::json(200, &json!({ "choices": [] })), false),
        (
            Answer::json(200, &json!({ "error": { "message": "down", "code": 502 } })),
            false,
        ),
        (
            Answer::chat(Api::Openai, "half of it").cut(0, Some(Piece::Break)),
            false,
        ),
        (
            Answer::stream(Api::Openai, "only half of the answer comes").cut(3, Some(Piece::Break)),
            true,
        ),
        (
            Answer::stream(Api::Openai, "only half of the answer comes").cut(3, None),
            true,
        ),
        (Answer::stream(Api::Openai, "").cut(0, None), true),
        (Answer::new(200, "text/event-stream", "data: [DONE]\n\n"), true),
        (
            Answer::new(200, "text/event-stream", "data: {\"choices\": [{\"del\n\n"),
            true,
        ),
        (
            Answer::new(
                200,
                "text/event-stream",
                "data: {\"error\":{\"message\":\"boom\",\"type\":\"server_error\"}}\n\n",
            ),
            true,
        ),
    ] {
        let shown = format!("{fault:?}");
        let good = if stream {
            Answer::stream(Api::Openai, "whole")
        } else {
            Answer::chat(Api::Openai, "whole")
        };
        let mock = Mock::in_turn(vec![fault, good]).await;
        let reply = call(&openai(&mock, stream), "q").await;
        let reply = reply.unwrap_or_else(|error| panic!("{error:?} after {shown}"));
        assert_eq!((reply.chat.text.as_str(), reply.attempts), ("whole", 2), "{shown}");
    }
}

#[tokio::test]
async fn what_cannot_pass_is_not_tried_again_and_is_never_an_answer() {
    use CallErrorKind as Kind;
    for (expected, answer) in [
        (
            Kind::ContextLength,
            error(
                400,
                "invalid_request_error",
                "This model's maximum context length is 8192 tokens.",
            ),
        ),
        (
            Kind::ContentFilter,
            Answer::json(
                400,
                &json!({"error": {"code": "content_filter", "message": "filtered", "innererror": {"code": "ResponsibleAIPolicyViolation"}}}),
            ),
        ),
        (
            Kind::ContentFilter,
            Answer::json(
                200,
                &json!({"choices": [{"message": {"content": ""}, "finish_reason": "content_filter"}]}),
            ),
        ),
        (
            Kind::ContextLength,
            Answer::chat(
                Api::Openai,
                "Error code: 400 - {'error': {'code': 'context_length_exceeded'}}",
            ),
        ),
        (
            Kind::Auth,
            error(401, "invalid_request_error", "Incorrect API key provided"),
        ),
        (
            Kind::Auth,
            error(429, "insufficient_quota", "You exceeded your current quota"),
        ),
        (
            Kind::BadRequest,
            error(404, "invalid_request_error", "The model does not exist"),
        ),
        (
            Kind::RateLimited,
            error(429, "requests", "daily limit").with("retry-after", "7200"),
        ),
    ] {
        let shown = format!("{answer:?}");
        let mock = Mock::in_turn(vec![answer]).await;
        let error = call(&openai(&mock, false), "q").await.unwrap_err();
        assert_eq!((error.kind, error.attempts, mock.count()), (expected, 1, 1), "{shown}");
        assert!(!error.message.contains("sk-test"), "{}", error.message);
    }
}

#[tokio::test]
async fn silence_and_stalls_end_at_the_deadline() {
    let stall = Answer::stream(Api::Openai, "the answer stalls here").cut(2, Some(Piece::Hang));
    for (answer, stream) in [(Answer::hang(), false), (stall, true)] {
        let mock = Mock::in_turn(vec![answer]).await;
        let spec = spec(json!({
            "model": "m", "base_url": mock.url("/v1"), "stream": stream, "timeout_seconds": 0.2, "max_attempts": 2,
        }));
        let error = call(&provider(&spec, &options(&[])), "q").await.unwrap_err();
        assert_eq!((error.kind, error.attempts), (CallErrorKind::Timeout, 2));
    }
}

#[tokio::test]
async fn a_stream_tells_when_its_first_token_came() {
    let mut answer = Answer::stream(Api::Openai, "first and then the rest");
    answer.pieces.insert(2, Piece::Turns(100));
    let mock = Mock::in_turn(vec![answer]).await;
    let reply = call(&openai(&mock, true), "q").await.unwrap();
    assert!(reply.first_token_ms.unwrap() < reply.latency_ms, "{reply:?}");
}

#[tokio::test]
async fn nobody_listens() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = closed.local_addr().unwrap();
    drop(closed);
    let spec = spec(json!({ "model": "m", "base_url": format!("http://{address}/v1"), "max_attempts": 1 }));
    let error = call(&provider(&spec, &options(&[])), "q").await.unwrap_err();
    assert_eq!(error.kind, CallErrorKind::Connect);
}

/// promptfoo #7262: a burst of refusals ended runs. Here everything is answered in the end.
#[tokio::test]
async fn a_storm_of_429_ends_with_everything_answered() {
    /// How many turns of others a call stays inside.
    const HELD: usize = 100;
    // A server that takes four calls at once and refuses the rest.
    let inside = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let refused = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let (at_once, refusals) = (Arc::clone(&inside), Arc::clone(&refused));
    let mock = Mock::start(move |_| {
        use std::sync::atomic::Ordering::SeqCst;
        if at_once.fetch_add(1, SeqCst) >= 4 {
            at_once.fetch_sub(1, SeqCst);
            refusals.fetch_add(1, SeqCst);
            return error(429, "requests", "slow down").with("retry-after-ms", "20");
        }
        let at_once = Arc::clone(&at_once);
        tokio::spawn(async move {
            turns(HELD).await;
            at_once.fetch_sub(1, SeqCst);
        });
        Answer::chat(Api::Openai, "fine").after_turns(HELD)
    })
    .await;
    let provider = openai(&mock, false);
    let calls: Vec<Call> = (0..200).map(|at| ask(&format!("q{at}"))).collect();
    let all = futures_util::future::join_all(calls.iter().map(|call| provider.call(call))).await;
    let failed: Vec<_> = all.iter().filter_map(|it| it.as_ref().err()).collect();
    assert!(failed.is_empty(), "{} failed: {:?}", failed.len(), failed[0]);
    assert!(refused.load(std::sync::atomic::Ordering::SeqCst) > 0, "no storm");
}

#[tokio::test]
async fn connections_are_used_again() {
    let mock = Mock::start(|seen| Answer::chat(Api::Openai, &seen.last_text())).await;
    let provider = openai(&mock, false);
    for at in 0..20 {
        let question = format!("q{at}");
        assert_eq!(call(&provider, &question).await.unwrap().chat.text, question);
    }
    assert_eq!((mock.count(), mock.connections()), (20, 1));
}

#[tokio::test]
async fn recordings_replay_to_the_byte_without_server_or_key_and_hold_no_secret() {
    const KEY: &str = "sk-secret-9aK3jd82Jd8sKq0PzL";
    const HEADER: &str = "tok-f81bX9d0qPmT7yR2zz";
    // A server that says back what it should keep to itself.
    let mock = Mock::start(|seen| {
        Answer::chat(
            Api::Openai,
            &format!("{} {}", seen.header("authorization"), seen.header("x-team-token")),
        )
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cassette.jsonl");
    let spec = spec(json!({
        "model": "gpt-4o-mini", "base_url": mock.url("/v1"), "key": "${TEAM_KEY}",
        "headers": { "x-team-token": "${TEAM_TOKEN}", "x-plain-key": HEADER },
    }));
    let mut recording = options(&[("TEAM_KEY", KEY), ("TEAM_TOKEN", HEADER)]);
    recording.cassette = Some((Arc::new(Cassette::open(&path).unwrap()), CassetteMode::Auto));
    let first = call(&provider(&spec, &recording), "q").await.unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(!text.contains(KEY) && !text.contains(HEADER), "{text}");
    assert!(text.contains("${TEAM_TOKEN}"), "{text}");
    let mut replay = options(&[]);
    replay.cassette = Some((Arc::new(Cassette::open(&path).unwrap()), CassetteMode::Replay));
    let replayed = provider(&spec, &replay);
    let second = call(&replayed, "q").await.unwrap();
    assert_eq!(
        serde_json::to_string(&first).unwrap(),
        serde_json::to_string(&second).unwrap()
    );
    assert_eq!(
        call(&replayed, "other").await.unwrap_err().kind,
        CallErrorKind::NoRecording
    );
    assert_eq!(mock.count(), 1);
    // Without a recording and without a key, the call says which variable is missing.
    let error = call(&provider(&spec, &options(&[])), "q").await.unwrap_err();
    assert_eq!(error.kind, CallErrorKind::Auth);
    assert!(
        error.message.contains("TEAM_KEY") && error.message.contains("TEAM_TOKEN"),
        "{}",
        error.message
    );
}

#[tokio::test]
async fn a_key_goes_to_no_address_that_only_the_suite_names() {
    let spec = spec(json!({ "model": "m", "base_url": "https://elsewhere.example/v1", "max_attempts": 1 }));
    let options = options(&[("OPENAI_API_KEY", "sk-secret-9aK3jd82")]);
    provider(&spec, &options);
    assert_eq!(
        options.secrets.redact("sk-secret-9aK3jd82".into()),
        "sk-secret-9aK3jd82",
        "the key was read"
    );
}

#[tokio::test]
async fn the_budget_stops_before_the_call_that_would_pass_it() {
    let mock = Mock::start(|_| Answer::chat(Api::Openai, "fine")).await;
    let spec = spec(json!({ "model": "gpt-4o-2024-11-20", "base_url": mock.url("/v1") }));
    let mut options = options(&[]);
    // One call holds back 136 tokens in and 50 out, 0.00084 dollars, and costs 10 in and 5 out, 0.000075.
    options.budget = Some(Budget::new(0.001));
    let provider = provider(&spec, &options);
    let mut answered = 0;
    let refused = loop {
        match call(&provider, "q").await {
            Ok(reply) => {
                assert_eq!(reply.cost_usd, Some(0.000_075));
                answered += 1;
            }
            Err(error) => break error,
        }
    };
    assert_eq!(refused.kind, CallErrorKind::Budget);
    assert_eq!((answered, mock.count()), (3, 3));
    assert!(options.budget.unwrap().spent() <= 0.001);
}

#[tokio::test]
async fn the_users_own_application_answers_with_what_it_retrieved() {
    let mock = Mock::start(|seen| {
        let body = seen.json();
        Answer::json(
            200,
            &json!({
                "result": { "text": format!("you asked {}", body["question"].as_str().unwrap_or_default()) },
                "sources": [{ "content": "one" }, { "content": "two" }],
                "usage": { "in": 7, "out": 3 },
                "lang": body["lang"],
            }),
        )
    })
    .await;
    let spec = spec(json!({
        "api": "http",
        "http": {
            "url": mock.url("/ask?v={{ lang | urlencode }}"),
            "headers": { "authorization": "Bearer ${APP_KEY}" },
            "body": { "question": "{{ question }}", "lang": "{{ lang }}", "history": "{{ messages }}" },
            "response": "json.result.text",
            "contexts": "json.sources",
            "input_tokens": "json.usage.in",
            "output_tokens": "json.usage.out",
        },
    }));
    let provider = provider(&spec, &options(&[("APP_KEY", "app-key-123456")]));
    let mut call = ask("say \"hi\"");
    call.variables.insert("lang".into(), "a b".into());
    let reply = provider.call(&call).await.unwrap();
    assert_eq!(reply.chat.text, "you asked say \"hi\"");
    assert_eq!(reply.contexts(), Some(vec!["one".to_owned(), "two".to_owned()]));
    assert_eq!(reply.chat.usage.unwrap().input_tokens, 7);
    let seen = mock.seen().pop().unwrap();
    assert_eq!((seen.method.as_str(), seen.path.as_str()), ("POST", "/ask?v=a%20b"));
    assert_eq!(seen.header("authorization"), "Bearer app-key-123456");
    assert_eq!(seen.json()["history"][0]["role"], "user");
    assert!(
        !provider.identity().to_string().contains("app-key"),
        "{}",
        provider.identity()
    );
    // An answer without the promised field is no answer.
    let mock = Mock::in_turn(vec![Answer::json(200, &json!({ "other": 1 }))]).await;
    let mut fields = serde_json::to_value(&spec).unwrap();
    fields["http"]["url"] = mock.url("/").into();
    fields["http"]["headers"] = json!({});
    fields["max_attempts"] = 1.into();
    let lost = crate::provider::provider(&serde_json::from_value(fields).unwrap(), &options(&[]));
    let error = lost.call(&call).await.unwrap_err();
    assert_eq!(error.kind, CallErrorKind::Garbage);
    assert!(error.message.contains("other"), "{}", error.message);
}

#[tokio::test]
async fn embeddings_come_in_order_and_in_batches() {
    let mock = Mock::start(|seen| {
        let texts = seen.json()["input"].as_array().unwrap().clone();
        let rows: Vec<Value> = (texts.iter().enumerate().rev())
            .map(|(index, text)| {
                let number: f32 = text.as_str().unwrap().parse().unwrap();
                json!({ "index": index, "embedding": [number, 1.0] })
            })
            .collect();
        Answer::json(
            200,
            &json!({ "data": rows, "model": "m", "usage": { "prompt_tokens": 1000, "total_tokens": 1000 } }),
        )
    })
    .await;
    let spec = spec(json!({ "model": "text-embedding-3-small", "base_url": mock.url("/v1") }));
    let embeddings = Embeddings::build(&spec, None, &Prices::shipped(), &options(&[])).unwrap();
    let texts: Vec<String> = (0..300).map(|at| at.to_string()).collect();
    let all = embeddings.embed(&texts).await.unwrap();
    assert!(
        all.vectors
            .iter()
            .zip(0_u16..)
            .all(|(vector, at)| vector == &[f32::from(at), 1.0])
    );
    assert_eq!(mock.count(), 3);
    // Three batches of a thousand tokens at 0.02 dollars a million.
    assert!((all.cost_usd.unwrap() - 0.000_06).abs() < 1e-12);
}

/// What a thousand calls cost this process: run by hand, in release, beside `/usr/bin/time`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn two_thousand_calls_at_fifty_in_flight() {
    use futures_util::StreamExt as _;
    let mock = Mock::start(|_| Answer::chat(Api::Openai, "fine").after(Duration::from_millis(100))).await;
    let provider = openai(&mock, false);
    let calls = futures_util::stream::iter((0..2_000).map(|at| {
        let provider = Arc::clone(&provider);
        async move { call(&provider, &format!("q{at}")).await.unwrap() }
    }));
    let count = calls.buffer_unordered(50).count().await;
    assert_eq!(count, 2_000);
}
