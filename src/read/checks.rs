//! What is wrong with a configuration's text in any dialect.

use std::collections::{HashMap, HashSet};

use crate::source::{Data, Edit, Entry, Node, Place};
use crate::system::{Dialect, Remark, RemarkKind, System, nearest, providers, secrets};

/// A remark without help or edits, of which the reader is sure.
pub(crate) fn remark(kind: RemarkKind, dialect: Dialect, place: &Place, message: impl Into<String>) -> Remark {
    Remark {
        kind,
        dialect,
        place: place.clone(),
        message: message.into(),
        help: None,
        edits: Vec::new(),
        sure: true,
    }
}

/// Remarks on every key that stands twice in one mapping: the last one wins, and nothing says so.
pub(crate) fn duplicate_keys(root: &Node, dialect: Dialect, system: &mut System) {
    root.walk(&mut |node| {
        let Data::Map(map) = &node.data else { return };
        let mut last: HashMap<&str, &Place> = HashMap::with_capacity(map.entries.len());
        for entry in &map.entries {
            if let Some(earlier) = last.insert(&entry.key.text, &entry.key.place) {
                let message = format!(
                    "`{}` stands twice: this one is dropped without a word, and the one on line {} is used",
                    entry.key.text,
                    entry.key.place.start().line
                );
                system
                    .remarks
                    .push(remark(RemarkKind::DuplicateKey, dialect, earlier, message));
            }
        }
    });
}

/// The nearest of the names that a file defines. Among very many of them none is looked for: each
/// search reads them all, and a file made to explode must cost no more than a real one.
pub(crate) fn nearest_of<'a>(name: &str, defined: &HashSet<&'a str>) -> Option<&'a str> {
    const MOST: usize = 500;
    (defined.len() <= MOST)
        .then(|| nearest(name, defined.iter().copied()))
        .flatten()
}

/// Remarks on every key of a mapping that none of `known` is, with the one that was meant when a name
/// is near. Without one the reader is not sure: a later release may know the key. `consequence` ends
/// the sentence.
pub(crate) fn misspelt_keys(
    node: Option<&Node>,
    known: &[&str],
    here: &str,
    dialect: Dialect,
    consequence: &str,
    system: &mut System,
) {
    for entry in node.into_iter().flat_map(Node::entries) {
        misspelt_key(entry, known, here, dialect, consequence, system);
    }
}

fn misspelt_key(entry: &Entry, known: &[&str], here: &str, dialect: Dialect, consequence: &str, system: &mut System) {
    let key = entry.key.text.as_str();
    if known.contains(&key) {
        return;
    }
    let place = &entry.key.place;
    let (product, _) = dialect.product();
    let near = nearest(key, known.iter().copied());
    let hint = near.map(|near| format!("; `{near}` is near")).unwrap_or_default();
    let message = format!("{product} knows no `{key}` under {here}, {consequence}{hint}");
    let mut found = remark(RemarkKind::UnknownKey, dialect, place, message);
    found.sure = near.is_some();
    if let Some(near) = near {
        found.help = Some(format!("write `{near}`"));
        // `provider = "x"` is no misspelt table of providers: what stands under another number is
        // another thing, and only a person can move it.
        let other_number = key.trim_end_matches('s') == near.trim_end_matches('s');
        if place.text() == key && !other_number {
            found.edits = vec![Edit {
                place: place.clone(),
                text: near.to_owned(),
            }];
        }
    }
    system.remarks.push(found);
}

/// Remarks on an endpoint that is reached without encryption although it is not local.
pub(crate) fn plaintext_endpoint(url: &str, place: &Place, dialect: Dialect, system: &mut System) {
    let Some(host) = url.strip_prefix("http://").and_then(|_| providers::host_of(url)) else {
        return;
    };
    if !providers::is_local_host(&host) {
        let message = format!("prompts, answers and the key travel to {host} without encryption");
        let mut found = remark(RemarkKind::PlaintextEndpoint, dialect, place, message);
        found.help = Some("use https".to_owned());
        system.remarks.push(found);
    }
}

/// Remarks on a key that stands in the file, when it is one.
pub(crate) fn literal_secret(
    what: &str,
    value: &str,
    place: &Place,
    dialect: Dialect,
    help: &str,
    system: &mut System,
) {
    if secrets::is_secret(value) {
        let message = format!("{what} stands in the file: {}", secrets::redact(value));
        let mut found = remark(RemarkKind::LiteralSecret, dialect, place, message);
        found.help = Some(help.to_owned());
        system.remarks.push(found);
    }
}
