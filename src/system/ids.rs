//! Names for the parts of one system: indices into its lists.

/// A gateway's index in [`System::gateways`](super::System::gateways).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GatewayId(pub usize);
/// A route's index in [`System::routes`](super::System::routes).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RouteId(pub usize);
/// A deployment's index in [`System::deployments`](super::System::deployments).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeploymentId(pub usize);
/// A service's index in [`System::services`](super::System::services).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceId(pub usize);
/// A call site's index in [`System::calls`](super::System::calls).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub usize);

/// By how much each kind of id moves when one system takes in another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Offset {
    pub gateway: usize,
    pub route: usize,
    pub deployment: usize,
    pub service: usize,
    pub call: usize,
}

impl Offset {
    pub(super) fn gateway(&self, id: GatewayId) -> GatewayId {
        GatewayId(id.0 + self.gateway)
    }

    pub(super) fn route(&self, id: RouteId) -> RouteId {
        RouteId(id.0 + self.route)
    }

    pub(super) fn deployment(&self, id: DeploymentId) -> DeploymentId {
        DeploymentId(id.0 + self.deployment)
    }

    pub(super) fn service(&self, id: ServiceId) -> ServiceId {
        ServiceId(id.0 + self.service)
    }

    pub(super) fn call(&self, id: CallId) -> CallId {
        CallId(id.0 + self.call)
    }
}
