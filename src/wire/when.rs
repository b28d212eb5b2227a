//! Moments as APIs write them, to seconds since 1970.

use crate::clock::Day;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// `Wed, 21 Oct 2015 07:28:00 GMT` (RFC 9110, IMF-fixdate).
pub(super) fn http_date(text: &str) -> Option<f64> {
    let mut parts = text.split_once(", ")?.1.split(' ');
    let day = parts.next()?.parse().ok()?;
    let name = parts.next()?;
    let month = MONTHS.iter().position(|month| *month == name)? + 1;
    let year = parts.next()?.parse().ok()?;
    let day = Day::new(year, u32::try_from(month).ok()?, day)?;
    seconds(day, parts.next()?)
}

/// `2026-11-24T21:52:46Z`, with fractions and offsets (RFC 3339).
pub(super) fn rfc3339(text: &str) -> Option<f64> {
    let (day, rest) = text.split_once(['T', 't', ' '])?;
    let day: Day = day.parse().ok()?;
    if let Some(time) = rest.strip_suffix(['Z', 'z']) {
        return seconds(day, time);
    }
    let at = rest.rfind(['+', '-'])?;
    let (hours, minutes) = rest.get(at + 1..)?.split_once(':')?;
    let offset = hours.parse::<f64>().ok()? * 3_600.0 + minutes.parse::<f64>().ok()? * 60.0;
    let local = seconds(day, &rest[..at])?;
    Some(if rest[at..].starts_with('-') {
        local + offset
    } else {
        local - offset
    })
}

#[expect(clippy::cast_precision_loss, reason = "days are few")]
fn seconds(day: Day, time: &str) -> Option<f64> {
    let epoch = Day::new(1970, 1, 1)?;
    let mut parts = time.splitn(3, ':');
    let hour: u32 = parts.next()?.parse().ok()?;
    let minute: u32 = parts.next()?.parse().ok()?;
    let second: f64 = parts.next()?.parse().ok()?;
    let plausible = hour < 24 && minute < 60 && (0.0..61.0).contains(&second);
    let days = day.days_after(epoch) as f64;
    plausible.then(|| days * 86_400.0 + f64::from(hour) * 3_600.0 + f64::from(minute) * 60.0 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read() {
        // GNU date: `date -u -d '2015-10-21 07:28:00' +%s`.
        assert_eq!(http_date("Wed, 21 Oct 2015 07:28:00 GMT"), Some(1_445_412_480.0));
        assert_eq!(rfc3339("2015-10-21T07:28:00Z"), Some(1_445_412_480.0));
        assert_eq!(rfc3339("2015-10-21T09:28:00.5+02:00"), Some(1_445_412_480.5));
        for wrong in [
            "",
            "soon",
            "2015-10-21",
            "Wed, 21 Okt 2015 07:28:00 GMT",
            "2015-13-21T07:28:00Z",
            "T+",
        ] {
            assert_eq!((http_date(wrong), rfc3339(wrong)), (None, None), "{wrong}");
        }
    }
}
