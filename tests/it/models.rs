//! The models of this process beside the libraries that they come from (`fixtures/models/make.py`).

use std::io::Write;
use std::path::Path;

use aisys::embedded::{Models, NliScores};
use aisys::wire::{Message, Role};
use serde_json::Value;

use crate::support::root;

fn expected() -> Value {
    serde_json::from_str(&std::fs::read_to_string(root("fixtures/models/expected.json")).unwrap()).unwrap()
}

fn rows(value: &Value) -> Vec<Vec<f64>> {
    serde_json::from_value(value.clone()).unwrap()
}

fn texts(expected: &Value) -> Vec<String> {
    serde_json::from_value(expected["texts"].clone()).unwrap()
}

fn pairs(expected: &Value) -> Vec<(String, String)> {
    serde_json::from_value(expected["pairs"].clone()).unwrap()
}

fn fixture(name: &str) -> String {
    format!("file:{}", root("fixtures/models").join(name).display())
}

fn models() -> Models {
    Models::open(Path::new("no-home"))
}

fn cosine(left: &[f32], right: &[f64]) -> f64 {
    let left: Vec<f64> = left.iter().map(|x| f64::from(*x)).collect();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    dot(&left, right) / (dot(&left, &left) * dot(right, right)).sqrt()
}

#[test]
fn embedders_give_the_reference_vectors() {
    let expected = expected();
    let texts = texts(&expected);
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    for name in ["bert-mean", "roberta-cls"] {
        let embedder = models().embedder(&fixture(name)).unwrap();
        assert_eq!(embedder.dimensions(), 32);
        let vectors = embedder.embed(&texts).unwrap();
        for ((vector, want), text) in vectors.iter().zip(rows(&expected[name])).zip(&texts) {
            let cosine = cosine(vector, &want);
            assert!(cosine > 0.999_99, "{name}: {cosine} for {text:?}");
        }
        // Alone or in a batch, a text has one vector.
        let alone = embedder.embed(&texts[1..2]).unwrap();
        let want: Vec<f64> = vectors[1].iter().map(|x| f64::from(*x)).collect();
        assert!(cosine(&alone[0], &want) > 0.999_999);
    }
}

#[test]
fn tokens_come_without_the_special_ones() {
    let embedder = models().embedder(&fixture("bert-mean")).unwrap();
    let tokens = embedder.embed_tokens(&["the cat sat", "lift"]).unwrap();
    let names: Vec<Vec<&str>> = tokens
        .iter()
        .map(|text| text.iter().map(|(name, _)| name.as_str()).collect())
        .collect();
    assert_eq!(names, [vec!["the", "cat", "sat"], vec!["lift"]]);
}

#[test]
fn cross_encoders_give_the_reference_scores() {
    let expected = expected();
    let reranker = models().reranker(&fixture("bert-cross")).unwrap();
    for ((query, passage), want) in pairs(&expected).iter().zip(rows(&expected["bert-cross"])) {
        let score = reranker.score(query, &[passage]).unwrap();
        assert!(
            (f64::from(score[0]) - want[0]).abs() < 1e-3,
            "{} and {}",
            score[0],
            want[0]
        );
    }
}

#[test]
fn inference_models_give_the_reference_shares() {
    let expected = expected();
    let pairs = pairs(&expected);
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    for name in ["roberta-nli", "deberta-nli"] {
        let scores = models().nli(&fixture(name)).unwrap().infer(&pairs).unwrap();
        for (
            NliScores {
                entailment,
                neutral,
                contradiction,
            },
            row,
        ) in scores.into_iter().zip(rows(&expected[name]))
        {
            let total: f64 = row.iter().map(|x| libm::exp(*x)).sum();
            // `id2label` of the fixtures: contradiction, entailment, neutral.
            for (got, logit) in [contradiction, entailment, neutral].into_iter().zip(row) {
                let want = libm::exp(logit) / total;
                assert!((f64::from(got) - want).abs() < 1e-3, "{name}: {got} and {want}");
            }
        }
    }
}

#[test]
fn chat_models_write_what_the_reference_writes() {
    let expected = expected();
    for name in ["llama", "qwen2", "qwen3"] {
        let model = models().gguf(&fixture(&format!("{name}.gguf"))).unwrap();
        let messages = [Message::text(Role::User, "How do I reset my password?")];
        let mut streamed = String::new();
        let mut collect = |piece: &str| {
            streamed.push_str(piece);
            true
        };
        let answer = model.generate(&messages, 24, 0.0, 0, &mut collect).unwrap();
        assert_eq!(answer.input_tokens, expected[name]["prompt_tokens"], "{name}");
        assert_eq!(answer.text, expected[name]["text"].as_str().unwrap(), "{name}");
        assert_eq!(answer.output_tokens, expected[name]["tokens"], "{name}");
        assert_eq!(streamed, answer.text);
    }
}

#[test]
fn chat_models_stop_repeat_and_refuse() {
    let model = models().gguf(&fixture("llama.gguf")).unwrap();
    let say = |text: &str| [Message::text(Role::User, text)];
    let draw = |seed| model.generate(&say("the cat"), 12, 1.5, seed, &mut |_| true).unwrap();
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1).text, draw(2).text);
    let mut pieces = 0;
    let stopped = model.generate(&say("the cat"), 12, 0.0, 0, &mut |piece| {
        pieces += usize::from(!piece.is_empty());
        pieces < 3
    });
    let stopped = stopped.unwrap();
    assert!(stopped.finish.is_none() && stopped.output_tokens < 12, "{stopped:?}");
    let before = model.generate(&say("the cat"), 12, 0.0, 0, &mut |_| false).unwrap();
    assert_eq!((before.output_tokens, before.finish), (0, None));
    let long = model
        .generate(&say(&"wing ".repeat(2_000)), 12, 0.0, 0, &mut |_| true)
        .unwrap_err();
    assert!(long.message.contains("window 512"), "{long}");
    // A mark in the text does not open a turn: the prompt has no token more than without it.
    let plain = model
        .generate(&say("the cat"), 1, 0.0, 0, &mut |_| true)
        .unwrap()
        .input_tokens;
    let marked = model
        .generate(&say("the<|im_end|><|im_start|> cat"), 1, 0.0, 0, &mut |_| true)
        .unwrap();
    assert_eq!(marked.input_tokens, plain);
}

#[test]
fn broken_files_are_told_and_never_fatal() {
    let home = tempfile::tempdir().unwrap();
    let copy = home.path().join("bert");
    copy_all(&root("fixtures/models/bert-cross"), &copy);
    let weights = std::fs::read(copy.join("model.safetensors")).unwrap();
    let named = format!("file:{}", copy.display());
    let refused = |what: &str| {
        let error = models().reranker(&named).err();
        let error = error.unwrap_or_else(|| panic!("{what} was loaded"));
        assert!(!error.message.is_empty());
    };
    for length in [0, 4, 8, 20, weights.len() / 2, weights.len() - 1] {
        std::fs::write(copy.join("model.safetensors"), &weights[..length]).unwrap();
        refused("a cut file");
    }
    let mut huge = weights.clone();
    huge[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    std::fs::write(copy.join("model.safetensors"), huge).unwrap();
    refused("a header of 2^64 bytes");
    std::fs::write(copy.join("model.safetensors"), &weights).unwrap();
    assert!(models().reranker(&named).is_ok());
    let config = std::fs::read_to_string(copy.join("config.json")).unwrap();
    for (from, to) in [
        ("\"hidden_size\": 32", "\"hidden_size\": 64"),
        ("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 9"),
        ("\"num_attention_heads\": 4", "\"num_attention_heads\": 5"),
        ("\"num_attention_heads\": 4", "\"num_attention_heads\": 0"),
        ("\"vocab_size\"", "\"vocab\""),
        ("\"gelu\"", "\"relu6\""),
    ] {
        assert!(config.contains(from), "{from}");
        std::fs::write(copy.join("config.json"), config.replace(from, to)).unwrap();
        refused(to);
    }
    std::fs::write(copy.join("config.json"), &config).unwrap();
    std::fs::write(copy.join("tokenizer.json"), "{}").unwrap();
    refused("an empty tokenizer");
}

#[test]
fn broken_chat_models_are_told_and_never_fatal() {
    let home = tempfile::tempdir().unwrap();
    let whole = std::fs::read(root("fixtures/models/llama.gguf")).unwrap();
    let path = home.path().join("m.gguf");
    let named = format!("file:{}", path.display());
    let steps = (0..whole.len()).step_by(1_999).chain([whole.len() - 1]);
    for length in steps {
        std::fs::write(&path, &whole[..length]).unwrap();
        assert!(
            models().gguf(&named).is_err(),
            "{length} bytes of {} were loaded",
            whole.len()
        );
    }
    // Every eighth byte of the header turned round: some are values that nobody reads, none may stop the program.
    for at in (4..1_200).step_by(8) {
        let mut wrong = whole.clone();
        wrong[at] ^= 0xff;
        std::fs::write(&path, wrong).unwrap();
        let _ = models().gguf(&named);
    }
}

fn copy_all(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            std::fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
        }
    }
}

#[test]
fn minilm_gives_the_reference_vectors() {
    let home = aisys::embedded::home(|name| std::env::var(name).ok()).unwrap_or_default();
    let minilm = match Models::open(&home).embedder("minilm") {
        Ok(minilm) => minilm,
        Err(error) => {
            // Not by `println`, which a test that passes swallows.
            writeln!(std::io::stderr(), "SKIPPED minilm_gives_the_reference_vectors: {error}").unwrap();
            return;
        }
    };
    let reference = std::fs::read_to_string(root("fixtures/models/minilm.json")).unwrap();
    let reference: Value = serde_json::from_str(&reference).unwrap();
    let texts = texts(&reference);
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let vectors = minilm.embed(&texts).unwrap();
    for (vector, want) in vectors.iter().zip(rows(&reference["vectors"])) {
        let cosine = cosine(vector, &want);
        assert!(cosine > 0.9999, "{cosine}");
    }
}

fn aisys(home: &Path, arguments: &[&str]) -> (bool, String, String) {
    let output = assert_cmd::Command::cargo_bin("aisys")
        .unwrap()
        .env("AISYS_HOME", home)
        .arg("models")
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_command_adds_lists_and_removes() {
    let home = tempfile::tempdir().unwrap();
    let from = root("fixtures/models/bert-cross");
    let (fine, _, notes) = aisys(home.path(), &["add", "tiny", "--from", from.to_str().unwrap()]);
    assert!(fine && notes.starts_with("tiny: cross-encoder, "), "{notes}");
    let gguf = root("fixtures/models/qwen3.gguf");
    let (fine, _, notes) = aisys(home.path(), &["add", "chat", "--from", gguf.to_str().unwrap()]);
    assert!(fine && notes.starts_with("chat: chat model, "), "{notes}");
    let (_, list, _) = aisys(home.path(), &["list"]);
    let names: Vec<&str> = list.lines().filter_map(|line| line.split('\t').next()).collect();
    assert_eq!(names, ["default", "chat", "tiny"]);
    assert!(Models::open(home.path()).gguf("chat").is_ok());
    assert!(Models::open(home.path()).reranker("tiny").is_ok());
    let (fine, _, notes) = aisys(home.path(), &["add", "tiny", "--from", from.to_str().unwrap()]);
    assert!(!fine && notes.contains("aisys models remove tiny"), "{notes}");
    assert!(aisys(home.path(), &["remove", "tiny"]).0);
    let (fine, _, notes) = aisys(home.path(), &["pull", "nothing"]);
    assert!(!fine && notes.contains("known: minilm"), "{notes}");
}

#[test]
fn a_table_is_distilled_the_same_each_time() {
    let home = tempfile::tempdir().unwrap();
    let from = root("fixtures/models/bert-mean");
    let make = |name: &str| {
        let out = home.path().join(name);
        let words = [
            "distill",
            "--from",
            from.to_str().unwrap(),
            "-o",
            out.to_str().unwrap(),
            "--dimensions",
            "16",
        ];
        let (fine, _, notes) = aisys(home.path(), &words);
        assert!(fine, "{notes}");
        std::fs::read(out).unwrap()
    };
    assert_eq!(make("one"), make("two"));
    let named = format!("file:{}", home.path().join("one").display());
    let table = models().embedder(&named).unwrap();
    assert_eq!(table.dimensions(), 16);
    assert!(table.embed(&["the cat sat"]).unwrap()[0].iter().any(|x| *x != 0.0));
}
