//! Every scenario that ships, simulated as its users do: on the configuration that it names, or on a gateway to
//! what breaks in it, alone and with limits and another vendor behind it.

use std::fmt::Write as _;
use std::path::Path;

use aisys::chaos::scenario::Subject;
use aisys::chaos::scenario::shipped::SCENARIOS;
use assert_cmd::Command;
use serde_json::Value;

/// What each hypothesis came to, as it was when somebody last looked at it.
const PINNED: &str = include_str!("chaos_shipped.txt");

/// What breaks: where the scenario's name begins so, a deployment as LiteLLM writes it.
const BREAKS: &[(&str, &str)] = &[
    ("anthropic", "{model: anthropic/claude-opus-4-6, api_key: k"),
    (
        "aws",
        "{model: bedrock/anthropic.claude-3-5-sonnet-20241022-v2:0, aws_region_name: us-east-1",
    ),
    (
        "azure-gpt52",
        "{model: azure/gpt-5.2, api_base: 'https://res.openai.azure.com', api_key: k, region_name: westeurope",
    ),
    (
        "azure",
        "{model: azure/gpt-4o, api_base: 'https://res.openai.azure.com', api_key: k, region_name: swedencentral",
    ),
    ("gcp", "{model: gemini/gemini-2.0-flash, api_key: k"),
    ("", "{model: openai/gpt-4o, api_key: k"),
];

/// A gateway to what breaks in a scenario: alone, or with limits and another vendor behind it.
fn gateway(name: &str, backed: bool) -> String {
    let (_, breaks) = BREAKS.iter().find(|(begin, _)| name.starts_with(begin)).unwrap();
    if !backed {
        return format!("model_list:\n- {{model_name: main, litellm_params: {breaks}}}}}\n");
    }
    format!(
        "model_list:\n- {{model_name: main, litellm_params: {breaks}, timeout: 30, stream_timeout: 3}}}}\n\
         - {{model_name: other, litellm_params: {{model: mistral/mistral-large-latest, api_key: k, timeout: 30}}}}\n\
         router_settings: {{num_retries: 0, allowed_fails: 1, cooldown_time: 30, fallbacks: [{{main: [other]}}]}}\n"
    )
}

/// Simulates a scenario: its lines, which are the exit code, and each hypothesis with its state.
fn told(name: &str, on: &str, system: Option<&Path>) -> String {
    let mut command = Command::cargo_bin("aisys").unwrap();
    command.args(["chaos", "sim", name, "--format", "json"]);
    if let Some(system) = system {
        command.arg("--system").arg(system);
    }
    let output = command.output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{name}: {error}"));
    let mut text = format!("{name}, {on}: exit {}\n", output.status.code().unwrap());
    for test in report["tests"].as_array().unwrap() {
        let mark = if test["status"] == "passed" { "✓" } else { "✗" };
        writeln!(text, "  {mark} {}", test["name"].as_str().unwrap()).unwrap();
    }
    text
}

#[test]
fn every_scenario_that_ships_comes_to_what_is_pinned() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.yaml");
    let mut all = String::new();
    for shipped in SCENARIOS {
        let (name, scenario) = (shipped.name(), shipped.read().unwrap());
        if matches!(scenario.subject, Some(Subject::System { .. })) {
            all += &told(name, "its own", None);
            continue;
        }
        for (on, backed) in [("alone", false), ("backed", true)] {
            std::fs::write(&path, gateway(name, backed)).unwrap();
            all += &told(name, on, Some(&path));
        }
    }
    assert!(
        all == PINNED,
        "tests/it/chaos_shipped.txt has something else; where this is right, let it be:\n{all}"
    );
}

#[test]
fn the_fixed_friday_holds_and_the_other_does_not() {
    let state = |name: &str| {
        let lines = PINNED
            .lines()
            .skip_while(|line| !line.starts_with(&format!("{name}, ")));
        let lines: Vec<&str> = lines.take(5).collect();
        (lines[0].rsplit(' ').next().unwrap(), lines.concat().contains('✗'))
    };
    assert_eq!(state("friday-fixed"), ("0", false));
    assert_eq!(state("friday"), ("1", true));
}
