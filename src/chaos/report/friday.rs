//! A Friday made up for tests: one provider slows down from 2 s to 45 s and then answers 529, a fallback takes
//! some of it, the rest of the users wait, fail or leave.

#![expect(clippy::cast_precision_loss, reason = "counts and minutes are small")]

use std::time::Duration;

use crate::chaos::observation::{Attempt, Hollow, Observation, Seen};
use crate::pipeline::policy::{Failure, Limit, Refusal, Tick};
use crate::rng::Chance;

use super::{
    Cause, ChaosReport, FaultWindow, Figures, Held, Life, LimitLine, Replications, Setting, Shown, Span, Tally, words,
};

const MINUTES: u64 = 30;
const PER_MINUTE: u64 = 120;
const PATIENCE: f64 = 30.0;
const TIMEOUT: f64 = 12.0;

fn tick(seconds: f64) -> Tick {
    Tick::ZERO.after(Duration::from_secs_f64(seconds.max(0.0)))
}

/// One request; `bad` is whether faults are on at all.
fn request(id: u64, bad: bool, seed: u64) -> Observation {
    let mut chance = Chance::seeded(seed, &format!("request {id}"));
    let at = (id as f64 + chance.unit()) * 60.0 / PER_MINUTE as f64;
    let minute = at / 60.0;
    let mut healthy = |median: f64| median * (0.5 * (chance.unit() + chance.unit() + chance.unit() - 1.5) * 2.0).exp();
    let (first, stream, other, gap) = (healthy(0.5), healthy(3.2), healthy(0.8), healthy(1.0));
    let chance_of = |share: f64, chance: &mut Chance| chance.unit() < share;
    let slow = bad && (10.0..22.0).contains(&minute);
    let added = if slow { 2.0 + 43.0 * (minute - 10.0) / 12.0 } else { 0.0 };
    let overloaded = bad && (14.0..22.0).contains(&minute) && chance_of(0.6, &mut chance);
    let fallback_full = bad && (15.0..23.5).contains(&minute) && chance_of(0.45, &mut chance);
    let cut = bad && (10.0..22.0).contains(&minute) && chance_of(0.05, &mut chance);
    let cached = chance_of(0.18, &mut chance);
    let mut seen = Observation {
        id,
        at: tick(at),
        first_token: None,
        end: tick(at),
        seen: Seen::Cached,
        by: None,
        calls: 0,
        cost_usd: 0.0,
        attempts: Vec::new(),
    };
    if cached {
        seen.first_token = Some(tick(at + 0.012));
        seen.end = tick(at + 0.03);
        return seen;
    }
    let mut now = at;
    let overload = |status| Failure::Status {
        status,
        refusal: Refusal::Plain,
        retry_after: (status == 429).then(|| Duration::from_secs(20)),
    };
    for (deployment, tries) in [(0, 3), (1, 2)] {
        for attempt in 0..tries {
            let first = if deployment == 0 { first + added } else { other };
            let failure = match deployment {
                0 if overloaded => Some((overload(529), 0.2 + gap * 0.1)),
                0 if first > TIMEOUT => Some((Failure::TimedOut(Limit::FirstToken), TIMEOUT)),
                1 if fallback_full => Some((overload(429), 0.15)),
                _ => None,
            };
            let wait = match failure {
                Some((Failure::Status { status: 429, .. }, _)) => 20.0,
                Some(_) if attempt + 1 < tries => gap * 2_f64.powi(attempt),
                _ => 0.0,
            };
            seen.calls += 1;
            seen.cost_usd += if failure.is_none() { 0.0042 } else { 0.0011 };
            let end = now + failure.map_or(first + stream, |(_, after)| after);
            let (first_at, failure) = (
                failure.is_none().then_some(now + first),
                failure.map(|(failure, _)| failure),
            );
            seen.attempts.push(Attempt {
                deployment,
                begin: tick(now),
                first_token: first_at.map(tick),
                end: tick(end),
                failure,
                status: match failure {
                    Some(Failure::Status { status, .. }) => Some(status),
                    Some(_) => None,
                    None => Some(200),
                },
                waited: Duration::from_secs_f64(wait),
            });
            if end - at > PATIENCE && first_at.is_none_or(|first| first - at > PATIENCE) {
                seen.seen = Seen::GaveUp;
                seen.end = tick(at + PATIENCE);
                return seen;
            }
            let Some(failure) = failure else {
                seen.first_token = first_at.map(tick);
                seen.end = tick(end);
                seen.by = Some(deployment);
                seen.seen = if cut {
                    Seen::Hollow(Hollow::Truncated)
                } else {
                    Seen::Answered
                };
                return seen;
            };
            seen.seen = Seen::Failed(failure);
            now = end + wait;
            seen.end = tick(end);
        }
    }
    seen
}

/// The requests of the day, with its faults or without.
pub(super) fn requests(bad: bool, seed: u64) -> impl Iterator<Item = Observation> {
    (0..MINUTES * PER_MINUTE).map(move |id| request(id, bad, seed))
}

fn tally(bad: bool, seed: u64) -> Tally {
    let mut tally = Tally::default();
    requests(bad, seed).for_each(|seen| tally.add(&seen));
    tally
}

/// What was run.
pub(super) fn setting() -> Setting {
    let fault = |label: &str, on: &str, spans: &[(f64, f64)]| FaultWindow {
        label: label.to_owned(),
        on: on.to_owned(),
        spans: spans
            .iter()
            .map(|(from, to)| Span {
                from_s: from * 60.0,
                to_s: to * 60.0,
            })
            .collect(),
    };
    Setting {
        scenario: "friday-afternoon".to_owned(),
        about: "The one provider slows down from 2 s to 45 s on a Friday afternoon, and then sheds load.".to_owned(),
        source: vec!["made up after several days of the kind".to_owned()],
        assumed: vec!["the share of 529 answers".to_owned()],
        system: "fixtures/litellm/config.yaml".to_owned(),
        seed: 7,
        traffic: "2 requests a second (evenly) for 30:00, 18% asked before".to_owned(),
        seconds: MINUTES as f64 * 60.0,
        faults: vec![
            fault("latency 2s..45s", "provider/openai", &[(10.0, 22.0)]),
            fault("529 for 60% of calls", "provider/openai", &[(14.0, 22.0)]),
            fault("429 retry-after 20 s", "provider/azure", &[(15.0, 23.5)]),
        ],
        deployments: vec!["openai/gpt-4o".to_owned(), "azure/gpt-4o".to_owned()],
        ..Setting::default()
    }
}

/// The report of the day.
pub(super) fn report() -> ChaosReport {
    let setting = setting();
    let (run, baseline) = (tally(true, 7), tally(false, 7));
    let (total, base) = (
        Figures::of(&run.total(), 1_800.0),
        Figures::of(&baseline.total(), 1_800.0),
    );
    let share = |it: &Figures| it.share(it.good()).unwrap();
    let p99 = |it: &Figures| it.first_token.unwrap().p99;
    let hourly = |it: &Figures| it.cost_per_hour().unwrap();
    let errors = |it: &Figures| it.share(it.failures()).unwrap();
    let first = |violates: &dyn Fn(&Figures) -> bool| {
        let found = run.steps().iter().position(|step| violates(&Figures::of(step, 60.0)));
        found.map(|step| step as f64 * 60.0)
    };
    let traced: Vec<Observation> = requests(true, 7).collect();
    let most_calls = traced
        .iter()
        .filter(|it| it.seen == Seen::GaveUp)
        .max_by_key(|it| it.calls)
        .unwrap();
    let failed = traced
        .iter()
        .filter(|it| matches!(it.seen, Seen::Failed(_)))
        .max_by_key(|it| it.end.since(it.at))
        .unwrap();
    let slowest = traced
        .iter()
        .filter(|it| it.seen == Seen::Answered)
        .max_by_key(|it| it.end.since(it.at))
        .unwrap();
    let held = |text: &str, holds: bool, value: String, baseline: String, first, unlucky: &Observation, limit| Held {
        text: text.to_owned(),
        place: Some("scenarios/friday.yaml:14:5".to_owned()),
        holds,
        value,
        baseline: Some(baseline),
        first_violation_s: first,
        unlucky: (!holds).then_some(unlucky.id),
        limit,
    };
    let line = |of, at| Some(LimitLine { of, at });
    let ceiling = 1.5 * hourly(&base);
    let hypotheses = vec![
        held(
            "users_answered >= 99.9%",
            share(&total) >= 0.999,
            words::share(share(&total)),
            words::share(share(&base)),
            first(&|it| share(it) < 0.999),
            most_calls,
            line(Shown::Answered, 0.999),
        ),
        held(
            "p99_first_token <= 7s",
            p99(&total) <= 7.0,
            words::seconds(p99(&total)),
            words::seconds(p99(&base)),
            first(&|it| p99(it) > 7.0),
            slowest,
            line(Shown::FirstToken, 7.0),
        ),
        held(
            "cost_per_hour <= 1.5 x baseline",
            hourly(&total) <= ceiling,
            words::usd(hourly(&total)),
            words::usd(hourly(&base)),
            first(&|it| hourly(it) > ceiling),
            failed,
            line(Shown::CostPerHour, ceiling),
        ),
        held(
            "no user sees an error",
            errors(&total) == 0.0,
            words::share(errors(&total)),
            words::share(errors(&base)),
            first(&|it| errors(it) > 0.0),
            failed,
            None,
        ),
    ];
    let life = |seen: &Observation, shows: &str| Life {
        shows: shows.to_owned(),
        patience_s: Some(PATIENCE),
        deadline_s: Some(7.0),
        causes: vec![
            Cause {
                text: "`timeout: 12` for each attempt".to_owned(),
                place: Some("config.yaml:8:7".to_owned()),
            },
            Cause {
                text: "`num_retries: 2`, each with a backoff".to_owned(),
                place: Some("config.yaml:11:3".to_owned()),
            },
            Cause {
                text: "retry-after is waited out".to_owned(),
                place: Some("LiteLLM 1.106.2, a default".to_owned()),
            },
        ],
        ..Life::of(seen, &setting)
    };
    let lives = vec![
        life(most_calls, "users_answered >= 99.9%"),
        life(failed, "no user sees an error"),
        life(slowest, "p99_first_token <= 7s"),
    ];
    let totals: Vec<Figures> = (1..=5)
        .map(|seed| Figures::of(&tally(true, seed).total(), 1_800.0))
        .collect();
    ChaosReport {
        replications: Some(Replications::of(&totals, 0.95, 7)),
        ..ChaosReport::new(setting.clone(), &run, Some(&baseline), hypotheses, lives)
    }
}
