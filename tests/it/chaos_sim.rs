//! `aisys chaos sim`, `sweep` and `what-if` as their users run them; and the simulation against what the audit
//! computes: no wait is longer than the longest, no request makes more calls than the most.

use std::fmt::Write as _;
use std::path::Path;

use aisys::audit::Options;
use aisys::audit::answers::answer;
use aisys::chaos::Scenario;
use aisys::chaos::sim::{Setup, observe};
use aisys::read;
use aisys::source::SourceFile;
use aisys::system::prices::Prices;
use aisys::system::{RouteId, System};
use assert_cmd::Command;
use proptest::prelude::*;

use crate::support::root;

/// The exit code, the standard output and the standard error.
fn aisys(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::cargo_bin("aisys").unwrap().args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// What breaks in turn; none asks for a wait, because the audit adds no `retry-after`.
const FAULTS: &[&str] = &[
    "hang: true",
    "refused: true",
    "answer: 503",
    "stall: {after: 0}",
    "share: 0.5, answer: 500",
];

fn scenario(fault: &str, streamed: bool) -> Scenario {
    let text = format!(
        "scenario: worst\ntraffic: {{arrivals: even, rate: 1/s, for: 5s, streamed: {streamed}}}\n\
         faults: [{{on: everything, {fault}}}]\n"
    );
    Scenario::parse(&SourceFile::new(Path::new("worst.yaml"), text)).unwrap()
}

/// Holds every chat route of a system against its own worst cases.
fn bounded(system: &System, name: &str) -> usize {
    let options = Options::default();
    let mut checked = 0;
    for (at, route) in system.routes.iter().enumerate().filter(|(_, route)| route.is_chat()) {
        let answers = answer(system, RouteId(at), &options, false);
        for fault in FAULTS {
            for streamed in [false, true] {
                let scenario = scenario(fault, streamed);
                let setup = Setup::new(system, RouteId(at), &scenario);
                let longest = if streamed {
                    &answers.longest_wait_stream
                } else {
                    &answers.longest_wait
                };
                let (longest, most) = (longest.value.unwrap(), answers.most_calls.value.unwrap());
                for seen in observe(&setup, 1) {
                    let heard = seen.first_token.filter(|_| streamed).unwrap_or(seen.end);
                    let waited = heard.since(seen.at).as_secs_f64();
                    // An answer that a fault leaves through takes the time that answers take.
                    let answered = fault.starts_with("share") && waited < 120.0;
                    assert!(
                        waited <= longest + 0.001 || answered,
                        "{name}, {}, {fault}, streamed {streamed}: {waited} s, and the audit's longest is {longest}",
                        route.name
                    );
                    assert!(
                        f64::from(seen.calls) <= most,
                        "{name}, {}, {fault}: {} calls, and the audit's most is {most}",
                        route.name,
                        seen.calls
                    );
                    checked += 1;
                }
            }
        }
    }
    checked
}

#[test]
fn no_fixture_is_worse_than_its_audit() {
    let prices = Prices::shipped();
    let mut checked = 0;
    for entry in std::fs::read_dir(root("fixtures/audit")).unwrap() {
        let folder = entry.unwrap().path();
        let system = read::read(std::slice::from_ref(&folder), &prices).system;
        checked += bounded(&system, &folder.display().to_string());
    }
    assert!(checked > 1_000, "{checked}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn no_random_gateway_is_worse_than_its_audit(
        deployments in prop::collection::vec((0_usize..3, prop::option::of(1_u32..30), prop::option::of(0_u32..4)), 1..6),
        retries in prop::option::of(0_u32..4),
        timeout in prop::option::of(1_u32..60),
        fallbacks in prop::collection::vec((0_usize..3, 0_usize..3), 0..4),
    ) {
        let mut text = "model_list:\n".to_owned();
        for (at, (route, timeout, retries)) in deployments.iter().enumerate() {
            writeln!(text, "- model_name: r{route}\n  litellm_params:\n    model: openai/gpt-4o\n    api_key: k{at}").unwrap();
            text += &timeout.map_or_else(String::new, |it| format!("    timeout: {it}\n"));
            text += &retries.map_or_else(String::new, |it| format!("    num_retries: {it}\n"));
        }
        text += "router_settings:\n  routing_strategy: simple-shuffle\n";
        text += &retries.map_or_else(String::new, |it| format!("  num_retries: {it}\n"));
        text += &timeout.map_or_else(String::new, |it| format!("  timeout: {it}\n"));
        if !fallbacks.is_empty() {
            text += "  fallbacks:\n";
            for (from, to) in &fallbacks {
                writeln!(text, "  - {{r{from}: [r{to}]}}").unwrap();
            }
        }
        let system = read::read_bytes(Path::new("config.yaml"), text.clone().into_bytes(), &Prices::shipped()).system;
        bounded(&system, &text);
    }
}

#[test]
fn friday_is_told_with_its_reasons() {
    let (code, text, _) = aisys(&["chaos", "sim", "friday"]);
    assert_eq!(code, 1, "{text}");
    for words in [
        "users_answered >= 99.9%",
        "first violated at 14:00",
        "because: route assistant has no fallback",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let (_, again, _) = aisys(&["chaos", "sim", "friday"]);
    assert_eq!(text, again);
    let (code, text, _) = aisys(&["chaos", "sim", "fryday"]);
    assert_eq!(code, 2, "{text}");
}

#[test]
fn a_sweep_recommends_and_a_what_if_lists() {
    let (code, text, error) = aisys(&[
        "chaos",
        "sweep",
        "friday",
        "--vary",
        "timeout=2s,10s",
        "--vary",
        "retries=0,1",
    ]);
    assert_eq!(code, 0, "{error}");
    assert!(text.contains("take this") && text.contains("4 combinations"), "{text}");
    let config = root("fixtures/scenarios/systems/friday-fixed");
    let (code, text, error) = aisys(&["chaos", "what-if", config.to_str().unwrap(), "--format", "csv"]);
    assert_eq!(code, 0, "{error}");
    assert!(text.contains("hung") && text.contains("dead"), "{text}");
}
