//! `environment` as a mapping or a list, and what it sets.

use crate::read::interpolate::{expand, with_defaults};
use crate::read::secret_values::SecretValues;
use crate::source::{Node, Place, Span};
use crate::system::variables::Variable;
use crate::system::{Service, Setting, System};

use super::layers::Layers;

/// Names and values as written; a name without a value is passed through from outside.
pub(super) fn read(layers: &Layers<'_>) -> Vec<(String, Setting<Option<String>>)> {
    let mut found: Vec<(String, Setting<Option<String>>)> = Vec::new();
    for node in layers.all("environment") {
        let known = found.len();
        let own = pairs(node);
        // A nearer mapping has set the name already; within one the last counts.
        for (name, value) in own {
            match found.iter().position(|(earlier, _)| *earlier == name) {
                Some(at) if at < known => {}
                Some(at) => found[at].1 = value,
                None => found.push((name, value)),
            }
        }
    }
    found
}

fn pairs(node: &Node) -> Vec<(String, Setting<Option<String>>)> {
    let mapped = node.entries().map(|entry| {
        let place = if entry.value.is_null() {
            &entry.key.place
        } else {
            &entry.value.place
        };
        let value = entry.value.scalar_text();
        (entry.key.text.clone(), Setting::written(value, place.clone()))
    });
    let listed = node.items().filter_map(|item| {
        let text = item.scalar_text()?;
        Some(match text.split_once('=') {
            Some((name, value)) => (
                name.trim().to_owned(),
                Setting::written(Some(value.to_owned()), after_equals(&item.place)),
            ),
            None => (text, Setting::written(None, item.place.clone())),
        })
    });
    mapped.chain(listed).collect()
}

/// The value's part of `NAME=value`, without the closing quote of the whole.
fn after_equals(place: &Place) -> Place {
    let text = place.text();
    let Some(at) = text.find('=') else {
        return place.clone();
    };
    let quoted = text.starts_with(['"', '\'']) && text.len() > at + 1;
    let end = place.span.end - usize::from(quoted);
    place.file.place(Span::new(place.span.start + at + 1, end))
}

/// Notes the variables that a service is given, and the secrets that stand among them.
pub(super) fn note(service: &Service, secrets: &mut SecretValues, system: &mut System) {
    for (name, value) in &service.environment {
        let Some(place) = value.place() else { continue };
        if let Some(text) = &value.value {
            secrets.check(name, text, place, system);
        }
        // A value that comes from outside as a whole or in part is out of sight.
        let visible = value
            .value
            .as_deref()
            .and_then(|text| expand(text, |_| None))
            .filter(|text| !text.is_empty());
        system.variables.set.push(Variable {
            name: name.clone(),
            value: visible,
            place: place.clone(),
            service: Some(service.name.clone()),
        });
    }
}

/// Files whose variables a service is given: one path, a list of them, or of `{path, required}`.
pub(super) fn files(layers: &Layers<'_>) -> Vec<Setting<String>> {
    layers
        .all("env_file")
        .flat_map(|node| {
            std::iter::once(node)
                .filter(|node| node.as_seq().is_none())
                .chain(node.items())
        })
        .filter_map(|node| {
            let path = node.as_str().or_else(|| node.get("path")?.as_str())?;
            Some(Setting::written(with_defaults(path), node.place.clone()))
        })
        .collect()
}
