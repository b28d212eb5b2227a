//! What deployments share and can fail together by.

use super::{Deployment, System};

/// The kinds of shared fate, in the order in which reports list them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FateKind {
    /// A company's API as a whole.
    Provider,
    /// One region of a provider.
    Region,
    /// One key, account or project.
    Account,
    /// One host of one's own, or a private endpoint.
    Host,
    /// One model, wherever it is served by that provider.
    Model,
    /// A store or container in the request's path.
    Service,
}

impl FateKind {
    /// The word in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Region => "region",
            Self::Account => "account",
            Self::Host => "host",
            Self::Model => "model",
            Self::Service => "service",
        }
    }
}

/// One thing that can fail, and takes with it everything that has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fate {
    /// Its kind.
    pub kind: FateKind,
    /// Its name: `openai`, `azure/swedencentral`, `OPENAI_API_KEY`, `gpu-1:8000`,
    /// `openai/gpt-4o`, `redis`.
    pub name: String,
}

impl Fate {
    /// A fate of a kind.
    pub fn new(kind: FateKind, name: impl Into<String>) -> Self {
        Self {
            kind,
            name: name.into(),
        }
    }
}

impl std::fmt::Display for Fate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.kind.name(), self.name)
    }
}

impl Deployment {
    /// All fates of this deployment: it is down when any of them is.
    ///
    /// A model of one's own host has no provider, only a host.
    #[must_use]
    pub fn fates(&self) -> Vec<Fate> {
        let provider = &self.provider.value;
        let mut fates = Vec::with_capacity(5);
        if !self.self_hosted {
            fates.push(Fate::new(FateKind::Provider, provider.clone()));
        }
        if let Some(region) = &self.region {
            fates.push(Fate::new(FateKind::Region, format!("{provider}/{}", region.value)));
        }
        if let Some(account) = &self.account
            && !self.self_hosted
        {
            fates.push(Fate::new(FateKind::Account, account.id.clone()));
        }
        if let Some(host) = &self.host {
            fates.push(Fate::new(FateKind::Host, host.value.clone()));
        }
        fates.push(Fate::new(FateKind::Model, format!("{provider}/{}", self.model.value)));
        fates
    }
}

impl System {
    /// The services that every request of a route passes and that stop it when they are down.
    #[must_use]
    pub fn path_services(&self, route: &super::Route) -> Vec<Fate> {
        route
            .gateway
            .into_iter()
            .flat_map(|gateway| &self.gateway(gateway).path_services)
            .map(|service| Fate::new(FateKind::Service, service.value.clone()))
            .collect()
    }
}
