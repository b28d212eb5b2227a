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

const REFUSED: Failure = Failure::Status {
    status: 503,
    refusal: Refusal::Plain,
    retry_after: None,
};

#[test]
fn a_dead_primary_is_tried_again_then_the_fallback_then_the_degraded_answer() {
    let system = system(TWO);
    let program = Program::new(&system.routes[0].plan);
    let mut world = World {
        program: &program,
        semantics: &Direct,
        fleet: &mut Healthy,
        chance: &mut Chance::seeded(1, "test"),
    };
    let mut path = Path::default();
    let mut now = Tick::ZERO;
    let mut action = path.begin(&mut world, Request::default(), now);
    let (mut called, mut running) = (Vec::new(), None);
    loop {
        action = match action {
            Action::Call { id, deployment, limits } => {
                called.push(deployment);
                running = Some(id);
                assert_eq!(limits.deadline, Tick::ZERO.after(Duration::from_secs(7)));
                path.next(&mut world, now)
            }
            Action::Wait(until) => match running.take() {
                Some(id) => {
                    now = now.after(Duration::from_millis(10));
                    path.ended(&mut world, id, Outcome::failed(REFUSED), now)
                }
                None => {
                    now = until;
                    path.waited(&mut world, now)
                }
            },
            Action::Degrade => break,
            other => panic!("{other:?}"),
        };
    }
    assert_eq!(called, [0, 0, 1, 1]);
}
