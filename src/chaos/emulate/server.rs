//! The emulator's port: one task for each connection.

use std::io;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};

use super::answers::USUAL_TOKENS;
use super::{Answers, Call, Pace, Player, Reply, header, other};
use crate::chaos::behaviour::{Answer, Refused};
use crate::chaos::live::{
    Client, Dialect, Director, Distortion, Ending, Endpoint, Ids, Operation, RequestHead, admin, provider_headers,
    request,
};
use crate::clock;
use crate::rng::Chance;

/// What the chance of lengths is for.
const PURPOSE: u64 = 0x1e6;

/// The requests a minute that a provider without limits tells when it says that they are used up.
const USUAL_REQUESTS: f64 = 500.0;

/// All providers.
#[derive(Debug)]
pub struct Emulator {
    /// Decides what calls meet.
    pub director: Arc<Director>,
    /// What models say.
    pub answers: Answers,
    /// Whether the scenario says how long answers are.
    pub has_traffic: bool,
}

/// Serves connections for ever.
///
/// # Errors
/// Fails when the listener does.
pub async fn run(listener: TcpListener, emulator: Arc<Emulator>) -> io::Result<()> {
    loop {
        let Ok((socket, _)) = listener.accept().await else {
            // Out of descriptors, or gone before it was accepted: the next one may do.
            tokio::task::yield_now().await;
            continue;
        };
        let emulator = Arc::clone(&emulator);
        // A client that goes is no failure of ours.
        tokio::spawn(async move { emulator.serve(socket).await });
    }
}

impl Emulator {
    async fn serve(&self, socket: TcpStream) -> io::Result<()> {
        let mut client = Client::new(socket)?;
        while client.next_head().await?.is_some() {
            let ending = self.answer(&mut client).await?;
            match client.end(ending).await? {
                Some(kept) => client = kept,
                None => return Ok(()),
            }
        }
        Ok(())
    }

    /// Reads one request, whose head is there, and answers it.
    async fn answer(&self, client: &mut Client) -> io::Result<Ending> {
        let unread = std::mem::take(&mut client.unread);
        let Ok(Some(head)) = request(&unread) else {
            return Ok(Ending::Close);
        };
        client.unread = unread[head.bytes..].to_vec();
        if head.expects_continue {
            client.put(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
            client.flush().await?;
        }
        let Some(body) = client.body(head.length).await? else {
            return plain_json(client, 413, &json!({ "error": "the body is too long" }), false).await;
        };
        if head.target.starts_with(admin::PREFIX) {
            let (status, value) = admin::answer(&self.director, head.method, head.target, &body);
            return plain_json(client, status, &value, head.keeps).await;
        }
        let Some(endpoint) = Endpoint::of(head.method, head.target) else {
            let message = format!("Invalid URL ({} {})", head.method, head.target);
            let error = json!({ "error": { "message": message, "type": "invalid_request_error", "param": null, "code": null } });
            return plain_json(client, 404, &error, head.keeps).await;
        };
        match Call::read(&endpoint, &head.headers, &body) {
            Ok(call) => self.play(client, &head, &endpoint, &call).await,
            Err(error) => {
                let error = crate::wire::ApiError {
                    status: 400,
                    kind: "invalid_request_error".to_owned(),
                    code: None,
                    message: error.to_string(),
                    retry_after: None,
                };
                let (_, value) = endpoint.dialect.api().error_to_http(&error);
                plain_json(client, 400, &value, head.keeps).await
            }
        }
    }

    async fn play(
        &self,
        client: &mut Client,
        head: &RequestHead<'_>,
        endpoint: &Endpoint<'_>,
        call: &Call,
    ) -> io::Result<Ending> {
        let director = &self.director;
        let prompt = call.prompt();
        let host = header(&head.headers, "host").unwrap_or_default();
        let decision = call.decide(director, head, endpoint, endpoint.provider, host, &prompt);
        let behaviour = &decision.behaviour;
        let seed = director.seed();
        let ids = Ids::new(call.dialect, seed, decision.number);
        let scenario = director.scenario();
        let health = scenario
            .providers
            .get(endpoint.provider)
            .or_else(|| scenario.providers.get("default"));
        let mut left = decision.admitted.left;
        if matches!(behaviour.answer, Answer::Error(Refused { status: 429, .. })) {
            left.requests = Some((left.requests.map_or(USUAL_REQUESTS, |(limit, _)| limit), 0.0));
        }
        let mut player = Player {
            client,
            behaviour,
            call,
            ids: &ids,
            headers: provider_headers(call.dialect, &ids, endpoint.region, left, clock::unix_seconds()),
            passed: String::new(),
            pace: Pace::new(health, seed, decision.number),
            keeps: head.keeps,
        };
        if let Some(ending) = player.bad().await? {
            return Ok(ending);
        }
        if !matches!(call.operation, Operation::Chat | Operation::Generate) {
            let is_anthropic = header(&head.headers, "anthropic-version").is_some();
            return player.value(&other::answer(call, is_anthropic)).await;
        }
        let usual = if self.has_traffic {
            let mut chance = Chance::numbered(seed, decision.number, PURPOSE);
            scenario.traffic.output_tokens.sample_count(&mut chance).max(1)
        } else {
            USUAL_TOKENS
        };
        let said = self.answers.answer(call, seed, usual);
        let mut words = Distortion::new(behaviour.words, || director.earlier(&prompt));
        director.remember(&prompt, &said.text);
        let right = said.text.clone();
        let reply = Reply::new(call, said, behaviour, Player::useless(behaviour), &ids, &mut words);
        director.mark(&prompt, reply.not_right(behaviour, &right));
        player.reply(&reply).await
    }
}

/// An answer that no fault touches.
pub(in crate::chaos) async fn plain_json(
    client: &mut Client,
    status: u16,
    value: &Value,
    keeps: bool,
) -> io::Result<Ending> {
    let body = value.to_string();
    let connection = if keeps { "keep-alive" } else { "close" };
    let head = format!(
        "HTTP/1.1 {status} {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: {connection}\r\n\r\n",
        http::StatusCode::from_u16(status)
            .ok()
            .and_then(|it| it.canonical_reason())
            .unwrap_or("Unknown"),
        body.len(),
    );
    client.put(head.as_bytes()).await?;
    client.put(body.as_bytes()).await?;
    Ok(if keeps { Ending::Keep } else { Ending::Close })
}

/// The APIs and the variables by which their SDKs find another address.
pub const EXPORTS: &[(Dialect, &str, &str)] = &[
    (Dialect::Openai, "OPENAI_BASE_URL", "/v1"),
    (Dialect::Azure, "AZURE_OPENAI_ENDPOINT", ""),
    (Dialect::Anthropic, "ANTHROPIC_BASE_URL", ""),
    (Dialect::Gemini, "GOOGLE_GEMINI_BASE_URL", ""),
    (Dialect::Bedrock, "AWS_ENDPOINT_URL_BEDROCK_RUNTIME", ""),
    (Dialect::Ollama, "OLLAMA_HOST", ""),
];
