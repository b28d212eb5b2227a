//! Each provider with each of its prompts: a variant.

use crate::eval::suite::{Generation, Prompt, PromptForm, SuiteError, Variant};

use super::prompts::PromptEntry;
use super::providers::Target;
use super::render::PromptFunction;

/// A provider with a prompt.
#[derive(Clone)]
pub(super) struct Column {
    /// Unique in the suite.
    pub(super) name: String,
    pub(super) target: Target,
    pub(super) prompt: PromptEntry,
}

/// The pairs, in promptfoo's order: provider by provider. The name is the provider's, and the prompt's where there are
/// several.
pub(super) fn columns(targets: &[Target], prompts: &[PromptEntry]) -> Result<Vec<Column>, SuiteError> {
    let mut columns: Vec<Column> = Vec::new();
    for target in targets {
        for (name, place) in target.prompts.iter().flatten() {
            if !prompts.iter().any(|prompt| prompt.is_called(name)) {
                let known = prompts.iter().map(|prompt| prompt.label.as_str());
                return Err(SuiteError::unknown(place, "prompt", name, known));
            }
        }
        for prompt in prompts {
            let wanted = |names: &Vec<(String, _)>| names.iter().any(|(name, _)| prompt.is_called(name));
            if !target.prompts.as_ref().is_none_or(wanted) {
                continue;
            }
            let base = if prompts.len() == 1 {
                target.name().to_owned()
            } else {
                format!("{} · {}", target.name(), prompt.label)
            };
            let mut name = base.clone();
            let mut number = 2;
            while columns.iter().any(|column| column.name == name) {
                name = format!("{base} #{number}");
                number += 1;
            }
            columns.push(Column {
                name,
                target: target.clone(),
                prompt: prompt.clone(),
            });
        }
    }
    Ok(columns)
}

impl Column {
    /// The variant of the suite. `number` tells providers of one name apart.
    pub(super) fn variant(&self, pause: Option<std::time::Duration>) -> Variant {
        let target = &self.target;
        let conversation = target.conversation;
        let form = match &self.prompt.function {
            None => PromptForm::Nunjucks { conversation },
            Some((function, config)) => PromptForm::Function {
                function: PromptFunction {
                    function: function.clone(),
                    config: config.clone(),
                    provider: (target.id.clone(), target.label.clone().unwrap_or_default()),
                },
                conversation,
            },
        };
        Variant {
            name: self.name.clone(),
            place: target.place.clone(),
            retrieval: None,
            generation: Generation {
                model: target.spec.clone().into(),
                prompt: Some(Prompt {
                    label: self.prompt.label.clone(),
                    text: self.prompt.text.clone(),
                    form,
                }),
                max_output_tokens: None,
                temperature: None,
                deadline: None,
                window: None,
                shaping: target.shaping.clone(),
                pause: target.delay.or(pause),
            },
        }
    }
}
