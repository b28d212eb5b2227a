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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{SourceFile, parse_yaml};
    use crate::system::prices::Prices;

    fn evaluation(text: &str) -> Evaluation {
        let file = SourceFile::new("promptfooconfig.yaml", text);
        let prices = Prices::shipped();
        let document = Document {
            roots: parse_yaml(&file).unwrap(),
            file,
            prices: &prices,
        };
        assert!((READER.recognises)(&document));
        (READER.read)(&document).evaluations.remove(0)
    }

    #[test]
    fn providers_in_all_three_forms_are_subjects() {
        let found = evaluation(
            "prompts: [p.txt]\nproviders: [openai:gpt-4o, {id: ollama:chat:x, config: {}}, {anthropic:y: {label: z}}]\ntests: t.yaml\n",
        );
        assert_eq!(found.subjects, ["openai:gpt-4o", "ollama:chat:x", "anthropic:y"]);
        assert!(found.judge.is_none());
    }

    #[test]
    fn the_judge_of_an_assertion_wins_over_the_default() {
        let default = "prompts: [p]\nproviders: openai:a\ndefaultTest: {options: {provider: {id: openai:b}}}\n";
        assert_eq!(evaluation(default).judge.unwrap().value, "openai:b");
        let both = format!("{default}tests: [{{assert: [{{type: llm-rubric, value: v, provider: openai:c}}]}}]\n");
        assert_eq!(evaluation(&both).judge.unwrap().value, "openai:c");
    }
}
