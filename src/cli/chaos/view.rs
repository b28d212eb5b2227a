//! The live table: calls by provider and faults with their switches.

use std::fmt::Write as _;
use std::io::{BufRead as _, IsTerminal as _};
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::task::JoinHandle;

use crate::chaos::live::Director;

/// How often it is drawn.
const EVERY: Duration = Duration::from_millis(250);
/// Decisions that it shows.
const LAST: usize = 5;

/// Draws the table on the standard error until it is aborted. Lines from a terminal switch faults.
pub(super) fn show(director: Arc<Director>) -> JoinHandle<()> {
    if std::io::stdin().is_terminal() {
        let director = Arc::clone(&director);
        // Reading a line cannot be given up: the thread ends with the process.
        std::thread::spawn(move || keys(&director));
    }
    tokio::spawn(async move {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{msg}") {
            bar.set_style(style);
        }
        loop {
            bar.set_message(table(&director));
            bar.tick();
            tokio::time::sleep(EVERY).await;
        }
    })
}

/// A fault's number switches it; `p` stops the clock and starts it again.
fn keys(director: &Director) {
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        match line.trim() {
            "p" if director.clock.is_running() => director.clock.pause(),
            "p" => director.clock.start(),
            number => {
                let index = number.parse::<u64>().ok();
                let faults = director.faults();
                let found = faults.iter().find(|fault| Some(fault.index) == index);
                if let Some(fault) = found {
                    director.switch(fault.index, !fault.enabled);
                }
            }
        }
    }
}

fn table(director: &Director) -> String {
    let mut text = String::new();
    let clock = director.clock.at();
    let stands = if director.clock.is_running() {
        ""
    } else {
        " (stands; p starts it)"
    };
    let _ = writeln!(
        text,
        "{} at {:02}:{:02}{stands}, {} calls",
        director.scenario().name,
        clock.as_secs() / 60,
        clock.as_secs() % 60,
        director.calls()
    );
    for (provider, count) in director.counts() {
        let _ = writeln!(
            text,
            "  {provider:<20} {:>8} calls {:>8} struck",
            count.calls, count.struck
        );
    }
    for fault in director.faults() {
        let state = match (fault.enabled, fault.in_force) {
            (false, _) => "off",
            (true, true) => "STRIKES",
            (true, false) => "waits",
        };
        let _ = writeln!(
            text,
            "  [{}] {:<18} {:<24} {state:<8} {:>8} struck",
            fault.index,
            fault.fault,
            fault.on.join(", "),
            fault.struck
        );
    }
    for line in director.last(LAST) {
        let _ = writeln!(
            text,
            "  #{:<6} {:<10} {:<24} {}",
            line.number, line.provider, line.model, line.met
        );
    }
    text
}
