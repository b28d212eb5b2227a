//! The real proxy: a process of its own, from its start to its end.

use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::clock::Moment;

/// The version whose sources the simulator follows.
pub const VERSION: &str = "1.106.2";
/// How long it may take until it answers.
const STARTS_WITHIN: Duration = Duration::from_secs(180);
/// How often it is asked until then.
const EVERY: Duration = Duration::from_millis(250);
/// So much of its log's end is shown when it does not start.
const TAIL: usize = 2_000;
/// What it gets of this process's environment: no key of the user's, no setting of `LiteLLM`'s.
const PASSED_ON: &[&str] = &["PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV"];

/// Why the proxy is not there.
#[derive(Debug, thiserror::Error)]
pub enum ProxyError {
    /// There is no such program.
    #[error(
        "cannot run {path}: {error}; install it by: python3 -m venv .venv-litellm && .venv-litellm/bin/pip install 'litellm[proxy]=={VERSION}'"
    )]
    Missing {
        /// The program.
        path: PathBuf,
        /// What happened.
        error: std::io::Error,
    },
    /// It ended, or did not answer in time.
    #[error("LiteLLM did not start ({why}); the end of its log:\n{log}")]
    Start {
        /// What happened.
        why: String,
        /// The end of its log.
        log: String,
    },
    /// Files or ports of ours.
    #[error("cannot prepare LiteLLM: {0}")]
    Prepare(#[from] std::io::Error),
}

/// A running proxy. It is killed, with all that it started, when it is dropped.
#[derive(Debug)]
pub struct Litellm {
    /// Its address: `http://127.0.0.1:4000`.
    pub url: String,
    /// The key that it asks for, made up for this process.
    pub key: String,
    child: Child,
    folder: TempDir,
}

impl Litellm {
    /// Starts the program `path` with a configuration whose providers are at `providers`, and waits until it
    /// answers.
    ///
    /// # Errors
    /// Fails when there is no such program, or it does not answer.
    pub async fn start(
        path: &Path,
        config: &Value,
        providers: &str,
        http: &reqwest::Client,
    ) -> Result<Self, ProxyError> {
        let folder = tempfile::Builder::new().prefix("aisys-litellm-").tempdir()?;
        let file = folder.path().join("config.yaml");
        std::fs::File::create(&file)?.write_all(config.to_string().as_bytes())?;
        let log = std::fs::File::create(folder.path().join("log"))?;
        let port = free_port()?;
        let key = format!("sk-{}", secret()?);
        let mut command = Command::new(path);
        command
            .args([
                "--host",
                "127.0.0.1",
                "--telemetry",
                "False",
                "--port",
                &port.to_string(),
                "--config",
            ])
            .arg(&file)
            .env_clear()
            .envs(
                PASSED_ON
                    .iter()
                    .filter_map(|name| Some((*name, std::env::var_os(name)?))),
            )
            .env("LITELLM_LOCAL_MODEL_COST_MAP", "True")
            .env("LITELLM_MASTER_KEY", &key)
            .env("OPENAI_BASE", providers)
            .env("OPENAI_API_KEY", "emulated")
            .env("NO_PROXY", "*")
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        let child = command.spawn().map_err(|error| ProxyError::Missing {
            path: path.to_owned(),
            error,
        })?;
        let mut proxy = Self {
            url: format!("http://127.0.0.1:{port}"),
            key,
            child,
            folder,
        };
        proxy.answers(http).await?;
        Ok(proxy)
    }

    async fn answers(&mut self, http: &reqwest::Client) -> Result<(), ProxyError> {
        let until = Moment::now().after(STARTS_WITHIN);
        let url = format!("{}/health/liveliness", self.url);
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Err(self.failed(&format!("it ended: {status}")));
            }
            let answer = http.get(&url).timeout(STARTS_WITHIN).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            if until.remaining().is_zero() {
                return Err(self.failed(&format!("no answer within {} s", STARTS_WITHIN.as_secs())));
            }
            Moment::now().after(EVERY).reached().await;
        }
    }

    /// The version that it says it has.
    pub async fn version(&self, http: &reqwest::Client) -> Option<String> {
        let url = format!("{}/health/readiness/details", self.url);
        let answer = http.get(url).bearer_auth(&self.key).send().await.ok()?;
        let value: Value = answer.json().await.ok()?;
        Some(value.get("litellm_version")?.as_str()?.to_owned())
    }

    fn failed(&self, why: &str) -> ProxyError {
        let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        let log = log.replace(&self.key, "[key]");
        let mut from = log.len().saturating_sub(TAIL);
        while !log.is_char_boundary(from) {
            from += 1;
        }
        ProxyError::Start {
            why: why.to_owned(),
            log: log[from..].to_owned(),
        }
    }
}

impl Drop for Litellm {
    fn drop(&mut self) {
        if let Some(group) = self.child.id() {
            // The standard library signals one process only; a group needs the program `kill`.
            let _ = std::process::Command::new("kill")
                .args(["-KILL", "--", &format!("-{group}")])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
        }
    }
}

/// A port that was free a moment ago.
pub(super) fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// A key that nobody guesses while the proxy runs.
fn secret() -> std::io::Result<String> {
    let mut bytes = [0_u8; 24];
    let random = rustls::crypto::ring::default_provider().secure_random;
    let filled = random.fill(&mut bytes);
    filled.map_err(|_| std::io::Error::other("the system gives no random bytes"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
