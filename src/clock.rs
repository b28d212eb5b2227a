//! The only place that reads the time.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A moment of the monotonic clock. Under tokio's paused time it follows that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(tokio::time::Instant);

impl Moment {
    /// This moment.
    #[must_use]
    pub fn now() -> Self {
        Self(tokio::time::Instant::now())
    }

    /// How long ago it was.
    #[must_use]
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }

    /// The moment so much later.
    #[must_use]
    pub fn after(self, wait: Duration) -> Self {
        Self(self.0.checked_add(wait).unwrap_or(self.0))
    }

    /// How long it is still until then; zero when it has passed.
    #[must_use]
    pub fn remaining(self) -> Duration {
        self.0.saturating_duration_since(tokio::time::Instant::now())
    }

    /// Waits until then.
    pub async fn reached(self) {
        tokio::time::sleep_until(self.0).await;
    }
}

/// Seconds since 1970-01-01 in UTC, with fractions.
#[must_use]
pub fn unix_seconds() -> f64 {
    #[expect(clippy::disallowed_methods, reason = "this is the place that reads the time")]
    let now = SystemTime::now();
    now.duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

/// A moment for people, in UTC: `2026-11-24 16:05`.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "seconds of our time fit")]
pub fn utc(unix_seconds: f64) -> String {
    let seconds = unix_seconds as i64;
    let of_day = seconds.rem_euclid(86_400);
    format!(
        "{} {:02}:{:02}",
        Day(seconds.div_euclid(86_400)),
        of_day / 3_600,
        of_day % 3_600 / 60
    )
}

/// A moment as HTTP writes it (RFC 9110, IMF-fixdate): `Wed, 21 Oct 2015 07:28:00 GMT`.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "seconds of our time fit")]
pub fn http_date(unix_seconds: f64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let seconds = unix_seconds as i64;
    let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = Day(days).civil();
    let name = |names: &[&'static str], at: i64| usize::try_from(at).ok().and_then(|at| names.get(at).copied());
    format!(
        "{}, {day:02} {} {year:04} {:02}:{:02}:{:02} GMT",
        name(&DAYS, days.rem_euclid(7)).unwrap_or_default(),
        name(&MONTHS, month - 1).unwrap_or_default(),
        of_day / 3_600,
        of_day % 3_600 / 60,
        of_day % 60,
    )
}

/// A moment as RFC 3339 writes it: `2026-11-24T16:05:39.500Z`.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "seconds of our time fit")]
pub fn rfc3339(unix_seconds: f64) -> String {
    let millis = (unix_seconds * 1_000.0) as i64;
    let (days, of_day) = (millis.div_euclid(86_400_000), millis.rem_euclid(86_400_000));
    format!(
        "{}T{:02}:{:02}:{:02}.{:03}Z",
        Day(days),
        of_day / 3_600_000,
        of_day % 3_600_000 / 60_000,
        of_day % 60_000 / 1_000,
        of_day % 1_000,
    )
}

/// A calendar day, as days since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i64);

impl Day {
    /// The day it is now, in UTC.
    #[must_use]
    pub fn today() -> Self {
        #[expect(clippy::disallowed_methods, reason = "this is the place that reads the time")]
        let now = SystemTime::now();
        let seconds = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        Self(i64::try_from(seconds / 86_400).unwrap_or(i64::MAX))
    }

    /// A day of the Gregorian calendar; `None` when there is no such day.
    #[must_use]
    pub fn new(year: i64, month: u32, day: u32) -> Option<Self> {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let length = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 => 28 + u32::from(leap),
            _ => return None,
        };
        if day == 0 || day > length || !(1..=9999).contains(&year) {
            return None;
        }
        // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms" (2014), days_from_civil.
        let year = if month <= 2 { year - 1 } else { year };
        let era = year.div_euclid(400);
        let of_era = year.rem_euclid(400);
        let month = i64::from(month);
        let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + i64::from(day) - 1;
        let day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
        Some(Self(era * 146_097 + day_of_era - 719_468))
    }

    /// How many days after `earlier` this day is; negative when it is before.
    #[must_use]
    pub const fn days_after(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }

    fn civil(self) -> (i64, i64, i64) {
        // The same source, civil_from_days.
        let shifted = self.0 + 719_468;
        let era = shifted.div_euclid(146_097);
        let of_era = shifted.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 {
            shifted_month + 3
        } else {
            shifted_month - 9
        };
        (year_of_era + era * 400 + i64::from(month <= 2), month, day)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl FromStr for Day {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("not a day: {text:?} (expected YYYY-MM-DD)");
        let mut parts = text.splitn(3, '-');
        let mut next = || parts.next().ok_or_else(wrong);
        let (year, month, day) = (next()?, next()?, next()?);
        year.parse()
            .ok()
            .zip(month.parse().ok())
            .zip(day.parse().ok())
            .and_then(|((year, month), day)| Self::new(year, month, day))
            .ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_shown_in_utc() {
        assert_eq!(utc(1_795_536_339.5), "2026-11-24 16:05");
        assert_eq!(utc(0.0), "1970-01-01 00:00");
        // GNU date: `date -u -d '2015-10-21 07:28:00' +%s`.
        assert_eq!(http_date(1_445_412_480.0), "Wed, 21 Oct 2015 07:28:00 GMT");
        assert_eq!(http_date(0.0), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(rfc3339(1_445_412_480.5), "2015-10-21T07:28:00.500Z");
    }

    #[test]
    fn days_are_read_counted_and_written() {
        let day = |text: &str| text.parse::<Day>().unwrap();
        assert_eq!(day("1970-01-01").days_after(day("1969-12-31")), 1);
        assert_eq!(day("2026-11-24").days_after(day("2024-02-29")), 999);
        assert_eq!(day("2024-02-29").to_string(), "2024-02-29");
        assert!("2026-02-29".parse::<Day>().is_err());
        assert!("2026-13-01".parse::<Day>().is_err());
        assert!("soon".parse::<Day>().is_err());
    }
}
