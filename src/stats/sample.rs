//! What is measured: one value for each case, with the cluster that it belongs to.

use std::collections::BTreeMap;

/// One case's value.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// The case, by which two runs are paired.
    pub case: String,
    /// What it shares with others (a document, a tag): cases of one cluster are not independent.
    pub cluster: String,
    /// The value; the mean over the case's repeats.
    pub value: f64,
}

/// The values of one metric.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sample {
    /// One value for each case.
    pub values: Vec<Value>,
}

impl Sample {
    /// The mean; `None` without values.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts are small")]
    pub fn mean(&self) -> Option<f64> {
        (!self.values.is_empty()).then(|| self.sum() / self.values.len() as f64)
    }

    fn sum(&self) -> f64 {
        self.values.iter().map(|value| value.value).sum()
    }

    /// Whether all values are 0 or 1.
    #[must_use]
    pub fn is_share(&self) -> bool {
        self.values.iter().all(|value| value.value == 0.0 || value.value == 1.0)
    }

    /// Whether all values lie between 0 and 1.
    #[must_use]
    pub fn is_bounded(&self) -> bool {
        self.values.iter().all(|value| (0.0..=1.0).contains(&value.value))
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
        Self { values }
    }
}

#[cfg(test)]
impl Sample {
    /// A sample in which every case is a cluster of its own.
    pub(super) fn of(values: &[f64]) -> Self {
        let values = values.iter().enumerate();
        Self {
            values: values
                .map(|(at, value)| Value {
                    case: at.to_string(),
                    cluster: at.to_string(),
                    value: *value,
                })
                .collect(),
        }
    }
}
