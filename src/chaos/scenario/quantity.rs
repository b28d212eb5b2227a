//! Amounts as scenarios write them: `2s`, `300k tokens`, `20/s`, `60%`, `2s..45s`.

use std::time::Duration;

use crate::read::FormError;
use crate::source::Node;
use crate::system::units;

/// What a number counts, and with it how it may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Seconds: `450ms`, `2s`, a bare number.
    Time,
    /// Things: `800`, `300k`, `2M`, `300k tokens`.
    Count,
}

impl Measure {
    const fn expected(self) -> &'static str {
        match self {
            Self::Time => "a duration such as 2s or 450ms",
            Self::Count => "a count such as 800, 300k or 2M",
        }
    }

    /// An amount in a text: seconds, or so many.
    #[must_use]
    pub fn parse(self, text: &str) -> Option<f64> {
        let text = text.trim();
        match self {
            Self::Time => units::duration(text)
                .map(|it| it.as_secs_f64())
                .or_else(|| number(text)),
            Self::Count => {
                let text = text.strip_suffix("tokens").unwrap_or(text).trim_end();
                let (digits, factor) = match text.as_bytes().last()? {
                    b'k' => (&text[..text.len() - 1], 1e3),
                    b'M' => (&text[..text.len() - 1], 1e6),
                    _ => (text, 1.0),
                };
                Some(number(digits)? * factor)
            }
        }
    }

    /// An amount of a node.
    ///
    /// # Errors
    /// Fails where the node is none.
    pub fn read(self, node: &Node, what: &str) -> Result<f64, FormError> {
        let text = node.scalar_text();
        text.and_then(|text| self.parse(&text))
            .ok_or_else(|| wrong(node, what, self.expected()))
    }
}

/// A number that is finite and not negative.
fn number(text: &str) -> Option<f64> {
    let digits = text.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let value: f64 = text.parse().ok().filter(|_| digits)?;
    value.is_finite().then_some(value)
}

pub(in crate::chaos) fn wrong(node: &Node, what: &str, expected: &str) -> FormError {
    let shown = node
        .scalar_text()
        .map_or_else(|| node.kind().to_owned(), |text| format!("`{text}`"));
    FormError::at(&node.place, format!("{what} must be {expected}, and this is {shown}"))
}

/// A duration of a node; a bare number counts seconds.
///
/// # Errors
/// Fails where the node is none.
pub fn duration(node: &Node, what: &str) -> Result<Duration, FormError> {
    let seconds = Measure::Time.read(node, what)?;
    units::seconds_to_duration(seconds).ok_or_else(|| wrong(node, what, Measure::Time.expected()))
}

/// A share from 0 to 1: `0.6` or `60%`.
#[must_use]
pub fn parse_share(text: &str) -> Option<f64> {
    let text = text.trim();
    let value = match text.strip_suffix('%') {
        Some(percent) => number(percent.trim_end())? / 100.0,
        None => number(text)?,
    };
    (0.0..=1.0).contains(&value).then_some(value)
}

/// A share of a node.
///
/// # Errors
/// Fails where the node is none.
pub fn share(node: &Node, what: &str) -> Result<f64, FormError> {
    let text = node.scalar_text();
    text.and_then(|text| parse_share(&text))
        .ok_or_else(|| wrong(node, what, "a share such as 0.6 or 60%"))
}

/// So many a second: `20/s`, `600/m`, `5000/h`; a bare number is per second.
///
/// # Errors
/// Fails where the node is none.
pub fn rate(node: &Node, what: &str) -> Result<f64, FormError> {
    let parse = |text: String| {
        let (count, unit) = text.split_once('/').unwrap_or((&text, "s"));
        let seconds = match unit.trim() {
            "s" | "second" => 1.0,
            "m" | "min" | "minute" => 60.0,
            "h" | "hour" => 3_600.0,
            _ => return None,
        };
        Some(Measure::Count.parse(count)? / seconds).filter(|rate| *rate > 0.0)
    };
    node.scalar_text()
        .and_then(parse)
        .ok_or_else(|| wrong(node, what, "a rate such as 20/s or 600/m"))
}

/// A value that stays, or goes evenly from one to another while its fault lasts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ramp {
    /// At the beginning.
    pub from: f64,
    /// At the end.
    pub to: f64,
}

impl Ramp {
    /// One value throughout.
    #[must_use]
    pub const fn flat(value: f64) -> Self {
        Self { from: value, to: value }
    }

    /// The value at a share of the fault's time.
    #[must_use]
    pub fn at(self, progress: f64) -> f64 {
        self.from + (self.to - self.from) * progress.clamp(0.0, 1.0)
    }

    /// Whether it moves.
    #[must_use]
    #[expect(clippy::float_cmp, reason = "equal as written")]
    pub fn moves(self) -> bool {
        self.from != self.to
    }

    /// `0.6`, or `0..0.95`, each side read by `parse`.
    ///
    /// # Errors
    /// Fails where the node is neither.
    pub fn read(
        node: &Node,
        what: &str,
        expected: &str,
        parse: impl Fn(&str) -> Option<f64>,
    ) -> Result<Self, FormError> {
        let text = node.scalar_text().ok_or_else(|| wrong(node, what, expected))?;
        let ramp = match text.split_once("..") {
            Some((from, to)) => parse(from).zip(parse(to)).map(|(from, to)| Self { from, to }),
            None => parse(&text).map(Self::flat),
        };
        ramp.ok_or_else(|| wrong(node, what, expected))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_with_their_units() {
        assert_eq!(Measure::Time.parse("450ms"), Some(0.45));
        assert_eq!(Measure::Time.parse("1h30m"), Some(5_400.0));
        assert_eq!(Measure::Time.parse("7"), Some(7.0));
        assert_eq!(Measure::Count.parse("300k tokens"), Some(300_000.0));
        assert_eq!(Measure::Count.parse("2M"), Some(2_000_000.0));
        for wrong in ["", "k", "-3", "soon", "1e999", "NaN", "inf"] {
            assert_eq!(Measure::Count.parse(wrong), None, "{wrong}");
            assert_eq!(Measure::Time.parse(wrong), None, "{wrong}");
        }
        assert_eq!(parse_share("60%"), Some(0.6));
        assert_eq!(parse_share("1.2"), None);
        let ramp = Ramp { from: 2.0, to: 45.0 };
        assert!((ramp.at(0.5) - 23.5).abs() < 1e-12 && (ramp.at(7.0) - 45.0).abs() < 1e-12);
    }
}
