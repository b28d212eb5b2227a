//! What a rule may look at.

use std::time::Duration;

use rayon::prelude::*;

use crate::clock::Day;
use crate::source::{Node, Place};
use crate::system::prices::Prices;
use crate::system::{Dialect, Fate, FateKind, Gateway, GatewayId, Remark, RemarkKind, Route, RouteId, System};

use super::answers::{self, Availabilities, RouteAnswers};
use super::index::{self, Index};

/// What the user chose, or the defaults.
#[derive(Debug, Clone)]
pub struct Options {
    /// The latest moment at which a user must have an answer.
    pub deadline: Duration,
    /// The day on which models are judged to be past their end.
    pub today: Day,
    /// Requests a second that may arrive, when the user declares it.
    pub traffic: Option<f64>,
    /// How often each fate is up.
    pub availabilities: Availabilities,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(7),
            today: Day::today(),
            traffic: None,
            availabilities: Availabilities::default(),
        }
    }
}

/// A system with everything that was computed about it.
#[derive(Debug)]
pub struct Audit<'a> {
    /// The system.
    pub system: &'a System,
    /// The price table.
    pub prices: &'a Prices,
    /// What the user chose.
    pub options: &'a Options,
    /// For each route, at the same index as in the system.
    pub answers: Vec<RouteAnswers>,
    index: Index,
}

impl<'a> Audit<'a> {
    /// Computes every route's answers.
    #[must_use]
    pub fn new(system: &'a System, prices: &'a Prices, options: &'a Options) -> Self {
        let answers = (0..system.routes.len())
            .into_par_iter()
            .with_min_len(16)
            .map(|at| answers::answer(system, RouteId(at), options, false))
            .collect();
        Self {
            system,
            prices,
            options,
            answers,
            index: Index::of(system),
        }
    }

    /// All routes with their ids.
    pub fn routes(&self) -> impl Iterator<Item = (RouteId, &'a Route)> + use<'a> {
        self.system
            .routes
            .iter()
            .enumerate()
            .map(|(at, route)| (RouteId(at), route))
    }

    /// The chat routes: what people wait for.
    pub fn chat_routes(&self) -> impl Iterator<Item = (RouteId, &'a Route)> + use<'a> {
        self.routes().filter(|(_, route)| route.is_chat())
    }

    /// The chat routes whose own path is judged: not code that reaches a gateway whose route is
    /// judged already.
    pub fn own_chat_routes(&self) -> impl Iterator<Item = (RouteId, &'a Route)> + use<'a> {
        let system = self.system;
        self.chat_routes().filter(move |(_, route)| {
            route
                .call
                .is_none_or(|call| route.gateway.is_some() || system.call(call).reaches.is_none())
        })
    }

    /// The routes of one gateway.
    pub fn routes_of(&self, gateway: GatewayId) -> impl Iterator<Item = (RouteId, &'a Route)> {
        let system = self.system;
        self.index.routes_of[gateway.0]
            .iter()
            .map(move |id| (*id, system.route(*id)))
    }

    /// The chat routes of one gateway.
    pub fn chat_routes_of(&self, gateway: GatewayId) -> impl Iterator<Item = (RouteId, &'a Route)> {
        self.routes_of(gateway).filter(|(_, route)| route.is_chat())
    }

    /// The document that a place is in: the innermost one, where a file holds another (a
    /// configuration inside a `ConfigMap`). Fixes add their keys to it.
    #[must_use]
    pub fn document_at(&self, place: &Place) -> Option<&'a Node> {
        let documents = self.index.documents_of.get(&index::address(&place.file))?;
        documents
            .iter()
            .map(|at| &self.system.documents[*at])
            .filter(|root| root.place.span.contains(place.span))
            .min_by_key(|root| root.place.span.end - root.place.span.start)
    }

    /// The fates of a kind each of which takes a route down alone.
    pub fn single_fates(&self, route: RouteId, kind: FateKind) -> impl Iterator<Item = &Fate> {
        self.answers(route)
            .cut_sets
            .iter()
            .filter(move |cut| cut.len() == 1 && cut[0].kind == kind)
            .map(|cut| &cut[0])
    }

    /// Whether a gateway reaches anything that costs money.
    #[must_use]
    pub fn spends(&self, gateway: GatewayId) -> bool {
        self.chat_routes_of(gateway).any(|(_, route)| {
            route
                .members
                .iter()
                .any(|member| !self.system.deployment(*member).self_hosted)
        })
    }

    /// How many processes of a gateway run, as far as compose files and manifests tell: instances
    /// times workers; 0 when none was seen.
    #[must_use]
    pub fn processes(&self, gateway: &Gateway) -> u64 {
        gateway
            .run_by
            .iter()
            .map(|service| self.system.service(*service))
            .map(|service| {
                let instances = if service.scales {
                    service.replicas.value.max(2)
                } else {
                    service.replicas.value
                };
                instances.saturating_mul(service.workers())
            })
            .fold(0, u64::saturating_add)
    }

    /// Whether another route falls back to this one.
    #[must_use]
    pub fn is_fallback_target(&self, id: RouteId) -> bool {
        self.index.is_fallback_target[id.0]
    }

    /// All gateways with their ids.
    pub fn gateways(&self) -> impl Iterator<Item = (GatewayId, &'a Gateway)> + use<'a> {
        self.system
            .gateways
            .iter()
            .enumerate()
            .map(|(at, gateway)| (GatewayId(at), gateway))
    }

    /// The gateways of one dialect.
    pub fn gateways_of(&self, dialect: Dialect) -> impl Iterator<Item = (GatewayId, &'a Gateway)> + use<'a> {
        self.gateways().filter(move |(_, gateway)| gateway.dialect == dialect)
    }

    /// The gateway of a route, if one serves it.
    #[must_use]
    pub fn gateway_of(&self, route: &Route) -> Option<&'a Gateway> {
        route.gateway.map(|id| self.system.gateway(id))
    }

    /// What was computed for a route.
    #[must_use]
    pub fn answers(&self, route: RouteId) -> &RouteAnswers {
        &self.answers[route.0]
    }

    /// The same with all that its numbers were computed from.
    #[must_use]
    pub fn traced(&self, route: RouteId) -> RouteAnswers {
        answers::answer(self.system, route, self.options, true)
    }

    /// The remarks of one kind.
    pub fn remarks(&self, kind: RemarkKind) -> impl Iterator<Item = &'a Remark> + use<'a> {
        self.system.remarks.iter().filter(move |remark| remark.kind == kind)
    }
}
