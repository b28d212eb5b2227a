//! What is usual of a deployment's times, learnt from its calls.

use std::time::Duration;

/// Times are kept in classes, eight to each doubling, as `HdrHistogram` keeps them; the first begins at about a
/// millisecond (2^20 ns), the last ends after about an hour.
const FIRST: u32 = 20;
const PARTS: u32 = 3;
const CLASSES: usize = 22 << PARTS;
/// Fewer calls say nothing.
const ENOUGH: f32 = 20.0;
/// When so much is counted, everything counts half from then on: what is usual may change.
const FORGET: f32 = 1_000.0;
/// Quantiles are worked out anew after so many calls.
const STALE: u32 = 16;
/// What an unusually slow call weighs: an outage does not become usual, a lasting change in the end does.
const SLOW_WEIGHT: f32 = 0.125;

/// The distribution of a deployment's times to the first token, or to the whole answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Latency {
    classes: Box<[f32; CLASSES]>,
    total: f32,
    /// The last quantiles that were asked for, and how many calls ago.
    known: [(f64, Duration); 2],
    age: u32,
}

impl Default for Latency {
    fn default() -> Self {
        Self {
            classes: Box::new([0.0; CLASSES]),
            total: 0.0,
            known: [(f64::NAN, Duration::ZERO); 2],
            age: 0,
        }
    }
}

impl Latency {
    /// Learns a call's time; `slow`: it is beyond what is usual.
    pub fn learn(&mut self, took: Duration, slow: bool) {
        let weight = if slow { SLOW_WEIGHT } else { 1.0 };
        self.classes[class(took)] += weight;
        self.total += weight;
        self.age += 1;
        if self.age >= STALE {
            self.age = 0;
            self.known = [(f64::NAN, Duration::ZERO); 2];
        }
        if self.total > FORGET {
            self.classes.iter_mut().for_each(|count| *count /= 2.0);
            self.total = self.classes.iter().sum();
        }
    }

    /// The time within which a share of the calls has answered, at most a class (an eighth) too long; `None`
    /// before twenty calls.
    pub fn quantile(&mut self, share: f64) -> Option<Duration> {
        if self.total < ENOUGH {
            return None;
        }
        if let Some((_, time)) = self.known.iter().find(|(known, _)| (known - share).abs() < 1e-9) {
            return Some(*time);
        }
        let time = self.compute(share);
        self.known = [(share, time), self.known[0]];
        Some(time)
    }

    fn compute(&self, share: f64) -> Duration {
        let wanted = f64::from(self.total) * share.clamp(0.0, 1.0);
        let mut seen = 0.0;
        for (at, count) in self.classes.iter().enumerate() {
            seen += f64::from(*count);
            if seen >= wanted {
                return end(at);
            }
        }
        end(CLASSES - 1)
    }
}

fn class(took: Duration) -> usize {
    let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX).max(1 << FIRST);
    let doubling = nanos.ilog2();
    let part = (nanos >> (doubling - PARTS)) & ((1 << PARTS) - 1);
    let class = (u64::from(doubling - FIRST) << PARTS) | part;
    usize::try_from(class).map_or(CLASSES - 1, |class| class.min(CLASSES - 1))
}

/// Where a class ends.
fn end(class: usize) -> Duration {
    let class = class as u64 + 1;
    let (doubling, part) = (class >> PARTS, class & ((1 << PARTS) - 1));
    Duration::from_nanos(((1 << PARTS) + part) << (u64::from(FIRST - PARTS) + doubling))
}
