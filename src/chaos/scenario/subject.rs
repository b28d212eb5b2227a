//! What a scenario is tried on.

use std::path::PathBuf;

use crate::provider::HttpTemplate;
use crate::read::{Fields, FormError};
use crate::source::{Data, Node};

/// What is tried.
#[derive(Debug, Clone)]
pub enum Subject {
    /// A configuration, for simulation.
    System {
        /// Files and folders, as from the scenario's folder.
        paths: Vec<PathBuf>,
        /// The route that users call; `None`: the only one, or the first for chat.
        route: Option<String>,
    },
    /// A running application.
    Target(Box<Target>),
}

/// A running application.
#[derive(Debug, Clone, Default)]
pub struct Target {
    /// Its address: with a model, the base URL of an OpenAI-compatible API; without, one that gets `body`.
    pub url: String,
    /// The model, or the route, that is asked for.
    pub model: Option<String>,
    /// A request of the application's own kind.
    pub template: Option<HttpTemplate>,
}

pub(super) const TARGET_KEYS: &[&str] = &["url", "model", "method", "headers", "body", "response"];

pub(super) fn read(root: &Fields<'_>, folder: &std::path::Path) -> Result<Option<Subject>, FormError> {
    let (system, target) = (root.get("system"), root.get("target"));
    match (system, target) {
        (Some(_), Some(target)) => Err(FormError::at(
            &target.place,
            "a scenario has either `system` (simulated) or `target` (driven), not both",
        )),
        (Some(_), None) => {
            let paths = root.texts("system")?.iter().map(|path| folder.join(path)).collect();
            let route = root.text("route")?;
            Ok(Some(Subject::System { paths, route }))
        }
        (None, Some(node)) => self::target(node).map(|target| Some(Subject::Target(Box::new(target)))),
        (None, None) => Ok(None),
    }
}

fn target(node: &Node) -> Result<Target, FormError> {
    if let Data::Str(url) = &node.data {
        return Ok(Target {
            url: url.clone(),
            ..Target::default()
        });
    }
    let fields = Fields::new(node, "`target`", TARGET_KEYS)?;
    let Some(url) = fields.text("url")? else {
        return Err(FormError::at(&node.place.first_line(), "`target` needs `url`"));
    };
    let headers = fields.get("headers").into_iter().flat_map(Node::entries);
    let headers = headers
        .filter_map(|entry| Some((entry.key.text.clone(), entry.value.scalar_text()?)))
        .collect();
    let body = fields.get("body").map(as_json);
    let template = body.is_some() || fields.get("method").is_some();
    let template = HttpTemplate {
        url: url.clone(),
        method: fields.text("method")?.filter(|_| template),
        headers,
        body,
        response: fields.text("response")?,
        ..HttpTemplate::default()
    };
    Ok(Target {
        url,
        model: fields.text("model")?,
        template: (template.body.is_some() || template.method.is_some()).then_some(template),
    })
}

/// A node as JSON.
pub(in crate::chaos) fn as_json(node: &Node) -> serde_json::Value {
    match &node.data {
        Data::Null => serde_json::Value::Null,
        Data::Bool(value) => (*value).into(),
        Data::Int(value) => (*value).into(),
        Data::Float(value) => (*value).into(),
        Data::Str(text) => text.clone().into(),
        Data::Seq(items) => items.iter().map(as_json).collect(),
        Data::Map(map) => map
            .entries
            .iter()
            .map(|entry| (entry.key.text.clone(), as_json(&entry.value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
    }
}
