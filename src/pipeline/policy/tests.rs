//! Paths through plans as the readers make them.

use std::path::Path as File;
use std::time::Duration;

use super::*;
use crate::rng::Chance;
use crate::system::System;

/// The system of an `aisys.yaml`.
fn system(text: &str) -> System {
    let prices = crate::system::prices::Prices::shipped();
    crate::read::read_bytes(File::new("aisys.yaml"), text.as_bytes().to_vec(), &prices).system
}

const TWO: &str = "\
version: 1
deadline: 7s
providers:
  a: {api: openai, key: '${A}'}
  b: {api: anthropic, key: '${B}'}
models:
  strong: [{provider: a, model: gpt-4o}]
  light: [{provider: b, model: claude-3-5-haiku}]
routes:
  chat: {use: strong, fallback: [light], degraded: 'later'}
";

const REFUSED: Outcome = Outcome::Failed(
    Failure::Status {
        status: 503,
        refusal: Refusal::Plain,
        retry_after: None,
    },
    Circumstances {
        streamed: false,
        passed_on: false,
    },
);

#[test]
fn a_dead_primary_is_tried_again_then_the_fallback_then_the_degraded_answer() {
    let system = system(TWO);
    let program = Program::new(&system.routes[0].plan);
    let mut chance = Chance::seeded(1, "test");
    let mut path = Path::default();
    let mut now = Tick::ZERO;
    let mut action = path.begin(&program, now, &mut Healthy, &mut chance);
    let mut called = Vec::new();
    loop {
        action = match action {
            Action::Call { deployment, limits } => {
                called.push(deployment);
                assert_eq!(limits.deadline, Tick::ZERO.after(Duration::from_secs(7)));
                now = now.after(Duration::from_millis(10));
                path.ended(&program, REFUSED, now, &Direct, &mut Healthy, &mut chance)
            }
            Action::Wait(until) => {
                now = until;
                path.waited(&program, now, &mut Healthy, &mut chance)
            }
            Action::Degrade => break,
            other => panic!("{other:?}"),
        };
    }
    assert_eq!(called, [0, 0, 1, 1]);
}
