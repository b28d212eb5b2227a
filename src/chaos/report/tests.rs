//! Tallies against lists.

use std::sync::LazyLock;
use std::time::Duration;

use proptest::prelude::*;

use super::friday;
use super::*;
use crate::chaos::Scenario;
use crate::chaos::hypothesis::{Unit, Verdict};
use crate::chaos::observation::{Hollow, Observation, Seen};
use crate::pipeline::policy::{Failure, Limit, Refusal, Tick};
use crate::report::{Format, Report, Style, render};
use crate::source::SourceFile;

fn observations() -> impl Strategy<Value = Vec<Observation>> {
    let seen = prop_oneof![
        Just(Seen::Answered),
        Just(Seen::Cached),
        Just(Seen::Degraded),
        Just(Seen::Hollow(Hollow::Truncated)),
        Just(Seen::Hollow(Hollow::Wrong)),
        Just(Seen::GaveUp),
        Just(Seen::Failed(Failure::TimedOut(Limit::Total))),
        (500_u16..530, 0_u64..60).prop_map(|(status, wait)| Seen::Failed(Failure::Status {
            status,
            refusal: Refusal::Plain,
            retry_after: Some(Duration::from_secs(wait)),
        })),
    ];
    let one = (
        0_u64..600_000,
        0_u64..90_000,
        0_u64..90_000,
        seen,
        prop::option::of(0_usize..4),
        0_u32..6,
        0.0..0.5_f64,
    );
    let one = one.prop_map(|(at, first, more, seen, by, calls, cost_usd)| Observation {
        id: at,
        at: Tick(at * 1_000_000),
        first_token: matches!(seen, Seen::Answered).then_some(Tick((at + first) * 1_000_000)),
        end: Tick((at + first + more) * 1_000_000),
        seen,
        by,
        calls,
        cost_usd,
        attempts: Vec::new(),
    });
    prop::collection::vec(one, 0..120)
}

fn tally(seen: &[Observation]) -> Tally {
    let mut tally = Tally::default();
    tally.extend(seen);
    tally
}

proptest! {
    #[test]
    fn parts_in_any_order_are_the_whole(seen in observations(), cuts in prop::collection::vec(0_usize..120, 3)) {
        let whole = tally(&seen);
        let part = |which: usize| {
            let mine = seen.iter().enumerate().filter(|(at, _)| (at + cuts[at % 3]) % 3 == which);
            tally(&mine.map(|(_, one)| one.clone()).collect::<Vec<_>>())
        };
        for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
            let mut sum = Tally::default();
            for which in order {
                sum.absorb(&part(which));
            }
            prop_assert_eq!(&sum, &whole);
        }
    }

    #[test]
    fn everybody_is_counted_once(seen in observations()) {
        let tally = tally(&seen);
        let total = tally.total();
        let parts = total.answered + total.cached + total.degraded + total.hollow() + total.failures() + total.gave_up;
        prop_assert_eq!(total.requests, seen.len() as u64);
        prop_assert_eq!(parts, total.requests);
        prop_assert_eq!(total.end.count(), total.requests);
        prop_assert_eq!(total.calls, seen.iter().map(|one| u64::from(one.calls)).sum::<u64>());
        let cost: f64 = seen.iter().map(|one| one.cost_usd).sum();
        prop_assert!((total.cost_usd() - cost).abs() < 1e-9);
        for (minute, counts) in tally.steps().iter().enumerate() {
            let mine = seen.iter().filter(|one| one.at.0 / 60_000_000_000 == minute as u64);
            prop_assert_eq!(counts.requests, mine.count() as u64);
        }
    }
}

fn rendered(report: &Report, format: Format) -> String {
    let mut out = Vec::new();
    render(report, format, Style::default(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The day, counted once for all tests.
static FRIDAY: LazyLock<ChaosReport> = LazyLock::new(friday::report);

/// The same day on another system, where nothing breaks; and as a live run that was stopped.
fn others() -> [ChaosReport; 2] {
    let (mut calm, mut live) = (FRIDAY.clone(), FRIDAY.clone());
    calm.setting.scenario = "calm".to_owned();
    calm.setting.faults.clear();
    calm.run = calm.baseline.clone().unwrap();
    calm.hypotheses.retain(|held| held.holds);
    calm.lives.clear();
    calm.replications = None;
    live.setting.scenario = "live".to_owned();
    live.setting.origin = Origin::LiveRun;
    live.baseline = None;
    live.recovery_s = Some(40.0);
    live.stopped = Some("more than 50% of users saw an error".to_owned());
    [calm, live]
}

#[test]
fn a_report_is_stored_and_read_again() {
    let stored = serde_json::to_string(&*FRIDAY).unwrap();
    assert_eq!(serde_json::from_str::<ChaosReport>(&stored).unwrap(), *FRIDAY);
}

#[test]
fn the_terminal_shows_the_day() {
    let text = rendered(&report(std::slice::from_ref(&*FRIDAY)), Format::Text);
    for line in [
        "faults             ··········━━━━━━━━━━━━········  latency 2s..45s on provider/openai, 10:00–22:00",
        "  answered           ████████████",
        "no: 3 of 4 hypotheses are violated",
        "  - ✗ no user sees an error: ",
        "  - ✓ cost_per_hour <= 1.5 x baseline: ",
        "s waited (backoff)",
        "  - because: `timeout: 12` for each attempt (config.yaml:8:7)",
        "friday-afternoon: 3,600 requests simulated over 30:00, seed 7",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    // Hypotheses are told once: by the answers, not as failed tests besides.
    assert_eq!(text.matches("no user sees an error").count(), 1, "{text}");
}

#[test]
fn several_scenarios_share_a_table() {
    let [calm, live] = others();
    let report = report(&[FRIDAY.clone(), calm, live]);
    assert_eq!(report.summary, "3 scenarios, 10,800 requests: 1 survived, 2 not");
    let text = rendered(&report, Format::Text);
    assert!(
        text.contains("│ calm ") && text.contains("no: it was stopped"),
        "{text}"
    );
    assert!(
        !text.contains("calm, minute by minute"),
        "what holds needs no timeline: {text}"
    );
    assert!(text.contains("all was well again 40 s after the last fault"), "{text}");
}

#[test]
fn each_hypothesis_is_a_test() {
    let xml = rendered(&report(std::slice::from_ref(&*FRIDAY)), Format::Junit);
    assert!(
        xml.contains(r#"tests="4" skipped="0" failures="3" errors="0""#),
        "{xml}"
    );
    assert!(xml.contains(r#"classname="friday-afternoon""#), "{xml}");
    assert!(
        xml.contains("openai/gpt-4o, status 529"),
        "the request that shows it: {xml}"
    );
}

#[test]
fn csv_has_each_minute_with_and_without_faults() {
    let csv = rendered(&report(std::slice::from_ref(&*FRIDAY)), Format::Csv);
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let header = reader.headers().unwrap().clone();
    let column = |name: &str| header.iter().position(|it| it == name).unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 60);
    let sum = |name: &str, faults: &str| -> u64 {
        let rows = rows.iter().filter(|row| &row[column("faults")] == faults);
        rows.map(|row| row[column(name)].parse::<u64>().unwrap()).sum()
    };
    assert_eq!(sum("requests", "with"), 3_600);
    assert_eq!(sum("failed", "with"), FRIDAY.run.total.failures());
    assert_eq!(sum("failed", "without"), 0);
    assert_eq!(sum("by azure/gpt-4o", "with"), FRIDAY.run.total.by[1]);
    assert_eq!(rows.iter().filter(|row| &row[column("in_force")] == "true").count(), 14);
}

#[test]
fn markdown_draws_the_timeline_once() {
    let text = rendered(&report(std::slice::from_ref(&*FRIDAY)), Format::Markdown);
    assert!(text.contains("<details><summary>friday-afternoon, minute by minute</summary>\n\n```text\nfaults"));
    assert!(
        !text.contains("| scenario | hypothesis |"),
        "tables for machines stay out: {text}"
    );
}

#[test]
fn requests_are_written_one_by_one() {
    let setting = friday::setting();
    let mut out = Vec::new();
    let mut rows = RequestRows::new(&mut out, &setting).unwrap();
    friday::requests(true, 7).for_each(|seen| rows.add(&seen).unwrap());
    rows.finish().unwrap();
    let text = String::from_utf8(out).unwrap();
    assert_eq!(text.lines().count(), 3_601);
    let gave_up = text.lines().filter(|line| line.contains(",gave_up,")).count() as u64;
    assert_eq!(gave_up, FRIDAY.run.total.gave_up);
    assert!(text.contains("openai/gpt-4o 0.000000-"), "{}", &text[..2_000]);
}

#[test]
fn phases_are_parts_of_the_whole() {
    let run = &FRIDAY.run;
    assert_eq!(
        run.before.requests + run.during.requests + run.after.requests,
        run.total.requests
    );
    assert!((run.before.seconds - 600.0).abs() < 1e-9 && (run.after.seconds - 360.0).abs() < 1e-9);
    assert_eq!(run.before.failures() + run.after.failures(), 0);
}

#[test]
fn the_page_holds_its_data_and_needs_nothing_else() {
    let [calm, live] = others();
    let runs = [FRIDAY.clone(), calm, live];
    let page = rendered(&report(&runs), Format::Html);
    let (_, data) = page
        .split_once(r#"<script type="application/json" id="data">"#)
        .unwrap();
    let (data, _) = data.split_once("</script>").unwrap();
    let mut data: serde_json::Value = serde_json::from_str(data).unwrap();
    assert_eq!(
        serde_json::from_value::<Vec<ChaosReport>>(data["runs"].take()).unwrap(),
        runs
    );
    let mut addresses = page
        .match_indices("://")
        .map(|(at, _)| &page[at - 5..(at + 24).min(page.len())]);
    assert!(
        addresses.all(|text| text.contains("://www.w3.org/2000/svg")),
        "only the name of SVG"
    );
    for loads in [
        "src=",
        "<link",
        "@import",
        "url(",
        "fetch(",
        "XMLHttpRequest",
        "import(",
    ] {
        assert!(!page.contains(loads), "{loads}");
    }
}

#[test]
#[ignore = "writes the pages to look at: AISYS_PAGES=folder cargo test --lib pages_to_look_at -- --ignored"]
fn pages_to_look_at() {
    let folder = std::path::PathBuf::from(std::env::var("AISYS_PAGES").unwrap());
    let [calm, live] = others();
    for (name, runs) in [
        ("one", vec![FRIDAY.clone()]),
        ("several", vec![FRIDAY.clone(), calm, live]),
    ] {
        std::fs::write(
            folder.join(format!("{name}.html")),
            rendered(&report(&runs), Format::Html),
        )
        .unwrap();
    }
}

/// A scenario as it stands in a file, for what reports take from it.
#[test]
fn a_setting_tells_the_scenario() {
    let text = "scenario: bursts\nabout: openai sheds load\n\
        traffic: {rate: 20/s, for: 30m, repeat_questions: 0.3, patience: 60s}\n\
        faults:\n\
        - {at: 10m, for: 1m, every: 5m, repeat: 3, on: provider/openai, share: 0.6, answer: 529}\n\
        - {at: 20m, on: provider/openai, for: 20m, latency: {ramp: 2s..45s}}\n\
        hypothesis: [p99_first_token <= 7s, cost <= 1.5 x baseline]\n";
    let file = SourceFile::new("bursts.yaml", text);
    let scenario = Scenario::parse(&file).unwrap();
    let setting = Setting::of(&scenario, Origin::Simulation, "aisys.yaml", Vec::new());
    assert_eq!(
        setting.traffic,
        "20 requests a second (Poisson) for 30:00, 30% asked before, users wait 60 s"
    );
    assert_eq!(setting.faults[0].label, "answer 529, 60% of calls");
    assert_eq!(setting.faults[1].label, "latency ramp: 2s..45s");
    assert_eq!(setting.faults[1].on, "provider/openai");
    let spans: Vec<(f64, f64)> = setting.faults[0].spans.iter().map(|it| (it.from_s, it.to_s)).collect();
    assert_eq!(spans, [(600.0, 660.0), (900.0, 960.0), (1_200.0, 1_260.0)]);
    assert!(
        (setting.faults[1].spans[0].to_s - 1_800.0).abs() < 1e-9,
        "no fault outlives its run"
    );
    let span = |from_s| Span {
        from_s,
        to_s: from_s + 60.0,
    };
    assert_eq!(
        [0.0, 600.0, 720.0, 1_740.0].map(|from| setting.phase(span(from))),
        [Phase::Before, Phase::During, Phase::Between, Phase::During]
    );

    let verdict = Verdict {
        hypothesis: scenario.hypotheses[1].text.clone(),
        holds: false,
        value: Some(30.0),
        bound: Some(15.0),
        unit: Unit::Usd,
        first_violation: Some(14),
        unlucky: Some(7),
    };
    let held = Held::of(&scenario.hypotheses[1], &verdict, None, scenario.traffic.lasts);
    assert_eq!((held.value.as_str(), held.first_violation_s), ("$30.00", Some(840.0)));
    // 15 dollars in half an hour are 30 in an hour.
    assert_eq!(
        held.limit,
        Some(LimitLine {
            of: Shown::CostPerHour,
            at: 30.0
        })
    );
    assert_eq!(held.place.as_deref(), Some("bursts.yaml:7:37"));
}
