//! The faults: one file each. A fault is read from its setting in a scenario and changes the
//! [`Behaviour`](super::Behaviour) that a call meets.
//!
//! Adding one: its file with a `KIND`, one line in `registry.rs`, and `cargo run -- chaos faults --all` written
//! to `docs/chaos-faults.md`.

mod pages;
mod registry;
mod setting;

mod answer;
mod blackhole;
mod broken_arguments;
mod broken_event;
mod brownout;
mod closed;
mod content_encoding;
mod content_filter;
mod content_type;
mod contradicted;
mod cut;
mod dns;
mod empty_choices;
mod empty_text;
mod error_body;
mod error_event;
mod hang;
mod html;
mod jitter;
mod latency;
mod length;
mod limits;
mod malformed;
mod missing_usage;
mod null_content;
mod off_language;
mod refusal;
mod refused;
mod repeated;
mod reset;
mod slow_tokens;
mod stale;
mod stall;
mod tls;
mod upload;
mod wrong_model;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::read::FormError;
use crate::rng::Chance;
use crate::source::Node;

use super::Behaviour;

pub use pages::{document, list, page};
pub use registry::KINDS;

/// The moment of a call within a fault's time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moment {
    /// Since the fault began.
    pub since: Duration,
    /// How long the fault lasts; `None`: to the end.
    pub lasts: Option<Duration>,
}

impl Moment {
    /// The share of the fault's time that has passed, from 0 to 1; 0 where it has no end.
    #[must_use]
    pub fn progress(self) -> f64 {
        let lasts = self.lasts.map_or(0.0, |lasts| lasts.as_secs_f64());
        if lasts > 0.0 {
            (self.since.as_secs_f64() / lasts).min(1.0)
        } else {
            0.0
        }
    }
}

/// What a fault does to a call that it strikes.
pub trait Effect: Send + Sync + std::fmt::Debug {
    /// Changes what the call meets. The same chance gives the same change.
    fn strike(&self, moment: Moment, chance: &mut Chance, behaviour: &mut Behaviour);

    /// Whether it changes over the fault's time, so that the fault must have an end.
    fn ramps(&self) -> bool {
        false
    }
}

/// What a fault happens to.
#[derive(Debug, Clone)]
pub enum Act {
    /// To calls of providers.
    Call(Arc<dyn Effect>),
    /// To requests of users: so many more tokens in the prompt.
    Request(u32),
}

/// One fault that scenarios can name.
#[derive(Debug)]
pub struct FaultKind {
    /// Its name: the key in a scenario.
    pub name: &'static str,
    /// Other names for it.
    pub aliases: &'static [&'static str],
    /// What it belongs to.
    pub class: Class,
    /// What it is, in a few words.
    pub title: &'static str,
    /// What it does and why it matters.
    pub about: &'static str,
    /// An entry of a scenario.
    pub example: &'static str,
    /// The JSON Schema of its setting.
    pub schema: fn() -> Value,
    /// Reads its setting.
    pub read: fn(&Node) -> Result<Act, FormError>,
}

/// What faults belong to, in the order of a call's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// The user's request.
    Request,
    /// The connection.
    Connection,
    /// How time passes.
    Time,
    /// The status and the error.
    Status,
    /// The bytes of the body.
    Body,
    /// The stream's course.
    Stream,
    /// Success that is of no use.
    Useless,
    /// Success that is wrong.
    Words,
}

impl Class {
    /// For headings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Request => "requests",
            Self::Connection => "connections",
            Self::Time => "time",
            Self::Status => "errors and limits",
            Self::Body => "bodies",
            Self::Stream => "streams",
            Self::Useless => "useless answers",
            Self::Words => "wrong answers",
        }
    }
}

/// The fault of a name or an alias.
#[must_use]
pub fn named(name: &str) -> Option<&'static FaultKind> {
    KINDS
        .iter()
        .copied()
        .find(|kind| kind.name == name || kind.aliases.contains(&name))
}

/// All names and aliases.
pub fn names() -> impl Iterator<Item = &'static str> {
    KINDS
        .iter()
        .flat_map(|kind| std::iter::once(kind.name).chain(kind.aliases.iter().copied()))
}
