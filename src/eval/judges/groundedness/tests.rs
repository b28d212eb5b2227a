use super::*;
use crate::embedded::Embedder;

fn data(name: &str) -> Option<Vec<Example>> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/groundedness");
    let Ok(text) = std::fs::read_to_string(folder.join(name)) else {
        eprintln!("SKIPPED: shared/data/groundedness/{name} is not beside the repository");
        return None;
    };
    Some(examples(&text).unwrap())
}

/// What a logistic model over nine plain measures reaches: 0.66 on QAGS, 0.76 on `HaluEval`.
#[test]
fn fitted_on_one_data_set_it_judges_the_other() {
    let (Some(qags), Some(halueval)) = (data("qags_xsum.jsonl"), data("halueval_qa.jsonl")) else {
        return;
    };
    let none: Option<&dyn Embedder> = None;
    for (name, train, test, plain) in [
        ("HaluEval -> QAGS", &halueval, &qags, 0.66),
        ("QAGS -> HaluEval", &qags, &halueval, 0.76),
    ] {
        let weights = fit(std::slice::from_ref(train), &[("", none)], "test", 1).unwrap();
        let found = auc(&weights, test, none, 1).unwrap();
        eprintln!("{name}: {:.3} [{:.3}, {:.3}]", found.estimate, found.low, found.high);
        assert!(found.estimate > plain && found.low < found.estimate && found.estimate < found.high);
    }
}

#[test]
fn the_same_data_give_the_same_weights_and_no_measure_is_turned_round() {
    let lines: String = (0..40)
        .map(|at| {
            let other = (at + 7) % 40;
            format!(
                "{{\"claim\": \"Shop {at} opens at {at} in town.\", \"evidence\": \"Everyone knows that shop {at} opens at {at} in town. Tea is sold.\", \"supported\": true}}\n\
                 {{\"claim\": \"Shop {at} closes at {other}00 in Paris.\", \"evidence\": \"Everyone knows that shop {at} opens at {at} in town. Tea is sold.\", \"supported\": false}}\n"
            )
        })
        .collect();
    let set = examples(&lines).unwrap();
    let one = fit(std::slice::from_ref(&set), &[("", None)], "test", 1).unwrap();
    assert_eq!(one, fit(std::slice::from_ref(&set), &[("", None)], "test", 1).unwrap());
    for ((name, weight), (known, sign)) in one.engines[0].weights.iter().zip(features::FEATURES) {
        assert!(name == known && weight * sign >= 0.0, "{name} {weight}");
    }
    assert!(auc(&one, &set, None, 1).unwrap().estimate > 0.99);
}

const POLICY: &str = "Items may be returned within 30 days of delivery. Sale items are not refunded. The shop in Glasgow \
                      opens at nine.";

fn probability(claim: &str) -> f64 {
    check(Weights::shipped().unwrap(), claim, "", &[POLICY], None)
        .unwrap()
        .score
}

#[test]
fn what_is_copied_is_supported_and_what_is_changed_is_not() {
    assert!(probability("Items may be returned within 30 days of delivery.") > 0.8);
    for changed in [
        "Items may be returned within 60 days of delivery.",
        "Sale items are refunded.",
        "The shop in Edinburgh opens at nine.",
        "The moon landing was watched by 600 million people.",
    ] {
        assert!(probability(changed) < 0.5, "{changed}: {}", probability(changed));
    }
}

#[test]
fn a_mismatch_is_named_beside_the_nearest_evidence() {
    let found = check(
        Weights::shipped().unwrap(),
        "Items may be returned within 60 days of delivery.",
        "",
        &["Tea is sold here.", POLICY],
        None,
    );
    let claim = &found.unwrap().claims[0];
    assert!(
        claim.mismatch.contains("\"60 days\" vs \"30 days\""),
        "{}",
        claim.mismatch
    );
    let (passage, sentence) = claim.nearest.clone().unwrap();
    assert_eq!(
        (passage, sentence.as_str()),
        (1, "Items may be returned within 30 days of delivery.")
    );
}

#[test]
fn anything_can_be_checked() {
    for (answer, passages) in [
        ("", vec![]),
        ("A claim.", vec![]),
        ("\u{0}\u{fffd} 1e999 days.", vec!["", "…"]),
    ] {
        let found = check(Weights::shipped().unwrap(), answer, answer, &passages, None).unwrap();
        assert!((0.0..=1.0).contains(&found.score), "{answer}");
    }
}
