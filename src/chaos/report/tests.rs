//! Tallies against lists.

use std::time::Duration;

use proptest::prelude::*;

use super::friday;
use super::*;
use crate::chaos::observation::{Hollow, Observation, Seen};
use crate::pipeline::policy::{Failure, Limit, Refusal, Tick};
use crate::report::{Format, Report, Style, render};

fn observations() -> impl Strategy<Value = Vec<Observation>> {
    let seen = prop_oneof![
        Just(Seen::Answered),
        Just(Seen::Cached),
        Just(Seen::Degraded),
        Just(Seen::Hollow(Hollow::Truncated)),
        Just(Seen::Hollow(Hollow::Wrong)),
        Just(Seen::GaveUp),
        Just(Seen::Failed(Failure::TimedOut(Limit::Total))),
        (500_u16..530, 0_u64..60).prop_map(|(status, wait)| Seen::Failed(Failure::Status {
            status,
            refusal: Refusal::Plain,
            retry_after: Some(Duration::from_secs(wait)),
        })),
    ];
    let one = (
        0_u64..600_000,
        0_u64..90_000,
        0_u64..90_000,
        seen,
        prop::option::of(0_usize..4),
        0_u32..6,
        0.0..0.5_f64,
    );
    let one = one.prop_map(|(at, first, more, seen, by, calls, cost_usd)| Observation {
        id: at,
        at: Tick(at * 1_000_000),
        first_token: matches!(seen, Seen::Answered).then_some(Tick((at + first) * 1_000_000)),
        end: Tick((at + first + more) * 1_000_000),
        seen,
        by,
        calls,
        cost_usd,
        attempts: Vec::new(),
    });
    prop::collection::vec(one, 0..120)
}

fn tally(seen: &[Observation]) -> Tally {
    let mut tally = Tally::default();
    tally.extend(seen);
    tally
}

proptest! {
    #[test]
    fn parts_in_any_order_are_the_whole(seen in observations(), cuts in prop::collection::vec(0_usize..120, 3)) {
        let whole = tally(&seen);
        let part = |which: usize| {
            let mine = seen.iter().enumerate().filter(|(at, _)| (at + cuts[at % 3]) % 3 == which);
            tally(&mine.map(|(_, one)| one.clone()).collect::<Vec<_>>())
        };
        for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
            let mut sum = Tally::default();
            order.iter().for_each(|which| sum.absorb(&part(*which)));
            prop_assert_eq!(&sum, &whole);
        }
    }

    #[test]
    fn everybody_is_counted_once(seen in observations()) {
        let tally = tally(&seen);
        let total = tally.total();
        let parts = total.answered + total.cached + total.degraded + total.hollow() + total.failures() + total.gave_up;
        prop_assert_eq!(total.requests, seen.len() as u64);
        prop_assert_eq!(parts, total.requests);
        prop_assert_eq!(total.end.count(), total.requests);
        prop_assert_eq!(total.calls, seen.iter().map(|one| u64::from(one.calls)).sum::<u64>());
        let cost: f64 = seen.iter().map(|one| one.cost_usd).sum();
        prop_assert!((total.cost_usd() - cost).abs() < 1e-9);
        for (minute, counts) in tally.steps().iter().enumerate() {
            let mine = seen.iter().filter(|one| one.at.0 / 60_000_000_000 == minute as u64);
            prop_assert_eq!(counts.requests, mine.count() as u64);
        }
    }
}

fn rendered(report: &Report, format: Format) -> String {
    let mut out = Vec::new();
    render(report, format, Style::default(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn look() {
    let text = rendered(&report(&[friday::report()]), Format::Text);
    eprintln!("{text}");
    let two = friday::report();
    let mut three = friday::report();
    three.hypotheses.truncate(0);
    three.setting.scenario = "calm".into();
    eprintln!("{}", rendered(&report(&[two, three]), Format::Text));
    if let Ok(p) = std::env::var("AISYS_LOOK") {
        std::fs::write(p, rendered(&report(&[friday::report()]), Format::Html)).unwrap();
    }
}
