//! Paths through plans as the readers make them.

mod drive;
mod machines;
mod ours;
mod paths;
mod properties;

use std::path::Path as File;

use crate::system::System;

/// The system of a configuration, by its file's name.
fn read(name: &str, text: &str) -> System {
    let prices = crate::system::prices::Prices::shipped();
    crate::read::read_bytes(File::new(name), text.as_bytes().to_vec(), &prices).system
}

/// The system of an `aisys.yaml`.
fn system(text: &str) -> System {
    read("aisys.yaml", text)
}

/// Two models of two providers, and a degraded answer.
const TWO: &str = "\
version: 1
deadline: 7s
providers:
  a: {api: openai, key: '${A}'}
  b: {api: anthropic, key: '${B}'}
models:
  strong: [{provider: a, model: gpt-4o}]
  light: [{provider: b, model: claude-3-5-haiku-20241022}]
routes:
  chat: {use: strong, fallback: [light], degraded: 'later'}
";
