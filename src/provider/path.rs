//! A path to one value in JSON: `json.answer`, `$.choices[0].message.content`, `data["the text"]`.

use serde_json::Value;

/// A path's steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct JsonPath(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Field(String),
    /// From the end when negative.
    Item(i64),
}

impl JsonPath {
    /// Reads a path. `$`, `json` and `response` at its start stand for the whole.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("not a path into JSON: {text:?} (expected such as json.answer or $.choices[0].message.content)");
        let mut steps = Vec::new();
        let mut rest = text.trim();
        for root in ["$", "json", "response"] {
            if let Some(after) = rest.strip_prefix(root)
                && (after.is_empty() || after.starts_with(['.', '[']))
            {
                rest = after;
                break;
            }
        }
        let mut first = rest.len() == text.trim().len();
        while !rest.is_empty() {
            if let Some(inner) = rest.strip_prefix('[') {
                let (key, after) = inner.split_once(']').ok_or_else(wrong)?;
                let quoted = ['"', '\'']
                    .iter()
                    .find_map(|quote| key.strip_prefix(*quote)?.strip_suffix(*quote));
                steps.push(match quoted {
                    Some(name) => Step::Field(name.to_owned()),
                    None => Step::Item(key.trim().parse().map_err(|_| wrong())?),
                });
                rest = after;
            } else {
                let name = if first {
                    rest
                } else {
                    rest.strip_prefix('.').ok_or_else(wrong)?
                };
                let end = name.find(['.', '[']).unwrap_or(name.len());
                let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '@');
                if end == 0 || !name[..end].chars().all(plain) {
                    return Err(wrong());
                }
                steps.push(Step::Field(name[..end].to_owned()));
                rest = &name[end..];
            }
            first = false;
        }
        Ok(Self(steps))
    }

    /// The value there.
    pub(super) fn find<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        self.0.iter().try_fold(value, |value, step| match step {
            Step::Field(name) => value.get(name),
            Step::Item(index) => {
                let items = value.as_array()?;
                let length = i64::try_from(items.len()).ok()?;
                let index = if *index < 0 { length + index } else { *index };
                items.get(usize::try_from(index).ok()?)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_in_all_spellings() {
        let value = json!({ "a": { "b c": [1, { "d": "x" }] }, "json": 5 });
        for path in [
            "json.a[\"b c\"][1].d",
            "$.a['b c'][-1].d",
            "a[\"b c\"][1].d",
            "response.a[\"b c\"][1][\"d\"]",
        ] {
            assert_eq!(JsonPath::parse(path).unwrap().find(&value), Some(&json!("x")), "{path}");
        }
        assert_eq!(JsonPath::parse("json").unwrap().find(&value), Some(&value));
        assert_eq!(JsonPath::parse("json.json").unwrap().find(&value), Some(&json!(5)));
        assert_eq!(JsonPath::parse("a[7]").unwrap().find(&value), None);
        for wrong in ["json.a + 1", "a..b", "a[x]", "a[", ".a.", "(json) => 1"] {
            assert!(JsonPath::parse(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_path_or_an_error(text in "\\PC{0,30}") {
            if let Ok(path) = JsonPath::parse(&text) {
                let _ = path.find(&json!({ "a": [1] }));
            }
        }
    }
}
