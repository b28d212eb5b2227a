//! [`Limits`] for tasks that wait.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::limits::{Admission, LimitSettings, Limits, Outcome, Started};
use crate::clock::Moment;
use crate::wire::LimitHints;

/// Lets calls in by turns. Calls that are tried again go before calls that have not begun, whose deadline
/// does not run yet.
#[derive(Debug)]
pub struct Limiter {
    limits: Mutex<Limits>,
    start: Moment,
    /// New calls stand here, so that only the first of them competes with those tried again.
    line: tokio::sync::Mutex<()>,
    /// Whoever holds it is next.
    head: tokio::sync::Mutex<()>,
    ended: Notify,
}

impl Limiter {
    /// A limiter without history.
    #[must_use]
    pub fn new(settings: LimitSettings) -> Self {
        Self {
            limits: Mutex::new(Limits::new(settings)),
            start: Moment::now(),
            line: tokio::sync::Mutex::new(()),
            head: tokio::sync::Mutex::new(()),
            ended: Notify::new(),
        }
    }

    /// Waits until a call of about so many tokens may begin. `again`: it was refused or failed before.
    pub async fn enter(&self, tokens: u64, again: bool) -> Permit<'_> {
        let _line = if again { None } else { Some(self.line.lock().await) };
        let _head = self.head.lock().await;
        loop {
            let admission = self.limits().try_start(self.start.elapsed(), tokens);
            match admission {
                Admission::Start(call) => {
                    return Permit {
                        limiter: self,
                        call: Some(call),
                    };
                }
                Admission::WaitForEnd => self.ended.notified().await,
                Admission::WaitUntil(until) => {
                    // What is learnt meanwhile may move that moment, only away.
                    self.start.after(until).reached().await;
                }
            }
        }
    }

    /// How long the provider has refused everything.
    pub fn refusing_for(&self) -> Duration {
        self.limits().refusing_for(self.start.elapsed())
    }

    /// How many calls may run now.
    pub fn allowed(&self) -> usize {
        self.limits().allowed()
    }

    fn limits(&self) -> std::sync::MutexGuard<'_, Limits> {
        // The state is whole after every step, so that a panic elsewhere spoils nothing.
        self.limits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self, call: Started, outcome: Outcome, hints: &LimitHints) {
        self.limits().end(self.start.elapsed(), call, outcome, hints);
        self.ended.notify_one();
    }
}

/// The right to make one attempt. Dropped, it counts as an attempt that says nothing.
#[derive(Debug)]
pub struct Permit<'a> {
    limiter: &'a Limiter,
    call: Option<Started>,
}

impl Permit<'_> {
    /// The attempt is over.
    pub fn done(mut self, outcome: Outcome, hints: &LimitHints) {
        if let Some(call) = self.call.take() {
            self.limiter.end(call, outcome, hints);
        }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if let Some(call) = self.call.take() {
            self.limiter.end(call, Outcome::Other, &LimitHints::default());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_pace_is_kept_and_all_get_in() {
        let limiter = Arc::new(Limiter::new(LimitSettings {
            concurrency: 3,
            requests_per_minute: Some(60.0),
            tokens_per_minute: None,
        }));
        let begun = Moment::now();
        let tasks: Vec<_> = (0..10)
            .map(|_| {
                let limiter = Arc::clone(&limiter);
                tokio::spawn(async move {
                    let permit = limiter.enter(1, false).await;
                    let at = begun.elapsed();
                    permit.done(Outcome::Answered, &LimitHints::default());
                    at
                })
            })
            .collect();
        let mut seconds = Vec::new();
        for task in tasks {
            seconds.push(task.await.unwrap().as_secs());
        }
        assert_eq!(seconds, (0..10).collect::<Vec<u64>>());
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_tried_again_goes_first_and_a_dropped_one_makes_room() {
        let limiter = Arc::new(Limiter::new(LimitSettings {
            concurrency: 1,
            ..LimitSettings::default()
        }));
        let first = limiter.enter(1, false).await;
        let order = Arc::new(Mutex::new(Vec::new()));
        let enter = |name: &'static str, again| {
            let (limiter, order) = (Arc::clone(&limiter), Arc::clone(&order));
            tokio::spawn(async move {
                let permit = limiter.enter(1, again).await;
                order.lock().unwrap().push(name);
                drop(permit);
            })
        };
        let tasks = [enter("new 1", false), enter("new 2", false)];
        tokio::task::yield_now().await;
        let again = enter("again", true);
        tokio::task::yield_now().await;
        drop(first);
        for task in tasks {
            task.await.unwrap();
        }
        again.await.unwrap();
        assert_eq!(*order.lock().unwrap(), ["new 1", "again", "new 2"]);
    }
}
