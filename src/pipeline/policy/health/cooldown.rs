//! Which failures leave a deployment out at once, and for how long.

use std::time::Duration;

use crate::pipeline::policy::{Failure, Refusal, Tick};
use crate::system;

/// The longest `retry-after` that a deployment is left out for; what asks for more is asked again by a probe.
const LONGEST: Duration = Duration::from_mins(10);
/// Failures are counted over this time.
const MINUTE: Duration = Duration::from_mins(1);

/// The cooldown of one deployment: after more failures in a minute than are allowed, when they are most of its
/// calls, and at once after what no repetition mends.
#[derive(Debug, Clone, PartialEq)]
pub struct Cooldown {
    time: Duration,
    allowed: Option<u32>,
    since: Tick,
    calls: u32,
    failures: u32,
}

impl Cooldown {
    /// What a policy says.
    #[must_use]
    pub fn of(policy: &system::Cooldown) -> Self {
        Self {
            time: policy.time,
            allowed: (policy.allowed_fails)
                .filter(|_| policy.enabled)
                .map(|allowed| u32::try_from(allowed).unwrap_or(u32::MAX)),
            since: Tick::ZERO,
            calls: 0,
            failures: 0,
        }
    }

    /// A call has ended: until when the deployment is left out now, if it is.
    pub fn ended(&mut self, now: Tick, failure: Option<&Failure>, failed: bool) -> Option<Tick> {
        if now.since(self.since) >= MINUTE {
            (self.since, self.calls, self.failures) = (now, 0, 0);
        }
        self.calls += 1;
        self.failures += u32::from(failed);
        let too_many = self.allowed.is_some_and(|allowed| self.failures > allowed);
        let time = match failure {
            Some(Failure::Status {
                status,
                refusal,
                retry_after,
                ..
            }) => match (retry_after, refusal, status) {
                (Some(asked), _, 429 | 503 | 529) => Some((*asked).min(LONGEST)),
                (_, Refusal::Quota | Refusal::ModelGone, _) | (_, Refusal::Plain, 401..=404) => Some(self.time),
                _ => None,
            },
            _ => None,
        };
        let time = time.or_else(|| (failed && too_many && self.failures * 2 >= self.calls).then_some(self.time))?;
        (self.since, self.calls, self.failures) = (now, 0, 0);
        (!time.is_zero()).then(|| now.after(time))
    }
}
