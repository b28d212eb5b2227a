//! The way of a request at a time when faults are in force: it is read whole, and its call decided about.

use std::fmt::Write as _;
use std::io;

use serde_json::Value;

use super::relay::{Kept, bad_gateway, forwarded, pass, send};
use super::upstream::Connection;
use super::{Proxy, events::Events};
use crate::chaos::Behaviour;
use crate::chaos::behaviour::{Answer, Words};
use crate::chaos::emulate::{Answers, Call, Pace, Player, Reply, USUAL_TOKENS, already_passed, plain_json};
use crate::chaos::live::{
    BodyReader, Client, Distortion, Ending, Endpoint, Ids, Length, RequestHead, RequestOutline, provider_headers,
    request, response_outline, rewrite, tokens,
};
use crate::clock::{self, Moment};

/// The most bytes of a request or of a whole answer that is changed.
const MAX_BODY: usize = 64 << 20;
/// Headers of the server's answer that the answer to the client has anew.
const OWN: &[&str] = &[
    "content-length",
    "transfer-encoding",
    "connection",
    "content-type",
    "date",
    "keep-alive",
];

/// Reads a request whole, decides about it and plays what it meets.
///
/// # Errors
/// Fails when the client has gone or the server breaks off.
pub(super) async fn strike(
    proxy: &Proxy,
    client: &mut Client,
    outline: &RequestOutline,
    kept: &mut Kept,
) -> io::Result<Ending> {
    let head: Vec<u8> = client.unread.drain(..outline.bytes).collect();
    let Ok(Some(request)) = request(&head) else {
        return Ok(Ending::Close);
    };
    if request.expects_continue {
        client.put(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
        client.flush().await?;
    }
    let Some((raw, body)) = read_body(client, outline.length).await? else {
        return plain_json(
            client,
            413,
            &serde_json::json!({ "error": "the body is too long" }),
            false,
        )
        .await;
    };
    let endpoint = Endpoint::of(request.method, request.target);
    let call = endpoint
        .as_ref()
        .and_then(|endpoint| Call::read(endpoint, &request.headers, &body).ok());
    let (Some(endpoint), Some(call)) = (endpoint, call) else {
        // No call of a model: nothing that faults know of.
        return pass_on(proxy, client, outline, &head, &raw, kept).await;
    };
    let prompt = call.prompt();
    let struck = Struck {
        proxy,
        request: &request,
        call: &call,
        body: &body,
        prompt: &prompt,
    };
    let provider = proxy.provider.as_deref().unwrap_or(endpoint.provider);
    let host = proxy.upstream.authority();
    let decision = call.decide(&proxy.director, &request, &endpoint, provider, host, &prompt);
    let behaviour = &decision.behaviour;
    if is_untouched(behaviour) {
        return pass_on(proxy, client, outline, &head, &raw, kept).await;
    }
    let seed = proxy.director.seed();
    let ids = Ids::new(call.dialect, seed, decision.number);
    let mut player = Player {
        client,
        behaviour,
        call: &call,
        ids: &ids,
        headers: provider_headers(
            call.dialect,
            &ids,
            endpoint.region,
            decision.admitted.left,
            clock::unix_seconds(),
        ),
        passed: String::new(),
        pace: Pace::new(None, seed, decision.number),
        keeps: request.keeps,
    };
    if let Some(ending) = player.bad().await? {
        return Ok(ending);
    }
    if behaviour.answer != Answer::Good {
        // Of no use, whatever the server would have said: it is not asked.
        let said = Answers::Lorem(None).answer(&call, seed, USUAL_TOKENS);
        let mut words = Distortion::new(Words::Right, String::new);
        let reply = Reply::new(&call, said, behaviour, Player::useless(behaviour), &ids, &mut words);
        return player.reply(&reply).await;
    }
    player.headers.clear();
    struck.changed(player, kept).await
}

/// Passes a request on as it came; its body has been read.
async fn pass_on(
    proxy: &Proxy,
    client: &mut Client,
    outline: &RequestOutline,
    head: &[u8],
    body: &[u8],
    kept: &mut Kept,
) -> io::Result<Ending> {
    let mut bytes = forwarded(head, outline, &proxy.upstream);
    bytes.extend_from_slice(body);
    let read = BodyReader::new(Length::Known(0));
    pass(client, &bytes, read, outline, &proxy.upstream, kept).await
}

/// Whether a call goes on as it came.
fn is_untouched(behaviour: &Behaviour) -> bool {
    Behaviour {
        limits: None,
        ..behaviour.clone()
    }
    .is_healthy()
}

/// A call that meets something.
struct Struck<'a> {
    proxy: &'a Proxy,
    request: &'a RequestHead<'a>,
    call: &'a Call,
    body: &'a [u8],
    prompt: &'a str,
}

impl Struck<'_> {
    /// The request as it must be where the answer is to be read: in the clear, with a known length.
    fn readable(&self) -> Vec<u8> {
        let upstream = &self.proxy.upstream;
        let mut head = format!(
            "{} {}{} HTTP/1.1\r\nhost: {}\r\ncontent-length: {}\r\n",
            self.request.method,
            upstream.prefix(),
            self.request.target,
            upstream.authority(),
            self.body.len(),
        );
        for (name, value) in &self.request.headers {
            let dropped = [
                "host",
                "content-length",
                "transfer-encoding",
                "accept-encoding",
                "expect",
                "connection",
            ];
            if !dropped.iter().any(|it| name.eq_ignore_ascii_case(it)) {
                let _ = write!(head, "{name}: {value}\r\n");
            }
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(self.body);
        bytes
    }

    /// Asks the server, and changes its answer on its way.
    async fn changed(&self, mut player: Player<'_>, kept: &mut Kept) -> io::Result<Ending> {
        let begun = Moment::now();
        let upstream = &self.proxy.upstream;
        let mut connection = match send(&self.readable(), upstream, kept).await {
            Ok((connection, _)) => connection,
            Err(error) => return bad_gateway(player.client, upstream, &error).await,
        };
        let mut unread = Vec::new();
        let outline = loop {
            if let Some(found) = response_outline(&unread, false).map_err(|_| io::ErrorKind::InvalidData)? {
                if found.status >= 200 {
                    break found;
                }
                unread.drain(..found.bytes);
                continue;
            }
            if connection.read(&mut unread).await? == 0 {
                return bad_gateway(player.client, upstream, &io::ErrorKind::UnexpectedEof.into()).await;
            }
        };
        let slower = player.behaviour.timing.slower;
        player.pace.first = already_passed(begun.elapsed(), slower);
        let (content_type, passed) = passed_headers(&unread[..outline.bytes]);
        player.passed = passed;
        unread.drain(..outline.bytes);
        let behaviour = player.behaviour;
        let director = &self.proxy.director;
        let distortion = Distortion::new(behaviour.words, || director.earlier(self.prompt));
        let dialect = self.call.dialect;
        if outline.is_stream && outline.status == 200 && !outline.is_encoded {
            let mut events = Events::new(dialect, connection, unread, outline.length, behaviour, distortion);
            let ending = player.streamed(&content_type, &mut events).await?;
            let (said, connection) = events.finish();
            director.remember(self.prompt, &said);
            if let Some(connection) = connection.filter(|_| outline.keeps) {
                kept.keep(connection);
            }
            return Ok(ending);
        }
        let body = read_answer(&mut connection, unread, outline.length).await?;
        if outline.keeps {
            kept.keep(connection);
        }
        let (body, said) = if outline.status == 200 && !outline.is_encoded {
            self.rewritten(behaviour, distortion, body)
        } else {
            (body, String::new())
        };
        director.remember(self.prompt, &said);
        player
            .whole(outline.status, &content_type, &body, tokens::count(&said))
            .await
    }

    /// A whole body with what the behaviour changes in it, and the text that it brought.
    fn rewritten(&self, behaviour: &Behaviour, mut distortion: Distortion, body: Vec<u8>) -> (Vec<u8>, String) {
        let Ok(mut value) = serde_json::from_slice::<Value>(&body) else {
            return (body, String::new());
        };
        let said = rewrite::text_of(self.call.dialect, &mut value);
        if !rewrite::changes(behaviour) {
            return (body, said);
        }
        rewrite::apply(behaviour, self.call.dialect, &mut distortion, false, &mut value);
        (value.to_string().into_bytes(), said)
    }
}

/// A body as it came and without its framing; `None`: it is too long or broken.
async fn read_body(client: &mut Client, length: Length) -> io::Result<Option<(Vec<u8>, Vec<u8>)>> {
    let mut reader = BodyReader::new(length);
    let (mut raw, mut body) = (Vec::new(), Vec::new());
    loop {
        let Ok(taken) = reader.advance(&client.unread, Some(&mut body)) else {
            return Ok(None);
        };
        raw.extend(client.unread.drain(..taken));
        if reader.is_done() {
            return Ok(Some((raw, body)));
        }
        if raw.len() > MAX_BODY {
            return Ok(None);
        }
        if client.fill().await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// The server's whole answer.
async fn read_answer(connection: &mut Connection, mut unread: Vec<u8>, length: Length) -> io::Result<Vec<u8>> {
    let mut reader = BodyReader::new(length);
    let mut body = Vec::new();
    loop {
        reader
            .advance(&unread, Some(&mut body))
            .map_err(|_| io::ErrorKind::InvalidData)?;
        unread.clear();
        if reader.is_done() {
            return Ok(body);
        }
        if body.len() > MAX_BODY {
            return Err(io::ErrorKind::InvalidData.into());
        }
        if connection.read(&mut unread).await? == 0 {
            return if reader.is_until_close() {
                Ok(body)
            } else {
                Err(io::ErrorKind::UnexpectedEof.into())
            };
        }
    }
}

/// The content type of an answer, and the lines of its head that are passed on.
fn passed_headers(head: &[u8]) -> (String, String) {
    let text = String::from_utf8_lossy(head);
    let mut passed = String::new();
    let mut content_type = "application/json".to_owned();
    for line in text.split("\r\n").skip(1).filter(|line| !line.is_empty()) {
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        if name.eq_ignore_ascii_case("content-type") {
            value.trim().clone_into(&mut content_type);
        } else if !OWN.iter().any(|own| name.eq_ignore_ascii_case(own)) {
            passed.push_str(line);
            passed.push_str("\r\n");
        }
    }
    (content_type, passed)
}
