//! HTTP clients: one for all providers of a run, so that connections are used again.

use std::sync::OnceLock;
use std::time::Duration;

use super::spec::SpecError;

/// The most time for a connection, where nothing else is said.
const CONNECT: Duration = Duration::from_secs(10);

/// The clients of a run, each made when the first address needs it: the system's certificates are some hundred files,
/// which a server on this machine, asked without TLS, does not need.
#[derive(Debug)]
pub(super) struct Clients {
    connect: Duration,
    plain: OnceLock<reqwest::Client>,
    secure: OnceLock<reqwest::Client>,
}

impl Default for Clients {
    fn default() -> Self {
        Self::within(CONNECT)
    }
}

impl Clients {
    /// Clients that wait at most so long for a connection.
    pub(super) fn within(connect: Duration) -> Self {
        Self {
            connect,
            plain: OnceLock::new(),
            secure: OnceLock::new(),
        }
    }

    /// The client for an address.
    ///
    /// # Errors
    /// Fails when no client can be made.
    pub(super) fn of(&self, address: &str) -> Result<reqwest::Client, SpecError> {
        let plain = is_plain(address);
        let made = if plain { &self.plain } else { &self.secure };
        if let Some(client) = made.get() {
            return Ok(client.clone());
        }
        let client = client(plain, self.connect)?;
        Ok(made.get_or_init(|| client).clone())
    }
}

/// Whether an address is this machine's own, without TLS, so that nothing it answers leads to another one.
fn is_plain(address: &str) -> bool {
    ["127.0.0.1", "localhost", "[::1]"].iter().any(|host| {
        let rest = address.strip_prefix("http://").and_then(|rest| rest.strip_prefix(host));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
    })
}

/// An HTTP client. TLS is by ring; certificates are the system's, or none.
fn client(plain: bool, connect: Duration) -> Result<reqwest::Client, SpecError> {
    // A second installation fails, and changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .connect_timeout(connect)
        .tcp_nodelay(true)
        .pool_idle_timeout(Duration::from_secs(60))
        .user_agent(concat!("aisys/", env!("CARGO_PKG_VERSION")));
    if plain {
        builder = builder.tls_certs_only([]);
    }
    builder
        .build()
        .map_err(|error| SpecError::new(format!("cannot make an HTTP client: {error}")))
}

#[cfg(test)]
mod tests {
    use super::is_plain;

    #[test]
    fn only_this_machine_without_tls_needs_no_certificates() {
        for plain in [
            "http://127.0.0.1:8080/v1",
            "http://localhost",
            "http://localhost/v1",
            "http://[::1]:1/v1",
        ] {
            assert!(is_plain(plain), "{plain}");
        }
        for other in [
            "https://127.0.0.1:8080",
            "http://127.0.0.10/v1",
            "http://localhost.example.com",
            "http://10.0.0.1",
            "http://{{host}}/",
        ] {
            assert!(!is_plain(other), "{other}");
        }
    }
}
