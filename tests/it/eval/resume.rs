//! Runs that end before their end: killed, interrupted, out of disk. What was paid for is never paid for again.

use std::collections::BTreeSet;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};

use aisys::rng::Chance;

use crate::mock::Answer;

use super::{Lab, Ran, Server, numbered, right, same_bytes};

/// A server that answers so many calls and then holds the others back, so that a process can be met in the
/// middle of its run without looking at a clock.
struct Gate {
    server: Server,
    open_until: Arc<AtomicUsize>,
    reached: Receiver<()>,
}

impl Gate {
    fn new() -> Self {
        let open_until = Arc::new(AtomicUsize::new(0));
        let (send, reached) = channel();
        let server = Server::start({
            let open_until = Arc::clone(&open_until);
            move |seen| {
                let bound = open_until.load(Ordering::SeqCst);
                if seen.at == bound {
                    send.send(()).unwrap();
                }
                if seen.at >= bound { Answer::hang() } else { right(seen) }
            }
        });
        Self {
            server,
            open_until,
            reached,
        }
    }

    /// Answers so many further calls.
    fn open(&self, calls: usize) {
        self.open_until
            .store(self.server.mock.count().saturating_add(calls), Ordering::SeqCst);
    }

    /// Starts the binary and waits until it has had its answers and asks for more.
    fn met(&self, mut command: Command, calls: usize) -> Child {
        self.open(calls);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        self.reached.recv().unwrap();
        child
    }
}

/// How many further calls are answered before each of the deaths of a run, at random moments of all its calls.
fn moments(deaths: usize, cases: usize, seed: u64) -> Vec<usize> {
    let mut chance = Chance::seeded(seed, "kill -9");
    let mut moments = BTreeSet::new();
    while moments.len() < deaths {
        moments.insert(1 + chance.below(cases - 1));
    }
    let mut last = 0;
    let further = moments
        .into_iter()
        .map(|moment| moment - std::mem::replace(&mut last, moment));
    further.collect()
}

#[test]
fn a_run_that_is_killed_twenty_times_pays_no_recorded_call_twice_and_ends_with_the_same_bytes() {
    const CASES: usize = 1_000;
    const AT_ONCE: usize = 8;
    const DEATHS: usize = 20;
    let gate = Gate::new();
    let lab = Lab::with(&numbered(CASES, &gate.server.model(""), ""));
    let tapes = ["suite.yaml", "-o", "a.csv", "--cassette-dir", "tapes"];
    let arguments = [&tapes[..], &["-j", "8", "--cassettes", "auto", "--resume"]].concat();
    let mut recorded: BTreeSet<String> = BTreeSet::new();
    let (mut begun, mut lost) = (0, 0);
    // That no call since the last death was one that was recorded by then, nor any was made twice.
    let check = |recorded: &BTreeSet<String>, begun: usize| {
        let asked = gate.server.asked().split_off(begun);
        let twice: Vec<_> = asked.iter().filter(|question| recorded.contains(*question)).collect();
        assert!(twice.is_empty(), "asked again: {twice:?}");
        assert_eq!(asked.iter().collect::<BTreeSet<_>>().len(), asked.len());
    };
    for calls in moments(DEATHS, CASES, 7) {
        let mut child = gate.met(lab.command(&arguments), calls);
        child.kill().unwrap();
        assert_eq!(child.wait().unwrap().code(), None);
        gate.server.left_alone();
        check(&recorded, begun);
        let asked = gate.server.mock.count() - begun;
        begun += asked;
        let before = recorded.len();
        recorded = lab.journal(1).into_iter().collect();
        // What was asked and is not recorded was in flight.
        let in_flight = asked - (recorded.len() - before);
        assert!(in_flight <= AT_ONCE, "{in_flight} calls are lost");
        lost += in_flight;
    }
    gate.open(CASES);
    lab.eval(&arguments)
        .expect(0, &["going on with run 1", "1000 cases, 1000 answers"]);
    check(&recorded, begun);
    assert_eq!(lab.journal(1).len(), CASES);
    let calls = gate.server.mock.count();
    // A call that was on the tape and not yet in the journal when its run died counts as lost and is not made again.
    assert!((CASES..=CASES + lost).contains(&calls), "{calls} calls, {lost} lost");
    // A run that nothing interrupts, over the same answers.
    std::fs::rename(lab.path("a.csv"), lab.path("killed.csv")).unwrap();
    let replay = [&tapes[..], &["--cassettes", "replay", "--home", "other"]].concat();
    lab.eval(&replay).expect(0, &["1000 cases, 1000 answers"]);
    assert_eq!(gate.server.mock.count(), calls);
    same_bytes(&lab.path("killed.csv"), &lab.path("a.csv"));
}

#[cfg(unix)]
#[test]
fn an_interrupt_saves_the_run_and_resume_completes_it() {
    let gate = Gate::new();
    let lab = Lab::with(&numbered(60, &gate.server.model(""), "gate: {pass: \">= 1\"}\n"));
    let child = gate.met(lab.command(&["suite.yaml", "-j", "4", "-o", "a.csv"]), 30);
    let sent = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
    let words = [
        "undecided: interrupted: what is done is saved",
        "run 1 is kept",
        "--resume goes on with it",
    ];
    Ran::of(&child.wait_with_output().unwrap()).expect(3, &words);
    let (recorded, begun) = (lab.journal(1), gate.server.mock.count());
    assert!(recorded.len() + 4 >= 30);
    lab.eval(&["list"]).expect(0, &["undecided"]);
    gate.open(60);
    lab.eval(&["suite.yaml", "--resume", "-o", "a.csv"])
        .expect(0, &["going on with run 1", "yes: the gate holds"]);
    assert_eq!(lab.column("a.csv", "status"), ["passed"; 60]);
    let again = gate.server.asked().split_off(begun);
    assert_eq!(again.len(), 60 - recorded.len());
    assert!(again.iter().all(|question| !recorded.contains(question)));
}

/// Files may grow to half a megabyte at most: a disk that fills up, for any user and on any system.
#[cfg(unix)]
#[test]
fn a_full_disk_ends_the_run_with_its_reason_and_resume_goes_on() {
    let server = Server::answering();
    let text = numbered(80, &server.model(""), "").replace("generation: {", "generation: {prompt: prompt.md, ");
    let lab = Lab::with(&text);
    lab.write(
        "prompt.md",
        &format!("{{{{ question }}}}\n{}", "Be brief and polite. ".repeat(1_000)),
    );
    let arguments = ["suite.yaml", "-j", "4", "-o", "a.csv"];
    let inner = lab.command(&arguments);
    let mut limited = Command::new("sh");
    limited
        .args(["-c", "trap '' XFSZ; ulimit -f 1024; exec \"$0\" \"$@\""])
        .arg(inner.get_program())
        .args(inner.get_args());
    limited.current_dir(lab.path("")).env("HOME", lab.path(""));
    let words = [
        "undecided: calls cannot be written to",
        "calls.jsonl",
        "make room",
        "--resume",
    ];
    Ran::of(&limited.output().unwrap()).expect(3, &words);
    let (recorded, calls) = (lab.journal(1), server.mock.count());
    assert!(!recorded.is_empty() && calls < 80, "{} of {calls}", recorded.len());
    // Those that were in flight are in the report all the same.
    assert_eq!(lab.csv("a.csv").len(), calls);
    lab.eval(&["suite.yaml", "--resume", "-o", "a.csv"])
        .expect(0, &["going on with run 1", "80 cases, 80 answers"]);
    assert_eq!(server.mock.count() - calls, 80 - recorded.len());
}

#[test]
fn resume_is_for_the_same_suite_and_settings() {
    let gate = Gate::new();
    let lab = Lab::with(&numbered(6, &gate.server.model(""), ""));
    let mut child = gate.met(lab.command(&["suite.yaml", "-j", "1"]), 3);
    child.kill().unwrap();
    child.wait().unwrap();
    gate.open(100);
    let before = gate.server.mock.count();
    let ran = lab
        .eval(&["suite.yaml", "--resume", "--set", "generation.temperature=0.5"])
        .expect(0, &["kept as run 2"]);
    assert!(!ran.notes.contains("going on"), "{}", ran.notes);
    assert_eq!(gate.server.mock.count() - before, 6);
    lab.eval(&["suite.yaml", "--resume"])
        .expect(0, &["going on with run 1"]);
}
