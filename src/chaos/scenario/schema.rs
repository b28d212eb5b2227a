//! The JSON Schema of scenarios. The faults bring their own.
//!
//! The file itself is read from its nodes, which have places; a test holds that both know the same keys.

use serde_json::{Map, Value, json};

use crate::chaos::faults::KINDS;

use super::Client;
use super::traffic::ARRIVALS;

/// The JSON Schema of scenarios.
#[must_use]
pub fn json_schema() -> Value {
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "aisys chaos scenario",
        "type": "object",
        "additionalProperties": false,
        "required": ["scenario"],
        "properties": {
            "scenario": {"type": "string", "description": "Its name."},
            "about": {"type": "string", "description": "What it is about, for people."},
            "class": {"type": "string", "description": "What kind of thing breaks: dead, hung, slow, incident, …"},
            "source": texts("What is documented, and by whom."),
            "assumed": texts("What is assumed beyond that."),
            "system": texts("The configuration that is simulated: files and folders, from this file's folder."),
            "route": {"type": "string", "description": "The route that users call."},
            "target": target(),
            "traffic": traffic(),
            "providers": {
                "type": "object",
                "description": "How providers behave when they are well, by name; `default` is all others.",
                "additionalProperties": provider(),
            },
            "faults": {"type": "array", "items": fault(), "description": "What breaks, in this order."},
            "hypothesis": {
                "type": "array",
                "items": {"type": "string"},
                "description": "What must hold, such as `users_answered >= 99.9%` or `recovers within 60s`.",
            },
            "seed": {"type": "integer", "minimum": 0, "description": "The seed of all chance."},
            "abort": object(&json!({
                "failed": amount("The share of failed requests that stops a run."),
                "over": {"type": "integer", "minimum": 1, "description": "How many requests that share is of."},
                "usd": {"type": "number", "description": "US dollars that stop a run."},
                "calls": {"type": "integer", "minimum": 1, "description": "Calls of providers that stop a run."},
            })),
        },
    });
    if let Some(abort) = schema.pointer_mut("/properties/abort").and_then(Value::as_object_mut) {
        abort.insert("description".to_owned(), "When a real run is stopped at once.".into());
    }
    schema
}

fn amount(description: &str) -> Value {
    json!({"type": ["string", "number"], "description": description})
}

fn texts(description: &str) -> Value {
    json!({
        "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
        "description": description,
    })
}

fn object(properties: &Value) -> Value {
    json!({"type": "object", "additionalProperties": false, "properties": properties})
}

fn target() -> Value {
    let long = object(&json!({
        "url": {"type": "string"},
        "model": {"type": "string", "description": "The model or route that is asked for."},
        "method": {"type": "string"},
        "headers": {"type": "object", "additionalProperties": {"type": "string"}},
        "body": {"description": "JSON or a text whose texts are templates: {{ question }}, {{ prompt }}."},
        "response": {"type": "string", "description": "The path of the answer, such as json.answer."},
    }));
    json!({"anyOf": [{"type": "string"}, long], "description": "A running application: its address."})
}

fn traffic() -> Value {
    let arrivals: Vec<&str> = ARRIVALS.iter().map(|(word, _)| *word).collect();
    let clients: Vec<&str> = Client::known().iter().map(|client| client.name).collect();
    let own = object(&json!({
        "like": {"enum": clients},
        "timeout": amount("For a whole try."),
        "connect": amount("Until the connection stands."),
        "retries": {"type": "integer", "minimum": 0},
        "retry_after": amount("The longest retry-after that is obeyed."),
    }));
    object(&json!({
        "arrivals": {"enum": arrivals},
        "rate": amount("Requests a second: 20/s, 600/m."),
        "for": amount("How long it goes on."),
        "prompt_tokens": amount("A number or a distribution: lognormal(800, 1.1)."),
        "output_tokens": amount("A number or a distribution."),
        "tenants": amount("Who asks: zipf(50)."),
        "repeat_questions": amount("The share of questions that were asked before."),
        "streamed": {"type": ["string", "number", "boolean"], "description": "The share that asks for a stream."},
        "client": {"anyOf": [{"enum": clients}, own], "description": "An SDK with its defaults, or your own settings."},
        "patience": amount("How long a user waits before giving up."),
    }))
}

fn limits() -> Value {
    object(&json!({
        "rpm": amount("Requests a minute."),
        "tpm": amount("Tokens a minute."),
        "parallel": {"type": "integer", "minimum": 0, "description": "Requests at once."},
    }))
}

fn provider() -> Value {
    object(&json!({
        "first_token": amount("Seconds to the first token: lognormal(450ms, 0.5)."),
        "tokens_per_second": amount("The pace after that."),
        "limits": limits(),
        "api": {"type": "string", "description": "The API that it speaks, where its name does not tell."},
    }))
}

fn fault() -> Value {
    let mut properties = Map::new();
    let when = object(&json!({
        "model": {"type": "string"},
        "region": {"type": "string"},
        "key": {"type": "string"},
        "path": {"type": "string"},
        "header": {"type": "object", "additionalProperties": {"type": ["string", "number"]}},
        "prompt": {"type": "string", "description": "A text that the prompt holds, or /a regular expression/."},
        "streamed": {"type": "boolean"},
    }));
    properties.insert("at".to_owned(), amount("When it begins."));
    properties.insert("for".to_owned(), amount("How long it lasts; without it, to the end."));
    properties.insert("every".to_owned(), amount("It comes again after so long."));
    let repeat = json!({"type": "integer", "minimum": 1, "description": "How many times in all."});
    properties.insert("repeat".to_owned(), repeat);
    properties.insert(
        "share".to_owned(),
        amount("The share of calls: 0.6, or 0..0.95 climbing over `for`."),
    );
    properties.insert(
        "on".to_owned(),
        texts("provider/openai, model/…, region/…, account/…, host/…, deployment/…, route/…, requests, everything."),
    );
    properties.insert("when".to_owned(), when);
    for kind in KINDS {
        let mut schema = (kind.schema)();
        if let Some(object) = schema.as_object_mut() {
            object.insert("description".to_owned(), kind.title.into());
        }
        for alias in kind.aliases {
            properties.insert((*alias).to_owned(), schema.clone());
        }
        properties.insert(kind.name.to_owned(), schema);
    }
    json!({"type": "object", "additionalProperties": false, "properties": properties})
}
