//! The server behind the proxy, and connections to it.

use std::io;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Where requests go.
#[derive(Clone)]
pub struct Upstream {
    /// As `host` has it.
    authority: String,
    host: String,
    port: u16,
    /// What stands before each path; empty as a rule.
    prefix: String,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

/// Why an address is none.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// It is no address of HTTP.
    #[error("not an upstream: {0:?} (expected such as https://api.openai.com or http://127.0.0.1:8000)")]
    Address(String),
    /// The system's certificates cannot be used.
    #[error("cannot use TLS: {0}")]
    Tls(#[from] rustls::Error),
}

impl Upstream {
    /// Reads `https://host:port/prefix`.
    ///
    /// # Errors
    /// Fails on what is no address, and when the system has no certificates.
    pub fn parse(text: &str) -> Result<Self, UpstreamError> {
        let wrong = || UpstreamError::Address(text.to_owned());
        let (scheme, rest) = text.split_once("://").ok_or_else(wrong)?;
        let is_tls = match scheme {
            "http" => false,
            "https" => true,
            _ => return Err(wrong()),
        };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let uri: http::uri::Authority = authority.parse().map_err(|_| wrong())?;
        if uri.host().is_empty() || authority.contains('@') || path.contains(['?', '#', ' ']) {
            return Err(wrong());
        }
        let host = uri.host().trim_matches(['[', ']']).to_owned();
        let tls = if is_tls {
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            let mut config = rustls::ClientConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()?
                .with_platform_verifier()?
                .with_no_client_auth();
            config.alpn_protocols = vec![b"http/1.1".to_vec()];
            let name = ServerName::try_from(host.clone()).map_err(|_| wrong())?;
            Some((TlsConnector::from(Arc::new(config)), name))
        } else {
            None
        };
        Ok(Self {
            authority: authority.to_owned(),
            port: uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 }),
            host,
            prefix: path.trim_end_matches('/').to_owned(),
            tls,
        })
    }

    /// Host and port, as `host` has them.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// What stands before each path.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Opens a connection.
    ///
    /// # Errors
    /// Fails when nobody answers there.
    pub async fn connect(&self) -> io::Result<Connection> {
        let socket = TcpStream::connect((self.host.as_str(), self.port)).await?;
        socket.set_nodelay(true)?;
        match &self.tls {
            None => Ok(Connection::Plain(socket)),
            Some((connector, name)) => {
                let stream = connector.connect(name.clone(), socket).await?;
                Ok(Connection::Tls(Box::new(stream)))
            }
        }
    }
}

/// A connection to the server.
#[derive(Debug)]
pub enum Connection {
    /// In the clear.
    Plain(TcpStream),
    /// Encrypted.
    Tls(Box<TlsStream<TcpStream>>),
}

impl Connection {
    /// Reads more; zero: the server has closed. Nothing is lost when the wait for it is given up.
    ///
    /// # Errors
    /// Fails when the connection is broken.
    pub async fn read(&mut self, buffer: &mut Vec<u8>) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read_buf(buffer).await,
            Self::Tls(stream) => stream.read_buf(buffer).await,
        }
    }

    /// Sends bytes.
    ///
    /// # Errors
    /// Fails when the connection is broken.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(socket) => socket.write_all(bytes).await,
            Self::Tls(stream) => {
                stream.write_all(bytes).await?;
                stream.flush().await
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let read = |text| Upstream::parse(text).map(|it| (it.host, it.port, it.prefix));
        assert_eq!(
            read("http://127.0.0.1:8000").unwrap(),
            ("127.0.0.1".into(), 8_000, String::new())
        );
        assert_eq!(
            read("http://localhost/base/").unwrap(),
            ("localhost".into(), 80, "/base".into())
        );
        assert_eq!(read("http://[::1]:9/").unwrap(), ("::1".into(), 9, String::new()));
        for wrong in ["api.openai.com", "ftp://a", "http://", "http://a b", "http://u:p@host"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
