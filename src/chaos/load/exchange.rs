//! One call of the application: what came, when, and how it ended.

use std::time::Duration;

use reqwest::{Client, Response};

use crate::clock::{Moment, unix_seconds};
use crate::pipeline::policy::{Failure, Limit, Refusal};
use crate::provider::Prepared;
use crate::wire::{Api, Assembly, ChatReply, WireError, retry_after};

use super::Endpoint;
use super::own::OwnAnswer;

/// The most bytes of an answer that are read.
const MOST: usize = 64 << 20;

/// What came of one call.
#[derive(Debug, Clone)]
pub(super) struct Exchange {
    /// When the first token came: of a stream only.
    pub first_token: Option<Moment>,
    /// The status, when one came.
    pub status: Option<u16>,
    /// How it ended.
    pub ending: Ending,
}

/// How a call ended, as an SDK tells it.
#[derive(Debug, Clone)]
pub(super) enum Ending {
    /// It is taken for an answer; whether it is one is to be judged.
    Answer {
        reply: ChatReply,
        /// Whether the API's end of an answer came.
        whole: bool,
    },
    /// An error.
    Failed(Failure),
}

/// Makes one call. `limit` is for the whole of it.
pub(super) async fn exchange(
    client: &Client,
    endpoint: &Endpoint,
    prepared: Prepared,
    streamed: bool,
    limit: Option<Duration>,
) -> Exchange {
    let mut seen = Exchange {
        first_token: None,
        status: None,
        ending: Ending::Failed(Failure::TimedOut(Limit::Total)),
    };
    let call = talk(client, endpoint, prepared, streamed, &mut seen);
    let ended = match limit {
        Some(limit) => tokio::time::timeout(limit, call).await.ok(),
        None => Some(call.await),
    };
    if let Some(ending) = ended {
        seen.ending = ending;
    }
    seen
}

async fn talk(client: &Client, endpoint: &Endpoint, prepared: Prepared, streamed: bool, seen: &mut Exchange) -> Ending {
    let request = client
        .request(prepared.method, prepared.url)
        .headers(prepared.headers)
        .body(prepared.body);
    let response = match request.send().await {
        Ok(response) => response,
        Err(error) if error.is_timeout() => return Ending::Failed(Failure::TimedOut(Limit::Connect)),
        Err(_) => return Ending::Failed(Failure::Connect),
    };
    let status = response.status().as_u16();
    seen.status = Some(status);
    if !response.status().is_success() {
        return Ending::Failed(Failure::Status {
            status,
            refusal: Refusal::Plain,
            retry_after: retry_after(response.headers(), unix_seconds()),
        });
    }
    let kind = response.headers().get("content-type").and_then(|it| it.to_str().ok());
    if let Some(template) = endpoint.template() {
        let answer = OwnAnswer::new(template, kind.unwrap_or_default());
        return own(answer, response, seen).await;
    }
    let is_stream = kind.is_none_or(|kind| kind.starts_with("text/event-stream"));
    if streamed && is_stream {
        stream(response, seen).await
    } else {
        whole(response).await
    }
}

async fn own(mut answer: OwnAnswer<'_>, mut response: Response, seen: &mut Exchange) -> Ending {
    let mut size = 0;
    loop {
        let piece = match response.chunk().await {
            Ok(Some(piece)) => piece,
            Ok(None) => return answer.finish(),
            Err(error) if error.is_decode() => return Ending::Failed(Failure::Unreadable),
            Err(_) => return Ending::Failed(Failure::Broken),
        };
        size += piece.len();
        if size > MOST {
            return Ending::Failed(Failure::Unreadable);
        }
        if let Err(failure) = answer.push(&piece) {
            return Ending::Failed(failure);
        }
        if seen.first_token.is_none() && answer.has_begun() {
            seen.first_token = Some(Moment::now());
        }
    }
}

async fn whole(mut response: Response) -> Ending {
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(piece)) if body.len() + piece.len() <= MOST => body.extend_from_slice(&piece),
            Ok(Some(_)) => return Ending::Failed(Failure::Unreadable),
            Ok(None) => break,
            Err(error) if error.is_decode() => return Ending::Failed(Failure::Unreadable),
            Err(_) => return Ending::Failed(Failure::Broken),
        }
    }
    let Ok(value) = serde_json::from_slice(&body) else {
        return Ending::Failed(Failure::Unreadable);
    };
    match Api::Openai.reply_from_json(&value) {
        Ok(reply) => Ending::Answer { reply, whole: true },
        Err(WireError::Api(_)) => Ending::Failed(Failure::ErrorBody),
        // `choices: []` is an answer to SDKs, and none to users.
        Err(WireError::Malformed(_)) if value.get("choices").is_some() => Ending::Answer {
            reply: ChatReply::default(),
            whole: true,
        },
        Err(WireError::Malformed(_)) => Ending::Failed(Failure::Unreadable),
    }
}

async fn stream(mut response: Response, seen: &mut Exchange) -> Ending {
    let mut reader = Api::Openai.framing().reader();
    let mut decoder = Api::Openai.decoder();
    let mut assembly = Assembly::default();
    let mut frames = Vec::new();
    let mut size = 0;
    loop {
        let piece = match response.chunk().await {
            Ok(piece) => piece,
            // What breaks off after the end carried nothing.
            Err(_) if decoder.ended() => None,
            Err(error) if error.is_decode() => return Ending::Failed(Failure::Unreadable),
            Err(_) => return Ending::Failed(Failure::Broken),
        };
        match &piece {
            Some(bytes) => {
                size += bytes.len();
                if size > MOST || reader.push(bytes, &mut frames).is_err() {
                    return Ending::Failed(Failure::Unreadable);
                }
            }
            None => reader.finish(&mut frames),
        }
        for frame in frames.drain(..) {
            match decoder.decode(&frame) {
                Ok(chunks) => chunks.into_iter().for_each(|chunk| assembly.push(chunk)),
                Err(WireError::Api(_)) => return Ending::Failed(Failure::ErrorEvent),
                Err(WireError::Malformed(_)) => return Ending::Failed(Failure::Unreadable),
            }
        }
        if seen.first_token.is_none() && !assembly.is_empty() {
            seen.first_token = Some(Moment::now());
        }
        if piece.is_none() {
            break;
        }
    }
    Ending::Answer {
        whole: decoder.ended(),
        reply: assembly.finish(),
    }
}
