//! Kubernetes manifests: what runs, how often, and what asks whether it works.

use crate::source::Node;
use crate::system::variables::Variable;
use crate::system::{Dialect, PublishedPort, Service, ServiceKind, Setting, System};

use super::checks::literal_secret;
use super::images::kind_of;
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
    for root in document.roots.iter().flat_map(objects) {
        match root.get("kind").and_then(Node::as_str) {
            Some("Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet") => workload(root, &mut system),
            _ => {}
        }
    }
    // What scales and what opens a port may stand before or after what it speaks of.
    for root in document.roots.iter().flat_map(objects) {
        match root.get("kind").and_then(Node::as_str) {
            Some("HorizontalPodAutoscaler" | "ScaledObject") => autoscaler(root, &mut system),
            Some("Service") => published(root, &mut system),
            _ => {}
        }
    }
    system
}

/// The objects of a document: itself, or the items of a `List`.
fn objects(root: &Node) -> Vec<&Node> {
    match root.get("kind").and_then(Node::as_str) {
        Some("List") => root.get("items").into_iter().flat_map(Node::items).collect(),
        _ => vec![root],
    }
}

fn workload(root: &Node, system: &mut System) {
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
        let environment = environment(container, &shown, system);
        let probe = container
            .get("livenessProbe")
            .or_else(|| container.get("readinessProbe"));
        let service = Service {
            name: shown,
            dialect: KUBERNETES,
            place: name.map_or_else(|| image.place.clone(), |name| name.place.clone()),
            kind: kind_of(image.as_str().unwrap_or_default()),
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
            command: container.get("args").or_else(|| container.get("command")).map(|args| {
                let words: Vec<String> = args.items().filter_map(Node::scalar_text).collect();
                Setting::written(words.join(" "), args.place.clone())
            }),
            depends_on: Vec::new(),
            memory_limit: container
                .at(&["resources", "limits", "memory"])
                .and_then(|node| Some(Setting::written(node.scalar_text()?, node.place.clone()))),
            block: root.place.clone(),
        };
        system.add_service(service);
    }
}

fn environment(container: &Node, service: &str, system: &mut System) -> Vec<(String, Setting<Option<String>>)> {
    let mut environment = Vec::new();
    for item in container.get("env").into_iter().flat_map(Node::items) {
        let Some(name) = item.get("name").and_then(Node::scalar_text) else {
            continue;
        };
        // A value from a secret or a map is set, and not in view.
        let value = item.get("value").and_then(Node::scalar_text);
        let place = item.get("value").unwrap_or(item).place.first_line();
        if let Some(text) = &value {
            let what = format!("the value of {name}");
            literal_secret(
                &what,
                text,
                &place,
                KUBERNETES,
                "put it into a Secret and use `valueFrom.secretKeyRef`",
                system,
            );
        }
        system.variables.set.push(Variable {
            name: name.clone(),
            value: value.clone(),
            place: place.clone(),
            service: Some(service.to_owned()),
        });
        environment.push((name, Setting::written(value, place)));
    }
    environment
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
    let app = root
        .at(&["spec", "selector"])
        .into_iter()
        .flat_map(Node::entries)
        .filter_map(|entry| entry.value.scalar_text())
        .next();
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
                && (Some(&service.name) == app.as_ref() || Some(&service.name) == name.as_ref())
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
}
