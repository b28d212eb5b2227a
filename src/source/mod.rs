//! Text that people wrote: files, where things stand in them, and edits that keep every other byte.
//!
//! The lowest room. It knows YAML, TOML and JSON as one spanned node tree, and nothing of what
//! the text means. Nothing here prints, and nothing here trusts its input: each reader has limits.

mod edit;
mod error;
mod file;
mod json;
mod node;
mod toml;
mod yaml;

pub use edit::{Edit, EditError, apply, set_key};
pub use error::ParseError;
pub use file::{Place, Position, SourceFile, Span};
pub use node::{Data, Entry, Key, Map, Node};
pub use toml::parse_toml;
pub use yaml::{parse_embedded_yaml, parse_yaml};
