//! What must hold for a deploy.

use serde::{Deserialize, Serialize};

use crate::source::{Data, Node};
use crate::stats::Interval;

use crate::read::Fields;

use super::suite::SuiteError;

/// The conditions of a suite.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    /// Each must hold.
    pub conditions: Vec<Condition>,
    /// Whether no metric may be significantly worse than in the last run that passed.
    pub against_last_passing: bool,
    /// Whether the conditions hold every variant, or the first alone.
    #[serde(default)]
    pub every_variant: bool,
}

/// One condition on one metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    /// The metric: `recall@5`, `faithful`, `p95_ms`, `cost_usd`.
    pub metric: String,
    /// Which side of the bound is good.
    pub side: Side,
    /// The bound.
    pub bound: f64,
    /// The confidence with which it must hold: then the interval's bad end decides, and not the estimate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// Where it is written: `file:line:column`.
    pub place: String,
}

/// Which side of a bound is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// `>=`
    AtLeast,
    /// `>`
    Above,
    /// `<=`
    AtMost,
    /// `<`
    Below,
}

impl Side {
    /// As it is written before a number.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::AtLeast => ">=",
            Self::Above => ">",
            Self::AtMost => "<=",
            Self::Below => "<",
        }
    }

    fn holds(self, value: f64, bound: f64) -> bool {
        // 0.85 computed as a mean may end in another last digit than 0.85 written.
        let slack = 1e-12 * bound.abs().max(1.0);
        match self {
            Self::AtLeast => value >= bound - slack,
            Self::Above => value > bound + slack,
            Self::AtMost => value <= bound + slack,
            Self::Below => value < bound - slack,
        }
    }
}

impl Condition {
    /// Whether it holds for an estimate with its interval at the condition's confidence.
    #[must_use]
    pub fn holds(&self, interval: Interval) -> bool {
        let value = match (self.confidence, self.side) {
            (None, _) => interval.estimate,
            (Some(_), Side::AtLeast | Side::Above) => interval.low,
            (Some(_), Side::AtMost | Side::Below) => interval.high,
        };
        self.side.holds(value, self.bound)
    }

    /// As people read it: `faithful >= 0.9 with 95 % confidence`.
    #[must_use]
    pub fn words(&self) -> String {
        let sure = self.confidence.map_or_else(String::new, |confidence| {
            format!(" with {} % confidence", crate::system::units::trim(confidence * 100.0))
        });
        format!("{} {} {}{sure}", self.metric, self.side.sign(), self.bound)
    }
}

/// Reads the `gate` of a suite.
///
/// # Errors
/// Fails at the first condition that is none.
pub(super) fn read(node: &Node) -> Result<Gate, SuiteError> {
    let mut gate = Gate::default();
    if node.as_map().is_none() {
        let message = format!(
            "`gate` must be a mapping of metrics to conditions, and this is {}",
            node.kind()
        );
        return Err(SuiteError::at(&node.place, message));
    }
    for entry in node.entries() {
        let (metric, value) = (entry.key.text.as_str(), &entry.value);
        if metric == "against" {
            gate.against_last_passing = match value.scalar_text().as_deref() {
                Some("last-passing") => true,
                Some("none") => false,
                _ => return Err(SuiteError::at(&value.place, "`against` is `last-passing` or `none`")),
            };
            continue;
        }
        if metric == "variants" {
            gate.every_variant = match value.scalar_text().as_deref() {
                Some("all") => true,
                Some("first") => false,
                _ => return Err(SuiteError::at(&value.place, "`variants` of a gate is `first` or `all`")),
            };
            continue;
        }
        if gate.conditions.iter().any(|earlier| earlier.metric == metric) {
            return Err(SuiteError::at(
                &entry.key.place,
                format!("`{metric}` stands twice in the gate"),
            ));
        }
        gate.conditions.extend(condition(metric, value)?);
    }
    Ok(gate)
}

fn condition(metric: &str, node: &Node) -> Result<Vec<Condition>, SuiteError> {
    const EXPECTED: &str = "expected a bound such as \">= 0.85\", or {at_least: 0.9, confidence: 0.95}";
    let made = |side, bound, confidence| Condition {
        metric: metric.to_owned(),
        side,
        bound,
        confidence,
        place: node.place.to_string(),
    };
    match &node.data {
        Data::Str(text) => {
            let text = text.trim();
            let sides = [Side::AtLeast, Side::AtMost, Side::Above, Side::Below];
            let side = sides.into_iter().find(|side| text.starts_with(side.sign()));
            let parsed = side.and_then(|side| {
                let rest = text[side.sign().len()..].trim();
                let (rest, scale) = rest.strip_suffix('%').map_or((rest, 1.0), |rest| (rest.trim(), 100.0));
                let bound: f64 = rest.parse().ok().filter(|bound: &f64| bound.is_finite())?;
                Some(made(side, bound / scale, None))
            });
            let wrong = || SuiteError::at(&node.place, format!("`{text}` is no condition: {EXPECTED}"));
            Ok(vec![parsed.ok_or_else(wrong)?])
        }
        Data::Map(_) => {
            let here = format!("the condition on `{metric}`");
            let fields = Fields::new(node, &here, &["at_least", "at_most", "confidence"])?;
            let confidence = fields.number("confidence")?;
            if confidence.is_some_and(|confidence| !(0.5..1.0).contains(&confidence)) {
                let place = &fields.required("confidence")?.place;
                return Err(SuiteError::at(
                    place,
                    "a confidence lies between 0.5 and 1, such as 0.95",
                ));
            }
            let (least, most) = (fields.number("at_least")?, fields.number("at_most")?);
            let least = least.map(|bound| made(Side::AtLeast, bound, confidence));
            let most = most.map(|bound| made(Side::AtMost, bound, confidence));
            let conditions: Vec<Condition> = least.into_iter().chain(most).collect();
            if conditions.is_empty() {
                return Err(SuiteError::at(
                    &node.place,
                    format!("a condition needs a bound: {EXPECTED}"),
                ));
            }
            Ok(conditions)
        }
        _ => Err(SuiteError::at(
            &node.place,
            format!("{} is no condition: {EXPECTED}", node.kind()),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{SourceFile, parse_yaml};

    fn parsed(text: &str) -> Result<Gate, String> {
        let nodes = parse_yaml(&SourceFile::new("suite.yaml", text)).unwrap();
        read(&nodes[0]).map_err(|error| error.to_string())
    }

    fn interval(low: f64, estimate: f64, high: f64) -> Interval {
        Interval { estimate, low, high }
    }

    #[test]
    fn bounds_are_read_in_both_forms() {
        let gate = parsed(
            "recall@5: \">= 85 %\"\nfaithful: {at_least: 0.9, confidence: 0.95}\np95_ms: \"< 7000\"\nagainst: last-passing",
        )
        .unwrap();
        assert!(gate.against_last_passing && !gate.every_variant);
        let words: Vec<String> = gate.conditions.iter().map(Condition::words).collect();
        assert_eq!(
            words,
            [
                "recall@5 >= 0.85",
                "faithful >= 0.9 with 95 % confidence",
                "p95_ms < 7000"
            ]
        );
        assert_eq!(gate.conditions[0].place, "suite.yaml:1:11");
    }

    #[test]
    fn with_a_confidence_the_bad_end_of_the_interval_decides() {
        let gate =
            parsed("a: {at_least: 0.9, confidence: 0.95}\nb: \">= 0.9\"\nc: {at_most: 0.2, confidence: 0.9}").unwrap();
        let [sure, plain, most] = gate.conditions.as_slice() else {
            panic!()
        };
        let measured = interval(0.88, 0.93, 0.97);
        assert!(plain.holds(measured) && !sure.holds(measured));
        assert!(sure.holds(interval(0.9, 0.93, 0.97)));
        assert!(!most.holds(interval(0.1, 0.15, 0.21)));
        // A mean that ends in another last digit than the bound is no failure.
        assert!(plain.holds(interval(0.0, 0.3 * 3.0, 1.0)));
    }

    #[test]
    fn what_is_no_condition_is_told_with_its_place() {
        for (text, message, place) in [
            ("a: about 3", "`about 3` is no condition", "suite.yaml:1:4"),
            (
                "a: {least: 3}",
                "there is no key of the condition on `a` `least`",
                "suite.yaml:1:5",
            ),
            (
                "a: {at_least: 1, confidence: 95}",
                "between 0.5 and 1",
                "suite.yaml:1:30",
            ),
            ("a: 3", "a number is no condition", "suite.yaml:1:4"),
            ("a: {}", "a condition needs a bound", "suite.yaml:1:4"),
            ("against: yesterday", "`last-passing` or `none`", "suite.yaml:1:10"),
        ] {
            let error = parsed(text).unwrap_err();
            assert!(error.contains(message) && error.contains(place), "{text}: {error}");
        }
    }
}
