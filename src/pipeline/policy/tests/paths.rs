//! Plans followed to the letter.

use super::super::*;
use super::drive::{Does, chance, ms, run, status};
use super::{TWO, system};
use crate::system::{Attempt, DeploymentId, Plan, Setting};

fn attempt(deployment: usize) -> Plan {
    let none = || Setting::derived(None, "a test");
    Plan::Try(Attempt {
        deployment: DeploymentId(deployment),
        timeout: none(),
        first_token: none(),
        idle: none(),
        max_output_tokens: None,
    })
}

#[test]
fn a_dead_primary_is_tried_again_then_the_fallback_then_the_degraded_answer() {
    let system = system(TWO);
    let program = Program::new(&system.routes[0].plan);
    let (mut fleet, mut chance) = (Healthy, chance());
    let mut world = World {
        program: &program,
        semantics: &Direct,
        fleet: &mut fleet,
        chance: &mut chance,
    };
    let went = run(
        &mut Path::default(),
        &mut world,
        Request::default(),
        Tick::ZERO,
        |_, _| Does::Fails(status(503), ms(10)),
    );
    let called: Vec<usize> = went.calls.iter().map(|call| call.0).collect();
    assert_eq!((called, went.end), (vec![0, 0, 1, 1], Action::Degrade));
    let deadline = Tick::ZERO.after(ms(7_000));
    assert!(went.calls.iter().all(|call| call.2.deadline == deadline));
}

#[test]
fn parts_run_side_by_side_and_the_last_one_when_the_others_have_answered() {
    let plan = Plan::All(vec![attempt(0), attempt(1), attempt(2)]);
    let program = Program::new(&plan);
    let (mut fleet, mut chance) = (Healthy, chance());
    let mut world = World {
        program: &program,
        semantics: &Direct,
        fleet: &mut fleet,
        chance: &mut chance,
    };
    let mut path = Path::default();
    let took = [ms(100), ms(300), ms(50)];
    let went = run(&mut path, &mut world, Request::default(), Tick::ZERO, |which, _| {
        Does::Answers(took[which])
    });
    assert_eq!((went.end, went.at), (Action::Answer, Tick::ZERO.after(ms(350))));
    assert_eq!((went.at_once, went.last), (2, Some(2)));
    // One that fails ends the whole, and the other is cut off.
    let went = run(
        &mut path,
        &mut world,
        Request::default(),
        Tick::ZERO,
        |which, _| match which {
            0 => Does::Fails(status(400), ms(20)),
            _ => Does::Answers(took[which]),
        },
    );
    assert_eq!(
        (went.end, went.at),
        (Action::Fail(status(400)), Tick::ZERO.after(ms(20)))
    );
    assert_eq!(went.calls.len(), 2);
}

#[test]
fn parallel_parts_with_retries_of_their_own_leave_nothing_behind() {
    let retry = |plan| {
        let text = "retries: {attempts: 2}";
        let system = system(&TWO.replace("use: strong,", &format!("use: strong, {text},")));
        let mut retry = (*system.routes[0].plan.retries()[0]).clone();
        retry.plan = plan;
        Plan::Retry(Box::new(retry))
    };
    let plan = retry(Plan::All(vec![retry(attempt(0)), retry(attempt(1)), attempt(2)]));
    let program = Program::new(&plan);
    let (mut fleet, mut chance) = (Healthy, chance());
    let mut world = World {
        program: &program,
        semantics: &Direct,
        fleet: &mut fleet,
        chance: &mut chance,
    };
    let went = run(
        &mut Path::default(),
        &mut world,
        Request::default(),
        Tick::ZERO,
        |which, _| match which {
            0 => Does::Fails(status(500), ms(10)),
            _ => Does::Answers(ms(60_000)),
        },
    );
    assert_eq!(went.end, Action::Fail(status(500)));
    // The first part fails three times in each of three rounds; its neighbour is cut off each time, the last
    // time by the end.
    assert_eq!(went.calls.iter().filter(|call| call.0 == 0).count(), 9);
    assert_eq!((went.calls.len(), went.cut.len()), (12, 2));
}
