//! What a run tells while it works.

use crate::eval::record::Row;

/// Something that happened.
#[derive(Debug)]
pub enum Event<'a> {
    /// The run begins, with so many rows to come.
    Begun {
        /// Rows to come.
        planned: usize,
    },
    /// A row is done; rows come in the order in which they end.
    Done {
        /// The row.
        row: &'a Row,
    },
    /// No further rows are begun, for this reason.
    Stopping {
        /// Why.
        why: &'a str,
    },
}

/// Who listens.
pub type Events<'a> = dyn FnMut(Event<'_>) + Send + 'a;
