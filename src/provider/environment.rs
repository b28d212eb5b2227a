//! Variables of the environment in a suite's words.

use serde_json::Value;

use super::build::BuildOptions;

/// The variable's name of `NAME` or `${NAME}`.
pub(super) fn variable_name(text: &str) -> &str {
    let text = text.trim();
    text.strip_prefix("${")
        .and_then(|it| it.strip_suffix('}'))
        .unwrap_or(text)
        .trim()
}

/// Fills variables in, remembers their values as secrets, and says which are not set.
pub(super) struct Filler<'a> {
    options: &'a BuildOptions,
    missing: Vec<String>,
}

impl<'a> Filler<'a> {
    pub(super) const fn new(options: &'a BuildOptions) -> Self {
        Self {
            options,
            missing: Vec::new(),
        }
    }

    pub(super) const fn options(&self) -> &'a BuildOptions {
        self.options
    }

    /// A variable's value; when it is not set, calls will be refused.
    pub(super) fn variable(&mut self, name: &str) -> Option<String> {
        let value = self.optional(name);
        if value.is_none() && !self.missing.iter().any(|it| it == name) {
            self.missing.push(name.to_owned());
        }
        value
    }

    /// A variable's value, when it is set.
    pub(super) fn optional(&mut self, name: &str) -> Option<String> {
        let value = (self.options.environment)(name).filter(|value| !value.trim().is_empty())?;
        let value = value.trim().to_owned();
        self.options.secrets.add(&value);
        Some(value)
    }

    /// The text with each `${NAME}` filled in.
    pub(super) fn fill(&mut self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            out.push_str(before);
            let Some((name, after)) = after.split_once('}') else {
                out.push_str("${");
                rest = after;
                break;
            };
            out.push_str(&self.variable(name.trim()).unwrap_or_default());
            rest = after;
        }
        out.push_str(rest);
        out
    }

    /// The same for every text in JSON.
    pub(super) fn fill_json(&mut self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.fill(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.fill_json(item)),
            Value::Object(map) => map.values_mut().for_each(|item| self.fill_json(item)),
            _ => {}
        }
    }

    /// What to say when variables are not set.
    pub(super) fn missing(&self) -> Option<String> {
        let names = self.missing.join(", ");
        (!names.is_empty()).then(|| format!("{names} is not set in the environment"))
    }
}
