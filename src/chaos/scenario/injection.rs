//! One entry under `faults`: what breaks, when, for whom, how often.

use std::time::Duration;

use crate::chaos::Behaviour;
use crate::chaos::faults::{self, Act, Moment};
use crate::read::{Fields, FormError};
use crate::rng::{Chance, mixed_unit};
use crate::source::{Node, Place};

use super::matching::When;
use super::quantity::{Ramp, duration, parse_share, wrong};
use super::{CallFacts, Selector};

/// A fault in its place and time.
#[derive(Debug, Clone)]
pub struct Injection {
    /// Its number in the scenario: one injection's chance never shifts another's.
    pub index: u64,
    /// The fault's name, as `chaos faults` lists it.
    pub fault: &'static str,
    /// When it begins, since the scenario's beginning.
    pub at: Duration,
    /// How long one burst lasts; `None`: to the end.
    pub lasts: Option<Duration>,
    /// From the beginning of one burst to that of the next.
    pub every: Option<Duration>,
    /// How many bursts; `None`: to the end.
    pub bursts: Option<u32>,
    /// The share of calls that it strikes, over a burst.
    pub share: Ramp,
    /// What it falls on: one of these.
    pub on: Vec<Selector>,
    /// Which of those calls.
    pub when: When,
    /// What it does.
    pub act: Act,
    /// Where it stands.
    pub place: Place,
}

/// The keys of an entry beside its fault.
pub(super) const KEYS: &[&str] = &["at", "for", "every", "repeat", "share", "on", "when"];
/// The streams of chance of one injection: whether it strikes, and how.
const STRIKES: u64 = 0;
const EFFECT: u64 = 1;

impl Injection {
    /// Whether it is in force at a moment since the scenario's beginning, and since when.
    #[must_use]
    pub fn in_force(&self, at: Duration) -> Option<Moment> {
        let since = at.checked_sub(self.at)?;
        let since = match self.every {
            None => since,
            Some(every) => {
                let period = every.as_nanos().max(1);
                let burst = since.as_nanos() / period;
                if self.bursts.is_some_and(|bursts| burst >= u128::from(bursts)) {
                    return None;
                }
                nanos(since.as_nanos() % period)
            }
        };
        let in_time = self.lasts.is_none_or(|lasts| since < lasts);
        in_time.then_some(Moment {
            since,
            lasts: self.lasts,
        })
    }

    /// When it is over for good; `None`: never.
    #[must_use]
    pub fn over(&self) -> Option<Duration> {
        let lasts = self.lasts?;
        let last = match self.every {
            None => Duration::ZERO,
            Some(every) => every.saturating_mul(self.bursts?.saturating_sub(1)),
        };
        Some(self.at.saturating_add(last).saturating_add(lasts))
    }

    /// Whether it strikes a call at a moment: it is in force, the call is meant, and chance will have it. The
    /// chance hangs on the seed, the call's number and the injection's, and on nothing else.
    #[must_use]
    pub fn strikes(&self, seed: u64, call: &CallFacts<'_>, at: Duration) -> Option<Moment> {
        let moment = self.in_force(at)?;
        (self.means(call) && self.chosen(seed, call.number, moment)).then_some(moment)
    }

    /// Whether it is this call that it falls on.
    #[must_use]
    pub fn means(&self, call: &CallFacts<'_>) -> bool {
        self.on.iter().any(|selector| selector.selects(call)) && self.when.holds(call)
    }

    pub(super) fn chosen(&self, seed: u64, number: u64, moment: Moment) -> bool {
        let share = self.share.at(moment.progress());
        share >= 1.0 || mixed_unit(seed, number, self.index * 2 + STRIKES) < share
    }

    pub(super) fn strike(&self, seed: u64, number: u64, moment: Moment, behaviour: &mut Behaviour) {
        if let Act::Call(effect) = &self.act {
            let mut chance = Chance::numbered(seed, number, self.index * 2 + EFFECT);
            effect.strike(moment, &mut chance, behaviour);
        }
    }

    pub(super) fn read(node: &Node, index: u64) -> Result<Self, FormError> {
        let known: Vec<&str> = KEYS.iter().copied().chain(faults::names()).collect();
        let fields = Fields::new(node, "a fault", &known)?;
        let mut named = node
            .entries()
            .filter_map(|entry| Some((faults::named(&entry.key.text)?, entry)));
        let Some((kind, entry)) = named.next() else {
            let message = "this entry names no fault; `aisys chaos faults` lists them";
            return Err(FormError::at(&node.place.first_line(), message));
        };
        if let Some((_, other)) = named.next() {
            let message = format!("an entry has one fault, and this one has `{}`", kind.name);
            return Err(FormError::at(&other.key.place, message));
        }
        let act = (kind.read)(&entry.value)?;
        let read = |key: &str| {
            let node = fields.get(key);
            node.map(|node| duration(node, &format!("`{key}`"))).transpose()
        };
        let injection = Self {
            index,
            fault: kind.name,
            at: read("at")?.unwrap_or_default(),
            lasts: read("for")?,
            every: read("every")?,
            bursts: fields
                .count("repeat", 1)?
                .map(|it| u32::try_from(it).unwrap_or(u32::MAX)),
            share: match fields.get("share") {
                Some(node) => Ramp::read(node, "`share`", "a share such as 0.6, or 0..0.95", parse_share)?,
                None => Ramp::flat(1.0),
            },
            on: match fields.get("on") {
                Some(node) => Selector::read(node)?,
                None if matches!(act, Act::Request(_)) => vec![Selector::Requests],
                None => vec![Selector::Everything],
            },
            when: match fields.get("when") {
                Some(node) => When::read(node)?,
                None => When::default(),
            },
            act,
            place: node.place.clone(),
        };
        injection.check(node)?;
        Ok(injection)
    }

    /// What cannot be together.
    fn check(&self, node: &Node) -> Result<(), FormError> {
        let at = |key: &str| node.get(key).unwrap_or(node);
        let of_requests = self.on.contains(&Selector::Requests);
        if of_requests != matches!(self.act, Act::Request(_)) {
            let message = if of_requests {
                format!("`{}` happens to calls of providers, not to requests", self.fault)
            } else {
                format!("`{}` happens to requests: `on: requests`", self.fault)
            };
            return Err(FormError::at(&at("on").place, message));
        }
        if let Some(every) = self.every {
            let short = self.lasts.is_some_and(|lasts| lasts < every);
            if !short {
                return Err(wrong(at("every"), "`every`", "longer than `for`, which is one burst"));
            }
        } else if self.bursts.is_some() {
            return Err(FormError::at(
                &at("repeat").place,
                "`repeat` needs `every`: how far apart the bursts are",
            ));
        }
        if self.lasts == Some(Duration::ZERO) {
            return Err(wrong(at("for"), "`for`", "longer than nothing"));
        }
        let ramps = self.share.moves() || matches!(&self.act, Act::Call(effect) if effect.ramps());
        if ramps && self.lasts.is_none() {
            let message = "what climbs from one value to another needs `for`: how long it takes";
            return Err(FormError::at(&node.place.first_line(), message));
        }
        Ok(())
    }
}

fn nanos(nanos: u128) -> Duration {
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}
