//! Numbers and outcomes for people.

use crate::chaos::hypothesis::short;
use crate::chaos::observation::{Hollow, Seen};
use crate::pipeline::policy::{Failure, Useless};

use super::Kind;

/// A share in percent. Near nothing and near all it has more digits: 99.97 % of users is not 100 %.
#[must_use]
pub fn share(value: f64) -> String {
    let percent = value * 100.0;
    let near_an_end = !(1.0..=99.0).contains(&percent);
    format!("{}%", short(percent, if near_an_end { 3 } else { 1 }))
}

/// A time.
#[must_use]
pub fn seconds(value: f64) -> String {
    match value {
        value if value < 0.001 => format!("{} ms", short(value * 1e3, 2)),
        value if value < 1.0 => format!("{} ms", short(value * 1e3, 0)),
        value if value < 10.0 => format!("{} s", short(value, 2)),
        value => format!("{} s", short(value, 1)),
    }
}

/// Money.
#[must_use]
pub fn usd(value: f64) -> String {
    match value {
        value if value >= 100.0 => format!("${value:.0}"),
        value if value >= 1.0 => format!("${value:.2}"),
        value => format!("${}", short(value, 6)),
    }
}

/// A number without a unit.
#[must_use]
pub fn ratio(value: f64) -> String {
    short(value, 2)
}

/// A moment since the beginning: `14:07`, or `1:02:03`.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "moments of a run"
)]
pub fn clock(moment_s: f64) -> String {
    let whole = moment_s.max(0.0) as u64;
    let (hours, minutes, seconds) = (whole / 3_600, whole / 60 % 60, whole % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

/// A count with its thousands apart: `36,000`.
#[must_use]
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// How a call failed.
#[must_use]
pub fn failure(failure: Failure) -> String {
    match failure {
        Failure::Status {
            retry_after: Some(wait),
            ..
        } => {
            format!("{}, retry-after {}", Kind::from(failure), seconds(wait.as_secs_f64()))
        }
        Failure::Useless(useless) => match useless {
            Useless::NoChoices => "no choices",
            Useless::NullContent => "null content",
            Useless::EmptyText => "empty text",
            Useless::Filtered => "content filter",
            Useless::Refused => "refused by the model",
            Useless::Length => "cut off by the output cap",
            Useless::BrokenArguments => "broken tool arguments",
        }
        .to_owned(),
        _ => Kind::from(failure).to_string(),
    }
}

/// What a user saw.
#[must_use]
pub fn seen(seen: Seen) -> String {
    match seen {
        Seen::Answered => "a whole, good answer".to_owned(),
        Seen::Cached => "an answer out of the cache".to_owned(),
        Seen::Degraded => "the degraded answer".to_owned(),
        Seen::Hollow(Hollow::Truncated) => "an answer cut off in silence".to_owned(),
        Seen::Hollow(Hollow::Empty) => "an empty answer".to_owned(),
        Seen::Hollow(Hollow::Wrong) => "a wrong answer".to_owned(),
        Seen::Hollow(Hollow::Useless) => "a useless answer".to_owned(),
        Seen::Failed(cause) => format!("an error: {}", failure(cause)),
        Seen::GaveUp => "nothing, and gave up".to_owned(),
    }
}

/// One word for machines: what CSV has.
#[must_use]
pub const fn outcome(seen: Seen) -> &'static str {
    match seen {
        Seen::Answered => "answered",
        Seen::Cached => "cached",
        Seen::Degraded => "degraded",
        Seen::Hollow(Hollow::Truncated) => "truncated",
        Seen::Hollow(Hollow::Empty) => "empty",
        Seen::Hollow(Hollow::Wrong) => "wrong",
        Seen::Hollow(Hollow::Useless) => "useless",
        Seen::Failed(_) => "failed",
        Seen::GaveUp => "gave_up",
    }
}

/// Whether what a user saw was good: whole and right.
#[must_use]
pub const fn is_good(seen: Seen) -> bool {
    matches!(seen, Seen::Answered | Seen::Cached)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(share(0.999_7), "99.97%");
        assert_eq!(share(0.831_27), "83.1%");
        assert_eq!(share(0.0), "0%");
        assert_eq!(share(0.000_04), "0.004%");
        assert_eq!(seconds(0.45), "450 ms");
        assert_eq!(seconds(45.04), "45 s");
        assert_eq!(usd(0.001_25), "$0.00125");
        assert_eq!(usd(12.5), "$12.50");
        assert_eq!(clock(847.0), "14:07");
        assert_eq!(clock(3_723.0), "1:02:03");
        assert_eq!(count(1_234_567), "1,234,567");
    }
}
