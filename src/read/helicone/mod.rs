//! Helicone AI gateway configurations, as commit 42d2998 acts on them (`ai-gateway/src/config/*.rs`).
//!
//! A router balances over providers or models; retries exist only where a block asks for them.

#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::source::Node;
use crate::system::prices::Prices;
use crate::system::{
    Account, Attempt, Auth, Backoff, Cache, CacheKind, Cooldown, Deployment, Dialect, Gateway, GatewayId, Limit,
    LimitKind, Mode, Origin, Plan, Policy, ProductDefault, RemarkKind, Retry, Route, Scope, Setting, System, nearest,
    providers, units,
};

use super::checks::{duplicate_keys, remark};
use super::{Document, Reader};

const HELICONE: Dialect = Dialect::Helicone;

/// The reader.
pub const READER: Reader = Reader {
    dialect: HELICONE,
    recognises,
    read,
};

/// Keys at the top, where unknown ones are refused.
const TOP: &[&str] = &[
    "cache-store",
    "database",
    "deployment-target",
    "discover",
    "dispatcher",
    "environment",
    "global",
    "helicone",
    "minio",
    "providers",
    "rate-limit-store",
    "response-headers",
    "routers",
    "server",
    "telemetry",
    "unified-api",
];

/// `dispatcher.timeout` when nothing is written.
const TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// `discover.monitor.health`: a provider with 10 % of 5xx among 20 requests of a minute is left out.
const COOLDOWN: Cooldown = Cooldown {
    enabled: true,
    allowed_fails: None,
    time: Duration::from_secs(60),
};

fn recognises(document: &Document<'_>) -> bool {
    document.root().is_some_and(|root| {
        let balances = root
            .get("routers")
            .is_some_and(|routers| routers.entries().any(|entry| entry.value.get("load-balance").is_some()));
        balances
            || (root.get("helicone").is_some() && (root.get("unified-api").is_some() || root.get("routers").is_some()))
    })
}

fn read(document: &Document<'_>) -> System {
    let mut system = System::default();
    let Some(root) = document.root() else { return system };
    duplicate_keys(root, HELICONE, &mut system);
    for entry in root.entries().filter(|entry| !TOP.contains(&entry.key.text.as_str())) {
        let near = nearest(&entry.key.text, TOP.iter().copied());
        let hint = near.map_or_else(String::new, |near| format!("; `{near}` is near"));
        let message = format!("the gateway knows no `{}` and does not start{hint}", entry.key.text);
        let mut found = remark(RemarkKind::UnknownKey, HELICONE, &entry.key.place, message);
        found.help = near.map(|near| format!("write `{near}`"));
        system.remarks.push(found);
    }
    let place = root
        .entry("routers")
        .or_else(|| root.entries().next())
        .map_or_else(|| root.place.first_line(), |entry| entry.key.place.clone());
    let exporter = root.at(&["telemetry", "exporter"]);
    let authentication = root
        .at(&["helicone", "authentication"])
        .or_else(|| root.at(&["helicone", "features"]));
    let gateway = system.add_gateway(Gateway {
        dialect: HELICONE,
        place,
        auth: match authentication.map(|node| (node, node.as_str(), node.as_bool())) {
            Some((node, Some("all" | "auth"), _) | (node, _, Some(true))) => Auth::Key(node.place.clone()),
            _ => Auth::Elsewhere,
        },
        traces: exporter.map_or_else(
            || Setting::default_of(false, HELICONE),
            |node| Setting::written(matches!(node.as_str(), Some("otlp" | "both")), node.place.clone()),
        ),
        alerting: Setting::default_of(false, HELICONE),
        prompts_logged: None,
        debug: None,
        shared_state: None,
        database: None,
        path_services: Vec::new(),
        cancels_on_disconnect: None,
        run_by: Vec::new(),
        addresses: Vec::new(),
        judged: Setting::default_of(false, HELICONE),
        per_user_limits: Setting::default_of(false, HELICONE),
    });
    for entry in root.get("routers").into_iter().flat_map(Node::entries) {
        router(root, &entry.key, &entry.value, gateway, document.prices, &mut system);
    }
    system
}

fn router(
    root: &Node,
    key: &crate::source::Key,
    node: &Node,
    gateway: GatewayId,
    prices: &Prices,
    system: &mut System,
) {
    let Some(chat) = node.at(&["load-balance", "chat"]) else {
        return;
    };
    let targets: Vec<&Node> = ["providers", "models"]
        .iter()
        .filter_map(|list| chat.get(list))
        .flat_map(Node::items)
        .collect();
    let timeout = duration(root.at(&["dispatcher", "timeout"]))
        .unwrap_or_else(|| Setting::default_of(TIMEOUT, HELICONE))
        .map(Some);
    let mut branches = Vec::new();
    for target in targets {
        let deployment = deployment(&key.text, target, prices);
        let weight = target.get("weight").and_then(Node::as_f64).unwrap_or(1.0);
        let id = system.add_deployment(deployment);
        let attempt = Plan::Try(Attempt {
            deployment: id,
            timeout: timeout.clone(),
            first_token: timeout.clone(),
            idle: timeout.clone(),
            max_output_tokens: None,
        });
        branches.push((weight, attempt));
    }
    let plan = match branches.len() {
        0 => return,
        1 => branches.remove(0).1,
        // The health monitor leaves a failing provider out.
        _ => Plan::Pick { branches, ejects: true },
    };
    let members = plan.deployments();
    let setting = |name: &str| {
        node.get(name)
            .or_else(|| root.at(&["unified-api", name]))
            .or_else(|| root.at(&["global", name]))
    };
    let plan = Plan::Retry(Box::new(retry(setting("retries"), plan)));
    system.add_route(Route {
        name: key.text.clone(),
        dialect: HELICONE,
        places: vec![key.place.clone()],
        gateway: Some(gateway),
        call: None,
        mode: Mode::Chat,
        wildcard: false,
        catch_all: false,
        members,
        fallbacks: Vec::new(),
        plan,
        policy: Policy {
            cooldown: Setting::default_of(COOLDOWN, HELICONE),
            health_checks: Setting::default_of(true, HELICONE),
            cache: setting("cache").map_or_else(|| Setting::default_of(None, HELICONE), cache),
            limits: setting("rate-limit").map(limits).unwrap_or_default(),
            ..Policy::bare(HELICONE)
        },
    });
}

/// A duration as the gateway writes it: `1s`, `15m`.
fn duration(node: Option<&Node>) -> Option<Setting<Duration>> {
    let node = node?;
    Some(Setting::written(units::duration(node.as_str()?)?, node.place.clone()))
}

/// A target: a provider's name, or `provider/model`, bare or under `provider:` or `model:`.
fn deployment(router: &str, target: &Node, prices: &Prices) -> Deployment {
    let node = target.get("provider").or_else(|| target.get("model")).unwrap_or(target);
    let text = node.scalar_text().unwrap_or_default();
    let (provider, model) = text.split_once('/').unwrap_or((&text, ""));
    let known = match provider {
        "google-gemini" | "google" => "gemini",
        other => other,
    };
    let model = if model.is_empty() {
        Setting::derived("the request's model".to_owned(), "only the provider is named")
    } else {
        Setting::written(model.to_owned(), node.place.clone())
    };
    Deployment {
        name: format!("{router} → {text}"),
        dialect: HELICONE,
        place: target.place.first_line(),
        facts: prices.find(known, &model.value, None),
        provider: Setting::written(known.to_owned(), node.place.clone()),
        model,
        base_model: None,
        region: None,
        account: providers::default_key(known).map(|name| Account {
            id: name.to_owned(),
            place: None,
            literal: false,
            variable: Some(name.to_owned()),
        }),
        host: None,
        endpoint: None,
        self_hosted: providers::is_self_hosted(known),
        limits: Vec::new(),
        max_output_tokens: None,
        weight: target
            .get("weight")
            .and_then(|weight| Some(Setting::written(weight.as_f64()?, weight.place.clone()))),
        mock: None,
    }
}

/// Retries: none without the block; with it 2, from 1 s doubling to 30 s, or all alike.
fn retry(node: Option<&Node>, plan: Plan) -> Retry {
    let Some(block) = node else {
        return Retry {
            plan,
            retries: Setting::default_of(0, HELICONE),
            backoff: Backoff::none(Origin::Default(ProductDefault::of(HELICONE))),
            on_timeout: true,
            statuses: None,
            layer: "Helicone AI gateway",
        };
    };
    let constant = block.get("strategy").and_then(Node::as_str) == Some("constant");
    let pause =
        |key: &str, default: u64| duration(block.get(key)).map_or(Duration::from_secs(default), |pause| pause.value);
    let initial = duration(block.get("delay")).map_or_else(|| pause("min-delay", 1), |pause| pause.value);
    Retry {
        plan,
        retries: block
            .get("max-retries")
            .and_then(|node| {
                Some(Setting::written(
                    u32::try_from(node.as_u64()?).ok()?,
                    node.place.clone(),
                ))
            })
            .unwrap_or_else(|| Setting::default_of(2, HELICONE)),
        backoff: Backoff {
            initial,
            factor: if constant {
                1.0
            } else {
                block.get("factor").and_then(Node::as_f64).unwrap_or(2.0)
            },
            floor: Duration::ZERO,
            max: if constant { initial } else { pause("max-delay", 30) },
            jitter: Duration::ZERO,
            jittered: !constant,
            after_last: false,
            retry_after: None,
            origin: Origin::Written(block.get("strategy").unwrap_or(block).place.first_line()),
        },
        on_timeout: true,
        statuses: None,
        layer: "Helicone AI gateway",
    }
}

fn cache(node: &Node) -> Setting<Option<Cache>> {
    let age = node.get("directive").and_then(Node::as_str).and_then(|directive| {
        directive
            .split("max-age=")
            .nth(1)?
            .split(',')
            .next()?
            .trim()
            .parse::<u64>()
            .ok()
    });
    Setting::written(
        Some(Cache {
            kind: CacheKind::Process,
            name: "response".to_owned(),
            semantic: false,
            threshold: None,
            ttl: age.map(|age| Setting::written(Duration::from_secs(age), node.place.first_line())),
            scope: Setting::default_of(Scope::Everyone, HELICONE),
            store: None,
        }),
        node.place.first_line(),
    )
}

/// `per-api-key`: so many requests, refilled in so much time; 500 a second unless written.
fn limits(node: &Node) -> Vec<Limit> {
    let Some(block) = node.get("per-api-key") else {
        return Vec::new();
    };
    let amount = block
        .get("capacity")
        .and_then(|node| Some(Setting::written(node.as_f64()?, node.place.clone())));
    vec![Limit {
        kind: LimitKind::Requests,
        amount: amount.unwrap_or_else(|| Setting::default_of(500.0, HELICONE)),
        period: duration(block.get("refill-frequency")).map_or(Duration::from_secs(1), |period| period.value),
        scope: Scope::Key,
        enforced: Ok(()),
    }]
}
