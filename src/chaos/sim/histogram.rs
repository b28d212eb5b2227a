//! Counts of durations in fixed buckets, each 1/64 wide of its value: a quantile is at most 0.8 % off.

/// Buckets for each doubling.
const STEPS: u32 = 6;
/// From the first full doubling (64 ns) to 2^44 ns (4.9 hours); what is longer counts in the last one.
const BUCKETS: usize = ((44 - STEPS as usize) + 1) << STEPS;

/// A histogram of nanoseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Histogram {
    counts: Vec<u32>,
    total: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            counts: Vec::new(),
            total: 0,
        }
    }
}

fn bucket(nanos: u64) -> usize {
    let highest = 63 - (nanos | 1).leading_zeros();
    if highest < STEPS {
        return usize::try_from(nanos).unwrap_or(0);
    }
    let shift = highest - STEPS;
    let within = (nanos >> shift) & ((1 << STEPS) - 1);
    let at = (u64::from(shift + 1) << STEPS) + within;
    usize::try_from(at).unwrap_or(BUCKETS).min(BUCKETS - 1)
}

/// The middle of a bucket.
fn middle(bucket: usize) -> u64 {
    let (high, within) = ((bucket >> STEPS) as u64, (bucket & ((1 << STEPS) - 1)) as u64);
    if high == 0 {
        return within;
    }
    let shift = high - 1;
    ((((1 << STEPS) + within) << 1) + 1) << shift >> 1
}

impl Histogram {
    /// Counts one duration.
    #[inline]
    pub fn add(&mut self, nanos: u64) {
        if self.counts.is_empty() {
            self.counts.resize(BUCKETS, 0);
        }
        self.counts[bucket(nanos)] += 1;
        self.total += 1;
    }

    /// How many were counted.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.total
    }

    /// The duration in seconds that the share `q` does not exceed; `None` when nothing was counted.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "counts are below 2^53"
    )]
    pub fn quantile(&self, q: f64) -> Option<f64> {
        let rank = ((self.total as f64 * q).ceil() as u64).clamp(1, self.total.max(1));
        let mut seen = 0;
        for (at, count) in self.counts.iter().enumerate() {
            seen += u64::from(*count);
            if seen >= rank {
                return Some(middle(at) as f64 / 1e9);
            }
        }
        None
    }

    /// Takes in all of another one.
    pub fn absorb(&mut self, other: &Self) {
        if self.counts.is_empty() {
            self.counts.clone_from(&other.counts);
        } else {
            for (own, theirs) in self.counts.iter_mut().zip(&other.counts) {
                *own += theirs;
            }
        }
        self.total += other.total;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_narrow_and_in_order() {
        let mut before = 0;
        for nanos in (0..44_u32).flat_map(|power| [1_u64 << power, 3 << power >> 1, (1 << power) + 1]) {
            let at = bucket(nanos);
            let off = middle(at).abs_diff(nanos);
            assert!(off * 128 <= nanos.max(64) + 128, "{nanos}: {off}");
            before = before.max(at);
            assert!(at < BUCKETS);
        }
        assert!(bucket(999_000_000) < bucket(1_100_000_000));
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn quantiles_are_those_of_the_values() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.quantile(0.5), None);
        for milliseconds in 1..=1_000_u64 {
            histogram.add(milliseconds * 1_000_000);
        }
        for q in [0.5, 0.95, 0.99] {
            let got = histogram.quantile(q).unwrap();
            assert!((got - q).abs() / q < 0.009, "{q}: {got}");
        }
    }
}
