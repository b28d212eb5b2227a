//! Changes to the JSON of answers and their events, whatever the API.

use serde_json::Value;

use crate::chaos::Behaviour;

use super::{Dialect, Distortion};

/// Where an API's answers and events tell usage.
const USAGE: &[&str] = &["usage", "usageMetadata", "prompt_eval_count", "eval_count"];

/// Whether a behaviour changes the JSON of a good answer.
#[must_use]
pub fn changes(behaviour: &Behaviour) -> bool {
    behaviour.without_usage || behaviour.model.is_some() || behaviour.words != crate::chaos::behaviour::Words::Right
}

/// Takes usage out of an answer or event.
pub fn strip_usage(value: &mut Value) {
    let Some(map) = value.as_object_mut() else { return };
    for key in USAGE {
        map.shift_remove(*key);
    }
    for inner in ["message", "response"] {
        if let Some(map) = map.get_mut(inner).and_then(Value::as_object_mut) {
            map.shift_remove("usage");
        }
    }
}

/// Names another model in an answer or event.
pub fn name_model(value: &mut Value, model: &str) {
    for place in ["/model", "/modelVersion", "/message/model", "/response/model"] {
        if let Some(found) = value.pointer_mut(place).filter(|it| it.is_string()) {
            *found = model.into();
        }
    }
}

/// Passes each text of an answer or event that the model wrote through `change`.
pub fn each_text(dialect: Dialect, value: &mut Value, change: &mut dyn FnMut(&str) -> String) {
    let mut replace = |found: Option<&mut Value>| {
        if let Some(Value::String(text)) = found {
            *text = change(text);
        }
    };
    match dialect {
        Dialect::Openai | Dialect::Azure => {
            for choice in list(value.get_mut("choices")) {
                replace(choice.pointer_mut("/message/content"));
                replace(choice.pointer_mut("/delta/content"));
            }
        }
        Dialect::Responses => {
            let kind = value.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
            if kind == "response.output_text.delta" {
                replace(value.get_mut("delta"));
            } else if kind.is_empty() {
                for item in list(value.get_mut("output")) {
                    list(item.get_mut("content")).for_each(|part| replace(part.get_mut("text")));
                }
            }
        }
        Dialect::Anthropic => {
            list(value.get_mut("content")).for_each(|block| replace(block.get_mut("text")));
            replace(value.pointer_mut("/delta/text"));
        }
        Dialect::Gemini => {
            for candidate in list(value.get_mut("candidates")) {
                list(candidate.pointer_mut("/content/parts")).for_each(|part| replace(part.get_mut("text")));
            }
        }
        Dialect::Bedrock => {
            list(value.pointer_mut("/output/message/content")).for_each(|block| replace(block.get_mut("text")));
            replace(value.pointer_mut("/delta/text"));
        }
        Dialect::Ollama => {
            replace(value.pointer_mut("/message/content"));
            replace(value.get_mut("response"));
        }
    }
}

/// The text that an answer or event brings.
#[must_use]
pub fn text_of(dialect: Dialect, value: &mut Value) -> String {
    let mut all = String::new();
    each_text(dialect, value, &mut |text| {
        all.push_str(text);
        text.to_owned()
    });
    all
}

/// All that a behaviour does to the JSON of one answer or event.
pub fn apply(behaviour: &Behaviour, dialect: Dialect, distortion: &mut Distortion, is_event: bool, value: &mut Value) {
    if behaviour.without_usage {
        strip_usage(value);
    }
    if let Some(model) = &behaviour.model {
        name_model(value, model);
    }
    each_text(dialect, value, &mut |text| {
        if is_event {
            distortion.piece(text)
        } else {
            distortion.whole(text)
        }
    });
}

fn list(value: Option<&mut Value>) -> std::slice::IterMut<'_, Value> {
    value
        .and_then(Value::as_array_mut)
        .map(Vec::as_mut_slice)
        .unwrap_or_default()
        .iter_mut()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::wire::{ChatReply, Finish, Usage};

    #[test]
    fn every_apis_whole_answer_loses_usage_and_gets_model_and_words() {
        let reply = ChatReply {
            id: "1".into(),
            model: "right".into(),
            text: "yes it is".into(),
            finish: Some(Finish::Stop),
            usage: Some(Usage {
                input_tokens: 77,
                output_tokens: 99,
                cached_input_tokens: 0,
            }),
            ..ChatReply::default()
        };
        for dialect in [
            Dialect::Openai,
            Dialect::Anthropic,
            Dialect::Gemini,
            Dialect::Bedrock,
            Dialect::Ollama,
            Dialect::Responses,
        ] {
            let mut value = match dialect {
                Dialect::Responses => crate::wire::responses_reply_to_json(&reply, 0),
                _ => dialect.api().reply_to_json(&reply, 0),
            };
            strip_usage(&mut value);
            name_model(&mut value, "other");
            each_text(dialect, &mut value, &mut |_| "no".to_owned());
            let text = value.to_string();
            assert!(
                !text.contains("77") && !text.contains("99") && !text.contains("right"),
                "{text}"
            );
            assert!(!text.contains("yes it is") && text.contains("\"no\""), "{text}");
        }
        let mut start =
            json!({ "type": "message_start", "message": { "model": "right", "usage": { "input_tokens": 77 } } });
        strip_usage(&mut start);
        name_model(&mut start, "other");
        assert_eq!(
            start,
            json!({ "type": "message_start", "message": { "model": "other" } })
        );
    }
}
