//! Prompts in code.
