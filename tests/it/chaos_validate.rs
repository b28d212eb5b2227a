//! The simulator against the real `LiteLLM` proxy, on a subset of the table. Times are the machine's and are not
//! asserted: what users see, and who is called, is.

use assert_cmd::Command;

use crate::support::root;

const LITELLM: &str = ".venv-litellm/bin/litellm";
const CONFIGURATIONS: &str = "tuned,pair";
const FAULTS: &str = "refused,hang,401,500,200-html,no-choices,cut-clean,stall-first";

#[test]
fn litellm_does_what_is_simulated() {
    let program = root(LITELLM);
    assert!(
        program.exists(),
        "{LITELLM} is not there; install it by: tests/setup-peers"
    );
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("requests.csv");
    let run = Command::cargo_bin("aisys")
        .unwrap()
        .args(["chaos", "validate", "--exit-zero", "--limit", "6s"])
        .args(["--configs", CONFIGURATIONS, "--faults", FAULTS])
        .arg("--litellm")
        .arg(&program)
        .arg("--output")
        .arg(&table)
        .output()
        .unwrap();
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&run.stdout),
        String::from_utf8_lossy(&run.stderr)
    );
    assert!(run.status.success(), "{said}");
    let mut rows = csv::Reader::from_path(&table).unwrap();
    let headers = rows.headers().unwrap().clone();
    let differs = headers.iter().position(|column| column == "differs").unwrap();
    let rows: Vec<csv::StringRecord> = rows.records().map(Result::unwrap).collect();
    // Two configurations, eight faults and none, whole and streamed, and where requests are repeated five each.
    assert!(rows.len() >= 2 * 9 * 2 + 20, "only {} requests", rows.len());
    let wrong = |what: &str| {
        let rows = rows.iter().filter(|row| row[differs].contains(what));
        rows.map(|row| format!("{row:?}")).collect::<Vec<_>>()
    };
    let (outcomes, calls) = (wrong("outcome"), wrong("calls"));
    assert!(outcomes.len() * 20 <= rows.len(), "{}", outcomes.join("\n"));
    assert!(calls.len() * 20 <= rows.len(), "{}", calls.join("\n"));
}

#[test]
fn a_missing_proxy_is_told_with_the_line_that_installs_it() {
    let run = Command::cargo_bin("aisys")
        .unwrap()
        .args(["chaos", "validate", "--configs", "default", "--faults", "500"])
        .args(["--litellm", "./nowhere/litellm"])
        .output()
        .unwrap();
    assert_eq!(run.status.code(), Some(3));
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(said.contains("pip install 'litellm[proxy]"), "{said}");
}

#[test]
fn an_unknown_name_is_told_with_a_near_one() {
    let run = Command::cargo_bin("aisys")
        .unwrap()
        .args(["chaos", "validate", "--configs", "tunde"])
        .output()
        .unwrap();
    assert_eq!(run.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&run.stderr).contains("did you mean `tuned`?"));
}
