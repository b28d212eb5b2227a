//! When the user's client tries again.

use std::time::Duration;

use crate::chaos::scenario::{Client, Jitter, TooLong};
use crate::pipeline::policy::{Failure, Limit, Refusal};
use crate::rng::Chance;

/// How long a client waits before it tries again after so many tries; `None`: it does not. Nothing is tried again
/// once an answer has begun (all official SDKs).
pub(super) fn again(
    client: &Client,
    failure: &Failure,
    tries: u32,
    passed_on: bool,
    chance: &mut Chance,
) -> Option<Duration> {
    if tries > client.retries || passed_on {
        return None;
    }
    match failure {
        Failure::Status {
            status,
            refusal: Refusal::Plain | Refusal::Quota,
            ..
        } if client.tries_again_after(*status) => {}
        Failure::Connect | Failure::TimedOut(Limit::Connect | Limit::FirstToken | Limit::Total) => {}
        _ => return None,
    }
    if let Failure::Status {
        retry_after: Some(asked),
        ..
    } = failure
        && !asked.is_zero()
        && let Some(most) = client.retry_after
    {
        if *asked <= most {
            return Some(*asked);
        }
        if client.too_long == TooLong::GiveUp {
            return None;
        }
    }
    let own = client.wait(tries.saturating_sub(1));
    Some(match client.jitter {
        Jitter::None => own,
        Jitter::Shortens(share) => own.mul_f64(1.0 - share * chance.unit()),
        Jitter::Adds(most) => own + most.mul_f64(chance.unit()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, seconds: Option<u64>) -> Failure {
        Failure::Status {
            status,
            refusal: Refusal::Plain,
            retry_after: seconds.map(Duration::from_secs),
        }
    }

    #[test]
    fn waits_are_those_of_the_sdks() {
        let mut chance = Chance::seeded(1, "test");
        let openai = Client::named("openai-python").unwrap();
        let mut waits = |client: &Client, failure, tries| again(client, &failure, tries, false, &mut chance);
        assert_eq!(waits(&openai, refused(429, Some(20)), 1), Some(Duration::from_secs(20)));
        assert_eq!(waits(&openai, refused(429, Some(121)), 1), None);
        assert_eq!(waits(&openai, refused(400, None), 1), None);
        assert_eq!(waits(&openai, refused(503, None), 3), None);
        let own = waits(&openai, refused(529, None), 2).unwrap();
        assert!((0.75..=1.0).contains(&own.as_secs_f64()), "{own:?}");
        let anthropic = Client::named("anthropic").unwrap();
        let own = waits(&anthropic, refused(429, Some(61)), 1).unwrap();
        assert!(own <= Duration::from_millis(500), "{own:?}");
    }
}
