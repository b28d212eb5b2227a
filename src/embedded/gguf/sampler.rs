//! Which token comes next.

use super::super::ModelError;
use crate::rng::Chance;

/// Takes the likeliest token, or draws one.
pub(super) struct Sampler {
    temperature: f64,
    chance: Chance,
}

impl Sampler {
    /// A temperature of 0 or below always takes the likeliest.
    pub(super) fn new(temperature: f64, seed: u64) -> Self {
        Self {
            temperature,
            chance: Chance::seeded(seed, "gguf"),
        }
    }

    /// Picks by scores, one for each token: softmax of the scores over the temperature.
    ///
    /// # Errors
    /// Fails when no score is a number: the weights are broken.
    pub(super) fn pick(&mut self, scores: &[f32]) -> Result<u32, ModelError> {
        let usable = |score: &f32| !score.is_nan() && *score < f32::INFINITY;
        let best = scores
            .iter()
            .enumerate()
            .filter(|(_, score)| usable(score))
            .max_by(|(left_at, left), (right_at, right)| left.total_cmp(right).then(right_at.cmp(left_at)));
        let Some((best, highest)) = best.filter(|(_, score)| score.is_finite()) else {
            return Err(ModelError::new(
                "the model's scores are no numbers: its weights are broken",
            ));
        };
        let picked = if self.temperature > 0.0 {
            let weight = |score: &f32| {
                if usable(score) {
                    libm::exp(f64::from(score - highest) / self.temperature)
                } else {
                    0.0
                }
            };
            let total: f64 = scores.iter().map(weight).sum();
            let mut left = self.chance.unit() * total;
            let drawn = scores.iter().position(|score| {
                left -= weight(score);
                left < 0.0
            });
            drawn.unwrap_or(best)
        } else {
            best
        };
        Ok(u32::try_from(picked).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_temperature_the_likeliest_is_taken_and_the_first_of_equals() {
        let mut sampler = Sampler::new(0.0, 1);
        assert_eq!(sampler.pick(&[0.5, 2.0, 2.0, f32::NAN]).unwrap(), 1);
        assert!(sampler.pick(&[f32::NAN, f32::NAN]).is_err());
        assert!(sampler.pick(&[]).is_err());
    }

    #[test]
    fn draws_follow_the_scores_and_repeat_with_the_seed() {
        let draw = |seed| {
            let mut sampler = Sampler::new(1.0, seed);
            (0..2_000)
                .map(|_| sampler.pick(&[0.0, libm::logf(3.0)]).unwrap())
                .collect::<Vec<_>>()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        // Three quarters are the second; five standard deviations are 0.048.
        let share = draw(7).iter().sum::<u32>();
        assert!((1_404..1_596).contains(&share), "{share}");
    }
}
