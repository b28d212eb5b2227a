//! Files of the project that a service sees: bind mounts and `configs` that name a file.

use crate::read::interpolate::with_defaults;
use crate::source::Node;
use crate::system::Setting;

use super::layers::Layers;

/// Host path and path inside, for every bind mount and every config of a file.
pub(super) fn read(root: &Node, layers: &Layers<'_>) -> Vec<(Setting<String>, String)> {
    let volumes = layers.all("volumes").flat_map(Node::items).filter_map(volume);
    let configs = layers
        .all("configs")
        .flat_map(Node::items)
        .filter_map(|item| config(root, item));
    volumes.chain(configs).collect()
}

/// `./host:/inside[:ro]`, or `{type: bind, source, target}`. A named volume is no file of the project.
fn volume(item: &Node) -> Option<(Setting<String>, String)> {
    let (source, target) = if item.as_map().is_some() {
        (
            with_defaults(item.get("source")?.as_str()?),
            with_defaults(item.get("target")?.as_str()?),
        )
    } else {
        let text = with_defaults(item.as_str()?);
        let (source, rest) = text.split_once(':')?;
        let target = rest.split(':').next().unwrap_or(rest);
        (source.to_owned(), target.to_owned())
    };
    let source = ["${PWD}/", "${PROJECT_DIR}/"]
        .iter()
        .find_map(|prefix| source.strip_prefix(prefix))
        .map_or_else(|| source.clone(), |rest| format!("./{rest}"));
    let is_path = source.starts_with(['.', '/', '~', '$']);
    is_path.then(|| (Setting::written(source, item.place.clone()), target))
}

/// A name of the top-level `configs`, or `{source, target}`; without a target it is `/<name>`.
fn config(root: &Node, item: &Node) -> Option<(Setting<String>, String)> {
    let name = item.as_str().or_else(|| item.get("source")?.as_str())?;
    let file = root.at(&["configs", name, "file"])?;
    let target = item
        .get("target")
        .and_then(Node::as_str)
        .map_or_else(|| format!("/{name}"), ToOwned::to_owned);
    Some((
        Setting::written(with_defaults(file.as_str()?), file.place.clone()),
        target,
    ))
}
