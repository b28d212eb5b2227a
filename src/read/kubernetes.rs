//! Kubernetes manifests: what runs, how often, and what asks whether it works.

use crate::source::Node;
use crate::system::variables::Variable;
use crate::system::{Dialect, PublishedPort, Service, ServiceKind, Setting, System};

use super::images;
use super::secret_values::SecretValues;
use super::{Document, Reader};

const KUBERNETES: Dialect = Dialect::Kubernetes;

/// The reader.
pub const READER: Reader = Reader {
    dialect: KUBERNETES,
    recognises,
    read,
};

fn recognises(document: &Document<'_>) -> bool {
    document
        .roots
        .iter()
        .any(|root| root.get("apiVersion").is_some() && root.get("kind").is_some())
}

fn read(document: &Document<'_>) -> System {
    let mut system = System::default();
    let mut secrets = SecretValues::new(KUBERNETES, |_| {
        "put it into a Secret that is not committed, and use `valueFrom.secretKeyRef`".to_owned()
    });
    let all: Vec<&Node> = document.roots.iter().flat_map(objects).collect();
    for root in &all {
        match kind(root) {
            Some("Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet") => {
                workload(root, &all, &mut secrets, &mut system);
            }
            // What is committed in clear text is no secret; `data` is only encoded otherwise.
            Some("Secret") => {
                for entry in root.get("stringData").into_iter().flat_map(Node::entries) {
                    if let Some(text) = entry.value.as_str() {
                        secrets.check(&entry.key.text, text, &entry.value.place, &mut system);
                    }
                }
            }
            _ => {}
        }
    }
    // What scales and what opens a port may stand before or after what it speaks of.
    for root in &all {
        match kind(root) {
            Some("HorizontalPodAutoscaler" | "ScaledObject") => autoscaler(root, &mut system),
            Some("Service") => published(root, &mut system),
            _ => {}
        }
    }
    system
}

fn kind(root: &Node) -> Option<&str> {
    root.get("kind").and_then(Node::as_str)
}

/// The objects of a document: itself, or the items of a `List`.
fn objects(root: &Node) -> Vec<&Node> {
    match root.get("kind").and_then(Node::as_str) {
        Some("List") => root.get("items").into_iter().flat_map(Node::items).collect(),
        _ => vec![root],
    }
}

fn workload(root: &Node, all: &[&Node], secrets: &mut SecretValues, system: &mut System) {
    let Some(pod) = root.at(&["spec", "template", "spec"]) else {
        return;
    };
    let name = root.at(&["metadata", "name"]);
    let every_node = root.get("kind").and_then(Node::as_str) == Some("DaemonSet");
    for container in pod.get("containers").into_iter().flat_map(Node::items) {
        let Some(image) = container.get("image").filter(|image| image.as_str().is_some()) else {
            continue;
        };
        let own = container.get("name").and_then(Node::scalar_text).unwrap_or_default();
        let shown = name.and_then(Node::scalar_text).unwrap_or_else(|| own.clone());
        let environment = environment(container, all, &shown, secrets, system);
        let command = command(container);
        let probe = container
            .get("livenessProbe")
            .or_else(|| container.get("readinessProbe"));
        let service = Service {
            name: shown,
            dialect: KUBERNETES,
            place: name.map_or_else(|| image.place.clone(), |name| name.place.clone()),
            kind: images::kind(
                &own,
                image.as_str(),
                command.as_ref().map(|command| command.value.as_str()),
            ),
            image: image
                .scalar_text()
                .map(|text| Setting::written(text, image.place.clone())),
            replicas: root
                .at(&["spec", "replicas"])
                .and_then(|node| Some(Setting::written(node.as_u64()?, node.place.clone())))
                .unwrap_or_else(|| Setting::default_of(if every_node { 2 } else { 1 }, KUBERNETES)),
            scales: every_node,
            // Kubernetes restarts what a workload runs, whatever the manifest says.
            restarts: Setting::default_of(true, KUBERNETES),
            health_check: probe.map_or_else(
                || Setting::default_of(false, KUBERNETES),
                |probe| Setting::written(true, probe.place.clone()),
            ),
            ports: Vec::new(),
            environment,
            env_files: Vec::new(),
            mounts: Vec::new(),
            command,
            depends_on: Vec::new(),
            memory_limit: container
                .at(&["resources", "limits", "memory"])
                .and_then(|node| Some(Setting::written(node.scalar_text()?, node.place.clone()))),
            block: root.place.clone(),
        };
        system.add_service(service);
    }
}

/// The entry point with its arguments (`command` and `args` of a container).
fn command(container: &Node) -> Option<Setting<String>> {
    let parts = [container.get("command"), container.get("args")];
    let place = parts.iter().rev().flatten().next()?.place.clone();
    let words: Vec<String> = parts
        .into_iter()
        .flatten()
        .flat_map(Node::items)
        .filter_map(Node::scalar_text)
        .collect();
    Some(Setting::written(words.join(" "), place))
}

fn environment(
    container: &Node,
    all: &[&Node],
    service: &str,
    secrets: &mut SecretValues,
    system: &mut System,
) -> Vec<(String, Setting<Option<String>>)> {
    let mut environment = Vec::new();
    for source in container.get("envFrom").into_iter().flat_map(Node::items) {
        environment.extend(from_object(source, all));
    }
    for item in container.get("env").into_iter().flat_map(Node::items) {
        let Some(name) = item.get("name").and_then(Node::scalar_text) else {
            continue;
        };
        // A value from a secret or a map is set, and not in view.
        let value = item.get("value").and_then(Node::scalar_text);
        let place = item.get("value").unwrap_or(item).place.first_line();
        if let Some(text) = &value {
            secrets.check(&name, text, &place, system);
        }
        environment.retain(|(known, _)| *known != name);
        environment.push((name, Setting::written(value, place)));
    }
    for (name, value) in &environment {
        if let Some(place) = value.place() {
            system.variables.set.push(Variable {
                name: name.clone(),
                value: value.value.clone(),
                place: place.clone(),
                service: Some(service.to_owned()),
            });
        }
    }
    environment
}

/// The variables of a whole `ConfigMap` or `Secret` that the same file holds; a secret's values stay
/// out of sight.
fn from_object(source: &Node, all: &[&Node]) -> Vec<(String, Setting<Option<String>>)> {
    let found = [("configMapRef", "ConfigMap"), ("secretRef", "Secret")]
        .into_iter()
        .find_map(|(key, of)| Some((source.get(key)?.get("name")?.as_str()?, of)));
    let Some((name, of)) = found else { return Vec::new() };
    let prefix = source.get("prefix").and_then(Node::as_str).unwrap_or_default();
    all.iter()
        .filter(|root| kind(root) == Some(of) && root.at(&["metadata", "name"]).and_then(Node::as_str) == Some(name))
        .flat_map(|root| [root.get("data"), root.get("stringData")])
        .flatten()
        .flat_map(Node::entries)
        .map(|entry| {
            let value = entry.value.scalar_text().filter(|_| of == "ConfigMap");
            let place = entry.key.place.clone();
            (format!("{prefix}{}", entry.key.text), Setting::written(value, place))
        })
        .collect()
}

fn autoscaler(root: &Node, system: &mut System) {
    let target = root.at(&["spec", "scaleTargetRef", "name"]).and_then(Node::scalar_text);
    let least = root
        .at(&["spec", "minReplicas"])
        .or_else(|| root.at(&["spec", "minReplicaCount"]))
        .and_then(|node| Some(Setting::written(node.as_u64()?, node.place.clone())));
    for service in system
        .services
        .iter_mut()
        .filter(|service| Some(&service.name) == target.as_ref())
    {
        service.scales = true;
        if let Some(least) = &least {
            service.replicas = least.clone();
        }
    }
}

/// Ports that a `Service` opens outside the cluster.
fn published(root: &Node, system: &mut System) {
    let kind = root.at(&["spec", "type"]).and_then(Node::as_str);
    if !matches!(kind, Some("LoadBalancer" | "NodePort")) {
        return;
    }
    let name = root.at(&["metadata", "name"]).and_then(Node::scalar_text);
    let selected: Vec<String> = root
        .at(&["spec", "selector"])
        .into_iter()
        .flat_map(Node::entries)
        .filter_map(|entry| entry.value.scalar_text())
        .collect();
    for item in root.at(&["spec", "ports"]).into_iter().flat_map(Node::items) {
        let Some(port) = item.get("port") else { continue };
        let number = port.as_u64().and_then(|port| u16::try_from(port).ok());
        let setting = Setting::written(
            PublishedPort {
                text: port.scalar_text().unwrap_or_default(),
                host: number,
                container: item
                    .get("targetPort")
                    .and_then(Node::as_u64)
                    .and_then(|port| u16::try_from(port).ok())
                    .or(number),
                every_interface: true,
            },
            port.place.clone(),
        );
        let of = system.services.iter_mut().find(|service| {
            matches!(service.kind, ServiceKind::Gateway(_))
                && (selected.contains(&service.name) || Some(&service.name) == name.as_ref())
        });
        if let Some(service) = of {
            service.ports.push(setting);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{SourceFile, parse_yaml};
    use crate::system::prices::Prices;

    #[test]
    fn a_deployment_with_its_scaler() {
        let text = "
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
spec: {minReplicas: 3, scaleTargetRef: {name: proxy}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: proxy}
spec:
  template:
    spec:
      containers:
        - name: litellm
          image: ghcr.io/berriai/litellm:main-latest
          livenessProbe: {httpGet: {path: /health, port: 4000}}
          env:
            - {name: OPENAI_API_KEY, valueFrom: {secretKeyRef: {name: keys, key: openai}}}
";
        let file = SourceFile::new("k8s.yaml", text);
        let prices = Prices::shipped();
        let document = Document {
            roots: parse_yaml(&file).unwrap(),
            file,
            prices: &prices,
        };
        assert!((READER.recognises)(&document));
        let system = (READER.read)(&document);
        let service = &system.services[0];
        assert_eq!(service.kind, ServiceKind::Gateway(Dialect::Litellm));
        assert!(service.scales && service.health_check.value && service.restarts.value);
        assert_eq!(service.replicas.value, 3);
        assert!(system.variables.is_set("OPENAI_API_KEY"));
    }

    #[test]
    fn whole_maps_and_secrets_are_given_and_a_port_is_opened() {
        let text = "
apiVersion: v1
kind: Secret
metadata: {name: keys}
stringData: {OPENAI_API_KEY: sk-proj-9aK3jd82Jd8s}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {REDIS_HOST: redis}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: proxy}
spec:
  replicas: 2
  template:
    spec:
      containers:
        - name: main
          image: team/own
          command: [litellm]
          args: [--config, /app/config.yaml]
          envFrom: [{secretRef: {name: keys}}, {configMapRef: {name: settings}}]
          env: [{name: DB_PASSWORD, value: hunter2tango}]
---
apiVersion: v1
kind: Service
metadata: {name: front}
spec: {type: NodePort, selector: {tier: web, app: proxy}, ports: [{port: 80, targetPort: 4000}]}
";
        let file = SourceFile::new("k8s.yaml", text);
        let prices = Prices::shipped();
        let document = Document {
            roots: parse_yaml(&file).unwrap(),
            file,
            prices: &prices,
        };
        let system = (READER.read)(&document);
        let service = &system.services[0];
        assert_eq!(service.kind, ServiceKind::Gateway(Dialect::Litellm));
        assert_eq!(
            service.command.as_ref().unwrap().value,
            "litellm --config /app/config.yaml"
        );
        assert_eq!(service.replicas.value, 2);
        assert!(!service.health_check.value);
        let values: Vec<_> = service
            .environment
            .iter()
            .map(|(name, value)| (name.as_str(), value.value.as_deref()))
            .collect();
        assert_eq!(
            values,
            [
                ("OPENAI_API_KEY", None),
                ("REDIS_HOST", Some("redis")),
                ("DB_PASSWORD", Some("hunter2tango"))
            ]
        );
        assert_eq!(service.ports[0].value.container, Some(4000));
        let secrets: Vec<&str> = system.remarks.iter().map(|remark| remark.place.text()).collect();
        assert_eq!(secrets, ["sk-proj-9aK3jd82Jd8s", "hunter2tango"]);
    }
}
