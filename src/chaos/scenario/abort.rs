//! When a real run is stopped at once.

use crate::read::{Fields, FormError};
use crate::source::Node;

use super::quantity::share;

/// Bounds past which going on would do harm.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Abort {
    /// The share of the last `over` requests that failed.
    pub failed: Option<f64>,
    /// How many requests that share is of.
    pub over: u32,
    /// US dollars that were spent.
    pub cost_usd: Option<f64>,
    /// Calls of providers.
    pub calls: Option<u64>,
}

pub(super) const KEYS: &[&str] = &["failed", "over", "usd", "calls"];
const OVER: u64 = 100;

impl Abort {
    pub(super) fn read(node: &Node) -> Result<Self, FormError> {
        let fields = Fields::new(node, "`abort`", KEYS)?;
        let failed = fields.get("failed").map(|node| share(node, "`failed`")).transpose()?;
        let over = fields.count("over", 1)?.unwrap_or(OVER);
        Ok(Self {
            failed,
            over: u32::try_from(over).unwrap_or(u32::MAX),
            cost_usd: fields.number("usd")?,
            calls: fields.count("calls", 1)?,
        })
    }
}
