//! Numbers and differences in words.

use crate::eval::scores::Unit;
use crate::stats::Interval;

/// A value as people read it.
#[must_use]
pub fn shown(unit: Unit, value: f64) -> String {
    match unit {
        Unit::Share | Unit::Waste | Unit::Number => format!("{value:.3}"),
        Unit::Milliseconds if value >= 1_000.0 => format!("{:.2} s", value / 1_000.0),
        Unit::Milliseconds => format!("{value:.0} ms"),
        Unit::Dollars if value == 0.0 => "$0".to_owned(),
        Unit::Dollars if value < 0.01 => format!("${value:.6}"),
        Unit::Dollars => format!("${value:.4}"),
        Unit::Tokens => format!("{value:.0}"),
    }
}

/// "0.812 to 0.944"; a value that is known exactly has no interval.
pub(super) fn interval(unit: Unit, interval: Interval) -> String {
    if interval.low >= interval.high {
        return "exact".to_owned();
    }
    let bound = |value: f64| {
        if value.is_finite() {
            shown(unit, value)
        } else {
            "?".to_owned()
        }
    };
    format!("{} to {}", bound(interval.low), bound(interval.high))
}
