//! A name that the application calls.

use crate::source::Place;

use super::ids::Offset;
use super::{CallId, DeploymentId, Dialect, GatewayId, Plan, Policy, RouteId, Setting};

/// What a route does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// Chat, completion and responses.
    Chat,
    /// Embeddings.
    Embedding,
    /// Reranking.
    Rerank,
    /// Images, audio, moderation and the rest.
    Other,
}

/// A name that the application calls, and what happens to a request for it.
#[derive(Debug, Clone)]
pub struct Route {
    /// The name.
    pub name: String,
    /// The dialect it was read from.
    pub dialect: Dialect,
    /// Every place where it is declared, the first one first: the value that names it.
    pub places: Vec<Place>,
    /// The gateway that serves it; `None` for code that calls a provider itself.
    pub gateway: Option<GatewayId>,
    /// The call site that is this route, for code that calls a provider itself, or that reaches
    /// another route with its own retries and timeouts around.
    pub call: Option<CallId>,
    /// What it does.
    pub mode: Mode,
    /// Whether the name is a pattern that passes many models.
    pub wildcard: bool,
    /// Whether requests for unknown names come here.
    pub catch_all: bool,
    /// The deployments of the route itself, without fallbacks.
    pub members: Vec<DeploymentId>,
    /// Fallbacks as they are written, also those that never act.
    pub fallbacks: Vec<Fallback>,
    /// What happens to a request, fallbacks included.
    pub plan: Plan,
    /// What surrounds it.
    pub policy: Policy,
}

/// For which failures a fallback is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FallbackKind {
    /// Any failure.
    Any,
    /// The input is too long.
    Context,
    /// The provider refused the content.
    Content,
}

/// One target of a fallback, as written.
#[derive(Debug, Clone)]
pub struct Fallback {
    /// The target's name.
    pub name: String,
    /// Where the target is named.
    pub place: Place,
    /// The route of that name, if there is one.
    pub target: Option<RouteId>,
    /// The deployment, in dialects whose fallbacks name deployments.
    pub deployment: Option<DeploymentId>,
    /// For which failures.
    pub kind: FallbackKind,
    /// Whether it comes from a catch-all list instead of an entry of the route's own.
    pub catch_all: bool,
    /// Why it never acts, when it does not.
    pub unreachable: Option<String>,
}

/// An entry of a fallback list whose route does not exist, so that it never acts.
#[derive(Debug, Clone)]
pub struct UndefinedFallback {
    /// The gateway whose list it is.
    pub gateway: GatewayId,
    /// The name that no route has.
    pub name: String,
    /// Where it stands.
    pub place: Place,
}

impl Fallback {
    /// Whether it is tried after any failure, and there is something to try.
    #[must_use]
    pub const fn acts(&self) -> bool {
        matches!(self.kind, FallbackKind::Any)
            && self.unreachable.is_none()
            && (self.target.is_some() || self.deployment.is_some())
    }
}

impl Route {
    /// Whether anything is tried when its first choice fails: another route, provider or target.
    #[must_use]
    pub fn has_fallback(&self) -> bool {
        self.fallbacks.iter().any(Fallback::acts) || self.plan.has_second_choice()
    }

    /// Whether it is code that calls a provider itself.
    #[must_use]
    pub const fn is_direct(&self) -> bool {
        self.gateway.is_none()
    }

    /// Where the route is named first.
    ///
    /// # Panics
    /// Never: readers give every route a place.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.places[0]
    }

    /// Whether it answers people: chat routes are what most rules speak of.
    #[must_use]
    pub fn is_chat(&self) -> bool {
        self.mode == Mode::Chat
    }

    pub(super) fn shifted(mut self, by: &Offset) -> Self {
        self.gateway = self.gateway.map(|id| by.gateway(id));
        self.call = self.call.map(|id| by.call(id));
        for member in &mut self.members {
            *member = by.deployment(*member);
        }
        for fallback in &mut self.fallbacks {
            fallback.target = fallback.target.map(|id| by.route(id));
            fallback.deployment = fallback.deployment.map(|id| by.deployment(id));
        }
        self.plan.shift(by);
        self
    }
}

/// A setting's place, or where the route is named when nothing is written.
impl Route {
    /// The place that speaks for a setting of this route.
    #[must_use]
    pub fn place_of<T>(&self, setting: &Setting<T>) -> Place {
        setting.place().unwrap_or_else(|| self.place()).clone()
    }
}
