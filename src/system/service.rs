//! Containers and stores around gateways and applications.

use crate::source::Place;

use super::{Dialect, Setting};

/// What a service is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ServiceKind {
    /// A gateway of this dialect.
    Gateway(Dialect),
    /// Redis, Valkey and their kin.
    Redis,
    /// `PostgreSQL` and other databases.
    Database,
    /// A vector store.
    VectorStore,
    /// A server of models: Ollama, vLLM, TGI, llama.cpp.
    ModelServer,
    /// Anything else, the application among them.
    Other,
}

/// A container, from a compose file or a manifest.
#[derive(Debug, Clone)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// The dialect it was read from.
    pub dialect: Dialect,
    /// The value or key that names it.
    pub place: Place,
    /// What it is.
    pub kind: ServiceKind,
    /// The image.
    pub image: Option<Setting<String>>,
    /// How many run.
    pub replicas: Setting<u64>,
    /// Whether something makes it grow (an autoscaler), so that `replicas` is a floor.
    pub scales: bool,
    /// Whether it is started again after a crash.
    pub restarts: Setting<bool>,
    /// Whether anything asks if it still works.
    pub health_check: Setting<bool>,
    /// Ports that are opened on the host: each as written, and whether on every interface.
    pub ports: Vec<Setting<PublishedPort>>,
    /// Environment variables set for it: name and value as written.
    pub environment: Vec<(String, Setting<Option<String>>)>,
    /// Files whose variables it is given.
    pub env_files: Vec<Setting<String>>,
    /// Files of the project that are mounted into it: host path and path inside.
    pub mounts: Vec<(Setting<String>, String)>,
    /// The command line, joined by spaces.
    pub command: Option<Setting<String>>,
    /// Services that it waits for.
    pub depends_on: Vec<Setting<String>>,
    /// A memory limit, if one is set.
    pub memory_limit: Option<Setting<String>>,
    /// The whole block.
    pub block: Place,
}

impl Service {
    /// How many processes one instance runs: `--num_workers` of `LiteLLM` 1.109.1, or its variable
    /// `NUM_WORKERS`; one when neither is written.
    #[must_use]
    pub fn workers(&self) -> u64 {
        let words = self.command.as_ref().map_or("", |command| command.value.as_str());
        let mut words = words.split([' ', '=']);
        let flag = words
            .by_ref()
            .find(|word| *word == "--num_workers")
            .and_then(|_| words.next());
        let variable = self
            .environment
            .iter()
            .find(|(name, _)| name == "NUM_WORKERS")
            .and_then(|(_, value)| value.value.as_deref());
        flag.or(variable)
            .and_then(|count| count.trim().parse().ok())
            .unwrap_or(1)
            .max(1)
    }
}

/// A port that is opened on the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedPort {
    /// As written.
    pub text: String,
    /// The host's port.
    pub host: Option<u16>,
    /// The container's port.
    pub container: Option<u16>,
    /// Whether it answers on every interface.
    pub every_interface: bool,
}
