//! What is wrong with a suite or a command is told with its place, and ends with 2 before anything is asked.

use super::{Lab, Server, numbered};

/// A suite of one case, with lines of YAML before its cases and keys within the case.
fn suite(lines: &str, case: &str) -> String {
    format!("suite: s\n{lines}cases:\n  - {{id: one, ask: Why?{case}}}\n")
}

/// Messages and the place that they name. `^` is where the caret begins.
#[test]
fn each_message_has_its_place_a_caret_and_the_nearest_name() {
    let corpus = "corpus: docs\nretrieval: {kind: bm25}\n";
    let table: &[(String, &[&str])] = &[
        (
            suite("retreival: {top_k: 3}\n", ""),
            &["`retreival`; did you mean `retrieval`?", "suite.yaml:2:1", "^^^^^^^^^"],
        ),
        (
            suite("retrieval: {kind: bm25, topk: 3}\n", ""),
            &["`topk`; did you mean `top_k`?", "suite.yaml:2:25", "^^^^"],
        ),
        (
            suite("gate: {pass: about 3}\n", ""),
            &["`about 3` is no condition", ">= 0.85", "suite.yaml:2:14", "^^^"],
        ),
        (
            suite("gate: {pass: {at_least: 0.9, confidence: 95}}\n", ""),
            &["between 0.5 and 1", "suite.yaml:2:42", "^^"],
        ),
        (
            suite("gate: {pas: \">= 0.5\"}\n", ""),
            &[
                "`pas`",
                "did you mean `pass`?",
                "metric of this suite",
                "suite.yaml:2:8",
                "^^^",
            ],
        ),
        (suite("corpus: dcos\n", ""), &["dcos", "suite.yaml:2:9", "^^^^"]),
        (
            suite(corpus, ", relevant: {retruns.md: 2}"),
            &["retruns.md", "returns.md", "`one`", "suite.yaml:5:10", "^^^"],
        ),
        (
            suite(corpus, ", relevant: {returns.md#windw: 2}"),
            &["returns.md#windw", "returns.md#window", "suite.yaml:5:10"],
        ),
        (
            suite("variants: [{name: base}]\n", ", variants: [bsae]"),
            &["variant `bsae`; did you mean `base`?", "suite.yaml:4:10"],
        ),
        (
            suite("", ", expect: [{contians: x}]"),
            &["contians", "contains", "suite.yaml:3:", "^^^^^^^^"],
        ),
        (
            suite("judge: {rubric: [faithfull]}\n", ""),
            &["`faithfull`; did you mean `faithful`?", "suite.yaml:2:18"],
        ),
        (
            suite("metrics: [recal@5]\n", ""),
            &["`recal@5`", "suite.yaml:2:11", "^^^^^^^"],
        ),
        (
            suite("generation: {model: opneai:gpt-4o}\n", ""),
            &["opneai", "did you mean \"openai\"", "suite.yaml:2:21"],
        ),
        (
            suite("generation: {prompt: missing.md}\n", ""),
            &["missing.md", "suite.yaml:2:22", "^^^^^^^^^^"],
        ),
        (
            "suite: s\ncases: []\n".to_owned(),
            &["at least one case", "suite.yaml:2:8", "^^"],
        ),
        (
            "suite: s\ncorpus: docs\n".to_owned(),
            &["a suite needs `cases`", "suite.yaml:1:1"],
        ),
        (
            format!("{}  - {{id: one, ask: What?}}\n", suite("", "")),
            &["`one` stands twice: first at suite.yaml:3:10", "suite.yaml:4:10"],
        ),
        (
            "suite: s\ncases:\n  - {id: one, ask: Why?\n".to_owned(),
            &["suite.yaml:"],
        ),
        ("extends: suite.yaml\n".to_owned(), &["circle", "suite.yaml:1:10"]),
    ];
    for (text, words) in table {
        let lab = Lab::with(text);
        lab.write("docs/returns.md", "# Returns\n\n## Window\n\nThirty days.\n");
        let ran = lab.eval(&["suite.yaml"]).expect(2, words);
        assert!(ran.out.is_empty(), "{text}\n{}", ran.out);
        assert!(!ran.notes.contains("kept as run"), "{}", ran.notes);
    }
}

#[test]
fn a_variable_that_no_case_has_is_told_before_anything_is_asked() {
    let server = Server::answering();
    let text = numbered(3, &server.model(""), "").replace("generation: {", "generation: {prompt: prompt.md, ");
    let lab = Lab::with(&text);
    lab.write("prompt.md", "Be brief.\nAnswer {{ qestion }}.\n");
    lab.eval(&["suite.yaml"])
        .expect(2, &["prompt.md", "qestion", "`q000`", "suite.yaml:4:10"]);
    // Only one of the cases has it.
    lab.write("prompt.md", "{{ question }} {{ tone }}");
    lab.write("suite.yaml", &text.replacen("ask:", "vars: {tone: dry}, ask:", 1));
    lab.eval(&["suite.yaml"])
        .expect(2, &["tone", "`q001`", "suite.yaml:5:10"]);
    assert_eq!(server.mock.count(), 0);
}

#[test]
fn a_folder_without_suites_and_a_file_that_is_none_are_told() {
    let lab = Lab::with("services: {web: {image: x}}\n");
    lab.eval(&["."]).expect(2, &["no suite in .", "`suite:` and `cases:`"]);
    lab.eval(&[]).expect(2, &["no suite in ."]);
    lab.eval(&["suite.yaml"]).expect(2, &["suite.yaml", "this is no suite"]);
    lab.eval(&["nowhere.yaml"]).expect(2, &["nowhere.yaml"]);
}

#[test]
fn arguments_that_are_none_are_told_with_what_was_expected() {
    let lab = Lab::with(&suite("variants: [{name: base}, {name: small}]\n", ""));
    let table: &[(&[&str], &[&str])] = &[
        (
            &["--set", "top_k"],
            &["--set top_k", "there is no `=`", "retrieval.top_k=1"],
        ),
        (
            &["--set", "retrieval.topk=1"],
            &["`topk`; did you mean `top_k`?", "--set:1:1"],
        ),
        (&["--set", "retrieval.=1"], &["a key is empty"]),
        (&["--shard", "3/2"], &["such as 1/4"]),
        (&["--shard", "0/2"], &["such as 1/4"]),
        (&["--shard", "1/2", "--stop-early"], &["cannot be used with"]),
        (&["--variant", "smal"], &["no variant `smal`", "base, small"]),
        (&["--case", "two"], &["no case of s is what --case and --tag ask for"]),
        (&["--max-cost=-1"], &["such as 0.50"]),
        (&["--confidence", "95"], &["between 0.5 and 1"]),
        (&["-o", "report.docx"], &["report.docx", ".csv"]),
        (
            &["--against", "yesterday"],
            &["`yesterday` is no run", "aisys eval list"],
        ),
        (&["--against", "41"], &["there is no run 41", "aisys eval list"]),
    ];
    for (arguments, words) in table {
        lab.eval(&[&["suite.yaml"], *arguments].concat()).expect(2, words);
    }
    lab.eval(&["show", "9"]).expect(2, &["there is no run 9"]);
    lab.eval(&["compare", "1"]).expect(2, &["<AFTER>"]);
}
