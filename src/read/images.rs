//! What a container is: by its image, else by the program that it starts, else by its name.

use crate::system::{Dialect, ServiceKind};

const LITELLM: ServiceKind = ServiceKind::Gateway(Dialect::Litellm);

/// Images by their last parts, without tag and digest. One part fits in any registry or mirror.
const IMAGES: &[(&str, ServiceKind)] = &[
    ("tensorzero/gateway", ServiceKind::Gateway(Dialect::Tensorzero)),
    ("tensorzero/gateway-dev", ServiceKind::Gateway(Dialect::Tensorzero)),
    ("portkeyai/gateway", ServiceKind::Gateway(Dialect::Portkey)),
    ("portkeyai/gateway_enterprise", ServiceKind::Gateway(Dialect::Portkey)),
    ("maximhq/bifrost", ServiceKind::Gateway(Dialect::Bifrost)),
    ("helicone/ai-gateway", ServiceKind::Gateway(Dialect::Helicone)),
    ("ai-gateway-extproc", ServiceKind::Gateway(Dialect::Envoy)),
    ("ai-gateway-controller", ServiceKind::Gateway(Dialect::Envoy)),
    ("ai-gateway-cli", ServiceKind::Gateway(Dialect::Envoy)),
    ("envoyproxy/envoy", ServiceKind::Gateway(Dialect::Envoy)),
    ("kong", ServiceKind::Gateway(Dialect::Kong)),
    ("kong-gateway", ServiceKind::Gateway(Dialect::Kong)),
    ("aisys", ServiceKind::Gateway(Dialect::Aisys)),
    ("redis", ServiceKind::Redis),
    ("redis-stack", ServiceKind::Redis),
    ("redis-stack-server", ServiceKind::Redis),
    ("valkey", ServiceKind::Redis),
    ("valkey-bundle", ServiceKind::Redis),
    ("keydb", ServiceKind::Redis),
    ("dragonfly", ServiceKind::Redis),
    ("pgvector", ServiceKind::VectorStore),
    ("qdrant", ServiceKind::VectorStore),
    ("weaviate", ServiceKind::VectorStore),
    ("milvus", ServiceKind::VectorStore),
    ("chroma", ServiceKind::VectorStore),
    ("chromadb", ServiceKind::VectorStore),
    ("postgres", ServiceKind::Database),
    ("postgresql", ServiceKind::Database),
    ("postgis", ServiceKind::Database),
    ("timescaledb", ServiceKind::Database),
    ("timescaledb-ha", ServiceKind::Database),
    ("mysql", ServiceKind::Database),
    ("mysql-server", ServiceKind::Database),
    ("mariadb", ServiceKind::Database),
    ("mongo", ServiceKind::Database),
    ("mongodb", ServiceKind::Database),
    ("mongodb-community-server", ServiceKind::Database),
    ("clickhouse", ServiceKind::Database),
    ("clickhouse-server", ServiceKind::Database),
    ("ollama", ServiceKind::ModelServer),
    ("vllm", ServiceKind::ModelServer),
    ("vllm-openai", ServiceKind::ModelServer),
    ("vllm-openai-cpu", ServiceKind::ModelServer),
    ("text-generation-inference", ServiceKind::ModelServer),
    ("text-embeddings-inference", ServiceKind::ModelServer),
    ("llama.cpp", ServiceKind::ModelServer),
    ("sglang", ServiceKind::ModelServer),
    ("localai", ServiceKind::ModelServer),
    ("lmstudio", ServiceKind::ModelServer),
];

/// Programs by their name in a command, for images that a team builds itself.
const PROGRAMS: &[(&str, ServiceKind)] = &[
    ("litellm", LITELLM),
    ("vllm", ServiceKind::ModelServer),
    ("llama-server", ServiceKind::ModelServer),
    ("ollama", ServiceKind::ModelServer),
    ("text-generation-launcher", ServiceKind::ModelServer),
    ("redis-server", ServiceKind::Redis),
    ("valkey-server", ServiceKind::Redis),
];

/// Words in a service's name; what stands first here is the thing, what follows whose it is:
/// `litellm-redis` is a Redis.
const NAMES: &[(&str, ServiceKind)] = &[
    ("redis", ServiceKind::Redis),
    ("valkey", ServiceKind::Redis),
    ("qdrant", ServiceKind::VectorStore),
    ("weaviate", ServiceKind::VectorStore),
    ("postgres", ServiceKind::Database),
    ("mysql", ServiceKind::Database),
    ("db", ServiceKind::Database),
    ("ollama", ServiceKind::ModelServer),
    ("vllm", ServiceKind::ModelServer),
    ("litellm", LITELLM),
    ("tensorzero", ServiceKind::Gateway(Dialect::Tensorzero)),
    ("bifrost", ServiceKind::Gateway(Dialect::Bifrost)),
    ("kong", ServiceKind::Gateway(Dialect::Kong)),
];

/// Words of helpers that carry the name of what they help.
const HELPERS: &[&str] = &[
    "exporter",
    "insight",
    "commander",
    "init",
    "setup",
    "migrate",
    "migration",
    "migrations",
    "backup",
    "ui",
    "webui",
    "dashboard",
    "pull",
    "test",
    "tests",
    "client",
    "sync",
];

/// Words of jobs that run once.
const JOBS: &[&str] = &["init", "setup", "migrate", "migration", "migrations", "backup"];

/// What a service is: by its image, by the program that its command starts, and by its name where
/// it has no image in view (it is built, or the file overrides another one).
pub(super) fn kind(name: &str, image: Option<&str>, command: Option<&str>) -> ServiceKind {
    let known = image.and_then(by_image);
    // A job that prepares a database with the gateway's own image answers nobody.
    if matches!(known, Some(ServiceKind::Gateway(_))) && JOBS.iter().any(|word| has_word(name, word)) {
        return ServiceKind::Other;
    }
    known
        .or_else(|| by_command(command?))
        .or_else(|| if image.is_none() { by_name(name) } else { None })
        .unwrap_or(ServiceKind::Other)
}

fn by_image(image: &str) -> Option<ServiceKind> {
    let path = path_of(image);
    let known = IMAGES.iter().find(|(end, _)| {
        path.strip_suffix(end)
            .is_some_and(|before| before.is_empty() || before.ends_with('/'))
    });
    // The proxy has many editions and many teams make their own: `litellm-database`, `our-litellm`.
    let last = path.rsplit('/').next().unwrap_or(&path);
    known
        .map(|(_, kind)| *kind)
        .or_else(|| (has_word(last, "litellm") && !is_helper(last)).then_some(LITELLM))
}

/// An image without tag and digest: `ghcr.io/berriai/litellm` of `ghcr.io/berriai/litellm:v1@sha256:…`.
fn path_of(image: &str) -> String {
    let image = image.split('@').next().unwrap_or(image);
    let name_start = image.rfind('/').map_or(0, |at| at + 1);
    let end = image[name_start..].find(':').map_or(image.len(), |at| name_start + at);
    image[..end].to_ascii_lowercase()
}

fn by_command(command: &str) -> Option<ServiceKind> {
    let program = command
        .split_whitespace()
        .find(|word| !matches!(*word, "exec" | "sh" | "bash" | "/bin/sh" | "/bin/bash" | "-c"))?;
    let name = program.rsplit('/').next().unwrap_or(program);
    PROGRAMS.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
}

fn by_name(name: &str) -> Option<ServiceKind> {
    let name = name.to_ascii_lowercase();
    if is_helper(&name) {
        return None;
    }
    NAMES
        .iter()
        .find(|(word, _)| has_word(&name, word))
        .map(|(_, kind)| *kind)
}

fn is_helper(name: &str) -> bool {
    HELPERS.iter().any(|word| has_word(name, word))
}

fn has_word(name: &str, word: &str) -> bool {
    name.split(['-', '_', '.']).any(|part| part == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_tells_what_runs() {
        for (image, expected) in [
            ("ghcr.io/berriai/litellm:main-stable", LITELLM),
            ("docker.litellm.ai/berriai/litellm-database:v1.80", LITELLM),
            ("registry.example.com:5000/mirror/litellm", LITELLM),
            ("someone/litellm-exporter:1", ServiceKind::Other),
            ("team/app:litellm", ServiceKind::Other),
            ("tensorzero/gateway", ServiceKind::Gateway(Dialect::Tensorzero)),
            ("tensorzero/ui", ServiceKind::Other),
            ("kong:3.9", ServiceKind::Gateway(Dialect::Kong)),
            ("docker.io/library/redis:7-alpine", ServiceKind::Redis),
            ("valkey/valkey:8@sha256:00", ServiceKind::Redis),
            ("redis/redisinsight", ServiceKind::Other),
            ("pgvector/pgvector:pg16", ServiceKind::VectorStore),
            ("postgres:16", ServiceKind::Database),
            ("quay.io/prometheuscommunity/postgres-exporter", ServiceKind::Other),
            (
                "ghcr.io/huggingface/text-generation-inference:2",
                ServiceKind::ModelServer,
            ),
            ("ghcr.io/ggml-org/llama.cpp:server", ServiceKind::ModelServer),
            ("nginx:alpine", ServiceKind::Other),
        ] {
            assert_eq!(kind("x", Some(image), None), expected, "{image}");
        }
    }

    #[test]
    fn without_a_known_image_the_command_and_the_name_tell() {
        assert_eq!(
            kind("x", Some("team/proxy:1"), Some("litellm --config c.yaml")),
            LITELLM
        );
        assert_eq!(kind("litellm", None, None), LITELLM);
        assert_eq!(kind("litellm-redis", None, None), ServiceKind::Redis);
        assert_eq!(kind("litellm_db", None, None), ServiceKind::Database);
        assert_eq!(kind("litellm-init", None, None), ServiceKind::Other);
        assert_eq!(
            kind("gateway-run-migrations", Some("tensorzero/gateway"), None),
            ServiceKind::Other
        );
        // An image that is known to be none of these is not overruled by a name.
        assert_eq!(kind("redis", Some("nginx"), None), ServiceKind::Other);
    }
}
