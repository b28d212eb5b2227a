//! The open loop: every request at its time, whatever became of those before.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::chaos::scenario::Client;
use crate::chaos::{Observation, Scenario};
use crate::clock::Moment;

use super::judge::{by_length, lengths_tell};
use super::run::{Run, Stopped};
use super::user::{Came, Users};
use super::watch::Watch;
use super::{Endpoint, LoadError, Stage};

/// How a run goes on, for whoever shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Requests that were sent.
    pub sent: u64,
    /// Requests that have ended.
    pub ended: u64,
    /// Of those, the ones that were not answered well.
    pub amiss: u64,
}

/// Runs a scenario against an endpoint: all its requests at their times, with the faults set at the stage, where
/// there is one. Ends when the last request has ended, when an abort condition holds, or when `interrupted` is
/// ready; requests that are under way then are dropped.
///
/// # Errors
/// Fails when the HTTP client cannot be made or the stage does not answer.
pub async fn drive(
    scenario: &Scenario,
    speed: f64,
    endpoint: Endpoint,
    stage: Option<&Stage>,
    interrupted: BoxFuture<'_, ()>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Run, LoadError> {
    let http = http(&scenario.traffic.client)?;
    if let Some(stage) = stage {
        stage.set(&http, scenario).await?;
    }
    let users = Arc::new(Users {
        endpoint,
        client: scenario.traffic.client.clone(),
        patience: scenario.traffic.patience,
        seed: scenario.seed,
        began: Moment::now(),
        http: http.clone(),
    });
    let (came, stopped) = all(scenario, users, interrupted, progress).await;
    let mut provider_calls = None;
    if let Some(stage) = stage {
        provider_calls = stage.calls(&http).await?;
        stage.clear(&http).await?;
    }
    let fault = scenario.fault_span();
    Ok(Run {
        scenario: scenario.name.clone(),
        requests: judged(came, fault.map(|(begin, _)| begin)),
        lasts: scenario.traffic.lasts,
        fault,
        speed,
        provider_calls,
        stopped,
    })
}

pub(in crate::chaos) fn http(client: &Client) -> Result<reqwest::Client, LoadError> {
    // A second installation fails, and changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .tcp_nodelay(true)
        .user_agent(concat!("aisys/", env!("CARGO_PKG_VERSION")));
    if let Some(connect) = client.connect {
        builder = builder.connect_timeout(connect);
    }
    builder
        .build()
        .map_err(|error| LoadError::Target(format!("cannot make an HTTP client: {error}")))
}

async fn all(
    scenario: &Scenario,
    users: Arc<Users>,
    mut interrupted: BoxFuture<'_, ()>,
    progress: &mut dyn FnMut(Progress),
) -> (Vec<Came>, Option<Stopped>) {
    let (sender, mut receiver) = mpsc::unbounded_channel::<Came>();
    let mut tasks = JoinSet::new();
    let mut requests = scenario.requests().peekable();
    let mut watch = Watch::new(scenario.abort);
    let mut came = Vec::new();
    let mut shown = Progress {
        sent: 0,
        ended: 0,
        amiss: 0,
    };
    loop {
        let next = requests.peek().map(|request| users.began.after(request.at));
        if next.is_none() && shown.ended == shown.sent {
            return (came, None);
        }
        let due = async {
            match next {
                Some(moment) => moment.reached().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = &mut interrupted => return (came, Some(Stopped::Interrupted)),
            Some(one) = receiver.recv() => {
                shown.ended += 1;
                shown.amiss += u64::from(!is_good(&one.observation));
                let stop = watch.saw(&one.observation);
                came.push(one);
                if stop.is_some() {
                    return (came, stop);
                }
                while tasks.try_join_next().is_some() {}
            }
            () = due => {
                if let Some(request) = requests.next() {
                    let (users, sender) = (Arc::clone(&users), sender.clone());
                    tasks.spawn(async move {
                        let _ = sender.send(users.ask(request).await);
                    });
                    shown.sent += 1;
                }
            }
        }
        progress(shown);
    }
}

fn is_good(request: &Observation) -> bool {
    use crate::chaos::observation::Seen;
    matches!(request.seen, Seen::Answered | Seen::Cached | Seen::Degraded)
}

/// The requests in order, judged by their lengths where those of the healthy ones are faithful.
fn judged(mut came: Vec<Came>, fault: Option<std::time::Duration>) -> Vec<Observation> {
    came.sort_by_key(|one| one.observation.id);
    let healthy = came
        .iter()
        .filter(|one| fault.is_none_or(|begin| u128::from(one.observation.end.0) < begin.as_nanos()));
    let lengths: Vec<_> = healthy.filter_map(|one| one.length).collect();
    let tells = lengths_tell(&lengths);
    came.into_iter()
        .map(
            |Came {
                 mut observation,
                 length,
             }| {
                if let Some(length) = length.filter(|_| tells) {
                    observation.seen = by_length(observation.seen, length);
                }
                observation
            },
        )
        .collect()
}
