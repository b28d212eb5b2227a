//! `aisys chaos proxy`: a reverse proxy in front of a real provider that breaks it as asked.

use std::io::Write;
use std::sync::Arc;

use clap::Args;

use crate::chaos::proxy::{Proxy, Upstream, run as serve};
use crate::cli::Failure;
use crate::exit;
use crate::system::providers;

use super::live::LiveArgs;

const EXAMPLES: &str = "\
Bytes go through as they come, keys with them; nothing is kept. A fault that replaces the answer never reaches the
provider; the others change its answer on the way.

Examples:
  aisys chaos proxy --upstream https://api.openai.com --scenario friday.yaml
  aisys chaos proxy --upstream http://127.0.0.1:8000 --port 9000 --log run.jsonl
  OPENAI_BASE_URL=http://127.0.0.1:9000/v1 python app.py";

/// The arguments of `aisys chaos proxy`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ProxyArgs {
    /// The provider or gateway behind the proxy
    #[arg(long, value_name = "URL")]
    upstream: String,
    /// The scenario whose faults are played, a file or a shipped name; without one everything passes
    #[arg(long, value_name = "SCENARIO")]
    scenario: Option<String>,
    /// The provider's name for the scenario's faults, where its host does not tell
    #[arg(long)]
    provider: Option<String>,
    /// Threads; all cores by default
    #[arg(long)]
    threads: Option<usize>,
    #[command(flatten)]
    live: LiveArgs,
}

/// Runs `aisys chaos proxy` until it is stopped.
pub(super) fn run(arguments: &ProxyArgs, out: &mut dyn Write, notes: &mut dyn Write) -> Result<u8, Failure> {
    let upstream = Upstream::parse(&arguments.upstream).map_err(|error| Failure::Usage(error.to_string()))?;
    let director = arguments.live.director(arguments.scenario.as_deref())?;
    let named = arguments.provider.clone();
    let provider = named.or_else(|| providers::of_host(upstream.authority()).map(ToOwned::to_owned));
    let threads = arguments
        .threads
        .or_else(|| std::thread::available_parallelism().ok().map(usize::from));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = arguments.live.listen().await?;
        let address = listener.local_addr()?;
        writeln!(out, "listening on http://{address}, passing to {}", arguments.upstream)?;
        writeln!(out, "# admin: http://{address}/__aisys/state")?;
        out.flush()?;
        let proxy = Arc::new(Proxy {
            director: Arc::clone(&director),
            upstream,
            provider,
        });
        arguments
            .live
            .serve(&director, serve(listener, proxy, threads.unwrap_or(1)), notes)
            .await
    })?;
    Ok(exit::HOLDS)
}
