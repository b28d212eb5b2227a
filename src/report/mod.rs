//! A stage's result as findings, tables and notes, and one file per output format.
//!
//! This room renders and never computes; it knows places in files, and nothing of rules or systems.

mod contents;
mod finding;
mod format;

pub use contents::{Answer, Explained, Report, RuleInfo, Table, Term};
pub use finding::{Confidence, Finding, Fix, FixSafety, Related, Severity};
pub use format::{Format, OutputError, Style, render, write_file};
