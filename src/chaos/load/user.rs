//! One user: a request at its time, the client's tries, the user's patience.

use std::time::Duration;

use crate::chaos::Observation;
use crate::chaos::live::marks::digest;
use crate::chaos::observation::{Attempt, Seen};
use crate::chaos::scenario::{Client, Jitter, Request, TooLong};
use crate::clock::Moment;
use crate::pipeline::policy::{Failure, Limit, Tick};
use crate::rng::Chance;

use super::Endpoint;
use super::exchange::{Ending, Exchange, exchange};
use super::judge::{Length, judge, tokens};

/// What the chance of waits is for.
const WAITS: u64 = 0x7a17;

/// Who asks, and how.
#[derive(Debug)]
pub(in crate::chaos) struct Users {
    pub endpoint: Endpoint,
    pub http: reqwest::Client,
    pub client: Client,
    pub patience: Option<Duration>,
    pub seed: u64,
    /// When the run began.
    pub began: Moment,
}

/// What came of a request, and of its length.
#[derive(Debug, Clone)]
pub(in crate::chaos) struct Came {
    pub observation: Observation,
    pub length: Option<Length>,
    /// The question's number and the answer's digest.
    pub said: Option<(u64, String)>,
}

impl Users {
    fn now(&self) -> Tick {
        Tick::ZERO.after(self.began.elapsed())
    }

    fn tick(&self, moment: Moment) -> Tick {
        let ago = moment.elapsed();
        Tick::ZERO.after(self.began.elapsed().saturating_sub(ago))
    }

    /// Asks, and waits for what comes. All times count from the moment that the request was meant for.
    pub(in crate::chaos) async fn ask(&self, request: Request) -> Came {
        let at = Tick::ZERO.after(request.at);
        let meant = self.began.after(request.at);
        let mut observation = Observation {
            id: request.id,
            at,
            first_token: None,
            end: at,
            seen: Seen::GaveUp,
            by: None,
            calls: 0,
            cost_usd: 0.0,
            attempts: Vec::new(),
        };
        let last = self.tries(&request, &mut observation);
        let ended = match self.patience {
            None => Some(last.await),
            Some(patience) => patient(meant.after(patience), last).await,
        };
        observation.end = self.now();
        let (mut length, mut said) = (None, None);
        if let Some(exchange) = ended {
            observation.seen = judge(&exchange.ending);
            observation.first_token = match (&exchange.ending, exchange.first_token) {
                (_, Some(first)) => Some(self.tick(first)),
                (Ending::Answer { .. }, None) => Some(observation.end),
                (Ending::Failed(_), None) => None,
            };
            if let Ending::Answer { reply, .. } = &exchange.ending {
                length = Some(Length {
                    asked: request.output_tokens,
                    got: tokens(&reply.text),
                });
                said = Some((request.question, digest(&reply.text)));
                observation.by = Some(0);
            }
        }
        Came {
            observation,
            length,
            said,
        }
    }

    /// The client's tries, as its SDK makes them.
    async fn tries(&self, request: &Request, observation: &mut Observation) -> Exchange {
        let mut chance = Chance::numbered(self.seed, request.id, WAITS);
        let mut again = 0;
        loop {
            let Ok(prepared) = self.endpoint.request(request) else {
                return Exchange {
                    first_token: None,
                    status: None,
                    ending: Ending::Failed(Failure::Connect),
                };
            };
            observation.calls += 1;
            let begin = self.now();
            let seen = exchange(
                &self.http,
                &self.endpoint,
                prepared,
                request.streamed,
                self.client.timeout,
            )
            .await;
            let failure = match &seen.ending {
                Ending::Answer { .. } => None,
                Ending::Failed(failure) => Some(*failure),
            };
            let wait = failure.filter(|_| again < self.client.retries && seen.first_token.is_none());
            let wait = wait.and_then(|failure| wait_before(&self.client, &failure, again, &mut chance));
            observation.attempts.push(Attempt {
                deployment: 0,
                begin,
                first_token: seen.first_token.map(|first| self.tick(first)),
                end: self.now(),
                failure,
                status: seen.status,
                waited: wait.unwrap_or_default(),
            });
            let Some(wait) = wait else { return seen };
            Moment::now().after(wait).reached().await;
            again += 1;
        }
    }
}

/// The wait before the next try; `None`: there is none.
fn wait_before(client: &Client, failure: &Failure, again: u32, chance: &mut Chance) -> Option<Duration> {
    let asked = match failure {
        Failure::Connect | Failure::TimedOut(Limit::Connect | Limit::Total) => None,
        Failure::Status {
            status, retry_after, ..
        } if client.tries_again_after(*status) => *retry_after,
        _ => return None,
    };
    if let (Some(asked), Some(most)) = (asked, client.retry_after) {
        if asked <= most {
            return Some(asked);
        }
        if client.too_long == TooLong::GiveUp {
            return None;
        }
    }
    let own = client.wait(again);
    Some(match client.jitter {
        Jitter::None => own,
        Jitter::Shortens(share) => own.mul_f64(1.0 - share * chance.unit()),
        Jitter::Adds(most) => own + most.mul_f64(chance.unit()),
    })
}

/// What comes before the user's patience ends; `None`: nothing did.
async fn patient<T>(until: Moment, future: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        came = future => Some(came),
        () = until.reached() => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::policy::Refusal;

    fn refused(retry_after: Option<u64>) -> Failure {
        Failure::Status {
            status: 429,
            refusal: Refusal::Plain,
            retry_after: retry_after.map(Duration::from_secs),
        }
    }

    #[test]
    fn each_client_waits_as_its_sdk_does() {
        let mut chance = Chance::seeded(1, "test");
        let mut wait =
            |name: &str, failure: &Failure| wait_before(&Client::named(name).unwrap(), failure, 0, &mut chance);
        assert_eq!(wait("openai-python", &refused(Some(20))), Some(Duration::from_secs(20)));
        assert_eq!(wait("openai-python", &refused(Some(86_400))), None);
        let own = wait("anthropic", &refused(Some(86_400))).unwrap();
        assert!((375..=500).contains(&own.as_millis()), "{own:?}");
        assert_eq!(wait("vercel-ai", &refused(None)), Some(Duration::from_secs(2)));
        assert_eq!(wait("openai-python", &Failure::ErrorEvent), None);
    }
}
