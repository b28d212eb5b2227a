//! From a suite to what the engine runs: corpus and index, models, judges, the plan.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::ValueEnum;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::embedded::{Embedder, Models};
use crate::pipeline::live::Router;
use crate::provider::{Budget, BuildOptions, CassetteMode as Mode, Provider, Recorded, Tariff, build, wrap};
use crate::source::Place;
use crate::store::{Cassette, hex};
use crate::system::prices::Prices;

use super::corpora::Corpora;
use super::engine::{Subject, Target, Unit};
use super::gate::Gate;
use super::judges::{Combine, Consistency, Judge, Panel, Rubric, Tools};
use super::metrics::retrieval::Units;
use super::suite::{Case, ClusterBy, JudgeSettings, ModelSpec, RouteSpec, Suite};

/// What is done about recorded calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CassetteMode {
    /// Make every call, and record it.
    Record,
    /// Never call: play what is recorded.
    Replay,
    /// Play what is recorded, make and record the rest.
    Auto,
    /// Neither play nor record.
    Off,
}

/// How a run is made, beside what the suite says.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The seed of everything that chance decides.
    pub seed: u64,
    /// Whether answers are asked for, or passages alone.
    pub generate: bool,
    /// What is done about recorded calls.
    pub cassettes: CassetteMode,
    /// Where they are.
    pub cassette: PathBuf,
    /// At most so many US dollars.
    pub max_cost: Option<f64>,
    /// Which shard, of how many.
    pub shard: Option<(u32, u32)>,
    /// The folder of caches.
    pub home: PathBuf,
}

/// Why a suite cannot be run.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PrepareError {
    /// The suite or what it names is wrong.
    #[error("{0}")]
    Wrong(String),
    /// A disk, a model file, a key.
    #[error("{0}")]
    Outside(String),
}

/// A suite that can be run.
pub struct Prepared {
    /// The suite.
    pub suite: Arc<Suite>,
    /// What the rows have in common.
    pub subject: Arc<Subject>,
    /// The rows of this run or shard, in the order of the suite.
    pub units: Vec<Unit>,
    /// How many rows all shards have together.
    pub planned: usize,
    /// A hash of cases and corpus.
    pub content: String,
    /// A hash of the settings that change calls, the same for all shards.
    pub settings: String,
    /// What the user should know before it runs.
    pub notes: Vec<String>,
    cassette: Option<Arc<Cassette>>,
    corpora: Corpora,
}

impl From<super::suite::SuiteError> for PrepareError {
    fn from(error: super::suite::SuiteError) -> Self {
        Self::Wrong(error.to_string())
    }
}

/// The hash by which an unfinished run is found again: suite, cases, and the settings that change calls.
#[must_use]
pub fn digest(suite: &Suite, settings: &Settings) -> String {
    let variants = suite.variants.iter().map(|variant| {
        json!([
            variant.name,
            format!("{:?}", variant.retrieval),
            variant.generation.model,
            variant.generation.prompt.as_ref().map(|prompt| &prompt.text),
            variant.generation.max_output_tokens,
            variant.generation.temperature,
        ])
    });
    let judge = &suite.judge;
    hash(&json!({
        "cases": cases(suite),
        "variants": variants.collect::<Vec<_>>(),
        "judge": [json!(judge.models), json!(judge.nli), json!(judge.embedder), json!(format!("{:?}", judge.rubric))],
        "repeats": suite.repeats,
        "seed": settings.seed,
        "generate": settings.generate,
        "shard": settings.shard,
    }))
}

/// What the cases are, without where they stand.
fn cases(suite: &Suite) -> Value {
    let case = |case: &Case| {
        let checks = case.checks.iter();
        json!([
            case.id,
            case.ask,
            case.relevant,
            case.answer,
            case.variables,
            checks
                .map(|check| json!([check.label, check.value, check.threshold, check.weight]))
                .collect::<Vec<_>>(),
        ])
    };
    suite.cases.iter().map(case).collect()
}

fn hash(value: &Value) -> String {
    let digest = Sha256::digest(value.to_string().as_bytes());
    hex(&digest[..16])
}

/// Builds all that a suite needs. `journal` is where this run's calls are kept.
///
/// # Errors
/// Fails when the suite names what is not there, or a model, corpus or disk cannot be used.
pub fn prepare(
    suite: Suite,
    settings: &Settings,
    prices: &Prices,
    models: &Models,
    journal: &Path,
    runtime: &tokio::runtime::Runtime,
) -> Result<Prepared, PrepareError> {
    let mut notes = Vec::new();
    let corpora = Corpora::load(&suite)?;
    notes.extend(corpora.problems().map(|problem| format!("left out: {problem}")));
    let providers = Providers::new(&suite, settings, prices, models, journal)?;
    notes.extend(suite.notes.iter().cloned());
    let mut targets = Vec::new();
    for variant in &suite.variants {
        let retriever = runtime.block_on(corpora.retriever(variant, models, &settings.home))?;
        let generation = &variant.generation;
        let local = generation.model.is_local();
        targets.push(Target {
            name: variant.name.clone(),
            top_k: variant.retrieval.as_ref().map_or(0, |retrieval| retrieval.top_k),
            curve: corpora.is_some() && retriever.is_some(),
            retriever,
            provider: providers.build(
                &generation.model,
                generation.deadline,
                &format!("the variant `{}`", variant.name),
            )?,
            prompt: generation.prompt.clone(),
            max_output_tokens: generation.max_output_tokens,
            temperature: generation.temperature,
            timed: !local,
            window: generation.window.or_else(|| window(&generation.model, prices)),
            shaping: generation.shaping.clone(),
            pause: generation.pause,
        });
    }
    let (judges, tools) = judges(&suite, settings, models, &providers)?;
    let relevance = relevance(&suite, &corpora, &mut notes)?;
    let (units, planned) = units(&suite, &relevance, settings.shard);
    let content = hash(&json!([cases(&suite), corpora.digest()]));
    let all_shards = Settings {
        shard: None,
        ..settings.clone()
    };
    if providers.journal.is_torn() {
        notes.push("the last recorded call was cut by the end of the earlier process, and is made again".to_owned());
    }
    let subject = Subject {
        targets,
        measures: suite.metrics.clone(),
        judges,
        tools,
        generate: settings.generate,
        consistency: (suite.judge.consistency && suite.repeats > 1).then(|| Consistency {
            model: (!suite.judge.models.is_empty()).then(|| "default".to_owned()),
        }),
        journal: Arc::clone(&providers.journal),
    };
    prompts(&subject, &units)?;
    Ok(Prepared {
        subject: Arc::new(subject),
        settings: digest(&suite, &all_shards),
        suite: Arc::new(suite),
        units,
        planned,
        content,
        notes,
        cassette: providers.cassette,
        corpora,
    })
}

impl Prepared {
    /// Where each case stands.
    #[must_use]
    pub fn places(&self) -> BTreeMap<String, Place> {
        let cases = self.suite.cases.iter();
        cases.map(|case| (case.id.clone(), case.place.clone())).collect()
    }

    /// The keys that cases may name; `None` without a corpus, and where they may name others too.
    #[must_use]
    pub fn keys(&self) -> Option<Vec<String>> {
        keys(&self.suite, &self.corpora)
    }

    /// The gate, as far as it is measured: without answers its bounds on them hold nothing.
    #[must_use]
    pub fn gate(&self) -> Gate {
        let mut gate = self.suite.gate.clone();
        if !self.subject.generate {
            let measured: Vec<String> = self.suite.metrics.iter().map(ToString::to_string).collect();
            gate.conditions
                .retain(|condition| measured.contains(&condition.metric) || condition.metric.starts_with("context."));
        }
        gate
    }

    /// Returns when all calls are on the disk, so that not even a power cut makes any of them again.
    ///
    /// # Errors
    /// Says which file the disk refused.
    pub fn keep(&self) -> Result<(), PrepareError> {
        let kept = [Some(&self.subject.journal), self.cassette.as_ref()];
        let synced = kept.into_iter().flatten().try_for_each(|calls| calls.sync());
        synced.map_err(|error| PrepareError::Outside(error.to_string()))
    }

    /// What should be said of the cassette after the run: calls that could not be recorded, and, when all of the
    /// suite was asked, recordings that nothing asked for.
    #[must_use]
    pub fn recordings(&self, all_asked: bool) -> Vec<String> {
        let Some(cassette) = &self.cassette else {
            return Vec::new();
        };
        let path = cassette.path().display();
        let unwritten = cassette.problem();
        let unwritten = unwritten.map(|problem| format!("not every call could be recorded in {path}: {problem}"));
        let stale = if all_asked { cassette.stale() } else { Vec::new() };
        let stale = stale.first().map(|first| {
            let noun = if stale.len() == 1 {
                "recording was"
            } else {
                "recordings were"
            };
            format!(
                "{} {noun} not asked for in {path} (such as {:?}): --cassettes record writes it anew",
                stale.len(),
                first.question
            )
        });
        unwritten.into_iter().chain(stale).collect()
    }
}

fn keys(suite: &Suite, corpora: &Corpora) -> Option<Vec<String>> {
    let partial = suite.corpus.as_ref().is_some_and(|corpus| corpus.partial);
    if partial { None } else { corpora.keys() }
}

/// The keys that the cases of a suite may name, for its audit; `None` as for [`Prepared::keys`].
///
/// # Errors
/// Fails when it cannot be read.
pub fn corpus(suite: &Suite) -> Result<Option<Vec<String>>, PrepareError> {
    Ok(keys(suite, &Corpora::load(suite)?))
}

/// Where providers come from: one client, budget, journal and cassette for all.
struct Providers<'a> {
    prices: &'a Prices,
    models: &'a Models,
    journal: Arc<Cassette>,
    cassette: Option<Arc<Cassette>>,
    options: BuildOptions,
    /// Those that the suite brings, by the name of the spec that stands for each.
    brought: BTreeMap<String, Arc<dyn Provider>>,
}

impl<'a> Providers<'a> {
    fn new(
        suite: &Suite,
        settings: &Settings,
        prices: &'a Prices,
        models: &'a Models,
        journal: &Path,
    ) -> Result<Self, PrepareError> {
        let outside = |error: &dyn std::fmt::Display| PrepareError::Outside(error.to_string());
        let mut options = BuildOptions::default();
        options.budget = settings.max_cost.map(Budget::new);
        if !suite.brought.variables.is_empty() {
            let (own, environment) = (suite.brought.variables.clone(), options.environment);
            options.environment = Arc::new(move |name| own.get(name).cloned().or_else(|| environment(name)));
        }
        let mode = match settings.cassettes {
            CassetteMode::Record => Some(Mode::Record),
            CassetteMode::Replay => Some(Mode::Replay),
            CassetteMode::Auto => Some(Mode::Auto),
            CassetteMode::Off => None,
        };
        let mut cassette = None;
        if let Some(mode) = mode {
            let opened = Arc::new(Cassette::open(&settings.cassette).map_err(|error| outside(&error))?);
            options.cassette = Some((Arc::clone(&opened), mode));
            cassette = Some(opened);
        }
        Ok(Self {
            prices,
            models,
            journal: Arc::new(Cassette::open(journal).map_err(|error| outside(&error))?),
            cassette,
            options,
            brought: suite.brought.providers.clone(),
        })
    }

    /// A provider whose finished calls are in the journal.
    fn build(
        &self,
        model: &ModelSpec,
        deadline: Option<Duration>,
        what: &str,
    ) -> Result<Arc<dyn Provider>, PrepareError> {
        let wrong = |error: &dyn std::fmt::Display| PrepareError::Wrong(format!("{what}: {error}"));
        let spec = match model {
            ModelSpec::Here(name) => return gguf(self.models, name, deadline).map_err(|error| wrong(&error)),
            ModelSpec::Route(spec) => return self.route(spec, deadline).map_err(|error| wrong(&error)),
            ModelSpec::Provider(spec) => spec,
        };
        let mut spec = (**spec).clone();
        if let Some(deadline) = deadline {
            spec.deadline_seconds = Some(deadline.as_secs_f64());
        }
        let provider = match self.brought.get(&spec.shown_name()) {
            Some(brought) => wrap(Arc::clone(brought), Tariff::unknown(), &self.options),
            None => build(&spec, self.prices, &self.options).map_err(|error| wrong(&error))?,
        };
        if model.is_local() {
            // Deterministic and free: nothing to keep.
            return Ok(provider);
        }
        Ok(self.kept(provider))
    }

    /// A route: its deployments spend from the budget one by one, its answers are recorded as a whole.
    fn route(&self, spec: &RouteSpec, deadline: Option<Duration>) -> Result<Arc<dyn Provider>, String> {
        if deadline.is_some() {
            return Err("a route has its own `deadline`: set it in the aisys.yaml".to_owned());
        }
        let (system, id) = spec.open(self.prices)?;
        let router = Router::of(&system, id, self.prices, &self.options).map_err(|error| error.to_string())?;
        let mut unbudgeted = self.options.clone();
        unbudgeted.budget = None;
        Ok(self.kept(wrap(Arc::new(router), Tariff::unknown(), &unbudgeted)))
    }

    fn kept(&self, provider: Arc<dyn Provider>) -> Arc<dyn Provider> {
        let secrets = self.options.secrets.clone();
        Arc::new(Recorded::new(provider, Arc::clone(&self.journal), Mode::Auto, secrets))
    }
}

#[cfg(feature = "models")]
fn gguf(models: &Models, name: &str, deadline: Option<Duration>) -> Result<Arc<dyn Provider>, String> {
    let model = models.gguf(name).map_err(|error| error.to_string())?;
    Ok(Arc::new(crate::provider::GgufProvider::new(name, model, deadline)))
}

#[cfg(not(feature = "models"))]
fn gguf(_models: &Models, name: &str, _deadline: Option<Duration>) -> Result<Arc<dyn Provider>, String> {
    Err(format!(
        "{name}: this build has no models of its own (cargo feature `models`)"
    ))
}

/// The model's window in tokens, where the price table knows it.
fn window(model: &ModelSpec, prices: &Prices) -> Option<u64> {
    let ModelSpec::Provider(spec) = model else { return None };
    let facts = prices.find(spec.api.name(), spec.model.as_deref()?, None)?;
    facts.max_input_tokens
}

/// The judges of every answer, and what they may use.
fn judges(
    suite: &Suite,
    settings: &Settings,
    models: &Models,
    providers: &Providers<'_>,
) -> Result<(Vec<Arc<dyn Judge>>, Tools), PrepareError> {
    let wrong = |error: &dyn std::fmt::Display| PrepareError::Wrong(format!("judge: {error}"));
    let JudgeSettings {
        models: judge_models,
        by_mean,
        rubric,
        nli,
        embedder,
        ..
    } = &suite.judge;
    let mut tools = Tools {
        seed: settings.seed,
        ..Tools::default()
    };
    for (name, spec) in &suite.models {
        tools.models.insert(
            name.clone(),
            providers.build(spec, None, &format!("the model `{name}`"))?,
        );
    }
    let mut members = Vec::new();
    for spec in judge_models {
        let provider = providers.build(spec, None, "the judge")?;
        let name = provider.name().to_owned();
        tools.default_model.get_or_insert_with(|| Arc::clone(&provider));
        tools.models.insert(name.clone(), provider);
        members.push(name);
    }
    let embedder: Arc<dyn Embedder> = models
        .embedder(embedder.as_deref().unwrap_or("default"))
        .map_err(|error| wrong(&error))?;
    tools.embedder = Some(embedder);
    if let Some(name) = nli {
        tools.nli = Some(models.nli(name).map_err(|error| wrong(&error))?);
    }
    let mut judges: Vec<Arc<dyn Judge>> = Vec::new();
    if let Some(rubric) = rubric {
        let one = |model: Option<String>| Rubric {
            model,
            ..rubric.clone()
        };
        if members.len() > 1 {
            let members = members.into_iter().map(|name| {
                let judge: Box<dyn Judge> = Box::new(one(Some(name.clone())));
                (name, judge)
            });
            judges.push(Arc::new(Panel {
                members: members.collect(),
                combine: if *by_mean { Combine::Mean } else { Combine::Majority },
            }));
        } else {
            judges.push(Arc::new(one(members.into_iter().next())));
        }
    }
    Ok((judges, tools))
}

/// What is relevant for each case; a key that the corpus does not have is an error at the case.
fn relevance(
    suite: &Suite,
    corpora: &Corpora,
    notes: &mut Vec<String>,
) -> Result<Vec<Option<Arc<Units>>>, PrepareError> {
    let mut all = Vec::new();
    let without = suite.corpus.as_ref().map_or(&[][..], |corpus| &corpus.without);
    let partial = suite.corpus.as_ref().is_some_and(|corpus| corpus.partial);
    let mut absent = BTreeSet::new();
    for case in &suite.cases {
        let Some(relevant) = &case.relevant else {
            all.push(None);
            continue;
        };
        let grades: BTreeMap<String, i32> = relevant
            .iter()
            .map(|(key, grade)| (key.clone(), i32::try_from(*grade).unwrap_or(i32::MAX)))
            .collect();
        let units = match corpora.cut() {
            Some(cut) if partial => {
                let names = grades.keys().filter(|name| !cut.sections.contains_key(*name));
                let missing: Vec<String> = names.cloned().collect();
                let units = Units::new(&grades, cut, &missing).unwrap_or_default();
                absent.extend(missing);
                units
            }
            Some(cut) => Units::new(&grades, cut, without).map_err(|error| {
                let message = format!("the case `{}`: {error}", case.id);
                PrepareError::from(super::suite::SuiteError::at(&case.place, message))
            })?,
            None => Units::unchecked(&grades),
        };
        all.push(units.has_relevant().then(|| Arc::new(units)));
    }
    if let Some(first) = absent.first() {
        notes.push(format!(
            "{} judged documents are not in the corpus, such as `{first}`: what is relevant of them counts as not found",
            absent.len()
        ));
    }
    if !without.is_empty() {
        notes.push(format!(
            "{} documents are left out of the corpus (`without`)",
            without.len()
        ));
    }
    Ok(all)
}

/// Holds every prompt to its case's variables before anything is paid for.
fn prompts(subject: &Subject, units: &[Unit]) -> Result<(), PrepareError> {
    for unit in units.iter().filter(|unit| subject.generate && unit.repeat == 0) {
        subject.fits(unit).map_err(|message| {
            let case = &unit.case;
            super::suite::SuiteError::at(&case.place, format!("the case `{}`: {message}", case.id))
        })?;
    }
    Ok(())
}

/// The rows of this shard, and how many all have.
fn units(suite: &Suite, relevance: &[Option<Arc<Units>>], shard: Option<(u32, u32)>) -> (Vec<Unit>, usize) {
    let mut units = Vec::new();
    let mut at = 0;
    for (number, (case, relevance)) in suite.cases.iter().zip(relevance).enumerate() {
        // Whole cases are dealt out in turn, so that repeats and variants of one stay together.
        let mine = shard.is_none_or(|(shard, of)| number % of as usize + 1 == shard as usize);
        let cluster: Arc<str> = cluster(case, relevance.as_deref(), suite.cluster).into();
        let case = Arc::new(case.clone());
        for (variant, settings) in suite.variants.iter().enumerate() {
            if !case.variants.is_empty() && !case.variants.contains(&settings.name) {
                continue;
            }
            for repeat in 0..suite.repeats {
                if mine {
                    units.push(Unit {
                        at,
                        case: Arc::clone(&case),
                        variant,
                        repeat,
                        cluster: Arc::clone(&cluster),
                        relevance: relevance.clone(),
                    });
                }
                at += 1;
            }
        }
    }
    (units, at)
}

/// What a case shares with others: its group, else what the suite says. Of nothing shared it is alone.
fn cluster(case: &Case, relevance: Option<&Units>, by: ClusterBy) -> String {
    let shared = match (&case.group, by) {
        (Some(group), _) => Some(format!("group:{group}")),
        (None, ClusterBy::Document) => relevance
            .and_then(Units::document)
            .map(|document| format!("document:{document}")),
        (None, ClusterBy::Tag) => case.tags.first().map(|tag| format!("tag:{tag}")),
        // The case that others paraphrase belongs to the group of its own name.
        (None, ClusterBy::Group) => None,
    };
    shared.unwrap_or_else(|| format!("group:{}", case.id))
}
