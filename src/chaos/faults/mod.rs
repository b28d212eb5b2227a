//! The faults: one file each. A fault is read from its setting in a scenario and changes the
//! [`Behaviour`](super::Behaviour) that a call meets.

use std::time::Duration;

use crate::rng::Chance;

use super::Behaviour;

/// The moment of a call within a fault's time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moment {
    /// Since the fault began.
    pub since: Duration,
    /// How long the fault lasts; `None`: to the end.
    pub lasts: Option<Duration>,
}

/// What a fault does to a call that it strikes.
pub trait Effect: Send + Sync + std::fmt::Debug {
    /// Changes what the call meets. The same chance gives the same change.
    fn strike(&self, moment: Moment, chance: &mut Chance, behaviour: &mut Behaviour);
}
