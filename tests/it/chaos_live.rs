//! The emulator and the proxy as processes, driven by the official SDKs and by plain connections.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::support::root;

const SCENARIO: &str = "fixtures/chaos/sdks.yaml";
const SETUP: &str = "install it by: tests/setup-peers";

/// A server of ours that runs until it is dropped.
struct Server {
    process: Child,
    address: String,
}

impl Server {
    /// Starts `aisys chaos …` and takes the address from its first line.
    fn start(arguments: &[&str]) -> Self {
        let mut process = Command::new(assert_cmd::cargo::cargo_bin("aisys"))
            .arg("chaos")
            .args(arguments)
            .current_dir(root(""))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line
            .split("http://")
            .nth(1)
            .unwrap_or_else(|| panic!("no address in {line:?}"));
        let address = address.split(['/', ',']).next().unwrap().trim().to_owned();
        Self { process, address }
    }

    fn emulator(more: &[&str]) -> Self {
        Self::start(&[&["emulate"], more].concat())
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All bytes that come back until the server closes or the answer's end.
    fn exchange(&self, method: &str, path: &str, body: &str) -> String {
        let mut socket = TcpStream::connect(&self.address).unwrap();
        let length = body.len();
        let head =
            format!("{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
        socket.write_all(head.as_bytes()).unwrap();
        socket.write_all(body.as_bytes()).unwrap();
        let mut answer = Vec::new();
        // A reset is an end too.
        let _ = socket.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    fn json(&self, method: &str, path: &str, body: &str) -> Value {
        let answer = self.exchange(method, path, body);
        let (_, body) = answer
            .split_once("\r\n\r\n")
            .unwrap_or_else(|| panic!("no answer: {answer:?}"));
        serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Runs a script of rows and holds each to what it expects.
fn hold(command: &mut Command, least: usize) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let rows: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(rows.len() >= least, "only {} rows", rows.len());
    let differ: Vec<&Value> = rows.iter().filter(|row| row["expected"] != row["got"]).collect();
    assert!(
        differ.is_empty(),
        "{} of {} rows: {differ:#?}",
        differ.len(),
        rows.len()
    );
}

fn python_sdks(url: &str) -> Command {
    let python = root(".venv-peers/bin/python");
    let has = python.exists()
        && std::fs::read_to_string(root(".venv-peers/requirements.txt")).is_ok_and(|it| it.contains("openai"));
    assert!(has, "the SDKs for Python are missing; {SETUP}");
    let mut command = Command::new(python);
    command.arg(root("tests/peers/sdks.py")).arg(url);
    command
}

#[test]
fn the_sdks_for_python_raise_what_real_providers_make_them_raise() {
    let emulator = Server::emulator(&[SCENARIO]);
    hold(&mut python_sdks(&emulator.url()), 250);
}

#[test]
fn the_sdks_for_python_see_the_same_through_the_proxy() {
    let emulator = Server::emulator(&[]);
    let proxy = Server::start(&["proxy", "--upstream", &emulator.url(), "--scenario", SCENARIO]);
    hold(&mut python_sdks(&proxy.url()), 250);
}

#[test]
fn the_sdk_for_javascript_raises_what_real_providers_make_it_raise() {
    let folder = root(".npm-peers");
    assert!(
        folder.join("node_modules/openai").exists(),
        "the SDK for JavaScript is missing; {SETUP}"
    );
    // Node looks for packages beside the script.
    std::fs::copy(root("tests/peers/sdks.mjs"), folder.join("sdks.mjs")).unwrap();
    let emulator = Server::emulator(&[SCENARIO]);
    hold(
        Command::new("node").arg(folder.join("sdks.mjs")).arg(emulator.url()),
        45,
    );
}

fn ask(model: &str, stream: bool) -> String {
    let text = "Refunds are paid within seven days after the goods have come back.";
    json!({ "model": model, "stream": stream, "messages": [{ "role": "user", "content": text }] }).to_string()
}

const CHAT: &str = "/v1/chat/completions";

#[test]
fn the_proxy_passes_bytes_as_they_are() {
    let emulator = Server::emulator(&["--seed", "7"]);
    let proxy = Server::start(&["proxy", "--upstream", &emulator.url()]);
    // What hangs on the moment and on the call's number, which the second of two calls has not the same.
    let varies = ["date:", "x-request-id", "\"id\"", "\"created\""];
    let fixed = |text: String| {
        let mut text = text;
        for name in varies {
            while let Some(at) = text.find(name) {
                let end = text[at..].find(['\r', ',']).map_or(text.len(), |it| at + it);
                text.replace_range(at..end, "");
            }
        }
        text
    };
    for stream in [false, true] {
        let body = ask("m", stream);
        let direct = fixed(emulator.exchange("POST", CHAT, &body));
        assert_eq!(direct, fixed(proxy.exchange("POST", CHAT, &body)));
        assert!(direct.contains("200 OK") && direct.len() > 300, "{direct}");
    }
    let nobody = Server::start(&["proxy", "--upstream", "http://127.0.0.1:1"]);
    assert!(
        nobody
            .exchange("POST", CHAT, &ask("m", false))
            .starts_with("HTTP/1.1 502")
    );
}

#[test]
fn a_log_is_replayed_exactly() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = folder.path().join("some.yaml");
    std::fs::write(
        &scenario,
        "scenario: some\nseed: 3\nfaults:\n  - {on: everything, share: 0.5, answer: 529}\n",
    )
    .unwrap();
    let log = folder.path().join("run.jsonl");
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let statuses = |server: &Server| -> Vec<String> {
        (0..40)
            .map(|_| {
                server
                    .exchange("POST", CHAT, &ask("m", false))
                    .chars()
                    .skip(9)
                    .take(3)
                    .collect()
            })
            .collect()
    };
    let first = Server::emulator(&[&text(&scenario), "--log", &text(&log)]);
    let met = statuses(&first);
    let struck = met.iter().filter(|status| *status == "529").count();
    assert!((10..30).contains(&struck), "{met:?}");
    drop(first);
    // Without the scenario: the log alone decides.
    let again = Server::emulator(&["--replay", &text(&log)]);
    assert_eq!(statuses(&again), met);
    let lines = std::fs::read_to_string(&log).unwrap();
    assert_eq!(lines.lines().count(), 41);
    assert!(!lines.contains("Refunds"), "a prompt in the log");
}

#[test]
fn the_admin_api_switches_adds_and_removes_faults_and_moves_the_clock() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = folder.path().join("later.yaml");
    std::fs::write(
        &scenario,
        "scenario: later\nfaults:\n  - {at: 10m, for: 5m, on: provider/openai, answer: 503}\n",
    )
    .unwrap();
    for kind in ["emulate", "proxy"] {
        let behind = Server::emulator(&[]);
        let url = behind.url();
        let path = scenario.to_str().unwrap();
        let server = match kind {
            "emulate" => Server::emulator(&[path, "--paused"]),
            _ => Server::start(&["proxy", "--upstream", &url, "--scenario", path, "--paused"]),
        };
        let status = || {
            server
                .exchange("POST", CHAT, &ask("m", false))
                .chars()
                .skip(9)
                .take(3)
                .collect::<String>()
        };
        assert_eq!(status(), "200", "{kind}");
        let state = server.json("POST", "/__aisys/clock/jump?to=11m", "");
        assert_eq!(
            (&state["clock"]["at"], &state["clock"]["running"]),
            (&json!(660.0), &json!(false))
        );
        assert_eq!(status(), "503");
        server.json("POST", "/__aisys/faults/0/off", "");
        assert_eq!(status(), "200");
        let added = server.json(
            "POST",
            "/__aisys/faults",
            "on: model/m\nanswer: {status: 429, retry_after: 20s}",
        );
        assert_eq!(added, json!({ "added": [1] }));
        assert_eq!(status(), "429");
        assert!(
            server.json("POST", "/__aisys/faults", "{on: model/m, answr: 1}")["error"]
                .as_str()
                .unwrap()
                .contains("fault")
        );
        server.json("DELETE", "/__aisys/faults/1", "");
        assert_eq!(status(), "200");
        let last = server.json("GET", "/__aisys/decisions?last=2", "");
        assert!(
            last.as_array()
                .unwrap()
                .iter()
                .any(|line| line["met"] == "429, retry after 20s"),
            "{last}"
        );
        let state = server.json("POST", "/__aisys/reset", "");
        assert_eq!((&state["calls"], &state["clock"]["at"]), (&json!(0), &json!(0.0)));
        assert!(server.json("GET", "/__aisys/nothing", "")["commands"].is_string());
    }
}

#[test]
fn scripts_and_limits() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let script = write("answers.yaml", "- {when: {prompt: Refunds}, say: Seven days.}\n");
    let limits = write(
        "limits.yaml",
        "scenario: limits\nproviders:\n  openai: {first_token: 0s, tokens_per_second: 100000, limits: {rpm: 2}}\n",
    );
    let emulator = Server::emulator(&[&limits, "--answers", &script, "--paused"]);
    let first = emulator.exchange("POST", CHAT, &ask("m", false));
    assert!(
        first.contains("Seven days.") && first.contains("x-ratelimit-remaining-requests: 1"),
        "{first}"
    );
    emulator.exchange("POST", CHAT, &ask("m", false));
    let third = emulator.exchange("POST", CHAT, &ask("m", false));
    assert!(
        third.starts_with("HTTP/1.1 429") && third.contains("retry-after: 30\r\n"),
        "{third}"
    );
}

#[test]
fn what_is_no_request_is_answered_and_survived() {
    let emulator = Server::emulator(&[]);
    for bytes in [
        &[0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0][..],
        b"garbage\r\n\r\n",
        b"POST / HTTP/1.1\r\ncontent-length: x\r\n\r\n",
    ] {
        let mut socket = TcpStream::connect(&emulator.address).unwrap();
        socket.write_all(bytes).unwrap();
        let mut answer = Vec::new();
        let _ = socket.read_to_end(&mut answer);
        assert!(
            answer.starts_with(b"HTTP/1.1 400") || answer.starts_with(&[0x15, 3, 3]),
            "{answer:?}"
        );
    }
    assert!(emulator.exchange("POST", CHAT, "{").contains("no JSON"));
    assert!(emulator.exchange("GET", "/favicon.ico", "").starts_with("HTTP/1.1 404"));
    assert!(emulator.exchange("POST", CHAT, &ask("m", false)).contains("200 OK"));
}
