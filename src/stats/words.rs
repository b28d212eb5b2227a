//! Estimates and comparisons in plain words.

use super::compare::Comparison;
use super::interval::Interval;

/// What a metric's numbers count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Scores from 0 to 1; their differences are told in points of a hundred.
    Score,
    /// Milliseconds.
    Milliseconds,
    /// US dollars.
    Usd,
    /// Anything else that is counted: `tokens`.
    Count(&'static str),
}

/// Which way is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// More is better: scores.
    Higher,
    /// Less is better: latency, cost.
    Lower,
}

/// How a metric is spoken of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wording {
    /// What its numbers count.
    pub unit: Unit,
    /// Which way is good.
    pub better: Better,
    /// The confidence of the intervals, from 0 to 1.
    pub confidence: f64,
}

/// What is said of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Better, and not by chance.
    Better,
    /// Worse, and not by chance.
    Worse,
    /// Nothing that these cases could show.
    Unclear,
    /// No case has another value.
    Same,
}

impl Wording {
    /// Scores, of which more is better, at 95 %.
    #[must_use]
    pub const fn scores() -> Self {
        Self {
            unit: Unit::Score,
            better: Better::Higher,
            confidence: 0.95,
        }
    }

    /// The verdict on a comparison whose p-value was adjusted for the metrics looked at together (by
    /// [`super::holm`]): a difference counts when it is at most 1 - confidence and its interval is on one side.
    #[must_use]
    pub fn verdict(&self, comparison: &Comparison, adjusted: f64) -> Verdict {
        let good = match self.better {
            Better::Higher => comparison.delta.estimate > 0.0,
            Better::Lower => comparison.delta.estimate < 0.0,
        };
        if comparison.higher + comparison.lower == 0 {
            Verdict::Same
        } else if adjusted > 1.0 - self.confidence + 1e-12
            || comparison.delta.low <= 0.0 && comparison.delta.high >= 0.0
        {
            Verdict::Unclear
        } else if good {
            Verdict::Better
        } else {
            Verdict::Worse
        }
    }

    /// An estimate with its interval: `0.87 (95 % CI 0.81 to 0.92)`.
    #[must_use]
    pub fn estimate(&self, interval: &Interval) -> String {
        let places = self.places(interval);
        let tell = |value: f64| match self.unit {
            Unit::Score => number(value, 2),
            _ => number(value, places),
        };
        format!(
            "{}{} ({} CI {} to {})",
            tell(interval.estimate),
            self.unit_after(),
            self.percent(),
            tell(interval.low),
            tell(interval.high)
        )
    }

    /// A comparison in words: `worse by 4.1 points (95 % CI 1.2 to 7.0)`, `no difference that 48 cases
    /// could show (smallest they would show: 9 points)`, `the same on all 48 cases`.
    ///
    /// `adjusted` is the p-value after [`super::holm`] over `metrics` metrics. A difference that only
    /// the adjustment took away says so.
    #[must_use]
    pub fn compared(&self, comparison: &Comparison, adjusted: f64, metrics: usize) -> String {
        let cases = cases(comparison.cases);
        match self.verdict(comparison, adjusted) {
            Verdict::Same if comparison.cases == 1 => "the same on the only case".to_owned(),
            Verdict::Same => format!("the same on all {cases}"),
            Verdict::Better => format!("better {}", self.by(&comparison.delta)),
            Verdict::Worse => format!("worse {}", self.by(&comparison.delta)),
            Verdict::Unclear if comparison.p <= 1.0 - self.confidence && adjusted > 1.0 - self.confidence => format!(
                "no difference that stands among {metrics} metrics (p {} alone, {} by Holm{})",
                number(comparison.p, 3),
                number(adjusted, 3),
                self.smallest(comparison)
                    .map(|it| format!("; {it}"))
                    .unwrap_or_default()
            ),
            Verdict::Unclear => format!(
                "no difference that {cases} could show{}",
                self.smallest(comparison)
                    .map(|it| format!(" ({it})"))
                    .unwrap_or_default()
            ),
        }
    }

    /// `by 4.1 points (95 % CI 1.2 to 7.0)`: the size of the difference, with bounds on the same side
    /// as positive numbers; a bound on the other side is negative.
    fn by(&self, delta: &Interval) -> String {
        let turned = if delta.estimate < 0.0 {
            Interval {
                estimate: -delta.estimate,
                low: -delta.high,
                high: -delta.low,
            }
        } else {
            *delta
        };
        let scaled = self.scaled(&turned);
        let places = self.places(&scaled);
        format!(
            "by {}{} ({} CI {} to {})",
            number(scaled.estimate, places),
            self.difference_after(),
            self.percent(),
            number(scaled.low, places),
            number(scaled.high, places)
        )
    }

    /// `smallest they would show: 9 points`.
    fn smallest(&self, comparison: &Comparison) -> Option<String> {
        let smallest = comparison.smallest?;
        let one = Interval {
            estimate: smallest,
            low: smallest,
            high: smallest,
        };
        let smallest = self.scaled(&one).estimate;
        // Rounded up: it is a promise that smaller ones are not seen. Two digits are enough.
        let places = if smallest >= 1.0 || smallest <= 0.0 {
            0
        } else {
            self.places(&one)
        };
        let unit = 10_f64.powi(i32::from(places));
        let rounded = (smallest * unit - 1e-9).ceil() / unit;
        Some(format!(
            "smallest they would show: {}{}",
            number(rounded, places),
            self.difference_after()
        ))
    }

    /// Differences of scores are told in points.
    fn scaled(&self, interval: &Interval) -> Interval {
        let factor = if self.unit == Unit::Score { 100.0 } else { 1.0 };
        Interval {
            estimate: interval.estimate * factor,
            low: interval.low * factor,
            high: interval.high * factor,
        }
    }

    /// Decimal places: one for points and milliseconds below ten, and for small numbers as many as show
    /// two digits of the interval's width.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    fn places(&self, interval: &Interval) -> u8 {
        if self.unit == Unit::Score {
            return 1;
        }
        let width = interval.high - interval.low;
        let size = if width > 0.0 && width.is_finite() {
            width
        } else {
            interval.estimate.abs()
        };
        if size <= 0.0 {
            return 0;
        }
        (1.0 - size.log10().floor()).clamp(0.0, 8.0) as u8
    }

    fn percent(&self) -> String {
        format!(
            "{} %",
            number(self.confidence * 100.0, u8::from(self.confidence > 0.99))
        )
    }

    const fn unit_after(&self) -> Suffix {
        match self.unit {
            Unit::Score => Suffix(""),
            Unit::Milliseconds => Suffix("ms"),
            Unit::Usd => Suffix("USD"),
            Unit::Count(what) => Suffix(what),
        }
    }

    const fn difference_after(&self) -> Suffix {
        match self.unit {
            Unit::Score => Suffix("points"),
            _ => self.unit_after(),
        }
    }
}

/// A unit behind its number.
struct Suffix(&'static str);

impl std::fmt::Display for Suffix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.is_empty() {
            Ok(())
        } else {
            write!(f, " {}", self.0)
        }
    }
}

/// `1 case`, `48 cases`.
fn cases(count: usize) -> String {
    format!("{count} {}", if count == 1 { "case" } else { "cases" })
}

/// A number with so many decimal places, never `-0.0`; unbounded ones in words.
fn number(value: f64, places: u8) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "any number" } else { "minus any number" }.to_owned();
    }
    let text = format!("{value:.*}", usize::from(places));
    match text.strip_prefix('-') {
        Some(rest) if rest.chars().all(|digit| matches!(digit, '0' | '.')) => rest.to_owned(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comparison(estimate: f64, low: f64, high: f64, p: f64) -> Comparison {
        Comparison {
            delta: Interval { estimate, low, high },
            p,
            test: "McNemar",
            cases: 48,
            higher: 2,
            lower: 5,
            smallest: Some(0.0843),
        }
    }

    #[test]
    fn a_difference_is_told_with_its_interval() {
        let words = Wording::scores();
        let worse = comparison(-0.041, -0.07, -0.012, 0.01);
        assert_eq!(
            words.compared(&worse, 0.02, 3),
            "worse by 4.1 points (95 % CI 1.2 to 7.0)"
        );
        let better = comparison(0.041, 0.012, 0.07, 0.01);
        assert_eq!(
            words.compared(&better, 0.02, 3),
            "better by 4.1 points (95 % CI 1.2 to 7.0)"
        );
    }

    #[test]
    fn what_is_too_small_to_see_is_no_difference() {
        let words = Wording::scores();
        let text = words.compared(&comparison(-0.02, -0.07, 0.03, 0.4), 0.8, 2);
        assert_eq!(
            text,
            "no difference that 48 cases could show (smallest they would show: 9 points)"
        );
        let text = words.compared(&comparison(-0.05, -0.09, -0.01, 0.03), 0.09, 3);
        assert_eq!(
            text,
            "no difference that stands among 3 metrics (p 0.030 alone, 0.090 by Holm; smallest they would show: 9 points)"
        );
    }

    #[test]
    fn no_changed_case_is_the_same() {
        let same = Comparison {
            higher: 0,
            lower: 0,
            ..comparison(0.0, -0.04, 0.04, 1.0)
        };
        assert_eq!(Wording::scores().compared(&same, 1.0, 1), "the same on all 48 cases");
    }

    #[test]
    fn less_time_and_less_money_are_better() {
        let time = Wording {
            unit: Unit::Milliseconds,
            better: Better::Lower,
            confidence: 0.95,
        };
        let faster = comparison(-230.4, -310.0, -150.9, 0.001);
        assert_eq!(
            time.compared(&faster, 0.001, 1),
            "better by 230 ms (95 % CI 151 to 310)"
        );
        let money = Wording {
            unit: Unit::Usd,
            better: Better::Lower,
            confidence: 0.95,
        };
        let dearer = comparison(0.000_31, 0.000_27, 0.000_352, 0.001);
        assert_eq!(
            money.compared(&dearer, 0.001, 1),
            "worse by 0.000310 USD (95 % CI 0.000270 to 0.000352)"
        );
    }

    #[test]
    fn estimates_are_told_with_their_unit() {
        let interval = Interval {
            estimate: 0.874,
            low: 0.806,
            high: 0.921,
        };
        assert_eq!(Wording::scores().estimate(&interval), "0.87 (95 % CI 0.81 to 0.92)");
        let time = Wording {
            unit: Unit::Milliseconds,
            better: Better::Lower,
            confidence: 0.95,
        };
        let open = Interval {
            estimate: 6_800.0,
            low: 5_200.0,
            high: f64::INFINITY,
        };
        assert_eq!(time.estimate(&open), "6800 ms (95 % CI 5200 to any number)");
    }

    #[test]
    fn nothing_is_minus_zero() {
        assert_eq!(number(-0.001, 1), "0.0");
        assert_eq!(number(-0.11, 1), "-0.1");
    }
}
