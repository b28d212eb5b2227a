//! What is handed over beside the binary: the README's output, the action and the hook.

use serde_json::Value;

use assert_cmd::Command;

use crate::support::{TODAY, root};

fn aisys() -> Command {
    Command::cargo_bin("aisys").unwrap()
}

#[test]
fn the_readme_shows_what_the_example_prints() {
    let readme = std::fs::read_to_string(root("README.md")).unwrap();
    let shown = readme.split("```text\n").nth(1).unwrap().split("```").next().unwrap();
    let out = aisys()
        .current_dir(root("."))
        .args(["audit", "fixtures/audit/example", "--today", TODAY])
        .output()
        .unwrap();
    let out = String::from_utf8(out.stdout).unwrap();
    let lines: Vec<&str> = shown.lines().filter(|line| *line != "[…]").collect();
    assert!(lines.len() > 20);
    for line in lines {
        assert!(
            out.contains(line.trim_end()),
            "the README shows a line that is not printed: {line}"
        );
    }
}

#[test]
fn the_action_and_the_hook_use_what_there_is() {
    let help = aisys().args(["audit", "--help"]).output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let action: Value = serde_saphyr::from_str(&std::fs::read_to_string(root("action.yml")).unwrap()).unwrap();
    let steps = action["runs"]["steps"].as_array().unwrap();
    let runs = steps.iter().find(|step| step["id"] == "audit").unwrap()["run"]
        .as_str()
        .unwrap();
    let flags: Vec<&str> = runs
        .split([' ', '+', '}'])
        .filter(|word| word.starts_with("--") && word.len() > 2)
        .collect();
    assert_eq!(flags, ["--format", "--fail-on", "--baseline"]);
    for flag in flags {
        assert!(help.contains(flag), "{flag}");
    }
    let hooks: Value =
        serde_saphyr::from_str(&std::fs::read_to_string(root(".pre-commit-hooks.yaml")).unwrap()).unwrap();
    assert_eq!(hooks[0]["id"], "aisys-audit");
    assert_eq!(hooks[0]["entry"], "aisys audit");
    assert_eq!(hooks[0]["pass_filenames"], false);
}
