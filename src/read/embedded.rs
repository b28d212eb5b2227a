//! Gateway configurations inside other files: a `ConfigMap`'s block scalar, a Helm chart's values, a
//! here-document of a start command.

use std::ops::Range;

use crate::source::{Data, Node, ParseError, parse_embedded_yaml};

/// Documents inside a document, with places in the outer file, and those that could not be read.
pub(super) fn embedded(root: &Node) -> (Vec<Node>, Vec<ParseError>) {
    let mut found = Vec::new();
    let mut errors = Vec::new();
    search(root, true, &mut found, &mut errors);
    (found, errors)
}

fn search(node: &Node, is_root: bool, found: &mut Vec<Node>, errors: &mut Vec<ParseError>) {
    match &node.data {
        // Helm values hold the configuration as a mapping: it is the whole one from there on.
        Data::Map(_) if !is_root && is_configuration(node) => found.push(node.clone()),
        Data::Map(map) => map
            .entries
            .iter()
            .for_each(|entry| search(&entry.value, false, found, errors)),
        Data::Seq(items) => items.iter().for_each(|item| search(item, false, found, errors)),
        Data::Str(text) if text.contains("model_list:") && text.contains('\n') => {
            let part = here_document(text).unwrap_or(0..text.len());
            // A script that only speaks of the key is none.
            if !text[part.clone()].lines().any(|line| line.starts_with("model_list:")) {
                return;
            }
            match parse_embedded_yaml(&node.place, text, part) {
                Ok(documents) => found.extend(documents.into_iter().filter(is_configuration)),
                // A template is no YAML before it is rendered, and nobody expects it to be.
                Err(error) if !text.contains("{{") => errors.push(error),
                Err(_) => {}
            }
        }
        _ => {}
    }
}

/// The lines between `<< 'EOF'` and `EOF`, where a start command writes the configuration first.
fn here_document(text: &str) -> Option<Range<usize>> {
    let mut lines = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        lines.push((at, line));
        at += line.len();
    }
    let opens = |line: &str| {
        let (_, rest) = line.split_once("<<")?;
        let word = rest.trim_start_matches('-').split_whitespace().next()?;
        Some(word.trim_matches(['\'', '"']).to_owned())
    };
    let (opened, end_word) = lines
        .iter()
        .enumerate()
        .find_map(|(number, (_, line))| Some((number, opens(line)?)))?;
    let start = lines.get(opened + 1)?.0;
    let end = lines[opened + 1..]
        .iter()
        .find_map(|(at, line)| (line.trim() == end_word).then_some(*at))?;
    Some(start..end)
}

fn is_configuration(node: &Node) -> bool {
    node.get("model_list")
        .is_some_and(|list| list.items().any(|item| item.get("litellm_params").is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{SourceFile, parse_yaml};

    #[test]
    fn a_config_map_and_helm_values_are_looked_into() {
        let text = "kind: ConfigMap\ndata:\n  config.yaml: |\n    model_list:\n      - model_name: chat\n        litellm_params: {model: openai/x}\n";
        let file = SourceFile::new("map.yaml", text);
        let (found, errors) = embedded(&parse_yaml(&file).unwrap()[0]);
        assert!(errors.is_empty());
        let name = found[0]
            .get("model_list")
            .unwrap()
            .items()
            .next()
            .unwrap()
            .get("model_name")
            .unwrap();
        assert_eq!(name.place.text(), "chat");
        assert_eq!(name.place.start().line, 5);

        let text = "litellm:\n  proxy_config:\n    model_list:\n      - model_name: chat\n        litellm_params: {model: openai/x}\n";
        let file = SourceFile::new("values.yaml", text);
        assert_eq!(embedded(&parse_yaml(&file).unwrap()[0]).0.len(), 1);
    }

    #[test]
    fn a_here_document_is_looked_into_and_a_script_is_not() {
        let text = "command:\n- |\n  cat > c.yaml << 'EOF'\n  model_list:\n    - model_name: chat\n      litellm_params: {model: openai/x}\n  EOF\n  exec litellm --config c.yaml\n";
        let (found, errors) = embedded(&parse_yaml(&SourceFile::new("compose.yaml", text)).unwrap()[0]);
        assert!(errors.is_empty(), "{errors:?}");
        let list = found[0].get("model_list").unwrap();
        let name = list.items().next().unwrap().get("model_name").unwrap();
        assert_eq!((name.place.text(), name.place.start().line), ("chat", 5));

        let text = "command:\n- |\n  echo model_list: is missing: help\n  exit 1\n";
        let (found, errors) = embedded(&parse_yaml(&SourceFile::new("compose.yaml", text)).unwrap()[0]);
        assert!(found.is_empty() && errors.is_empty(), "{errors:?}");
    }
}
