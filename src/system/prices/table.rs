//! The table's text, searched where it stands.
//!
//! A line is one model, its columns parted by tabs, empty ones at the end left out:
//! name, provider (empty: the name's first part), mode, then US dollars per million tokens for
//! input, output, cached input and cache writing, then the most input and output tokens, the
//! flags, the day of the end, and the tiers. Lines stand in the order of their names in lower case.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::{Found, ModelFacts, PricesError, Tier};

/// The flags' letters, in the order in which they are written.
pub(super) const FLAGS: [char; 6] = ['t', 'v', 'j', 'c', 'r', 'n'];

/// The text of a table.
#[derive(Debug)]
pub(super) struct Table {
    text: Cow<'static, str>,
    /// Where the first model's line begins.
    body: usize,
}

impl Table {
    /// A table that a test holds to be in order.
    pub(super) fn trusted(text: &'static str) -> Self {
        Self {
            body: header_length(text),
            text: Cow::Borrowed(text),
        }
    }

    /// A table from outside.
    pub(super) fn checked(text: String) -> Result<Self, PricesError> {
        let mut before: Option<&str> = None;
        for (at, line) in text.lines().enumerate() {
            let wrong = |problem| PricesError::Line { line: at + 1, problem };
            if line.starts_with('#') && before.is_none() {
                continue;
            }
            let name = name_of(line);
            if name.is_empty() || line.matches('\t').count() < 2 {
                return Err(wrong("is no model"));
            }
            if before.is_some_and(|before| compare(before, name) != Ordering::Less) {
                return Err(wrong("is out of order"));
            }
            before = Some(name);
        }
        if before.is_none() {
            return Err(PricesError::NoModels);
        }
        Ok(Self {
            body: header_length(&text),
            text: Cow::Owned(text),
        })
    }

    /// A value of the comment at the top: `# key: value`.
    pub(super) fn header(&self, key: &str) -> Option<&str> {
        self.text[..self.body].lines().find_map(|line| {
            let (name, value) = line.strip_prefix("# ")?.split_once(": ")?;
            (name == key).then_some(value)
        })
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.text[self.body..].lines().map(name_of)
    }

    pub(super) fn names_beginning(&self, beginning: &str) -> impl Iterator<Item = &str> {
        let beginning = beginning.to_ascii_lowercase();
        self.text[self.first_not_before(&beginning)..]
            .lines()
            .map(name_of)
            .take_while(move |name| {
                name.get(..beginning.len())
                    .is_some_and(|start| start.eq_ignore_ascii_case(&beginning))
            })
    }

    /// The entry of exactly this name, in any case.
    pub(super) fn get(&self, name: &str) -> Option<ModelFacts> {
        let line = self.text[self.first_not_before(name)..].lines().next()?;
        (compare(name_of(line), name) == Ordering::Equal).then(|| parse(line))
    }

    /// Where the first line begins whose name is not before this one.
    fn first_not_before(&self, name: &str) -> usize {
        let bytes = self.text.as_bytes();
        let (mut low, mut high) = (self.body, bytes.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let start = bytes[low..middle]
                .iter()
                .rposition(|byte| *byte == b'\n')
                .map_or(low, |at| low + at + 1);
            let line = self.text[start..].lines().next().unwrap_or_default();
            if compare(name_of(line), name) == Ordering::Less {
                low = (start + line.len() + 1).min(bytes.len());
            } else {
                high = start;
            }
        }
        low
    }
}

fn header_length(text: &str) -> usize {
    text.split_inclusive('\n')
        .take_while(|line| line.starts_with('#'))
        .map(str::len)
        .sum()
}

fn name_of(line: &str) -> &str {
    line.split('\t').next().unwrap_or_default()
}

/// The table's order: bytes, letters in lower case.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    a.bytes()
        .map(|byte| byte.to_ascii_lowercase())
        .cmp(b.bytes().map(|byte| byte.to_ascii_lowercase()))
}

/// One line as facts. A column that cannot be read is as good as empty.
fn parse(line: &str) -> ModelFacts {
    let mut columns = line.trim_end_matches('\r').split('\t');
    let mut next = || columns.next().unwrap_or_default();
    let key = next().to_owned();
    let provider = match next() {
        "" => key.split('/').next().unwrap_or_default().to_owned(),
        provider => provider.to_owned(),
    };
    let mode = next().to_owned();
    let [input_price, output_price, cached_input_price, cache_write_price] = std::array::from_fn(|_| price(next()));
    let [max_input_tokens, max_output_tokens] = std::array::from_fn(|_| next().parse().ok());
    let flags = next();
    let [tools, vision, schema, prompt_cache, reasoning, no_stream] = FLAGS.map(|flag| flags.contains(flag));
    let deprecated_on = Some(next()).filter(|day| !day.is_empty()).map(ToOwned::to_owned);
    let tiers = next().split(';').filter_map(tier).collect();
    ModelFacts {
        key,
        provider,
        mode,
        found: Found::Name,
        input_price,
        output_price,
        cached_input_price,
        cache_write_price,
        tiers,
        max_input_tokens,
        max_output_tokens,
        tools,
        vision,
        schema,
        prompt_cache,
        reasoning,
        no_stream,
        deprecated_on,
    }
}

/// Dollars per token of dollars per million tokens. The exponent goes into the text, so that the
/// number is the very one that `LiteLLM`'s map writes.
fn price(text: &str) -> Option<f64> {
    if text.is_empty() {
        return None;
    }
    format!("{text}e-6")
        .parse()
        .ok()
        .filter(|price: &f64| price.is_finite() && *price >= 0.0)
}

/// `above:input:output:cached`.
fn tier(text: &str) -> Option<Tier> {
    let mut parts = text.split(':');
    Some(Tier {
        above: parts.next()?.parse().ok()?,
        input_price: parts.next().and_then(price),
        output_price: parts.next().and_then(price),
        cached_input_price: parts.next().and_then(price),
    })
}
