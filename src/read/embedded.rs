//! Gateway configurations inside other files: a `ConfigMap`'s block scalar, a Helm chart's values.

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
            match parse_embedded_yaml(&node.place, text) {
                Ok(documents) => found.extend(documents.into_iter().filter(is_configuration)),
                // A template is no YAML before it is rendered, and nobody expects it to be.
                Err(error) if !text.contains("{{") => errors.push(error),
                Err(_) => {}
            }
        }
        _ => {}
    }
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
}
