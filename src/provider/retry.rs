//! Attempts until an answer, a final error or the deadline.

use std::time::Duration;

use super::backoff::pause;
use super::exchange::{Failure, milliseconds};
use super::limiter::Limiter;
use super::limits::Outcome;
use super::{CallError, CallErrorKind};
use crate::clock::Moment;
use crate::rng::Chance;
use crate::wire::LimitHints;

/// How long and how often a call is tried.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Patience {
    /// The most time for one attempt.
    pub attempt: Duration,
    /// The most time for the whole call from its first attempt on, pauses included.
    pub total: Duration,
    /// The most attempts. Refusals for too many requests do not count: they end with the deadline.
    pub attempts: u32,
    /// Refusals count as well.
    pub counts_refusals: bool,
    /// One attempt and no more, refusals included, that waits for nobody.
    pub once: bool,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            attempt: Duration::from_mins(2),
            total: Duration::from_mins(10),
            attempts: 5,
            counts_refusals: false,
            once: false,
        }
    }
}

/// What a call took.
#[derive(Debug)]
pub struct Tried<T> {
    /// The answer.
    pub got: T,
    /// How many attempts it took.
    pub attempts: u32,
    /// From the first attempt to the answer, pauses included.
    pub latency_ms: f64,
}

/// Tries until an answer comes. `tokens` is about what one attempt uses, `seed` determines the pauses.
///
/// # Errors
/// Fails as the last attempt did: with what no further attempt would mend, after the last one, or at the deadline.
pub async fn retried<T, F, A>(
    provider: &str,
    limiter: &Limiter,
    patience: Patience,
    tokens: u64,
    seed: u64,
    mut attempt: F,
) -> Result<Tried<T>, CallError>
where
    F: FnMut() -> A,
    A: Future<Output = Result<(T, LimitHints), Failure>>,
{
    if patience.once {
        return single(provider, attempt()).await;
    }
    let mut chance = Chance::seeded(seed, "retry");
    let mut attempts = 0;
    let mut failures = 0;
    let mut refusals = 0;
    let mut permit = limiter.enter(tokens, false).await;
    // Waiting in line is the limiter's doing: neither latency nor deadline counts it.
    let begun = Moment::now();
    let deadline = begun.after(patience.total);
    loop {
        attempts += 1;
        let limit = patience.attempt.min(deadline.remaining());
        let outcome = tokio::time::timeout(limit, attempt()).await.unwrap_or_else(|_| {
            Err(Failure::new(
                CallErrorKind::Timeout,
                format!("no whole answer within {:.1} s", limit.as_secs_f64()),
            ))
        });
        let failure = match outcome {
            Ok((got, hints)) => {
                permit.done(Outcome::Answered, &hints);
                return Ok(Tried {
                    got,
                    attempts,
                    latency_ms: milliseconds(begun),
                });
            }
            Err(failure) => failure,
        };
        let refused = matches!(failure.kind, CallErrorKind::RateLimited | CallErrorKind::Overloaded);
        let said = if refused {
            Outcome::Refused(failure.retry_after)
        } else {
            Outcome::Other
        };
        permit.done(said, &failure.hints);
        if failure.kind == CallErrorKind::RateLimited {
            refusals += 1;
        } else {
            failures += 1;
        }
        // Never shorter than asked; the jitter keeps those apart that were told the same.
        let wait = failure.retry_after.unwrap_or_default() + pause(&mut chance, failures + refusals);
        let counted = if patience.counts_refusals { attempts } else { failures };
        let hopeless =
            !failure.kind.retryable() || counted >= patience.attempts || limiter.refusing_for() > patience.total;
        if hopeless || wait >= deadline.remaining() {
            return Err(error(provider, &failure, attempts));
        }
        tokio::time::sleep(wait).await;
        let Ok(next) = tokio::time::timeout(deadline.remaining(), limiter.enter(tokens, true)).await else {
            return Err(error(provider, &failure, attempts));
        };
        permit = next;
    }
}

/// One attempt; its caller limits its time.
async fn single<T>(
    provider: &str,
    attempt: impl Future<Output = Result<(T, LimitHints), Failure>>,
) -> Result<Tried<T>, CallError> {
    let begun = Moment::now();
    let (got, _) = attempt.await.map_err(|failure| error(provider, &failure, 1))?;
    Ok(Tried {
        got,
        attempts: 1,
        latency_ms: milliseconds(begun),
    })
}

fn error(provider: &str, failure: &Failure, attempts: u32) -> CallError {
    let times = if attempts == 1 {
        String::new()
    } else {
        format!(", after {attempts} attempts")
    };
    let wait = failure
        .retry_after
        .map(|wait| format!(", it asks to wait {:.0} s", wait.as_secs_f64()))
        .unwrap_or_default();
    CallError {
        kind: failure.kind,
        provider: provider.to_owned(),
        message: format!("{}{wait}{times}", failure.message),
        status: failure.status,
        retry_after: failure.retry_after,
        attempts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::limits::LimitSettings;

    fn failure(kind: CallErrorKind, wait: Option<u64>) -> Failure {
        Failure {
            retry_after: wait.map(Duration::from_secs),
            ..Failure::new(kind, "no")
        }
    }

    async fn run(patience: Patience, mut script: Vec<Failure>) -> (Result<Tried<&'static str>, CallError>, Duration) {
        let limiter = Limiter::new(LimitSettings::default());
        let begun = Moment::now();
        script.reverse();
        let tried = retried("p", &limiter, patience, 10, 1, || {
            std::future::ready(match script.pop() {
                Some(failure) => Err(failure),
                None => Ok(("answer", LimitHints::default())),
            })
        })
        .await;
        (tried, begun.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn what_can_pass_is_tried_again_and_what_cannot_is_not() {
        let (tried, _) = run(
            Patience::default(),
            vec![
                failure(CallErrorKind::Server, None),
                failure(CallErrorKind::Garbage, None),
            ],
        )
        .await;
        assert_eq!(tried.map(|it| it.attempts).ok(), Some(3));
        let (tried, took) = run(Patience::default(), vec![failure(CallErrorKind::ContextLength, None)]).await;
        let error = tried.err().unwrap();
        assert_eq!(
            (error.kind, error.attempts, took),
            (CallErrorKind::ContextLength, 1, Duration::ZERO)
        );
        let many = (0..9).map(|_| failure(CallErrorKind::Server, None)).collect();
        let (tried, _) = run(Patience::default(), many).await;
        assert_eq!(tried.err().map(|it| it.attempts), Some(5));
    }

    #[tokio::test(start_paused = true)]
    async fn refusals_are_waited_out_up_to_the_deadline_and_no_longer() {
        let many = (0..20).map(|_| failure(CallErrorKind::RateLimited, Some(5))).collect();
        let (tried, took) = run(Patience::default(), many).await;
        assert_eq!(tried.map(|it| it.attempts).ok(), Some(21));
        assert!(took >= Duration::from_secs(100), "{took:?}");
        let (tried, took) = run(
            Patience::default(),
            vec![failure(CallErrorKind::RateLimited, Some(3_600))],
        )
        .await;
        let error = tried.err().unwrap();
        assert_eq!((error.attempts, took), (1, Duration::ZERO));
        assert!(error.message.contains("3600 s"), "{}", error.message);
    }

    #[tokio::test(start_paused = true)]
    async fn refusals_count_where_they_are_to_count() {
        let limiter = Limiter::new(LimitSettings::default());
        let patience = Patience {
            attempts: 3,
            counts_refusals: true,
            ..Patience::default()
        };
        let refused = || async { Err::<((), LimitHints), _>(Failure::new(CallErrorKind::RateLimited, "slow down")) };
        let tried = retried("p", &limiter, patience, 10, 1, refused).await;
        assert_eq!(tried.err().unwrap().attempts, 3);
    }

    #[tokio::test(start_paused = true)]
    async fn silence_ends_with_the_attempt_and_with_the_call() {
        let limiter = Limiter::new(LimitSettings::default());
        let patience = Patience {
            attempt: Duration::from_secs(6),
            total: Duration::from_secs(15),
            attempts: 10,
            ..Patience::default()
        };
        let begun = Moment::now();
        let silent = std::future::pending::<Result<((), LimitHints), Failure>>;
        let tried = retried("p", &limiter, patience, 10, 1, silent).await;
        let error = tried.err().unwrap();
        assert_eq!(error.kind, CallErrorKind::Timeout);
        assert!(
            error.attempts >= 2 && begun.elapsed() <= Duration::from_secs(15),
            "{error:?}"
        );
    }
}
