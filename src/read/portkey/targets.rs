//! The tree of strategies and targets, as a plan.

use std::time::Duration;

use crate::source::Node;
use crate::system::prices::Prices;
use crate::system::{
    Attempt, Backoff, Branch, DeploymentId, Fallback, FallbackKind, Origin, Plan, ProductDefault, Retry, Setting,
    System, Wait,
};

use super::{PORTKEY, leaf};

/// Targets nested deeper than this are left out: the parser allows no deeper file.
const DEEPEST: usize = 64;

/// What is retried when nothing is said (`retryHandler.ts`): Portkey's own 408 is not.
const RETRIED: &[u16] = &[429, 500, 502, 503, 504];

/// What a target has from the nodes above it.
#[derive(Debug, Clone, Default)]
pub(super) struct Inherited<'a> {
    retry: Option<&'a Node>,
    timeout: Option<&'a Node>,
    depth: usize,
}

/// Compiles a tree, and gathers its fallbacks.
pub(super) struct Tree<'p> {
    prices: &'p Prices,
    /// The targets that are tried after the first one.
    pub fallbacks: Vec<Fallback>,
}

impl<'p> Tree<'p> {
    pub(super) const fn new(prices: &'p Prices) -> Self {
        Self {
            prices,
            fallbacks: Vec::new(),
        }
    }

    /// The plan of a node.
    pub(super) fn plan<'a>(&mut self, node: &'a Node, above: &Inherited<'a>, system: &mut System) -> Plan {
        let own = Inherited {
            retry: node.get("retry").or(above.retry),
            timeout: node
                .get("request_timeout")
                .or_else(|| node.get("requestTimeout"))
                .or(above.timeout),
            depth: above.depth + 1,
        };
        let targets: Vec<&Node> = node.get("targets").into_iter().flat_map(Node::items).collect();
        if targets.is_empty() || own.depth > DEEPEST {
            return self.leaf(node, &own, system);
        }
        let mode = node
            .at(&["strategy", "mode"])
            .and_then(Node::as_str)
            .unwrap_or("single");
        match mode {
            "fallback" => {
                let branches = targets
                    .iter()
                    .enumerate()
                    .map(|(at, target)| {
                        let plan = self.plan(target, &own, system);
                        let because = (at > 0).then(|| Setting::written((), target.place.first_line()));
                        if at > 0 {
                            self.note(&plan, target, system);
                        }
                        Branch {
                            plan,
                            route: None,
                            because,
                        }
                    })
                    .collect();
                Plan::First(branches)
            }
            "loadbalance" | "conditional" => Plan::Pick {
                branches: targets
                    .iter()
                    .map(|target| {
                        let weight = target.get("weight").and_then(Node::as_f64).unwrap_or(1.0);
                        (weight, self.plan(target, &own, system))
                    })
                    .collect(),
                // The open gateway has no breaker: a sick target keeps its share.
                ejects: false,
            },
            _ => self.plan(targets[0], &own, system),
        }
    }

    fn note(&mut self, plan: &Plan, target: &Node, system: &System) {
        let deployment = plan.deployments().first().copied();
        let place = target
            .get("provider")
            .or_else(|| target.get("virtual_key"))
            .map_or_else(|| target.place.first_line(), |node| node.place.clone());
        self.fallbacks.push(Fallback {
            name: deployment.map_or_else(|| "target".to_owned(), |id| system.deployment(id).name.clone()),
            place,
            target: None,
            deployment,
            kind: FallbackKind::Any,
            catch_all: false,
            unreachable: None,
        });
    }

    fn leaf(&self, node: &Node, own: &Inherited<'_>, system: &mut System) -> Plan {
        let deployment = leaf::read(node, self.prices, system);
        let cap = deployment.max_output_tokens.clone();
        let id = system.add_deployment(deployment);
        // Milliseconds; none by default, so that only the provider ends the wait.
        let timeout = own
            .timeout
            .and_then(|timeout| {
                let limit = Duration::try_from_secs_f64(timeout.as_f64()? / 1_000.0).ok()?;
                Some(Setting::written(Some(limit), timeout.place.clone()))
            })
            .unwrap_or_else(|| Setting::default_of(None, PORTKEY));
        let attempt = Plan::Try(Attempt {
            deployment: id,
            first_token: timeout.clone(),
            idle: timeout.clone(),
            timeout,
            max_output_tokens: cap,
        });
        Plan::Retry(Box::new(retry(own.retry, attempt)))
    }

    /// The deployments that are tried first: those of the plan without its fallbacks.
    pub(super) fn members(plan: &Plan) -> Vec<DeploymentId> {
        let own = match plan {
            Plan::First(branches) => branches.first().map_or(plan, |branch| &branch.plan),
            _ => plan,
        };
        own.deployments()
    }
}

/// Retries: none unless asked for; 1 s doubling, without jitter (async-retry's defaults with
/// `randomize: false`); a `Retry-After` is obeyed only when switched on, and below 60 s.
fn retry(node: Option<&Node>, plan: Plan) -> Retry {
    let attempts = node.and_then(|node| node.get("attempts"));
    let retries = attempts
        .and_then(|node| {
            Some(Setting::written(
                u32::try_from(node.as_u64()?).ok()?,
                node.place.clone(),
            ))
        })
        .unwrap_or_else(|| Setting::default_of(0, PORTKEY));
    let codes = node.and_then(|node| node.get("on_status_codes").or_else(|| node.get("onStatusCodes")));
    let statuses = codes.map_or_else(
        || Setting::default_of(RETRIED.to_vec(), PORTKEY),
        |list| {
            let codes = list
                .items()
                .filter_map(|code| u16::try_from(code.as_u64()?).ok())
                .collect();
            Setting::written(codes, list.place.clone())
        },
    );
    let header = node
        .and_then(|node| node.get("use_retry_after_header"))
        .and_then(Node::as_bool)
        == Some(true);
    Retry {
        plan,
        retries,
        backoff: Backoff {
            initial: Duration::from_secs(1),
            factor: 2.0,
            floor: Duration::ZERO,
            max: Duration::from_secs(3_600),
            jitter: Duration::ZERO,
            jittered: false,
            after_last: false,
            retry_after: header.then_some(Wait::AtMost(Duration::from_secs(60))),
            origin: Origin::Default(ProductDefault::of(PORTKEY)),
        },
        on_timeout: statuses.value.contains(&408),
        statuses: Some(statuses),
        layer: "Portkey",
    }
}
