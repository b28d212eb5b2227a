//! Evaluation.

pub mod fallback_never_evaluated;
pub mod judge_grades_itself;
pub mod no_evaluation;
pub mod no_production_judge;
