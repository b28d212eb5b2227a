//! Prompts in code.

pub mod parse_without_schema;
pub mod prompt_in_code;
pub mod untrusted_in_system;
