//! The path of one request, as an expression that every worst case is computed from.
//!
//! A reader compiles its dialect's behaviour into a [`Plan`]; longest wait, most calls, money,
//! cut sets and availability are folds over it and know no dialect.

use std::collections::HashSet;
use std::time::Duration;

use super::ids::Offset;
use super::{DeploymentId, RouteId, Setting};

/// What happens to one request until it has an answer or an error.
#[derive(Debug, Clone)]
pub enum Plan {
    /// One call of one deployment.
    Try(Attempt),
    /// One of several is picked for each try.
    Pick {
        /// The candidates with their weights.
        branches: Vec<(f64, Plan)>,
        /// Whether a sick candidate is left out (cooldown, outlier ejection, or a retry that picks
        /// another one), so that the route lives while any of them does.
        ejects: bool,
    },
    /// The same again after a failure.
    Retry(Box<Retry>),
    /// One after the other until one answers.
    First(Vec<Branch>),
    /// A total limit on everything inside.
    Within {
        /// The limit; `None` when the product sets none.
        limit: Setting<Option<Duration>>,
        /// What it bounds.
        plan: Box<Plan>,
    },
    /// Every request makes all of these calls (best-of-n, mixtures, judges in the path).
    All(Vec<Plan>),
    /// A static or cached answer that cannot fail.
    Degraded(Setting<()>),
}

/// One call of one deployment. `None` in a limit means that nothing ends the wait.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// What is called.
    pub deployment: DeploymentId,
    /// The limit on a whole answer that is not streamed.
    pub timeout: Setting<Option<Duration>>,
    /// The limit on a streamed answer's first token.
    pub first_token: Setting<Option<Duration>>,
    /// The limit on silence between two tokens of a stream.
    pub idle: Setting<Option<Duration>>,
    /// The output cap that this path sends with the request, when it does.
    pub max_output_tokens: Option<Setting<u64>>,
}

/// A step of [`Plan::First`].
#[derive(Debug, Clone)]
pub struct Branch {
    /// What is tried.
    pub plan: Plan,
    /// The route that this step belongs to, when it is another route's path.
    pub route: Option<RouteId>,
    /// Why it is tried: where the fallback is written. `None` for the first step.
    pub because: Option<Setting<()>>,
}

/// Repetition after failure.
#[derive(Debug, Clone)]
pub struct Retry {
    /// What is repeated.
    pub plan: Plan,
    /// How many times more after the first.
    pub retries: Setting<u32>,
    /// The wait before each repetition.
    pub backoff: Backoff,
    /// Whether the deployments' own timeouts also start it again (true almost everywhere; Portkey
    /// does not retry its own 408).
    pub on_timeout: bool,
    /// HTTP statuses that are retried, when the dialect lists them.
    pub statuses: Option<Setting<Vec<u16>>>,
    /// Which layer does it, for people: "LiteLLM router", "openai SDK".
    pub layer: &'static str,
}

/// The wait before a repetition.
#[derive(Debug, Clone)]
pub struct Backoff {
    /// The first wait.
    pub initial: Duration,
    /// What each further wait is multiplied by.
    pub factor: f64,
    /// No single wait is shorter.
    pub floor: Duration,
    /// No single wait is longer, jitter aside; this wins over the floor.
    pub max: Duration,
    /// The most that jitter adds to one wait.
    pub jitter: Duration,
    /// Whether waits are spread at random, upward or downward.
    pub jittered: bool,
    /// Whether the wait is also served after the last repetition has failed, before anything else
    /// is tried (LiteLLM 1.109.1 does, `router_python_core.py`).
    pub after_last: bool,
    /// The longest `Retry-After` that is obeyed; `None`: the header is ignored.
    pub retry_after: Option<Wait>,
    /// Where the backoff is written or whose default it is.
    pub origin: super::Origin,
}

/// A bound on a wait that somebody else asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// At most this long.
    AtMost(Duration),
    /// However long the provider says.
    Unbounded,
}

impl Backoff {
    /// No wait at all.
    #[must_use]
    pub const fn none(origin: super::Origin) -> Self {
        Self {
            initial: Duration::ZERO,
            factor: 1.0,
            floor: Duration::ZERO,
            max: Duration::ZERO,
            jitter: Duration::ZERO,
            jittered: false,
            after_last: false,
            retry_after: None,
            origin,
        }
    }

    /// The longest wait before repetition `n` (from zero).
    #[must_use]
    pub fn longest(&self, n: u32) -> Duration {
        // Past 2^20 any factor has reached the maximum; the cut keeps the power finite.
        let grown =
            (self.initial.as_secs_f64() * self.factor.powi(n.min(20).cast_signed())).max(self.floor.as_secs_f64());
        Duration::try_from_secs_f64(grown.min(self.max.as_secs_f64()))
            .unwrap_or(self.max)
            .saturating_add(self.jitter)
    }

    /// The longest time spent on waits when all of `retries` repetitions fail.
    #[must_use]
    pub fn longest_total(&self, retries: u32) -> Duration {
        if retries == 0 {
            return Duration::ZERO;
        }
        let waits = retries.saturating_add(u32::from(self.after_last));
        // Past the twentieth every wait is the same, so a configured 4,000,000,000 costs nothing.
        let grown = (0..waits.min(21)).fold(Duration::ZERO, |sum, n| sum.saturating_add(self.longest(n)));
        grown.saturating_add(self.longest(21).saturating_mul(waits.saturating_sub(21)))
    }
}

impl Plan {
    /// Every attempt in this plan, in order.
    #[must_use]
    pub fn attempts(&self) -> Vec<&Attempt> {
        let mut found = Vec::new();
        self.collect(&mut found);
        found
    }

    fn collect<'a>(&'a self, found: &mut Vec<&'a Attempt>) {
        match self {
            Self::Try(attempt) => found.push(attempt),
            Self::Pick { branches, .. } => branches.iter().for_each(|(_, plan)| plan.collect(found)),
            Self::Retry(retry) => retry.plan.collect(found),
            Self::First(branches) => branches.iter().for_each(|branch| branch.plan.collect(found)),
            Self::Within { plan, .. } => plan.collect(found),
            Self::All(plans) => plans.iter().for_each(|plan| plan.collect(found)),
            Self::Degraded(_) => {}
        }
    }

    /// The deployments that this plan can reach, each once, in the order of their first attempt.
    #[must_use]
    pub fn deployments(&self) -> Vec<DeploymentId> {
        let mut seen = HashSet::new();
        let attempts = self.attempts().into_iter().map(|attempt| attempt.deployment);
        attempts.filter(|id| seen.insert(*id)).collect()
    }

    /// Whether a second path with calls of its own follows when the first fails.
    #[must_use]
    pub fn has_second_choice(&self) -> bool {
        match self {
            Self::Try(_) | Self::Degraded(_) => false,
            Self::Pick { branches, .. } => {
                !branches.is_empty() && branches.iter().all(|(_, plan)| plan.has_second_choice())
            }
            Self::Retry(retry) => retry.plan.has_second_choice(),
            Self::First(branches) => {
                branches
                    .iter()
                    .filter(|branch| !branch.plan.attempts().is_empty())
                    .count()
                    > 1
                    || branches.iter().any(|branch| branch.plan.has_second_choice())
            }
            Self::Within { plan, .. } => plan.has_second_choice(),
            Self::All(plans) => !plans.is_empty() && plans.iter().all(Self::has_second_choice),
        }
    }

    /// Whether a static or cached answer is left when everything else fails.
    #[must_use]
    pub fn has_degraded_answer(&self) -> bool {
        match self {
            Self::Degraded(_) => true,
            Self::Try(_) | Self::Pick { .. } => false,
            Self::Retry(retry) => retry.plan.has_degraded_answer(),
            Self::First(branches) => branches.iter().any(|branch| branch.plan.has_degraded_answer()),
            Self::Within { plan, .. } => plan.has_degraded_answer(),
            Self::All(plans) => plans.iter().any(Self::has_degraded_answer),
        }
    }

    /// Every repetition in this plan, outermost first.
    #[must_use]
    pub fn retries(&self) -> Vec<&Retry> {
        let mut found = Vec::new();
        self.collect_retries(&mut found);
        found
    }

    fn collect_retries<'a>(&'a self, found: &mut Vec<&'a Retry>) {
        match self {
            Self::Try(_) | Self::Degraded(_) => {}
            Self::Pick { branches, .. } => branches.iter().for_each(|(_, plan)| plan.collect_retries(found)),
            Self::Retry(retry) => {
                found.push(retry);
                retry.plan.collect_retries(found);
            }
            Self::First(branches) => branches.iter().for_each(|branch| branch.plan.collect_retries(found)),
            Self::Within { plan, .. } => plan.collect_retries(found),
            Self::All(plans) => plans.iter().for_each(|plan| plan.collect_retries(found)),
        }
    }

    pub(super) fn shift(&mut self, by: &Offset) {
        match self {
            Self::Try(attempt) => attempt.deployment = by.deployment(attempt.deployment),
            Self::Pick { branches, .. } => branches.iter_mut().for_each(|(_, plan)| plan.shift(by)),
            Self::Retry(retry) => retry.plan.shift(by),
            Self::First(branches) => {
                for branch in branches {
                    branch.plan.shift(by);
                    branch.route = branch.route.map(|id| by.route(id));
                }
            }
            Self::Within { plan, .. } => plan.shift(by),
            Self::All(plans) => plans.iter_mut().for_each(|plan| plan.shift(by)),
            Self::Degraded(_) => {}
        }
    }
}
