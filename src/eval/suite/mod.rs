//! Suites: what is asked, of what, and what must come out.

mod cases;
mod collection;
mod csv_rows;
mod discover;
mod measurable;
mod model;
mod overlay;
mod overrides;
mod read;
mod route;
mod schema;
mod settings;
mod table;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::provider::Provider;
use crate::retrieve::RetrievalSpec;
use crate::retrieve::chunk::Chunking;
use crate::source::Place;

use super::checks::Check;
use super::gate::Gate;
use super::judges::Rubric;
use super::metrics::retrieval::Measure;
use super::promptfoo::{PromptFunction, Transform};

pub use crate::read::FormError as SuiteError;
pub(super) use cases::slug;
pub use collection::{Judged, read as read_collection};
pub(super) use csv_rows::{csv_rows, line_place};
pub use discover::discover;
pub use model::ModelSpec;
pub use overrides::Overrides;
pub use read::{read, read_path, read_with, recognises};
pub use route::RouteSpec;
pub use schema::json_schema;

/// A suite, with all that it names read.
#[derive(Debug, Clone)]
pub struct Suite {
    /// Its name: what its runs are compared by.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// What is searched; `None`: nothing is, or a store of the user's own.
    pub corpus: Option<CorpusSettings>,
    /// What is compared; the first is the base. There is at least one.
    pub variants: Vec<Variant>,
    /// Who judges.
    pub judge: JudgeSettings,
    /// The models that checks may name as their provider, by name.
    pub models: BTreeMap<String, ModelSpec>,
    /// How often each case is asked.
    pub repeats: u32,
    /// The retrieval metrics, such as `recall@5`.
    pub metrics: Vec<Measure>,
    /// What cases share that are not independent.
    pub cluster: ClusterBy,
    /// What must hold.
    pub gate: Gate,
    /// The questions.
    pub cases: Vec<Case>,
    /// Whether passages alone are scored: nothing says what a right answer would be.
    pub retrieval_only: bool,
    /// At most so many answers at once, where the suite says so.
    pub at_once: Option<usize>,
    /// What whoever runs the suite should know about it.
    pub notes: Vec<String>,
    /// What it brings itself.
    pub brought: Brought,
}

/// What a suite brings itself, beside what its specs name.
#[derive(Clone, Default)]
pub struct Brought {
    /// Providers, by the name of the spec that stands for each: nothing is built from that spec.
    pub providers: BTreeMap<String, Arc<dyn Provider>>,
    /// Variables that go before those of the environment. There may be keys among them.
    pub variables: BTreeMap<String, String>,
}

impl std::fmt::Debug for Brought {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Names alone: no key is ever shown.
        let names = (self.providers.keys(), self.variables.keys());
        f.debug_struct("Brought")
            .field("providers", &names.0)
            .field("variables", &names.1)
            .finish()
    }
}

/// What is searched.
#[derive(Debug, Clone)]
pub struct CorpusSettings {
    /// Files and folders, from the suite's own folder.
    pub paths: Vec<PathBuf>,
    /// Documents that are left out, by their path below the corpus.
    pub without: Vec<String>,
    /// How documents are cut into passages.
    pub chunking: Chunking,
    /// Whether cases may call relevant what it does not hold: that counts as not found, as in `trec_eval`.
    pub partial: bool,
    /// Where `path` is written.
    pub place: Place,
}

/// One configuration under comparison.
#[derive(Debug, Clone)]
pub struct Variant {
    /// Its name.
    pub name: String,
    /// Where it is written.
    pub place: Place,
    /// How passages are found; `None`: they are not.
    pub retrieval: Option<RetrievalSpec>,
    /// Who answers.
    pub generation: Generation,
}

/// Who answers, and how it is asked.
#[derive(Debug, Clone)]
pub struct Generation {
    /// The model.
    pub model: ModelSpec,
    /// What is sent, as a template; `None`: the built-in prompt.
    pub prompt: Option<Prompt>,
    /// At most so many tokens of answer.
    pub max_output_tokens: Option<u32>,
    /// Sampling temperature; the provider's own when not set.
    pub temperature: Option<f64>,
    /// The longest time for one answer, retries and all.
    pub deadline: Option<Duration>,
    /// The model's window in tokens, for the context figures; from the price table when not set.
    pub window: Option<u64>,
    /// What is made of its answers before they are judged.
    pub shaping: Shaping,
    /// How long to wait after each answer.
    pub pause: Option<Duration>,
}

/// A prompt as a template over the case's variables.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    /// Its name in reports: the file, or a label.
    pub label: String,
    /// The text. Text that is a JSON or YAML list of messages is sent as those messages.
    pub text: String,
    /// What fills it.
    pub form: PromptForm,
}

/// What fills a prompt.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum PromptForm {
    /// Jinja. A variable that is missing is an error.
    #[default]
    Jinja,
    /// Nunjucks, as promptfoo fills it: a variable that is missing is empty.
    Nunjucks {
        /// Whether text that is a list of messages is sent as those; else all of it is the one message.
        conversation: bool,
    },
    /// A function of the user's, which gives the text that Nunjucks then fills.
    Function {
        /// The function.
        function: PromptFunction,
        /// As above.
        conversation: bool,
    },
}

/// What is made of an answer before it is judged, as promptfoo's providers and tests ask for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shaping {
    /// Whether the answer is JSON by contract: then checks see the value and not its text.
    pub json: bool,
    /// What makes what is judged out of the answer.
    pub transform: Option<Transform>,
}

/// What a case lays around the prompt and the answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Staging {
    /// Text before the prompt.
    pub prefix: String,
    /// Text after the prompt.
    pub suffix: String,
    /// The answer, where none is to be asked for.
    pub answer: Option<Value>,
    /// What is made of the answer, after what the model's own shaping makes of it.
    pub shaping: Shaping,
}

/// Who judges.
#[derive(Debug, Clone, Default)]
pub struct JudgeSettings {
    /// The judge models; none: the judges of this process. Several make a panel.
    pub models: Vec<ModelSpec>,
    /// What the panel's verdict is when it has several members.
    pub by_mean: bool,
    /// The criteria, when answers are judged at all.
    pub rubric: Option<Rubric>,
    /// The model for groundedness in this process: `default`, or a name of `aisys models list`.
    pub nli: Option<String>,
    /// The embedder for similarity and groundedness.
    pub embedder: Option<String>,
    /// Whether the repeats of a case are held against one another.
    pub consistency: bool,
}

/// What makes cases hang together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClusterBy {
    /// The case's `group`; else the document that is most relevant; else nothing.
    #[default]
    Document,
    /// The case's `group`, else its first tag.
    Tag,
    /// The case's `group` alone.
    Group,
}

/// One question.
#[derive(Debug, Clone)]
pub struct Case {
    /// Unique in the suite.
    pub id: String,
    /// Where it stands.
    pub place: Place,
    /// The question.
    pub ask: String,
    /// Passages or documents with their grade, as `returns.md#window: 2`. `None`: not judged.
    pub relevant: Option<BTreeMap<String, i64>>,
    /// The reference answer.
    pub answer: Option<String>,
    /// What the answer must be like.
    pub checks: Vec<Check>,
    /// The score from which the case passes, where its checks are weighted.
    pub threshold: Option<f64>,
    /// Its tags.
    pub tags: Vec<String>,
    /// What it shares with other cases: paraphrases of one question.
    pub group: Option<String>,
    /// Further variables of prompts and checks.
    pub variables: Map<String, Value>,
    /// Only these variants run it; empty: all.
    pub variants: Vec<String>,
    /// What it lays around the prompt and the answer.
    pub staging: Staging,
}
