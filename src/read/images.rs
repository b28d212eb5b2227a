//! What a container is, by its image.

use crate::system::{Dialect, ServiceKind};

/// Parts of image names and what runs in them; the first that fits counts.
const IMAGES: &[(&str, ServiceKind)] = &[
    ("litellm", ServiceKind::Gateway(Dialect::Litellm)),
    ("tensorzero/gateway", ServiceKind::Gateway(Dialect::Tensorzero)),
    ("portkeyai/gateway", ServiceKind::Gateway(Dialect::Portkey)),
    ("maximhq/bifrost", ServiceKind::Gateway(Dialect::Bifrost)),
    ("helicone/ai-gateway", ServiceKind::Gateway(Dialect::Helicone)),
    ("envoyproxy/ai-gateway", ServiceKind::Gateway(Dialect::Envoy)),
    ("kong/kong", ServiceKind::Gateway(Dialect::Kong)),
    ("aisys", ServiceKind::Gateway(Dialect::Aisys)),
    ("redis", ServiceKind::Redis),
    ("valkey", ServiceKind::Redis),
    ("dragonfly", ServiceKind::Redis),
    ("pgvector", ServiceKind::Database),
    ("postgres", ServiceKind::Database),
    ("timescale", ServiceKind::Database),
    ("mysql", ServiceKind::Database),
    ("mariadb", ServiceKind::Database),
    ("mongo", ServiceKind::Database),
    ("clickhouse", ServiceKind::Database),
    ("qdrant", ServiceKind::VectorStore),
    ("weaviate", ServiceKind::VectorStore),
    ("milvus", ServiceKind::VectorStore),
    ("chromadb", ServiceKind::VectorStore),
    ("chroma", ServiceKind::VectorStore),
    ("ollama/ollama", ServiceKind::ModelServer),
    ("vllm", ServiceKind::ModelServer),
    ("text-generation-inference", ServiceKind::ModelServer),
    ("llama.cpp", ServiceKind::ModelServer),
    ("lmstudio", ServiceKind::ModelServer),
    ("sglang", ServiceKind::ModelServer),
];

/// Helpers that carry a gateway's or store's name and are none: exporters, consoles, databases of it.
const OTHERS: &[&str] = &[
    "litellm-database-init",
    "exporter",
    "redisinsight",
    "redis-commander",
    "pgadmin",
    "backup",
    "konga",
];

/// What an image holds.
pub(super) fn kind_of(image: &str) -> ServiceKind {
    let lower = image.to_ascii_lowercase();
    // The host and the tag say nothing of what is inside.
    let name = lower.split('@').next().unwrap_or(&lower);
    if OTHERS.iter().any(|other| name.contains(other)) {
        return ServiceKind::Other;
    }
    let bare = name
        .rsplit('/')
        .next()
        .unwrap_or(name)
        .split(':')
        .next()
        .unwrap_or(name);
    if bare == "kong" {
        return ServiceKind::Gateway(Dialect::Kong);
    }
    IMAGES
        .iter()
        .find(|(part, _)| name.contains(part))
        .map_or(ServiceKind::Other, |(_, kind)| *kind)
}
