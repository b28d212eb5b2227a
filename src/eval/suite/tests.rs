//! Suites as people write them.

use super::*;
use crate::source::SourceFile;

fn parsed(text: &str) -> Result<Suite, String> {
    read(&SourceFile::new("suite.yaml", text), &Overrides::default()).map_err(|error| error.to_string())
}

const LEAST: &str = "suite: s\ncases:\n  - ask: How long?\n";

#[test]
fn the_least_suite_has_a_variant_and_sensible_settings() {
    let suite = parsed(LEAST).unwrap();
    assert_eq!((suite.name.as_str(), suite.repeats), ("s", 1));
    assert_eq!(suite.variants.len(), 1);
    assert_eq!(suite.cases[0].id, "how-long");
    assert!(suite.variants[0].retrieval.is_none() && suite.corpus.is_none());
}

#[test]
fn variants_are_laid_over_the_suite() {
    let suite = parsed(
        "suite: s\ncorpus: docs\nretrieval: {kind: hybrid, top_k: 7, rerank: on}\nvariants:\n  - name: a\n  - {name: b, \
         retrieval: {rerank: off, top_k: 3}}\ncases: [{ask: x}]\n",
    )
    .unwrap();
    let retrieval: Vec<_> = suite
        .variants
        .iter()
        .map(|variant| variant.retrieval.clone().unwrap())
        .collect();
    assert_eq!((retrieval[0].top_k, retrieval[0].rerank.is_some()), (7, true));
    assert_eq!((retrieval[1].top_k, retrieval[1].rerank.is_some()), (3, false));
    assert_eq!(retrieval[1].kind, retrieval[0].kind);
}

#[test]
fn what_is_wrong_is_told_with_its_place_and_what_was_meant() {
    for (text, message, place) in [
        (
            "suite: s\ncase: []\n",
            "there is no key of a suite `case`; did you mean `cases`?",
            "suite.yaml:2:1",
        ),
        (
            "suite: s\ncases: [{aks: x}]\n",
            "`aks`; did you mean `ask`?",
            "suite.yaml:2:10",
        ),
        ("suite: s\ncases: [{id: x}]\n", "a case needs `ask`", "suite.yaml:2:9"),
        ("suite: s\ncases: []\n", "at least one case", "suite.yaml:2:8"),
        (
            "suite: s\ncases: [{ask: x}, {ask: x}]\n",
            "the case `x` stands twice",
            "suite.yaml:2:19",
        ),
        (
            "suite: s\ncases: [{ask: x, relevant: {a.md: high}}]\n",
            "a grade is a whole number",
            "suite.yaml:2:35",
        ),
        (
            "suite: s\ncases: [{from: gone.csv}]\n",
            "there is no such file: gone.csv",
            "suite.yaml:2:16",
        ),
        (
            "suite: s\nretrieval: {kind: bm52}\ncases: [{ask: x}]\n",
            "did you mean `bm25`?",
            "suite.yaml:2:19",
        ),
        (
            "suite: s\nretrieval: {kind: bm25}\ncases: [{ask: x}]\n",
            "the suite has none",
            "suite.yaml:2:19",
        ),
        (
            "suite: s\nmetrics: [recal@5]\ncases: [{ask: x}]\n",
            "did you mean `recall@5`?",
            "suite.yaml:2:11",
        ),
        (
            "suite: s\njudge: {rubric: [faithfull]}\ncases: [{ask: x}]\n",
            "did you mean `faithful`?",
            "suite.yaml:2:18",
        ),
        (
            "suite: s\nrepeats: 0\ncases: [{ask: x}]\n",
            "must be a whole number from 1",
            "suite.yaml:2:10",
        ),
        (
            "suite: s\nextends: gone.yaml\n",
            "there is no such file",
            "suite.yaml:2:10",
        ),
        (
            "suite: s\nvariants: [{name: a}, {name: a}]\ncases: [{ask: x}]\n",
            "a name of its own",
            "suite.yaml:2:30",
        ),
        (
            "suite: s\ncases: [{ask: x, variants: [b]}]\n",
            "there is no variant `b`",
            "suite.yaml:2:9",
        ),
    ] {
        let error = parsed(text).unwrap_err();
        assert!(error.contains(message) && error.contains(place), "{text}\n{error}");
    }
}

#[test]
fn settings_of_the_command_line_are_laid_over() {
    let overrides = Overrides::parse(&["repeats=3".to_owned(), "gate.pass='>= 0.5'".to_owned()]).unwrap();
    let suite = read(&SourceFile::new("suite.yaml", LEAST), &overrides).unwrap();
    assert_eq!((suite.repeats, suite.gate.conditions[0].bound), (3, 0.5));
    assert!(
        Overrides::parse(&["repeats".to_owned()])
            .unwrap_err()
            .contains("there is no `=`")
    );
}

#[test]
fn cases_come_from_tables_with_other_tools_columns() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("suite.yaml");
    std::fs::write(
        &path,
        "suite: s\ncases:\n  - {from: a.csv, tags: [table]}\n  - {from: b.jsonl}\n",
    )
    .unwrap();
    std::fs::write(
        folder.path().join("a.csv"),
        "id,question,expected_output,relevant,tags,expect_contains,region\n\
         w,How long?,30 days,returns.md#window=2; terms.md,a;b,30 days,EU\n",
    )
    .unwrap();
    std::fs::write(
        folder.path().join("b.jsonl"),
        "{\"input\": [{\"role\": \"user\", \"content\": \"Who?\"}], \"ideal\": [\"Ann\", \"Anne\"]}\n",
    )
    .unwrap();
    let suite = read_path(&path).unwrap();
    let first = &suite.cases[0];
    assert_eq!((first.id.as_str(), first.answer.as_deref()), ("w", Some("30 days")));
    assert_eq!(first.tags, ["a", "b", "table"]);
    assert_eq!(first.relevant.as_ref().unwrap()["returns.md#window"], 2);
    assert_eq!(first.relevant.as_ref().unwrap()["terms.md"], 1);
    assert_eq!(first.variables["region"], "EU");
    assert_eq!(first.checks.len(), 1);
    assert!(first.place.to_string().ends_with("a.csv:2:1"), "{}", first.place);
    assert_eq!(
        (suite.cases[1].ask.as_str(), suite.cases[1].answer.as_deref()),
        ("Who?", Some("Ann"))
    );
}

#[test]
fn a_suite_that_extends_itself_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("suite.yaml");
    std::fs::write(&path, "suite: s\nextends: suite.yaml\n").unwrap();
    assert!(read_path(&path).unwrap_err().to_string().contains("in a circle"));
}

#[test]
fn the_schema_knows_the_keys_that_the_reader_knows() {
    let expected: &[(&str, &[&str])] = &[
        ("Suite", super::read::KEYS),
        ("Variant", super::read::VARIANT_KEYS),
        ("Case", cases::KEYS),
        ("Corpus", settings::CORPUS_KEYS),
        ("Chunk", settings::CHUNK_KEYS),
        ("Retrieval", settings::RETRIEVAL_KEYS),
        ("Rerank", settings::RERANK_KEYS),
        ("Http", settings::HTTP_KEYS),
        ("Pgvector", settings::PGVECTOR_KEYS),
        ("Generation", settings::GENERATION_KEYS),
        ("Judge", settings::JUDGE_KEYS),
        ("Criterion", settings::CRITERION_KEYS),
    ];
    for (kind, keys) in expected {
        let mut keys: Vec<&str> = keys.to_vec();
        keys.sort_unstable();
        assert_eq!(schema::keys(kind), keys, "{kind}");
    }
}
