//! Nunjucks templates, as far as Jinja goes.
//!
//! promptfoo fills its templates by Nunjucks, which this renders by minijinja, with JavaScript's ways put on top:
//! `.length`, methods such as `.toUpperCase()`, `===` and `!==`, `dump`, `env.NAME`, and values written as
//! JavaScript writes them. What minijinja lacks beside it (`asyncEach`, `call`, `include`, `extends`, `import`,
//! and JavaScript's `&&`, `||`, `?:`) is an error that says so. A variable that is not there is an error too, never an
//! empty text.

use std::borrow::Cow;
use std::sync::LazyLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Enumerator, Object, ValueKind};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value};
use serde_json::Map;

/// A template that could not be filled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TemplateError {
    /// What is wrong, where in the template, and what to do.
    pub message: String,
}

static ENGINE: LazyLock<Environment<'static>> = LazyLock::new(|| engine(UndefinedBehavior::Strict));
static LOOSE: LazyLock<Environment<'static>> = LazyLock::new(|| engine(UndefinedBehavior::Chainable));

/// Fills a template with variables.
///
/// # Errors
/// Fails when the template is none, when it uses what is not supported, and when a variable is missing.
pub fn render(template: &str, variables: &Map<String, serde_json::Value>) -> Result<String, TemplateError> {
    render_by(&ENGINE, template, variables)
}

/// Fills a template as promptfoo fills prompts: a variable that is missing is empty.
///
/// # Errors
/// Fails when the template is none, and when it uses what is not supported.
pub fn render_loosely(template: &str, variables: &Map<String, serde_json::Value>) -> Result<String, TemplateError> {
    render_by(&LOOSE, template, variables)
}

fn render_by(
    engine: &Environment<'_>,
    template: &str,
    variables: &Map<String, serde_json::Value>,
) -> Result<String, TemplateError> {
    if !["{{", "{%", "{#"].iter().any(|mark| template.contains(mark)) {
        return Ok(template.to_owned());
    }
    let source = from_nunjucks(template)?;
    engine
        .render_str(&source, Value::from_object(Mapping(variables.clone())))
        .map_err(|error| explain(&error, template, variables))
}

fn engine(undefined: UndefinedBehavior) -> Environment<'static> {
    let mut engine = Environment::new();
    if let Ok(syntax) = SyntaxConfig::builder().keep_trailing_newline(true).build() {
        engine.set_syntax(syntax);
    }
    engine.set_auto_escape_callback(|_| AutoEscape::None);
    engine.set_undefined_behavior(undefined);
    engine.set_formatter(|output, state, value| {
        if value.is_undefined() && state.undefined_behavior() == UndefinedBehavior::Strict {
            return Err(Error::from(ErrorKind::UndefinedError));
        }
        output
            .write_str(&written(value))
            .map_err(|_| Error::from(ErrorKind::BadSerialization))
    });
    engine.set_unknown_method_callback(|_, value, method, arguments| javascript_method(value, method, arguments));
    engine.add_filter("dump", |value: Value, indent: Option<usize>| dump(&value, indent));
    engine.add_filter("load", |text: &str| {
        serde_json::from_str::<serde_json::Value>(text)
            .map(value_of)
            .map_err(|error| Error::new(ErrorKind::InvalidOperation, format!("`load`: {error}")))
    });
    engine.add_global("env", Value::from_object(Variables));
    engine
}

/// The environment, read when a template asks.
#[derive(Debug)]
struct Variables;

impl Object for Variables {
    fn get_value(self: &std::sync::Arc<Self>, key: &Value) -> Option<Value> {
        std::env::var(key.as_str()?).ok().map(Value::from)
    }
}

/// A mapping with its keys in the order of the text.
#[derive(Debug)]
struct Mapping(Map<String, serde_json::Value>);

impl Object for Mapping {
    fn get_value(self: &std::sync::Arc<Self>, key: &Value) -> Option<Value> {
        self.0.get(key.as_str()?).cloned().map(value_of)
    }

    fn enumerate(self: &std::sync::Arc<Self>) -> Enumerator {
        Enumerator::Values(self.0.keys().map(Value::from).collect())
    }
}

fn value_of(json: serde_json::Value) -> Value {
    use serde_json::Value as Json;
    match json {
        Json::Null => Value::from(()),
        Json::Bool(value) => Value::from(value),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => Value::from(whole),
            None => Value::from(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => Value::from(text),
        Json::Array(items) => items.into_iter().map(value_of).collect(),
        Json::Object(map) => Value::from_object(Mapping(map)),
    }
}

/// Deeper than this a value is written as null: a template can make no such value, but nothing here recurses without
/// a bound.
const MAX_DEPTH: usize = 128;

fn json_of(value: &Value, depth: usize) -> serde_json::Value {
    use serde_json::Value as Json;
    if depth > MAX_DEPTH {
        return Json::Null;
    }
    match value.kind() {
        ValueKind::Bool => Json::Bool(value.is_true()),
        ValueKind::Number => match i64::try_from(value.clone()) {
            Ok(whole) if value.is_integer() => Json::from(whole),
            _ => f64::try_from(value.clone()).map_or(Json::Null, Json::from),
        },
        ValueKind::String => Json::from(value.as_str().unwrap_or_default()),
        ValueKind::Seq | ValueKind::Iterable => value
            .try_iter()
            .map(|items| items.map(|item| json_of(&item, depth + 1)).collect())
            .unwrap_or_default(),
        ValueKind::Map => value
            .try_iter()
            .map(|keys| {
                let pair = |key: Value| {
                    let item = value.get_item(&key).unwrap_or_default();
                    (written(&key), json_of(&item, depth + 1))
                };
                Json::Object(keys.map(pair).collect())
            })
            .unwrap_or_default(),
        _ => Json::Null,
    }
}

/// As JavaScript writes a value into a text; mappings as JSON rather than as `[object Object]`.
fn written(value: &Value) -> String {
    match value.kind() {
        ValueKind::None | ValueKind::Undefined => String::new(),
        ValueKind::Seq | ValueKind::Iterable => value
            .try_iter()
            .map(|items| items.map(|item| written(&item)).collect::<Vec<_>>().join(","))
            .unwrap_or_default(),
        ValueKind::Map => json_of(value, 0).to_string(),
        ValueKind::Bool => value.is_true().to_string(),
        ValueKind::Number => match f64::try_from(value.clone()) {
            Ok(float) if !value.is_integer() && float.fract() == 0.0 && float.abs() < 1e21 => format!("{float:.0}"),
            _ => value.to_string(),
        },
        _ => value.to_string(),
    }
}

fn dump(value: &Value, indent: Option<usize>) -> Result<String, Error> {
    let json = json_of(value, 0);
    let text = if indent.is_some() {
        serde_json::to_string_pretty(&json)
    } else {
        serde_json::to_string(&json)
    };
    text.map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))
}

/// The methods of texts and lists that templates use.
fn javascript_method(value: &Value, method: &str, arguments: &[Value]) -> Result<Value, Error> {
    let text = |at: usize| arguments.get(at).and_then(Value::as_str);
    let unknown = || {
        Error::new(
            ErrorKind::UnknownMethod,
            format!("`.{method}()` is not supported in templates"),
        )
    };
    if let Some(own) = value.as_str() {
        return Ok(match (method, arguments.len()) {
            ("toLowerCase", 0) => Value::from(own.to_lowercase()),
            ("toUpperCase", 0) => Value::from(own.to_uppercase()),
            ("trim", 0) => Value::from(own.trim()),
            ("toString", 0) => value.clone(),
            ("includes", 1) => Value::from(own.contains(text(0).ok_or_else(unknown)?)),
            ("startsWith", 1) => Value::from(own.starts_with(text(0).ok_or_else(unknown)?)),
            ("endsWith", 1) => Value::from(own.ends_with(text(0).ok_or_else(unknown)?)),
            ("replace", 2) => Value::from(own.replacen(text(0).ok_or_else(unknown)?, text(1).ok_or_else(unknown)?, 1)),
            ("split", 1) => own.split(text(0).ok_or_else(unknown)?).map(Value::from).collect(),
            _ => return Err(unknown()),
        });
    }
    match (value.kind(), method, arguments.len()) {
        (ValueKind::Seq | ValueKind::Iterable, "join", 0 | 1) => {
            let items: Vec<_> = value.try_iter()?.map(|item| written(&item)).collect();
            Ok(Value::from(items.join(text(0).unwrap_or(","))))
        }
        (ValueKind::Seq | ValueKind::Iterable, "includes", 1) => {
            Ok(Value::from(value.try_iter()?.any(|item| item == arguments[0])))
        }
        (ValueKind::Number | ValueKind::Bool, "toString", 0) => Ok(Value::from(written(value))),
        _ => Err(unknown()),
    }
}

/// Nunjucks' words inside `{{ }}` and `{% %}` put into Jinja's.
fn from_nunjucks(template: &str) -> Result<String, TemplateError> {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(start) = rest.find("{{").into_iter().chain(rest.find("{%")).min() {
        let close = if rest[start..].starts_with("{{") { "}}" } else { "%}" };
        let Some(length) = code_length(&rest[start + 2..], close) else {
            break;
        };
        let code = &rest[start + 2..start + 2 + length];
        out.push_str(&rest[..start + 2]);
        out.push_str(&expression(code)?);
        out.push_str(close);
        rest = &rest[start + 2 + length + 2..];
    }
    out.push_str(rest);
    Ok(out)
}

/// How far the code reaches: to the closing mark outside of texts in quotes.
fn code_length(code: &str, close: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in code.char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            None if c == '"' || c == '\'' => quote = Some(c),
            None if code[at..].starts_with(close) => return Some(at),
            Some(_) | None => {}
        }
    }
    None
}

fn expression(code: &str) -> Result<Cow<'_, str>, TemplateError> {
    let word = code
        .trim_start_matches('-')
        .split_whitespace()
        .next()
        .unwrap_or_default();
    if [
        "asyncEach",
        "asyncAll",
        "call",
        "include",
        "extends",
        "import",
        "from",
        "block",
    ]
    .contains(&word)
    {
        return Err(TemplateError {
            message: format!("`{{% {word} %}}` is not supported in templates"),
        });
    }
    if !["===", "!==", "&&", "||", ".length", "elseif"]
        .iter()
        .any(|mark| code.contains(mark))
    {
        return Ok(Cow::Borrowed(code));
    }
    let mut out = String::with_capacity(code.len());
    let mut quote = None;
    let mut rest = code;
    while let Some(c) = rest.chars().next() {
        let replaced = match quote {
            Some(_) if c == '\\' => None,
            Some(open) => {
                if c == open {
                    quote = None;
                }
                None
            }
            None => {
                if c == '"' || c == '\'' {
                    quote = Some(c);
                }
                if rest.starts_with("&&") || rest.starts_with("||") {
                    return Err(TemplateError {
                        message: format!("`{}` is not Nunjucks: write `and` or `or`", &rest[..2]),
                    });
                }
                [
                    ("===", "=="),
                    ("!==", "!="),
                    (".length", "|length"),
                    ("elseif ", "elif "),
                ]
                .into_iter()
                .find(|(mark, _)| rest.starts_with(mark) && (*mark != ".length" || ends_word(&rest[7..])))
            }
        };
        if let Some((mark, instead)) = replaced {
            out.push_str(instead);
            rest = &rest[mark.len()..];
        } else {
            let mut length = c.len_utf8();
            if quote.is_some() && c == '\\' {
                length += rest[length..].chars().next().map_or(0, char::len_utf8);
            }
            out.push_str(&rest[..length]);
            rest = &rest[length..];
        }
    }
    Ok(Cow::Owned(out))
}

fn ends_word(rest: &str) -> bool {
    !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '(')
}

fn explain(error: &Error, template: &str, variables: &Map<String, serde_json::Value>) -> TemplateError {
    let near = error
        .range()
        .and_then(|range| template.get(range))
        .map(|text| format!(" at `{}`", text.chars().take(60).collect::<String>()))
        .or_else(|| error.line().map(|line| format!(" in line {line}")))
        .unwrap_or_default();
    let message = if error.kind() == ErrorKind::UndefinedError {
        let known: Vec<_> = variables.keys().map(String::as_str).collect();
        let named = missing(template, variables).map_or_else(String::new, |name| format!(": `{name}`"));
        format!(
            "the template uses a variable that is not there{named}{near}; there are: {}",
            if known.is_empty() {
                "none".to_owned()
            } else {
                known.join(", ")
            }
        )
    } else {
        format!("the template cannot be filled{near}: {error}")
    };
    TemplateError { message }
}

/// The first variable that a template uses and that is not there.
fn missing(template: &str, variables: &Map<String, serde_json::Value>) -> Option<String> {
    let source = from_nunjucks(template).ok()?;
    let template = ENGINE.template_from_str(&source).ok()?;
    let mut names: Vec<_> = template
        .undeclared_variables(false)
        .into_iter()
        .filter(|name| name != "env" && !variables.contains_key(name))
        .collect();
    names.sort();
    names.into_iter().next()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fill(template: &str) -> Result<String, String> {
        let variables = json!({"name": "Ada", "n": 3, "half": 1.5, "list": ["a", "b"], "yes": true, "map": {"k": [1]},
            "nothing": null, "code": "{\"x\": 1}"});
        render(template, variables.as_object().unwrap()).map_err(|error| error.message)
    }

    #[test]
    fn values_are_written_as_javascript_does() {
        assert_eq!(fill("Hi {{ name }}!\n").unwrap(), "Hi Ada!\n");
        assert_eq!(
            fill("{{n}} {{half}} {{list}} {{yes}} {{nothing}}.").unwrap(),
            "3 1.5 a,b true ."
        );
        assert_eq!(fill("{{ map }} {{ map | dump }}").unwrap(), "{\"k\":[1]} {\"k\":[1]}");
        assert_eq!(fill("{{ (code | load).x }} {{ map['k'][0] }}").unwrap(), "1 1");
        assert_eq!(fill("no marks { } at all").unwrap(), "no marks { } at all");
    }

    #[test]
    fn javascript_ways_are_understood() {
        assert_eq!(fill("{{ list.length }} {{ name.length }}").unwrap(), "2 3");
        assert_eq!(
            fill("{{ name.toUpperCase() }} {{ list.join('; ') }}").unwrap(),
            "ADA a; b"
        );
        assert_eq!(
            fill("{% if name === 'Ada' and n !== 4 %}y{% else %}n{% endif %}").unwrap(),
            "y"
        );
        assert_eq!(
            fill("{% for x in list %}{{ loop.index0 }}{{ x }}{% endfor %}").unwrap(),
            "0a1b"
        );
        assert_eq!(fill("{{ '}} .length ===' }}").unwrap(), "}} .length ===");
        assert_eq!(fill("{{ 'a' if yes else 'b' }}{# gone #}").unwrap(), "a");
    }

    #[test]
    fn what_is_missing_is_an_error_that_names_it() {
        let error = fill("Is {{ nmae }} right?").unwrap_err();
        assert!(error.contains("`nmae`") && error.contains("name"), "{error}");
        assert!(fill("{% if nmae %}x{% endif %}").is_err());
        assert!(fill("{{ map.nothing_there }}").is_err());
        assert!(fill("{{ name").is_err());
        assert!(fill("{% include 'x' %}").unwrap_err().contains("include"));
        assert!(fill("{{ n && yes }}").unwrap_err().contains("`and`"));
        assert!(fill("{{ name.charAt(0) }}").unwrap_err().contains("charAt"));
    }
}
