//! What the environment beside a gateway settles: its key, its database, its shared state.

use crate::read::interpolate::{expand, with_defaults};
use crate::read::litellm;
use crate::source::Place;
use crate::system::variables::Variable;
use crate::system::{Auth, Dialect, GatewayId, Service, Setting, System, providers};

use super::{folder, normal};

/// A variable that a gateway is given.
pub(super) struct Given {
    /// Its value, when it is in view.
    pub value: Option<String>,
    /// Where it is given.
    place: Place,
    /// Whether the value itself stands in a compose file or manifest.
    literal: bool,
}

/// Reads what `LiteLLM` takes from its environment where its file says nothing.
pub(super) fn settle(system: &mut System, id: GatewayId) {
    if system.gateway(id).dialect != Dialect::Litellm {
        return;
    }
    if matches!(system.gateway(id).auth, Auth::Missing(None))
        && let Some(given) = given(system, id, "LITELLM_MASTER_KEY")
    {
        system.gateways[id.0].auth = auth(given);
    }
    if system.gateway(id).database.is_none()
        && let Some(given) = first(system, id, &["DATABASE_URL", "DATABASE_HOST"])
    {
        system.gateways[id.0].database = Some(named(given));
        for route in system.routes.iter_mut().filter(|route| route.gateway == Some(id)) {
            for budget in &mut route.policy.budgets {
                if budget.enforced.as_ref().is_err_and(|why| why.contains("database")) {
                    budget.enforced = Ok(());
                }
            }
        }
    }
    // Without a Redis of its own in the file the proxy takes one from the environment
    // (`_init_coordination_redis_env_fallback` of `proxy_server.py`, LiteLLM 1.109.1).
    if system.gateway(id).shared_state.is_none()
        && let Some(given) = first(system, id, &["REDIS_URL", "REDIS_HOST"])
    {
        system.gateways[id.0].shared_state = Some(named(given));
    }
}

fn auth(given: Given) -> Auth {
    match given.value {
        Some(value) if value.is_empty() => Auth::Missing(Some(given.place)),
        Some(value) if litellm::is_weak_key(&value) => Auth::Weak(given.place),
        Some(_) if given.literal => Auth::Literal(given.place),
        _ => Auth::Key(given.place),
    }
}

/// A connection for people: its host, since the rest of it holds a password.
fn named(given: Given) -> Setting<String> {
    let host = given.value.as_deref().and_then(providers::host_of);
    Setting::written(host.unwrap_or_else(|| "the environment's".to_owned()), given.place)
}

fn first(system: &System, id: GatewayId, names: &[&str]) -> Option<Given> {
    names.iter().find_map(|name| given(system, id, name))
}

/// A variable that the services of a gateway are given, or that an `.env` file beside its
/// configuration sets: whoever starts the gateway by hand or by `docker run` passes that one.
pub(super) fn given(system: &System, id: GatewayId, name: &str) -> Option<Given> {
    let gateway = system.gateway(id);
    gateway
        .run_by
        .iter()
        .find_map(|service| of_service(system, system.service(*service), name))
        .or_else(|| {
            let home = folder(&gateway.place);
            of_file(system, name, |variable| folder(&variable.place) == home)
        })
}

/// The service's own environment first, then its env files (Compose specification, `env_file`).
fn of_service(system: &System, service: &Service, name: &str) -> Option<Given> {
    let home = folder(&service.place);
    // Compose fills references from the `.env` file in its own folder.
    let beside = |name: &str| {
        of_file(system, name, |variable| {
            folder(&variable.place) == home && variable.place.file.path().ends_with(".env")
        })?
        .value
    };
    let own = service.environment.iter().find(|(known, _)| known == name);
    if let Some((_, value)) = own {
        let text = value.value.as_deref();
        return Some(Given {
            value: match text {
                Some(text) => expand(text, beside),
                None => beside(name),
            },
            place: value.place()?.clone(),
            literal: text.is_some_and(|text| !text.contains("${") && !text.starts_with('$')),
        });
    }
    service.env_files.iter().find_map(|file| {
        let path = normal(&home.join(&file.value));
        of_file(system, name, |variable| normal(variable.place.file.path()) == path)
    })
}

/// A variable of an `.env` file. An example tells that it is set, and not to what.
fn of_file(system: &System, name: &str, fits: impl Fn(&Variable) -> bool) -> Option<Given> {
    let is_example = |it: &Variable| crate::read::env::is_example(it.place.file.path());
    let variable = system
        .variables
        .set
        .iter()
        .filter(|it| it.service.is_none() && it.name == name && fits(it))
        // The last of a file counts, and any real file before an example.
        .max_by_key(|it| !is_example(it))?;
    let example = is_example(variable);
    Some(Given {
        value: variable.value.clone().filter(|_| !example),
        place: variable.place.clone(),
        literal: false,
    })
}

/// The value of a variable wherever it is set and in view, examples last.
pub(super) fn anywhere(system: &System, name: &str) -> Option<String> {
    let values = |examples: bool| {
        system.variables.set.iter().find_map(move |it| {
            let is_example = crate::read::env::is_example(it.place.file.path());
            let value = it.value.as_deref().filter(|value| !value.is_empty())?;
            (it.name == name && is_example == examples).then(|| with_defaults(value))
        })
    };
    values(false).or_else(|| values(true))
}
