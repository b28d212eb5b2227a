//! The loop of a run.

use std::future::Future;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use crate::eval::record::Row;
use crate::provider::CallErrorKind;
use crate::rng::Chance;

use super::early::Early;
use super::event::{Event, Events};
use super::together::{Answered, judge_together};
use super::unit::{Subject, Unit};

/// What a run gave.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The rows in the order of the plan; those that were not needed are absent.
    pub rows: Vec<Row>,
    /// Why it ended before its end.
    pub cut: Option<String>,
    /// What an early decision saved.
    pub stopped_early: Option<String>,
}

/// Runs the units, `at_once` at a time, until all are done, `stop` comes, the money is spent, calls cannot be
/// kept, or `early` has decided. A unit whose call was stopped gives no row. When the money is spent or the disk
/// is full, calls in flight are waited for: they are paid.
pub async fn run(
    subject: &Arc<Subject>,
    units: &[Unit],
    at_once: usize,
    mut early: Option<Early>,
    stop: impl Future<Output = String>,
    events: &mut Events<'_>,
) -> Outcome {
    events(Event::Begun { planned: units.len() });
    let order = order(units, early.is_some(), subject.tools.seed);
    let mut rows: Vec<Option<Answered>> = units.iter().map(|_| None).collect();
    let mut outcome = Outcome::default();
    let mut waiting = order.iter().copied();
    let mut running = FuturesUnordered::new();
    let mut stop = std::pin::pin!(stop);
    // How far the results are whole in the order of the run: an early decision looks at these alone, so that
    // it does not depend on which answer came first.
    let mut whole = 0;
    loop {
        while outcome.cut.is_none() && running.len() < at_once.max(1) {
            let Some(at) = waiting.next() else { break };
            let (subject, unit) = (Arc::clone(subject), units[at].clone());
            running.push(tokio::spawn(async move { (at, subject.answer(&unit).await) }));
        }
        let done = tokio::select! {
            biased;
            why = &mut stop => {
                outcome.cut = Some(why);
                break;
            }
            done = running.next() => done,
        };
        let Some(done) = done else { break };
        let Ok((at, answered)) = done else {
            outcome.cut = Some("a task of this program failed: please report it".to_owned());
            break;
        };
        events(Event::Done { row: &answered.row });
        if let Some(why) = cuts(&answered.row) {
            outcome.cut.get_or_insert(why);
            continue;
        }
        if outcome.cut.is_none() {
            outcome.cut = unwritten(subject);
        }
        rows[at] = Some(answered);
        while let Some(answered) = order.get(whole).and_then(|at| rows[*at].as_ref()) {
            whole += 1;
            if let Some(decided) = early.as_mut().and_then(|early| early.see(&answered.row)) {
                outcome.stopped_early = Some(decided);
                break;
            }
        }
        if outcome.stopped_early.is_some() {
            // What came in beside the decision is dropped: the same seed gives the same report.
            for at in &order[whole..] {
                rows[*at] = None;
            }
            break;
        }
    }
    if let Some(why) = outcome.cut.as_deref().or(outcome.stopped_early.as_deref()) {
        events(Event::Stopping { why });
    }
    for task in &running {
        task.abort();
    }
    let mut answered: Vec<Answered> = rows.into_iter().flatten().collect();
    judge_together(subject, units, &mut answered).await;
    outcome.rows = answered.into_iter().map(|answered| answered.row).collect();
    outcome
}

/// The order of the suite, or one of cases drawn at random where a decision may come early: then what was seen so
/// far must be a fair sample. The rows of a case stay together.
fn order(units: &[Unit], shuffled: bool, seed: u64) -> Vec<usize> {
    if !shuffled {
        return (0..units.len()).collect();
    }
    let mut cases: Vec<Vec<usize>> = Vec::new();
    for (at, unit) in units.iter().enumerate() {
        match cases.last_mut().filter(|rows| units[rows[0]].case.id == unit.case.id) {
            Some(rows) => rows.push(at),
            None => cases.push(vec![at]),
        }
    }
    let mut chance = Chance::seeded(seed, "order of cases");
    for at in (1..cases.len()).rev() {
        cases.swap(at, chance.below(at + 1));
    }
    cases.into_iter().flatten().collect()
}

/// Whether a row ends the run: the money is spent, or it was stopped.
fn cuts(row: &Row) -> Option<String> {
    let judges = row.verdicts.iter().filter_map(|judged| match &judged.outcome {
        Err(error) => match &error.kind {
            crate::eval::judges::JudgeErrorKind::Call(error) => Some(error),
            _ => None,
        },
        Ok(_) => None,
    });
    let mut errors = row.error.iter().chain(judges);
    let error = errors.find(|error| matches!(error.kind, CallErrorKind::Budget | CallErrorKind::Stopped))?;
    Some(error.message.clone())
}

/// Whether calls cannot be kept any more: to go on would be to pay for what `--resume` pays for again.
fn unwritten(subject: &Subject) -> Option<String> {
    let problem = subject.journal.problem()?;
    let path = subject.journal.path().display();
    Some(format!(
        "calls cannot be written to {path} ({problem}): make room, and go on with --resume"
    ))
}
