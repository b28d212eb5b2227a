//! Where credentials come from: `env::NAME`, `path::/file`, `dynamic::name`, `sdk`, `none`.

use crate::source::Node;
use crate::system::{Account, System, secrets};

/// The prefixes that `TensorZero` 7a6159a knows (`configuration-reference.mdx`).
pub(super) const PREFIXES: &[&str] = &["env::", "path::", "path_from_env::", "dynamic::", "file::"];

/// The words that it knows.
pub(super) const WORDS: &[&str] = &["sdk", "none"];

/// The account that a location names. Of `{default, fallback}` it is the first that the gateway holds
/// itself: a `dynamic::` one comes with the request.
pub(super) fn account(node: &Node, system: &mut System) -> Option<Account> {
    let mut found = None;
    for part in parts(node) {
        let text = part.as_str().unwrap_or_default();
        let place = Some(part.place.clone());
        let account = if let Some(name) = text
            .strip_prefix("env::")
            .or_else(|| text.strip_prefix("path_from_env::"))
        {
            system.variables.need(name, part.place.clone());
            Account {
                id: name.to_owned(),
                place,
                literal: false,
                variable: Some(name.to_owned()),
            }
        } else if text == "none" || text.is_empty() {
            continue;
        } else {
            let literal = secrets::is_secret(text);
            Account {
                id: if literal {
                    secrets::account_of(text)
                } else {
                    text.to_owned()
                },
                place,
                literal,
                variable: None,
            }
        };
        let dynamic = |it: &Account| it.id.starts_with("dynamic::");
        if found
            .as_ref()
            .is_none_or(|earlier| dynamic(earlier) && !dynamic(&account))
        {
            found = Some(account);
        }
    }
    found
}

/// The locations that a value names: itself, or its `default` and `fallback`.
pub(super) fn parts(node: &Node) -> Vec<&Node> {
    if node.as_str().is_some() {
        return vec![node];
    }
    ["default", "fallback"].iter().filter_map(|key| node.get(key)).collect()
}
