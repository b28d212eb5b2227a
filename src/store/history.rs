//! Runs on disk: a `SQLite` file that users can query, one row per run, its record as JSON.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Row, params};

/// The local history of runs.
#[derive(Debug)]
pub struct History {
    connection: Connection,
    folder: PathBuf,
}

/// What is known of a run without its record.
#[derive(Debug, Clone, PartialEq)]
pub struct RunInfo {
    /// Its number, from 1.
    pub id: i64,
    /// The suite.
    pub suite: String,
    /// The hash of suite, cases, corpus and settings.
    pub content: String,
    /// When it began, in seconds since 1970.
    pub started: f64,
    /// How it ended.
    pub status: Status,
    /// One line on what came out.
    pub summary: String,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It has not ended, or was killed.
    Running,
    /// Its gate held.
    Passed,
    /// Its gate did not hold.
    Failed,
    /// It was cut short, or the outside failed.
    Undecided,
}

impl Status {
    /// As it is stored and shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "unfinished",
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Undecided => "undecided",
        }
    }

    fn of(name: &str) -> Self {
        match name {
            "passed" => Self::Passed,
            "failed" => Self::Failed,
            "undecided" => Self::Undecided,
            _ => Self::Running,
        }
    }
}

/// Why the history could not be used.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The folder cannot be made or written.
    #[error("cannot use {}: {source}; choose another folder with --home", .path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// `SQLite` refused.
    #[error("cannot use the history {}: {source}", .path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What it said.
        source: rusqlite::Error,
    },
    /// A newer release wrote it.
    #[error("{} was written by a newer release (version {found}, this one knows {known}): use that release, or another --home", .path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version that is known here.
        known: i64,
    },
}

/// The version of the tables.
const VERSION: i64 = 1;

impl History {
    /// Opens the history in a folder (`.aisys`), making both when they are not there.
    ///
    /// # Errors
    /// Fails when the folder cannot be written, or holds a history that cannot be read.
    pub fn open(folder: &Path) -> Result<Self, HistoryError> {
        fs::create_dir_all(folder).map_err(|source| HistoryError::Folder {
            path: folder.to_owned(),
            source,
        })?;
        let ignore = folder.join(".gitignore");
        if !ignore.exists() {
            // What is measured here is of this machine. A read-only folder shows itself below.
            let _ = fs::write(&ignore, "*\n");
        }
        let path = folder.join("history.db");
        let failed = |source| HistoryError::Database {
            path: path.clone(),
            source,
        };
        let connection = Connection::open(&path).map_err(failed)?;
        connection.busy_timeout(Duration::from_secs(10)).map_err(failed)?;
        let found: i64 = connection
            .query_row("PRAGMA user_version", [], |row| row.get(0))
            .map_err(failed)?;
        if found > VERSION {
            return Err(HistoryError::Newer {
                path,
                found,
                known: VERSION,
            });
        }
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL;
                 CREATE TABLE IF NOT EXISTS runs (
                     id INTEGER PRIMARY KEY AUTOINCREMENT,
                     suite TEXT NOT NULL,
                     content TEXT NOT NULL,
                     started REAL NOT NULL,
                     status TEXT NOT NULL,
                     summary TEXT NOT NULL DEFAULT '',
                     record TEXT
                 );
                 CREATE INDEX IF NOT EXISTS runs_of_suite ON runs (suite, status, id);
                 PRAGMA user_version = 1;",
            )
            .map_err(failed)?;
        Ok(Self {
            connection,
            folder: folder.to_owned(),
        })
    }

    fn failed(&self, source: rusqlite::Error) -> HistoryError {
        HistoryError::Database {
            path: self.folder.join("history.db"),
            source,
        }
    }

    /// Notes that a run begins, and gives its number.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn begin(&self, suite: &str, content: &str, started: f64) -> Result<i64, HistoryError> {
        self.connection
            .execute(
                "INSERT INTO runs (suite, content, started, status) VALUES (?1, ?2, ?3, ?4)",
                params![suite, content, started, Status::Running.name()],
            )
            .map_err(|error| self.failed(error))?;
        Ok(self.connection.last_insert_rowid())
    }

    /// Takes back that a run begins: it never did.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn forget(&self, id: i64) -> Result<(), HistoryError> {
        self.connection
            .execute("DELETE FROM runs WHERE id = ?1 AND record IS NULL", params![id])
            .map_err(|error| self.failed(error))?;
        Ok(())
    }

    /// Notes how a run ended, with its record as JSON.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn end(&self, id: i64, status: Status, summary: &str, record: &str) -> Result<(), HistoryError> {
        self.connection
            .execute(
                "UPDATE runs SET status = ?2, summary = ?3, record = ?4 WHERE id = ?1",
                params![id, status.name(), summary, record],
            )
            .map_err(|error| self.failed(error))?;
        Ok(())
    }

    /// The newest runs first, of one suite or of all, at most so many.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn list(&self, suite: Option<&str>, most: usize) -> Result<Vec<RunInfo>, HistoryError> {
        let run = || -> rusqlite::Result<Vec<RunInfo>> {
            let mut statement = self.connection.prepare(
                "SELECT id, suite, content, started, status, summary FROM runs
                 WHERE ?1 IS NULL OR suite = ?1 ORDER BY id DESC LIMIT ?2",
            )?;
            let most = i64::try_from(most).unwrap_or(i64::MAX);
            statement.query_map(params![suite, most], info)?.collect()
        };
        run().map_err(|error| self.failed(error))
    }

    /// One run.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn find(&self, id: i64) -> Result<Option<RunInfo>, HistoryError> {
        self.first("WHERE id = ?1", params![id])
    }

    /// The newest run of a suite that passed, before another run.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn last_passing(&self, suite: &str, before: i64) -> Result<Option<RunInfo>, HistoryError> {
        self.first(
            "WHERE suite = ?1 AND status = 'passed' AND id < ?2 ORDER BY id DESC",
            params![suite, before],
        )
    }

    /// The newest run of this very content that has not ended, or ended undecided.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn last_unfinished(&self, suite: &str, content: &str) -> Result<Option<RunInfo>, HistoryError> {
        self.first(
            "WHERE suite = ?1 AND content = ?2 AND status IN ('unfinished', 'undecided') ORDER BY id DESC",
            params![suite, content],
        )
    }

    /// The record of a run as JSON; `None` when it never ended.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn record(&self, id: i64) -> Result<Option<String>, HistoryError> {
        let found = self
            .connection
            .query_row("SELECT record FROM runs WHERE id = ?1", params![id], |row| row.get(0))
            .optional();
        Ok(found.map_err(|error| self.failed(error))?.flatten())
    }

    /// Where a run's calls are written as they come.
    #[must_use]
    pub fn calls(&self, id: i64) -> PathBuf {
        self.folder.join("runs").join(id.to_string()).join("calls.jsonl")
    }

    fn first(&self, condition: &str, values: impl rusqlite::Params) -> Result<Option<RunInfo>, HistoryError> {
        let query = format!("SELECT id, suite, content, started, status, summary FROM runs {condition} LIMIT 1");
        self.connection
            .query_row(&query, values, info)
            .optional()
            .map_err(|error| self.failed(error))
    }
}

fn info(row: &Row<'_>) -> rusqlite::Result<RunInfo> {
    Ok(RunInfo {
        id: row.get(0)?,
        suite: row.get(1)?,
        content: row.get(2)?,
        started: row.get(3)?,
        status: Status::of(&row.get::<_, String>(4)?),
        summary: row.get(5)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_kept_and_found() {
        let folder = tempfile::tempdir().unwrap();
        let history = History::open(folder.path()).unwrap();
        let first = history.begin("shop", "a", 1.0).unwrap();
        let second = history.begin("shop", "a", 2.0).unwrap();
        assert_eq!(history.last_unfinished("shop", "a").unwrap().unwrap().id, second);
        assert_eq!(history.last_unfinished("shop", "b").unwrap(), None);
        history.end(first, Status::Passed, "fine", "{}").unwrap();
        assert_eq!(history.last_passing("shop", second).unwrap().unwrap().id, first);
        assert_eq!(history.last_passing("shop", first).unwrap(), None);
        assert_eq!(history.record(first).unwrap().as_deref(), Some("{}"));
        assert_eq!(history.record(second).unwrap(), None);
        // Another process finds the same.
        let again = History::open(folder.path()).unwrap();
        let all = again.list(None, 10).unwrap();
        assert_eq!(all.iter().map(|run| run.id).collect::<Vec<_>>(), [second, first]);
        assert_eq!(all[1].status, Status::Passed);
        assert_eq!(again.find(7).unwrap(), None);
    }

    #[test]
    fn a_history_of_a_newer_release_is_refused_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        drop(History::open(folder.path()).unwrap());
        let raw = Connection::open(folder.path().join("history.db")).unwrap();
        raw.execute_batch("PRAGMA user_version = 99").unwrap();
        let error = History::open(folder.path()).unwrap_err();
        assert!(error.to_string().contains("newer release"), "{error}");
    }
}
