//! promptfoo configurations as suites, as promptfoo 0.121.20 reads them.
//!
//! `config` reads the document and puts the suite together: `prompts` and `providers` make the variants, `cases` the
//! questions, `graders` the models that judge. While a suite runs, [`fill`] makes a prompt of a template or a function, and
//! [`shape`] what is judged of an answer; the user's own scripts run in a `worker`. What is not supported is an error that
//! names it and its place; docs/eval-promptfoo.md lists all of it.

mod cases;
mod config;
mod document;
mod files;
mod graders;
mod prompts;
mod providers;
mod render;
mod script;
mod shape;
mod table;
mod variants;
mod worker;

pub use config::{read, recognises};
pub use render::{Filled, PromptFunction, fill};
pub use script::ScriptFunction;
pub use shape::{Transform, shape};

#[cfg(test)]
mod tests;
