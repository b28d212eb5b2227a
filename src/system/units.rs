//! Durations as configurations write them.

use std::time::Duration;

const SECOND: f64 = 1.0;
const MINUTE: f64 = 60.0;
const HOUR: f64 = 3_600.0;
const DAY: f64 = 86_400.0;

/// Units by their suffix. A month is 30 days and a year 365.
const UNITS: &[(&str, f64)] = &[
    ("ms", 0.001),
    ("us", 0.000_001),
    ("µs", 0.000_001),
    ("ns", 0.000_000_001),
    ("mo", 30.0 * DAY),
    ("M", 30.0 * DAY),
    ("s", SECOND),
    ("m", MINUTE),
    ("h", HOUR),
    ("d", DAY),
    ("w", 7.0 * DAY),
    ("Y", 365.0 * DAY),
    ("y", 365.0 * DAY),
];

/// A duration such as `7s`, `500ms`, `1h30m`, `30d`, `1mo`: one or more numbers, each with its unit.
/// A bare number has no unit and is none.
#[must_use]
pub fn duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit_end = rest
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(rest.len());
        let (_, factor) = UNITS.iter().find(|(unit, _)| *unit == &rest[..unit_end])?;
        seconds += number * factor;
        rest = &rest[unit_end..];
    }
    seconds_to_duration(seconds)
}

/// Seconds as a duration; `None` for what no clock can hold: negative, infinite, not a number.
#[must_use]
pub fn seconds_to_duration(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds).ok()
}

/// Seconds for people: `6000 s`, `7.5 s`, `0.5 s`; from two minutes on with minutes, hours or days
/// in brackets: `6000 s (100 min)`.
#[must_use]
pub fn show_seconds(seconds: f64) -> String {
    let plain = format!("{} s", trim(seconds));
    match seconds {
        s if s >= 2.0 * DAY => format!("{plain} ({} days)", trim(s / DAY)),
        s if s >= 3.0 * HOUR => format!("{plain} ({} h)", trim(s / HOUR)),
        s if s >= 2.0 * MINUTE => format!("{plain} ({} min)", trim(s / MINUTE)),
        _ => plain,
    }
}

/// A number with at most one decimal, and none when it is whole.
#[must_use]
pub fn trim(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or_else(|| text.clone(), ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        assert_eq!(duration("7s"), Some(Duration::from_secs(7)));
        assert_eq!(duration("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(duration("1h30m"), Some(Duration::from_secs(5_400)));
        assert_eq!(duration("1mo"), Some(Duration::from_secs(2_592_000)));
        assert_eq!(duration("0.5s"), Some(Duration::from_millis(500)));
        for wrong in ["", "7", "s", "7 s", "7x", "-1s", "1..2s"] {
            assert_eq!(duration(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn long_waits_are_told_in_minutes_too() {
        assert_eq!(show_seconds(6_000.0), "6000 s (100 min)");
        assert_eq!(show_seconds(7.5), "7.5 s");
        assert_eq!(show_seconds(90.0), "90 s");
    }
}
