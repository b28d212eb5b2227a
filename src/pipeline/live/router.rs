//! A route that is called as a model is.

use std::sync::Mutex;
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::deployments::{Live, live};
use super::drive;
use crate::clock::Moment;
use crate::pipeline::policy::{Health, Program, Tick};
use crate::provider::{BuildOptions, Call, CallError, Provider, Reply};
use crate::source::Place;
use crate::system::prices::Prices;
use crate::system::{RouteId, System, nearest};

/// Why a route cannot be called.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message} at {place}")]
pub struct RouterError {
    /// Where the reason stands.
    pub place: Place,
    /// What is wrong and what was expected.
    pub message: String,
}

/// One route of a system with real providers behind it. It may be called from many tasks at once; what it
/// learns of its deployments is shared among them.
pub struct Router {
    pub(super) name: String,
    pub(super) program: Program,
    pub(super) health: Mutex<Health>,
    pub(super) degraded: String,
    /// The deployment that is tried first when all is well, where it is one.
    pub(super) first: Option<usize>,
    /// By the deployments' numbers in the system; those of other routes are `None`.
    deployments: Vec<Option<Live>>,
    start: Moment,
}

impl Router {
    /// Builds what a route needs. The providers make one attempt for each call of theirs; no cassette is put
    /// around them, the budget of `options` is: wrap the router to have its answers recorded.
    ///
    /// # Errors
    /// Fails on a deployment that cannot be called, with its place.
    pub fn of(system: &System, id: RouteId, prices: &Prices, options: &BuildOptions) -> Result<Self, RouterError> {
        let route = system.route(id);
        let connect = route.policy.connect.as_ref().map(|connect| connect.value);
        let options = options.for_route(connect);
        let mut deployments: Vec<Option<Live>> = system.deployments.iter().map(|_| None).collect();
        for attempt in route.plan.attempts() {
            let place = &mut deployments[attempt.deployment.0];
            if place.is_none() {
                *place = Some(live(system, attempt, prices, &options)?);
            }
        }
        let mut members = route.members.iter();
        Ok(Self {
            name: route.name.clone(),
            program: Program::of_route(system, route),
            health: Mutex::new(Health::of(system)),
            degraded: (route.policy.degraded.as_ref()).map_or_else(String::new, |text| text.value.clone()),
            first: members.next().filter(|_| members.next().is_none()).map(|id| id.0),
            deployments,
            start: Moment::now(),
        })
    }

    /// The route of a name, or the only one there is.
    ///
    /// # Errors
    /// Says which routes there are, and which name is near.
    pub fn find(system: &System, name: Option<&str>) -> Result<RouteId, String> {
        let names: Vec<&str> = system.routes.iter().map(|route| route.name.as_str()).collect();
        let known = || match names.as_slice() {
            [] => "there is no route".to_owned(),
            names => format!("the routes are `{}`", names.join("`, `")),
        };
        let Some(name) = name else {
            return match names.as_slice() {
                [_] => Ok(RouteId(0)),
                _ => Err(format!("which route is meant? {}", known())),
            };
        };
        let at = names.iter().position(|it| *it == name);
        at.map(RouteId)
            .ok_or_else(|| match nearest(name, names.iter().copied()) {
                Some(near) => format!("there is no route `{name}`; did you mean `{near}`?"),
                None => format!("there is no route `{name}`; {}", known()),
            })
    }

    /// Nanoseconds since it was built.
    pub(super) fn now(&self) -> Tick {
        Tick::ZERO.after(self.start.elapsed())
    }

    /// Waits until then; for ever when that is never.
    pub(super) async fn reached(&self, until: Tick) {
        if until == Tick::NEVER {
            return std::future::pending().await;
        }
        self.start.after(Duration::from_nanos(until.0)).reached().await;
    }

    pub(super) fn live(&self, deployment: usize) -> Option<&Live> {
        self.deployments.get(deployment)?.as_ref()
    }

    pub(super) fn name_of(&self, deployment: usize) -> &str {
        self.live(deployment).map_or("", |live| live.provider.name())
    }
}

impl Provider for Router {
    fn name(&self) -> &str {
        &self.name
    }

    fn identity(&self) -> Value {
        let deployments = self.deployments.iter().flatten();
        let identities: Vec<Value> = deployments.map(|live| live.provider.identity()).collect();
        json!({"route": self.name, "deployments": identities, "degraded": self.degraded})
    }

    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply, CallError>> {
        Box::pin(drive::answer(self, call))
    }
}
