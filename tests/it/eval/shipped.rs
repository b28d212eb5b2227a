//! The suites that ship, and those of the fixtures.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use crate::support::root;

use super::{Lab, same_bytes};

fn shipped(path: &str) -> String {
    root(path).to_str().unwrap().to_owned()
}

fn empty() -> Lab {
    Lab(tempfile::tempdir().unwrap())
}

#[test]
fn two_runs_of_a_suite_give_the_same_bytes_in_every_format() {
    let suite = shipped("fixtures/eval/tiny/suite.yaml");
    let (first, second) = (empty(), empty());
    let mut outs = Vec::new();
    for lab in [&first, &second] {
        let files = [
            "-o", "a.csv", "-o", "a.json", "-o", "a.xml", "-o", "a.html", "-o", "a.md", "-o", "a.sarif",
        ];
        let ran = lab.eval(&[&[suite.as_str()], &files[..]].concat());
        outs.push(ran.expect(
            0,
            &[
                "tiny: 6 cases, 6 answers, seed 7",
                "recall@5",
                "Is tiny good enough to ship?",
            ],
        ));
    }
    assert_eq!(outs[0], outs[1]);
    for name in ["a.csv", "scores.csv", "a.json", "a.xml", "a.html", "a.md", "a.sarif"] {
        same_bytes(&first.path(name), &second.path(name));
    }
}

#[test]
fn the_csv_has_a_line_per_answer_and_a_column_per_metric() {
    let lab = empty();
    lab.eval(&[&shipped("fixtures/eval/tiny/suite.yaml"), "-o", "a.csv"])
        .expect(0, &["wrote a.csv"]);
    let rows = lab.csv("a.csv");
    let columns: Vec<&str> = rows[0].iter().map(|(name, _)| name.as_str()).collect();
    for column in [
        "suite",
        "case",
        "variant",
        "status",
        "answer",
        "passages",
        "missed",
        "why",
        "error",
        "recall@5",
        "check.refuses",
    ] {
        assert!(columns.contains(&column), "{column} of {columns:?}");
    }
    let cases = [
        "book-window",
        "film-late",
        "saturday",
        "lost-card",
        "room-people",
        "unknown-parking",
    ];
    assert_eq!(lab.column("a.csv", "case"), cases);
    // A question that nothing answers has no recall, and only it is held to refusing.
    let given = |column: &str| {
        lab.column("a.csv", column)
            .iter()
            .map(|cell| !cell.is_empty())
            .collect::<Vec<_>>()
    };
    assert_eq!(given("recall@5"), [true, true, true, true, true, false]);
    assert_eq!(given("check.refuses"), [false, false, false, false, false, true]);
    let cells = rows.iter().flatten().map(|(_, cell)| cell.as_str());
    assert!(
        cells.clone().all(|cell| cell != "-0" && cell != "NaN"),
        "{:?}",
        cells.collect::<Vec<_>>()
    );
}

#[test]
fn the_junit_file_and_the_page_hold_every_case() {
    let lab = empty();
    lab.eval(&[
        &shipped("fixtures/eval/tiny/suite.yaml"),
        "-o",
        "a.xml",
        "-o",
        "a.html",
        "-o",
        "a.csv",
    ])
    .expect(0, &[]);
    let text = lab.read("a.xml");
    let xml = roxmltree::Document::parse(&text).unwrap();
    let tests: Vec<_> = xml.descendants().filter(|node| node.has_tag_name("testcase")).collect();
    let names: Vec<String> = tests
        .iter()
        .map(|test| test.attribute("name").unwrap().to_owned())
        .collect();
    assert_eq!(names, lab.column("a.csv", "case"));
    let failed = |test: &roxmltree::Node<'_, '_>| test.children().any(|child| child.has_tag_name("failure"));
    let failures: Vec<bool> = tests.iter().map(failed).collect();
    let status = lab.column("a.csv", "status");
    assert_eq!(
        failures,
        status.iter().map(|status| status == "failed").collect::<Vec<_>>()
    );
    let suite = xml.descendants().find(|node| node.has_tag_name("testsuite")).unwrap();
    assert_eq!(suite.attribute("tests"), Some("6"));
    let page = lab.read("a.html");
    for part in [
        "book-window",
        "unknown-parking",
        "Books are lent for 28 days.",
        "recall@5",
    ] {
        assert!(page.contains(part), "no {part} in the page");
    }
    assert!(
        !page.contains("src=\"http") && !page.contains("href=\"http"),
        "the page loads something"
    );
}

#[test]
fn cases_from_csv_and_jsonl_are_the_cases_of_the_suite() {
    let answers = |suite: &str| {
        let lab = empty();
        lab.eval(&[&shipped(suite), "-o", "a.csv"]).expect(0, &[]);
        let columns = ["case", "status", "answer", "recall@5", "ndcg@10"];
        columns.map(|column| lab.column("a.csv", column))
    };
    let direct = answers("fixtures/eval/tiny/suite.yaml");
    assert_eq!(answers("fixtures/eval/tiny/from-csv.yaml"), direct);
    assert_eq!(answers("fixtures/eval/tiny/from-jsonl.yaml"), direct);
}

/// A library of so many short pages, and a question about each.
fn library(lab: &Lab, pages: usize) -> String {
    let mut cases = String::new();
    for at in 0..pages {
        let (shelf, year) = (format!("shelf{at:02}"), 1900 + at);
        lab.write(
            &format!("pages/{shelf}.md"),
            &format!("# {shelf}\n\nThe {shelf} was built in {year}.\n"),
        );
        writeln!(
            cases,
            "  - {{id: {shelf}, ask: \"When was {shelf} built?\", relevant: {{{shelf}.md: 2}}, expect: [{{contains: \"{year}\"}}]}}"
        ).unwrap();
    }
    format!(
        "suite: library\ncorpus: pages\nretrieval: {{kind: bm25, top_k: 3}}\ngate: {{pass: \">= 0.5\", against: last-passing}}\ncases:\n{cases}"
    )
}

#[test]
fn what_got_worse_fails_the_gate_with_its_name_and_points_and_the_same_again_does_not() {
    let lab = empty();
    let suite = library(&lab, 40);
    lab.write("suite.yaml", &suite);
    lab.write(
        "broken.yaml",
        "extends: suite.yaml\ncorpus: {path: pages, without: [shelf01.md, shelf02.md, shelf03.md, shelf04.md, shelf05.md, shelf06.md, shelf07.md, shelf08.md, shelf09.md]}\n",
    );
    lab.write(
        "same.yaml",
        "extends: suite.yaml\ngeneration: {max_output_tokens: 500}\n",
    );
    lab.eval(&["suite.yaml"]).expect(0, &["no earlier run has passed"]);
    lab.eval(&["broken.yaml"]).expect(
        1,
        &[
            "no: the gate does not hold",
            "pass >= 0.5: holds",
            "pass is worse by ",
            " points (95 % CI ",
            "against run 1",
        ],
    );
    lab.eval(&["broken.yaml", "--exit-zero"])
        .expect(0, &["no: the gate does not hold"]);
    // The run that failed is not what later runs are held against.
    lab.eval(&["same.yaml"]).expect(
        0,
        &["yes: the gate holds", "no metric differs significantly from run 1"],
    );
}

/// The real suites: retrieval alone, since answers take their time in a build without optimisation.
#[test]
fn the_shipped_suites_pass_and_their_broken_overlays_fail_and_cosmetic_ones_do_not() {
    let lab = empty();
    let eval = |suite: &str| lab.eval(&[&shipped(suite), "--retrieval-only", "-o", "a.csv"]);
    eval("suites").expect(
        0,
        &[
            "Is help-centre good enough to ship?",
            "Is long-documents good enough to ship?",
        ],
    );
    let suites: BTreeSet<String> = lab.column("a.csv", "suite").into_iter().collect();
    assert_eq!(
        suites.into_iter().collect::<Vec<_>>(),
        ["help-centre", "long-documents"]
    );
    for broken in ["dropped-documents", "top-1"] {
        eval(&format!("fixtures/eval/broken/{broken}.yaml"))
            .expect(1, &["recall@5 is worse by ", " points (95 % CI ", "against run 1"]);
        assert!(
            lab.column("a.csv", "missed")
                .iter()
                .any(|missed| missed.contains("returns.md#"))
        );
    }
    eval("fixtures/eval/cosmetic/format.yaml").expect(0, &["yes: the gate holds"]);
    assert!(Path::new(&lab.path(".aisys/history.db")).is_file());
}
