//! `aisys.yaml`: a system in our own words. What it says is strict: an unknown key or a value of the
//! wrong kind is told with its place, because `aisys serve` refuses it.
//!
//! `schema.rs` is the format, `check.rs` holds a file to it, `models.rs` reads providers and models,
//! `routes.rs` routes.

mod check;
mod models;
mod routes;
mod schema;

#[cfg(test)]
mod tests;

use crate::source::Node;
use crate::system::{Auth, Dialect, Gateway, Setting, System, units};

use super::checks::duplicate_keys;
use super::{Document, Reader};

pub use schema::json_schema;

/// The dialect of everything in this room.
const AISYS: Dialect = Dialect::Aisys;

/// The reader.
pub const READER: Reader = Reader {
    dialect: AISYS,
    recognises,
    read,
};

fn recognises(document: &Document<'_>) -> bool {
    document.root().is_some_and(|root| {
        let named = document
            .file
            .path()
            .file_name()
            .and_then(|name| name.to_str())
            .is_some_and(|name| matches!(name, "aisys.yaml" | "aisys.yml"));
        let has = |key: &str| root.get(key).is_some_and(|node| node.as_map().is_some());
        let like_ours = root.get("version").is_some() && has("providers") && has("models") && has("routes");
        like_ours || (named && (has("routes") || has("providers") || has("audit")))
    })
}

fn read(document: &Document<'_>) -> System {
    let mut system = System::default();
    let Some(root) = document.root() else { return system };
    duplicate_keys(root, AISYS, &mut system);
    check::check(root, &mut system);
    declared(root, &mut system);
    let models = models::read(root, document.prices, &mut system);
    if root.get("routes").is_some() {
        let gateway = system.add_gateway(gateway(root));
        routes::read(root, gateway, &models, &mut system);
    }
    system
}

fn declared(root: &Node, system: &mut System) {
    let text = |path: &[&str]| {
        let node = root.at(path)?;
        Some(Setting::written(node.scalar_text()?, node.place.clone()))
    };
    system.declared.deadline = text(&["deadline"]).and_then(|deadline| {
        let value = units::duration(&deadline.value)?;
        Some(deadline.map(|_| value))
    });
    system.declared.peak_per_second = text(&["traffic", "peak"]).and_then(|peak| {
        let value = check::rate(&peak.value)?;
        Some(peak.map(|_| value))
    });
    system.declared.fail_on = text(&["audit", "fail_on"]);
    system.declared.ignore = root
        .at(&["audit", "ignore"])
        .into_iter()
        .flat_map(Node::items)
        .filter_map(|item| Some(Setting::written(item.scalar_text()?, item.place.clone())))
        .collect();
}

/// The middleware itself: it keeps deadlines and budgets in its own process, and tells nobody unless
/// it is told to.
fn gateway(root: &Node) -> Gateway {
    let place = root
        .entry("routes")
        .or_else(|| root.entries().next())
        .map_or_else(|| root.place.first_line(), |entry| entry.key.place.clone());
    Gateway {
        dialect: AISYS,
        place,
        auth: Auth::Elsewhere,
        traces: Setting::default_of(true, AISYS),
        alerting: Setting::default_of(true, AISYS),
        prompts_logged: None,
        debug: None,
        shared_state: None,
        database: None,
        path_services: Vec::new(),
        cancels_on_disconnect: Some(Setting::default_of(true, AISYS)),
        run_by: Vec::new(),
        addresses: Vec::new(),
        judged: Setting::default_of(false, AISYS),
        per_user_limits: Setting::default_of(false, AISYS),
    }
}
