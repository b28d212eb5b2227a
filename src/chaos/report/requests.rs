//! One row per request, written as they come: a run's requests are never held together.

use std::io::{self, Write};

use crate::chaos::observation::{Observation, Seen};

use super::{Setting, words};

const COLUMNS: [&str; 10] = [
    "id",
    "at_s",
    "first_token_s",
    "end_s",
    "outcome",
    "failure",
    "deployment",
    "calls",
    "cost_usd",
    "attempts",
];

/// Writes `requests.csv`: times in seconds, `at_s` since the run's beginning, the others since the request was
/// sent. `attempts` has a traced request's calls as `deployment begin-end failure`, one after the other.
pub struct RequestRows<'a, W: Write> {
    writer: csv::Writer<W>,
    setting: &'a Setting,
}

impl<'a, W: Write> RequestRows<'a, W> {
    /// Writes the header.
    ///
    /// # Errors
    /// Fails when `out` does.
    pub fn new(out: W, setting: &'a Setting) -> io::Result<Self> {
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(COLUMNS)?;
        Ok(Self { writer, setting })
    }

    /// Writes one request.
    ///
    /// # Errors
    /// Fails when `out` does.
    pub fn add(&mut self, seen: &Observation) -> io::Result<()> {
        let since = |moment: crate::pipeline::policy::Tick| format!("{:.6}", moment.since(seen.at).as_secs_f64());
        let failure = match seen.seen {
            Seen::Failed(failure) => words::failure(failure),
            _ => String::new(),
        };
        let attempts = seen.attempts.iter().map(|call| {
            let end = call.failure.map_or_else(|| "answered".to_owned(), words::failure);
            let name = self.setting.deployment(call.deployment);
            format!("{name} {}-{} {end}", since(call.begin), since(call.end))
        });
        self.writer.write_record([
            seen.id.to_string(),
            format!("{:.6}", seen.at.seconds()),
            seen.first_token.map(since).unwrap_or_default(),
            since(seen.end),
            words::outcome(seen.seen).to_owned(),
            failure,
            seen.by.map(|by| self.setting.deployment(by)).unwrap_or_default(),
            seen.calls.to_string(),
            format!("{:.9}", seen.cost_usd),
            attempts.collect::<Vec<_>>().join("; "),
        ])?;
        Ok(())
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// Fails when `out` does.
    pub fn finish(mut self) -> io::Result<()> {
        self.writer.flush()
    }
}
