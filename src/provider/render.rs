//! Templates over a call's variables.

use std::collections::BTreeMap;

use minijinja::value::{Value as Filled, ValueKind};
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde_json::{Map, Value};

use super::Call;
use super::endpoint::escape;
use crate::wire::Api;

/// Fills templates for one call: its variables, `question`, `passages`, `prompt` (all messages' texts),
/// `messages` (as `OpenAI` writes them) and `repeat`. A name that is not there is an error.
pub(super) struct Renderer {
    environment: Environment<'static>,
    variables: Filled,
}

impl Renderer {
    pub(super) fn new(call: &Call) -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        environment.add_filter("urlencode", |text: String| escape(&text));
        let mut variables: Map<String, Value> = call.variables.clone();
        let mut put = |name: &str, value: Value| {
            variables.entry(name.to_owned()).or_insert(value);
        };
        put("question", call.question.as_str().into());
        put("passages", call.passages.clone().into());
        let texts: Vec<String> = call.request.messages.iter().map(crate::wire::Message::plain).collect();
        put("prompt", texts.join("\n\n").into());
        let mut request = Api::Openai.request_to_json(&call.request);
        put(
            "messages",
            request.get_mut("messages").map(Value::take).unwrap_or_default(),
        );
        put("repeat", call.repeat.into());
        Self {
            environment,
            variables: filled(&Value::Object(variables)),
        }
    }

    /// A filled template.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub(super) fn text(&self, template: &str) -> Result<String, String> {
        if !template.contains(['{', '}']) {
            return Ok(template.to_owned());
        }
        self.environment
            .render_str(template, self.variables.clone())
            .map_err(|error| format!("the template {template:?}: {error}"))
    }

    /// JSON whose texts are templates. A text that is one expression alone keeps the expression's kind:
    /// `"{{ messages }}"` becomes an array.
    ///
    /// # Errors
    /// Says what is wrong with a template.
    pub(super) fn json(&self, template: &Value) -> Result<Value, String> {
        match template {
            Value::String(text) => match lone_expression(text) {
                Some(expression) => self.value(expression, text),
                None => self.text(text).map(Value::from),
            },
            Value::Array(items) => items.iter().map(|item| self.json(item)).collect(),
            Value::Object(map) => (map.iter())
                .map(|(key, value)| Ok((key.clone(), self.json(value)?)))
                .collect::<Result<Map<_, _>, String>>()
                .map(Value::Object),
            other => Ok(other.clone()),
        }
    }

    fn value(&self, expression: &str, template: &str) -> Result<Value, String> {
        let value = self
            .environment
            .compile_expression(expression)
            .and_then(|it| it.eval(self.variables.clone()));
        let value = value.map_err(|error| format!("the template {template:?}: {error}"))?;
        if value.is_undefined() {
            return Err(format!("the template {template:?}: {expression} is not there"));
        }
        Ok(unfilled(&value))
    }
}

/// JSON as the template engine holds values.
fn filled(value: &Value) -> Filled {
    match value {
        Value::Null => Filled::from(()),
        Value::Bool(flag) => Filled::from(*flag),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(whole), _) => Filled::from(whole),
            (None, Some(whole)) => Filled::from(whole),
            (None, None) => Filled::from(number.as_f64().unwrap_or(f64::NAN)),
        },
        Value::String(text) => Filled::from(text.as_str()),
        Value::Array(items) => Filled::from(items.iter().map(filled).collect::<Vec<_>>()),
        Value::Object(map) => {
            let fields: BTreeMap<String, Filled> = map.iter().map(|(key, it)| (key.clone(), filled(it))).collect();
            Filled::from(fields)
        }
    }
}

/// The way back.
fn unfilled(value: &Filled) -> Value {
    match value.kind() {
        ValueKind::Undefined | ValueKind::None => Value::Null,
        ValueKind::Bool => value.is_true().into(),
        ValueKind::Number => match i64::try_from(value.clone()) {
            Ok(whole) if value.is_integer() => whole.into(),
            _ => f64::try_from(value.clone()).map_or(Value::Null, Value::from),
        },
        ValueKind::Seq | ValueKind::Iterable => value
            .try_iter()
            .map_or(Value::Null, |items| items.map(|item| unfilled(&item)).collect()),
        ValueKind::Map => {
            let keys: Vec<Filled> = value.try_iter().map_or_else(|_| Vec::new(), Iterator::collect);
            let field = |key: Filled| Some((key.to_string(), unfilled(&value.get_item(&key).ok()?)));
            Value::Object(keys.into_iter().filter_map(field).collect())
        }
        _ => value.to_string().into(),
    }
}

fn lone_expression(text: &str) -> Option<&str> {
    let inner = text.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    (!inner.contains("{{") && !inner.contains("}}")).then(|| inner.trim())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn templates_keep_kinds_and_miss_nothing() {
        let call = Call {
            question: "say \"hi\"".into(),
            passages: vec!["one".into(), "two".into()],
            variables: Map::from_iter([("lang".into(), "de".into())]),
            ..Call::default()
        };
        let renderer = Renderer::new(&call);
        let body =
            json!({ "q": "{{ question }}", "docs": "{{ passages }}", "note": "in {{ lang }}: {{ question }}", "k": 5 });
        assert_eq!(
            renderer.json(&body).unwrap(),
            json!({ "q": "say \"hi\"", "docs": ["one", "two"], "note": "in de: say \"hi\"", "k": 5 })
        );
        assert_eq!(
            renderer.text("{\"q\": {{ question | tojson }}}").unwrap(),
            "{\"q\": \"say \\\"hi\\\"\"}"
        );
        let missing = renderer.json(&json!("{{ nobody }}")).unwrap_err();
        assert!(missing.contains("nobody"), "{missing}");
        assert_eq!(
            renderer.text("?q={{ question | urlencode }}").unwrap(),
            "?q=say%20%22hi%22"
        );
        assert!(renderer.text("a {{ nobody }}").is_err());
        assert!(renderer.text("{{ broken").is_err());
    }
}
