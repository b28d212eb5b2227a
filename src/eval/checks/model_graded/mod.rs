//! Kinds that a judge model grades.
//!
//! The prompts say in our words what promptfoo 0.121.20 asks; replies are read in the forms that its prompts ask for.
//! A reply without a verdict is asked for once more, and is an error after that: never a pass, never a 0. `not-` turns
//! every kind round; promptfoo ignores it in most of them.

mod answer_relevance;
mod ask;
mod closed_qa;
mod context;
mod context_faithfulness;
mod context_recall;
mod context_relevance;
mod conversation_relevance;
mod factuality;
mod g_eval;
mod reply;
mod rubric;
mod select;

pub(super) use answer_relevance::answer_relevance;
pub(super) use closed_qa::closed_qa;
pub(super) use context_faithfulness::context_faithfulness;
pub(super) use context_recall::context_recall;
pub(super) use context_relevance::context_relevance;
pub(super) use conversation_relevance::conversation_relevance;
pub(super) use factuality::factuality;
pub(super) use g_eval::g_eval;
pub(super) use rubric::rubric;
pub(super) use select::pick;

#[cfg(test)]
mod tests;
