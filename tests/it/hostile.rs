//! Input that means harm, or is merely broken: a clear error, no hang, and other files still read.

use std::fmt::Write as _;
use std::path::Path;

use assert_cmd::Command;

const GOOD: &str = "model_list:\n  - model_name: chat\n    litellm_params: {model: openai/gpt-5.4-mini-2026-03-17}\n";

/// Audits a bad file beside a good one: gives what is said, after checking that the good one is read.
fn beside_a_good_one(name: &str, bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("good.yaml"), GOOD).unwrap();
    std::fs::write(folder.path().join(name), bytes).unwrap();
    run_in(folder.path())
}

fn run_in(folder: &Path) -> String {
    let run = Command::cargo_bin("aisys")
        .unwrap()
        .current_dir(folder)
        .args(["audit", "--format", "text", "--verbose"])
        .timeout(std::time::Duration::from_secs(60))
        .output()
        .unwrap();
    let out = String::from_utf8(run.stdout).unwrap();
    let notes = String::from_utf8(run.stderr).unwrap();
    assert!(!notes.contains("panicked"), "{notes}");
    assert_eq!(run.status.code(), Some(1), "the good file's findings: {out}{notes}");
    assert!(
        out.contains("error[single-provider]: `chat`"),
        "the good file is read: {out}"
    );
    out
}

#[test]
fn an_alias_bomb_is_refused_early() {
    let mut text = String::from("model_list:\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let before = format!("*a{}, ", level - 1).repeat(10);
        writeln!(text, "a{level}: &a{level} [{}]", before.trim_end_matches(", ")).unwrap();
    }
    let out = beside_a_good_one("bomb.yaml", text.as_bytes());
    assert!(out.contains("not read:") && out.contains("bomb.yaml"), "{out}");
    assert!(out.contains("an alias bomb"), "{out}");
}

#[test]
fn deep_nesting_is_refused() {
    let text = format!("model_list: {}{}", "[".repeat(100_000), "]".repeat(100_000));
    let out = beside_a_good_one("deep.yaml", text.as_bytes());
    assert!(out.contains("not read:") && out.contains("deep.yaml"), "{out}");
    assert!(out.contains("nested deeper than 128"), "{out}");
    let text = format!(
        "{{\"model_list\": {}1{}}}",
        "{\"a\":".repeat(100_000),
        "}".repeat(100_000)
    );
    let out = beside_a_good_one("deep.json", text.as_bytes());
    assert!(out.contains("not read:"), "{out}");
    let text = format!("[models.a]\nrouting = {}{}\n", "[".repeat(100_000), "]".repeat(100_000));
    let out = beside_a_good_one("deep.toml", text.as_bytes());
    assert!(out.contains("not read:"), "{out}");
}

#[test]
fn a_huge_file_is_not_read_whole() {
    let mut text = String::from("model_list:\n");
    text.push_str(&"# padding that means nothing at all\n".repeat(3_000_000));
    assert!(text.len() > 100_000_000);
    let out = beside_a_good_one("huge.yaml", text.as_bytes());
    assert!(out.contains("larger than 10 MB"), "{out}");
}

#[test]
fn bytes_that_are_no_text_are_told_with_their_line() {
    let out = beside_a_good_one("latin.yaml", b"model_list:\n  - model_name: caf\xe9\n");
    assert!(out.contains("not UTF-8") && out.contains("line 2"), "{out}");
    let binary: Vec<u8> = (0..=255).cycle().take(10_000).collect();
    let out = beside_a_good_one("binary.yaml", &binary);
    assert!(!out.contains("binary.yaml"), "a binary file is none of ours: {out}");
}

#[cfg(unix)]
#[test]
fn links_in_a_circle_end() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("good.yaml"), GOOD).unwrap();
    std::os::unix::fs::symlink("loop.yaml", folder.path().join("loop.yaml")).unwrap();
    std::os::unix::fs::symlink("..", folder.path().join("up")).unwrap();
    std::os::unix::fs::symlink(".", folder.path().join("here")).unwrap();
    let out = run_in(folder.path());
    assert!(out.contains("a symbolic link that leads to itself"), "{out}");
}

#[test]
fn a_file_that_ends_too_soon_says_where() {
    let whole = std::fs::read_to_string(crate::support::root("fixtures/audit/perfect/config.yaml")).unwrap();
    let out = beside_a_good_one(
        "cut.yaml",
        b"model_list:\n  - model_name: a\n    litellm_params: {model: openai/x,",
    );
    assert!(out.contains("cut.yaml:3:"), "{out}");
    // Wherever a file is cut: an answer, and no panic.
    let cuts: Vec<usize> = (0..whole.len())
        .step_by(97)
        .filter(|at| whole.is_char_boundary(*at))
        .collect();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("good.yaml"), GOOD).unwrap();
    for cut in cuts {
        std::fs::write(folder.path().join(format!("cut-{cut}.yaml")), &whole[..cut]).unwrap();
    }
    run_in(folder.path());
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    let text =
        "model_list:\n  - model_name: \"a\\e[2Jb\"\n    litellm_params: {model: openai/gpt-5.4-mini-2026-03-17}\n";
    let out = beside_a_good_one("evil.yaml", text.as_bytes());
    assert!(!out.contains('\u{1b}'), "{out:?}");
}

/// Whatever a file has very many of, its cost must not be their square.
#[test]
fn very_many_of_anything_end() {
    let mut alike = String::from("model_list:\n");
    for number in 0..1_000 {
        writeln!(
            alike,
            "  - model_name: pool\n    litellm_params: {{model: openai/gpt-4o, api_key: os.environ/K{number}}}"
        )
        .unwrap();
    }
    beside_a_good_one("alike.yaml", alike.as_bytes());
    let mut routes = String::from("model_list:\n");
    for number in 0..1_500 {
        writeln!(
            routes,
            "  - model_name: r{number}\n    litellm_params: {{model: openai/gpt-4o}}"
        )
        .unwrap();
    }
    routes.push_str("router_settings:\n  fallbacks:\n");
    for number in 0..1_500 {
        writeln!(routes, "    - r{number}: [r{}]", (number + 1) % 1_500).unwrap();
    }
    beside_a_good_one("routes.yaml", routes.as_bytes());
    let calls = "client.chat.completions.create(model=\"gpt-4o\", messages=messages)\n".repeat(3_000);
    let calls = format!("from openai import OpenAI\nclient = OpenAI()\n{calls}");
    beside_a_good_one("calls.py", calls.as_bytes());
}

/// Found by fuzzing: a fix of each made a file that no longer loads.
#[test]
fn a_fix_never_doubles_a_key_nor_breaks_a_list() {
    let folder = tempfile::tempdir().unwrap();
    let toml =
        "[gateway]\nbind = \"0.0.0.0:3000\"\n\n[gatewaye]\nbind = \"0.0.0.0:3001\"\n\n[models.a]\nrouting = [\"x\"]\n";
    std::fs::write(folder.path().join("tensorzero.toml"), toml).unwrap();
    let yaml = format!("{GOOD}router_settings:\n  fallbacks:\n    - chat: errors[other, third]\n");
    std::fs::write(folder.path().join("config.yaml"), yaml).unwrap();
    let run = Command::cargo_bin("aisys")
        .unwrap()
        .current_dir(folder.path())
        .args(["audit", ".", "--diff"])
        .output()
        .unwrap();
    let diff = String::from_utf8(run.stdout).unwrap();
    assert!(diff.contains("+++ b/config.yaml"), "{diff}");
    assert!(!diff.contains("-[gatewaye]") && !diff.contains("[errors["), "{diff}");
}
