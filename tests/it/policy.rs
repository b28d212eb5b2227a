//! The paths that are simulated and served keep to the worst cases that the audit computes, over every
//! configuration that ships.

use std::path::Path as File;
use std::time::Duration;

use aisys::audit::{Options, answers};
use aisys::pipeline::policy::{
    Action, CallLimits, Circumstances, Failure, Healthy, Limit, Outcome, Path, Program, Request, Semantics, Tick,
    Treatment, World,
};
use aisys::rng::Chance;
use aisys::system::prices::Prices;
use aisys::system::{Plan, RouteId};

use crate::support::root;

/// Shows every file of text in a folder.
fn each_file(folder: &File, visit: &mut impl FnMut(&File, &str)) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            each_file(&path, visit);
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            visit(&path, &text);
        }
    }
}

/// Everything is tried again.
struct Stubborn;

impl Semantics for Stubborn {
    fn treats(&self, _failure: &Failure, _circumstances: Circumstances) -> Treatment {
        Treatment::Retry
    }
}

/// How many calls a request makes that nobody answers, and how long it takes. A call without a limit ends at
/// once: what it would wait has no number.
fn walked(plan: &Plan, streamed: bool, seed: u64) -> (u32, Duration) {
    let program = Program::new(plan);
    let mut world = World {
        program: &program,
        semantics: &Stubborn,
        fleet: &mut Healthy,
        chance: &mut Chance::seeded(seed, "test"),
    };
    let request = Request {
        streamed,
        ..Request::default()
    };
    let ends = |limits: &CallLimits, now: Tick| {
        let limit = if streamed { limits.first_token } else { limits.total };
        now.after(limit.unwrap_or_default()).min(limits.deadline.max(now))
    };
    let (mut path, mut now, mut running) = (Path::default(), Tick::ZERO, Vec::new());
    let mut action = path.begin(&mut world, request, now);
    loop {
        action = match action {
            Action::Call { id, limits, .. } => {
                running.push((ends(&limits, now), id));
                path.next(&mut world, now)
            }
            Action::Cancel(id) => {
                running.retain(|call| call.1 != id);
                path.next(&mut world, now)
            }
            Action::Wait(until) => match running.iter().copied().min() {
                Some((end, id)) if end <= until => {
                    running.retain(|call| call.1 != id);
                    now = end;
                    let silent = Failure::TimedOut(Limit::Total);
                    path.ended(&mut world, id, Outcome::failed(silent), now)
                }
                _ => {
                    now = until;
                    path.waited(&mut world, now)
                }
            },
            Action::Answer | Action::Degrade | Action::Fail(_) => return (path.calls(), now.since(Tick::ZERO)),
        };
    }
}

#[test]
fn no_path_exceeds_what_the_audit_says_is_the_worst() {
    let prices = Prices::shipped();
    let (mut routes, mut reached) = (0, 0);
    each_file(&root("fixtures/audit"), &mut |path, text| {
        let system = aisys::read::read_bytes(path, text.as_bytes().to_vec(), &prices).system;
        for (at, route) in system.routes.iter().enumerate() {
            let worst = answers::answer(&system, RouteId(at), &Options::default(), false);
            let most = worst.most_calls.value.unwrap_or(f64::INFINITY);
            if most > 10_000.0 {
                continue;
            }
            routes += 1;
            for (streamed, longest) in [(false, &worst.longest_wait), (true, &worst.longest_wait_stream)] {
                for seed in 0..5 {
                    let (calls, took) = walked(&route.plan, streamed, seed);
                    let here = format!("{} of {}", route.name, path.display());
                    assert!(f64::from(calls) <= most, "{here}: {calls} calls of {most}");
                    if let Some(longest) = longest.value {
                        let took = took.as_secs_f64();
                        assert!(took <= longest + 1e-6, "{here}: {took} s of {longest} s");
                    }
                    reached += u32::from(f64::from(calls) >= most);
                }
            }
        }
    });
    assert!(routes > 100, "{routes} routes");
    // The bounds are no idle ones.
    assert!(reached > routes, "{reached} of {routes}");
}
