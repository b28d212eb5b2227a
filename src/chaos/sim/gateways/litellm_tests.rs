//! What `LiteLLM` 1.106.2 did under each fault, and what is simulated for the same configuration. Measured with one
//! request each behind a client that waits 20 s; "tuned" is `timeout: 6`, `stream_timeout: 6`, `num_retries: 1`,
//! `request_timeout: 6`.

use std::path::Path;

use crate::chaos::observation::{Hollow, Seen};
use crate::chaos::sim::{Setup, entry, simulate};
use crate::chaos::{Observation, Scenario};
use crate::source::SourceFile;
use crate::system::System;
use crate::system::prices::Prices;

/// What the user got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Got {
    Primary,
    Fallback,
    /// A part, and then an error inside the stream.
    Partial,
    /// A part that looks finished.
    Truncated,
    Empty,
    /// Something that lost what was asked, presented as an answer.
    Useless,
    Nothing,
}

use Got::{Empty, Fallback, Nothing, Partial, Primary, Truncated, Useless};

/// Seconds, calls of the primary, and what the user got.
type Row = (Got, f64, u32);

/// A fault; whether it is streamed; the row with defaults; the tuned row.
const TABLE: &[(&str, bool, Row, Row)] = &[
    ("answer: 500", false, (Fallback, 4.74, 3), (Fallback, 1.92, 2)),
    ("answer: 500", true, (Fallback, 4.14, 3), (Fallback, 2.37, 2)),
    ("html: 502", false, (Fallback, 4.56, 3), (Fallback, 2.45, 2)),
    ("html: 502", true, (Fallback, 4.39, 3), (Fallback, 2.37, 2)),
    ("answer: 503", false, (Fallback, 4.80, 3), (Fallback, 1.93, 2)),
    ("answer: 503", true, (Fallback, 4.46, 3), (Fallback, 1.74, 2)),
    ("answer: 529", false, (Fallback, 4.45, 3), (Fallback, 2.29, 2)),
    ("answer: 529", true, (Fallback, 4.50, 3), (Fallback, 2.65, 2)),
    (RETRY_AFTER_1, false, (Fallback, 4.50, 3), (Fallback, 2.69, 2)),
    (RETRY_AFTER_1, true, (Fallback, 5.00, 3), (Fallback, 2.63, 2)),
    (RETRY_AFTER_20, false, (Nothing, 20.0, 1), (Nothing, 20.0, 1)),
    (RETRY_AFTER_20, true, (Nothing, 20.0, 1), (Nothing, 20.0, 1)),
    ("answer: 429 quota", false, (Fallback, 4.38, 3), (Fallback, 2.23, 2)),
    ("answer: 429 quota", true, (Fallback, 4.18, 3), (Fallback, 2.29, 2)),
    ("answer: 401", false, (Fallback, 0.04, 1), (Fallback, 0.03, 1)),
    ("answer: 404", false, (Fallback, 0.04, 1), (Fallback, 0.03, 1)),
    (
        "answer: 400 context_length",
        false,
        (Fallback, 0.04, 1),
        (Fallback, 0.03, 1),
    ),
    (
        "answer: 400 context_length",
        true,
        (Fallback, 0.03, 1),
        (Fallback, 0.03, 1),
    ),
    ("html: 200", false, (Fallback, 4.55, 3), (Fallback, 2.42, 2)),
    ("html: 200", true, (Empty, 0.03, 1), (Empty, 0.01, 1)),
    ("hang: true", false, (Nothing, 20.0, 1), (Fallback, 13.96, 2)),
    ("hang: true", true, (Nothing, 20.0, 1), (Fallback, 14.81, 2)),
    ("reset: true", false, (Fallback, 4.47, 3), (Fallback, 1.89, 2)),
    ("reset: true", true, (Fallback, 4.63, 3), (Fallback, 1.67, 2)),
    ("closed: true", false, (Fallback, 4.78, 3), (Fallback, 1.84, 2)),
    ("closed: true", true, (Fallback, 4.51, 3), (Fallback, 2.12, 2)),
    ("latency: 8s", false, (Primary, 8.09, 1), (Fallback, 14.59, 2)),
    ("latency: 8s", true, (Primary, 8.10, 1), (Fallback, 14.81, 2)),
    ("malformed: true", false, (Fallback, 4.82, 3), (Fallback, 2.04, 2)),
    ("empty_choices: true", false, (Empty, 0.03, 1), (Empty, 0.02, 1)),
    ("null_content: true", false, (Empty, 0.03, 1), (Empty, 0.01, 1)),
    ("empty_text: true", false, (Empty, 0.01, 1), (Empty, 0.01, 1)),
    ("content_filter: true", false, (Useless, 0.01, 1), (Useless, 0.02, 1)),
    ("missing_usage: true", false, (Primary, 0.02, 1), (Primary, 0.01, 1)),
    // With the status as a number in the body, as `OpenRouter` has it.
    ("error_body: 500", false, (Fallback, 4.84, 3), (Fallback, 2.30, 2)),
    (
        "cut: {after: 5, how: close}",
        false,
        (Fallback, 4.71, 3),
        (Fallback, 2.63, 2),
    ),
    (
        "cut: {after: 5, how: close}",
        true,
        (Partial, 0.14, 1),
        (Partial, 0.13, 1),
    ),
    (
        "cut: {after: 5, how: clean}",
        true,
        (Truncated, 0.02, 1),
        (Truncated, 0.03, 1),
    ),
    (
        "cut: {after: 5, how: reset}",
        true,
        (Partial, 0.08, 1),
        (Partial, 0.08, 1),
    ),
    (
        "broken_event: {after: 5, pause: 10ms}",
        true,
        (Partial, 0.03, 1),
        (Partial, 0.03, 1),
    ),
    (
        "error_event: {after: 5, pause: 10ms, status: 500}",
        true,
        (Partial, 0.03, 1),
        (Partial, 0.03, 1),
    ),
    (
        "error_event: {after: 0, pause: 0s, status: 500}",
        true,
        (Fallback, 0.03, 1),
        (Fallback, 0.03, 1),
    ),
    (
        "cut: {after: 0, pause: 0s, how: close}",
        true,
        (Fallback, 0.03, 1),
        (Fallback, 0.04, 1),
    ),
    (
        "cut: {after: 0, pause: 0s, how: clean}",
        true,
        (Empty, 0.01, 1),
        (Empty, 0.02, 1),
    ),
    ("stall: {after: 5}", false, (Nothing, 20.0, 1), (Fallback, 14.80, 2)),
    // The user reads a part and then waits out the client's 20 s.
    ("stall: {after: 5}", true, (Nothing, 20.1, 1), (Partial, 6.14, 1)),
    ("stall: {after: 0}", true, (Nothing, 20.0, 1), (Fallback, 6.15, 1)),
];

const RETRY_AFTER_1: &str = "answer: {status: 429, retry_after: 1s}";
const RETRY_AFTER_20: &str = "answer: {status: 429, retry_after: 20s}";
const TUNED: &str = "  timeout: 6\n  stream_timeout: 6\n  num_retries: 1\nlitellm_settings:\n  request_timeout: 6\n";

fn litellm(more: &str) -> System {
    let text = format!(
        "model_list:\n\
         - {{model_name: main, litellm_params: {{model: openai/mock-1, api_base: 'http://127.0.0.1:1/v1', api_key: k}}}}\n\
         - {{model_name: backup, litellm_params: {{model: openai/mock-1, api_base: 'http://127.0.0.1:2/v1', api_key: k}}}}\n\
         router_settings:\n  fallbacks: [{{main: [backup]}}]\n{more}"
    );
    crate::read::read_bytes(Path::new("config.yaml"), text.into_bytes(), &Prices::shipped()).system
}

fn scenario(fault: &str, streamed: bool, requests: u32) -> Scenario {
    let text = format!(
        "scenario: row\n\
         traffic: {{arrivals: even, rate: 1/s, for: {requests}s, output_tokens: 12, streamed: {streamed}, patience: 20s}}\n\
         providers: {{default: {{first_token: 10ms, tokens_per_second: 1000}}}}\n\
         faults: [{{at: 0s, on: 'host/127.0.0.1:1', {fault}}}]\n"
    );
    Scenario::parse(&SourceFile::new(Path::new("row.yaml"), text)).unwrap_or_else(|error| panic!("{fault}: {error}"))
}

fn seen(system: &System, scenario: &Scenario, seed: u64) -> Vec<Observation> {
    let setup = Setup::new(system, entry(system, Some("main")).unwrap(), scenario);
    let mut all = Vec::new();
    simulate(&setup, seed, &[0, 1], |it| all.push(it));
    all.sort_by_key(|it| it.id);
    all
}

fn got(seen: &Observation) -> Got {
    match (seen.seen, seen.by) {
        (Seen::Answered, Some(0)) => Primary,
        (Seen::Answered, Some(1)) => Fallback,
        (Seen::Hollow(Hollow::Empty), _) => Empty,
        (Seen::Hollow(Hollow::Truncated), _) => Truncated,
        (Seen::Hollow(Hollow::Useless), _) => Useless,
        (Seen::Failed(_), _) if seen.first_token.is_some() => Partial,
        (Seen::GaveUp, _) => Nothing,
        other => panic!("{other:?}"),
    }
}

fn holds(system: &System, fault: &str, streamed: bool, (what, seconds, hits): Row) {
    let scenario = scenario(fault, streamed, 1);
    let (mut soonest, mut latest) = (f64::INFINITY, 0.0_f64);
    for seed in 0..200 {
        let all = seen(system, &scenario, seed);
        assert_eq!(got(&all[0]), what, "{fault} {streamed}: {:?}", all[0]);
        // A user who has gone does not see what the gateway does later.
        let until = all[0].end;
        let primary = all[0]
            .attempts
            .iter()
            .filter(|call| call.deployment == 0 && call.begin <= until);
        assert_eq!(primary.count(), hits as usize, "{fault} {streamed}: {:?}", all[0]);
        let took = all[0].end.since(all[0].at).as_secs_f64();
        soonest = soonest.min(took);
        latest = latest.max(took);
    }
    let slack = (seconds * 0.1).max(0.1);
    assert!(
        soonest - slack <= seconds && seconds <= latest + slack,
        "{fault} {streamed}: {seconds} measured, {soonest} to {latest} simulated"
    );
}

#[test]
fn each_row_with_defaults() {
    let system = litellm("");
    for (fault, streamed, row, _) in TABLE {
        holds(&system, fault, *streamed, *row);
    }
}

#[test]
fn each_row_with_tuned_settings() {
    let system = litellm(TUNED);
    for (fault, streamed, _, row) in TABLE {
        holds(&system, fault, *streamed, *row);
    }
}

/// 401 and 404 put even a lone deployment into a cooldown: the next request does not call it. 400 does not.
#[test]
fn a_refused_deployment_is_left_alone_for_a_while() {
    let system = litellm("");
    for (fault, calls) in [("answer: 401", 1), ("answer: 404", 1), ("answer: 400", 2)] {
        let all = seen(&system, &scenario(fault, true, 2), 1);
        assert_eq!(got(&all[1]), Fallback);
        assert_eq!(all[1].calls, calls, "{fault}");
    }
}

/// A route of two deployments tries the other one at once, and leaves one alone that answers 429.
#[test]
fn two_deployments_do_not_wait() {
    let text = "model_list:\n\
         - {model_name: main, litellm_params: {model: openai/mock-1, api_base: 'http://127.0.0.1:1/v1', api_key: k}}\n\
         - {model_name: main, litellm_params: {model: openai/mock-1, api_base: 'http://127.0.0.1:2/v1', api_key: k}}\n";
    let prices = Prices::shipped();
    let system = crate::read::read_bytes(Path::new("config.yaml"), text.into(), &prices).system;
    for seed in 0..50 {
        let all = seen(&system, &scenario("answer: 429", false, 3), seed);
        assert!(
            all.iter().all(|it| it.seen == Seen::Answered && it.by == Some(1)),
            "{all:?}"
        );
        assert!(all.iter().all(|it| it.end.since(it.at).as_secs_f64() < 0.2), "{all:?}");
        assert!(all[0].calls + all[1].calls + all[2].calls <= 4, "{all:?}");
    }
}
