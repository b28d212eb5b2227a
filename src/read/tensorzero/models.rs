//! `[models]` and `[embedding_models]`: names with an ordered list of providers.

use std::collections::HashMap;

use crate::source::{Key, Node};
use crate::system::prices::Prices;
use crate::system::{Attempt, Branch, DeploymentId, Fallback, FallbackKind, Mode, Plan, Setting, System};

use super::timeouts::{self, Limits};
use super::{providers, tables};

/// A model tries no more providers than this: a list made to explode must cost no more than a real one.
const MOST_PROVIDERS: usize = 64;

/// One step of a model's `routing`.
pub(super) struct Step<'a> {
    /// Where the provider is named; the whole name of a shorthand model.
    pub named: &'a Node,
    /// The provider's table; `None` in shorthand.
    pub table: Option<&'a Node>,
    /// What it reaches.
    pub deployment: DeploymentId,
}

/// A model with its providers in the order in which they are tried.
pub(super) struct Model<'a> {
    /// Where the model is declared; `None` in shorthand.
    pub key: Option<&'a Key>,
    /// The model's table; `None` in shorthand.
    pub table: Option<&'a Node>,
    /// What it does.
    pub mode: Mode,
    /// Its providers.
    pub steps: Vec<Step<'a>>,
    /// Whether a function calls it.
    pub used: bool,
}

/// All models of a file by name, chat models and embedding models apart.
pub(super) struct Models<'a> {
    root: &'a Node,
    /// `[models]`, and what functions call in shorthand.
    chat: HashMap<String, Model<'a>>,
    /// `[embedding_models]`.
    embedding: HashMap<String, Model<'a>>,
    /// Names in the order of the text, for routes.
    order: Vec<(String, Mode)>,
}

/// Reads all models of a file.
pub(super) fn read<'a>(root: &'a Node, prices: &Prices, system: &mut System) -> Models<'a> {
    let mut models = Models {
        root,
        chat: HashMap::new(),
        embedding: HashMap::new(),
        order: Vec::new(),
    };
    for (table, mode) in [("models", Mode::Chat), ("embedding_models", Mode::Embedding)] {
        for (key, table) in tables(root, table) {
            let model = Model {
                key: Some(key),
                table: Some(table),
                mode,
                steps: steps(root, key, table, prices, system),
                used: false,
            };
            if model.steps.is_empty() {
                continue;
            }
            models.order.push((key.text.clone(), mode));
            models.map(mode).insert(key.text.clone(), model);
        }
    }
    models
}

fn steps<'a>(root: &Node, key: &Key, table: &'a Node, prices: &Prices, system: &mut System) -> Vec<Step<'a>> {
    let routing = table.get("routing").into_iter().flat_map(Node::items);
    routing
        .take(MOST_PROVIDERS)
        .filter_map(|named| {
            let name = named.as_str()?;
            let provider = table.at(&["providers", name])?;
            Some(Step {
                named,
                table: Some(provider),
                deployment: providers::of_table(root, &key.text, name, provider, prices, system),
            })
        })
        .collect()
}

impl<'a> Models<'a> {
    fn map(&mut self, mode: Mode) -> &mut HashMap<String, Model<'a>> {
        if mode == Mode::Embedding {
            &mut self.embedding
        } else {
            &mut self.chat
        }
    }

    /// The model that a variant names: one of the file's, else one in shorthand, which is called as it
    /// stands. A model that neither is may stand in another file.
    pub(super) fn find(
        &mut self,
        node: &'a Node,
        mode: Mode,
        prices: &Prices,
        system: &mut System,
    ) -> Option<&Model<'a>> {
        let name = node.as_str()?;
        let root = self.root;
        if !self.map(mode).contains_key(name) {
            let parts = providers::shorthand(name)?;
            let step = Step {
                named: node,
                table: None,
                deployment: providers::of_shorthand(root, node, parts, prices, system),
            };
            let model = Model {
                key: None,
                table: None,
                mode,
                steps: vec![step],
                used: true,
            };
            self.map(mode).insert(name.to_owned(), model);
        }
        let model = self.map(mode).get_mut(name)?;
        model.used = true;
        Some(model)
    }

    /// The models that no function calls: whoever calls them does so by name.
    pub(super) fn unused(&self) -> impl Iterator<Item = (&str, &Model<'a>)> {
        self.order.iter().filter_map(|(name, mode)| {
            let map = if *mode == Mode::Embedding {
                &self.embedding
            } else {
                &self.chat
            };
            map.get(name)
                .filter(|model| !model.used)
                .map(|model| (name.as_str(), model))
        })
    }
}

impl Model<'_> {
    /// One provider after the other until one answers, within the model's time
    /// (`retries-fallbacks.mdx`, "Model Provider Routing").
    pub(super) fn plan(&self, outer: &Limits, max_output_tokens: Option<&Setting<u64>>) -> Plan {
        let limits = self.table.map_or_else(|| outer.clone(), |table| outer.within(table));
        let mut branches: Vec<Branch> = self
            .steps
            .iter()
            .enumerate()
            .map(|(at, step)| Branch {
                plan: Plan::Try(step.attempt(&limits, max_output_tokens)),
                route: None,
                because: (at > 0).then(|| Setting::written((), step.named.place.clone())),
            })
            .collect();
        let plan = if branches.len() == 1 {
            branches.remove(0).plan
        } else {
            Plan::First(branches)
        };
        match self.table.and_then(timeouts::whole) {
            Some(limit) => Plan::Within {
                limit,
                plan: Box::new(plan),
            },
            None => plan,
        }
    }

    /// The providers after the first.
    pub(super) fn fallbacks(&self) -> impl Iterator<Item = Fallback> {
        self.steps.iter().skip(1).map(|step| Fallback {
            name: step.named.as_str().unwrap_or_default().to_owned(),
            place: step.named.place.clone(),
            target: None,
            deployment: Some(step.deployment),
            kind: FallbackKind::Any,
            catch_all: false,
            unreachable: None,
        })
    }
}

impl Step<'_> {
    fn attempt(&self, outer: &Limits, max_output_tokens: Option<&Setting<u64>>) -> Attempt {
        let limits = self
            .table
            .map_or_else(|| outer.clone(), |table| outer.of_provider(table));
        Attempt {
            deployment: self.deployment,
            timeout: limits.whole,
            first_token: limits.first_token,
            idle: limits.stream,
            max_output_tokens: max_output_tokens.cloned(),
        }
    }
}
