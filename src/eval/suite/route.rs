//! A route of an `aisys.yaml` as the model of a suite.

use std::path::{Path, PathBuf};

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::{SuiteError, table};
use crate::pipeline::live::Router;
use crate::read::read_bytes;
use crate::source::Node;
use crate::store::hex;
use crate::system::prices::Prices;
use crate::system::{Dialect, RemarkKind, RouteId, System};

/// The short spelling: `route:aisys.yaml#assistant`.
pub(super) const SHORT: &str = "route:";
/// The keys of the long spelling.
const KEYS: &[&str] = &["route", "system"];

/// Which route of which file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RouteSpec {
    /// The `aisys.yaml`.
    #[serde(skip)]
    pub system: PathBuf,
    /// The route's name.
    pub route: String,
    /// A hash of the file: another text may answer otherwise.
    pub content: String,
}

impl RouteSpec {
    /// The system, and the route in it.
    ///
    /// # Errors
    /// Fails when the file cannot be read any more, or has changed since the suite was read.
    pub fn open(&self, prices: &Prices) -> Result<(System, RouteId), String> {
        let (system, content) = open(&self.system, prices)?;
        if content != self.content {
            return Err(format!("{} has changed meanwhile", self.system.display()));
        }
        let id = Router::find(&system, Some(&self.route))?;
        Ok((system, id))
    }
}

/// A route's name and where it stands.
type Named<'a> = (String, &'a Node);

/// Whether a mapping is the long spelling.
pub(super) fn is_route(node: &Node) -> bool {
    KEYS.iter().any(|key| node.get(key).is_some())
}

/// Reads either spelling; what does not exist is told at its place.
pub(super) fn read(node: &Node) -> Result<RouteSpec, SuiteError> {
    let (file, route) = match node.as_str().and_then(|text| text.strip_prefix(SHORT)) {
        Some(text) => {
            let (file, route) = text
                .split_once('#')
                .map_or((text, None), |(file, route)| (file, Some(route)));
            (file.to_owned(), route.map(|route| (route.to_owned(), node)))
        }
        None => long(node)?,
    };
    let at_file = node.get("system").unwrap_or(node);
    if file.is_empty() {
        return Err(SuiteError::at(
            &at_file.place,
            "which file? expected route:aisys.yaml#ROUTE",
        ));
    }
    let path = table::beside(&node.place, &file);
    let wrong = |message: String| SuiteError::at(&at_file.place, message);
    let (system, content) = open(&path, &Prices::shipped()).map_err(wrong)?;
    // `aisys serve` would refuse it.
    let refused = system.remarks.iter().find(|remark| {
        remark.dialect == Dialect::Aisys && matches!(remark.kind, RemarkKind::UnknownKey | RemarkKind::InvalidValue)
    });
    if let Some(remark) = refused {
        return Err(SuiteError::at(&remark.place, remark.message.clone()));
    }
    let at_route = route.as_ref().map_or(node, |(_, node)| *node);
    let name = route.as_ref().map(|(name, _)| name.as_str());
    let id = Router::find(&system, name)
        .map_err(|error| SuiteError::at(&at_route.place, format!("{}: {error}", path.display())))?;
    Ok(RouteSpec {
        route: system.route(id).name.clone(),
        system: path,
        content,
    })
}

/// `{route: assistant, system: ../aisys.yaml}`.
fn long(node: &Node) -> Result<(String, Option<Named<'_>>), SuiteError> {
    if let Some(other) = node.entries().find(|entry| !KEYS.contains(&entry.key.text.as_str())) {
        let known = KEYS.iter().copied();
        return Err(SuiteError::unknown(
            &other.key.place,
            "key of a route",
            &other.key.text,
            known,
        ));
    }
    let text = |key: &str| {
        let value = node.get(key)?;
        Some((value.scalar_text()?, value))
    };
    let file = text("system")
        .ok_or_else(|| SuiteError::at(&node.place, "a route needs its `system`: the path of an aisys.yaml"))?;
    Ok((file.0, text("route")))
}

fn open(path: &Path, prices: &Prices) -> Result<(System, String), String> {
    let text = table::text_of(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let content = hex(&Sha256::digest(text.as_bytes())[..16]);
    let reading = read_bytes(path, text.into_bytes(), prices);
    if let Some((error, place)) = (reading.errors.iter()).find_map(|error| Some((error, error.place.as_ref()?))) {
        return Err(format!("{place}: {}", error.message));
    }
    let ours = reading
        .system
        .gateways
        .iter()
        .any(|gateway| gateway.dialect == Dialect::Aisys);
    if !ours {
        return Err(format!("{} is no aisys.yaml with routes", path.display()));
    }
    Ok((reading.system, content))
}
