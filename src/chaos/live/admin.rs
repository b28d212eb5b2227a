//! The admin API, under `/__aisys/` of every port: the state, the switches, the clock, the last decisions.

use std::time::Duration;

use serde_json::{Value, json};

use super::Director;
use crate::chaos::Scenario;
use crate::source::SourceFile;
use crate::system::units;

/// Where its paths begin. No provider has such a path.
pub const PREFIX: &str = "/__aisys";
/// Decisions that are shown when nobody says how many.
const USUAL: usize = 100;

const HELP: &str = "GET /__aisys/state; GET /__aisys/decisions?last=N; GET /__aisys/marks; POST /__aisys/faults with an entry of a scenario's \
                    `faults`; POST /__aisys/faults/N/on or /off; DELETE /__aisys/faults/N; POST /__aisys/clock/start, \
                    /pause or /jump?to=10m; POST /__aisys/reset";

/// Answers a request of the admin API with a status and JSON.
#[must_use]
pub fn answer(director: &Director, method: &str, target: &str, body: &[u8]) -> (u16, Value) {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let asked = |key: &str| query.split('&').find_map(|it| it.strip_prefix(key)?.strip_prefix('='));
    let parts: Vec<&str> = path
        .trim_start_matches(PREFIX)
        .split('/')
        .filter(|it| !it.is_empty())
        .collect();
    let done = |found: Option<()>| match found {
        Some(()) => (200, state(director)),
        None => (
            404,
            json!({ "error": "there is no such fault; GET /__aisys/state lists them" }),
        ),
    };
    let number = |text: &str| text.parse::<u64>().ok();
    match (method, parts.as_slice()) {
        ("GET", [] | ["state"]) => (200, state(director)),
        ("GET", ["decisions"]) => {
            let most = asked("last").and_then(|it| it.parse().ok()).unwrap_or(USUAL);
            (200, json!(director.last(most)))
        }
        ("GET", ["marks"]) => (200, json!(director.marks())),
        ("POST", ["faults"]) => match add(director, body) {
            Ok(added) => (200, json!({ "added": added })),
            Err(error) => (400, json!({ "error": error })),
        },
        ("POST", ["faults", index, switch @ ("on" | "off")]) => {
            done(number(index).and_then(|index| director.switch(index, *switch == "on")))
        }
        ("DELETE", ["faults", index]) => done(number(index).and_then(|index| director.remove(index))),
        ("POST", ["clock", "start"]) => {
            director.clock.start();
            done(Some(()))
        }
        ("POST", ["clock", "pause"]) => {
            director.clock.pause();
            done(Some(()))
        }
        ("POST", ["clock", "jump"]) => match asked("to").and_then(moment) {
            Some(to) => {
                director.clock.jump(to);
                done(Some(()))
            }
            None => (400, json!({ "error": "expected ?to= with a duration such as 10m" })),
        },
        ("POST", ["reset"]) => {
            director.reset();
            done(Some(()))
        }
        _ => (404, json!({ "error": "there is no such command", "commands": HELP })),
    }
}

fn moment(text: &str) -> Option<Duration> {
    units::duration(text).or_else(|| units::seconds_to_duration(text.parse().ok()?))
}

/// All that can be seen from outside.
fn state(director: &Director) -> Value {
    let scenario = director.scenario();
    json!({
        "scenario": scenario.name,
        "seed": director.seed(),
        "clock": { "at": director.clock.at().as_secs_f64(), "running": director.clock.is_running() },
        "calls": director.calls(),
        "providers": director.counts(),
        "faults": director.faults(),
    })
}

/// An entry of a scenario's `faults`, in YAML or JSON.
fn add(director: &Director, body: &[u8]) -> Result<Vec<u64>, String> {
    let text = std::str::from_utf8(body).map_err(|_| "the body is no text".to_owned())?;
    let mut scenario = String::from("scenario: added\nfaults:\n");
    for (at, line) in text.trim().lines().enumerate() {
        scenario.push_str(if at == 0 && !line.starts_with("- ") {
            "  - "
        } else if at == 0 {
            "  "
        } else {
            "    "
        });
        scenario.push_str(line);
        scenario.push('\n');
    }
    let read = Scenario::parse(&SourceFile::new("added.yaml", scenario)).map_err(|error| error.to_string())?;
    if read.faults.is_empty() {
        return Err("expected a fault such as {on: provider/openai, answer: 529}".to_owned());
    }
    Ok(director.add(read.faults))
}
