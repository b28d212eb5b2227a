//! Suites replayed through retrieval and generation, judged, and held against a gate.
//!
//! `suite` reads what is asked; `prepare` builds what it names; `engine` asks and gives a
//! [`record::RunRecord`]; everything after that is pure: `scores` makes numbers with intervals, `compare` and
//! `verdict` hold them against an earlier run and the gate, `report` puts it all into words and tables. `check`
//! audits the suite itself.

pub mod check;
pub mod checks;
pub mod compare;
mod corpora;
pub mod engine;
pub mod gate;
pub mod judges;
pub mod metrics;
pub mod prepare;
pub mod promptfoo;
pub mod record;
pub mod report;
pub mod scores;
pub mod suite;
pub mod verdict;
pub mod view;
