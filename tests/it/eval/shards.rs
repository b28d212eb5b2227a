//! A run in shards, and their merge.

use std::fmt::Write as _;

use super::{Lab, same_bytes};

/// Questions about a small library: two variants, two repeats, answered in this process.
fn lab() -> Lab {
    let mut cases = String::new();
    let lab = Lab::with("");
    for at in 0..10 {
        lab.write(
            &format!("pages/p{at}.md"),
            &format!("# Page {at}\n\nThe shelf{at} holds {at}0 books.\n"),
        );
        writeln!(
            cases,
            "  - {{id: c{at}, ask: How many books does shelf{at} hold?, relevant: {{p{at}.md: 1}}, expect: [{{contains: \"{at}0 books\"}}]}}"
        ).unwrap();
    }
    lab.write(
        "suite.yaml",
        &format!(
            "suite: library\ncorpus: pages\nretrieval: {{kind: bm25, top_k: 3}}\nvariants: [{{name: base}}, {{name: one, retrieval: {{top_k: 1}}}}]\nrepeats: 2\ngate: {{pass: \">= 0.5\"}}\ncases:\n{cases}"
        ),
    );
    lab
}

#[test]
fn three_shards_joined_are_the_whole_run_to_the_byte() {
    let lab = lab();
    lab.eval(&["suite.yaml", "-o", "whole.csv", "--home", "one"])
        .expect(0, &["40 answers"]);
    for shard in 1..=3 {
        let (part, file) = (format!("{shard}/3"), format!("{shard}.run.json"));
        let ran = lab.eval(&["suite.yaml", "--shard", &part, "--save", &file]);
        ran.expect(3, &["this is one shard: `aisys eval merge` decides"]);
    }
    // In any order.
    let words = ["yes: the gate holds", "40 answers"];
    lab.eval(&["merge", "3.run.json", "1.run.json", "2.run.json", "-o", "joined.csv"])
        .expect(0, &words);
    same_bytes(&lab.path("whole.csv"), &lab.path("joined.csv"));
    lab.eval(&["list"]).expect(0, &["passed"]);
}

#[test]
fn what_are_not_the_shards_of_one_run_is_refused() {
    let lab = lab();
    let save = |file: &str, more: &[&str]| {
        let ran = lab.eval(&[&["suite.yaml", "--case", "c1", "--case", "c2", "--save", file], more].concat());
        assert!(matches!(ran.code, Some(0 | 3)), "{ran:?}");
    };
    save("1", &["--shard", "1/3"]);
    save("2", &["--shard", "2/3"]);
    save("half", &["--shard", "2/2"]);
    save("whole", &[]);
    save("seed", &["--shard", "2/3", "--seed", "8"]);
    save("set", &["--shard", "2/3", "--set", "retrieval.k1=0.1"]);
    lab.write("text", "no run");
    lab.write("newer", "{\"format\": 99}");
    let table: &[(&[&str], &[&str])] = &[
        (&["1", "2"], &["shards are missing: 3/3"]),
        (&["1", "2", "2"], &["shard 2/3 is there twice"]),
        (&["1", "half"], &["not shards of one run"]),
        (&["1", "seed"], &["not shards of one run", "seed"]),
        (&["1", "set"], &["not shards of one run", "settings"]),
        (&["whole"], &["a whole run, not a shard"]),
        (&["1", "whole"], &["not shards of one run"]),
        (&["text"], &["cannot read text", "this is no run"]),
        (&["newer"], &["a newer release wrote this run"]),
        (&["absent"], &["cannot read absent"]),
    ];
    for (files, words) in table {
        lab.eval(&[&["merge"], *files].concat()).expect(2, words);
    }
}
