use super::*;
use crate::chaos::Observation;
use crate::chaos::observation::{Hollow, Seen as Saw};
use crate::pipeline::policy::{Failure, Tick};

fn observation(id: u64, second: f64, wait: f64, seen: Saw) -> Observation {
    let tick = |seconds: f64| Tick::ZERO.after(Duration::from_secs_f64(seconds));
    let answered = !matches!(seen, Saw::Failed(_) | Saw::GaveUp);
    Observation {
        id,
        at: tick(second),
        first_token: answered.then(|| tick(second + wait)),
        end: tick(second + wait + if answered { 2.0 } else { 0.0 }),
        seen,
        by: answered.then_some(0),
        calls: 1,
        cost_usd: 0.01,
        attempts: Vec::new(),
    }
}

/// One request a second for ten minutes; `seen` says what becomes of each.
fn run(seen: impl Fn(u64) -> (f64, Saw)) -> Vec<Observation> {
    (0..600_u32)
        .map(|second| {
            let (wait, saw) = seen(u64::from(second));
            observation(u64::from(second), f64::from(second), wait, saw)
        })
        .collect()
}

fn seen(requests: &[Observation]) -> Seen<'_> {
    Seen {
        requests,
        lasts: Duration::from_secs(600),
        fault: Some((Duration::from_secs(180), Duration::from_secs(300))),
        answers_by: &|by, name| by == 0 && name == "openai",
    }
}

fn check(text: &str, requests: &[Observation]) -> Verdict {
    let healthy = run(|_| (0.5, Saw::Answered));
    Hypothesis::parse(text)
        .unwrap()
        .check(&seen(requests), Some(&seen(&healthy)))
}

/// From second 200 to 259 every second request fails.
fn broken() -> Vec<Observation> {
    run(|second| match second {
        200..260 if second % 2 == 0 => (3.0, Saw::Failed(Failure::Connect)),
        200..260 => (9.0, Saw::Answered),
        _ => (0.5, Saw::Answered),
    })
}

#[test]
fn known_answers() {
    let requests = broken();
    for (text, holds, value) in [
        ("users_answered >= 99.9%", false, 0.95),
        ("users_answered >= 95%", true, 0.95),
        ("failed <= 5%", true, 0.05),
        ("p50_first_token <= 500ms", true, 0.5),
        ("p99_first_token <= 7s", false, 9.0),
        ("cost <= 1.5 x baseline", true, 6.0),
        ("cost < baseline", false, 6.0),
        ("cost_per_hour <= $36", true, 36.0),
        ("calls_per_request <= 2", true, 1.0),
        ("hollow == 0", true, 0.0),
        ("by(openai) >= 99%", true, 1.0),
        ("no user sees an error", false, 0.05),
        ("users_answered >= 50% in every minute", true, 36.0 / 60.0),
        ("users_answered >= 75% during the fault", true, 0.75),
        ("users_answered == 100% after the fault", true, 1.0),
        ("recovers within 60s", true, 0.0),
    ] {
        let verdict = check(text, &requests);
        assert_eq!(verdict.holds, holds, "{verdict:?}");
        assert!((verdict.value.unwrap() - value).abs() < 1e-9, "{verdict:?}");
    }
}

#[test]
fn the_first_minute_and_a_request_show_a_violation() {
    let requests = broken();
    let verdict = check("no user sees an error", &requests);
    assert_eq!((verdict.first_violation, verdict.unlucky), (Some(3), Some(200)));
    let verdict = check("p99_first_token <= 7s", &requests);
    assert_eq!((verdict.first_violation, verdict.unlucky), (Some(3), Some(201)));
    let held = check("hollow == 0", &requests);
    assert_eq!((held.first_violation, held.unlucky), (None, None));
}

#[test]
fn a_user_who_gives_up_has_waited_all_the_same() {
    let requests = run(|second| {
        if second < 30 {
            (30.0, Saw::GaveUp)
        } else {
            (0.5, Saw::Answered)
        }
    });
    let verdict = check("p99_first_token <= 7s", &requests);
    assert!(!verdict.holds && (verdict.value.unwrap() - 30.0).abs() < 1e-9);
    assert!(!check("no user gives up", &requests).holds);
}

#[test]
fn what_looks_finished_and_is_not_is_no_answer() {
    let requests = run(|second| {
        if second == 77 {
            (0.5, Saw::Hollow(Hollow::Truncated))
        } else {
            (0.5, Saw::Answered)
        }
    });
    let verdict = check("hollow == 0", &requests);
    assert_eq!(
        (verdict.holds, verdict.first_violation, verdict.unlucky),
        (false, Some(1), Some(77))
    );
    assert!(!check("every user is answered", &requests).holds);
}

#[test]
fn recovery_is_when_it_is_well_again() {
    // Amiss until second 345, 45 s after the fault: the fifth window is still bad, the sixth is well.
    let requests = run(|second| {
        if (180..345).contains(&second) {
            (2.0, Saw::Failed(Failure::Connect))
        } else {
            (0.5, Saw::Answered)
        }
    });
    let verdict = check("recovers within 60s", &requests);
    assert_eq!((verdict.holds, verdict.value), (true, Some(50.0)));
    assert!(!check("recovers within 49s", &requests).holds);
    let never = run(|second| {
        if second < 180 {
            (0.5, Saw::Answered)
        } else {
            (5.0, Saw::Answered)
        }
    });
    let verdict = check("recovers within 60s", &never);
    assert_eq!((verdict.holds, verdict.value), (false, None));
}

#[test]
fn nothing_seen_proves_nothing() {
    assert!(!check("users_answered >= 1%", &[]).holds);
    let alone = Hypothesis::parse("cost <= 2 x baseline").unwrap();
    assert!(!alone.check(&seen(&broken()), None).holds);
}

#[test]
fn what_is_no_hypothesis_says_what_is() {
    for (text, words) in [
        ("users are happy", "a hypothesis is"),
        ("user_answered >= 99%", "did you mean `users_answered`"),
        ("users_answered >= lots", "a share such as"),
        ("p99_first_token <= 7 parsecs", "a duration such as"),
        ("p101_end <= 7s", "there is no measure"),
        ("recovers within 60s during the fault", "no other time"),
    ] {
        let error = Hypothesis::parse(text).unwrap_err();
        assert!(error.contains(words), "{text}: {error}");
    }
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_text_breaks_the_grammar(text in ".{0,60}") {
            let _ = Hypothesis::parse(&text);
        }

        #[test]
        fn shares_add_up_and_the_order_of_requests_is_nothing(
            kinds in prop::collection::vec(0_u8..4, 1..200),
            turn in 0_usize..200,
        ) {
            let mut requests: Vec<Observation> = kinds.iter().zip(0_u32..).map(|(kind, id)| {
                let saw = match kind {
                    0 => Saw::Answered,
                    1 => Saw::Failed(Failure::Connect),
                    2 => Saw::GaveUp,
                    _ => Saw::Hollow(Hollow::Empty),
                };
                observation(u64::from(id), f64::from(id) * 3.0, 1.0, saw)
            }).collect();
            let values = |requests: &[Observation]| {
                ["answered >= 0%", "failed >= 0%", "gave_up >= 0%", "hollow >= 0%", "p95_end <= 1s"]
                    .map(|text| check(text, requests).value.unwrap())
            };
            let before = values(&requests);
            prop_assert!((before[..4].iter().sum::<f64>() - 1.0).abs() < 1e-9);
            let by = turn % requests.len();
            requests.rotate_left(by);
            prop_assert_eq!(before, values(&requests));
        }
    }
}
