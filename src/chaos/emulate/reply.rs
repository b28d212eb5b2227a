//! What was said as an answer of its API, useless ones included.

use serde_json::{Value, json};

use super::Call;
use super::answers::Said;
use crate::chaos::behaviour::{Behaviour, CutHow};
use crate::chaos::live::{Dialect, Distortion, Ids, rewrite, tokens};
use crate::chaos::observation::Hollow;
use crate::clock;
use crate::pipeline::policy::Useless;
use crate::wire::{ChatReply, Finish, ToolCall, Usage, responses_reply_to_json};

/// What a model says that refuses.
const REFUSAL: &str = "I'm sorry, but I can't help with that.";
/// What arguments look like that stop in the middle.
const BROKEN: &str = "{\"location\": \"Os";

/// An answer with what its API leaves out or adds.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The answer.
    pub chat: ChatReply,
    /// How it is of no use.
    pub useless: Option<Useless>,
    /// Where each token of its text ends.
    pub ends: Vec<usize>,
}

impl Reply {
    /// The answer to a call. `words` says what becomes of the right words.
    #[must_use]
    pub fn new(
        call: &Call,
        said: Said,
        behaviour: &Behaviour,
        useless: Option<Useless>,
        ids: &Ids,
        words: &mut Distortion,
    ) -> Self {
        let mut chat = ChatReply {
            id: ids.answer.clone(),
            model: behaviour.model.clone().unwrap_or_else(|| call.request.model.clone()),
            text: words.whole(&said.text),
            refusal: said.refusal,
            tool_calls: said.tool_calls,
            finish: said.finish,
            usage: None,
        };
        if let Some(useless) = useless {
            make_useless(&mut chat, useless, call);
        }
        for (at, tool_call) in chat.tool_calls.iter_mut().enumerate() {
            if tool_call.id.is_empty() && !ids.call.is_empty() {
                tool_call.id = if at == 0 {
                    ids.call.clone()
                } else {
                    format!("{}{at}", ids.call)
                };
            }
        }
        // Only two APIs tell a refusal apart from the text.
        let tells_refusals = matches!(call.dialect, Dialect::Openai | Dialect::Responses | Dialect::Azure);
        if let Some(refusal) = chat.refusal.take_if(|_| !tells_refusals) {
            chat.text = refusal;
            chat.finish.get_or_insert(Finish::Refusal);
        }
        chat.finish.get_or_insert(if chat.tool_calls.is_empty() {
            Finish::Stop
        } else {
            Finish::ToolCalls
        });
        let ends = tokens::ends(&chat.text);
        let refused = chat.refusal.as_deref().map_or(0, tokens::count);
        let called: u64 = chat.tool_calls.iter().map(|call| tokens::count(&call.arguments)).sum();
        chat.usage = Some(said.usage.filter(|_| useless.is_none()).unwrap_or(Usage {
            input_tokens: call.prompt_tokens,
            output_tokens: ends.len() as u64 + refused + called,
            cached_input_tokens: 0,
        }));
        Self { chat, useless, ends }
    }

    /// What a client gets of the text that looks finished and is not the right one: other words, or a part.
    #[must_use]
    pub fn not_right(&self, behaviour: &Behaviour, right: &str) -> Option<(&str, Hollow)> {
        let text = self.chat.text.as_str();
        let cut = behaviour.cut.filter(|cut| cut.how == CutHow::Clean);
        let kept = cut.map_or(self.ends.len(), |cut| usize::try_from(cut.after).unwrap_or(usize::MAX));
        let (text, is_part) = match self.ends.get(kept) {
            Some(_) => (&text[..kept.checked_sub(1).map_or(0, |last| self.ends[last])], true),
            None => (text, self.useless == Some(Useless::Length)),
        };
        let hollow = if is_part { Hollow::Truncated } else { Hollow::Wrong };
        (self.useless.is_none_or(|it| it == Useless::Length) && text != right).then_some((text, hollow))
    }

    /// Tokens of the answer.
    #[must_use]
    pub fn tokens(&self) -> u64 {
        self.chat.usage.map_or(0, |usage| usage.output_tokens)
    }

    /// The whole answer's JSON.
    #[must_use]
    pub fn to_json(&self, call: &Call, behaviour: &Behaviour) -> Value {
        let now = clock::unix_seconds();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "seconds of our time fit"
        )]
        let created = now as u64;
        let mut value = match call.dialect {
            Dialect::Responses => responses_reply_to_json(&self.chat, created),
            dialect => dialect.api().reply_to_json(&self.chat, created),
        };
        match call.dialect {
            Dialect::Azure => {
                value["prompt_filter_results"] = prompt_filter_results();
                if let Some(choice) = value.pointer_mut("/choices/0") {
                    choice["content_filter_results"] = filter_results();
                }
            }
            Dialect::Ollama => ollama(&mut value, call, now),
            _ => {}
        }
        self.empty(call.dialect, &mut value);
        if behaviour.without_usage {
            rewrite::strip_usage(&mut value);
        }
        value
    }

    /// What is missing in a whole answer that is of no use, where the neutral form cannot say it.
    fn empty(&self, dialect: Dialect, value: &mut Value) {
        match (self.useless, dialect) {
            (Some(Useless::NoChoices), Dialect::Openai | Dialect::Azure) => value["choices"] = json!([]),
            (Some(Useless::NoChoices | Useless::NullContent), Dialect::Responses) => value["output"] = json!([]),
            (Some(Useless::NoChoices), Dialect::Gemini) => {
                if let Some(map) = value.as_object_mut() {
                    map.shift_remove("candidates");
                }
                value["promptFeedback"] = json!({ "blockReason": "PROHIBITED_CONTENT" });
            }
            (Some(Useless::NullContent), Dialect::Openai | Dialect::Azure) => {
                value["choices"][0]["message"]["content"] = Value::Null;
            }
            (Some(Useless::NullContent), Dialect::Gemini) => {
                value["candidates"][0]["content"] = json!({ "role": "model" });
            }
            (Some(Useless::EmptyText), Dialect::Anthropic) => {
                value["content"] = json!([{ "type": "text", "text": "" }]);
            }
            (Some(Useless::EmptyText), Dialect::Gemini) => {
                value["candidates"][0]["content"]["parts"] = json!([{ "text": "" }]);
            }
            (Some(Useless::EmptyText), Dialect::Bedrock) => {
                value["output"]["message"]["content"] = json!([{ "text": "" }]);
            }
            _ => {}
        }
    }
}

fn make_useless(chat: &mut ChatReply, useless: Useless, call: &Call) {
    let empty = |chat: &mut ChatReply| {
        chat.text.clear();
        chat.tool_calls.clear();
        chat.refusal = None;
    };
    match useless {
        Useless::NoChoices | Useless::NullContent | Useless::EmptyText => {
            empty(chat);
            chat.finish = Some(Finish::Stop);
        }
        Useless::Filtered => {
            empty(chat);
            chat.finish = Some(Finish::ContentFilter);
        }
        Useless::Refused => {
            empty(chat);
            chat.refusal = Some(REFUSAL.to_owned());
            chat.finish = if call.dialect == Dialect::Anthropic {
                Some(Finish::Refusal)
            } else {
                Some(Finish::Stop)
            };
        }
        Useless::Length => {
            let ends = tokens::ends(&chat.text);
            chat.text
                .truncate(ends.get((ends.len() / 2).saturating_sub(1)).copied().unwrap_or(0));
            chat.finish = Some(Finish::Length);
        }
        Useless::BrokenArguments => {
            let name = call.request.tools.first().map_or("lookup", |tool| tool.name.as_str());
            empty(chat);
            chat.tool_calls = vec![ToolCall {
                id: String::new(),
                name: name.to_owned(),
                arguments: BROKEN.to_owned(),
            }];
            chat.finish = Some(Finish::ToolCalls);
        }
    }
}

/// What Azure's filter says of the prompt.
pub(super) fn prompt_filter_results() -> Value {
    json!([{ "prompt_index": 0, "content_filter_results": filter_results() }])
}

fn filter_results() -> Value {
    let safe = json!({ "filtered": false, "severity": "safe" });
    json!({ "hate": safe, "self_harm": safe, "sexual": safe, "violence": safe })
}

/// Ollama's moment and durations, and its other form for `generate`.
pub(super) fn ollama(value: &mut Value, call: &Call, now: f64) {
    value["created_at"] = clock::rfc3339(now).into();
    if value["done"] == true {
        for key in [
            "total_duration",
            "load_duration",
            "prompt_eval_duration",
            "eval_duration",
        ] {
            value[key] = json!(1_000_000);
        }
    }
    if call.operation == crate::chaos::live::Operation::Generate {
        let said = value.pointer_mut("/message/content").map(Value::take);
        value["response"] = said.unwrap_or_else(|| "".into());
        if let Some(map) = value.as_object_mut() {
            map.shift_remove("message");
        }
    }
}
