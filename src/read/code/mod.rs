//! Calls of model libraries in Python, TypeScript and JavaScript, by their syntax trees.
//!
//! `tree.rs` is what the three grammars have in common, `scope.rs` what a file's names stand for,
//! `sdks.rs` the libraries' constructors, methods and defaults, `find.rs` the calls, `facts.rs` what
//! stands around them. Each call becomes a call site, and a route of its own when it reaches a
//! provider itself.

mod facts;
mod find;
mod scope;
mod sdks;
mod system;
mod tree;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use crate::source::SourceFile;
use crate::system::System;
use crate::system::prices::Prices;

use tree::Language;

/// Texts of which a file must hold one, or it calls no library that is known here.
const MARKS: &[&str] = &[
    "openai",
    "anthropic",
    "genai",
    "litellm",
    "langchain",
    "@ai-sdk",
    "from \"ai\"",
    "from 'ai'",
    "require(\"ai\")",
    "require('ai')",
];

/// Whether a file's name is that of source code that is read.
pub(super) fn is_code(path: &Path) -> bool {
    Language::of(path).is_some()
}

/// Whether a text may call a library that is known here: cheap, so that other code is not parsed.
pub(super) fn may_call(text: &str) -> bool {
    MARKS
        .iter()
        .any(|mark| memchr::memmem::find(text.as_bytes(), mark.as_bytes()).is_some())
}

/// Reads the calls of a file; `None` when there are none.
pub(super) fn read(file: &Arc<SourceFile>, prices: &Prices) -> Option<System> {
    let language = Language::of(file.path())?;
    let parsed = language.parse(file.text())?;
    let source = tree::Source {
        file,
        language,
        text: file.text(),
    };
    let scope = scope::Scope::of(source, parsed.root_node());
    if !scope.imports_a_library() {
        return None;
    }
    let calls = find::calls(source, &scope);
    if calls.is_empty() {
        return None;
    }
    let mut system = System::default();
    for call in calls {
        system::add(source, &scope, call, prices, &mut system);
    }
    Some(system)
}
