//! Bringing what was appended to a file onto the disk, in the background.
//!
//! A write is safe from the death of its process, but not from that of the machine: for that the disk must be
//! asked, which takes milliseconds. So a thread asks, for all writes since it last did, and whoever writes goes on.

use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// From the end of one request to the disk to the next.
const EVERY: Duration = Duration::from_millis(100);

/// A file whose writes are brought to the disk: within [`EVERY`] and the time that the disk takes, and at the end.
#[derive(Debug)]
pub(super) struct Syncer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    file: File,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Whether something was written since the disk was last asked.
    dirty: bool,
    ended: bool,
    problem: Option<String>,
}

impl Syncer {
    /// Begins to look after a file, and brings the folder's entry of it to the disk.
    pub(super) fn start(file: &File, folder: &Path) -> std::io::Result<Self> {
        sync_folder(folder)?;
        let shared = Arc::new(Shared {
            file: file.try_clone()?,
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let theirs = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("sync".to_owned())
            .spawn(move || theirs.look_after())?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// Something was written.
    pub(super) fn wrote(&self) {
        let mut state = self.shared.state();
        if !state.dirty {
            state.dirty = true;
            self.shared.changed.notify_one();
        }
    }

    /// Returns when all that was written before is on the disk.
    pub(super) fn now(&self) -> std::io::Result<()> {
        self.shared.state().dirty = false;
        self.shared.file.sync_data()
    }

    /// What the disk refused, first.
    pub(super) fn problem(&self) -> Option<String> {
        self.shared.state().problem.clone()
    }
}

impl Drop for Syncer {
    /// Waits for what was written last.
    fn drop(&mut self) {
        self.shared.state().ended = true;
        self.shared.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            // It cannot panic, and if it did, what is written is written.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn look_after(&self) {
        loop {
            let state = self.state();
            let waited = self.changed.wait_while(state, |state| !state.dirty && !state.ended);
            let mut state = waited.unwrap_or_else(PoisonError::into_inner);
            if !state.dirty {
                return;
            }
            state.dirty = false;
            drop(state);
            if let Err(error) = self.file.sync_data() {
                self.state().problem.get_or_insert_with(|| error.to_string());
            }
            // Further writes gather meanwhile, and share the next request.
            drop(
                self.changed
                    .wait_timeout_while(self.state(), EVERY, |state| !state.ended),
            );
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A new file is only found again when its folder is on the disk too. Windows keeps folders by itself.
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn writes_are_followed_to_the_end_and_no_disk_stops_the_writer() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        let mut file = File::create(&path).unwrap();
        let syncer = Syncer::start(&file, folder.path()).unwrap();
        for number in 0..1_000 {
            writeln!(file, "{number}").unwrap();
            syncer.wrote();
        }
        syncer.now().unwrap();
        assert!(!syncer.shared.state().dirty);
        writeln!(file, "the last").unwrap();
        syncer.wrote();
        let shared = Arc::clone(&syncer.shared);
        drop(syncer);
        // The thread is gone, and has left nothing to do.
        assert_eq!(Arc::strong_count(&shared), 1);
        assert!(!shared.state().dirty && shared.state().problem.is_none());
        assert!(std::fs::read_to_string(&path).unwrap().ends_with("999\nthe last\n"));
    }
}
