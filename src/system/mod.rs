//! One model of an AI system: routes, deployments, policies, services, fates, prices, origins.
//!
//! Every dialect is read into these words and every stage works on them. This room holds data and
//! what follows from it alone; it reads no files but the price table, and it never prints.

mod call_site;
mod declared;
mod deployment;
mod dialect;
mod fate;
mod gateway;
mod ids;
pub mod names;
mod plan;
mod policy;
pub mod prices;
pub mod providers;
mod remark;
mod route;
pub mod secrets;
mod service;
mod setting;
pub mod units;
pub mod variables;

pub use call_site::{CallSite, LoopBound, ModelLoop, Prompt, Sdk};
pub use declared::Declared;
pub use deployment::{Account, Deployment};
pub use dialect::Dialect;
pub use fate::{Fate, FateKind};
pub use gateway::{Auth, Evaluation, Gateway};
pub use ids::{CallId, DeploymentId, GatewayId, RouteId, ServiceId};
pub use names::nearest;
pub use plan::{Attempt, Backoff, Branch, Plan, Retry, Wait};
pub use policy::{Budget, Cache, CacheKind, Cooldown, Hedge, Limit, LimitKind, Policy, RetryCounts, Scope};
pub use remark::{Remark, RemarkKind};
pub use route::{Fallback, FallbackKind, Mode, Route, UndefinedFallback};
pub use service::{PublishedPort, Service, ServiceKind};
pub use setting::{Origin, ProductDefault, Setting};
pub use variables::{Variable, Variables};

use std::collections::HashSet;
use std::sync::Arc;

use crate::source::{Node, SourceFile};

/// What an application's model access consists of, from all files that belong together.
#[derive(Debug, Default)]
pub struct System {
    /// Gateways, and direct code paths do not have one.
    pub gateways: Vec<Gateway>,
    /// The names that applications call.
    pub routes: Vec<Route>,
    /// Other names of routes: callers of that gateway may use them.
    pub aliases: Vec<(GatewayId, String, RouteId)>,
    /// Fallback entries for routes that do not exist.
    pub undefined_fallbacks: Vec<UndefinedFallback>,
    /// The ways to reach models.
    pub deployments: Vec<Deployment>,
    /// Containers and stores around them.
    pub services: Vec<Service>,
    /// Places in code that call a model.
    pub calls: Vec<CallSite>,
    /// Environment variables: which are set beside the configuration, and where.
    pub variables: Variables,
    /// Evaluation suites that were seen.
    pub evaluations: Vec<Evaluation>,
    /// What the readers noticed that is wrong with the text itself.
    pub remarks: Vec<Remark>,
    /// What `aisys.yaml` declares about the system as a whole.
    pub declared: Declared,
    /// The documents that were read, so that a fix can be written where its key belongs. Whoever
    /// reads a file adds its roots here once the file's own system is made.
    pub documents: Vec<Node>,
}

impl System {
    /// The gateway of an id that this system gave out.
    #[must_use]
    pub fn gateway(&self, id: GatewayId) -> &Gateway {
        &self.gateways[id.0]
    }

    /// The route of an id that this system gave out.
    #[must_use]
    pub fn route(&self, id: RouteId) -> &Route {
        &self.routes[id.0]
    }

    /// The deployment of an id that this system gave out.
    #[must_use]
    pub fn deployment(&self, id: DeploymentId) -> &Deployment {
        &self.deployments[id.0]
    }

    /// The service of an id that this system gave out.
    #[must_use]
    pub fn service(&self, id: ServiceId) -> &Service {
        &self.services[id.0]
    }

    /// The call site of an id that this system gave out.
    #[must_use]
    pub fn call(&self, id: CallId) -> &CallSite {
        &self.calls[id.0]
    }

    /// The declared peak of requests a second, if there is one.
    #[must_use]
    pub fn peak(&self) -> Option<f64> {
        self.declared.peak_per_second.as_ref().map(|peak| peak.value)
    }

    /// Every file that something was read from, each once.
    #[must_use]
    pub fn source_files(&self) -> Vec<Arc<SourceFile>> {
        let documents = self.documents.iter().map(|root| &root.place.file);
        let calls = self.calls.iter().map(|call| &call.place.file);
        let mut seen = HashSet::new();
        documents
            .chain(calls)
            .filter(|file| seen.insert(Arc::as_ptr(file)))
            .map(Arc::clone)
            .collect()
    }

    /// Adds a gateway and gives its id.
    pub fn add_gateway(&mut self, gateway: Gateway) -> GatewayId {
        self.gateways.push(gateway);
        GatewayId(self.gateways.len() - 1)
    }

    /// Adds a route and gives its id.
    pub fn add_route(&mut self, route: Route) -> RouteId {
        self.routes.push(route);
        RouteId(self.routes.len() - 1)
    }

    /// Adds a deployment and gives its id.
    pub fn add_deployment(&mut self, deployment: Deployment) -> DeploymentId {
        self.deployments.push(deployment);
        DeploymentId(self.deployments.len() - 1)
    }

    /// Adds a service and gives its id.
    pub fn add_service(&mut self, service: Service) -> ServiceId {
        self.services.push(service);
        ServiceId(self.services.len() - 1)
    }

    /// Adds a call site and gives its id.
    pub fn add_call(&mut self, call: CallSite) -> CallId {
        self.calls.push(call);
        CallId(self.calls.len() - 1)
    }

    /// The routes of one gateway, with their ids.
    pub fn routes_of(&self, gateway: GatewayId) -> impl Iterator<Item = (RouteId, &Route)> {
        self.routes
            .iter()
            .enumerate()
            .filter(move |(_, route)| route.gateway == Some(gateway))
            .map(|(at, route)| (RouteId(at), route))
    }

    /// Makes room for what several systems hold in the largest lists, so that joining thousands of them
    /// copies none twice.
    pub fn reserve<'a>(&mut self, others: impl Iterator<Item = &'a Self>) {
        let (mut routes, mut deployments, mut documents) = (0, 0, 0);
        for other in others {
            routes += other.routes.len();
            deployments += other.deployments.len();
            documents += other.documents.len();
        }
        self.routes.reserve_exact(routes);
        self.deployments.reserve_exact(deployments);
        self.documents.reserve_exact(documents);
    }

    /// Takes in all of another system, giving its parts new ids. This is how files that were read
    /// side by side become one system.
    pub fn absorb(&mut self, other: Self) {
        let offset = ids::Offset {
            gateway: self.gateways.len(),
            route: self.routes.len(),
            deployment: self.deployments.len(),
            service: self.services.len(),
            call: self.calls.len(),
        };
        self.gateways
            .extend(other.gateways.into_iter().map(|it| it.shifted(&offset)));
        self.routes
            .extend(other.routes.into_iter().map(|it| it.shifted(&offset)));
        self.aliases.extend(
            other
                .aliases
                .into_iter()
                .map(|(gateway, name, route)| (offset.gateway(gateway), name, offset.route(route))),
        );
        self.undefined_fallbacks
            .extend(other.undefined_fallbacks.into_iter().map(|it| UndefinedFallback {
                gateway: offset.gateway(it.gateway),
                ..it
            }));
        self.deployments.extend(other.deployments);
        self.services.extend(other.services);
        self.calls.extend(other.calls.into_iter().map(|it| it.shifted(&offset)));
        self.variables.absorb(other.variables);
        self.evaluations.extend(other.evaluations);
        self.remarks.extend(other.remarks);
        self.declared.absorb(other.declared);
        self.documents.extend(other.documents);
    }
}
