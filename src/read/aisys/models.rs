//! Providers and models: each model a list of deployments that can stand in for one another.

use std::collections::HashMap;

use crate::read::checks::{literal_secret, plaintext_endpoint, remark};
use crate::source::Node;
use crate::system::prices::Prices;
use crate::system::{Account, Deployment, DeploymentId, RemarkKind, Setting, System, providers, secrets};

use super::AISYS;

/// The deployments of each model, by its name, with where it is named.
pub(super) struct Models<'a> {
    by_name: HashMap<&'a str, Vec<(f64, DeploymentId)>>,
}

impl Models<'_> {
    /// The deployments of a model with their weights.
    pub(super) fn get(&self, name: &str) -> &[(f64, DeploymentId)] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }
}

pub(super) fn read<'a>(root: &'a Node, prices: &Prices, system: &mut System) -> Models<'a> {
    let mut by_name = HashMap::new();
    let mut used: Vec<String> = Vec::new();
    for entry in root.get("models").into_iter().flat_map(Node::entries) {
        let mut members = Vec::new();
        for item in entry.value.items() {
            if let Some(deployment) = deployment(root, &entry.key.text, item, prices, system) {
                used.extend(item.get("provider").and_then(Node::scalar_text));
                let weight = item.get("weight").and_then(Node::as_f64).unwrap_or(1.0);
                members.push((weight, system.add_deployment(deployment)));
            }
        }
        by_name.insert(entry.key.text.as_str(), members);
    }
    for entry in root.get("providers").into_iter().flat_map(Node::entries) {
        if !used.contains(&entry.key.text) && root.get("models").is_some() {
            let message = format!("no model uses the provider `{}`", entry.key.text);
            system
                .remarks
                .push(remark(RemarkKind::Unused, AISYS, &entry.key.place, message));
        }
    }
    Models { by_name }
}

fn deployment(root: &Node, group: &str, item: &Node, prices: &Prices, system: &mut System) -> Option<Deployment> {
    let provider_name = item.get("provider")?;
    let provider = root.at(&["providers", &provider_name.scalar_text()?])?;
    let model = item.get("model")?;
    let model = Setting::written(model.scalar_text()?, model.place.clone());
    let api = provider.get("api").and_then(Node::scalar_text).unwrap_or_default();
    let endpoint = provider
        .get("endpoint")
        .and_then(|node| Some(Setting::written(node.scalar_text()?, node.place.clone())));
    if let Some(endpoint) = &endpoint
        && let Some(place) = endpoint.place()
    {
        plaintext_endpoint(&endpoint.value, place, AISYS, system);
    }
    let host = endpoint
        .as_ref()
        .and_then(|endpoint| providers::host_of(&endpoint.value));
    let bare = host.as_deref().map(|host| host.split(':').next().unwrap_or(host));
    let self_hosted = bare.is_some_and(providers::is_local_host) || providers::is_self_hosted(&api);
    // An endpoint of somebody else's is another company, whatever API it speaks.
    let company = match bare {
        Some(host) if api == "openai" && !self_hosted => providers::of_host(host).unwrap_or(host).to_owned(),
        _ => api.clone(),
    };
    let base_model = item
        .get("base_model")
        .and_then(|node| Some(Setting::written(node.scalar_text()?, node.place.clone())));
    let facts = prices.find(
        &company,
        &model.value,
        base_model.as_ref().map(|base| base.value.as_str()),
    );
    Some(Deployment {
        name: format!("{group} → {}/{}", provider_name.scalar_text()?, model.value),
        dialect: AISYS,
        place: item.place.first_line(),
        provider: Setting::written(company, provider_name.place.clone()),
        region: provider
            .get("region")
            .and_then(|node| Some(Setting::written(node.scalar_text()?, node.place.clone()))),
        account: account(provider, &api, system),
        host: endpoint
            .as_ref()
            .zip(host)
            .filter(|_| self_hosted)
            .map(|(endpoint, host)| Setting {
                value: host,
                origin: endpoint.origin.clone(),
            }),
        endpoint,
        self_hosted,
        model,
        base_model,
        limits: Vec::new(),
        max_output_tokens: None,
        weight: item
            .get("weight")
            .and_then(|node| Some(Setting::written(node.as_f64()?, node.place.clone()))),
        facts,
        mock: None,
    })
}

/// The key: `${VARIABLE}` is expanded from the environment, anything else stands in the file.
fn account(provider: &Node, api: &str, system: &mut System) -> Option<Account> {
    let Some(key) = provider.get("key") else {
        return providers::default_key(api).map(|name| Account {
            id: name.to_owned(),
            place: None,
            literal: false,
            variable: Some(name.to_owned()),
        });
    };
    let text = key.scalar_text()?;
    if let Some(name) = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) {
        let known = system.variables.needed.iter().any(|need| need.place == key.place);
        if !known {
            system.variables.need(name, key.place.clone());
        }
        return Some(Account {
            id: name.to_owned(),
            place: Some(key.place.clone()),
            literal: false,
            variable: Some(name.to_owned()),
        });
    }
    let told = system
        .remarks
        .iter()
        .any(|it| it.kind == RemarkKind::LiteralSecret && it.place == key.place);
    if !told {
        literal_secret("the key", &text, &key.place, AISYS, "write `${VARIABLE}`", system);
    }
    Some(Account {
        id: secrets::account_of(&text),
        place: Some(key.place.clone()),
        literal: true,
        variable: None,
    })
}
