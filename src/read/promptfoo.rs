//! promptfoo suites: which models they run, and who judges.

use crate::source::{Data, Node};
use crate::system::{Dialect, Evaluation, Setting, System};

use super::{Document, Reader};

/// The reader. Its suites belong to no gateway's dialect; they are counted as aisys suites are.
pub const READER: Reader = Reader {
    dialect: Dialect::Promptfoo,
    recognises,
    read,
};

fn recognises(document: &Document<'_>) -> bool {
    document.root().is_some_and(|root| {
        let providers = root.get("providers").or_else(|| root.get("targets"));
        providers.is_some_and(|node| node.as_seq().is_some() || node.as_str().is_some())
            && (root.get("tests").is_some() || root.get("defaultTest").is_some() || root.get("scenarios").is_some())
            && (root.get("prompts").is_some() || root.get("description").is_some())
    })
}

fn read(document: &Document<'_>) -> System {
    let mut system = System::default();
    let Some(root) = document.root() else { return system };
    let providers = root.get("providers").or_else(|| root.get("targets"));
    let mut subjects = Vec::new();
    if let Some(providers) = providers {
        match &providers.data {
            Data::Seq(items) => subjects.extend(items.iter().filter_map(provider)),
            _ => subjects.extend(provider(providers)),
        }
    }
    let place = root
        .entry("providers")
        .or_else(|| root.entry("targets"))
        .map_or_else(|| root.place.first_line(), |entry| entry.key.place.clone());
    system.evaluations.push(Evaluation {
        place,
        tool: "promptfoo",
        subjects,
        judge: judge(root),
    });
    system
}

/// A provider's id: text, `{id: …}`, or `{"openai:…": {…}}`.
fn provider(node: &Node) -> Option<String> {
    if let Some(text) = node.as_str() {
        return Some(text.to_owned());
    }
    if let Some(id) = node.get("id").and_then(Node::as_str) {
        return Some(id.to_owned());
    }
    node.entries().next().map(|entry| entry.key.text.clone())
}

/// Who grades: of an assertion, else of the suite's defaults.
fn judge(root: &Node) -> Option<Setting<String>> {
    let of = |node: &Node| Some(Setting::written(provider(node)?, node.place.first_line()));
    let of_assertion = root
        .get("tests")
        .into_iter()
        .flat_map(Node::items)
        .chain(root.get("defaultTest"))
        .flat_map(|test| test.get("assert").into_iter().flat_map(Node::items))
        .find_map(|assertion| assertion.get("provider"));
    of_assertion
        .or_else(|| root.at(&["defaultTest", "options", "provider"]))
        .and_then(|node| node.get("text").or(Some(node)))
        .and_then(of)
}
