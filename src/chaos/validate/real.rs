//! A configuration's cells on the real proxy.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};

use crate::chaos::Scenario;
use crate::chaos::emulate::{Answers, Emulator, run as serve};
use crate::chaos::live::{Director, Line};
use crate::chaos::load::{Came as Asked, Endpoint, LoadError, Users, by_length, http};
use crate::chaos::scenario::{Client, Target};
use crate::clock::Moment;
use crate::read::FormError;

use super::cell::emulated;
use super::configurations::ROUTE;
use super::faults::{CLOSED_PORT, EMULATOR_PORT};
use super::proxy::free_port;
use super::{Came, Cell, Configuration, Course, Litellm, ProxyError, multiplied};

/// From the start of one cell to that of the next: a proxy takes some 20 ms of a core for a request, and cells that
/// begin together would wait for one another.
const APART: Duration = Duration::from_millis(150);
/// How often a healthy request is sent.
const CONTROL: Duration = Duration::from_millis(700);
/// Requests that nobody counts, so that the proxy has loaded what it loads late.
const WARMING: usize = 3;

/// How it is measured.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The program.
    pub litellm: PathBuf,
    /// How long a client waits.
    pub patience: Duration,
    /// How many cells at once.
    pub jobs: usize,
}

/// Why nothing was measured.
#[derive(Debug, thiserror::Error)]
pub enum Interrupted {
    /// The proxy.
    #[error(transparent)]
    Proxy(#[from] ProxyError),
    /// The client.
    #[error(transparent)]
    Client(#[from] LoadError),
    /// The configuration or a fault.
    #[error(transparent)]
    Form(#[from] FormError),
    /// Ports of ours.
    #[error("cannot emulate providers: {0}")]
    Emulator(#[from] std::io::Error),
}

/// Providers that end with whoever made them.
struct Emulated {
    director: Arc<Director>,
    port: u16,
    server: JoinHandle<()>,
}

impl Emulated {
    async fn new(scenario: Scenario) -> Result<Self, Interrupted> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let director = Arc::new(Director::new(scenario, true, None, None));
        let emulator = Arc::new(Emulator {
            director: Arc::clone(&director),
            answers: Answers::Lorem(None),
            has_traffic: true,
        });
        // A listener that fails is seen by the proxy, which nobody answers then.
        let server = tokio::spawn(async move { drop(serve(listener, emulator).await) });
        Ok(Self { director, port, server })
    }
}

impl Drop for Emulated {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// What was seen of a configuration.
#[derive(Debug, Clone)]
pub struct Measured {
    /// What came of the requests of each cell, in the cells' order.
    pub cells: Vec<Vec<Came>>,
    /// What came of healthy requests, streamed and whole, all the while.
    pub healthy: Vec<Came>,
    /// The proxy's version.
    pub version: String,
}

/// Starts the proxy with a configuration, and sends the requests of all cells. `ended` is told of each cell that is
/// done.
///
/// # Errors
/// Fails when the proxy does not start.
pub async fn measure(
    configuration: &Configuration,
    cells: &[Cell],
    settings: &Settings,
    ended: &mut dyn FnMut(),
) -> Result<Measured, Interrupted> {
    let controls = Cell::controls(cells);
    let all_cells = [cells, &controls].concat();
    let http = http(&Client::default())?;
    let emulated = Emulated::new(emulated(&all_cells)?).await?;
    let closed = free_port()?;
    let base = |cell: &Cell| {
        let base = cell.fault.base?;
        let base = base.replace(CLOSED_PORT, &closed.to_string());
        Some(base.replace(EMULATOR_PORT, &emulated.port.to_string()))
    };
    let config = multiplied(configuration, &all_cells, &base)?;
    let providers = format!("http://127.0.0.1:{}/v1", emulated.port);
    let proxy = Litellm::start(&settings.litellm, &config, &providers, &http).await?;
    let version = proxy.version(&http).await.unwrap_or_default();
    let asker = Arc::new(Asker {
        http,
        url: proxy.url.clone(),
        key: proxy.key.clone(),
        director: Arc::clone(&emulated.director),
        patience: settings.patience,
    });
    for number in 0..WARMING {
        asker.cell(&controls[number % controls.len()]).await?;
    }
    let places = Arc::new(Semaphore::new(settings.jobs.max(1)));
    let mut tasks = JoinSet::new();
    let began = Moment::now();
    let mut due = Duration::ZERO;
    for (at, cell) in cells.iter().copied().enumerate() {
        let (asker, places) = (Arc::clone(&asker), Arc::clone(&places));
        let starts = began.after(due);
        due += APART;
        if cell.requests > 1 && cells.get(at + 1).is_some_and(|next| next.requests == 1) {
            // Until the last of them is through.
            due += cell.gap * cell.requests;
        }
        tasks.spawn(async move {
            starts.reached().await;
            let _place = places.acquire_owned().await;
            (at, asker.cell(&cell).await)
        });
    }
    let mut all: BTreeMap<usize, Vec<Came>> = BTreeMap::new();
    let mut healthy = Vec::new();
    let mut control = Box::pin(asker.control(&controls, &mut healthy));
    loop {
        tokio::select! {
            joined = tasks.join_next() => {
                let Some(Ok((at, came))) = joined else { break };
                all.insert(at, came?);
                ended();
            }
            stopped = &mut control => stopped?,
        }
    }
    drop(control);
    Ok(Measured {
        cells: all.into_values().collect(),
        healthy,
        version,
    })
}

/// Sends requests to a proxy.
struct Asker {
    http: reqwest::Client,
    url: String,
    key: String,
    director: Arc<Director>,
    patience: Duration,
}

/// One request as it was sent, on the emulator's clock.
struct Sent {
    asked: Asked,
    from: Duration,
    until: Duration,
}

impl Asker {
    fn users(&self, model: String, seed: u64) -> Result<Users, LoadError> {
        let target = Target {
            url: format!("{}/v1", self.url),
            model: Some(model),
            ..Target::default()
        };
        let environment = |_: &str| Some(self.key.clone());
        Ok(Users {
            endpoint: Endpoint::new(&target, &[], &environment)?,
            http: self.http.clone(),
            client: Client::default(),
            patience: Some(self.patience),
            seed,
            began: Moment::now(),
        })
    }

    /// Healthy requests for ever, so that what the proxy itself takes is known for this very time and machine.
    async fn control(&self, controls: &[Cell], seen: &mut Vec<Came>) -> Result<(), Interrupted> {
        for cell in controls.iter().cycle() {
            seen.extend(self.cell(cell).await?);
            Moment::now().after(CONTROL).reached().await;
        }
        Ok(())
    }

    /// The requests of a cell, each at its time.
    async fn cell(&self, cell: &Cell) -> Result<Vec<Came>, Interrupted> {
        let scenario = cell.scenario(self.patience)?;
        let users = Arc::new(self.users(format!("{}{ROUTE}", cell.prefix()), 1)?);
        let before = self.director.clock.at();
        let mut tasks = JoinSet::new();
        for request in scenario.requests() {
            let (users, director) = (Arc::clone(&users), Arc::clone(&self.director));
            tasks.spawn(async move {
                users.began.after(request.at).reached().await;
                let from = director.clock.at();
                let asked = users.ask(request).await;
                Sent {
                    asked,
                    from,
                    until: director.clock.at(),
                }
            });
        }
        let mut sent = Vec::new();
        while let Some(Ok(one)) = tasks.join_next().await {
            sent.push(one);
        }
        sent.sort_unstable_by_key(|sent| sent.asked.observation.id);
        let prefix = cell.prefix();
        let mut lines = self.director.last(usize::MAX);
        lines.retain(|line| line.at >= before.as_secs_f64() && line.model.starts_with(&prefix));
        Ok(attributed(cell, &sent, &lines))
    }
}

/// Gives each call to the request that was sent last before it and had not ended.
fn attributed(cell: &Cell, sent: &[Sent], lines: &[Line]) -> Vec<Came> {
    let prefix = cell.prefix();
    let owner = |line: &Line| {
        let within = |sent: &Sent| sent.from.as_secs_f64() <= line.at && line.at <= sent.until.as_secs_f64();
        sent.iter().rposition(within)
    };
    let owners: Vec<Option<usize>> = lines.iter().map(owner).collect();
    let of_request = |(at, sent): (usize, &Sent)| {
        let models = lines.iter().zip(&owners).filter(|(_, owner)| **owner == Some(at));
        let models: Vec<&str> = models.map(|(line, _)| &line.model[prefix.len()..]).collect();
        let mut calls = BTreeMap::new();
        for model in models.iter().filter(|model| cell.counts(model)) {
            *calls.entry((*model).to_owned()).or_insert(0) += 1;
        }
        let seen = &sent.asked.observation;
        let judged = match sent.asked.length {
            Some(length) => by_length(seen.seen, length),
            None => seen.seen,
        };
        let by = models.last().map(|model| (*model).to_owned());
        Came::of(seen, cell.streamed, Course::new(judged, by, calls))
    };
    sent.iter().enumerate().map(of_request).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chaos::observation::{Observation, Seen};
    use crate::chaos::validate::{CONFIGURATIONS, FAULTS, Outcome, cells};
    use crate::pipeline::policy::Tick;

    fn sent(id: u64, from: u64, until: u64) -> Sent {
        let tick = |seconds: u64| Tick::ZERO.after(Duration::from_secs(seconds));
        let observation = Observation {
            id,
            at: tick(from),
            first_token: None,
            end: tick(until),
            seen: Seen::Answered,
            by: None,
            calls: 1,
            cost_usd: 0.0,
            attempts: Vec::new(),
        };
        Sent {
            asked: Asked {
                observation,
                length: None,
                said: None,
            },
            from: Duration::from_secs(from),
            until: Duration::from_secs(until),
        }
    }

    #[test]
    fn a_call_belongs_to_the_request_that_was_under_way_and_the_last_one_answered() {
        let cell = cells(&CONFIGURATIONS[0], &FAULTS[..1])[0];
        let line = |at: f64, model: &str| -> Line {
            let model = format!("{}{model}", cell.prefix());
            let value = serde_json::json!({
                "number": 0, "at": at, "time": "", "api": "openai", "provider": "openai", "model": model,
                "path": "", "streamed": false, "faults": [], "met": ""
            });
            serde_json::from_value(value).unwrap()
        };
        let sent = [sent(0, 0, 3), sent(1, 5, 7)];
        // The gateway goes on for a user who has gone: that call is nobody's.
        let lines = [
            line(0.1, "primary"),
            line(1.0, "backup"),
            line(3.5, "primary"),
            line(5.1, "primary"),
        ];
        let came = attributed(&cell, &sent, &lines);
        assert_eq!(came[0].course.calls_shown(), "backup 1, primary 1");
        assert_eq!(came[0].course.seen_shown(), "answered by backup");
        assert_eq!(came[1].course.calls_shown(), "primary 1");
        assert_eq!(came[1].course.outcome, Outcome::Answered);
    }
}
