//! What is usual of a deployment's times, learnt from its calls.

use std::time::Duration;

/// Times are kept in classes that grow by this factor, from a millisecond on.
const GROWTH: f64 = 1.1;
/// The last class ends after half an hour.
const CLASSES: usize = 152;
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

    /// The time within which a share of the calls has answered, at most a class (10 %) too long; `None`
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
    let milliseconds = (took.as_secs_f64() * 1e3).max(1.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a logarithm of what is at least 1"
    )]
    let class = (milliseconds.ln() / GROWTH.ln()) as usize;
    class.min(CLASSES - 1)
}

/// Where a class ends.
fn end(class: usize) -> Duration {
    let exponent = i32::try_from(class + 1).unwrap_or(i32::MAX);
    Duration::from_secs_f64(GROWTH.powi(exponent) / 1e3)
}
