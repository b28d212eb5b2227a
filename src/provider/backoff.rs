//! How long to pause before another attempt.

use std::time::Duration;

use crate::rng::Chance;

const FIRST: f64 = 0.5;
const LONGEST: f64 = 30.0;

/// A pause after so many failures (1 after the first): anything from 0 to `0.5 s · 2^(failures - 1)`, at
/// most 30 s. The "full jitter" of AWS, "Exponential Backoff And Jitter" (2015): it spreads callers best.
pub(super) fn pause(chance: &mut Chance, failures: u32) -> Duration {
    let exponent = failures.saturating_sub(1).min(16);
    let bound = (FIRST * f64::from(1_u32 << exponent)).min(LONGEST);
    Duration::from_secs_f64(chance.unit() * bound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_stay_bounded_and_repeat() {
        let draw = |failures| {
            let mut chance = Chance::seeded(3, "retry");
            (0..200).map(|_| pause(&mut chance, failures)).max().unwrap()
        };
        assert!(draw(1) <= Duration::from_millis(500));
        assert!(draw(1) > Duration::from_millis(400));
        assert!(draw(3) > Duration::from_secs(1) && draw(3) <= Duration::from_secs(2));
        assert!(draw(40) <= Duration::from_secs(30));
        assert_eq!(draw(5), draw(5));
    }
}
