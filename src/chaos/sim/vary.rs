//! Other settings in place of a configuration's own: what a sweep tries.

use std::time::Duration;

use crate::pipeline::policy::Program;
use crate::system::{Branch, Dialect, Origin, Plan, Retry, Route, units};

use super::setup::Setup;

/// A setting that can be varied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Knob {
    /// The limit on a call: for the first token of a stream, else for the answer.
    Timeout,
    /// Repetitions after the first try.
    Retries,
    /// How long a failing deployment is left out.
    Cooldown,
}

/// A knob and where it is turned to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Turned {
    /// Which.
    pub knob: Knob,
    /// Seconds, or a count.
    pub to: f64,
}

impl Knob {
    /// Its name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Retries => "retries",
            Self::Cooldown => "cooldown",
        }
    }

    /// A value for people.
    #[must_use]
    pub fn show(self, value: f64) -> String {
        match self {
            Self::Retries => format!("{value:.0}"),
            Self::Timeout | Self::Cooldown => units::show_seconds(value),
        }
    }

    /// The values of `2s..60s`, `0..5`, `2s,5s,10s`.
    ///
    /// # Errors
    /// Says what may stand there.
    pub fn values(self, text: &str) -> Result<Vec<f64>, String> {
        let parse = |text: &str| {
            let text = text.trim();
            let value = match self {
                Self::Retries => text.parse::<u8>().ok().map(f64::from),
                Self::Timeout | Self::Cooldown => units::duration(text).map(|it| it.as_secs_f64()).or_else(|| {
                    text.parse()
                        .ok()
                        .filter(|value: &f64| value.is_finite() && *value >= 0.0)
                }),
            };
            value.ok_or_else(|| {
                let expected = match self {
                    Self::Retries => "counts such as 0..5 or 0,1,3",
                    Self::Timeout | Self::Cooldown => "durations such as 2s..60s or 2s,5s,20s",
                };
                format!("expected {expected}, and this is `{text}`")
            })
        };
        let Some((from, to)) = text.split_once("..") else {
            return text.split(',').map(parse).collect();
        };
        let (from, to) = (parse(from)?, parse(to)?);
        if to < from {
            return Err(format!("`{text}` goes down: write the smaller one first"));
        }
        Ok(if self == Self::Retries {
            counted(from, to)
        } else {
            spread(from, to)
        })
    }
}

/// Every whole number from one to the other.
fn counted(from: f64, to: f64) -> Vec<f64> {
    std::iter::successors(Some(from), |at| Some(at + 1.0))
        .take_while(|at| *at <= to)
        .collect()
}

/// Eight values, each so many times the one before.
fn spread(from: f64, to: f64) -> Vec<f64> {
    const STEPS: i32 = 7;
    let from = from.max(0.1);
    let rounded = |value: f64| {
        if value < 10.0 {
            (value * 10.0).round() / 10.0
        } else {
            value.round()
        }
    };
    let mut values: Vec<f64> = (0..=STEPS)
        .map(|step| rounded(from * (to.max(from) / from).powf(f64::from(step) / f64::from(STEPS))))
        .collect();
    values.dedup();
    values
}

impl Setup<'_> {
    /// The same with other settings.
    #[must_use]
    pub fn turned(mut self, knobs: &[Turned]) -> Self {
        let plan = turned(&self.entry.route.plan, knobs);
        self.entry.program = if self.dialect == Dialect::Aisys {
            let route = Route {
                plan,
                ..self.entry.route.clone()
            };
            Program::of_route(self.system, &route)
        } else {
            Program::new(&plan)
        };
        for turned in knobs.iter().filter(|it| it.knob == Knob::Cooldown) {
            self.cooldown = Some(seconds(turned.to));
        }
        self
    }
}

/// A plan with other limits and counts.
#[must_use]
pub fn turned(plan: &Plan, knobs: &[Turned]) -> Plan {
    let to = |knob: Knob| knobs.iter().find(|it| it.knob == knob).map(|it| it.to);
    match plan {
        Plan::Try(attempt) => {
            let mut attempt = attempt.clone();
            if let Some(limit) = to(Knob::Timeout).map(seconds) {
                attempt.timeout.value = Some(limit);
                attempt.first_token.value = Some(limit);
                attempt.idle.value = attempt.idle.value.map(|idle| idle.min(limit)).or(Some(limit));
            }
            Plan::Try(attempt)
        }
        Plan::Pick { branches, ejects } => Plan::Pick {
            branches: branches
                .iter()
                .map(|(weight, plan)| (*weight, turned(plan, knobs)))
                .collect(),
            ejects: *ejects,
        },
        Plan::Retry(retry) => {
            let mut retry = Retry {
                plan: turned(&retry.plan, knobs),
                ..retry.as_ref().clone()
            };
            if let Some(count) = to(Knob::Retries) {
                retry.retries.value = whole(count);
            }
            Plan::Retry(Box::new(retry))
        }
        Plan::First(branches) => Plan::First(
            branches
                .iter()
                .map(|branch| Branch {
                    plan: turned(&branch.plan, knobs),
                    ..branch.clone()
                })
                .collect(),
        ),
        Plan::Within { limit, plan } => Plan::Within {
            limit: limit.clone(),
            plan: Box::new(turned(plan, knobs)),
        },
        Plan::All(plans) => Plan::All(plans.iter().map(|plan| turned(plan, knobs)).collect()),
        Plan::Degraded(_) => plan.clone(),
    }
}

fn seconds(value: f64) -> Duration {
    Duration::try_from_secs_f64(value).unwrap_or(Duration::MAX)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "not negative, and a cast stops at the greatest number"
)]
const fn whole(value: f64) -> u32 {
    value as u32
}

/// The edit that turns a knob, in the dialect's own words: where the setting stands, or the key to add.
#[must_use]
pub fn edit(setup: &Setup<'_>, turned: Turned) -> String {
    let plan = &setup.entry.route.plan;
    let attempt = plan.attempts().into_iter().next();
    let origin = match turned.knob {
        Knob::Timeout => attempt.map(|it| &it.first_token.origin),
        Knob::Retries => plan.retries().first().map(|it| &it.retries.origin),
        Knob::Cooldown => Some(&setup.entry.route.policy.cooldown.origin),
    };
    let value = written(setup.dialect, turned);
    match origin {
        Some(Origin::Written(place)) => format!("{place}: set this to `{value}`"),
        Some(Origin::Derived(why)) => format!("add `{}: {value}` ({why} now)", key(setup.dialect, turned.knob)),
        Some(other) => format!("add `{}: {value}` (now the {other})", key(setup.dialect, turned.knob)),
        None => format!("add `{}: {value}`", key(setup.dialect, turned.knob)),
    }
}

/// A value as the dialect writes it.
fn written(dialect: Dialect, turned: Turned) -> String {
    let seconds = turned.to;
    match (turned.knob, dialect) {
        (Knob::Retries, _) => format!("{seconds:.0}"),
        (_, Dialect::Portkey | Dialect::Tensorzero | Dialect::Kong) => format!("{:.0}", seconds * 1e3),
        (_, Dialect::Envoy | Dialect::Aisys | Dialect::Helicone) => format!("{}s", units::trim(seconds)),
        _ => format!("{seconds}"),
    }
}

/// The key of a setting in each dialect.
const fn key(dialect: Dialect, knob: Knob) -> &'static str {
    match (dialect, knob) {
        (Dialect::Litellm, Knob::Timeout) => "router_settings.timeout",
        (Dialect::Litellm, Knob::Retries) => "router_settings.num_retries",
        (Dialect::Litellm, Knob::Cooldown) => "router_settings.cooldown_time",
        (Dialect::Portkey, Knob::Timeout) => "request_timeout",
        (Dialect::Portkey, Knob::Retries) => "retry.attempts",
        (Dialect::Tensorzero, Knob::Timeout) => "timeouts.streaming.ttft_ms",
        (Dialect::Tensorzero, Knob::Retries) => "retries.num_retries",
        (Dialect::Envoy, Knob::Timeout) => "retry.perRetry.timeout",
        (Dialect::Envoy, Knob::Retries) => "retry.numRetries",
        (Dialect::Envoy, Knob::Cooldown) => "healthCheck.passive.baseEjectionTime",
        (Dialect::Aisys, Knob::Timeout) => "timeouts.first_token",
        (Dialect::Aisys, Knob::Retries) => "retries.attempts",
        (Dialect::Bifrost, Knob::Timeout) => "network_config.default_request_timeout_in_seconds",
        (Dialect::Bifrost, Knob::Retries) => "network_config.max_retries",
        (Dialect::Helicone, Knob::Timeout) => "dispatcher.timeout",
        (Dialect::Helicone, Knob::Retries) => "retries.max-retries",
        (Dialect::Code, Knob::Retries) => "max_retries",
        (_, Knob::Timeout) => "timeout",
        (_, Knob::Retries) => "retries",
        (_, Knob::Cooldown) => "cooldown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read() {
        assert_eq!(Knob::Retries.values("0..3").unwrap(), [0.0, 1.0, 2.0, 3.0]);
        assert_eq!(Knob::Timeout.values("2s,5s,1m").unwrap(), [2.0, 5.0, 60.0]);
        let spread = Knob::Timeout.values("2s..60s").unwrap();
        assert_eq!((spread.len(), spread[0], spread[7]), (8, 2.0, 60.0));
        assert!(Knob::Timeout.values("60s..2s").is_err());
        assert!(Knob::Retries.values("many").is_err());
    }
}
