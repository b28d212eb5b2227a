//! The only place that makes chance: `ChaCha8`, whose stream is the same on every platform and in
//! every release, and `SplitMix64` where each of millions of things needs a stream of its own.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng};

/// A source of chance that a seed and a name determine.
#[derive(Debug, Clone)]
pub struct Chance(Source);

#[derive(Debug, Clone)]
enum Source {
    ChaCha(Box<ChaCha8Rng>),
    /// The next number is the counter's, mixed (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number
    /// Generators", OOPSLA 2014): nothing to set up, and a stream is one number to keep.
    Counter(u64),
}

impl Chance {
    /// The stream of a seed for one purpose: another purpose gets other numbers, so that a new use of
    /// chance never shifts an old one.
    #[must_use]
    pub fn seeded(seed: u64, purpose: &str) -> Self {
        let stream = ChaCha8Rng::seed_from_u64(seed ^ fnv(purpose.as_bytes()));
        Self(Source::ChaCha(Box::new(stream)))
    }

    /// The stream of one numbered thing among many of a seed: a call, and one use of chance about it. Nothing is
    /// computed before the first draw but the seed.
    #[must_use]
    pub fn numbered(seed: u64, number: u64, of: u64) -> Self {
        Self(Source::Counter(mixed(seed, number, of)))
    }

    fn next_u64(&mut self) -> u64 {
        match &mut self.0 {
            Source::ChaCha(stream) => stream.next_u64(),
            Source::Counter(counter) => {
                *counter = counter.wrapping_add(GOLDEN);
                mix(*counter)
            }
        }
    }

    /// A whole number from 0 up to, and without, `bound`; 0 when the bound is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        // Lemire, "Fast Random Integer Generation in an Interval" (2019), without the rejection: the
        // bias is below 2^-32 for every bound that memory can hold.
        let product = u128::from(self.next_u64()) * bound as u128;
        usize::try_from(product >> 64).unwrap_or(0)
    }

    /// A number from 0 up to, and without, 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
    pub fn unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A coin.
    pub fn coin(&mut self) -> bool {
        self.next_u64() >> 63 == 1
    }
}

/// Three numbers as one, each bit of which depends on all of them: one draw for a numbered thing, much
/// cheaper than a stream. The steps are `SplitMix64`'s (Steele, Lea, Flood, OOPSLA 2014).
#[must_use]
pub const fn mixed(seed: u64, number: u64, of: u64) -> u64 {
    const fn step(z: u64) -> u64 {
        mix(z.wrapping_add(GOLDEN))
    }
    step(step(step(seed) ^ number) ^ of)
}

/// 2^64 over the golden ratio: the step between two counters of `SplitMix64`.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// `SplitMix64`'s finalizer.
const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The same as a number from 0 up to, and without, 1.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
pub fn mixed_unit(seed: u64, number: u64, of: u64) -> f64 {
    (mixed(seed, number, of) >> 11) as f64 / (1_u64 << 53) as f64
}

/// The 64-bit FNV-1a hash (Fowler, Noll, Vo): short, and the same for ever.
#[must_use]
pub fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_numbers_and_another_purpose_others() {
        let draw = |purpose| {
            let mut chance = Chance::seeded(7, purpose);
            (0..50).map(|_| chance.below(1_000)).collect::<Vec<_>>()
        };
        assert_eq!(draw("a"), draw("a"));
        assert_ne!(draw("a"), draw("b"));
        assert!(draw("a").iter().all(|it| *it < 1_000));
    }

    #[test]
    fn mixing_spreads_evenly_and_tells_its_numbers_apart() {
        let mean = (0..10_000).map(|number| mixed_unit(7, number, 3)).sum::<f64>() / 10_000.0;
        assert!((mean - 0.5).abs() < 0.01, "{mean}");
        assert_ne!(mixed(1, 2, 3), mixed(2, 1, 3));
        assert_ne!(mixed(1, 2, 3), mixed(1, 3, 2));
    }

    #[test]
    fn the_counter_stream_is_the_published_one() {
        // The first numbers of SplitMix64 from the state 0 (Vigna's splitmix64.c).
        let mut chance = Chance(Source::Counter(0));
        assert_eq!(chance.next_u64(), 0xe220_a839_7b1d_cdaf);
        assert_eq!(chance.next_u64(), 0x6e78_9e6a_a1b9_65f4);
        let mut chance = Chance::numbered(7, 1, 2);
        let mean = (0..10_000).map(|_| chance.unit()).sum::<f64>() / 10_000.0;
        assert!((mean - 0.5).abs() < 0.01, "{mean}");
    }

    #[test]
    fn the_hash_is_the_published_one() {
        // Test vectors of the FNV reference.
        assert_eq!(fnv(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
