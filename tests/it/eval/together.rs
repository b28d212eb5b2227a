//! What is judged over several answers of one case: the best variant, and whether repeats agree.

use aisys::wire::Api;

use crate::mock::{Answer, Seen};

use super::{Lab, Server};

/// A suite of two variants whose models are the mock behind `/short` and `/long`, with a judge behind `/judge`.
fn two_variants(server: &Server, more: &str, expect: &str) -> String {
    let at = |path: &str| {
        let url = server.mock.url(path);
        format!(
            "{{api: openai, model: gpt-4o-mini, base_url: {url:?}, name: {}, max_attempts: 1}}",
            &path[1..]
        )
    };
    let variant = |name: &str| {
        format!(
            "  - {{name: {name}, generation: {{model: {}}}}}\n",
            at(&format!("/{name}"))
        )
    };
    let judge = at("/judge");
    format!(
        "suite: pairs\njudge: {{model: {judge}}}\n{more}variants:\n{}{}cases:\n  - {{id: one, ask: How many days?, expect: [{expect}]}}\n  - {{id: two, ask: Who pays the postage?, expect: [{expect}]}}\n",
        variant("short"),
        variant("long"),
    )
}

/// The variants' own answers, and what the judge says to everything.
fn talking(judge: impl Fn(&Seen) -> Answer + Send + Sync + 'static) -> Server {
    Server::start(move |seen| match seen.path.split('/').nth(1) {
        Some("judge") => judge(seen),
        Some("short") => Answer::chat(Api::Openai, "30 days."),
        _ => Answer::chat(Api::Openai, "You have 30 days from delivery, and we pay the postage."),
    })
}

/// The status of each row, as `case variant status`.
fn rows(lab: &Lab) -> Vec<String> {
    let [cases, variants, statuses] = ["case", "variant", "status"].map(|column| lab.column("a.csv", column));
    let joined = cases.iter().zip(&variants).zip(&statuses);
    joined
        .map(|((case, variant), status)| format!("{case} {variant} {status}"))
        .collect()
}

fn to_judge(server: &Server) -> Vec<String> {
    let seen = server.mock.seen().into_iter();
    seen.filter(|seen| seen.path.starts_with("/judge"))
        .map(|seen| String::from_utf8_lossy(&seen.body).into_owned())
        .collect()
}

#[test]
fn select_best_asks_the_judge_once_a_case_and_the_picked_variant_passes() {
    let server = talking(|seen| {
        let second = String::from_utf8_lossy(&seen.body).contains("Text index=\\\"1\\\"");
        Answer::chat(Api::Openai, if second { "1" } else { "there is no second text" })
    });
    let lab = Lab::with(&two_variants(&server, "", "{select_best: names who pays}"));
    lab.eval(&["suite.yaml", "-o", "a.csv"])
        .expect(0, &["2 cases × 2 variants, 4 answers"]);
    assert_eq!(
        rows(&lab),
        [
            "one short failed",
            "one long passed",
            "two short failed",
            "two long passed"
        ]
    );
    assert_eq!(lab.column("a.csv", "check.select-best"), ["0", "1", "0", "1"]);
    let asked = to_judge(&server);
    assert_eq!(asked.len(), 2);
    assert!(
        asked
            .iter()
            .all(|body| body.contains("names who pays") && body.contains("we pay the postage"))
    );
    let why = lab.column("a.csv", "why");
    assert!(why[0].contains("not the best by: names who pays"), "{why:?}");
}

#[test]
fn a_judge_that_picks_none_is_an_error_of_the_judge_for_every_variant() {
    let server = talking(|_| Answer::chat(Api::Openai, "Both are lovely."));
    let lab = Lab::with(&two_variants(&server, "", "{select_best: names who pays}"));
    lab.eval(&["suite.yaml", "-o", "a.csv"])
        .expect(0, &["4 judgements failed"]);
    assert!(
        lab.column("a.csv", "judge_errors")
            .iter()
            .all(|why| why.contains("select-best"))
    );
    assert!(
        rows(&lab)
            .iter()
            .all(|row| !row.ends_with("passed") && !row.ends_with("failed")),
        "{:?}",
        rows(&lab)
    );
}

#[test]
fn max_score_picks_the_variant_whose_other_checks_score_highest_and_asks_nobody() {
    let server = talking(|_| Answer::chat(Api::Openai, "nobody asked"));
    let expect = "{contains: \"30\"}, {contains: postage}, {max_score: true}";
    let lab = Lab::with(&two_variants(&server, "", expect));
    lab.eval(&["suite.yaml", "-o", "a.csv"])
        .expect(0, &["2 cases × 2 variants, 4 answers"]);
    assert_eq!(lab.column("a.csv", "check.max-score"), ["0", "1", "0", "1"]);
    assert_eq!(
        rows(&lab),
        [
            "one short failed",
            "one long passed",
            "two short failed",
            "two long passed"
        ]
    );
    assert!(to_judge(&server).is_empty());
    // Of equals the first is picked.
    let equal = two_variants(&server, "", "{contains: \"30\"}, {max_score: true}");
    let lab = Lab::with(&equal);
    lab.eval(&["suite.yaml", "-o", "a.csv"])
        .expect(0, &["2 cases × 2 variants, 4 answers"]);
    assert_eq!(lab.column("a.csv", "check.max-score"), ["1", "0", "1", "0"]);
    // One variant alone cannot be compared: that is told, and is no verdict.
    lab.eval(&["suite.yaml", "--variant", "long", "-o", "a.csv"])
        .expect(0, &["2 judgements failed"]);
    let errors = lab.column("a.csv", "judge_errors");
    assert!(
        errors
            .iter()
            .all(|why| why.contains("needs the answers of two variants at least")),
        "{errors:?}"
    );
}

/// A suite of two cases that are asked three times; the mock's answers to the second one differ.
fn repeated(judge: &str) -> (Server, String) {
    let server = Server::start(|seen| {
        if seen.path.starts_with("/judge") {
            // Of the pairs of different answers, of which there is one.
            return Answer::chat(Api::Openai, "{\"pairs\": [{\"number\": 1, \"agree\": false}]}");
        }
        let steady = seen.last_text().contains("steady");
        let odd = seen.at % 3 == 1;
        Answer::chat(
            Api::Openai,
            if steady || !odd {
                "You have 30 days."
            } else {
                "You have 60 days."
            },
        )
    });
    let url = server.mock.url("/judge/v1");
    let judge = judge.replace(
        "JUDGE",
        &format!("{{api: openai, model: gpt-4o, base_url: {url:?}, name: judge}}"),
    );
    let text = format!(
        "suite: steady\ngeneration: {{model: {}}}\njudge: {{{judge}consistency: true}}\nrepeats: 3\ncases:\n  - {{id: same, ask: \"steady: how long?\"}}\n  - {{id: other, ask: \"how long?\"}}\n",
        server.model("")
    );
    (server, text)
}

#[test]
fn repeats_are_held_against_one_another_in_this_process_and_by_a_judge() {
    for (judge, calls) in [("", 0), ("model: JUDGE, ", 1)] {
        let (server, text) = repeated(judge);
        let lab = Lab::with(&text);
        // One at a time, so that the mock's second answer of three is the odd one.
        lab.eval(&["suite.yaml", "-j", "1", "-o", "a.csv"])
            .expect(0, &["2 cases × 3 repeats, 6 answers", "consistent"]);
        let consistent: Vec<f64> = lab
            .column("a.csv", "consistent")
            .iter()
            .map(|it| it.parse().unwrap())
            .collect();
        assert_eq!(consistent[..3], [1.0; 3]);
        // One pair of three is of the same words.
        assert!(
            consistent[3..]
                .iter()
                .all(|share| *share < 0.5 && *share == consistent[3]),
            "{consistent:?}"
        );
        if calls > 0 {
            assert!((consistent[3] - 1.0 / 3.0).abs() < 1e-3, "{consistent:?}");
        }
        assert_eq!(to_judge(&server).len(), calls);
    }
}

#[test]
fn a_gate_on_consistency_holds_the_run_to_it() {
    let (_server, text) = repeated("");
    let lab = Lab::with(&text.replace("repeats: 3", "repeats: 3\ngate: {consistent: \">= 0.9\"}"));
    lab.eval(&["suite.yaml", "-j", "1"]).expect(1, &["consistent"]);
    lab.eval(&["suite.yaml", "-j", "1", "--case", "same"])
        .expect(0, &["yes: the gate holds"]);
}
