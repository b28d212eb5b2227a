//! Counts of durations in fixed buckets, as HDR histograms keep them (Gil Tene, `HdrHistogram` 2.1).
//!
//! Each doubling is divided into 512 buckets of equal width, so a bucket is at most 1/512 of its values wide and
//! its middle at most 1/1024 (0.1 %) off any of them: the three digits that reports show are right. Below 512 ns
//! every nanosecond is its own bucket. A histogram holds the doublings from its least to its greatest duration,
//! 2 KiB each, however much it counts, and two of them add up to what one would have counted.

/// Buckets for each doubling, as a power of two.
const STEPS: u32 = 9;
/// Durations up to 2^44 ns (4.9 hours); what is longer counts into the last bucket.
const BUCKETS: usize = ((44 - STEPS as usize) + 1) << STEPS;

/// A histogram of nanoseconds. An empty one holds no memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Histogram {
    /// The bucket of the first count, the beginning of a doubling.
    first: usize,
    counts: Vec<u32>,
    total: u64,
}

const fn bucket(nanos: u64) -> usize {
    let highest = (nanos | 1).ilog2();
    if highest < STEPS {
        return small(nanos);
    }
    let shift = highest - STEPS;
    let within = (nanos >> shift) & ((1 << STEPS) - 1);
    let at = small((((shift + 1) as u64) << STEPS) + within);
    if at < BUCKETS { at } else { BUCKETS - 1 }
}

#[expect(clippy::cast_possible_truncation, reason = "a bucket's number is below 2^15")]
const fn small(number: u64) -> usize {
    number as usize
}

/// The middle of a bucket in nanoseconds.
const fn middle(bucket: usize) -> u64 {
    let (high, within) = ((bucket >> STEPS) as u64, (bucket & ((1 << STEPS) - 1)) as u64);
    if high == 0 {
        return within;
    }
    ((((1 << STEPS) + within) << 1) + 1) << (high - 1) >> 1
}

impl Histogram {
    /// Counts one duration.
    #[inline]
    pub fn add(&mut self, nanos: u64) {
        let at = bucket(nanos);
        if at.wrapping_sub(self.first) >= self.counts.len() {
            self.cover(at, at);
        }
        if let Some(count) = self.counts.get_mut(at.wrapping_sub(self.first)) {
            *count = count.saturating_add(1);
        }
        self.total += 1;
    }

    /// Makes room for all doublings from one bucket's to another's.
    #[cold]
    fn cover(&mut self, from: usize, to: usize) {
        let begin = |bucket: usize| bucket >> STEPS << STEPS;
        let (mut first, mut end) = (begin(from), begin(to) + (1 << STEPS));
        if !self.counts.is_empty() {
            first = first.min(self.first);
            end = end.max(self.first + self.counts.len());
            let before = self.first - first;
            self.counts.splice(0..0, std::iter::repeat_n(0, before));
        }
        self.first = first;
        self.counts.resize(end - first, 0);
    }

    /// How many were counted.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.total
    }

    /// The duration in seconds below which a share of them lies, between two of them in proportion as
    /// [`crate::stats`] has it; at most 0.1 % off the exact one. `None` when nothing was counted.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "counts are below 2^53"
    )]
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let last = self.total.checked_sub(1)?;
        let place = share.clamp(0.0, 1.0) * last as f64;
        let below = place.floor() as u64;
        let low = self.ranked(below)?;
        let high = self.ranked((below + 1).min(last))?;
        let nanos = (high - low).mul_add(place - place.floor(), low);
        Some(nanos / 1e9)
    }

    /// The value of a rank from 0, in nanoseconds.
    #[expect(clippy::cast_precision_loss, reason = "durations are below 2^53 ns")]
    fn ranked(&self, rank: u64) -> Option<f64> {
        let mut seen = 0;
        let at = self.counts.iter().position(|count| {
            seen += u64::from(*count);
            seen > rank
        })?;
        Some(middle(self.first + at) as f64)
    }

    /// Takes in all of another one.
    pub fn absorb(&mut self, other: &Self) {
        if other.counts.is_empty() {
            return;
        }
        self.cover(other.first, other.first + other.counts.len() - 1);
        let own = self.counts.iter_mut().skip(other.first - self.first);
        for (own, theirs) in own.zip(&other.counts) {
            *own = own.saturating_add(*theirs);
        }
        self.total += other.total;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::stats::{Sample, Scale, Value, of_quantile};

    #[test]
    fn a_bucket_is_narrow_and_in_order() {
        let mut before = 0;
        for nanos in (0..44_u32).flat_map(|power| [1_u64 << power, (1 << power) + 1, (3 << power) >> 1]) {
            let at = bucket(nanos);
            let off = middle(at).abs_diff(nanos);
            assert!(off * 1_024 <= nanos.max(512) + 1_024, "{nanos}: {off}");
            assert!(at >= before.min(bucket(nanos)) && at < BUCKETS);
            before = at;
        }
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
        assert!((0..10_000).all(|nanos| bucket(nanos) <= bucket(nanos + 1)));
    }

    #[test]
    fn an_empty_one_has_no_quantiles() {
        assert_eq!(Histogram::default().quantile(0.5), None);
    }

    proptest! {
        #[test]
        fn quantiles_are_those_of_the_values(
            values in prop::collection::vec(1_000_u64..20_000_000_000_000 / 2, 1..300),
            share in 0.0..=1.0_f64,
        ) {
            let mut histogram = Histogram::default();
            for nanos in &values {
                histogram.add(*nanos);
            }
            let values = values.iter().enumerate().map(|(at, nanos)| Value {
                case: at.to_string(),
                cluster: at.to_string(),
                value: Duration::from_nanos(*nanos).as_secs_f64(),
            });
            let sample = Sample { scale: Scale::Amount, values: values.collect() };
            for share in [share, 0.5, 0.95, 0.99] {
                let exact = of_quantile(&sample, share, 0.95, 1).unwrap().estimate;
                let got = histogram.quantile(share).unwrap();
                prop_assert!((got - exact).abs() <= exact * 0.001, "{share}: {got} for {exact}");
            }
        }

        #[test]
        fn parts_add_up(values in prop::collection::vec(any::<u64>(), 0..200), cut in 0_usize..200) {
            let of = |values: &[u64]| {
                let mut histogram = Histogram::default();
                for nanos in values {
                    histogram.add(*nanos);
                }
                histogram
            };
            let (first, second) = values.split_at(cut.min(values.len()));
            let (mut one, mut other) = (of(first), of(second));
            one.absorb(&of(second));
            other.absorb(&of(first));
            prop_assert_eq!(&one, &of(&values));
            prop_assert_eq!(one, other);
        }
    }
}
