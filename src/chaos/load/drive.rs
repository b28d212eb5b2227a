//! The open loop: every request at its time, whatever became of those before.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::chaos::live::Mark;
use crate::chaos::observation::{Hollow, Seen};
use crate::chaos::scenario::Client;
use crate::chaos::{Observation, Scenario};
use crate::clock::Moment;

use super::judge::{by_length, lengths_tell};
use super::run::{Run, Stopped};
use super::user::{Came, Users};
use super::watch::Watch;
use super::{Endpoint, LoadError, Stage};

/// How often the calls of the providers are counted.
const EVERY: Duration = Duration::from_secs(1);

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
    let began = Moment::now();
    let users = Arc::new(Users {
        endpoint,
        client: scenario.traffic.client.clone(),
        patience: scenario.traffic.patience,
        seed: scenario.seed,
        began,
        http: http.clone(),
    });
    let mut counted = Vec::new();
    let (came, stopped) = tokio::select! {
        biased;
        ended = all(scenario, users, interrupted, progress) => ended,
        never = count(stage, &http, began, &mut counted) => match never {},
    };
    let mut marks = None;
    if let Some(stage) = stage {
        let calls = stage.calls(&http).await?;
        counted.extend(calls.map(|calls| (began.elapsed(), calls)));
        marks = stage.marks(&http).await?;
        stage.clear(&http).await?;
    }
    let fault = scenario.fault_span();
    Ok(Run {
        scenario: scenario.name.clone(),
        requests: judged(
            came,
            fault.map(|(begin, _)| begin),
            marks.as_deref().unwrap_or_default(),
        ),
        lasts: scenario.traffic.lasts,
        fault,
        speed,
        counted,
        marked: marks.is_some(),
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

/// Notes how many calls the providers have got, again and again; ends never.
async fn count(
    stage: Option<&Stage>,
    http: &reqwest::Client,
    began: Moment,
    counted: &mut Vec<(Duration, u64)>,
) -> Infallible {
    let Some(stage) = stage else {
        return std::future::pending().await;
    };
    loop {
        Moment::now().after(EVERY).reached().await;
        // A stage that does not answer now may do so in a second.
        if let Ok(Some(calls)) = stage.calls(http).await {
            counted.push((began.elapsed(), calls));
        }
    }
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
    matches!(request.seen, Seen::Answered | Seen::Cached | Seen::Degraded)
}

/// The requests in order, judged by their lengths where those of the healthy ones are faithful, and by the marks of
/// whoever made them wrong.
fn judged(mut came: Vec<Came>, fault: Option<Duration>, marks: &[Mark]) -> Vec<Observation> {
    let marks: HashMap<(u64, &str), Hollow> = (marks.iter())
        .map(|mark| ((mark.question, mark.digest.as_str()), mark.hollow))
        .collect();
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
                 said,
             }| {
                if let Some(length) = length.filter(|_| tells) {
                    observation.seen = by_length(observation.seen, length);
                }
                let marked = said
                    .as_ref()
                    .and_then(|(question, digest)| marks.get(&(*question, digest)));
                if let (Seen::Answered, Some(hollow)) = (observation.seen, marked) {
                    observation.seen = Seen::Hollow(*hollow);
                }
                observation
            },
        )
        .collect()
}
