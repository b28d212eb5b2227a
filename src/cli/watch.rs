//! `aisys audit --watch`: runs again whenever a file changes.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use notify::{Event, RecursiveMode, Watcher};

use crate::audit::Rule;
use crate::system::prices::Prices;

use super::Failure;
use super::audit::{AuditArgs, once};

/// Editors write a file in several steps; what comes within this time is one change.
const QUIET: Duration = Duration::from_millis(100);

/// Runs the audit now and after each change, until it is stopped.
pub(super) fn run(
    arguments: &AuditArgs,
    rules: &[&'static Rule],
    prices: &Prices,
    out: &mut dyn Write,
    notes: &mut dyn Write,
) -> Result<u8, Failure> {
    let outside = |error: notify::Error| Failure::Outside(format!("cannot watch: {error}"));
    let (sender, changes) = mpsc::channel();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        // The receiver goes only when the run ends.
        let _ = sender.send(event);
    })
    .map_err(outside)?;
    for path in arguments.searched() {
        watcher.watch(&path, RecursiveMode::Recursive).map_err(outside)?;
    }
    let mut shown = None;
    loop {
        let (mut report, mut said) = (Vec::new(), Vec::new());
        if let Err(failure) = once(arguments, rules, prices, &mut report, &mut said) {
            match failure {
                Failure::Usage(message) => writeln!(said, "error: {message}")?,
                other => return Err(other),
            }
        }
        let result = Some((report, said));
        // What changes nothing is not told again: our own output may be written into a watched folder.
        if result != shown {
            shown = result;
            show(shown.as_ref(), out, notes)?;
        }
        wait(&changes, &arguments.output_paths())?;
    }
}

/// Shows a report, and what was said beside it, on a clean screen.
fn show(result: Option<&(Vec<u8>, Vec<u8>)>, out: &mut dyn Write, notes: &mut dyn Write) -> Result<(), Failure> {
    let Some((report, said)) = result else { return Ok(()) };
    if std::io::stdout().is_terminal() {
        // Clears the screen and goes to its top (ECMA-48: ED, CUP).
        write!(out, "\u{1b}[2J\u{1b}[H")?;
    }
    out.write_all(report)?;
    out.flush()?;
    notes.write_all(said)?;
    writeln!(notes, "watching for changes; Ctrl-C ends it")?;
    Ok(())
}

/// Waits for a change of what is read, and for the quiet after it.
fn wait(changes: &mpsc::Receiver<notify::Result<Event>>, own: &[std::path::PathBuf]) -> Result<(), Failure> {
    let gone = || Failure::Outside("the watcher has stopped".to_owned());
    loop {
        let event = changes.recv().map_err(|_| gone())?;
        if event.is_ok_and(|event| counts(&event, own)) {
            break;
        }
    }
    loop {
        match changes.recv_timeout(QUIET) {
            Ok(_) => {}
            Err(RecvTimeoutError::Timeout) => return Ok(()),
            Err(RecvTimeoutError::Disconnected) => return Err(gone()),
        }
    }
}

/// Whether an event changes what is read: not a look at a file, not git's own, not what we write.
fn counts(event: &Event, own: &[std::path::PathBuf]) -> bool {
    if event.kind.is_access() {
        return false;
    }
    let ignored = |path: &Path| {
        path.components()
            .any(|part| matches!(part.as_os_str().to_str(), Some(".git" | "node_modules" | "target")))
            || own.iter().any(|written| path.ends_with(written))
    };
    event.paths.iter().any(|path| !ignored(path))
}
