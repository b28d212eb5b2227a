//! The engine against what queues, buckets and retries do by their formulas.

use std::path::Path;

use crate::chaos::observation::Seen;
use crate::chaos::sim::{Setup, entry, observe, simulate, tally};
use crate::chaos::{Observation, Scenario};
use crate::source::SourceFile;
use crate::system::System;
use crate::system::prices::Prices;

fn system(text: &str) -> System {
    crate::read::read_bytes(Path::new("aisys.yaml"), text.into(), &Prices::shipped()).system
}

fn scenario(text: &str) -> Scenario {
    Scenario::parse(&SourceFile::new(
        Path::new("test.yaml"),
        format!("scenario: test\n{text}"),
    ))
    .unwrap()
}

fn seen(system: &System, scenario: &Scenario) -> Vec<Observation> {
    observe(
        &Setup::new(system, entry(system, None).unwrap(), scenario),
        scenario.seed,
    )
}

/// One deployment and nothing around it.
const ONE: &str = "model_list:
- {model_name: main, litellm_params: {model: hosted_vllm/qwen, api_base: 'http://127.0.0.1:1/v1', num_retries: 0}}
";

fn one() -> System {
    crate::read::read_bytes(Path::new("config.yaml"), ONE.into(), &Prices::shipped()).system
}

/// The probability that an arrival of an M/M/c queue waits (Erlang, 1917).
fn erlang_c(servers: u32, offered: f64) -> f64 {
    let mut term = 1.0;
    let mut sum = 1.0;
    for k in 1..servers {
        term *= offered / f64::from(k);
        sum += term;
    }
    let last = term * offered / f64::from(servers) / (1.0 - offered / f64::from(servers));
    last / (sum + last)
}

#[test]
fn a_server_with_places_is_an_m_m_c_queue() {
    let system = one();
    assert!(system.deployments[0].self_hosted);
    for (places, rate) in [(1_u32, 0.8), (3, 2.4), (8, 6.0)] {
        // Service of one second on average, exponential: the whole answer is one token.
        let scenario = scenario(&format!(
            "traffic: {{rate: {rate}/s, for: 40h, output_tokens: 1, streamed: false}}\n\
             providers: {{default: {{first_token: exponential(1s), limits: {{parallel: {places}}}}}}}\n"
        ));
        let setup = Setup::new(&system, entry(&system, None).unwrap(), &scenario);
        let (mut sum, mut count, mut waited) = (0.0, 0.0, 0.0);
        simulate(&setup, 1, &[], |it| {
            sum += it.end.since(it.at).as_secs_f64();
            count += 1.0;
        });
        waited += sum / count - 1.0;
        let expected = erlang_c(places, rate) / (f64::from(places) - rate);
        assert!(
            (waited - expected).abs() / expected < 0.06,
            "{places}: {waited} for {expected}"
        );
    }
}

#[test]
fn a_rate_limit_grants_what_a_token_bucket_grants() {
    let system = crate::read::read_bytes(
        Path::new("config.yaml"),
        "model_list:\n- {model_name: main, litellm_params: {model: openai/gpt-4o, num_retries: 0}}\n".into(),
        &Prices::shipped(),
    )
    .system;
    // Ten a second against 300 a minute: a full bucket first, then five a second. 300 + 5 t granted of 10 t.
    let scenario =
        scenario("traffic: {arrivals: even, rate: 10/s, for: 10m}\nproviders: {default: {limits: {rpm: 300}}}\n");
    let all = seen(&system, &scenario);
    let answered = all.iter().filter(|it| it.seen == Seen::Answered).count();
    let expected = 300.0 + 5.0 * 600.0;
    #[expect(clippy::cast_precision_loss, reason = "a count of thousands")]
    let off = (answered as f64 - expected).abs();
    assert!(off <= 2.0, "{answered}");
    let refused = all.iter().find(|it| it.seen != Seen::Answered).unwrap();
    assert!(matches!(
        refused.seen,
        Seen::Failed(crate::pipeline::policy::Failure::Status { status: 429, .. })
    ));
}

#[test]
fn tries_until_success_are_geometric() {
    // A call fails with probability p; r retries: 1 - p^(r+1) answered, (1 - p^(r+1)) / (1 - p) calls on average.
    let (p, retries) = (0.4_f64, 3);
    let text = ONE.replace("num_retries: 0", &format!("num_retries: {retries}"));
    let system = crate::read::read_bytes(Path::new("config.yaml"), text.into(), &Prices::shipped()).system;
    let scenario = scenario(&format!(
        "traffic: {{arrivals: even, rate: 5/s, for: 2h}}\nfaults: [{{on: everything, share: {p}, answer: 503}}]\n"
    ));
    let setup = Setup::new(&system, entry(&system, None).unwrap(), &scenario);
    let total = tally(&setup, 1).total();
    let left = p.powi(retries + 1);
    let answered = total.share(total.answered);
    assert!((answered - (1.0 - left)).abs() < 0.003, "{answered}");
    let calls = total.share(total.calls);
    let expected = (1.0 - left) / (1.0 - p);
    assert!((calls - expected).abs() < 0.02, "{calls} for {expected}");
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
  chat: {use: strong, fallback: [light], degraded: 'later', cache: {exact: {ttl: 1h, per: everyone}}}
";

#[test]
fn a_hung_primary_costs_our_own_users_no_answer() {
    let system = system(TWO);
    let scenario =
        scenario("traffic: {rate: 5/s, for: 10m}\nfaults: [{at: 2m, for: 5m, on: provider/openai, hang: true}]\n");
    let all = seen(&system, &scenario);
    let bad: Vec<_> = all.iter().filter(|it| !matches!(it.seen, Seen::Answered)).collect();
    assert!(bad.is_empty(), "{bad:?}");
    let latest = all
        .iter()
        .filter_map(|it| Some(it.first_token?.since(it.at)))
        .max()
        .unwrap();
    assert!(latest.as_secs_f64() < 7.0, "{latest:?}");
}

#[test]
fn everything_down_degrades_in_time() {
    let system = system(TWO);
    for fault in ["hang", "refused", "blackhole"] {
        let scenario = scenario(&format!(
            "traffic: {{rate: 5/s, for: 5m}}\nfaults: [{{on: everything, {fault}: true}}]\n"
        ));
        for it in seen(&system, &scenario) {
            assert_eq!(it.seen, Seen::Degraded, "{it:?}");
            assert!(it.end.since(it.at).as_secs_f64() <= 7.0, "{it:?}");
        }
    }
}

#[test]
fn questions_that_repeat_come_out_of_the_cache() {
    let system = system(TWO);
    let scenario = scenario("traffic: {rate: 5/s, for: 30m, repeat_questions: 0.3}\n");
    let setup = Setup::new(&system, entry(&system, None).unwrap(), &scenario);
    let total = tally(&setup, 1).total();
    let cached = total.share(total.cached);
    assert!((0.25..0.31).contains(&cached), "{cached}");
}

#[test]
fn a_client_that_hangs_up_and_tries_again_multiplies_calls() {
    // The gateway does not notice that its client has gone: LiteLLM's usual way.
    let system = one();
    let text = "traffic: {arrivals: even, rate: 1/s, for: 1m, streamed: false, output_tokens: 1, \
                client: {like: openai-python, timeout: 5s}}\n\
                providers: {default: {first_token: 30s}}\n";
    let all = seen(&system, &scenario(text));
    for it in &all {
        assert_eq!(it.calls, 3, "{it:?}");
        assert!(matches!(it.seen, Seen::Failed(_)), "{it:?}");
        let took = it.end.since(it.at).as_secs_f64();
        assert!((15.0 + 1.1..15.0 + 1.6).contains(&took), "{took}");
    }
}

#[test]
fn the_same_seed_gives_the_same_requests() {
    let system = system(TWO);
    let scenario = scenario(
        "traffic: {rate: 20/s, for: 5m}\nfaults: [{at: 1m, for: 3m, on: provider/openai, share: 0.5, answer: 529}]\n",
    );
    let (once, again) = (seen(&system, &scenario), seen(&system, &scenario));
    assert_eq!(once, again);
    let setup = Setup::new(&system, entry(&system, None).unwrap(), &scenario);
    assert_ne!(observe(&setup, 2), once);
}
