//! Gates that are decided early, valid whenever one looks.
//!
//! Cases are seen in random order, and after each one may ask whether the gate "mean of at least t" is
//! decided. Ordinary intervals looked at again and again err far more often than they say. Here a bettor
//! stakes money on each next score against the mean being on the other side of t; should that be so,
//! no strategy multiplies the money by 1/α with more than probability α, whenever one stops (Ville).
//! Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting", JRSS B 2024;
//! for suites, which are finite, by the same authors' "Confidence sequences for sampling without
//! replacement", Advances in Neural Information
//! Processing Systems 2020.

use super::interval::wilson;

/// Whose mean the gate is about. The two are different questions, and the first is decided sooner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// The mean over this suite's cases, were all of them run: the number that the full run would
    /// print. Cases are drawn without replacement; when all are seen it is known. Clusters do not
    /// matter, the order must be random over all cases.
    Suite {
        /// How many cases the suite has.
        cases: usize,
    },
    /// The mean over the questions that users ask, of which the suite's are independent draws. Not
    /// valid for clustered cases. It may stay undecided when all cases are seen; then the interval
    /// of the full run decides.
    Population,
}

/// What a gate has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The mean is at least the threshold.
    Pass,
    /// It is below.
    Fail,
    /// Not yet known.
    Undecided,
}

/// Stakes as shares of the greatest that cannot ruin the bettor. All are played side by side with equal
/// money, which costs a factor of their number at most and comes near the best of them.
const STAKES: [f64; 16] = [
    0.01, 0.02, 0.04, 0.07, 0.11, 0.16, 0.22, 0.29, 0.36, 0.44, 0.52, 0.6, 0.68, 0.77, 0.86, 0.95,
];

/// What is bet on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    /// The mean is higher.
    Above,
    /// It is lower.
    Below,
}

/// The money of one bettor against one mean.
#[derive(Debug, Clone)]
struct Bettor {
    side: Side,
    mean: f64,
    money: [f64; STAKES.len()],
}

impl Bettor {
    fn new(side: Side, mean: f64) -> Self {
        Self {
            side,
            mean,
            money: [1.0; STAKES.len()],
        }
    }

    /// Bets on one score that comes after `seen` scores of this sum.
    fn bet(&mut self, question: Question, seen: usize, sum: f64, score: f64) {
        let expected = self.expected(question, seen, sum);
        // The score's distance from what is expected, in units of the greatest loss.
        let gain = match self.side {
            Side::Above if expected > 0.0 => (score - expected) / expected,
            Side::Below if expected < 1.0 => (expected - score) / (1.0 - expected),
            _ => return,
        };
        for (money, stake) in self.money.iter_mut().zip(STAKES) {
            *money *= 1.0 + stake * gain;
        }
    }

    /// The mean of the scores still to come, should the mean of all be the one bet against.
    #[expect(clippy::cast_precision_loss, reason = "counts are small")]
    fn expected(&self, question: Question, seen: usize, sum: f64) -> f64 {
        match question {
            Question::Suite { cases } if seen < cases => (cases as f64 * self.mean - sum) / (cases - seen) as f64,
            Question::Suite { .. } | Question::Population => self.mean,
        }
    }

    /// Whether the mean bet against is refuted.
    #[expect(clippy::cast_precision_loss, reason = "a few stakes")]
    fn won(&self, alpha: f64) -> bool {
        self.money.iter().sum::<f64>() / STAKES.len() as f64 >= 1.0 / alpha
    }
}

/// A gate "mean of at least t" that is decided as early as the scores allow.
///
/// When the mean is below the threshold, `Pass` comes with probability 1 - confidence at most; when it
/// is at the threshold or above, so does `Fail`. This holds over all looks together. A decision stays.
/// For several gates at once the sum of their error rates bounds the rate of any error.
#[derive(Debug, Clone)]
pub struct Gate {
    threshold: f64,
    alpha: f64,
    question: Question,
    above: Bettor,
    below: Bettor,
    scores: Vec<f64>,
    sum: f64,
    decision: Decision,
}

/// Sums of the same scores in another order differ in their last digits.
const NEAR: f64 = 1e-9;

impl Gate {
    /// A gate for scores from 0 to 1; the confidence lies between 0 and 1.
    #[must_use]
    pub fn new(threshold: f64, confidence: f64, question: Question) -> Self {
        Self {
            threshold,
            alpha: 1.0 - confidence,
            question,
            above: Bettor::new(Side::Above, threshold),
            below: Bettor::new(Side::Below, threshold),
            scores: Vec::new(),
            sum: 0.0,
            decision: Decision::Undecided,
        }
    }

    /// Takes the score of the next case, cut to 0 and 1, and says what is known by now. Scores past
    /// the suite's last case are ignored.
    pub fn see(&mut self, score: f64) -> Decision {
        let seen = self.scores.len();
        if matches!(self.question, Question::Suite { cases } if seen >= cases) || score.is_nan() {
            return self.decision;
        }
        let score = score.clamp(0.0, 1.0);
        self.above.bet(self.question, seen, self.sum, score);
        self.below.bet(self.question, seen, self.sum, score);
        self.scores.push(score);
        self.sum += score;
        if self.decision == Decision::Undecided {
            self.decision = self.known().unwrap_or_else(|| {
                if self.above.won(self.alpha) {
                    Decision::Pass
                } else if self.below.won(self.alpha) {
                    Decision::Fail
                } else {
                    Decision::Undecided
                }
            });
        }
        self.decision
    }

    /// What no score still to come can change.
    #[expect(clippy::cast_precision_loss, reason = "counts are small")]
    fn known(&self) -> Option<Decision> {
        let Question::Suite { cases } = self.question else {
            return None;
        };
        let needed = cases as f64 * self.threshold;
        let most = self.sum + (cases - self.scores.len()) as f64;
        if self.sum >= needed - NEAR {
            Some(Decision::Pass)
        } else if most < needed - NEAR {
            Some(Decision::Fail)
        } else {
            None
        }
    }

    /// What is known by now.
    #[must_use]
    pub const fn decision(&self) -> Decision {
        self.decision
    }

    /// How many cases were seen.
    #[must_use]
    pub const fn seen(&self) -> usize {
        self.scores.len()
    }

    /// The bounds of the mean by now. Each holds at all times together with the gate's confidence; both
    /// hold together with an error rate of twice that.
    #[must_use]
    pub fn bounds(&self) -> (f64, f64) {
        let (least, most) = self.possible();
        // Means below the lower bound are refuted, those above are not: halve the rest.
        let search = |side: Side| {
            let (mut low, mut high) = (least, most);
            for _ in 0..40 {
                let middle = f64::midpoint(low, high);
                let refuted = self.refuted(side, middle);
                if refuted == (side == Side::Above) {
                    low = middle;
                } else {
                    high = middle;
                }
            }
            if side == Side::Above { low } else { high }
        };
        (search(Side::Above), search(Side::Below))
    }

    /// The least and the greatest mean that the scores seen leave possible.
    #[expect(clippy::cast_precision_loss, reason = "counts are small")]
    fn possible(&self) -> (f64, f64) {
        match self.question {
            Question::Suite { cases } if cases > 0 => {
                let rest = cases - self.scores.len();
                (self.sum / cases as f64, (self.sum + rest as f64) / cases as f64)
            }
            Question::Suite { .. } | Question::Population => (0.0, 1.0),
        }
    }

    /// Whether a mean was refuted at any look so far.
    fn refuted(&self, side: Side, mean: f64) -> bool {
        let mut bettor = Bettor::new(side, mean);
        let mut sum = 0.0;
        self.scores.iter().enumerate().any(|(seen, score)| {
            bettor.bet(self.question, seen, sum, *score);
            sum += score;
            bettor.won(self.alpha)
        })
    }
}

/// The least share of a suite's cases that must pass so that Wilson's lower bound reaches a threshold;
/// `None` when not even all cases would do.
///
/// A full run's gate "lower bound of at least t" is the gate "at least this share of the suite's cases":
/// with it as the threshold and [`Question::Suite`], stopping early foretells the full run's verdict.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts are small")]
pub fn needed_share(threshold: f64, confidence: f64, cases: usize) -> Option<f64> {
    let all = cases as f64;
    let reaches = |passes: usize| wilson(passes as f64, all, confidence).low >= threshold;
    let (mut low, mut high) = (0, cases);
    if cases == 0 || !reaches(cases) {
        return None;
    }
    while low < high {
        let middle = usize::midpoint(low, high);
        if reaches(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Some(high as f64 / all)
}

/// A gate "no worse than before by more than a margin", on differences `after - before` of the same
/// cases' scores, each from -1 to 1.
#[derive(Debug, Clone)]
pub struct PairedGate(Gate);

impl PairedGate {
    /// A gate that passes when the mean difference is at least `-margin`.
    #[must_use]
    pub fn new(margin: f64, confidence: f64, question: Question) -> Self {
        Self(Gate::new((1.0 - margin) / 2.0, confidence, question))
    }

    /// Takes the difference of the next case and says what is known by now.
    pub fn see(&mut self, difference: f64) -> Decision {
        self.0.see(f64::midpoint(difference, 1.0))
    }

    /// What is known by now.
    #[must_use]
    pub const fn decision(&self) -> Decision {
        self.0.decision()
    }

    /// How many cases were seen.
    #[must_use]
    pub const fn seen(&self) -> usize {
        self.0.seen()
    }

    /// The bounds of the mean difference; see [`Gate::bounds`].
    #[must_use]
    pub fn bounds(&self) -> (f64, f64) {
        let (low, high) = self.0.bounds();
        (2.0 * low - 1.0, 2.0 * high - 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Chance;

    fn run(gate: &mut Gate, scores: impl IntoIterator<Item = f64>) -> Decision {
        for score in scores {
            gate.see(score);
        }
        gate.decision()
    }

    /// By hand: one score of 1 against a mean of 0.5 multiplies the money of stake s by 1 + s.
    #[test]
    fn money_is_multiplied_by_what_was_staked() {
        let mut bettor = Bettor::new(Side::Above, 0.5);
        bettor.bet(Question::Population, 0, 0.0, 1.0);
        assert!((bettor.money[0] - 1.01).abs() < 1e-12 && (bettor.money[15] - 1.95).abs() < 1e-12);
        // Two of four cases seen, both 1: the other two must be 0 for a mean of 0.5.
        assert_eq!(bettor.expected(Question::Suite { cases: 4 }, 2, 2.0), 0.0);
    }

    #[test]
    fn a_suite_that_is_seen_whole_is_decided() {
        for (passes, decision) in [(18, Decision::Pass), (17, Decision::Fail)] {
            let mut gate = Gate::new(0.9, 0.95, Question::Suite { cases: 20 });
            let scores = (0..20).map(|at| f64::from(u8::from(at < passes)));
            assert_eq!(run(&mut gate, scores), decision);
        }
    }

    #[test]
    fn a_clear_gate_is_decided_early_and_a_suite_sooner_than_a_population() {
        let mut suite = Gate::new(0.8, 0.95, Question::Suite { cases: 100 });
        let mut population = Gate::new(0.8, 0.95, Question::Population);
        let calls = |gate: &mut Gate| (1..=100).find(|_| gate.see(1.0) != Decision::Undecided).unwrap();
        let (suite, population) = (calls(&mut suite), calls(&mut population));
        assert!(suite < population && population < 30, "{suite} {population}");
    }

    #[test]
    fn bounds_agree_with_the_decision_and_hold_the_mean() {
        let mut chance = Chance::seeded(3, "test");
        let mut gate = Gate::new(0.7, 0.95, Question::Suite { cases: 200 });
        while gate.decision() == Decision::Undecided {
            gate.see(f64::from(u8::from(chance.unit() < 0.85)));
        }
        let (low, high) = gate.bounds();
        assert_eq!(gate.decision(), Decision::Pass);
        assert!(
            (0.7 - 1e-6..0.85).contains(&low) && high > 0.85,
            "{low} {high} after {}",
            gate.seen()
        );
    }

    #[test]
    fn errors_are_as_rare_as_promised() {
        // A mean just below the threshold, in suites and from a population.
        let mut wrong = [0; 2];
        for seed in 0..400 {
            let mut chance = Chance::seeded(seed, "test");
            let mut scores: Vec<f64> = (0..100).map(|at| f64::from(u8::from(at < 89))).collect();
            for at in (1..scores.len()).rev() {
                scores.swap(at, chance.below(at + 1));
            }
            let mut gate = Gate::new(0.9, 0.95, Question::Suite { cases: 100 });
            wrong[0] += i32::from(run(&mut gate, scores) == Decision::Pass);
            let mut gate = Gate::new(0.9, 0.95, Question::Population);
            let scores = (0..300).map(|_| f64::from(u8::from(chance.unit() < 0.8999)));
            wrong[1] += i32::from(run(&mut gate, scores) == Decision::Pass);
        }
        // 5 % of 400 are 20, plus three standard deviations.
        assert!(wrong.iter().all(|it| *it < 33), "{wrong:?}");
    }

    #[test]
    fn runs_that_never_differ_are_no_worse() {
        let mut gate = PairedGate::new(0.05, 0.95, Question::Suite { cases: 200 });
        let seen = (1..=200).find(|_| gate.see(0.0) != Decision::Undecided).unwrap();
        assert_eq!(gate.decision(), Decision::Pass);
        assert!(seen < 100, "{seen}");
        let (low, high) = gate.bounds();
        assert!(low >= -0.05 - 1e-6 && high > 0.0, "{low} {high}");
    }

    #[test]
    fn the_needed_share_is_the_least_whose_lower_bound_holds() {
        // 97 of 100: 0.9155; 96 of 100: 0.9016; 95 of 100: 0.8882.
        assert_eq!(needed_share(0.9, 0.95, 100), Some(0.96));
        assert_eq!(needed_share(0.9, 0.95, 20), None);
        assert_eq!(needed_share(0.9, 0.95, 0), None);
    }

    #[test]
    fn scores_that_are_none_change_nothing() {
        let mut gate = Gate::new(0.5, 0.95, Question::Suite { cases: 1 });
        assert_eq!(gate.see(f64::NAN), Decision::Undecided);
        assert_eq!(gate.see(7.0), Decision::Pass);
        assert_eq!((gate.see(0.0), gate.seen()), (Decision::Pass, 1));
    }
}
