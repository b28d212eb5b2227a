//! What a rule's `backendRefs` lead to: a service backend, its host, and the policy with its key.

use crate::source::{Node, Place};
use crate::system::prices::Prices;
use crate::system::{Account, Deployment, DeploymentId, Setting, System, providers, secrets};

use super::ENVOY;
use super::resources::{self, Resources};

/// The provider that a schema speaks to, in the spelling of the price table
/// (`api/v1beta1/shared_types.go`, Envoy AI Gateway c217da8).
const SCHEMAS: &[(&str, &str)] = &[
    ("Anthropic", "anthropic"),
    ("AWSAnthropic", "bedrock"),
    ("AWSBedrock", "bedrock"),
    ("AzureOpenAI", "azure"),
    ("Cohere", "cohere"),
    ("GCPAnthropic", "vertex_ai"),
    ("GCPVertexAI", "vertex_ai"),
    ("OpenAI", "openai"),
];

/// The schemas, for whoever looks for a near one.
pub(super) fn schemas() -> impl Iterator<Item = &'static str> {
    SCHEMAS.iter().map(|(schema, _)| *schema)
}

/// Where a backend's host is written, with its port.
struct Host {
    name: String,
    port: Option<u64>,
    place: Place,
}

/// Adds the deployment of one `backendRefs` item for one model. A backend that no file in view defines
/// is a provider of its own name.
pub(super) fn deployment(
    resources: &Resources<'_>,
    namespace: &str,
    reference: &Node,
    model: &Setting<String>,
    prices: &Prices,
    system: &mut System,
) -> DeploymentId {
    let name = reference.get("name").and_then(Node::as_str).unwrap_or_default();
    let namespace = reference.get("namespace").and_then(Node::as_str).unwrap_or(namespace);
    let pool = reference.get("kind").and_then(Node::as_str) == Some("InferencePool");
    let backend = resources.find("AIServiceBackend", namespace, name);
    let host = if pool {
        reference.get("name").map(|node| Host {
            name: format!("{name}.{namespace}.svc"),
            port: None,
            place: node.place.clone(),
        })
    } else {
        backend.and_then(|backend| host(resources, namespace, backend))
    };
    let schema = backend.and_then(|backend| backend.at(&["spec", "schema", "name"]));
    let provider = provider(name, pool, schema, host.as_ref());
    let own_host = pool || host.as_ref().is_some_and(|host| providers::is_local_host(&host.name));
    let model = reference
        .get("modelNameOverride")
        .and_then(|node| Some(Setting::written(node.as_str()?.to_owned(), node.place.clone())))
        .unwrap_or_else(|| model.clone());
    let policy = backend.and_then(|backend| security(resources, namespace, name, backend));
    let deployment = Deployment {
        name: format!("{} → {name}", model.value),
        dialect: ENVOY,
        place: reference.place.clone(),
        region: region(&provider.value, policy, host.as_ref()),
        account: policy.and_then(|policy| account(resources, namespace, policy, system)),
        self_hosted: own_host || providers::is_self_hosted(&provider.value),
        endpoint: None,
        base_model: None,
        limits: super::limits::quotas(resources, namespace, name, &model.value),
        max_output_tokens: None,
        weight: reference
            .get("weight")
            .and_then(|node| Some(Setting::written(node.as_f64()?, node.place.clone()))),
        facts: prices.find(&provider.value, &model.value, None),
        mock: None,
        host: host.map(|host| {
            let shown = match host.port {
                Some(port) if port != 443 => format!("{}:{port}", host.name),
                _ => host.name,
            };
            Setting::written(shown, host.place)
        }),
        provider,
        model,
    };
    system.add_deployment(deployment)
}

/// The provider: whose host it is, else what its schema says; at a host of one's own, the schema's.
fn provider(name: &str, pool: bool, schema: Option<&Node>, host: Option<&Host>) -> Setting<String> {
    if pool {
        return Setting::derived("vllm".to_owned(), "an InferencePool serves models of one's own");
    }
    let Some(schema) = schema else {
        return Setting::derived(name.to_owned(), "no file in view defines this backend");
    };
    let text = schema.as_str().unwrap_or_default();
    let by_schema = SCHEMAS
        .iter()
        .find(|(known, _)| *known == text)
        .map(|(_, provider)| *provider);
    if text == "OpenAI"
        && let Some(host) = host
    {
        if let Some(known) = providers::of_host(&host.name) {
            return Setting::written(known.to_owned(), host.place.clone());
        }
        if !providers::is_local_host(&host.name) {
            return Setting::written(host.name.clone(), host.place.clone());
        }
    }
    Setting::written(by_schema.unwrap_or(text).to_owned(), schema.place.clone())
}

/// The host behind a service backend: an Envoy Gateway `Backend`, or a service of the cluster.
fn host(resources: &Resources<'_>, namespace: &str, backend: &Node) -> Option<Host> {
    let reference = backend.at(&["spec", "backendRef"])?;
    let node = reference.get("name")?;
    let name = node.as_str()?;
    if reference.get("kind").and_then(Node::as_str) != Some("Backend") {
        return Some(Host {
            name: format!("{name}.{namespace}.svc"),
            port: reference.get("port").and_then(Node::as_u64),
            place: node.place.clone(),
        });
    }
    let found = resources.find("Backend", namespace, name)?;
    let endpoint = found.at(&["spec", "endpoints"])?.items().next()?;
    let (kind, key) = if endpoint.get("ip").is_some() {
        ("ip", "address")
    } else {
        ("fqdn", "hostname")
    };
    let address = endpoint.at(&[kind, key])?;
    Some(Host {
        name: address.as_str()?.to_ascii_lowercase(),
        port: endpoint.at(&[kind, "port"]).and_then(Node::as_u64),
        place: address.place.clone(),
    })
}

/// The policy that is attached to a backend, or that an older backend refers to.
fn security<'a>(resources: &Resources<'a>, namespace: &str, name: &str, backend: &Node) -> Option<&'a Node> {
    let older = backend
        .at(&["spec", "backendSecurityPolicyRef", "name"])
        .and_then(Node::as_str)
        .and_then(|policy| resources.find("BackendSecurityPolicy", namespace, policy));
    let attached = resources.policies("BackendSecurityPolicy", "AIServiceBackend", namespace, name);
    older.or_else(|| attached.first().copied())?.get("spec")
}

fn region(provider: &str, policy: Option<&Node>, host: Option<&Host>) -> Option<Setting<String>> {
    let written = ["awsCredentials", "gcpCredentials"]
        .iter()
        .find_map(|kind| policy?.at(&[kind, "region"]));
    if let Some(node) = written {
        return Some(Setting::written(node.as_str()?.to_owned(), node.place.clone()));
    }
    let host = host?;
    let mut parts = host.name.split('.');
    let found = match provider {
        // `bedrock-runtime.us-east-1.amazonaws.com`
        "bedrock" => parts.nth(1),
        // `us-central1-aiplatform.googleapis.com`
        "vertex_ai" => parts.next().and_then(|first| first.strip_suffix("-aiplatform")),
        // An Azure resource lives in one region, so the resource stands for the region.
        "azure" => parts.next(),
        _ => None,
    };
    Some(Setting::written(found?.to_owned(), host.place.clone()))
}

/// The key or account of a policy: the secret that holds it, or a role, client or project.
fn account(resources: &Resources<'_>, namespace: &str, policy: &Node, system: &mut System) -> Option<Account> {
    let block = policy
        .entries()
        .find(|entry| entry.value.as_map().is_some() && entry.key.text != "targetRefs")?;
    let secret = ["secretRef", "clientSecretRef"]
        .iter()
        .find_map(|key| find(&block.value, key, 0));
    if let Some(node) = secret.and_then(|secret| secret.get("name")) {
        let name = node.as_str()?;
        let resource = resources.find("Secret", namespace, name);
        let variable = resource.and_then(substituted);
        if let Some(variable) = variable {
            system
                .variables
                .need(variable.as_str().unwrap_or_default(), variable.place.clone());
        }
        return Some(Account {
            id: format!("secret {name}"),
            place: Some(node.place.clone()),
            literal: resource.is_some_and(|secret| literals(secret).next().is_some()),
            variable: variable.and_then(Node::as_str).map(ToOwned::to_owned),
        });
    }
    let named = ["awsRoleArn", "clientID", "projectName"]
        .iter()
        .find_map(|key| find(&block.value, key, 0));
    Some(Account {
        id: named
            .and_then(Node::as_str)
            .map_or_else(|| block.key.text.clone(), ToOwned::to_owned),
        place: Some(named.map_or_else(|| block.key.place.clone(), |node| node.place.clone())),
        literal: false,
        variable: None,
    })
}

/// The value of a key at any depth down to four.
fn find<'a>(node: &'a Node, key: &str, depth: usize) -> Option<&'a Node> {
    node.get(key).or_else(|| {
        node.entries()
            .filter(|_| depth < 4)
            .find_map(|entry| find(&entry.value, key, depth + 1))
    })
}

/// The variable that `aigw run` puts into a secret (`substitution.aigw.run/env/…`).
fn substituted(secret: &Node) -> Option<&Node> {
    secret
        .at(&["metadata", "annotations"])?
        .entries()
        .find(|entry| entry.key.text.starts_with("substitution.aigw.run/env/"))
        .map(|entry| &entry.value)
}

/// The values of a secret that are keys and no placeholders.
pub(super) fn literals(secret: &Node) -> impl Iterator<Item = (&str, &Node)> {
    secret
        .get("stringData")
        .into_iter()
        .flat_map(Node::entries)
        .filter(|entry| entry.value.as_str().is_some_and(secrets::is_secret))
        .map(|entry| (entry.key.text.as_str(), &entry.value))
}

/// Whether a backend's host is called without encryption: port 80, and neither a policy nor the backend
/// itself says TLS.
pub(super) fn plaintext<'a>(resources: &Resources<'a>, backend: &'a Node) -> Option<&'a Node> {
    let endpoint = backend.at(&["spec", "endpoints"])?.items().next()?;
    let address = endpoint.at(&["fqdn", "hostname"])?;
    let port = endpoint.at(&["fqdn", "port"])?.as_u64()?;
    let (namespace, name) = (resources::namespace(backend), resources::name(backend));
    let encrypted = backend.at(&["spec", "tls"]).is_some()
        || !resources
            .policies("BackendTLSPolicy", "Backend", namespace, name)
            .is_empty();
    (port == 80 && !encrypted).then_some(address)
}
