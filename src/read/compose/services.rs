//! One service: what runs, how often, and who looks after it.

use crate::read::images;
use crate::read::interpolate::with_defaults;
use crate::source::{Data, Entry, Node};
use crate::system::{Dialect, Service, Setting};

use super::layers::Layers;
use super::{environment, mounts, ports};

const COMPOSE: Dialect = Dialect::Compose;

/// Reads one entry of `services`.
pub(super) fn read(root: &Node, entry: &Entry) -> Service {
    let layers = Layers::of(root, &entry.value);
    let image = layers.at(&["image"]).and_then(text);
    let command = command(&layers);
    let environment = environment::read(&layers);
    Service {
        name: entry.key.text.clone(),
        dialect: COMPOSE,
        place: entry.key.place.clone(),
        kind: images::kind(
            &entry.key.text,
            image.as_ref().map(|image| image.value.as_str()),
            command.as_ref().map(|command| command.value.as_str()),
        ),
        image,
        replicas: replicas(&layers),
        scales: false,
        restarts: restarts(&layers),
        health_check: health_check(&layers),
        ports: layers.all("ports").flat_map(ports::read).collect(),
        environment,
        env_files: environment::files(&layers),
        mounts: mounts::read(root, &layers),
        command,
        depends_on: depends_on(&layers),
        memory_limit: layers
            .at(&["deploy", "resources", "limits", "memory"])
            .or_else(|| layers.at(&["mem_limit"]))
            .and_then(text),
        block: entry.value.place.clone(),
    }
}

fn text(node: &Node) -> Option<Setting<String>> {
    Some(Setting::written(
        with_defaults(&node.scalar_text()?),
        node.place.clone(),
    ))
}

/// `deploy.replicas` or `scale`, which must not differ; one when neither is written.
fn replicas(layers: &Layers<'_>) -> Setting<u64> {
    layers
        .at(&["deploy", "replicas"])
        .or_else(|| layers.at(&["scale"]))
        .and_then(|node| {
            let count = node
                .as_u64()
                .or_else(|| with_defaults(node.as_str()?).trim().parse().ok())?;
            Some(Setting::written(count, node.place.clone()))
        })
        .unwrap_or_else(|| Setting::default_of(1, COMPOSE))
}

/// `deploy.restart_policy` overrides `restart` (`getRestartPolicy` of docker/compose v2); its
/// condition is `any` when none is written. Without either a container stays down.
fn restarts(layers: &Layers<'_>) -> Setting<bool> {
    if let Some(policy) = layers.at(&["deploy", "restart_policy"]) {
        let condition = policy.get("condition").unwrap_or(policy);
        let never = condition.as_str() == Some("none");
        return Setting::written(!never, condition.place.clone());
    }
    let Some(node) = layers.at(&["restart"]) else {
        return Setting::default_of(false, COMPOSE);
    };
    let never = match &node.data {
        // `restart: no` without quotes is false to a YAML 1.1 reader.
        Data::Bool(value) => !value,
        _ => node.as_str().is_some_and(|text| with_defaults(text) == "no"),
    };
    Setting::written(!never, node.place.clone())
}

/// A health check of the file's own. Whether the image brings one cannot be seen from here; the
/// images of the gateways that we know do not.
fn health_check(layers: &Layers<'_>) -> Setting<bool> {
    let Some(check) = layers.at(&["healthcheck"]) else {
        return Setting::default_of(false, COMPOSE);
    };
    let disabled = check.get("disable").filter(|node| node.as_bool() == Some(true));
    let switched_off = check.get("test").filter(|test| {
        let first = test.as_str().or_else(|| test.as_seq()?.first()?.as_str());
        first == Some("NONE")
    });
    match disabled.or(switched_off) {
        Some(off) => Setting::written(false, off.place.clone()),
        None => Setting::written(true, check.place.clone()),
    }
}

/// The command line with the entry point before it, when one is written.
fn command(layers: &Layers<'_>) -> Option<Setting<String>> {
    let entry_point = layers.at(&["entrypoint"]);
    let command = layers.at(&["command"]);
    let place = command.or(entry_point)?.place.clone();
    let words: Vec<String> = [entry_point, command].into_iter().flatten().flat_map(words).collect();
    Some(Setting::written(words.join(" "), place))
}

fn words(node: &Node) -> Vec<String> {
    let own = node.scalar_text();
    own.into_iter()
        .chain(node.items().filter_map(Node::scalar_text))
        .map(|word| with_defaults(&word))
        .collect()
}

/// A list of names, or a mapping from names to conditions.
fn depends_on(layers: &Layers<'_>) -> Vec<Setting<String>> {
    let mut names: Vec<Setting<String>> = Vec::new();
    for node in layers.all("depends_on") {
        let listed = node
            .items()
            .filter_map(|item| Some((item.as_str()?.to_owned(), &item.place)));
        let mapped = node.entries().map(|entry| (entry.key.text.clone(), &entry.key.place));
        names.extend(
            listed
                .chain(mapped)
                .map(|(name, place)| Setting::written(name, place.clone())),
        );
    }
    names
}
