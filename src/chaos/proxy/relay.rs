//! The way of a request that meets nothing: its bytes go on as they came, and so do the answer's.
//!
//! Only `host` and a prefix of the path are changed. Messages are followed to know where they end, and never taken
//! apart; each read is one write. A client's connection has its own connection to the server for as long as both
//! live, so that nothing is shared and nothing is looked for.

use std::io;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::upstream::{Connection, Upstream};
use crate::chaos::emulate::plain_json;
use crate::chaos::live::{BodyReader, Client, Ending, RequestOutline, response_outline};

/// Bytes that are asked for at once: few at first, because ten thousand streams are mostly waiting.
const READ: usize = 4 << 10;
const READ_MORE: usize = 64 << 10;
/// Bytes of a client that waits: what it sends then is the end of the connection as a rule.
const LISTEN: usize = 256;
/// The most bytes of a head of an answer.
const MAX_HEAD: usize = 64 << 10;

/// A client's connection to the server, kept for its next request.
#[derive(Debug, Default)]
pub(super) struct Kept {
    connection: Option<Connection>,
    /// What comes from the server.
    reply: Vec<u8>,
}

impl Kept {
    /// Keeps a connection for the next request.
    pub(super) fn keep(&mut self, connection: Connection) {
        self.connection = Some(connection);
    }
}

/// A request's head as the server gets it.
#[must_use]
pub(super) fn forwarded(head: &[u8], outline: &RequestOutline, upstream: &Upstream) -> Vec<u8> {
    let mut out = Vec::with_capacity(head.len() + 128);
    out.extend_from_slice(&head[..outline.target.start]);
    out.extend_from_slice(upstream.prefix().as_bytes());
    match &outline.host {
        Some(host) => {
            out.extend_from_slice(&head[outline.target.start..host.start]);
            out.extend_from_slice(upstream.authority().as_bytes());
            out.extend_from_slice(&head[host.end..outline.bytes]);
        }
        None => out.extend_from_slice(&head[outline.target.start..outline.bytes]),
    }
    out
}

/// Relays one request, whose head is in the client's buffer, and its answer.
///
/// # Errors
/// Fails when the client has gone or the server breaks off.
pub(super) async fn relay(
    client: &mut Client,
    outline: &RequestOutline,
    upstream: &Upstream,
    kept: &mut Kept,
) -> io::Result<Ending> {
    let mut request = forwarded(&client.unread, outline, upstream);
    let mut body = BodyReader::new(outline.length);
    let rest = &client.unread[outline.bytes..];
    let taken = body.advance(rest, None).map_err(|_| io::ErrorKind::InvalidData)?;
    request.extend_from_slice(&rest[..taken]);
    client.unread.drain(..outline.bytes + taken);
    pass(client, &request, body, outline, upstream, kept).await
}

/// Sends the beginning of a request, what is left of its body, and passes the answer.
///
/// # Errors
/// Fails when the client has gone or the server breaks off.
pub(super) async fn pass(
    client: &mut Client,
    request: &[u8],
    mut body: BodyReader,
    outline: &RequestOutline,
    upstream: &Upstream,
    kept: &mut Kept,
) -> io::Result<Ending> {
    let (mut connection, is_new) = match send(request, upstream, kept).await {
        Ok(found) => found,
        Err(error) => return bad_gateway(client, upstream, &error).await,
    };
    let (socket, unread) = client.parts();
    kept.reply.clear();
    let reply = &mut kept.reply;
    let mut answer: Option<(BodyReader, bool)> = None;
    let mut size = READ;
    let mut may_retry = !is_new;
    loop {
        reply.reserve(size);
        if !body.is_done() || unread.len() < LISTEN {
            unread.reserve(if body.is_done() { LISTEN } else { READ_MORE });
        }
        let listens = !body.is_done() || unread.len() < LISTEN;
        tokio::select! {
            biased;
            read = connection.read(reply) => {
                let read = match read {
                    // A connection that was kept may have been closed meanwhile: the request has met nobody.
                    Ok(0) | Err(_) if may_retry && answer.is_none() && reply.is_empty() && body.is_done() => {
                        may_retry = false;
                        connection = upstream.connect().await?;
                        connection.write(request).await?;
                        continue;
                    }
                    other => other?,
                };
                may_retry = false;
                if read >= size {
                    size = READ_MORE;
                }
                if read == 0 {
                    let whole = answer.as_ref().is_some_and(|(body, _)| body.is_until_close());
                    return if whole { Ok(Ending::Close) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
                }
            }
            read = socket.read_buf(unread), if listens => {
                if read? == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                if !body.is_done() {
                    let taken = body.advance(unread, None).map_err(|_| io::ErrorKind::InvalidData)?;
                    connection.write(&unread[..taken]).await?;
                    unread.drain(..taken);
                }
                continue;
            }
        }
        let mut at = 0;
        while answer.is_none() {
            let head = response_outline(&reply[at..], outline.is_head).map_err(|_| io::ErrorKind::InvalidData)?;
            match head {
                None if reply.len() - at > MAX_HEAD => return Err(io::ErrorKind::InvalidData.into()),
                None => break,
                Some(head) => {
                    at += head.bytes;
                    // What comes before the answer, such as `100 Continue`, is passed and the answer waited for.
                    if head.status >= 200 {
                        answer = Some((BodyReader::new(head.length), head.keeps));
                    }
                }
            }
        }
        if let Some((followed, _)) = &mut answer {
            at += followed
                .advance(&reply[at..], None)
                .map_err(|_| io::ErrorKind::InvalidData)?;
        }
        if at > 0 {
            socket.write_all(&reply[..at]).await?;
        }
        match &answer {
            Some((followed, keeps)) if followed.is_done() => {
                let clean = at == reply.len() && body.is_done();
                reply.clear();
                if *keeps && clean {
                    kept.keep(connection);
                }
                return Ok(if *keeps && clean && outline.keeps {
                    Ending::Keep
                } else {
                    Ending::Close
                });
            }
            Some(_) if at == reply.len() => reply.clear(),
            _ => {
                reply.drain(..at);
            }
        }
    }
}

/// Sends a request by the kept connection, or by a new one where that has gone; says whether it is new.
///
/// # Errors
/// Fails when nobody answers.
pub(super) async fn send(request: &[u8], upstream: &Upstream, kept: &mut Kept) -> io::Result<(Connection, bool)> {
    if let Some(mut connection) = kept.connection.take()
        && connection.write(request).await.is_ok()
    {
        return Ok((connection, false));
    }
    let mut connection = upstream.connect().await?;
    connection.write(request).await?;
    Ok((connection, true))
}

/// Tells the client that the server cannot be reached.
pub(super) async fn bad_gateway(client: &mut Client, upstream: &Upstream, error: &io::Error) -> io::Result<Ending> {
    let message = format!("aisys chaos proxy cannot reach {}: {error}", upstream.authority());
    let value = json!({ "error": { "message": message, "type": "proxy_error", "code": "bad_gateway" } });
    plain_json(client, 502, &value, false).await
}
