//! promptfoo's `http` provider: how often it asks again (`fetchWithRetries` of promptfoo 0.121.20).

use crate::mock::Answer;

use super::{Lab, Ran, Server, refused};

/// Runs a configuration of one endpoint that gives these answers in turn, and says how often it was asked.
fn asked(answers: Vec<Answer>, settings: &str) -> (Ran, usize) {
    let server = Server::start(move |seen| answers[seen.at.min(answers.len() - 1)].clone());
    let lab = Lab::with("");
    let url = server.mock.url("/answer");
    lab.write(
        "promptfooconfig.yaml",
        &format!(
            "prompts: ['Where is {{{{what}}}}?']\n\
             providers:\n\
             - {{id: http, config: {{url: {url:?}, method: POST, body: {{q: '{{{{prompt}}}}'}}{settings}}}}}\n\
             tests:\n\
             - {{vars: {{what: Oslo}}, assert: [{{type: contains, value: Norway}}]}}\n"
        ),
    );
    let ran = lab.eval(&["promptfooconfig.yaml"]);
    (ran, server.mock.count())
}

fn busy() -> Answer {
    refused(429, "rate_limit_exceeded", "slow down").with("retry-after", "0")
}

fn right() -> Answer {
    Answer::new(200, "text/plain", "In Norway.")
}

#[test]
fn a_refusal_is_asked_again() {
    let (ran, count) = asked(vec![busy(), right()], "");
    ran.expect(0, &["1 case", "1 answer"]);
    assert_eq!(count, 2);
}

#[test]
fn refusals_count_against_the_retries() {
    let (ran, count) = asked(vec![busy(), busy(), right()], ", maxRetries: 2");
    ran.expect(0, &["1 case"]);
    assert_eq!(count, 3);
    let (ran, count) = asked(vec![busy(), busy(), right()], ", maxRetries: 1");
    assert_ne!(ran.code, Some(0), "{ran:?}");
    assert_eq!(count, 2);
    let (_, count) = asked(vec![busy(), right()], ", maxRetries: 0");
    assert_eq!(count, 1);
}

#[test]
fn a_refusal_comes_before_the_configuration_s_own_word_on_statuses() {
    let (ran, count) = asked(vec![busy(), right()], ", validateStatus: 'true'");
    ran.expect(0, &["1 case"]);
    assert_eq!(count, 2);
}

#[test]
fn a_refusal_for_want_of_credit_is_final() {
    let (ran, count) = asked(vec![refused(429, "insufficient_quota", "pay first"), right()], "");
    assert_ne!(ran.code, Some(0), "{ran:?}");
    assert_eq!(count, 1);
}
