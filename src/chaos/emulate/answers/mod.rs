//! What an emulated model says: a script's, a cassette's, its own question again, or filler of a known length.

mod cassette;
mod example;
mod lorem;
mod script;

use std::path::Path;

use super::Call;
use crate::chaos::live::tokens;
use crate::rng::{Chance, fnv};
use crate::wire::{Finish, ResponseFormat, ToolCall, ToolChoice};

use cassette::Recordings;
use lorem::lorem;
use script::Script;

/// Where answers come from.
#[derive(Debug)]
pub enum Answers {
    /// What the user said last.
    Echo,
    /// Filler of so many tokens; `None`: as many as the scenario's traffic has, or 64.
    Lorem(Option<u32>),
    /// The user's script; what it does not know is echoed.
    Script(Script),
    /// Recorded calls; what is not recorded is echoed.
    Recorded(Recordings),
}

/// What a model says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Said {
    /// The text.
    pub text: String,
    /// The refusal that stands beside the text.
    pub refusal: Option<String>,
    /// The tools that it calls, without identifiers.
    pub tool_calls: Vec<ToolCall>,
    /// Why it ended, where that is not plain.
    pub finish: Option<Finish>,
    /// What was counted, where that is known.
    pub usage: Option<crate::wire::Usage>,
}

/// Why answers cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum AnswersError {
    /// The script is wrong.
    #[error(transparent)]
    Script(#[from] crate::read::FormError),
    /// The cassette is wrong.
    #[error(transparent)]
    Cassette(#[from] crate::store::CassetteError),
    /// The word is none of the known ones.
    #[error(
        "no answers are called {0:?} (expected echo, lorem, lorem:TOKENS, a script such as answers.yaml, or a cassette such as run.jsonl)"
    )]
    Unknown(String),
}

/// Tokens of filler where nobody says how many.
pub const USUAL_TOKENS: u32 = 64;
/// The most tokens of filler.
const MAX_TOKENS: u32 = 1_000_000;
/// What the chance of filler is for.
const PURPOSE: u64 = 0x10e;

impl Answers {
    /// `echo`, `lorem`, `lorem:200`, or the path of a script or a cassette.
    ///
    /// # Errors
    /// Fails on other words and on files that cannot be read.
    pub fn parse(text: &str) -> Result<Self, AnswersError> {
        let path = Path::new(text);
        let extension = path.extension().and_then(|it| it.to_str()).unwrap_or_default();
        match (text, extension) {
            ("echo", _) => Ok(Self::Echo),
            ("lorem", _) => Ok(Self::Lorem(None)),
            (_, "yaml" | "yml") => Ok(Self::Script(Script::read(path)?)),
            (_, "jsonl") => Ok(Self::Recorded(Recordings::open(path)?)),
            _ => {
                let tokens = text.strip_prefix("lorem:").and_then(|it| it.parse().ok());
                let tokens = tokens.filter(|tokens| (1..=MAX_TOKENS).contains(tokens));
                tokens.map_or_else(
                    || Err(AnswersError::Unknown(text.to_owned())),
                    |it| Ok(Self::Lorem(Some(it))),
                )
            }
        }
    }

    /// The answer to a call: the same call and seed get the same one. `usual` is the length of filler where
    /// neither the call nor the setting says one.
    #[must_use]
    pub fn answer(&self, call: &Call, seed: u64, usual: u32) -> Said {
        let known = match self {
            Self::Script(script) => script.answer(call),
            Self::Recorded(recordings) => recordings.answer(call),
            Self::Echo | Self::Lorem(_) => None,
        };
        if let Some(said) = known {
            return capped(said, call);
        }
        let mut chance = Chance::numbered(seed, fnv(call.prompt().as_bytes()), PURPOSE);
        let said = match (forced_tool(call), &call.request.response_format) {
            (Some(tool_call), _) => Said {
                tool_calls: vec![tool_call],
                ..Said::default()
            },
            (None, Some(ResponseFormat::Schema { schema, .. })) => Said::text(example::of(schema).to_string()),
            (None, Some(ResponseFormat::Json)) => Said::text("{\"answer\": \"yes\"}".to_owned()),
            (None, None) => match (self, call.asked_tokens) {
                (Self::Lorem(set), asked) => {
                    Said::text(lorem(asked.or(*set).unwrap_or(usual).min(MAX_TOKENS), &mut chance))
                }
                (_, Some(asked)) => Said::text(lorem(asked.min(MAX_TOKENS), &mut chance)),
                _ => Said::text(call.question()),
            },
        };
        capped(said, call)
    }
}

impl Said {
    fn text(text: String) -> Self {
        Self {
            text,
            ..Self::default()
        }
    }
}

/// The call of the tool that the request forces.
fn forced_tool(call: &Call) -> Option<ToolCall> {
    let tools = &call.request.tools;
    let tool = match call.request.tool_choice.as_ref()? {
        ToolChoice::Required => tools.first()?,
        ToolChoice::Named(name) => tools.iter().find(|tool| tool.name == *name)?,
        ToolChoice::Auto | ToolChoice::None => return None,
    };
    Some(ToolCall {
        id: String::new(),
        name: tool.name.clone(),
        arguments: example::of(&tool.parameters).to_string(),
    })
}

/// The answer up to a stop text and the cap of tokens.
fn capped(mut said: Said, call: &Call) -> Said {
    let stops = call.request.stop.iter().filter(|stop| !stop.is_empty());
    if let Some(at) = stops.filter_map(|stop| said.text.find(stop)).min() {
        said.text.truncate(at);
    }
    let cap = call
        .request
        .max_output_tokens
        .map_or(usize::MAX, |cap| usize::try_from(cap).unwrap_or(usize::MAX));
    let ends = tokens::ends(&said.text);
    if ends.len() > cap {
        said.text.truncate(if cap == 0 { 0 } else { ends[cap - 1] });
        said.finish = Some(Finish::Length);
    }
    said
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::chaos::live::Endpoint;

    pub(super) fn call(body: &Value) -> Call {
        let endpoint = Endpoint::of("POST", "/v1/chat/completions").unwrap();
        Call::read(&endpoint, &[], body.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn filler_has_exactly_the_tokens_that_are_asked_for() {
        let asked = json!({ "model": "m", "messages": [{ "role": "user", "content": "go" }], "max_tokens": 40 });
        let call = call(&asked);
        for (answers, tokens, finish) in [
            (Answers::Lorem(Some(17)), 17, None),
            (Answers::Lorem(None), 40, Some(Finish::Length)),
            (Answers::Lorem(Some(1_000)), 40, Some(Finish::Length)),
            (Answers::Echo, 1, None),
        ] {
            let said = answers.answer(&call, 1, 64);
            assert_eq!(
                (tokens::count(&said.text), said.finish.clone()),
                (tokens, finish),
                "{answers:?}"
            );
            assert_eq!(answers.answer(&call, 1, 64), said);
        }
        assert_ne!(
            Answers::Lorem(Some(17)).answer(&call, 2, 64),
            Answers::Lorem(Some(17)).answer(&call, 1, 64)
        );
    }

    #[test]
    fn forced_tools_are_called_with_arguments_of_their_schema() {
        let parameters =
            json!({ "type": "object", "properties": { "city": { "type": "string" } }, "required": ["city"] });
        let call = call(&json!({
            "model": "m", "messages": [{ "role": "user", "content": "go" }], "tool_choice": "required",
            "tools": [{ "type": "function", "function": { "name": "weather", "parameters": parameters } }],
        }));
        let said = Answers::Echo.answer(&call, 1, 64);
        assert_eq!(said.tool_calls[0].name, "weather");
        let arguments: Value = serde_json::from_str(&said.tool_calls[0].arguments).unwrap();
        assert!(arguments["city"].is_string());
    }

    #[test]
    fn answers_are_parsed() {
        assert!(matches!(Answers::parse("lorem:7"), Ok(Answers::Lorem(Some(7)))));
        assert!(Answers::parse("lorem:0").is_err() && Answers::parse("loud").is_err());
    }
}
