//! Compose files, as the Compose specification describes them.

use crate::source::{Data, Node, Place};
use crate::system::variables::Variable;
use crate::system::{Dialect, Origin, PublishedPort, Service, ServiceKind, Setting, System, secrets};

use super::checks::{duplicate_keys, literal_secret};
use super::images::kind_of;
use super::{Document, Reader};

const COMPOSE: Dialect = Dialect::Compose;

/// The reader.
pub const READER: Reader = Reader {
    dialect: COMPOSE,
    recognises,
    read,
};

/// Keys of which a service has at least one.
const SERVICE_KEYS: &[&str] = &[
    "image",
    "build",
    "extends",
    "environment",
    "ports",
    "volumes",
    "command",
];

fn recognises(document: &Document<'_>) -> bool {
    document.root().is_some_and(|root| {
        root.get("apiVersion").is_none()
            && root.get("services").is_some_and(|services| {
                services
                    .entries()
                    .any(|entry| SERVICE_KEYS.iter().any(|key| entry.value.get(key).is_some()))
            })
    })
}

fn read(document: &Document<'_>) -> System {
    let mut system = System::default();
    let Some(root) = document.root() else { return system };
    duplicate_keys(root, COMPOSE, &mut system);
    for entry in root.get("services").into_iter().flat_map(Node::entries) {
        if entry.value.as_map().is_some() {
            let service = service(&entry.key.text, &entry.key.place, &entry.value, &mut system);
            system.add_service(service);
        }
    }
    if let Some(folder) = document.file.path().parent() {
        system.variables.folders.push(folder.to_owned());
    }
    system
}

fn service(name: &str, place: &Place, node: &Node, system: &mut System) -> Service {
    let image = node.get("image").and_then(text);
    // A file that overrides another one names no image; the service's own name tells then.
    let kind = image
        .as_ref()
        .map_or_else(|| kind_of(name), |image| kind_of(default_value(&image.value)));
    let environment = environment(node);
    for (key, value) in &environment {
        if let Some(text) = &value.value
            && let Origin::Written(at) = &value.origin
        {
            secret(key, text, at, system);
        }
        system.variables.set.push(Variable {
            name: key.clone(),
            value: value.value.clone(),
            place: value.place().unwrap_or(place).clone(),
            service: Some(name.to_owned()),
        });
    }
    let policy = node.at(&["deploy", "restart_policy"]);
    Service {
        name: name.to_owned(),
        dialect: COMPOSE,
        place: place.clone(),
        kind,
        image,
        replicas: replicas(node),
        scales: false,
        restarts: node
            .get("restart")
            .map(|restart| {
                (
                    restart.as_str() != Some("no") && restart.as_bool() != Some(false),
                    restart,
                )
            })
            .or_else(|| policy.map(|policy| (policy.get("condition").and_then(Node::as_str) != Some("none"), policy)))
            .map_or_else(
                || Setting::default_of(false, COMPOSE),
                |(restarts, node)| Setting::written(restarts, node.place.clone()),
            ),
        health_check: node.get("healthcheck").map_or_else(
            || Setting::default_of(false, COMPOSE),
            |check| {
                let off = check.get("disable").and_then(Node::as_bool) == Some(true);
                Setting::written(!off, check.place.clone())
            },
        ),
        ports: node
            .get("ports")
            .into_iter()
            .flat_map(Node::items)
            .filter_map(port)
            .collect(),
        environment,
        env_files: env_files(node),
        mounts: mounts(node),
        command: node.get("command").and_then(command),
        depends_on: depends_on(node),
        memory_limit: node
            .get("mem_limit")
            .or_else(|| node.at(&["deploy", "resources", "limits", "memory"]))
            .and_then(text),
        block: node.place.clone(),
    }
}

fn text(node: &Node) -> Option<Setting<String>> {
    Some(Setting::written(node.scalar_text()?, node.place.clone()))
}

fn replicas(node: &Node) -> Setting<u64> {
    node.at(&["deploy", "replicas"])
        .or_else(|| node.get("scale"))
        .and_then(|node| Some(Setting::written(node.as_u64()?, node.place.clone())))
        .unwrap_or_else(|| Setting::default_of(1, COMPOSE))
}

/// The text that compose uses when a variable is unset: `x` for `${NAME:-x}`; other text as it is.
pub(super) fn default_value(text: &str) -> &str {
    let Some(inside) = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) else {
        return text;
    };
    inside
        .split_once(":-")
        .or_else(|| inside.split_once('-'))
        .map_or(text, |(_, default)| default)
}

/// Remarks on a value that is a secret: whole, or as the default of a variable.
fn secret(name: &str, value: &str, place: &Place, system: &mut System) {
    let written = default_value(value);
    if written.contains("${") || (written.starts_with('$') && !written.contains(':')) {
        return;
    }
    let help =
        format!("pass it through instead: `{name}: ${{{name}}}`, with the value in an env file that git ignores");
    let upper = name.to_ascii_uppercase();
    let is_password = ["PASSWORD", "PASSWD", "SECRET", "SALT_KEY"]
        .iter()
        .any(|word| upper.contains(word));
    if is_password && !secrets::is_secret(written) && !secrets::is_placeholder(written) {
        let message = format!("the password {name} stands in the file: {}", secrets::redact(written));
        let mut found = super::checks::remark(crate::system::RemarkKind::LiteralSecret, COMPOSE, place, message);
        found.help = Some(help);
        system.remarks.push(found);
        return;
    }
    literal_secret(&format!("the value of {name}"), written, place, COMPOSE, &help, system);
}

/// `environment` as a mapping or as a list of `NAME=value`; `None` is passed through from outside.
fn environment(node: &Node) -> Vec<(String, Setting<Option<String>>)> {
    let Some(block) = node.get("environment") else {
        return Vec::new();
    };
    match &block.data {
        Data::Map(map) => map
            .entries
            .iter()
            .map(|entry| {
                let value = entry.value.scalar_text();
                let place = if value.is_some() {
                    &entry.value.place
                } else {
                    &entry.key.place
                };
                (entry.key.text.clone(), Setting::written(value, place.clone()))
            })
            .collect(),
        Data::Seq(items) => items
            .iter()
            .filter_map(|item| {
                let text = item.as_str()?;
                let (name, value) = text
                    .split_once('=')
                    .map_or((text, None), |(name, value)| (name, Some(value.to_owned())));
                Some((name.trim().to_owned(), Setting::written(value, item.place.clone())))
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn env_files(node: &Node) -> Vec<Setting<String>> {
    let Some(files) = node.get("env_file") else {
        return Vec::new();
    };
    match &files.data {
        Data::Seq(items) => items
            .iter()
            .filter_map(|item| text(item.get("path").unwrap_or(item)))
            .collect(),
        _ => text(files).into_iter().collect(),
    }
}

/// Volumes that mount a path of the host: short `host:container[:mode]` and long syntax.
fn mounts(node: &Node) -> Vec<(Setting<String>, String)> {
    let volumes = node.get("volumes").into_iter().flat_map(Node::items);
    let configs = node.get("configs").into_iter().flat_map(Node::items);
    volumes
        .chain(configs)
        .filter_map(|volume| {
            if volume.as_map().is_some() {
                let source = text(volume.get("source")?)?;
                return Some((source, volume.get("target")?.scalar_text()?));
            }
            let written = volume.as_str()?;
            let (host, inside) = written.split_once(':')?;
            let is_path = host.starts_with(['.', '/', '~', '$']) || host.contains('/');
            is_path.then(|| {
                let inside = inside.split(':').next().unwrap_or(inside);
                (
                    Setting::written(host.to_owned(), volume.place.clone()),
                    inside.to_owned(),
                )
            })
        })
        .collect()
}

fn command(node: &Node) -> Option<Setting<String>> {
    let joined = match &node.data {
        Data::Seq(items) => items.iter().filter_map(Node::scalar_text).collect::<Vec<_>>().join(" "),
        _ => node.scalar_text()?,
    };
    Some(Setting::written(joined, node.place.clone()))
}

fn depends_on(node: &Node) -> Vec<Setting<String>> {
    let Some(others) = node.get("depends_on") else {
        return Vec::new();
    };
    match &others.data {
        Data::Map(map) => map
            .entries
            .iter()
            .map(|entry| Setting::written(entry.key.text.clone(), entry.key.place.clone()))
            .collect(),
        _ => others.items().filter_map(text).collect(),
    }
}

/// `[[address:]host:]container[/protocol]`, or the long syntax.
fn port(node: &Node) -> Option<Setting<PublishedPort>> {
    if node.as_map().is_some() {
        let container = number(node.get("target")?.scalar_text()?.as_str());
        let host = node.get("published").and_then(Node::scalar_text);
        let address = node.get("host_ip").and_then(Node::scalar_text);
        return Some(Setting::written(
            PublishedPort {
                text: host.clone().unwrap_or_default(),
                every_interface: host.is_some() && address.is_none_or(|address| is_everywhere(&address)),
                host: host.as_deref().and_then(number),
                container,
            },
            node.place.clone(),
        ));
    }
    let written = node.scalar_text()?;
    let bare = written.split('/').next().unwrap_or(&written);
    let (before, container) = split_last(bare);
    let (address, host) = before.map_or((None, None), |before| {
        let (address, host) = split_last(before);
        (address, Some(host))
    });
    Some(Setting::written(
        PublishedPort {
            text: written.clone(),
            host: host.and_then(|host| number(default_value(host))),
            container: number(default_value(container)),
            // A container port alone is published on a port of Docker's choice, everywhere.
            every_interface: address.is_none_or(|address| is_everywhere(default_value(address))),
        },
        node.place.clone(),
    ))
}

/// Splits at the last colon that is not inside `${…}` or `[…]`.
fn split_last(text: &str) -> (Option<&str>, &str) {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate().rev() {
        match byte {
            b'}' | b']' => depth += 1,
            b'{' | b'[' => depth = depth.saturating_sub(1),
            b':' if depth == 0 => return (Some(&text[..at]), &text[at + 1..]),
            _ => {}
        }
    }
    (None, text)
}

fn is_everywhere(address: &str) -> bool {
    matches!(address.trim_matches(['[', ']']), "" | "0.0.0.0" | "::" | "*")
}

fn number(text: &str) -> Option<u16> {
    text.split('-').next().unwrap_or(text).trim().parse().ok()
}

/// Whether a service runs a gateway.
pub(super) const fn gateway_of(service: &Service) -> Option<Dialect> {
    match service.kind {
        ServiceKind::Gateway(dialect) => Some(dialect),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{SourceFile, parse_yaml};
    use crate::system::RemarkKind;
    use crate::system::prices::Prices;

    fn read_text(text: &str) -> System {
        let file = SourceFile::new("stack/compose.yaml", text);
        let roots = parse_yaml(&file).unwrap();
        let prices = Prices::shipped();
        let document = Document {
            file,
            roots,
            prices: &prices,
        };
        assert!((READER.recognises)(&document));
        (READER.read)(&document)
    }

    #[test]
    fn a_service_comes_with_all_that_matters() {
        let system = read_text(
            r#"
x-base: &base
  restart: always
services:
  gateway:
    <<: *base
    image: ghcr.io/berriai/litellm:${TAG:-v1.109.1}
    command: ["--config", "/app/config.yaml", "--num_workers", "4"]
    volumes: ["./litellm/config.yaml:/app/config.yaml:ro", "data:/data"]
    ports: ["4000:4000", "127.0.0.1:9000:9000", "${PORT:-8080}:80/tcp"]
    environment:
      OPENAI_API_KEY: ${OPENAI_API_KEY}
      LITELLM_MASTER_KEY:
      POSTGRES_PASSWORD: hunter2tango
    healthcheck: {disable: true}
    deploy: {replicas: 2}
  cache: {image: "redis:7.4"}
"#,
        );
        let gateway = &system.services[0];
        assert_eq!(gateway.kind, ServiceKind::Gateway(Dialect::Litellm));
        assert!(gateway.restarts.value && !gateway.health_check.value);
        assert_eq!(gateway.replicas.value, 2);
        assert_eq!(gateway.mounts.len(), 1);
        assert_eq!(gateway.mounts[0].1, "/app/config.yaml");
        let ports: Vec<(Option<u16>, Option<u16>, bool)> = gateway
            .ports
            .iter()
            .map(|port| (port.value.host, port.value.container, port.value.every_interface))
            .collect();
        assert_eq!(
            ports,
            [
                (Some(4000), Some(4000), true),
                (Some(9000), Some(9000), false),
                (Some(8080), Some(80), true)
            ]
        );
        assert_eq!(gateway.environment[1].1.value, None);
        assert_eq!(system.services[1].kind, ServiceKind::Redis);
        let secrets: Vec<_> = system
            .remarks
            .iter()
            .filter(|remark| remark.kind == RemarkKind::LiteralSecret)
            .collect();
        assert_eq!(secrets.len(), 1, "{secrets:?}");
        assert_eq!(secrets[0].place.text(), "hunter2tango");
    }
}
