use std::path::Path;

use super::*;
use crate::chaos::behaviour::{Answer, Connection};
use crate::source::SourceFile;

const FRIDAY: &str = "\
scenario: friday-afternoon
system: ../litellm/config.yaml
traffic: {arrivals: poisson, rate: 20/s, for: 30m, prompt_tokens: 'lognormal(800, 1.1)', output_tokens: 'lognormal(250, 0.8)', tenants: zipf(50), repeat_questions: 0.3, client: openai-python, patience: 30s}
providers:
  openai: {first_token: 'lognormal(450ms, 0.5)', tokens_per_second: 60, limits: {rpm: 10000, tpm: 2M}}
faults:
  - {at: 10m, for: 12m, on: provider/openai, latency: {ramp: 2s..45s}}
  - {at: 14m, for: 8m, on: provider/openai, share: 0.6, answer: 529}
  - {at: 15m, on: requests, share: 0.01, upload: 300k tokens}
hypothesis:
  - users_answered >= 99.9%
  - p99_first_token <= 7s
  - cost <= 1.5 x baseline
  - no user sees an error
";

fn parse(text: &str) -> Result<Scenario, crate::read::FormError> {
    Scenario::parse(&SourceFile::new("dir/one.yaml", text))
}

fn openai(number: u64) -> CallFacts<'static> {
    CallFacts {
        number,
        provider: "openai",
        model: "gpt-4o",
        ..CallFacts::default()
    }
}

const fn minutes(count: u64) -> Duration {
    Duration::from_secs(60 * count)
}

#[test]
fn the_friday_of_the_specification_is_read() {
    let scenario = parse(FRIDAY).unwrap();
    assert_eq!(scenario.traffic.lasts, minutes(30));
    assert_eq!(scenario.health("openai").limits.tpm, Some(2e6));
    assert_eq!(scenario.traffic.client.retries, 2);
    assert_eq!(scenario.fault_span(), Some((minutes(10), minutes(30))));
    let Some(Subject::System { paths, .. }) = &scenario.subject else {
        panic!()
    };
    assert_eq!(paths[0], Path::new("dir/../litellm/config.yaml"));
}

#[test]
fn faults_strike_in_their_time_at_their_share_and_nobody_else() {
    let scenario = parse(FRIDAY).unwrap();
    assert!(scenario.behaviour(&openai(1), minutes(9)).is_healthy());
    let halfway = scenario.behaviour(&openai(1), minutes(16)).timing.before.as_secs_f64();
    assert!((halfway - 23.5).abs() < 1e-9, "{halfway}");
    let overloaded = (0..10_000)
        .filter(|number| {
            matches!(
                scenario.behaviour(&openai(*number), minutes(15)).answer,
                Answer::Error(_)
            )
        })
        .count();
    assert!((5_800..6_200).contains(&overloaded), "{overloaded}");
    let other = CallFacts {
        provider: "anthropic",
        ..openai(1)
    };
    assert!(scenario.behaviour(&other, minutes(15)).is_healthy());
    assert!(scenario.behaviour(&openai(1), minutes(23)).is_healthy());
}

#[test]
fn one_faults_chance_does_not_shift_anothers() {
    let two = "scenario: x\nfaults:\n  - {share: 0.5, latency: 'exponential(1s)'}\n  - {share: 0.5, hang: true}\n";
    let (both, strange) = (
        parse(two).unwrap(),
        two.replace("share: 0.5, latency", "share: 0.9, latency"),
    );
    let strange = parse(&strange).unwrap();
    for number in 0..500 {
        let hung = |scenario: &Scenario| scenario.behaviour(&openai(number), minutes(1)).connection;
        assert_eq!(hung(&both), hung(&strange));
        assert_eq!(
            both.behaviour(&openai(number), minutes(1)),
            both.behaviour(&openai(number), minutes(1))
        );
    }
}

#[test]
fn what_comes_and_goes_comes_and_goes() {
    let text = "scenario: x\ntraffic: {for: 1h}\nfaults: [{at: 10m, for: 5m, every: 10m, repeat: 3, html: 500}]\n";
    let scenario = parse(text).unwrap();
    let struck: Vec<u64> = (0..60)
        .filter(|minute| !scenario.behaviour(&openai(0), minutes(*minute)).is_healthy())
        .collect();
    let expected: Vec<u64> = (10..15).chain(20..25).chain(30..35).collect();
    assert_eq!(struck, expected);
    assert_eq!(scenario.fault_span(), Some((minutes(10), minutes(35))));
}

#[test]
fn the_timeline_agrees_with_each_injection() {
    let text = "scenario: x\ntraffic: {for: 1h}\nfaults:\n  - {at: 7s, for: 3s, every: 11s, hang: true}\n  - {at: 30m, dns: true}\n  - {for: 20m, jitter: 1s}\n";
    let scenario = parse(text).unwrap();
    for second in 0..3_700 {
        let at = Duration::from_secs(second);
        let slow: Vec<usize> = (0..3)
            .filter(|index| scenario.faults[*index].in_force(at).is_some())
            .collect();
        let listed: Vec<usize> = scenario
            .timeline
            .at(at)
            .iter()
            .copied()
            .filter(|index| scenario.faults[*index].in_force(at).is_some())
            .collect();
        assert_eq!(slow, listed, "{second}");
    }
}

#[test]
fn conditions_choose_among_calls() {
    let text = "scenario: x\nfaults:\n  - {on: [region/azure/eastus, model/gpt-5*], when: {path: '/v1/*', header: {X-Tier: free}, prompt: '/invoice \\d+/', streamed: true}, refused: true}\n";
    let scenario = parse(text).unwrap();
    let call = CallFacts {
        provider: "azure",
        region: "eastus",
        path: "/v1/chat/completions",
        headers: &[("x-tier", "free")],
        prompt: "about invoice 77",
        streamed: true,
        ..openai(1)
    };
    let refused = |call: &CallFacts<'_>| scenario.behaviour(call, minutes(1)).connection == Connection::Refused;
    assert!(refused(&call));
    assert!(refused(&CallFacts {
        region: "",
        model: "gpt-5-mini",
        ..call
    }));
    assert!(!refused(&CallFacts {
        region: "westus",
        ..call
    }));
    assert!(!refused(&CallFacts {
        prompt: "about invoices",
        ..call
    }));
    assert!(!refused(&CallFacts { headers: &[], ..call }));
    assert!(!refused(&CallFacts {
        streamed: false,
        ..call
    }));
}

#[test]
fn requests_follow_the_traffic() {
    let scenario = parse(FRIDAY).unwrap();
    let requests: Vec<Request> = scenario.requests().collect();
    assert_eq!(requests, scenario.requests().collect::<Vec<_>>());
    // 36,000 are meant; the standard deviation of a Poisson count is its root, 190.
    assert!((35_000..37_000).contains(&requests.len()), "{}", requests.len());
    assert!(
        requests
            .windows(2)
            .all(|pair| pair[0].at <= pair[1].at && pair[0].id + 1 == pair[1].id)
    );
    let distinct: std::collections::BTreeSet<u64> = requests.iter().map(|it| it.question).collect();
    let repeated = (requests.len() - distinct.len()) * 100 / requests.len();
    assert!((28..=32).contains(&repeated), "{repeated}");
    let uploads: Vec<&Request> = requests.iter().filter(|it| it.prompt_tokens > 300_000).collect();
    assert!(uploads.iter().all(|it| it.at >= minutes(15)));
    assert!((130..230).contains(&uploads.len()), "{}", uploads.len());
    let quiet = scenario.baseline();
    assert!(
        quiet
            .requests()
            .zip(&requests)
            .all(|(a, b)| a.at == b.at && a.question == b.question)
    );
}

#[test]
fn bursts_and_even_arrivals_keep_the_rate() {
    for arrivals in ["even", "bursts"] {
        let text = format!("scenario: x\ntraffic: {{arrivals: {arrivals}, rate: 4/s, for: 10s}}\n");
        assert_eq!(parse(&text).unwrap().requests().count(), 40, "{arrivals}");
    }
}

#[test]
fn errors_name_the_place_and_the_nearest_name() {
    for (text, place, words) in [
        ("scenario: x\nfault: []\n", "dir/one.yaml:2:1", "did you mean `faults`"),
        ("faults: []\n", "dir/one.yaml:1:1", "needs its name"),
        (
            "scenario: x\nfaults:\n  - {at: 1m, latancy: 3s}\n",
            ":3:13",
            "did you mean `latency`",
        ),
        ("scenario: x\nfaults:\n  - {at: 1m}\n", ":3:5", "names no fault"),
        (
            "scenario: x\nfaults:\n  - {hang: true, dns: true}\n",
            ":3:18",
            "one fault",
        ),
        (
            "scenario: x\nfaults: [{share: 0..0.9, hang: true}]\n",
            ":2:10",
            "needs `for`",
        ),
        (
            "scenario: x\nfaults: [{on: planet/mars, hang: true}]\n",
            ":2:15",
            "kind of selector",
        ),
        (
            "scenario: x\nfaults: [{on: requests, hang: true}]\n",
            ":2:15",
            "not to requests",
        ),
        ("scenario: x\nfaults: [{answer: 200}]\n", ":2:19", "from 400 to 599"),
        (
            "scenario: x\nfaults: [{answer: 429 quote}]\n",
            ":2:19",
            "did you mean `quota`",
        ),
        (
            "scenario: x\nfaults: [{for: 5m, every: 3m, hang: true}]\n",
            ":2:27",
            "longer than `for`",
        ),
        ("scenario: x\ntraffic: {rate: fast}\n", ":2:17", "a rate such as"),
        (
            "scenario: x\ntraffic: {client: openai-pyton}\n",
            ":2:19",
            "did you mean `openai-python`",
        ),
        (
            "scenario: x\nproviders: {openai: {first_token: 'normal(1s)'}}\n",
            ":2:35",
            "lognormal",
        ),
        (
            "scenario: x\nhypothesis: [p99_first_tokn <= 7s]\n",
            ":2:14",
            "did you mean `p99_first_token`",
        ),
        ("scenario: x\nsystem: a\ntarget: b\n", ":3:9", "not both"),
    ] {
        let error = parse(text).unwrap_err().to_string();
        assert!(error.contains(place) && error.contains(words), "{text}\n{error}");
    }
}

#[test]
fn the_schema_knows_the_keys_that_are_read() {
    let schema = json_schema();
    let keys = |pointer: &str| {
        let mut keys: Vec<String> = schema
            .pointer(pointer)
            .unwrap()
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect();
        keys.sort();
        keys
    };
    let sorted = |keys: &[&str]| {
        let mut keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        keys.sort();
        keys
    };
    assert_eq!(keys("/properties"), sorted(read::KEYS));
    assert_eq!(keys("/properties/traffic/properties"), sorted(traffic::KEYS));
    assert_eq!(keys("/properties/abort/properties"), sorted(abort::KEYS));
    assert_eq!(
        keys("/properties/target/anyOf/1/properties"),
        sorted(subject::TARGET_KEYS)
    );
    assert_eq!(
        keys("/properties/providers/additionalProperties/properties"),
        sorted(provider::KEYS)
    );
    let faults = "/properties/faults/items/properties";
    let known: Vec<&str> = injection::KEYS
        .iter()
        .copied()
        .chain(crate::chaos::faults::names())
        .collect();
    assert_eq!(keys(faults), sorted(&known));
    assert_eq!(keys(&format!("{faults}/when/properties")), sorted(matching::KEYS));
    assert_eq!(
        keys("/properties/traffic/properties/client/anyOf/1/properties"),
        sorted(client::KEYS)
    );
}

#[test]
fn the_examples_fit_the_schema() {
    let validator = jsonschema::validator_for(&json_schema()).unwrap();
    let entries: String = crate::chaos::faults::KINDS
        .iter()
        .map(|kind| format!("  - {}\n", kind.example))
        .collect();
    for text in [
        FRIDAY.to_owned(),
        format!("scenario: x\ntraffic: {{for: 1h}}\nfaults:\n{entries}"),
    ] {
        parse(&text).unwrap();
        let value: serde_json::Value = serde_saphyr::from_str(&text).unwrap();
        let errors: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
    }
}
