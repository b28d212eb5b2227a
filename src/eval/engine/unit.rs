//! One case through one variant: retrieve, ask, check, judge.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Map, Value};

use crate::clock::Moment;
use crate::eval::checks::{Check, combine};
use crate::eval::judges::{Consistency, Exhibit, Judge, JudgeError, JudgeErrorKind, Tools, Verdict};
use crate::eval::metrics::context;
use crate::eval::metrics::retrieval::{Measure, Units};
use crate::eval::promptfoo;
use crate::eval::record::{Judged, Row, Shown};
use crate::eval::suite::{Case, Prompt, PromptForm, Shaping};
use crate::provider::{Call, Provider, Reply};
use crate::retrieve::{Hit, Passage, Retriever};
use crate::store::Cassette;
use crate::wire::ChatRequest;

use super::meter::{Meter, metered};
use super::prompt;
use super::together::Answered;

/// Numbers of passages whose scores the curve tells.
const CURVE: &[usize] = &[1, 2, 3, 5, 8, 10, 15, 20];
/// The longest text of a passage in a record, in characters.
const SHOWN: usize = 600;

/// All that the rows of a run have in common.
pub struct Subject {
    /// The variants.
    pub targets: Vec<Target>,
    /// The retrieval measures.
    pub measures: Vec<Measure>,
    /// The judges that look at every answer, beside the case's own checks.
    pub judges: Vec<Arc<dyn Judge>>,
    /// What judges may use.
    pub tools: Tools,
    /// Whether answers are asked for, or passages alone.
    pub generate: bool,
    /// How repeats of a case are held against one another, when they are.
    pub consistency: Option<Consistency>,
    /// Where finished calls are kept.
    pub journal: Arc<Cassette>,
}

/// One variant, ready to be asked.
pub struct Target {
    /// Its name.
    pub name: String,
    /// Who finds passages.
    pub retriever: Option<Arc<dyn Retriever>>,
    /// How many passages are shown to the model.
    pub top_k: usize,
    /// Whether more passages than are shown may be asked for, so that the curve over `top_k` can be told.
    pub curve: bool,
    /// Who answers.
    pub provider: Arc<dyn Provider>,
    /// The prompt; `None`: the built-in one.
    pub prompt: Option<Prompt>,
    /// At most so many tokens of answer.
    pub max_output_tokens: Option<u32>,
    /// Sampling temperature.
    pub temperature: Option<f64>,
    /// Whether its latency says something about the candidate: not for models of this process.
    pub timed: bool,
    /// The model's window in tokens.
    pub window: Option<u64>,
    /// What is made of its answers before they are judged.
    pub shaping: Shaping,
    /// How long to wait after each answer.
    pub pause: Option<Duration>,
}

/// One row to come.
#[derive(Clone)]
pub struct Unit {
    /// Its place in the order of the whole run.
    pub at: usize,
    /// The case.
    pub case: Arc<Case>,
    /// Which of the variants.
    pub variant: usize,
    /// The repeat, from 0.
    pub repeat: u32,
    /// What its case shares with others.
    pub cluster: Arc<str>,
    /// What is relevant; `None`: that is not judged, or nothing is.
    pub relevance: Option<Arc<Units>>,
}

impl Subject {
    /// The row of a unit.
    pub(super) async fn answer(&self, unit: &Unit) -> Answered {
        let mut exhibit = None;
        let row = self.row(unit, &mut exhibit).await;
        let beside = self.consistency.is_some() || unit.case.checks.iter().any(|check| check.kind.compares());
        Answered {
            row,
            exhibit: exhibit.filter(|_| beside),
        }
    }

    async fn row(&self, unit: &Unit, answered: &mut Option<Exhibit>) -> Row {
        let (case, target) = (&unit.case, &self.targets[unit.variant]);
        let mut row = Row {
            at: unit.at,
            case: case.id.clone(),
            variant: target.name.clone(),
            repeat: unit.repeat,
            place: case.place.to_string(),
            cluster: unit.cluster.to_string(),
            tags: case.tags.clone(),
            ask: case.ask.clone(),
            reference: case.answer.clone(),
            ..Row::default()
        };
        let hits = match self.find(unit, target, &mut row).await {
            Ok(hits) => hits,
            Err(message) => {
                row.retrieval_error = Some(message);
                return row;
            }
        };
        if !self.generate {
            return row;
        }
        let passages: Vec<Passage> = hits.iter().map(|hit| (*hit.passage).clone()).collect();
        // promptfoo knows no variables but those of the test: a rubric must not find others.
        let foreign = target
            .prompt
            .as_ref()
            .is_some_and(|prompt| prompt.form != PromptForm::Jinja);
        let variables = if foreign {
            case.variables.clone()
        } else {
            prompt::variables(&case.ask, &passages, &case.variables)
        };
        let rendered = match prompt::fill(target.prompt.as_ref(), case, &variables, target.retriever.is_some()).await {
            Ok(rendered) => rendered,
            Err(message) => {
                row.retrieval_error = Some(message);
                return row;
            }
        };
        let call = Call {
            request: ChatRequest {
                messages: rendered.messages,
                max_output_tokens: target.max_output_tokens,
                temperature: target.temperature,
                ..ChatRequest::default()
            },
            variables,
            question: case.ask.clone(),
            passages: passages.iter().map(|passage| passage.text.clone()).collect(),
            repeat: unit.repeat,
        };
        let answer = match &case.staging.answer {
            Some(given) => Ok(prompt::given(given)),
            None => target.provider.call(&call).await,
        };
        if let Some(pause) = target.pause {
            Moment::now().after(pause).reached().await;
        }
        match answer {
            Ok(reply) => {
                note(&mut row, &reply, target);
                let passages = if passages.is_empty() {
                    own_passages(&reply)
                } else {
                    passages
                };
                let shapings = [&target.shaping, &case.staging.shaping];
                let shaped = promptfoo::shape(reply, shapings, &call.variables, &rendered.shown).await;
                let (answer, reply) = match shaped {
                    Ok(shaped) => shaped,
                    Err(message) => {
                        // The transform is part of what is tested: an answer that it refuses has not passed.
                        row.pass = Some(false);
                        row.verdicts.push(Judged {
                            metric: "check.transform".to_owned(),
                            check: "transform".to_owned(),
                            weight: 1.0,
                            outcome: Ok(Verdict::share(false, message)),
                        });
                        return row;
                    }
                };
                let exhibit = Exhibit {
                    case: case.id.clone(),
                    variant: target.name.clone(),
                    question: case.ask.clone(),
                    prompt: rendered.shown,
                    answer,
                    reply,
                    passages,
                    reference: case.answer.clone(),
                    variables: call.variables,
                };
                self.judge(case, &exhibit, &mut row).await;
                *answered = Some(exhibit);
            }
            Err(error) => {
                // A candidate that cannot answer has not passed; an outside that fails says nothing of it.
                row.pass = (error.kind.is_candidates() && !case.checks.is_empty()).then_some(false);
                row.error = Some(error);
            }
        }
        row
    }

    /// Whether the prompt of a unit can be filled, told before anything is asked. As many passages as are shown
    /// stand in for those that will be found.
    ///
    /// # Errors
    /// Says which variable is missing, or what else is wrong with the template.
    pub fn fits(&self, unit: &Unit) -> Result<(), String> {
        let (case, target) = (&unit.case, &self.targets[unit.variant]);
        let stand_in = Passage {
            id: "document.md#section".to_owned(),
            document: "document.md".to_owned(),
            headings: vec!["Section".to_owned()],
            text: "A passage.".to_owned(),
            bytes: 0..0,
        };
        if target
            .prompt
            .as_ref()
            .is_some_and(|prompt| prompt.form != PromptForm::Jinja)
        {
            // promptfoo takes what is missing for empty.
            return Ok(());
        }
        let shown = if target.retriever.is_some() { target.top_k } else { 0 };
        let variables = prompt::variables(&case.ask, &vec![stand_in; shown], &case.variables);
        prompt::render(target.prompt.as_ref(), &variables, target.retriever.is_some()).map(drop)
    }

    /// The passages that the model is shown, with the retrieval metrics noted.
    async fn find(&self, unit: &Unit, target: &Target, row: &mut Row) -> Result<Vec<Hit>, String> {
        let Some(retriever) = &target.retriever else {
            return Ok(Vec::new());
        };
        let deepest = CURVE.last().copied().unwrap_or(0);
        let depth = if target.curve {
            target.top_k.max(deepest)
        } else {
            target.top_k
        };
        let found = retriever.retrieve(&unit.case.ask, depth).await;
        let mut hits = found.map_err(|error| error.to_string())?;
        if let Some(units) = &unit.relevance {
            if target.curve {
                self.curve(units, &hits, row);
            }
            hits.truncate(target.top_k);
            let judged = units.judged(&hits);
            for measure in &self.measures {
                row.metrics.insert(measure.to_string(), measure.value(&judged));
            }
            row.missed = units.missed(&hits);
        }
        hits.truncate(target.top_k);
        note_context(row, &hits, unit.relevance.as_deref(), target.window);
        row.passages = hits.iter().map(|hit| shown(hit, unit.relevance.as_deref())).collect();
        Ok(hits)
    }

    /// What other numbers of passages would have given.
    fn curve(&self, units: &Units, hits: &[Hit], row: &mut Row) {
        for depth in CURVE {
            let judged = units.judged(&hits[..hits.len().min(*depth)]);
            for measure in self.measures.iter().filter_map(|measure| measure.at(*depth)) {
                row.metrics.insert(format!("curve.{measure}"), measure.value(&judged));
            }
        }
    }

    /// Runs the case's checks and the suite's judges, in their order.
    async fn judge(&self, case: &Case, exhibit: &Exhibit, row: &mut Row) {
        let meter = Arc::new(Meter::default());
        let tools = metered(&self.tools, &meter);
        row.verdicts = join_all(case.checks.iter().map(|check| one_check(check, exhibit, &tools))).await;
        let mut criteria = Vec::new();
        for judge in &self.judges {
            match judge.judge(exhibit, &tools).await {
                Ok(verdict) => criteria.extend(by_criterion(verdict)),
                Err(error) => criteria.push(Judged {
                    metric: judge.name().to_owned(),
                    check: judge.name().to_owned(),
                    weight: 1.0,
                    outcome: Err(error),
                }),
            }
        }
        row.verdicts.extend(criteria);
        row.judge_cost_usd = meter.dollars();
        sum_up(row, case, &exhibit.variables);
    }
}

async fn one_check(check: &Check, exhibit: &Exhibit, tools: &Tools) -> Judged {
    Judged {
        metric: metric_of(check, &exhibit.variables),
        check: check.described(),
        weight: check.weight,
        outcome: if check.kind.compares() {
            // Until all variants have answered; of one alone it stays so.
            Err(JudgeError {
                kind: JudgeErrorKind::Setup,
                message: format!(
                    "`{}` at {} needs the answers of two variants at least",
                    check.label, check.place
                ),
            })
        } else {
            check.judge(exhibit, tools).await
        },
    }
}

/// The metric that a check counts for: the one that it names, or `check.` and its kind.
pub(super) fn metric_of(check: &Check, variables: &Map<String, Value>) -> String {
    let named = check.metric_name(variables).ok().flatten();
    named.unwrap_or_else(|| format!("check.{}", check.label))
}

/// Whether the case passed, and its metrics, from what its checks and judges said. A judge that failed leaves the
/// case without a decision, unless a check has failed already.
pub(super) fn sum_up(row: &mut Row, case: &Case, variables: &Map<String, Value>) {
    row.metrics.remove("score");
    let (checks, criteria) = row.verdicts.split_at(case.checks.len().min(row.verdicts.len()));
    let whole = checks.iter().all(|judged| judged.outcome.is_ok());
    let judged: Vec<(&Check, &Verdict)> = case
        .checks
        .iter()
        .zip(checks)
        .filter_map(|(check, judged)| Some((check, judged.outcome.as_ref().ok()?)))
        .collect();
    let mut metrics: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    let mut pass = None;
    if !case.checks.is_empty() {
        match combine(&judged, case.threshold, variables) {
            Ok(combined) if whole => {
                pass = Some(combined.pass);
                metrics.entry("score".to_owned()).or_default().push(combined.score);
                for (name, score) in combined.named {
                    metrics.entry(name).or_default().push(score);
                }
            }
            // Without a threshold one failed check decides, whatever the judge that failed would have said.
            _ if case.threshold.is_none() && judged.iter().any(|(_, verdict)| !verdict.pass) => pass = Some(false),
            _ => {}
        }
    } else if !criteria.is_empty() {
        let all: Option<Vec<bool>> = criteria
            .iter()
            .map(|judged| judged.outcome.as_ref().ok().map(|verdict| verdict.pass))
            .collect();
        pass = all.map(|all| all.into_iter().all(|pass| pass));
    }
    row.pass = pass;
    let named: BTreeSet<String> = metrics.keys().cloned().collect();
    for judged in &row.verdicts {
        // Several checks of one name are one metric: their mean. Named ones are summed up above, by weight.
        if let (Ok(verdict), false) = (&judged.outcome, named.contains(&judged.metric)) {
            metrics.entry(judged.metric.clone()).or_default().push(verdict.score);
        }
    }
    for (metric, scores) in metrics {
        row.metrics.extend(mean(&scores).map(|mean| (metric, mean)));
    }
}

/// A rubric's verdict is one for each of its criteria.
fn by_criterion(verdict: Verdict) -> Vec<Judged> {
    let rows = verdict.parts.into_iter().map(|(criterion, verdict)| Judged {
        metric: criterion.clone(),
        check: criterion,
        weight: 1.0,
        outcome: Ok(verdict),
    });
    rows.collect()
}

/// What the user's own application says that it retrieved.
fn own_passages(reply: &Reply) -> Vec<Passage> {
    let texts = reply.contexts().unwrap_or_default().into_iter().enumerate();
    let passage = |(at, text): (usize, String)| Passage {
        id: format!("context-{}", at + 1),
        document: format!("context-{}", at + 1),
        headings: Vec::new(),
        bytes: 0..text.len(),
        text,
    };
    texts.map(passage).collect()
}

/// What the reply says of itself.
fn note(row: &mut Row, reply: &Reply, target: &Target) {
    row.answer = Some(reply.chat.text.clone());
    row.latency_ms = target.timed.then_some(reply.latency_ms);
    row.cost_usd = reply.cost_usd;
    row.tokens = reply.chat.usage.map(|usage| (usage.input_tokens, usage.output_tokens));
    if let Some(trace) = reply.trace.as_deref() {
        let share = |it: bool| f64::from(u8::from(it));
        row.metrics.insert("route.degraded".to_owned(), share(trace.degraded));
        row.metrics
            .insert("route.first_choice".to_owned(), share(trace.by_first_choice()));
        row.route = Some(trace.clone());
    }
}

/// What fills the window: see [`context`].
#[expect(clippy::cast_precision_loss, reason = "a rank")]
fn note_context(row: &mut Row, hits: &[Hit], units: Option<&Units>, window: Option<u64>) {
    if hits.is_empty() {
        return;
    }
    let relevant = units.map_or_else(|| vec![false; hits.len()], |units| units.relevant(hits));
    let tokens = window
        .and_then(|window| usize::try_from(window).ok())
        .unwrap_or(usize::MAX);
    let seen = context::context_use(hits, &relevant, tokens);
    let mut set = |name: &str, value: f64| row.metrics.insert(format!("context.{name}"), value);
    set("redundancy", seen.redundancy);
    if window.is_some() {
        set("window", seen.window_share);
    }
    if units.is_some() {
        set("noise", seen.noise);
        if let Some(first) = seen.first_relevant {
            set("first_relevant", first as f64);
        }
    }
}

fn shown(hit: &Hit, relevance: Option<&Units>) -> Shown {
    let text = &hit.passage.text;
    let mut short: String = text.chars().take(SHOWN).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    Shown {
        id: hit.passage.id.clone(),
        grade: relevance.and_then(|units| units.grade(&hit.passage)).map(i64::from),
        score: hit.score,
        text: short,
    }
}

#[expect(clippy::cast_precision_loss, reason = "checks of one case")]
fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}
