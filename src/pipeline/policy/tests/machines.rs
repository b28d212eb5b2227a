//! The state machines under a path: against their closed forms, and whatever happens to them.

use std::time::Duration;

use proptest::prelude::*;

use super::super::health::{Breaker, BreakerSettings, BreakerState, Bucket, CallBudget, Cooldown, Latency};
use super::super::*;
use super::drive::{ms, status};

fn at(milliseconds: u64) -> Tick {
    Tick::ZERO.after(ms(milliseconds))
}

#[test]
fn a_bucket_is_its_closed_form() {
    // Ten at once, two a second: a user who takes one every 100 ms gets floor(10 + 2 t) by the time t.
    let mut bucket = Bucket::full(10.0, 2.0);
    let mut taken = 0;
    for step in 0..=600_u64 {
        taken += u64::from(bucket.take(at(step * 100), 1.0));
        let closed = (10 + 2 * step / 10).min(step + 1);
        assert_eq!(taken, closed, "after {step} steps");
    }
    assert_eq!(bucket.until(at(60_000), 5.0), at(62_500));
    assert_eq!(bucket.until(at(60_000), 11.0), Tick::NEVER);
}

#[test]
fn a_breaker_opens_probes_and_closes() {
    let mut breaker = Breaker::new(BreakerSettings::default());
    for call in 0..5 {
        assert!(breaker.allows(at(call)));
        breaker.began(at(call));
        breaker.ended(at(call), at(call), true);
    }
    assert_eq!(breaker.state(at(5)), BreakerState::Open);
    assert!(!breaker.allows(at(2_003)));
    // Half open after two seconds: one probe at a time.
    let probe = at(2_004);
    assert!(breaker.allows(probe));
    breaker.began(probe);
    assert!(!breaker.allows(at(2_100)));
    breaker.ended(at(2_200), probe, true);
    // The second time for twice as long.
    assert!(!breaker.allows(at(6_199)));
    for again in [at(6_200), at(6_300)] {
        assert!(breaker.allows(again));
        breaker.began(again);
        breaker.ended(again, again, false);
    }
    assert_eq!(breaker.state(at(6_301)), BreakerState::Closed);
    // A probe that is cut off says nothing and makes room.
    breaker.open_until(at(10_000));
    breaker.began(at(10_000));
    assert!(!breaker.allows(at(10_001)));
    breaker.dropped(at(10_000));
    assert!(breaker.allows(at(10_002)));
}

#[test]
fn a_breaker_opens_at_its_share_of_failures_and_not_below() {
    let settings = BreakerSettings {
        consecutive: u32::MAX,
        ..BreakerSettings::default()
    };
    // Every third call fails: never. Every other one: with the tenth call.
    for (every, opened) in [(3, None), (2, Some(9))] {
        let mut breaker = Breaker::new(settings);
        let open = (0..1_000_u64).find(|call| {
            let now = at(call * 50);
            breaker.ended(now, now, call % every == every - 1);
            breaker.state(now) == BreakerState::Open
        });
        assert_eq!(open, opened);
    }
}

#[test]
fn what_is_usual_is_learnt_and_an_outage_is_not() {
    let mut latency = Latency::default();
    for call in 0..19 {
        latency.learn(ms(1_000 + call), false);
        assert_eq!(latency.quantile(0.95), None);
    }
    for call in 0..981 {
        latency.learn(ms(1_000 + call), false);
    }
    let usual = latency.quantile(0.95).unwrap().as_secs_f64();
    assert!((1.93..1.93 * 1.1).contains(&usual), "{usual}");
    for _ in 0..40 {
        latency.learn(ms(45_000), true);
    }
    let during = latency.quantile(0.95).unwrap().as_secs_f64();
    assert!(during < 2.4, "{during}");
    for _ in 0..2_000 {
        latency.learn(ms(45_000), true);
    }
    assert!(latency.quantile(0.95).unwrap() > ms(40_000));
}

#[test]
fn a_cooldown_follows_what_repetition_does_not_mend() {
    let policy = crate::system::Cooldown {
        enabled: true,
        allowed_fails: Some(3),
        time: ms(30_000),
    };
    let mut cooldown = Cooldown::of(&policy);
    assert_eq!(cooldown.ended(at(0), Some(&status(401)), true), Some(at(30_000)));
    let asked = |seconds| Failure::Status {
        status: 429,
        refusal: Refusal::Plain,
        retry_after: Some(Duration::from_secs(seconds)),
    };
    assert_eq!(cooldown.ended(at(0), Some(&asked(20)), true), Some(at(20_000)));
    assert_eq!(cooldown.ended(at(0), Some(&asked(86_400)), true), Some(at(600_000)));
    let ends: Vec<bool> = (0..4)
        .map(|call| cooldown.ended(at(call), Some(&status(500)), true).is_some())
        .collect();
    assert_eq!(ends, [false, false, false, true]);
    // Four failures among a thousand calls are no reason.
    for call in 0..1_000_u64 {
        let failed = call % 250 == 249;
        assert_eq!(
            cooldown.ended(at(100 + call), failed.then_some(&status(500)), failed),
            None
        );
    }
}

proptest! {
    /// No window of time sees more than the capacity and what came in meanwhile; no period of a paced bucket
    /// more than its amount.
    #[test]
    fn a_bucket_never_lets_more_through(
        amount in 1_u32..300,
        gaps in prop::collection::vec(0_u64..3_000, 1..400),
    ) {
        let period = Duration::from_secs(60);
        let mut bucket = Bucket::within(f64::from(amount), period);
        let mut now = Tick::ZERO;
        let mut taken: Vec<Tick> = Vec::new();
        for gap in gaps {
            now = now.after(ms(gap));
            while bucket.take(now, 1.0) {
                taken.push(now);
            }
        }
        for (first, begin) in taken.iter().enumerate() {
            let within = taken[first..].iter().take_while(|it| it.since(*begin) < period).count();
            prop_assert!(within <= amount as usize, "{within} of {amount}");
        }
    }

    /// Repetitions are bounded by their share, the floor and what was saved, in every window.
    #[test]
    fn a_budget_bounds_further_calls(
        share in 0.0_f64..0.5,
        floor in 0.0_f64..5.0,
        steps in prop::collection::vec((0_u64..500, any::<bool>()), 1..300),
    ) {
        let mut budget = CallBudget::new(share, floor, 10.0);
        let mut now = Tick::ZERO;
        let mut events: Vec<(Tick, bool)> = Vec::new();
        for (gap, first) in steps {
            now = now.after(ms(gap));
            if first {
                budget.earn(now);
                events.push((now, true));
            } else if budget.spend(now) {
                events.push((now, false));
            }
        }
        for begin in 0..events.len() {
            let (mut firsts, mut spent) = (0.0, 0.0);
            for (when, first) in &events[begin..] {
                if *first { firsts += 1.0 } else { spent += 1.0 }
                let most = 10.0 + share * firsts + floor * when.since(events[begin].0).as_secs_f64();
                prop_assert!(spent <= most + 1e-9, "{spent} of {most}");
            }
        }
    }

    /// While it is open nothing is let through, and half open never more than its probes.
    #[test]
    fn a_breaker_holds(steps in prop::collection::vec((0_u64..900, 0_u8..4), 1..400)) {
        let mut breaker = Breaker::new(BreakerSettings::default());
        let mut now = Tick::ZERO;
        let mut running: Vec<Tick> = Vec::new();
        let mut open_until = Tick::ZERO;
        for (gap, what) in steps {
            now = now.after(ms(gap));
            let before = breaker.state(now);
            if what < 2 {
                if breaker.allows(now) {
                    prop_assert_ne!(before, BreakerState::Open);
                    prop_assert!(now >= open_until);
                    breaker.began(now);
                    running.push(now);
                }
            } else if let Some(began) = running.pop() {
                breaker.ended(now, began, what == 2);
            }
            if before == BreakerState::Closed && breaker.state(now) == BreakerState::Open {
                open_until = now.after(BreakerSettings::default().open_for);
                running.clear();
            }
            if before == BreakerState::HalfOpen && breaker.state(now) == BreakerState::HalfOpen {
                let probes = running.iter().filter(|began| **began >= open_until).count();
                prop_assert!(probes <= 1, "{probes} probes");
            }
        }
    }
}
