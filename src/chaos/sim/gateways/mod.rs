//! What each product makes of failures, and what it remembers of its deployments.
//!
//! A product is a [`Semantics`] (facts of one call's circumstances), a [`Fleet`] (what its requests share) and
//! what it says to its client when nothing is left. Where a product's own ways are not modelled, its plan is
//! followed to the letter by [`plain`]'s.

mod envoy;
mod fleets;
pub mod litellm;
mod plain;
mod portkey;
mod says;

#[cfg(test)]
mod litellm_tests;

pub use fleets::Fleets;
pub use litellm::Litellm;
pub use plain::Plain;
pub use portkey::Portkey;
pub use says::says;

use envoy::Envoy;

use crate::pipeline::policy::{Aisys, Circumstances, Direct, Failure, Semantics, Treatment};
use crate::system::Dialect;

/// What a gateway can do about a failure when a part of the answer is with the user already: nothing. What looks
/// finished is handed on, the rest is an error.
const fn once_passed_on(failure: &Failure) -> Treatment {
    match failure {
        Failure::Unfinished | Failure::Useless(_) => Treatment::Deliver,
        _ => Treatment::Fail,
    }
}

/// The ways of whatever stands between the user's client and the providers.
#[derive(Debug, Clone, Copy)]
pub enum Product<'a> {
    /// Our own middleware.
    Aisys,
    /// `LiteLLM` proxy.
    Litellm(Litellm<'a>),
    /// Envoy AI Gateway.
    Envoy,
    /// Portkey gateway.
    Portkey(Portkey<'a>),
    /// A plan followed to the letter.
    Plain(Plain),
    /// No gateway: an SDK in code.
    Direct,
}

impl Product<'_> {
    /// Whether a lone deployment that is left out is not called (where a pick leaves it out anyway, the path
    /// has seen to it).
    #[must_use]
    pub const fn checks_before_calls(self) -> bool {
        matches!(self, Self::Litellm(_))
    }

    /// The same for a request that has taken its detour: there is no other.
    #[must_use]
    pub const fn on_a_detour(mut self) -> Self {
        if let Self::Litellm(litellm) = &mut self {
            litellm.content_detour = false;
        }
        self
    }

    /// The product of a dialect, where nothing more must be known.
    #[must_use]
    pub const fn of(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Aisys => Self::Aisys,
            Dialect::Envoy => Self::Envoy,
            Dialect::Code => Self::Direct,
            _ => Self::Plain(Plain),
        }
    }
}

impl Semantics for Product<'_> {
    fn treats(&self, failure: &Failure, circumstances: Circumstances) -> Treatment {
        match self {
            Self::Aisys => Aisys.treats(failure, circumstances),
            Self::Litellm(litellm) => litellm.treats(failure, circumstances),
            Self::Envoy => Envoy.treats(failure, circumstances),
            Self::Portkey(portkey) => portkey.treats(failure, circumstances),
            Self::Plain(plain) => plain.treats(failure, circumstances),
            Self::Direct => Direct.treats(failure, circumstances),
        }
    }

    fn repeats(&self, failure: &Failure) -> Option<u32> {
        match self {
            Self::Litellm(litellm) => litellm.repeats(failure),
            _ => None,
        }
    }
}
