use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::chaos::Scenario;
use crate::chaos::observation::{Hollow, Seen};
use crate::chaos::report::Figures;
use crate::chaos::scenario::Target;
use crate::pipeline::policy::Failure;
use crate::source::SourceFile;

/// An application that does to question N what the script says of N.
struct Application {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

type Script = fn(u64, bool) -> Answer;

#[derive(Clone, Copy)]
enum Answer {
    Good,
    Empty,
    Half,
    Reset,
    Status(u16),
    ErrorEvent,
    Html,
    Silence,
}

impl Application {
    async fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let seen = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let seen = Arc::clone(&seen);
                tokio::spawn(async move { serve(socket, script, &seen).await });
            }
        });
        Self { url, asked }
    }

    async fn run(&self, scenario: &str) -> Run {
        let scenario = Scenario::parse(&SourceFile::new("load.yaml", scenario)).unwrap();
        let target = Target {
            url: self.url.clone(),
            ..Target::default()
        };
        let endpoint = Endpoint::new(&target, &[], &|_| None).unwrap();
        let never = Box::pin(std::future::pending());
        drive(&scenario, 1.0, endpoint, None, never, &mut |_| {}).await.unwrap()
    }
}

/// Reads requests as long as the connection stays.
async fn serve(mut socket: TcpStream, script: Script, seen: &Mutex<Vec<String>>) -> Option<()> {
    let mut read = Vec::new();
    loop {
        let head = loop {
            if let Some(at) = read.windows(4).position(|it| it == b"\r\n\r\n") {
                break at + 4;
            }
            let mut piece = [0; 4096];
            let count = socket.read(&mut piece).await.ok().filter(|count| *count > 0)?;
            read.extend_from_slice(&piece[..count]);
        };
        let text = String::from_utf8_lossy(&read[..head]).to_ascii_lowercase();
        let length: usize = text
            .split("content-length: ")
            .nth(1)
            .map_or(0, |rest| rest.split("\r\n").next().unwrap().parse().unwrap());
        while read.len() < head + length {
            let mut piece = [0; 4096];
            let count = socket.read(&mut piece).await.ok().filter(|count| *count > 0)?;
            read.extend_from_slice(&piece[..count]);
        }
        let body = String::from_utf8_lossy(&read[head..head + length]).into_owned();
        read.drain(..head + length);
        let line = text.lines().next().unwrap().to_owned();
        seen.lock().unwrap().push(format!("{line} {body}"));
        if line.contains("/__aisys/") {
            json(&mut socket, 200, "{\"faults\": [{\"index\": 4}]}").await?;
            continue;
        }
        let question = body.split("Question ").nth(1).unwrap().split(':').next().unwrap();
        let streamed = body.contains("\"stream\":true");
        answer(&mut socket, script(question.parse().unwrap(), streamed), streamed).await?;
    }
}

async fn json(socket: &mut TcpStream, status: u16, body: &str) -> Option<()> {
    let text = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    socket.write_all(text.as_bytes()).await.ok()
}

/// Ten tokens: what the scenarios ask for.
const TEXT: &str = "one two three four five six seven eight nine ten";

async fn answer(socket: &mut TcpStream, answer: Answer, streamed: bool) -> Option<()> {
    const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    let event = |text: &str, finish: &str| {
        format!(
            "data: {{\"id\":\"1\",\"object\":\"chat.completion.chunk\",\"model\":\"m\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}},\"finish_reason\":{finish}}}]}}\n\n"
        )
    };
    let whole = |text: &str| {
        format!(
            "{{\"id\":\"1\",\"object\":\"chat.completion\",\"model\":\"m\",\"choices\":[{{\"index\":0,\"message\":{{\"role\":\"assistant\",\"content\":\"{text}\"}},\"finish_reason\":\"stop\"}}]}}"
        )
    };
    let stream = match answer {
        Answer::Silence => {
            std::future::pending::<()>().await;
            return None;
        }
        Answer::Reset => return None,
        Answer::Status(status) => return json(socket, status, "{\"error\":{\"message\":\"no\"}}").await,
        Answer::Html => {
            let page = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 13\r\n\r\n<html></html>";
            return socket.write_all(page.as_bytes()).await.ok();
        }
        Answer::Good if !streamed => return json(socket, 200, &whole(TEXT)).await,
        Answer::Empty if !streamed => return json(socket, 200, "{\"choices\":[]}").await,
        Answer::Half if !streamed => return json(socket, 200, &whole("one two three")).await,
        Answer::ErrorEvent => format!(
            "{}data: {{\"error\":{{\"message\":\"overloaded\"}}}}\n\n",
            event("one", "null")
        ),
        Answer::Good => format!("{}{}data: [DONE]\n\n", event(TEXT, "null"), event("", "\"stop\"")),
        Answer::Empty => format!("{}data: [DONE]\n\n", event("", "\"stop\"")),
        Answer::Half => event("one two three", "null"),
    };
    socket.write_all(format!("{HEAD}{stream}").as_bytes()).await.ok()?;
    socket.shutdown().await.ok()?;
    None
}

fn scenario(traffic: &str, rest: &str) -> String {
    format!("scenario: load\ntraffic: {{arrivals: even, output_tokens: 10, prompt_tokens: 5, {traffic}}}\n{rest}")
}

#[tokio::test]
async fn what_users_see_is_told_apart() {
    let script: Script = |question, _| match question {
        10 => Answer::Empty,
        11 => Answer::Half,
        12 => Answer::Reset,
        13 => Answer::Status(500),
        14 => Answer::ErrorEvent,
        15 => Answer::Html,
        16 => Answer::Silence,
        _ => Answer::Good,
    };
    let application = Application::start(script).await;
    let run = application
        .run(&scenario("rate: 100/s, for: 200ms, patience: 2s", ""))
        .await;
    let seen: Vec<Seen> = run.requests.iter().map(|request| request.seen).collect();
    assert_eq!(seen.len(), 20);
    assert_eq!(seen[10], Seen::Hollow(Hollow::Empty));
    assert_eq!(seen[11], Seen::Hollow(Hollow::Truncated));
    assert_eq!(seen[12], Seen::Failed(Failure::Connect));
    assert!(matches!(seen[13], Seen::Failed(Failure::Status { status: 500, .. })));
    assert_eq!(seen[14], Seen::Failed(Failure::ErrorEvent));
    assert_eq!(seen[15], Seen::Failed(Failure::Unreadable));
    assert_eq!(seen[16], Seen::GaveUp);
    for good in (0..10).chain(17..20) {
        assert_eq!(seen[good], Seen::Answered, "{good}");
        assert!(run.requests[good].first_token.is_some());
    }
    let ids: Vec<u64> = run.requests.iter().map(|request| request.id).collect();
    assert_eq!(ids, (0..20).collect::<Vec<_>>());
}

#[tokio::test]
async fn half_an_answer_that_calls_itself_whole_is_found_by_its_length() {
    let script: Script = |question, _| if question == 25 { Answer::Half } else { Answer::Good };
    let application = Application::start(script).await;
    // The one request during the fault; what is before it tells that lengths are faithful.
    let run = application
        .run(&scenario(
            "rate: 100/s, for: 300ms, streamed: false",
            "faults: [{at: 240ms, for: 20ms, stall: true}]\n",
        ))
        .await;
    assert_eq!(run.requests[25].seen, Seen::Hollow(Hollow::Truncated));
    assert_eq!(run.requests.iter().filter(|it| it.seen == Seen::Answered).count(), 29);
}

#[tokio::test]
async fn the_client_tries_again_as_its_sdk_does() {
    let application = Application::start(|_, _| Answer::Status(503)).await;
    let client = "client: {retries: 2, like: openai-python}";
    let run = application
        .run(&scenario(
            &format!("rate: 10/s, for: 100ms, {client}, patience: 700ms"),
            "",
        ))
        .await;
    // Half a second before the first repetition; patience ends before the second.
    assert_eq!((run.requests.len(), run.requests[0].seen), (1, Seen::GaveUp));
    assert_eq!(run.requests[0].calls, 2);
}

#[tokio::test]
async fn abort_conditions_and_the_user_stop_it() {
    let application = Application::start(|_, _| Answer::Status(500)).await;
    let text = scenario("rate: 100/s, for: 1h", "abort: {failed: 50%, over: 10}\n");
    let run = application.run(&text).await;
    assert_eq!(run.stopped, Some(Stopped::TooManyFailed(1.0)));
    assert!(run.requests.len() < 100, "{}", run.requests.len());
    let scenario = Scenario::parse(&SourceFile::new("load.yaml", text)).unwrap();
    let target = Target {
        url: application.url.clone(),
        ..Target::default()
    };
    let endpoint = Endpoint::new(&target, &[], &|_| None).unwrap();
    let at_once = Box::pin(std::future::ready(()));
    let run = drive(&scenario, 1.0, endpoint, None, at_once, &mut |_| {})
        .await
        .unwrap();
    assert_eq!(run.stopped, Some(Stopped::Interrupted));
}

#[tokio::test]
async fn the_stage_gets_the_faults_of_the_schedule_and_is_left_empty() {
    let application = Application::start(|_, _| Answer::Good).await;
    let text = scenario(
        "rate: 100/s, for: 100ms",
        "faults: [{at: 20ms, for: 20ms, on: provider/openai, answer: 529}]\n",
    );
    let scenario = Scenario::parse(&SourceFile::new("load.yaml", text)).unwrap();
    let stage = Stage {
        url: application.url.clone(),
    };
    stage.set(&reqwest_client(), &scenario).await.unwrap();
    stage.clear(&reqwest_client()).await.unwrap();
    let asked = application.asked.lock().unwrap().clone();
    let lines: Vec<&str> = asked
        .iter()
        .map(|line| line.split(" http/1.1").next().unwrap())
        .collect();
    assert_eq!(
        lines,
        [
            "post /__aisys/clock/pause",
            "get /__aisys/state",
            "delete /__aisys/faults/4",
            "post /__aisys/faults",
            "post /__aisys/reset",
            "post /__aisys/clock/start",
            "get /__aisys/state",
            "delete /__aisys/faults/4",
        ]
    );
    assert!(
        asked[3].contains("\"answer\":529") && asked[3].contains("\"at\":0.02"),
        "{}",
        asked[3]
    );
}

fn reqwest_client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}

#[tokio::test]
async fn a_report_says_what_held_and_shows_each_request() {
    let script: Script = |question, _| match question {
        10..15 => Answer::Status(500),
        _ => Answer::Good,
    };
    let application = Application::start(script).await;
    let text = scenario(
        "rate: 100/s, for: 300ms",
        "faults: [{at: 100ms, for: 50ms, answer: 500}]\nhypothesis: [users_answered >= 99%, hollow == 0, cost <= $1]\n",
    );
    let run = application.run(&text).await;
    let scenario = Scenario::parse(&SourceFile::new("load.yaml", text)).unwrap();
    let report = run.report(&scenario, &application.url);
    let held: Vec<bool> = report.hypotheses.iter().map(|held| held.holds).collect();
    assert_eq!(held, [false, true]);
    let answered = &report.hypotheses[0];
    assert_eq!(
        (
            answered.first_violation_s,
            answered.unlucky,
            answered.baseline.as_deref()
        ),
        (Some(0.0), Some(10), Some("100%"))
    );
    assert!(
        report.notes[0].contains("`cost <= $1` was not checked"),
        "{:?}",
        report.notes
    );
    assert!(
        report
            .notes
            .iter()
            .any(|note| note.contains("wrong words cannot be seen"))
    );
    assert_eq!(report.recovery_s, Some(0.0));
    assert_eq!((report.run.total.requests, report.run.total.failures()), (30, 5));
    let life = &report.lives[0];
    assert_eq!((life.id, life.attempts[0].status, life.good), (10, Some(500), false));
    let requests = run.in_scenario_time();
    assert_eq!((requests.len(), requests[10].attempts.len()), (30, 1));
}

#[tokio::test]
async fn a_schedule_that_is_faster_is_told_in_the_scenarios_time() {
    let script: Script = |question, _| match question {
        10..15 => Answer::Status(500),
        _ => Answer::Good,
    };
    let application = Application::start(script).await;
    let text = scenario(
        "rate: 100/s, for: 300ms",
        "faults: [{at: 100ms, for: 50ms, answer: 500}]\nhypothesis: [users_answered >= 99%]\n",
    );
    let fast = Scenario::parse(&SourceFile::new("load.yaml", &*text)).unwrap();
    let run = Run {
        speed: 1_200.0,
        ..application.run(&text).await
    };
    let report = run.report(&fast, &application.url);
    assert!((report.setting.seconds - 360.0).abs() < 1e-6 && report.step_s == 12.0);
    assert!((report.setting.faults[0].spans[0].from_s - 120.0).abs() < 1e-6);
    assert_eq!(report.hypotheses[0].first_violation_s, Some(120.0));
    let phases = [&report.run.before, &report.run.during, &report.run.after];
    assert_eq!(phases.map(Figures::failures), [0, 5, 0]);
    assert_eq!(phases.map(|phase| phase.requests), [10, 5, 15]);
    assert!(report.lives[0].end_s < 60.0, "waits stay the clock's");
}
