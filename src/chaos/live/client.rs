//! A client's connection, and all that can become of it.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::body::BodyReader;
use super::head::{self, Length, MAX_HEAD, RequestOutline};

/// The most bytes of a request's body that are kept.
pub(super) const MAX_BODY: usize = 64 << 20;
/// Bytes that are written together at most where nothing waits between them.
const BATCH: usize = 32 << 10;
/// An alert record of TLS: fatal, `handshake_failure` (RFC 8446, section 6).
const HANDSHAKE_FAILURE: [u8; 7] = [0x15, 3, 3, 0, 2, 2, 40];

/// What becomes of a connection after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It serves the next request.
    Keep,
    /// It is closed in good order.
    Close,
    /// It is reset.
    Reset,
    /// Nothing more comes, until the client goes.
    Hold,
    /// The beginning of a TLS handshake that failed, and closed.
    TlsAlert,
}

/// One client's connection. What is put is sent at the next flush or wait.
#[derive(Debug)]
pub struct Client {
    socket: TcpStream,
    /// What came and is not used yet.
    pub unread: Vec<u8>,
    out: Vec<u8>,
}

impl Client {
    /// Takes a connection over. Small writes leave at once: under Nagle's algorithm a first token came 44 ms late.
    ///
    /// # Errors
    /// Fails when the connection has gone already.
    pub fn new(socket: TcpStream) -> io::Result<Self> {
        socket.set_nodelay(true)?;
        Ok(Self {
            socket,
            unread: Vec::new(),
            out: Vec::new(),
        })
    }

    /// The plain connection, and what came by it and is not used yet.
    pub const fn parts(&mut self) -> (&mut TcpStream, &mut Vec<u8>) {
        (&mut self.socket, &mut self.unread)
    }

    /// Reads more; zero bytes: the client has closed.
    ///
    /// # Errors
    /// Fails when the connection is broken.
    pub async fn fill(&mut self) -> io::Result<usize> {
        self.unread.reserve(4 << 10);
        self.socket.read_buf(&mut self.unread).await
    }

    /// Waits for the head of the next request. `None`: the client has closed, or sent what is no request.
    ///
    /// # Errors
    /// Fails when the connection is broken.
    pub async fn next_head(&mut self) -> io::Result<Option<RequestOutline>> {
        loop {
            if !self.unread.is_empty() {
                match head::request_outline(&self.unread) {
                    Ok(Some(outline)) => return Ok(Some(outline)),
                    Ok(None) => {}
                    Err(error) => {
                        self.refuse_bytes(error).await?;
                        return Ok(None);
                    }
                }
            }
            if self.fill().await? == 0 {
                return Ok(None);
            }
        }
    }

    /// What is no HTTP gets 400; a TLS handshake gets the alert that ends it.
    async fn refuse_bytes(&mut self, error: head::HeadError) -> io::Result<()> {
        if self.unread.first() == Some(&0x16) {
            self.socket.write_all(&HANDSHAKE_FAILURE).await?;
        } else {
            let text = format!("{error}\n");
            let head = format!(
                "HTTP/1.1 400 Bad Request\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                text.len()
            );
            self.socket.write_all(format!("{head}{text}").as_bytes()).await?;
        }
        self.socket.shutdown().await
    }

    /// Reads a body to its end; `None`: it is too long or its chunks are broken.
    ///
    /// # Errors
    /// Fails when the connection breaks or closes before the end.
    pub async fn body(&mut self, length: Length) -> io::Result<Option<Vec<u8>>> {
        let mut reader = BodyReader::new(length);
        let mut body = Vec::new();
        loop {
            let Ok(taken) = reader.advance(&self.unread, Some(&mut body)) else {
                return Ok(None);
            };
            self.unread.drain(..taken);
            if reader.is_done() {
                return Ok(Some(body));
            }
            if body.len() > MAX_BODY {
                return Ok(None);
            }
            if self.fill().await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    /// Adds bytes to what is sent next.
    ///
    /// # Errors
    /// Fails when the client has gone.
    pub async fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.extend_from_slice(bytes);
        if self.out.len() > BATCH {
            self.flush().await?;
        }
        Ok(())
    }

    /// Adds a chunk of a chunked body.
    ///
    /// # Errors
    /// Fails when the client has gone.
    pub async fn put_chunk(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.out.extend_from_slice(format!("{:x}\r\n", bytes.len()).as_bytes());
        self.out.extend_from_slice(bytes);
        self.put(b"\r\n").await
    }

    /// Sends what was put.
    ///
    /// # Errors
    /// Fails when the client has gone.
    pub async fn flush(&mut self) -> io::Result<()> {
        if !self.out.is_empty() {
            self.socket.write_all(&self.out).await?;
            self.out.clear();
        }
        Ok(())
    }

    /// Sends what was put and waits.
    ///
    /// # Errors
    /// Fails when the client goes meanwhile.
    pub async fn wait(&mut self, wait: Duration) -> io::Result<()> {
        if wait.is_zero() {
            return Ok(());
        }
        self.flush().await?;
        tokio::select! {
            () = tokio::time::sleep(wait) => Ok(()),
            gone = gone(&mut self.socket, &mut self.unread) => Err(gone),
        }
    }

    /// Ends or keeps the connection; gives it back when it is kept.
    ///
    /// # Errors
    /// Fails when the client has gone.
    pub async fn end(mut self, ending: Ending) -> io::Result<Option<Self>> {
        self.flush().await?;
        match ending {
            Ending::Keep => return Ok(Some(self)),
            Ending::Close => self.socket.shutdown().await?,
            Ending::Reset => self.socket.set_zero_linger()?,
            Ending::Hold => {
                gone(&mut self.socket, &mut self.unread).await;
            }
            Ending::TlsAlert => {
                self.socket.write_all(&HANDSHAKE_FAILURE).await?;
                self.socket.shutdown().await?;
            }
        }
        Ok(None)
    }
}

/// Waits until a client goes. What it sends meanwhile is kept, up to a head's size.
pub async fn gone(socket: &mut TcpStream, unread: &mut Vec<u8>) -> io::Error {
    loop {
        if unread.len() > MAX_HEAD {
            // Deaf, as a server whose buffers are full; the connection ends with the answer.
            std::future::pending::<()>().await;
        }
        match socket.read_buf(unread).await {
            Ok(0) => return io::ErrorKind::UnexpectedEof.into(),
            Ok(_) => {}
            Err(error) => return error,
        }
    }
}
