//! A conversation as the text that the model was trained on: the file's Jinja template, else `ChatML`.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Value, from_args};
use minijinja::{Environment, Error, ErrorKind, State, context};

use super::super::ModelError;
use super::metadata::Metadata;
use super::tokens::Tokens;
use crate::wire::{Message, Role};

/// What models without a template of their own are most often trained on.
const CHATML: &str = "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n\
                      {% endfor %}<|im_start|>assistant\n";

/// No conversation needs more steps; a template that does is broken or hostile.
const STEPS: u64 = 5_000_000;

/// A template, checked.
pub(super) struct Template {
    environment: Environment<'static>,
}

impl Template {
    /// Reads `tokenizer.chat_template`.
    ///
    /// # Errors
    /// Fails when it is no template, or there is none and the model does not know `ChatML` either.
    pub(super) fn read(metadata: &Metadata<'_>, tokens: &Tokens) -> Result<Self, ModelError> {
        match metadata.text("tokenizer.chat_template") {
            Some(source) => Self::new(source),
            None if tokens.knows("<|im_start|>") => Self::new(CHATML),
            None => Err(ModelError::new(
                "the file has no tokenizer.chat_template and no <|im_start|> token: it is no chat model",
            )),
        }
    }

    fn new(source: &str) -> Result<Self, ModelError> {
        let mut environment = Environment::new();
        // As transformers renders chat templates.
        let syntax = SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .keep_trailing_newline(true)
            .build()
            .map_err(|error| ModelError::new(format!("chat templates cannot be read: {error}")))?;
        environment.set_syntax(syntax);
        environment.set_fuel(Some(STEPS));
        environment.set_unknown_method_callback(python_method);
        environment.add_function("raise_exception", |message: String| -> Result<Value, Error> {
            Err(Error::new(ErrorKind::InvalidOperation, message))
        });
        environment
            .add_template_owned("chat", source.to_owned())
            .map_err(|error| ModelError::new(format!("tokenizer.chat_template cannot be read: {error}")))?;
        Ok(Self { environment })
    }

    /// The prompt, up to where the model's answer begins.
    ///
    /// # Errors
    /// Fails when the template does not take this conversation.
    pub(super) fn render(&self, messages: &[Message], tokens: &Tokens) -> Result<String, ModelError> {
        let spoken: Vec<Value> = messages
            .iter()
            .map(|message| {
                let role = match message.role {
                    Role::System => "system",
                    Role::User => "user",
                    Role::Assistant => "assistant",
                    Role::Tool => "tool",
                };
                // Text must not open a turn of its own.
                context! { role, content => tokens.without_marks(&message.plain()) }
            })
            .collect();
        let template = self.environment.get_template("chat");
        let rendered = template.and_then(|template| {
            template.render(context! {
                messages => spoken,
                add_generation_prompt => true,
                bos_token => tokens.begin_text(),
                eos_token => tokens.end_text(),
            })
        });
        rendered.map_err(|error| ModelError::new(format!("the model's chat template does not take this: {error}")))
    }
}

/// The methods of Python's strings and dictionaries that chat templates call.
fn python_method(_: &mut State<'_, '_>, value: &Value, method: &str, arguments: &[Value]) -> Result<Value, Error> {
    if method == "items" {
        let keys = value.try_iter()?;
        let pairs = keys.map(|key| value.get_item(&key).map(|item| Value::from(vec![key, item])));
        return Ok(Value::from(pairs.collect::<Result<Vec<_>, _>>()?));
    }
    let unknown = || Error::from(ErrorKind::UnknownMethod);
    let text = value.as_str().ok_or_else(unknown)?;
    let of_one = || from_args::<(&str,)>(arguments).map(|(argument,)| argument);
    let trimmed = |begin: bool, end: bool| -> Result<Value, Error> {
        let (chars,): (Option<&str>,) = from_args(arguments)?;
        let cut = |c: char| chars.map_or(c.is_whitespace(), |chars| chars.contains(c));
        let text = if begin { text.trim_start_matches(cut) } else { text };
        Ok(Value::from(if end { text.trim_end_matches(cut) } else { text }))
    };
    match method {
        "strip" => trimmed(true, true),
        "lstrip" => trimmed(true, false),
        "rstrip" => trimmed(false, true),
        "startswith" => Ok(Value::from(text.starts_with(of_one()?))),
        "endswith" => Ok(Value::from(text.ends_with(of_one()?))),
        "upper" => Ok(Value::from(text.to_uppercase())),
        "lower" => Ok(Value::from(text.to_lowercase())),
        "replace" => {
            let (from, to): (&str, &str) = from_args(arguments)?;
            Ok(Value::from(text.replace(from, to)))
        }
        "split" => {
            let (separator,): (Option<&str>,) = from_args(arguments)?;
            let parts: Vec<&str> = match separator {
                Some(separator) => text.split(separator).collect(),
                None => text.split_whitespace().collect(),
            };
            Ok(Value::from(parts.into_iter().map(Value::from).collect::<Vec<_>>()))
        }
        _ => Err(unknown()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(source: &str) -> Result<String, String> {
        let template = Template::new(source).map_err(|error| error.message)?;
        let messages = vec![context! { role => "user", content => "  Hi there " }];
        let found = template.environment.get_template("chat").unwrap();
        found.render(context! { messages }).map_err(|error| error.to_string())
    }

    #[test]
    fn what_pythons_strings_can_is_known() {
        let source = "{{ messages[0].content.strip() }}|{{ 'a,b'.split(',')[1] }}|{{ 'xay'.replace('a', 'b') }}|\
                      {{ 'Hi'.startswith('H') }}|{{ 'Hi'.upper() }}|{{ ' x '.lstrip() }}|{{ '--x'.strip('-') }}|\
                      {% for key, value in {'k': 1}.items() %}{{ key }}{{ value }}{% endfor %}";
        assert_eq!(rendered(source).unwrap(), "Hi there|b|xby|True|HI|x |x|k1");
    }

    #[test]
    fn chatml_is_written_as_it_was_trained_on() {
        assert_eq!(
            rendered(CHATML).unwrap(),
            "<|im_start|>user\n  Hi there <|im_end|>\n<|im_start|>assistant\n"
        );
    }

    #[test]
    fn broken_and_endless_templates_are_told() {
        assert!(rendered("{% for %}").unwrap_err().contains("cannot be read"));
        assert!(
            rendered("{{ raise_exception('roles must alternate') }}")
                .unwrap_err()
                .contains("alternate")
        );
        let endless = "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}";
        assert!(rendered(endless).unwrap_err().contains("fuel"));
        assert!(rendered("{{ 'x'.nothing() }}").is_err());
    }
}
