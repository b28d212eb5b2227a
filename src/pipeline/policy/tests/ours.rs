//! What `aisys serve` promises, over its own plans, ways and health.

use super::super::health::BreakerState;
use super::super::*;
use super::drive::{Does, Went, chance, ms, run, status};
use super::{TWO, system};
use crate::rng::Chance;
use crate::system::System;

/// A route that is used request after request.
struct Used {
    program: Program,
    health: Health,
    chance: Chance,
    path: Path,
}

impl Used {
    fn of(text: &str) -> Self {
        let system: System = system(text);
        Self {
            program: Program::of_route(&system, &system.routes[0]),
            health: Health::of(&system),
            chance: chance(),
            path: Path::default(),
        }
    }

    fn ask(&mut self, streamed: bool, at: Tick, does: impl FnMut(usize, Tick) -> Does) -> Went {
        let request = Request {
            streamed,
            ..Request::default()
        };
        self.request(request, at, does)
    }

    fn request(&mut self, request: Request, at: Tick, does: impl FnMut(usize, Tick) -> Does) -> Went {
        let mut world = World {
            program: &self.program,
            semantics: &Aisys,
            fleet: &mut self.health,
            chance: &mut self.chance,
        };
        run(&mut self.path, &mut world, request, at, does)
    }
}

fn called(went: &Went) -> Vec<usize> {
    went.calls.iter().map(|call| call.0).collect()
}

fn good(went: &Went) -> bool {
    went.end == Action::Answer
}

const QUICK: Does = Does::Answers(ms(300));

/// Every way in which the primary can fail leads to an answer within the deadline.
#[test]
fn whatever_the_primary_does_the_fallback_answers_in_time() {
    let broken = [
        Does::Hangs,
        Does::Fails(Failure::Connect, ms(1)),
        Does::Fails(status(500), ms(50)),
        Does::Fails(status(529), ms(50)),
        Does::Fails(status(429), ms(50)),
        Does::Fails(status(401), ms(50)),
        Does::Fails(status(404), ms(50)),
        Does::Fails(status(400), ms(50)),
        Does::Fails(Failure::Unreadable, ms(50)),
        Does::Fails(Failure::ErrorBody, ms(50)),
        Does::Fails(Failure::ErrorEvent, ms(50)),
        Does::Fails(Failure::Unfinished, ms(50)),
        Does::Fails(Failure::Useless(Useless::EmptyText), ms(50)),
        Does::Fails(Failure::Useless(Useless::Filtered), ms(50)),
        Does::Answers(ms(45_000)),
    ];
    for streamed in [false, true] {
        for does in broken {
            let mut route = Used::of(TWO);
            let went = route.ask(streamed, Tick::ZERO, |which, _| if which == 0 { does } else { QUICK });
            assert!(good(&went) && went.last == Some(1), "{does:?}: {went:?}");
            assert!(went.at.since(Tick::ZERO) <= ms(7_000), "{does:?}: {went:?}");
        }
    }
}

#[test]
fn with_everything_dead_or_silent_the_degraded_answer_comes_before_the_deadline() {
    for streamed in [false, true] {
        for does in [
            Does::Hangs,
            Does::Fails(status(503), ms(900)),
            Does::Fails(Failure::Broken, ms(2_500)),
        ] {
            let went = Used::of(TWO).ask(streamed, Tick::ZERO, |_, _| does);
            assert_eq!(went.end, Action::Degrade);
            let took = went.at.since(Tick::ZERO);
            assert!(took <= ms(6_951), "{does:?}: {took:?}");
        }
    }
}

#[test]
fn a_long_retry_after_is_not_waited_for_while_somebody_else_can_answer() {
    let asked = Failure::Status {
        status: 429,
        refusal: Refusal::Plain,
        retry_after: Some(ms(20_000)),
    };
    let mut route = Used::of(TWO);
    let limited = |which, _| if which == 0 { Does::Fails(asked, ms(20)) } else { QUICK };
    let went = route.ask(false, Tick::ZERO, limited);
    assert_eq!((called(&went), went.at), (vec![0, 1], Tick::ZERO.after(ms(320))));
    // And it is left alone for as long as it asked.
    let went = route.ask(false, Tick::ZERO.after(ms(19_000)), limited);
    assert_eq!(called(&went), [1]);
    let went = route.ask(false, Tick::ZERO.after(ms(20_100)), |_, _| QUICK);
    assert_eq!(called(&went), [0]);
    // With nobody else it is waited for as long as there is time.
    let short = Failure::Status {
        status: 429,
        refusal: Refusal::Plain,
        retry_after: Some(ms(3_000)),
    };
    let mut route = Used::of(&TWO.replace(" fallback: [light],", ""));
    let mut first = true;
    let went = route.ask(false, Tick::ZERO, |_, _| {
        if std::mem::take(&mut first) {
            Does::Fails(short, ms(20))
        } else {
            QUICK
        }
    });
    assert!(good(&went), "{went:?}");
    assert_eq!(
        (called(&went), went.calls[1].1 >= Tick::ZERO.after(ms(3_020))),
        (vec![0, 0], true)
    );
}

#[test]
fn a_broken_stream_goes_on_elsewhere_also_after_the_deadline() {
    let does = |which, _| match which {
        0 => Does::Breaks(ms(3_300), Failure::Broken),
        _ => Does::Answers(ms(3_500)),
    };
    let went = Used::of(TWO).ask(true, Tick::ZERO, does);
    assert!(good(&went), "{went:?}");
    assert_eq!((called(&went), went.at), (vec![0, 1], Tick::ZERO.after(ms(7_800))));
}

#[test]
fn a_dead_primary_is_left_out_probed_and_taken_back() {
    let mut route = Used::of(TWO);
    let mut now = Tick::ZERO;
    let mut ask = |route: &mut Used, dead: bool| {
        now = now.after(ms(500));
        let went = route.ask(false, now, |which, _| match which {
            0 if dead => Does::Fails(status(500), ms(10)),
            _ => QUICK,
        });
        assert!(good(&went), "{went:?}");
        (called(&went).contains(&0), now)
    };
    let tried = (0..120).filter(|_| ask(&mut route, true).0).count();
    // A minute of outage: a few requests until it is left out, then probes.
    assert!((3..10).contains(&tried), "{tried}");
    let back = (0..240).position(|_| {
        let (_, now) = ask(&mut route, false);
        route.health.breaker(0, now) == BreakerState::Closed
    });
    assert!(back.is_some_and(|back| back <= 80), "{back:?}");
}

#[test]
fn two_seconds_to_forty_five_is_an_outage() {
    let text = TWO
        .replace("deadline: 7s", "deadline: 100s")
        .replace("degraded", "timeouts: {total: 90s}, degraded");
    let mut route = Used::of(&text);
    let mut now = Tick::ZERO;
    for _ in 0..100 {
        now = now.after(ms(3_000));
        route.ask(false, now, |_, _| Does::Answers(ms(2_000)));
    }
    // It answers, slowly: no error is ever seen.
    let slow: Vec<usize> = (0..20)
        .map(|_| {
            now = now.after(ms(50_000));
            let went = route.ask(false, now, |which, _| {
                Does::Answers(if which == 0 { ms(45_000) } else { ms(2_000) })
            });
            assert!(good(&went));
            went.calls[0].0
        })
        .collect();
    assert!(slow.iter().filter(|which| **which == 1).count() >= 5, "{slow:?}");
}

#[test]
fn a_fallback_that_shares_the_failed_fate_comes_after_one_that_does_not() {
    let text = "\
version: 1
providers:
  a: {api: openai, key: '${A}'}
  b: {api: anthropic, key: '${B}'}
models:
  strong: [{provider: a, model: gpt-4o}]
  same: [{provider: a, model: gpt-4o-mini}]
  other: [{provider: b, model: claude-3-5-haiku-20241022}]
routes:
  chat: {use: strong, fallback: [same, other], retries: {attempts: 0}}
";
    let dead = |which, _| {
        if which == 2 {
            QUICK
        } else {
            Does::Fails(status(500), ms(5))
        }
    };
    assert_eq!(called(&Used::of(text).ask(false, Tick::ZERO, dead)), [0, 2]);
    // A model that is gone says nothing against its provider.
    let gone = |which, _| {
        if which == 0 {
            Does::Fails(status(404), ms(5))
        } else {
            QUICK
        }
    };
    assert_eq!(called(&Used::of(text).ask(false, Tick::ZERO, gone)), [0, 1]);
}

#[test]
fn a_prompt_that_does_not_fit_goes_to_a_bigger_window() {
    let text = "\
version: 1
providers:
  a: {api: openai, key: '${A}'}
  b: {api: anthropic, key: '${B}'}
models:
  small: [{provider: a, model: gpt-4}]
  equal: [{provider: a, model: gpt-4-0613}]
  big: [{provider: b, model: claude-3-5-haiku-20241022}]
routes:
  chat: {use: small, fallback: [equal, big]}
";
    let too_long = Failure::Status {
        status: 400,
        refusal: Refusal::ContextLength,
        retry_after: None,
    };
    let does = |which, _| {
        if which == 2 {
            QUICK
        } else {
            Does::Fails(too_long, ms(5))
        }
    };
    let mut route = Used::of(text);
    assert_eq!(called(&route.ask(false, Tick::ZERO, does)), [0, 2]);
    // That it was too long says nothing against the deployment.
    assert_eq!(route.health.breaker(0, Tick::ZERO), BreakerState::Closed);
    // Counted beforehand, it goes there at once.
    let request = Request {
        input_tokens: 100_000,
        ..Request::default()
    };
    assert_eq!(called(&route.request(request, Tick::ZERO, does)), [2]);
}

#[test]
fn a_silent_call_gets_one_rival_and_the_first_answer_wins() {
    let text = TWO.replace("degraded", "hedge: {after: 90%, share: 20%}, degraded");
    let mut route = Used::of(&text);
    let mut now = Tick::ZERO;
    for _ in 0..100 {
        now = now.after(ms(1_000));
        let went = route.ask(false, now, |_, _| Does::Answers(ms(400)));
        assert_eq!(went.calls.len(), 1, "{went:?}");
    }
    let went = route.ask(false, now, |which, _| {
        Does::Answers(if which == 0 { ms(3_000) } else { ms(200) })
    });
    assert!(good(&went) && went.last == Some(1) && went.at_once == 2, "{went:?}");
    assert!(went.at.since(now) < ms(700), "{went:?}");
    // The rival fails, the first call answers.
    now = now.after(ms(1_000));
    let went = route.ask(false, now, |which, _| match which {
        0 => Does::Answers(ms(1_000)),
        _ => Does::Fails(status(500), ms(10)),
    });
    assert!(good(&went) && went.last == Some(0), "{went:?}");
    // Never more than the share allows.
    let mut rivals = 0;
    for _ in 0..200 {
        now = now.after(ms(1_000));
        let went = route.ask(false, now, |which, _| {
            Does::Answers(if which == 0 { ms(600) } else { ms(590) })
        });
        rivals += went.calls.len() - 1;
    }
    assert!(rivals > 0 && rivals <= 200 / 5 + 5, "{rivals}");
}

#[test]
fn repetitions_do_not_make_an_outage_worse() {
    let mut route = Used::of(
        &TWO.replace("deadline: 7s", "deadline: 60s")
            .replace("fallback", "retries: {attempts: 5}, fallback"),
    );
    let (mut calls, mut asked) = (0, 0);
    // Whatever the breakers say: a thousand requests at once, before anything was learnt.
    for _ in 0..1_000 {
        asked += 1;
        route.health = route.health.clone();
        let went = route.ask(false, Tick::ZERO.after(ms(asked)), |_, _| {
            Does::Fails(Failure::Connect, ms(1))
        });
        assert_eq!(went.end, Action::Degrade);
        calls += went.calls.len();
    }
    // At most one call at each of two providers, a tenth more, and what the budgets have saved.
    assert!(calls <= 2_000 + 200 + 40, "{calls}");
}
