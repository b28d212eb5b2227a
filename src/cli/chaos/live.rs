//! What `aisys chaos emulate` and `aisys chaos proxy` share: the scenario, its log, its clock, and the end.

use std::io::{IsTerminal as _, Write};
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use tokio::net::TcpListener;

use crate::chaos::Scenario;
use crate::chaos::live::{Director, Journal, Replay};
use crate::cli::Failure;
use crate::source::SourceFile;

use super::named::find;
use super::view;

/// Arguments of a server that plays a scenario.
#[derive(Debug, Args)]
pub(super) struct LiveArgs {
    /// The port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// The seed of all chance, instead of the scenario's
    #[arg(long)]
    seed: Option<u64>,
    /// Log each decision to this file, a line of JSON a call
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// Decide as this log has it, by the calls' numbers
    #[arg(long, value_name = "FILE")]
    replay: Option<PathBuf>,
    /// Let the scenario's time stand until POST /__aisys/clock/start
    #[arg(long)]
    paused: bool,
    /// Show calls and faults live; a fault's number and Enter switches it
    #[arg(long)]
    view: bool,
}

impl LiveArgs {
    /// The director of a scenario, by its file or its shipped name; without one everything is healthy.
    pub(super) fn director(&self, scenario: Option<&str>) -> Result<Arc<Director>, Failure> {
        let usage = |error: String| Failure::Usage(error);
        let mut scenario = match scenario {
            Some(name) => find(name)?,
            None => Scenario::parse(&SourceFile::new("healthy.yaml", "scenario: healthy\n"))
                .map_err(|error| usage(error.to_string()))?,
        };
        if let Some(seed) = self.seed {
            scenario.seed = seed;
        }
        let replay = self.replay.as_ref().map(|path| Replay::read(path)).transpose();
        let replay = replay.map_err(|error| usage(error.to_string()))?;
        let seed = replay.as_ref().map_or(scenario.seed, |replay| replay.header.seed);
        let journal = self
            .log
            .as_ref()
            .map(|path| Journal::create(path, &scenario.name, seed))
            .transpose();
        let journal = journal.map_err(|error| Failure::Outside(error.to_string()))?;
        Ok(Arc::new(Director::new(scenario, !self.paused, journal, replay)))
    }

    /// Listens on loopback.
    pub(super) async fn listen(&self) -> Result<TcpListener, Failure> {
        let address = ("127.0.0.1", self.port);
        let listener = TcpListener::bind(address).await;
        listener.map_err(|error| Failure::Outside(format!("cannot listen on 127.0.0.1:{}: {error}", self.port)))
    }

    /// Serves until Ctrl-C, a signal to end, or the server's own end; then says what was seen.
    pub(super) async fn serve(
        &self,
        director: &Arc<Director>,
        server: impl Future<Output = std::io::Result<()>>,
        notes: &mut dyn Write,
    ) -> Result<(), Failure> {
        let view = (self.view && std::io::stderr().is_terminal()).then(|| view::show(Arc::clone(director)));
        let ended = tokio::select! {
            ended = server => ended,
            stopped = stop() => stopped,
        };
        if let Some(view) = view {
            view.abort();
        }
        writeln!(notes, "\n{}", said(director))?;
        ended.map_err(Failure::from)
    }
}

/// Ctrl-C, or what supervisors send.
async fn stop() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        let mut ended = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            stopped = tokio::signal::ctrl_c() => stopped,
            _ = ended.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

/// What came of a run, in a line.
fn said(director: &Director) -> String {
    let struck: u64 = director.counts().values().map(|count| count.struck).sum();
    format!("{} calls, of which {struck} met a fault", director.calls())
}
