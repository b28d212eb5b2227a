//! What is measured: one value for each case, with the cluster that it belongs to.

use std::collections::BTreeMap;

/// What values a metric can have. It cannot be seen in the values: costs of 0.0003 dollars lie between
/// 0 and 1 and are no scores.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Scale {
    /// From 0 to 1: shares, retrieval metrics, judges' scores.
    #[default]
    Unit,
    /// From -1 to 1: differences of the former.
    Signed,
    /// From 0 without an end: milliseconds, dollars, tokens.
    Amount,
    /// Anything: differences of amounts.
    Open,
}

impl Scale {
    /// The least and the greatest value that are possible.
    #[must_use]
    pub const fn ends(self) -> (f64, f64) {
        match self {
            Self::Unit => (0.0, 1.0),
            Self::Signed => (-1.0, 1.0),
            Self::Amount => (0.0, f64::INFINITY),
            Self::Open => (f64::NEG_INFINITY, f64::INFINITY),
        }
    }
}

/// One case's value.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// The case, by which two runs are paired.
    pub case: String,
    /// What it shares with others (a document, a tag): cases of one cluster are not independent.
    pub cluster: String,
    /// The value; the mean over the case's repeats. Finite.
    pub value: f64,
}

/// The values of one metric.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sample {
    /// What values are possible.
    pub scale: Scale,
    /// One value for each case.
    pub values: Vec<Value>,
}

impl Sample {
    /// A sample from measurements, of which a case may have several (its repeats): they are averaged
    /// first, since repeats say nothing about other cases. Measurements that are not finite are left
    /// out. Cases keep the order in which they first come; the cluster is that of the first.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts are small")]
    pub fn averaged(scale: Scale, measurements: impl IntoIterator<Item = Value>) -> Self {
        let mut at: BTreeMap<String, usize> = BTreeMap::new();
        let mut values: Vec<(Value, usize)> = Vec::new();
        for one in measurements.into_iter().filter(|it| it.value.is_finite()) {
            match at.get(&one.case) {
                Some(place) => {
                    values[*place].0.value += one.value;
                    values[*place].1 += 1;
                }
                None => {
                    at.insert(one.case.clone(), values.len());
                    values.push((one, 1));
                }
            }
        }
        let mean = |(value, repeats): (Value, usize)| Value {
            value: value.value / repeats as f64,
            ..value
        };
        Self {
            scale,
            values: values.into_iter().map(mean).collect(),
        }
    }

    /// The mean; `None` without values.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts are small")]
    pub fn mean(&self) -> Option<f64> {
        (!self.values.is_empty()).then(|| self.sum() / self.values.len() as f64)
    }

    fn sum(&self) -> f64 {
        self.values.iter().map(|value| value.value).sum()
    }

    /// Whether this is a share: every case passed or failed, as 1 or 0.
    #[must_use]
    pub fn is_share(&self) -> bool {
        self.scale == Scale::Unit && self.values.iter().all(|value| value.value == 0.0 || value.value == 1.0)
    }

    /// Whether some cases share a cluster.
    #[must_use]
    pub fn is_clustered(&self) -> bool {
        self.clusters().len() < self.values.len()
    }

    /// The ends between which the mean may lie for what the values show: those of the scale where it
    /// has them. Differences of scores, which seldom span it, get plus and minus the largest seen;
    /// values without ends get half their range beyond either side. Equal when nothing is known of a
    /// spread.
    pub(super) fn ends(&self) -> (f64, f64) {
        let values = self.values.iter().map(|it| it.value);
        let least = values.clone().fold(f64::INFINITY, f64::min);
        let greatest = values.fold(f64::NEG_INFINITY, f64::max);
        let largest = least.abs().max(greatest.abs());
        let beyond = (greatest - least) / 2.0;
        match self.scale {
            Scale::Unit => (least.min(0.0), greatest.max(1.0)),
            Scale::Signed if largest > 0.0 => (-largest, largest),
            Scale::Signed => Scale::Signed.ends(),
            Scale::Amount | Scale::Open => (least - beyond, greatest + beyond),
        }
    }

    /// The sum and the number of values of each cluster, in the order of the clusters' names.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts are small")]
    pub(super) fn clusters(&self) -> Vec<(f64, f64)> {
        let mut clusters: BTreeMap<&str, (f64, usize)> = BTreeMap::new();
        for value in &self.values {
            let cluster = clusters.entry(&value.cluster).or_default();
            cluster.0 += value.value;
            cluster.1 += 1;
        }
        clusters.into_values().map(|(sum, count)| (sum, count as f64)).collect()
    }

    /// The differences `self - other`, case by case, for the cases that both have.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        let theirs: BTreeMap<&str, f64> = other
            .values
            .iter()
            .map(|value| (value.case.as_str(), value.value))
            .collect();
        let values = self
            .values
            .iter()
            .filter_map(|value| {
                let before = theirs.get(value.case.as_str())?;
                Some(Value {
                    value: value.value - before,
                    ..value.clone()
                })
            })
            .collect();
        let scale = match (self.scale, other.scale) {
            (Scale::Unit, Scale::Unit) => Scale::Signed,
            _ => Scale::Open,
        };
        Self { scale, values }
    }
}

#[cfg(test)]
impl Sample {
    /// Scores from 0 to 1 in which every case is a cluster of its own.
    pub(super) fn of(values: &[f64]) -> Self {
        Self::on(Scale::Unit, values)
    }

    /// The same on another scale.
    pub(super) fn on(scale: Scale, values: &[f64]) -> Self {
        let values = values.iter().enumerate();
        Self {
            scale,
            values: values
                .map(|(at, value)| Value {
                    case: at.to_string(),
                    cluster: at.to_string(),
                    value: *value,
                })
                .collect(),
        }
    }

    /// Puts each run of `size` cases into one cluster.
    pub(super) fn in_clusters_of(mut self, size: usize) -> Self {
        for (at, value) in self.values.iter_mut().enumerate() {
            value.cluster = format!("{:04}", at / size);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(case: &str, value: f64) -> Value {
        Value {
            case: case.to_owned(),
            cluster: case.to_owned(),
            value,
        }
    }

    #[test]
    fn repeats_are_averaged_within_a_case() {
        let rows = [value("b", 1.0), value("a", 0.0), value("b", 0.0), value("b", f64::NAN)];
        let sample = Sample::averaged(Scale::Unit, rows);
        assert_eq!(sample.values, [value("b", 0.5), value("a", 0.0)]);
        assert!(!sample.is_share());
    }

    #[test]
    fn differences_are_of_the_cases_that_both_have() {
        let before = Sample::averaged(Scale::Unit, [value("a", 1.0), value("b", 0.25)]);
        let after = Sample::averaged(Scale::Unit, [value("b", 1.0), value("c", 0.0)]);
        let differences = after.minus(&before);
        assert_eq!(differences.values, [value("b", 0.75)]);
        assert_eq!(differences.scale, Scale::Signed);
    }

    #[test]
    fn costs_below_one_are_no_shares() {
        assert!(Sample::of(&[0.0, 1.0]).is_share());
        assert!(!Sample::on(Scale::Amount, &[0.0, 1.0]).is_share());
        assert_eq!(Sample::of(&[0.25, 0.5]).ends(), (0.0, 1.0));
        assert_eq!(Sample::on(Scale::Signed, &[0.25, -0.5]).ends(), (-0.5, 0.5));
        assert_eq!(Sample::on(Scale::Signed, &[0.0]).ends(), (-1.0, 1.0));
        assert_eq!(Sample::on(Scale::Open, &[1.0, 5.0]).ends(), (-1.0, 7.0));
    }
}
