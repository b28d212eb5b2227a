//! Longest waits and most calls that a person can compute by hand, as the command prints them.

use assert_cmd::Command;

use crate::support::root;

fn number(path: &str, name: &str) -> String {
    let run = Command::cargo_bin("aisys")
        .unwrap()
        .args(["audit", root(path).to_str().unwrap(), "--explain-number", name])
        .output()
        .unwrap();
    let out = String::from_utf8(run.stdout).unwrap();
    out.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn one_route_with_a_retry() {
    // LiteLLM's router tries twice: 2 × 20 s = 40 s. A lone deployment is waited for after each
    // failure, the last one too: 0.5 s and 1 s, each with up to 0.75 s of jitter: 3 s. 43 s.
    let path = "fixtures/audit/numbers/retries.yaml";
    assert_eq!(number(path, "chat.longest-wait"), "chat.longest-wait = 43 s");
    assert_eq!(number(path, "chat.most-calls"), "chat.most-calls = 2");
}

#[test]
fn a_chain_of_three() {
    // a: two deployments, so no pauses; three tries, each at worst the slower one: 3 × 12 s = 36 s.
    // b: the SDK inside tries twice, 2 × 5 s and a pause of 0.5 s (its jitter only shortens): 10.5 s;
    //    the router tries that three times: 31.5 s, and waits 0.5 + 1 + 2 s with 3 × 0.75 s: 5.75 s.
    //    37.25 s.
    // c: 3 × 4 s = 12 s and 5.75 s: 17.75 s.
    // 36 + 37.25 + 17.75 = 91 s. Calls: 3 + 3 × 2 + 3 = 12.
    let path = "fixtures/audit/numbers/chain.yaml";
    assert_eq!(number(path, "a.longest-wait"), "a.longest-wait = 91 s");
    assert_eq!(number(path, "a.most-calls"), "a.most-calls = 12");
}

#[test]
fn a_client_around_a_gateway() {
    // The gateway tries once, 4 s, within the client's 30 s. The client tries three times and waits
    // 0.5 s and 1 s between: 3 × 4 s + 1.5 s = 13.5 s. Calls: 3 × 1.
    let path = "fixtures/audit/numbers/layers";
    assert_eq!(
        number(path, "ask() in app.py.longest-wait"),
        "ask() in app.py.longest-wait = 13.5 s"
    );
    assert_eq!(
        number(path, "ask() in app.py.most-calls"),
        "ask() in app.py.most-calls = 3"
    );
}
