//! What `benches/chaos_proxy.py` measures proxies with: a backend, the barest proxy of bytes, and two clients.
//!
//! ```text
//! chaos_bench mock PORT                          answers of one JSON, or of 32 events; /hold sends one event a second
//! chaos_bench pass PORT HOST:PORT                copies bytes, nothing else
//! chaos_bench load HOST:PORT CONNECTIONS SECONDS plain|stream
//! chaos_bench hold HOST:PORT STREAMS SECONDS     opens so many streams and counts the events that come
//! ```

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aisys::clock::Moment;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

const PLAIN: &str = r#"{"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"mock-1","choices":[{"index":0,"message":{"role":"assistant","content":"Seven days."},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}"#;
const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
const LAST_CHUNK: &str = "0\r\n\r\n";

#[tokio::main]
async fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["mock", port] => mock(port).await,
        ["pass", port, to] => pass(port, to).await,
        ["load", to, connections, seconds, kind] => {
            load(to, number(connections)?, number(seconds)?, *kind == "stream").await
        }
        ["hold", to, streams, seconds] => hold(to, number(streams)?, number(seconds)?).await,
        _ => Err(io::Error::other(
            "mock PORT | pass PORT TO | load TO CONNECTIONS SECONDS KIND | hold TO STREAMS SECONDS",
        )),
    }
}

fn number<T: std::str::FromStr>(text: &str) -> io::Result<T> {
    text.parse().map_err(|_| io::Error::other("not a number"))
}

fn event(text: &str) -> String {
    let data = format!(
        r#"data: {{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"mock-1","choices":[{{"index":0,"delta":{{"content":"{text}"}},"finish_reason":null}}]}}"#
    );
    format!("{:x}\r\n{data}\n\n\r\n", data.len() + 2)
}

fn end_of_head(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|it| it == b"\r\n\r\n").map(|at| at + 4)
}

/// A header's number.
fn length(head: &[u8]) -> usize {
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let found = head
        .split("\r\n")
        .find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    found.unwrap_or(0)
}

async fn mock(port: &str) -> io::Result<()> {
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    let plain: Arc<str> = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{PLAIN}",
        PLAIN.len()
    )
    .into();
    let events: String = (0..32).map(|at| event(&format!("tok{at} "))).collect();
    let stream: Arc<str> = format!("{HEAD}{events}{LAST_CHUNK}").into();
    loop {
        let (socket, _) = listener.accept().await?;
        let (plain, stream) = (Arc::clone(&plain), Arc::clone(&stream));
        tokio::spawn(async move { answer(socket, &plain, &stream).await });
    }
}

async fn answer(mut socket: TcpStream, plain: &str, stream: &str) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(4_096);
    loop {
        let whole = end_of_head(&buffer).map(|head| head + length(&buffer[..head]));
        let Some(end) = whole.filter(|end| buffer.len() >= *end) else {
            if socket.read_buf(&mut buffer).await? == 0 {
                return Ok(());
            }
            continue;
        };
        if buffer.starts_with(b"POST /hold") {
            socket.write_all(HEAD.as_bytes()).await?;
            loop {
                socket.write_all(event("tok ").as_bytes()).await?;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
        let streamed = buffer[..end].windows(13).any(|it| it == b"\"stream\":true");
        buffer.drain(..end);
        socket
            .write_all(if streamed { stream } else { plain }.as_bytes())
            .await?;
    }
}

async fn pass(port: &str, to: &str) -> io::Result<()> {
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    loop {
        let (mut client, _) = listener.accept().await?;
        let to = to.to_owned();
        tokio::spawn(async move {
            let mut server = TcpStream::connect(to).await?;
            client.set_nodelay(true)?;
            server.set_nodelay(true)?;
            tokio::io::copy_bidirectional(&mut client, &mut server).await
        });
    }
}

fn request(path: &str, streamed: bool) -> Arc<[u8]> {
    let body =
        format!(r#"{{"model":"gpt-4o-mini","stream":{streamed},"messages":[{{"role":"user","content":"hello"}}]}}"#);
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\nauthorization: Bearer sk-bench\r\n"
    );
    format!("{head}content-length: {}\r\n\r\n{body}", body.len())
        .into_bytes()
        .into()
}

/// A closed loop: each connection sends the next request when the answer is whole.
async fn load(to: &str, connections: usize, seconds: u64, streamed: bool) -> io::Result<()> {
    let begun = Moment::now();
    let stop = Duration::from_secs(seconds);
    let mut clients = JoinSet::new();
    for _ in 0..connections {
        let (to, request) = (to.to_owned(), request("/v1/chat/completions", streamed));
        clients.spawn(async move {
            let mut socket = TcpStream::connect(to).await?;
            socket.set_nodelay(true)?;
            let (mut whole, mut first) = (Vec::new(), Vec::new());
            let mut answer = Vec::with_capacity(65_536);
            while begun.elapsed() < stop {
                let sent = Moment::now();
                socket.write_all(&request).await?;
                answer.clear();
                let mut head = None;
                let mut is_first = true;
                loop {
                    if socket.read_buf(&mut answer).await? == 0 {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                    head = head.or_else(|| end_of_head(&answer).map(|at| (at, length(&answer[..at]))));
                    let Some((at, length)) = head else { continue };
                    if is_first && answer.len() > at {
                        is_first = false;
                        first.push(micros(sent));
                    }
                    let is_whole = if streamed {
                        answer.ends_with(LAST_CHUNK.as_bytes())
                    } else {
                        answer.len() >= at + length
                    };
                    if is_whole {
                        break;
                    }
                }
                if !answer.starts_with(b"HTTP/1.1 200") {
                    return Err(io::Error::other("not 200"));
                }
                whole.push(micros(sent));
            }
            Ok((whole, first))
        });
    }
    let (mut whole, mut first, mut failed) = (Vec::new(), Vec::new(), 0_u32);
    while let Some(done) = clients.join_next().await {
        match done.map_err(io::Error::other)? {
            Ok((more, earlier)) => {
                whole.extend(more);
                first.extend(earlier);
            }
            Err(_) => failed += 1,
        }
    }
    let per_second = whole.len() as u64 / seconds.max(1);
    let (p50, p99) = quantiles(&mut whole);
    let (first_p50, first_p99) = quantiles(&mut first);
    say(&format!(
        r#"{{"per_second":{per_second},"p50_us":{p50},"p99_us":{p99},"first_p50_us":{first_p50},"first_p99_us":{first_p99},"failed":{failed}}}"#
    ))
}

fn micros(since: Moment) -> u64 {
    u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX)
}

fn quantiles(values: &mut [u64]) -> (u64, u64) {
    values.sort_unstable();
    let at = |percent: usize| {
        values
            .get((values.len().saturating_sub(1)) * percent / 100)
            .copied()
            .unwrap_or(0)
    };
    (at(50), at(99))
}

/// Opens streams and leaves them open.
async fn hold(to: &str, streams: usize, seconds: u64) -> io::Result<()> {
    let events = Arc::new(AtomicU64::new(0));
    let open = Arc::new(AtomicU64::new(0));
    let mut clients = JoinSet::new();
    for _ in 0..streams {
        let mut socket = TcpStream::connect(to).await?;
        let (events, open, request) = (Arc::clone(&events), Arc::clone(&open), request("/hold", true));
        clients.spawn(async move {
            socket.write_all(&request).await?;
            open.fetch_add(1, Ordering::Relaxed);
            let mut bytes = [0; 1_024];
            loop {
                if socket.read(&mut bytes).await? == 0 {
                    open.fetch_sub(1, Ordering::Relaxed);
                    return Ok::<(), io::Error>(());
                }
                events.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    say(r#"{"opened":true}"#)?;
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    let (open, events) = (open.load(Ordering::Relaxed), events.load(Ordering::Relaxed));
    say(&format!(r#"{{"open":{open},"events":{events}}}"#))
}

fn say(line: &str) -> io::Result<()> {
    use std::io::Write as _;
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
