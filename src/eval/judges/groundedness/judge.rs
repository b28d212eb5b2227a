//! Groundedness as a judge, with the best engine that is there.

use std::collections::BTreeMap;

use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use crate::embedded::{ModelError, Nli};
use crate::eval::judges::abstain::abstains;
use crate::eval::judges::ask::{ask, model, setup};
use crate::eval::judges::parse::{choice, object};
use crate::eval::judges::question::{Question, material};
use crate::eval::judges::{Exhibit, Judge, JudgeError, Tools, Verdict, aside};

use super::check::{Checked, Grounding, check, mean};
use super::claims::claims;
use super::entailment::entail;
use super::model::Weights;

const PROMPT: &str = include_str!("../prompts/groundedness.md");

/// What checks the claims.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum By {
    /// The run's NLI model when there is one, else the small fitted model. No call is made.
    #[default]
    Process,
    /// A judge model by its name; `default` is the run's.
    Model(String),
}

/// Judges the share of claims that the passages support.
#[derive(Debug, Clone, PartialEq)]
pub struct Groundedness {
    /// What checks the claims.
    pub by: By,
    /// The least score that passes.
    pub pass_at: f64,
}

impl Default for Groundedness {
    fn default() -> Self {
        Self {
            by: By::Process,
            pass_at: 0.5,
        }
    }
}

impl Judge for Groundedness {
    fn name(&self) -> &'static str {
        "groundedness"
    }

    fn judge<'a>(&'a self, exhibit: &'a Exhibit, tools: &'a Tools) -> BoxFuture<'a, Result<Verdict, JudgeError>> {
        Box::pin(async move {
            match &self.by {
                By::Process => {
                    let (exhibit, tools, pass_at) = (exhibit.clone(), tools.clone(), self.pass_at);
                    aside(move || in_process(&exhibit, &tools, pass_at)).await
                }
                By::Model(name) => self.by_model(name, exhibit, tools).await,
            }
        })
    }
}

/// The verdict of this process's models.
pub(in crate::eval::judges) fn in_process(
    exhibit: &Exhibit,
    tools: &Tools,
    pass_at: f64,
) -> Result<Verdict, JudgeError> {
    if let Some(verdict) = plain(exhibit)? {
        return Ok(verdict);
    }
    let passages: Vec<&str> = exhibit.passages.iter().map(|passage| passage.text.as_str()).collect();
    let weights = Weights::shipped().map_err(|error| failed(&error))?;
    let embedder = tools.embedder.as_deref();
    let mut grounding =
        check(weights, &exhibit.answer, &exhibit.question, &passages, embedder).map_err(|error| failed(&error))?;
    if let Some(nli) = &tools.nli {
        by_nli(&mut grounding, exhibit, &passages, nli.as_ref()).map_err(|error| failed(&error))?;
    }
    Ok(verdict(exhibit, &grounding, pass_at))
}

/// Replaces the small model's probabilities; nearest evidence and mismatches stay, they explain as well.
fn by_nli(grounding: &mut Grounding, exhibit: &Exhibit, passages: &[&str], nli: &dyn Nli) -> Result<(), ModelError> {
    let texts: Vec<&str> = grounding
        .claims
        .iter()
        .map(|claim| &exhibit.answer[claim.range.clone()])
        .collect();
    let found = entail(&texts, &exhibit.question, passages, nli)?;
    for (claim, entailed) in grounding.claims.iter_mut().zip(found) {
        claim.probability = entailed.probability;
        if let Some(evidence) = entailed.evidence {
            claim.nearest = Some(evidence);
        }
        if entailed.contradicted && claim.mismatch.is_empty() {
            "the passage contradicts it".clone_into(&mut claim.mismatch);
        }
    }
    grounding.score = mean(&grounding.claims);
    Ok(())
}

/// The verdict where nothing is to be compared: an honest "I don't know" claims nothing.
fn plain(exhibit: &Exhibit) -> Result<Option<Verdict>, JudgeError> {
    if abstains(&exhibit.answer) {
        return Ok(Some(Verdict::share(
            true,
            "The answer says that it does not know, and claims nothing.",
        )));
    }
    if claims(&exhibit.answer).is_empty() {
        return Ok(Some(Verdict::share(true, "The answer claims nothing.")));
    }
    if exhibit.passages.is_empty() {
        return Err(setup(format!(
            "case {}: there are no passages to hold the answer against; give the suite a `retrieval:`, or leave \
             groundedness out",
            exhibit.case
        )));
    }
    Ok(None)
}

fn failed(error: &ModelError) -> JudgeError {
    setup(format!("groundedness: {error}"))
}

fn verdict(exhibit: &Exhibit, grounding: &Grounding, pass_at: f64) -> Verdict {
    let claims = &grounding.claims;
    let supported = claims.iter().filter(|claim| claim.supported()).count();
    let mut reason = format!("{supported} of {} claims supported", claims.len());
    if let Some(worst) = claims
        .iter()
        .filter(|claim| !claim.supported())
        .min_by(|a, b| a.probability.total_cmp(&b.probability))
    {
        reason = format!(
            "{reason}; the least: \"{}\": {}",
            &exhibit.answer[worst.range.clone()],
            explained(worst, exhibit)
        );
    }
    let part = |claim: &Checked| {
        let text = exhibit.answer[claim.range.clone()].to_owned();
        let verdict = Verdict::scored(claim.probability, claim.supported(), explained(claim, exhibit));
        (text, verdict)
    };
    let weakest = claims.iter().map(|claim| claim.probability).fold(1.0, f64::min);
    let share = claims
        .iter()
        .map(|claim| f64::from(u8::from(claim.supported())))
        .sum::<f64>();
    Verdict {
        score: grounding.score,
        pass: grounding.score >= pass_at,
        reason,
        parts: claims.iter().map(part).collect(),
        named: BTreeMap::from([
            ("supported".to_owned(), share / count(claims.len())),
            ("weakest".to_owned(), weakest),
        ]),
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn count(claims: usize) -> f64 {
    claims.max(1) as f64
}

/// The nearest evidence, and what does not match.
fn explained(claim: &Checked, exhibit: &Exhibit) -> String {
    let evidence = claim.nearest.as_ref().map_or_else(
        || "no passage speaks of it".to_owned(),
        |(passage, sentence)| {
            let id = exhibit
                .passages
                .get(*passage)
                .map_or("passage", |passage| passage.id.as_str());
            format!("nearest evidence, {id}: \"{sentence}\"")
        },
    );
    if claim.mismatch.is_empty() || claim.supported() {
        evidence
    } else {
        format!("{}; {evidence}", claim.mismatch)
    }
}

impl Groundedness {
    async fn by_model(&self, name: &str, exhibit: &Exhibit, tools: &Tools) -> Result<Verdict, JudgeError> {
        let Some(model) = model(tools, Some(name))? else {
            return Err(setup("groundedness by a judge model needs `judge: {model: …}`"));
        };
        if let Some(verdict) = plain(exhibit)? {
            return Ok(verdict);
        }
        let ranges = claims(&exhibit.answer);
        let numbered: Vec<String> = ranges
            .iter()
            .enumerate()
            .map(|(at, range)| format!("{}. {}", at + 1, &exhibit.answer[range.clone()]))
            .collect();
        let list = numbered.join("\n");
        let mut shown = material(exhibit);
        // Neither the whole answer nor the reference: the one is in the claims, the other is no passage.
        shown.retain(|(name, _)| name != "ANSWER" && name != "REFERENCE");
        shown.push(("CLAIMS".to_owned(), &list));
        let question = Question {
            prompt: PROMPT,
            fill: vec![("count", ranges.len().to_string())],
            material: shown,
            name: "groundedness",
            schema: schema(),
        };
        let verdicts = ask(model.as_ref(), question.call(), |reply| read(reply, ranges.len())).await?;
        let claims: Vec<Checked> = ranges
            .into_iter()
            .zip(verdicts)
            .map(|(range, (said, evidence))| Checked {
                range,
                probability: if said == "supported" { 1.0 } else { 0.0 },
                nearest: quoted(&evidence, exhibit),
                mismatch: match said {
                    "contradicted" => "contradicted".to_owned(),
                    "absent" => "not in the passages".to_owned(),
                    _ => String::new(),
                },
            })
            .collect();
        let grounding = Grounding {
            score: mean(&claims),
            claims,
        };
        Ok(verdict(exhibit, &grounding, self.pass_at))
    }
}

/// The passage that holds a quotation; an invented quotation is no evidence.
fn quoted(evidence: &str, exhibit: &Exhibit) -> Option<(usize, String)> {
    let evidence = evidence.trim().trim_matches('"');
    let at = exhibit
        .passages
        .iter()
        .position(|passage| passage.text.contains(evidence))?;
    (!evidence.is_empty()).then(|| (at, evidence.to_owned()))
}

fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {"claims": {"type": "array", "items": {
            "type": "object",
            "properties": {
                "number": {"type": "integer"},
                "evidence": {"type": "string"},
                "verdict": {"type": "string", "enum": ["supported", "contradicted", "absent"]},
            },
            "required": ["number", "evidence", "verdict"],
            "additionalProperties": false,
        }}},
        "required": ["claims"],
        "additionalProperties": false,
    })
}

/// One verdict for each claim, each claim once.
fn read(reply: &str, count: usize) -> Result<Vec<(&'static str, String)>, String> {
    let found = object(reply, &["claims"])?;
    let entries = found["claims"].as_array().ok_or("`claims` is no list")?;
    if entries.len() != count {
        return Err(format!("`claims` has {} entries for {count} claims", entries.len()));
    }
    let mut verdicts = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        if entry["number"]
            .as_u64()
            .is_some_and(|number| usize::try_from(number) != Ok(at + 1))
        {
            return Err(format!("entry {} is not of claim {}", at + 1, at + 1));
        }
        let said = choice(&entry["verdict"], &["supported", "contradicted", "absent"])?;
        verdicts.push((said, entry["evidence"].as_str().unwrap_or_default().to_owned()));
    }
    Ok(verdicts)
}
