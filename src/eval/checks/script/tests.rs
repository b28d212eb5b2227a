//! Programs of the user: files, webhooks, commands. These tests need `node` and `python3` on the PATH.

use std::io::{Read as _, Write as _};
use std::path::Path;

use serde_json::json;

use crate::eval::checks::Check;
use crate::eval::judges::{Exhibit, Judge as _, JudgeError, JudgeErrorKind, Tools, Verdict};
use crate::provider::Reply;
use crate::source::{SourceFile, parse_yaml};
use crate::wire::ChatReply;

fn exhibit(answer: &str) -> Exhibit {
    Exhibit {
        case: "c".to_owned(),
        variant: "v".to_owned(),
        question: "q".to_owned(),
        prompt: "p".to_owned(),
        answer: answer.to_owned(),
        reply: Reply {
            chat: ChatReply {
                id: String::new(),
                model: String::new(),
                text: answer.to_owned(),
                refusal: None,
                tool_calls: Vec::new(),
                finish: None,
                usage: None,
            },
            latency_ms: 1.0,
            first_token_ms: None,
            cost_usd: None,
            attempts: 1,
            raw: None,
            trace: None,
        },
        passages: Vec::new(),
        reference: None,
        variables: json!({"word": "yes"}).as_object().unwrap().clone(),
    }
}

async fn judge(folder: &Path, yaml: &str, answer: &str) -> Result<Verdict, JudgeError> {
    let file = SourceFile::new(folder.join("suite.yaml"), yaml);
    let node = &parse_yaml(&file).unwrap()[0];
    let check = match node.get("type") {
        Some(_) => Check::from_promptfoo(node).unwrap(),
        None => Check::from_native(node).unwrap(),
    };
    check.judge(&exhibit(answer), &Tools::default()).await
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

#[tokio::test]
async fn files_run_by_node() {
    let folder = folder(&[
        (
            "a.mjs",
            "export default (output, { vars }) => output === vars.word;\nexport const long = (o) => o.length / 10;",
        ),
        (
            "b.cjs",
            "module.exports = async (output) => ({ pass: true, score: 0.5, reason: output });",
        ),
        (
            "c.js",
            "module.exports = { upper: (o) => o.toUpperCase(), expected: () => 'YES' };",
        ),
        ("d.cjs", "module.exports = () => { throw new Error('oh no'); };"),
    ]);
    let at = folder.path();
    assert!(
        judge(at, "{type: javascript, value: 'file://a.mjs'}", "yes")
            .await
            .unwrap()
            .pass
    );
    assert_eq!(
        judge(at, "{type: javascript, value: 'file://a.mjs:long'}", "yes")
            .await
            .unwrap()
            .score,
        0.3
    );
    assert_eq!(
        judge(at, "{type: javascript, value: 'file://b.cjs'}", "yes")
            .await
            .unwrap()
            .reason,
        "yes"
    );
    let both = "{type: equals, value: 'file://c.js:expected', transform: 'file://c.js:upper'}";
    assert!(judge(at, both, "yes").await.unwrap().pass);
    let error = judge(at, "{type: javascript, value: 'file://d.cjs'}", "x")
        .await
        .unwrap_err();
    assert!(
        error.kind == JudgeErrorKind::Setup && error.message.contains("oh no"),
        "{error}"
    );
    let error = judge(at, "{type: javascript, value: 'file://none.mjs'}", "x")
        .await
        .unwrap_err();
    assert!(error.message.contains("none.mjs"), "{error}");
    let error = judge(at, "{type: javascript, value: 'file://a.mjs:nope'}", "x")
        .await
        .unwrap_err();
    assert!(error.message.contains("nope"), "{error}");
}

#[tokio::test]
async fn inline_code_that_needs_node_runs_by_node() {
    let at = folder(&[]);
    let code = "{type: javascript, value: \"require('node:path').basename('/a/b') === 'b'\"}";
    assert!(judge(at.path(), code, "x").await.unwrap().pass);
}

#[tokio::test]
async fn files_run_by_python() {
    let folder = folder(&[
        (
            "a.py",
            "def get_assert(output, context):\n    print('noise')\n    return output == context['vars']['word']\n\nasync def other(output, context):\n    return {'pass': True, 'score': 0.5, 'reason': 'r'}\n",
        ),
        ("b.py", "import nothing_of_that_name\n"),
    ]);
    let at = folder.path();
    assert!(
        judge(at, "{type: python, value: 'file://a.py'}", "yes")
            .await
            .unwrap()
            .pass
    );
    assert_eq!(
        judge(at, "{type: python, value: 'file://a.py:other'}", "x")
            .await
            .unwrap()
            .score,
        0.5
    );
    let error = judge(at, "{type: python, value: 'file://b.py'}", "x")
        .await
        .unwrap_err();
    assert!(error.message.contains("nothing_of_that_name"), "{error}");
    let error = judge(at, "{type: python, value: 'file://c.py'}", "x")
        .await
        .unwrap_err();
    assert!(error.message.contains("c.py"), "{error}");
}

#[tokio::test]
async fn commands_judge_by_what_they_print_or_how_they_end() {
    let at = folder(&[]);
    let at = at.path();
    let print = "{command: [python3, -c, \"import json,sys; d=json.load(sys.stdin); print(json.dumps({'pass': d['answer']=='yes', 'score': 0.25, 'reason': d['question']}))\"]}";
    let verdict = judge(at, print, "yes").await.unwrap();
    assert_eq!(
        (verdict.pass, verdict.score, verdict.reason.as_str()),
        (true, 0.25, "q")
    );
    assert!(judge(at, "{command: 'exit 0'}", "x").await.unwrap().pass);
    assert!(!judge(at, "{command: 'exit 1'}", "x").await.unwrap().pass);
    assert!(judge(at, "{not_command: 'exit 1'}", "x").await.unwrap().pass);
    let error = judge(at, "{command: 'echo bad >&2; exit 3'}", "x").await.unwrap_err();
    assert!(error.message.contains("ended with 3: bad"), "{error}");
    let error = judge(at, "{command: [no-such-program-here]}", "x").await.unwrap_err();
    assert_eq!(error.kind, JudgeErrorKind::Setup);
    assert!(judge(at, "{command: 'echo fine'}", "x").await.is_err());
}

/// Answers one request with these bytes, and gives back what was sent.
fn serve_once(answer: &'static str) -> (String, std::thread::JoinHandle<String>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/judge", listener.local_addr().unwrap());
    let served = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut sent = Vec::new();
        let mut buffer = [0; 4096];
        while !String::from_utf8_lossy(&sent).contains("\"vars\"") {
            let count = stream.read(&mut buffer).unwrap();
            sent.extend_from_slice(&buffer[..count]);
        }
        stream.write_all(answer.as_bytes()).unwrap();
        String::from_utf8(sent).unwrap()
    });
    (address, served)
}

#[tokio::test]
async fn webhooks_judge() {
    let at = folder(&[]);
    let (address, served) = serve_once(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 44\r\nconnection: close\r\n\r\n{\"pass\": true, \"score\": 0.7, \"reason\": \"ok\"} ",
    );
    let verdict = judge(at.path(), &format!("{{type: webhook, value: '{address}'}}"), "x")
        .await
        .unwrap();
    assert_eq!((verdict.pass, verdict.score), (true, 0.7));
    assert!(served.join().unwrap().contains("\"output\":\"x\""));
    let (address, served) = serve_once("HTTP/1.1 500 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let error = judge(at.path(), &format!("{{type: webhook, value: '{address}'}}"), "x")
        .await
        .unwrap_err();
    assert!(
        error.kind == JudgeErrorKind::Setup && error.message.contains("500"),
        "{error}"
    );
    served.join().unwrap();
}
