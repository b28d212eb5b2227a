//! Scenarios that others wrote, and what a client that nobody knows may send to the emulator.

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use aisys::chaos::behaviour::Behaviour;
use aisys::chaos::emulate::{Answers, Call, Reply, Source, Stream};
use aisys::chaos::hypothesis::{Hypothesis, Seen};
use aisys::chaos::live::{BodyReader, Dialect, Distortion, Endpoint, Ids, Operation, request, request_outline};
use aisys::chaos::observation::{Observation, Seen as Outcome};
use aisys::chaos::{CallFacts, Scenario};
use aisys::pipeline::policy::Tick;
use aisys::source::SourceFile;
use aisys::wire::Assembly;

/// So many of a scenario's requests are looked at.
const REQUESTS: usize = 200;
/// The most bytes of a body, as the emulator has it.
const MAX_BODY: u64 = 1 << 20;

/// Reads bytes as a scenario, asks it what calls meet, and holds its hypotheses against what came of them.
///
/// # Panics
/// When an error points outside its file, requests are out of order, or the same call meets two things.
pub fn read_scenario(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = Hypothesis::parse(text);
    let file = SourceFile::new("scenario.yaml", text);
    let scenario = match Scenario::parse(&file) {
        Ok(scenario) => scenario,
        Err(error) => {
            assert!(!error.to_string().trim().is_empty());
            if let Some(place) = &error.place {
                assert!(place.file.text().get(place.span.start..place.span.end).is_some(), "{error}");
            }
            return;
        }
    };
    let broken = observed(&scenario);
    let healthy = observed(&scenario.baseline());
    let named = |number: usize, name: &str| number == 0 && name == "openai";
    let seen = |requests| Seen {
        requests,
        lasts: scenario.traffic.lasts,
        fault: scenario.fault_span(),
        answers_by: &named,
    };
    for hypothesis in &scenario.hypotheses {
        for baseline in [None, Some(&seen(healthy.as_slice()))] {
            let verdict = hypothesis.check(&seen(&broken), baseline);
            assert!(!verdict.holds || verdict.unlucky.is_none(), "{}", hypothesis.text);
            assert!(verdict.value.is_none_or(|value| !value.is_nan()), "{}", hypothesis.text);
        }
    }
    let (mut at, mut changes) = (Duration::ZERO, 0);
    while let Some(next) = scenario.changes_after(at).filter(|_| changes < REQUESTS) {
        assert!(next > at, "a change at {next:?} is after {at:?}");
        (at, changes) = (next, changes + 1);
    }
}

/// What came of a scenario's first requests.
fn observed(scenario: &Scenario) -> Vec<Observation> {
    let (mut all, mut before) = (Vec::new(), Duration::ZERO);
    for request in scenario.requests().take(REQUESTS) {
        assert!(request.at >= before && request.at < scenario.traffic.lasts);
        before = request.at;
        let facts = CallFacts {
            number: request.id,
            provider: "openai",
            model: "gpt-5",
            region: "eastus",
            prompt: "hello",
            streamed: request.streamed,
            ..CallFacts::default()
        };
        let behaviour = scenario.behaviour(&facts, request.at);
        assert_eq!(behaviour, scenario.behaviour(&facts, request.at));
        let struck = scenario.striking(&facts, request.at).count();
        assert!(struck == 0 || !scenario.is_quiet(request.at));
        let _ = scenario.limits("openai", &behaviour);
        let sent = Tick::ZERO.after(request.at);
        all.push(Observation {
            id: request.id,
            at: sent,
            first_token: (struck == 0).then_some(sent.after(Duration::from_millis(300))),
            end: sent.after(Duration::from_secs(1)),
            seen: if struck == 0 { Outcome::Answered } else { Outcome::GaveUp },
            by: (struck == 0).then_some(0),
            calls: 1,
            cost_usd: 0.001,
            attempts: Vec::new(),
        });
    }
    all
}

/// Where a body is sent that comes without a head.
const TARGETS: &[&str] = &[
    "/v1/chat/completions",
    "/v1/responses",
    "/v1/embeddings",
    "/openai/deployments/gpt/chat/completions",
    "/v1/messages",
    "/v1/messages/count_tokens",
    "/v1beta/models/gemini:generateContent",
    "/v1beta/models/gemini:streamGenerateContent",
    "/v1beta/models/gemini:countTokens",
    "/v1beta/models/gemini:batchEmbedContents",
    "/model/m/converse-stream",
    "/api/chat",
    "/api/generate",
    "/api/embed",
];

/// Reads bytes as a request of the emulator, or as the body of one of each kind, and answers.
///
/// # Panics
/// When the two ways to read a head differ, a body is longer than what came, or an answer is not read again.
pub fn read_request(bytes: &[u8]) {
    let (head, outline) = (request(bytes), request_outline(bytes));
    assert_eq!(
        head.as_ref().map(|head| head.as_ref().map(|head| (head.bytes, head.length, head.keeps))).ok(),
        outline.as_ref().map(|head| head.as_ref().map(|head| (head.bytes, head.length, head.keeps))).ok(),
    );
    let Ok(Some(head)) = head else {
        for target in TARGETS {
            let endpoint = Endpoint::of("POST", target).expect("an address that is known");
            answer(&endpoint, &[], bytes);
        }
        return;
    };
    let mut body = Vec::new();
    let rest = &bytes[head.bytes..];
    let mut reader = BodyReader::new(head.length);
    if reader.advance(rest, Some(&mut body)).is_err() {
        return;
    }
    assert!(body.len() <= rest.len());
    if let Some(endpoint) = Endpoint::of(head.method, head.target) {
        answer(&endpoint, &head.headers, &body);
    }
}

fn answer(endpoint: &Endpoint<'_>, headers: &[(&str, &str)], body: &[u8]) {
    let Ok(call) = Call::read(endpoint, headers, body) else { return };
    let may_answer = matches!(call.operation, Operation::Chat | Operation::Generate);
    // A header may ask for a million tokens, which takes long and shows nothing.
    if !may_answer || body.len() as u64 > MAX_BODY || call.asked_tokens.is_some_and(|tokens| tokens > 1_000) {
        return;
    }
    let behaviour = Behaviour::default();
    let mut words = Distortion::new(behaviour.words, String::new);
    let ids = Ids::new(call.dialect, 1, 1);
    let said = Answers::Echo.answer(&call, 1, 64);
    let reply = Reply::new(&call, said, &behaviour, None, &ids, &mut words);
    let written = reply.to_json(&call, &behaviour);
    // Ollama's answer to a bare prompt and the responses API have forms of their own.
    let is_plain = call.operation == Operation::Chat && call.dialect != Dialect::Responses;
    let api = call.dialect.api();
    if is_plain {
        let again = api.reply_from_json(&written);
        assert!(again.as_ref().is_ok_and(|again| again.text == reply.chat.text), "{written}: {again:?}");
    }
    let mut stream = Stream::new(&call, &reply, &behaviour);
    let mut sent = Vec::new();
    while let Some(step) = next(&mut stream) {
        sent.extend_from_slice(&step.bytes);
    }
    if call.is_array {
        assert!(serde_json::from_slice::<Vec<serde_json::Value>>(&sent).is_ok());
    } else if is_plain {
        let (mut reader, mut frames) = (api.framing().reader(), Vec::new());
        reader.push(&sent, &mut frames).expect("a stream of ours is read");
        reader.finish(&mut frames);
        let (mut decoder, mut assembly) = (api.decoder(), Assembly::default());
        for frame in &frames {
            let chunks = decoder.decode(frame).expect("an event of ours is read");
            chunks.into_iter().for_each(|chunk| assembly.push(chunk));
        }
        assert_eq!(assembly.finish().text, reply.chat.text);
    }
}

/// The next part of a stream that never waits.
fn next(stream: &mut Stream<'_>) -> Option<aisys::chaos::emulate::Step> {
    let mut future = pin!(stream.next());
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(step) => step.expect("nobody to lose"),
        Poll::Pending => panic!("an answer that is made here never waits"),
    }
}
