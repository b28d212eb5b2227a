//! Judged collections in place of suites: BEIR's folders, TREC's and SMART's files.

use super::{Lab, Ran, Server};
use crate::support::root;

/// The estimate of a metric in the record that `--save` wrote, of each case.
fn metric(lab: &Lab, name: &str) -> Vec<(String, f64)> {
    let record: serde_json::Value = serde_json::from_str(&lab.read("run.json")).unwrap();
    let rows = record["rows"].as_array().unwrap().iter();
    let value = |row: &serde_json::Value| {
        let value = row["metrics"][name]
            .as_f64()
            .unwrap_or_else(|| panic!("no {name} in {row}"));
        (row["case"].as_str().unwrap().to_owned(), value)
    };
    rows.map(value).collect()
}

fn shipped(name: &str) -> String {
    root(&format!("fixtures/eval/{name}")).display().to_string()
}

#[test]
fn a_beir_folder_is_a_suite_and_its_test_split_is_the_one_that_is_asked() {
    let lab = Lab::with("");
    let folder = shipped("beir");
    lab.eval(&[&folder, "--save", "run.json"]).expect(
        0,
        &[
            "note: there are no reference answers: passages alone are scored (--retrieval-only)",
            "2 queries have no judgements in",
            "test.tsv",
            "beir: 3 cases, 3 answers",
        ],
    );
    let values = |name| {
        metric(&lab, name)
            .into_iter()
            .map(|(_, value)| value)
            .collect::<Vec<_>>()
    };
    assert_eq!(values("mrr"), [1.0; 3]);
    // The document of grade 1 shares no word with its query.
    assert_eq!(values("recall@100"), [1.0, 0.5, 1.0]);
    let ideal = 2.0 + 1.0 / 3_f64.log2();
    assert!(
        (values("ndcg@10")[1] - 2.0 / ideal).abs() < 1e-9,
        "{:?}",
        values("ndcg@10")
    );
    let split = format!("{folder}/qrels/dev.tsv");
    let arguments = [
        &folder,
        "--qrels",
        &split,
        "--save",
        "run.json",
        "--set",
        "retrieval.kind=hybrid",
    ];
    lab.eval(&arguments).expect(0, &["beir: 1 cases, 1 answers"]);
    assert_eq!(metric(&lab, "mrr"), [("q4".to_owned(), 1.0)]);
    // A gate holds it as any other suite.
    let gate = ["--set", "gate={recall@100: '>= 1.1'}"];
    lab.eval(&[&[folder.as_str()], &gate[..]].concat())
        .expect(1, &["recall@100"]);
}

#[test]
fn collections_are_found_below_a_folder_that_has_no_suite() {
    let lab = Lab::with("");
    std::fs::remove_file(lab.path("suite.yaml")).unwrap();
    let line = |key: &str| format!("{{\"_id\": \"{key}\", \"text\": \"words of {key}\"}}\n");
    for name in ["sets/a", "sets/b"] {
        lab.write(&format!("{name}/corpus.jsonl"), &line("d"));
        lab.write(&format!("{name}/queries.jsonl"), &line("q"));
        lab.write(&format!("{name}/qrels/test.tsv"), "q\td\t1\n");
    }
    lab.write("sets/notes/readme.txt", "not a collection\n");
    lab.eval(&["sets"]).expect(0, &["a: 1 cases", "b: 1 cases"]);
    // A suite that stands there goes before them.
    lab.write(
        "sets/own.yaml",
        "suite: own\ncorpus: a\ncases:\n  - {ask: words, relevant: [d]}\n",
    );
    let ran = lab.eval(&["sets"]).expect(0, &["own: 1 cases"]);
    assert!(!ran.out.contains("a: 1 cases"), "{}", ran.out);
}

#[test]
fn topics_and_judgements_of_trec_are_a_suite_by_folder_and_by_file() {
    let lab = Lab::with("");
    let folder = shipped("trec");
    let words = [
        "1 judged documents are not in the corpus, such as `LIB-9`",
        "1 queries have no judgements",
        "2 cases, 2 answers",
    ];
    lab.eval(&[&folder, "--save", "run.json"]).expect(0, &words);
    let recall = metric(&lab, "recall@100");
    assert_eq!(recall[0], ("51".to_owned(), 1.0));
    // Two of three: what the corpus does not hold counts as not found.
    assert!((recall[1].1 - 2.0 / 3.0).abs() < 1e-9, "{recall:?}");
    let [topics, qrels, corpus] = ["topics.txt", "qrels.txt", "documents.sgml"].map(|name| format!("{folder}/{name}"));
    let arguments = [&topics, "--qrels", &qrels, "--corpus", &corpus, "--save", "run.json"];
    lab.eval(&arguments).expect(0, &["topics: 2 cases, 2 answers"]);
    assert_eq!(metric(&lab, "recall@100"), recall);
    lab.eval(&["check", &folder]).expect(0, &["1 suites, 2 cases"]);
}

#[test]
fn the_smart_files_of_a_folder_are_told_apart_by_content() {
    let lab = Lab::with("");
    lab.write("smart/med.all", ".I 1\n.W\ncrystalline lens of the eye in vertebrates\n.I 2\n.W\nblood flow\n.I 3\n.W\nhearing of bats and how they fly at night\n");
    lab.write("smart/med.que", ".I 1\n.W\nthe lens of the eye\n.I 2\n.W\nbats\n");
    // Cranfield's grades: 1 is the best.
    lab.write("smart/rel", "1 1 1\n1 2 4\n2 3 2\n2 1 -1\n");
    lab.write("smart/readme", "What this is, in words.\n");
    lab.eval(&["smart", "--save", "run.json"])
        .expect(0, &["smart: 2 cases, 2 answers"]);
    let found = metric(&lab, "mrr");
    assert_eq!(found, [("1".to_owned(), 1.0), ("2".to_owned(), 1.0)]);
    // CISI's lines only say what is relevant.
    lab.write(
        "smart/rel",
        "     1      1  0       0.000000\n     1      2  0       0.000000\n",
    );
    lab.eval(&["smart", "--save", "run.json"])
        .expect(0, &["smart: 1 cases, 1 answers"]);
    assert_eq!(metric(&lab, "recall@100"), [("1".to_owned(), 0.5)]);
}

#[test]
fn with_reference_answers_or_a_model_answers_are_asked_for() {
    let server = Server::start(|_| crate::mock::Answer::chat(aisys::wire::Api::Openai, "Rinse twice."));
    let lab = Lab::with("");
    lab.write(
        "b/corpus.jsonl",
        "{\"_id\": \"d\", \"text\": \"Rinse the kettle twice.\"}\n",
    );
    lab.write(
        "b/queries.jsonl",
        "{\"_id\": \"q\", \"text\": \"How often to rinse?\"}\n",
    );
    lab.write("b/qrels/test.tsv", "query-id\tcorpus-id\tscore\nq\td\t1\n");
    let model = format!("generation.model={}", server.model(""));
    let ran = lab.eval(&["b", "--set", &model]).expect(0, &["b: 1 cases, 1 answers"]);
    assert!(!ran.notes.contains("passages alone"), "{}", ran.notes);
    assert_eq!(server.mock.count(), 1);
    lab.write(
        "b/queries.jsonl",
        "{\"_id\": \"q\", \"text\": \"How often to rinse?\", \"answer\": \"Twice.\"}\n",
    );
    let ran = lab.eval(&["b"]).expect(0, &["b: 1 cases, 1 answers"]);
    assert!(!ran.notes.contains("passages alone"), "{}", ran.notes);
}

#[test]
fn what_is_wrong_in_a_collection_is_told_with_line_and_column() {
    let lab = Lab::with("");
    let write = |queries: &str, qrels: &str| {
        lab.write("b/corpus.jsonl", "{\"_id\": \"d\", \"text\": \"words\"}\n");
        lab.write("b/queries.jsonl", queries);
        lab.write("b/qrels/test.tsv", qrels);
    };
    let good = "{\"_id\": \"q\", \"text\": \"words\"}\n";
    let table = [
        (
            good,
            "query-id\tcorpus-id\tscore\nq\td\tmuch\n",
            "test.tsv:2:5: expected `QUERY<tab>DOCUMENT<tab>GRADE`, found `q\td\tmuch`",
        ),
        (good, "q\td\t1\nq d\n", "test.tsv:2:1: expected"),
        (good, "other\td\t1\n", "judges none of the 1 queries"),
        (good, "", "test.tsv: no judgement"),
        (
            "{\"_id\": \"q\", \"text\": \"words\"\n",
            "q\td\t1\n",
            "queries.jsonl:1:",
        ),
        (
            "{\"_id\": \"q\", \"words\": \"x\"}\n",
            "q\td\t1\n",
            "queries.jsonl:1:1: a query needs `_id` and `text`, and this has _id, words",
        ),
        (
            "{\"_id\": \"q\", \"text\": \"x\"}\n{\"_id\": \"q\", \"text\": \"y\"}\n",
            "q\td\t1\n",
            "queries.jsonl:2:1",
        ),
    ];
    for (queries, qrels, said) in table {
        write(queries, qrels);
        lab.eval(&["b"]).expect(2, &[said]);
    }
    let folder = shipped("trec");
    let [topics, qrels] = ["topics.txt", "qrels.txt"].map(|name| format!("{folder}/{name}"));
    let says = |arguments: &[&str], word: &str| -> Ran { lab.eval(arguments).expect(2, &[word]) };
    says(&[&topics], "these are topics");
    says(&[&topics, "--qrels", &qrels], "--corpus PATH");
    says(&[&topics, "--corpus", &folder], "--qrels FILE");
    says(
        &[&topics, "--qrels", &qrels, "--corpus", "none"],
        "none: there is no such file or folder",
    );
    says(&["b", &topics, "--qrels", &qrels], "belong to one file of topics");
    lab.write("empty/readme.md", "# Nothing\n");
    says(&["empty"], "no suite in empty");
    says(&["empty", "--qrels", &qrels], "no collection");
    lab.write("two/topics", "1\tsome words\n");
    lab.write("two/a.qrels", "1 0 d 1\n1 0 e 0\n");
    lab.write("two/b.qrels", "1 0 d 1\n1 0 e 0\n");
    says(
        &["two"],
        "several files of judgements (a.qrels, b.qrels): --qrels FILE says which",
    );
    std::fs::remove_file(lab.path("two/b.qrels")).unwrap();
    says(&["two"], "topics and judgements, but no documents");
}
