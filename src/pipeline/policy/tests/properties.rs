//! Whatever deployments do, a path keeps to its plan's bounds.

use std::time::Duration;

use proptest::prelude::*;

use super::super::*;
use super::drive::{Does, Went, ms, run, status};
use super::{TWO, read, system};
use crate::rng::Chance;
use crate::system::{Plan, System};

const LITELLM: &str = "
model_list:
  - model_name: chat
    litellm_params: {model: openai/gpt-4o, timeout: 10, stream_timeout: 3}
  - model_name: chat
    litellm_params: {model: azure/gpt-4o, api_base: https://x.openai.azure.com, timeout: 7, stream_timeout: 4}
  - model_name: spare
    litellm_params: {model: anthropic/claude-3-5-haiku-20241022, timeout: 20, stream_timeout: 6}
litellm_settings: {fallbacks: [{chat: [spare]}], num_retries: 3}
";

const PORTKEY: &str = r#"{
  "strategy": {"mode": "fallback"},
  "retry": {"attempts": 2},
  "request_timeout": 5000,
  "targets": [
    {"provider": "openai", "api_key": "x", "override_params": {"model": "gpt-4o"}},
    {"strategy": {"mode": "loadbalance"}, "targets": [
      {"provider": "anthropic", "api_key": "y", "weight": 0.7},
      {"provider": "groq", "api_key": "z", "weight": 0.3}
    ]}
  ]
}"#;

fn plans() -> Vec<System> {
    let wide = TWO.replace(
        "use: strong,",
        "use: strong, retries: {attempts: 3}, hedge: {share: 50%},",
    );
    let systems = vec![
        read("config.yaml", LITELLM),
        read("portkey.json", PORTKEY),
        system(TWO),
        system(&wide),
    ];
    for system in &systems {
        assert!(!system.routes.is_empty());
    }
    systems
}

/// The most calls: tries multiply, branches and parts add.
fn most_calls(plan: &Plan) -> u32 {
    match plan {
        Plan::Try(_) => 1,
        Plan::Pick { branches, .. } => branches.iter().map(|(_, it)| most_calls(it)).max().unwrap_or(0),
        Plan::Retry(retry) => most_calls(&retry.plan) * (retry.retries.value + 1),
        Plan::First(branches) => branches.iter().map(|it| most_calls(&it.plan)).sum(),
        Plan::Within { plan, .. } => most_calls(plan),
        Plan::All(plans) => plans.iter().map(most_calls).sum(),
        Plan::Degraded(_) => 0,
    }
}

/// The longest time: calls last until their limits, pauses are as long as they get.
fn longest(plan: &Plan, streamed: bool) -> Duration {
    match plan {
        Plan::Try(attempt) => {
            let limit = if streamed {
                &attempt.first_token
            } else {
                &attempt.timeout
            };
            limit.value.unwrap_or(Duration::MAX)
        }
        Plan::Pick { branches, .. } => (branches.iter().map(|(_, it)| longest(it, streamed)).max()).unwrap_or_default(),
        Plan::Retry(retry) => {
            let retries = retry.retries.value;
            let tries = longest(&retry.plan, streamed).saturating_mul(retries + 1);
            tries.saturating_add(retry.backoff.longest_total(retries))
        }
        Plan::First(branches) => (branches.iter()).fold(Duration::ZERO, |sum, it| {
            sum.saturating_add(longest(&it.plan, streamed))
        }),
        Plan::Within { limit, plan } => longest(plan, streamed).min(limit.value.unwrap_or(Duration::MAX)),
        Plan::All(plans) => plans.iter().map(|it| longest(it, streamed)).max().unwrap_or_default(),
        Plan::Degraded(_) => Duration::ZERO,
    }
}

fn does() -> impl Strategy<Value = Does> {
    let time = (0_u64..12_000).prop_map(ms);
    prop_oneof![
        time.clone().prop_map(Does::Answers),
        Just(Does::Hangs),
        (
            prop::sample::select(vec![400_u16, 401, 404, 408, 429, 500, 503, 529]),
            time.clone()
        )
            .prop_map(|(code, after)| Does::Fails(status(code), after)),
        (
            prop::sample::select(vec![
                Failure::Connect,
                Failure::Broken,
                Failure::Unreadable,
                Failure::ErrorBody,
                Failure::Useless(Useless::EmptyText),
            ]),
            time,
        )
            .prop_map(|(failure, after)| Does::Fails(failure, after)),
    ]
}

/// Some requests one after the other, with what came of each.
fn requests(system: &System, ours: bool, streamed: bool, seed: u64, script: &[Does]) -> Vec<(Went, u32)> {
    let route = &system.routes[0];
    let program = if ours {
        Program::of_route(system, route)
    } else {
        Program::new(&route.plan)
    };
    let (mut health, mut chance, mut path) = (Health::of(system), Chance::seeded(seed, "test"), Path::default());
    let mut script = script.iter().cycle().copied();
    let request = Request {
        streamed,
        ..Request::default()
    };
    let mut now = Tick::ZERO;
    let mut all = Vec::new();
    for _ in 0..40 {
        let mut next = |_, _| script.next().unwrap_or(Does::Hangs);
        let went = if ours {
            let mut world = World {
                program: &program,
                semantics: &Aisys,
                fleet: &mut health,
                chance: &mut chance,
            };
            run(&mut path, &mut world, request, now, &mut next)
        } else {
            let mut world = World {
                program: &program,
                semantics: &Direct,
                fleet: &mut health,
                chance: &mut chance,
            };
            run(&mut path, &mut world, request, now, &mut next)
        };
        let began = now;
        now = went.at.after(ms(200));
        assert!(went.at >= began);
        all.push((went, path.calls()));
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// No more calls than the plan's most (and one rival), no longer than its longest wait.
    #[test]
    fn a_path_keeps_to_its_plans_bounds(
        which in 0_usize..4,
        streamed in any::<bool>(),
        seed in any::<u64>(),
        script in prop::collection::vec(does(), 1..60),
    ) {
        let system = &plans()[which];
        let plan = &system.routes[0].plan;
        let rivals = u32::from(system.routes[0].policy.hedge.is_some());
        let mut begin = Tick::ZERO;
        for (went, calls) in requests(system, which >= 2, streamed, seed, &script) {
            prop_assert!(calls <= most_calls(plan) + rivals, "{calls} calls: {went:?}");
            prop_assert_eq!(calls as usize, went.calls.len());
            let took = went.at.since(begin);
            // Jittered pauses are whole nanoseconds.
            prop_assert!(took <= longest(plan, streamed).saturating_add(Duration::from_micros(1)), "{took:?}: {went:?}");
            prop_assert!(went.calls.iter().all(|call| call.2.deadline >= call.1));
            if which >= 2 {
                prop_assert!(matches!(went.end, Action::Answer | Action::Degrade), "{went:?}");
            }
            begin = went.at.after(ms(200));
        }
    }

    /// The same seed and the same calls: the same actions, to the nanosecond.
    #[test]
    fn the_same_inputs_give_the_same_actions(
        which in 0_usize..4,
        seed in any::<u64>(),
        script in prop::collection::vec(does(), 1..40),
    ) {
        let system = &plans()[which];
        let first = requests(system, which >= 2, true, seed, &script);
        prop_assert_eq!(first, requests(system, which >= 2, true, seed, &script));
    }
}
