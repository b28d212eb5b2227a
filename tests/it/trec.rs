//! Measures of rankings beside `pytrec_eval`, through the executable.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use aisys::rng::Chance;

use crate::support::root;

type Values = BTreeMap<String, BTreeMap<String, f64>>;

/// Our name, the name in `pytrec_eval`, and the set that it belongs to there.
const MEASURES: &[(&str, &str, &str)] = &[
    ("precision@1", "P_1", "P.1,3,5,10,100"),
    ("precision@5", "P_5", "P.1,3,5,10,100"),
    ("precision@100", "P_100", "P.1,3,5,10,100"),
    ("recall@3", "recall_3", "recall.3,10,100"),
    ("recall@10", "recall_10", "recall.3,10,100"),
    ("recall", "set_recall", "set_recall"),
    ("hit@1", "success_1", "success.1,3"),
    ("hit@3", "success_3", "success.1,3"),
    ("mrr", "recip_rank", "recip_rank"),
    ("map", "map", "map"),
    ("map@5", "map_cut_5", "map_cut.5"),
    ("ndcg", "ndcg", "ndcg"),
    ("ndcg@1", "ndcg_cut_1", "ndcg_cut.1,10"),
    ("ndcg@10", "ndcg_cut_10", "ndcg_cut.1,10"),
    ("rprec", "Rprec", "Rprec"),
    ("bpref", "bpref", "bpref"),
    ("num_ret", "num_ret", "num_ret"),
    ("num_rel", "num_rel", "num_rel"),
    ("num_rel_ret", "num_rel_ret", "num_rel_ret"),
];

/// Each query's measures by `pytrec_eval`.
fn theirs(qrels: &Path, run: &Path) -> Values {
    let python = root(".venv-peers/bin/python");
    assert!(
        python.exists(),
        "pytrec_eval is missing; install it by: tests/setup-peers"
    );
    let mut sets: Vec<&str> = MEASURES.iter().map(|(_, _, set)| *set).collect();
    sets.sort_unstable();
    sets.dedup();
    let output = Command::new(python)
        .arg(root("tests/peers/trec.py"))
        .args([qrels, run])
        .args(sets)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Each query's measures by `aisys`.
fn ours(qrels: &Path, run: &Path, names: &[&str]) -> Values {
    let mut command = assert_cmd::Command::cargo_bin("aisys").unwrap();
    command
        .args(["eval", "trec"])
        .args([qrels, run])
        .args(["--per-query", "--digits", "17"]);
    let output = command
        .args(names.iter().flat_map(|name| ["-m", name]))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut values = Values::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let [measure, query, value] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let of_query = values.entry(query.to_owned()).or_default();
        of_query.insert(measure.to_owned(), value.parse().unwrap());
    }
    values.remove("all");
    values
}

/// Random judgements and a random run: graded and negative grades, many ties, documents that nobody
/// judged, queries with no relevant document, queries in one of the files only.
fn random_files(seed: u64) -> (String, String) {
    let small = |number| f64::from(u8::try_from(number).unwrap());
    let mut chance = Chance::seeded(seed, "trec");
    let (mut qrels, mut run) = (String::new(), String::new());
    for query in 0..120 {
        let documents = 1 + chance.below(60);
        if chance.below(10) > 0 {
            for document in 0..documents {
                if chance.below(3) > 0 {
                    let grade = [-1, 0, 0, 0, 1, 1, 2, 3][if query % 11 == 0 {
                        chance.below(4)
                    } else {
                        chance.below(8)
                    }];
                    writeln!(qrels, "q{query} 0 d{document} {grade}").unwrap();
                }
            }
        }
        if chance.below(10) > 0 {
            for document in 0..documents + 5 {
                let score = match chance.below(4) {
                    0 => continue,
                    1 => small(chance.below(4)),
                    // Differences that 32 bits cannot hold.
                    2 => 1.0 + small(chance.below(3)) * 1e-9,
                    _ => chance.unit() * 6.0 - 3.0,
                };
                writeln!(run, "q{query} Q0 d{document} 1 {score} t").unwrap();
            }
        }
    }
    (qrels, run)
}

#[test]
fn measures_equal_pytrec_eval() {
    let folder = tempfile::tempdir().unwrap();
    let (qrels_path, run_path) = (folder.path().join("qrels"), folder.path().join("run"));
    let mut compared = 0;
    for seed in 0..8 {
        let (qrels, run) = random_files(seed);
        std::fs::write(&qrels_path, qrels).unwrap();
        std::fs::write(&run_path, run).unwrap();
        let theirs = theirs(&qrels_path, &run_path);
        let names: Vec<&str> = MEASURES.iter().map(|(ours, _, _)| *ours).collect();
        let ours = ours(&qrels_path, &run_path, &names);
        assert_eq!(ours.keys().collect::<Vec<_>>(), theirs.keys().collect::<Vec<_>>());
        for (query, values) in &ours {
            for (our_name, their_name, _) in MEASURES {
                let (mine, other) = (values[*our_name], theirs[query][*their_name]);
                assert!(
                    (mine - other).abs() < 1e-9,
                    "seed {seed} {query} {our_name}: {mine}, not {other}"
                );
                compared += 1;
            }
        }
    }
    assert!(compared > 10_000, "only {compared} values were compared");
}

#[test]
fn the_exponential_gain_is_the_linear_one_of_raised_grades() {
    let folder = tempfile::tempdir().unwrap();
    let paths = ["qrels", "raised", "run"].map(|name| folder.path().join(name));
    let (qrels, run) = random_files(99);
    let mut raised = String::new();
    for line in qrels.lines() {
        let (head, grade) = line.rsplit_once(' ').unwrap();
        let grade: i32 = grade.parse().unwrap();
        let grade = if grade > 0 { (1 << grade) - 1 } else { grade };
        writeln!(raised, "{head} {grade}").unwrap();
    }
    for (path, text) in paths.iter().zip([&qrels, &raised, &run]) {
        std::fs::write(path, text).unwrap();
    }
    let exponential = ours(&paths[0], &paths[2], &["ndcg_exp@10"]);
    let theirs = theirs(&paths[1], &paths[2]);
    for (query, values) in &exponential {
        assert!(
            (values["ndcg_exp@10"] - theirs[query]["ndcg_cut_10"]).abs() < 1e-9,
            "{query}"
        );
    }
}

#[test]
fn missing_queries_are_said_and_counted_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let (qrels, run) = (folder.path().join("qrels"), folder.path().join("run"));
    std::fs::write(&qrels, "1 0 a 1\n2 0 a 1\n").unwrap();
    std::fs::write(&run, "1 Q0 a 1 1 t\n3 Q0 a 1 1 t\n").unwrap();
    let aisys = |words: &[&str]| {
        let mut command = assert_cmd::Command::cargo_bin("aisys").unwrap();
        let output = command
            .args(["eval", "trec"])
            .args([&qrels, &run])
            .args(words)
            .output()
            .unwrap();
        (
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
            output.status.code(),
        )
    };
    let (out, notes, code) = aisys(&["-m", "P_1"]);
    assert_eq!((out.as_str(), code), ("precision@1\tall\t1.0000\n", Some(0)));
    assert!(
        notes.contains("1 judged queries are not in the run and are left out"),
        "{notes}"
    );
    assert!(notes.contains("1 queries of the run have no judgements"), "{notes}");
    assert_eq!(aisys(&["-m", "P_1", "-c"]).0, "precision@1\tall\t0.5000\n");
    let (_, notes, code) = aisys(&["-m", "ndgc@10"]);
    assert_eq!(code, Some(2));
    assert!(notes.contains("is no retrieval measure"), "{notes}");
}
