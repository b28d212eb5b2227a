//! Progress on the standard error, on a terminal alone.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::eval::engine::Event;

/// A line that tells answers, calls, tokens, money, failures and the time left.
pub(super) struct Progress {
    bar: ProgressBar,
    failed: usize,
    errors: usize,
    tokens: u64,
    cost: f64,
}

impl Progress {
    /// A line for a suite; nothing is drawn where the standard error is no terminal.
    pub(super) fn new(suite: &str) -> Self {
        let target = if std::io::stderr().is_terminal() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(None, target).with_prefix(suite.to_owned());
        if let Ok(style) =
            ProgressStyle::with_template("{prefix} {bar:24} {pos}/{len} answers, {msg}, {eta} left ({elapsed})")
        {
            bar.set_style(style);
        }
        Self {
            bar,
            failed: 0,
            errors: 0,
            tokens: 0,
            cost: 0.0,
        }
    }

    /// Takes in what happened.
    pub(super) fn see(&mut self, event: &Event<'_>) {
        match event {
            Event::Begun { planned } => self.bar.set_length(*planned as u64),
            Event::Done { row } => {
                self.failed += usize::from(row.pass == Some(false));
                self.errors += usize::from(row.error.is_some() || row.retrieval_error.is_some());
                self.tokens += row.tokens.map_or(0, |(input, output)| input + output);
                self.cost += row.cost_usd.unwrap_or(0.0) + row.judge_cost_usd.unwrap_or(0.0);
                self.bar.set_message(self.words());
                self.bar.inc(1);
            }
            Event::Stopping { why } => self.bar.set_message(format!("stopping: {why}")),
        }
    }

    fn words(&self) -> String {
        let mut parts = vec![format!("{} failed", self.failed)];
        if self.errors > 0 {
            parts.push(format!("{} errors", self.errors));
        }
        if self.tokens > 0 {
            parts.push(format!("{} tokens", self.tokens));
        }
        if self.cost > 0.0 {
            parts.push(format!("${:.4}", self.cost));
        }
        parts.join(", ")
    }

    /// Takes the line away, so that the report stands alone.
    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
