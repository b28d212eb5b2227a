//! What a file is, by its content.

use std::path::Path;
use std::sync::Arc;

use crate::source::{Node, ParseError, SourceFile, parse_toml, parse_yaml};
use crate::system::Dialect;

use super::{
    Reader, aisys, bifrost, compose, envoy, helicone, kong, kubernetes, litellm, portkey, promptfoo, tensorzero,
};

/// Every reader of configurations, one line each. The first that recognises a document reads it.
#[rustfmt::skip]
pub const READERS: &[&Reader] = &[
    &litellm::READER,
    &aisys::READER,
    &tensorzero::READER,
    &envoy::READER,
    &kong::READER,
    &bifrost::READER,
    &helicone::READER,
    &portkey::READER,
    &promptfoo::READER,
    &compose::READER,
    &kubernetes::READER,
];

/// Texts of which a file must hold one, or it is none of ours and is not even parsed. The flag says
/// whether the text alone makes the file a gateway's, so that a broken one is worth an error.
const MARKS: &[(&str, bool)] = &[
    ("litellm_params", true),
    ("model_list", true),
    ("litellm_settings", true),
    ("router_settings", true),
    ("aigateway.envoyproxy.io", true),
    ("gateway.envoyproxy.io", true),
    ("[models.", true),
    ("[functions.", true),
    ("[gateway", true),
    ("[evaluations.", true),
    ("[tools.", true),
    ("[metrics.", true),
    ("network_config", true),
    ("concurrency_and_buffer_size", true),
    ("load-balance", true),
    ("ai-proxy", true),
    ("\"strategy\"", false),
    ("\"targets\"", false),
    ("\"governance\"", false),
    ("\"keys\"", false),
    ("services", false),
    ("apiVersion", false),
    ("routes:", false),
    ("providers", false),
    ("prompts", false),
    ("routers:", false),
];

/// Whether a text may be one of ours, and whether it surely is.
pub(super) fn marks(text: &str) -> Option<bool> {
    let mut found = None;
    for (mark, sure) in MARKS {
        if memmem(text, mark) {
            if *sure {
                return Some(true);
            }
            found = Some(false);
        }
    }
    found
}

fn memmem(text: &str, mark: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), mark.as_bytes()).is_some()
}

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Notation {
    /// YAML, and JSON with it.
    Yaml,
    /// TOML.
    Toml,
}

/// The notation by the file's name, else by its first lines.
pub(super) fn notation(path: &Path, text: &str) -> Notation {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("toml") => Notation::Toml,
        Some("yaml" | "yml" | "json") => Notation::Yaml,
        _ => {
            let table = text.lines().take(200).any(|line| {
                let line = line.trim();
                line.starts_with('[') && line.ends_with(']') && !line.contains([',', '{', ':', '"'])
            });
            if table { Notation::Toml } else { Notation::Yaml }
        }
    }
}

/// The documents of a file.
pub(super) fn parse(file: &Arc<SourceFile>, notation: Notation) -> Result<Vec<Node>, ParseError> {
    match notation {
        Notation::Yaml => parse_yaml(file),
        Notation::Toml => parse_toml(file).map(|root| vec![root]),
    }
}

/// What is looked for, for whoever pointed us at the wrong folder.
#[must_use]
pub fn looked_for() -> String {
    let names: Vec<&str> = Dialect::ALL.iter().map(|dialect| dialect.name()).collect();
    names.join(", ")
}
