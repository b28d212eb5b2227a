//! Edit distance: how many characters must be put in, taken out or changed (Levenshtein, 1966). Characters are UTF-16
//! units, as in promptfoo 0.121.20 (fastest-levenshtein).

use super::super::case::{Case, Judged};
use super::ngrams::share;

/// The most work that one comparison may take, as length times length.
const MAX_CELLS: usize = 400_000_000;

/// The distance of the answer from the value is at most the threshold, or 5.
pub(in super::super) fn levenshtein(case: &Case<'_>) -> Judged {
    let (distance, _) = measure(case)?;
    let limit = case.check.threshold.unwrap_or(5.0);
    #[expect(clippy::cast_precision_loss, reason = "a distance is far below 2^52")]
    let near = distance as f64 <= limit;
    Ok(case.holds(near, || {
        format!("be at most {limit} edits from the reference; it is {distance}")
    }))
}

/// 1 less the distance over the longer length, from 0.8 on.
pub(in super::super) fn edit_similarity(case: &Case<'_>) -> Judged {
    let (distance, longer) = measure(case)?;
    let score = if longer == 0 {
        1.0
    } else {
        1.0 - share(distance, longer)
    };
    Ok(case.at_least(score, case.check.threshold.unwrap_or(0.8), "edit similarity"))
}

fn measure(case: &Case<'_>) -> Result<(usize, usize), crate::eval::judges::JudgeError> {
    let answer: Vec<u16> = case.text.encode_utf16().collect();
    let reference: Vec<u16> = case.value_text()?.encode_utf16().collect();
    if answer.len().saturating_mul(reference.len()) > MAX_CELLS {
        return Err(case.fault(format!(
            "texts of {} and {} characters are too long for an edit distance",
            answer.len(),
            reference.len()
        )));
    }
    Ok((distance(&answer, &reference), answer.len().max(reference.len())))
}

fn distance(left: &[u16], right: &[u16]) -> usize {
    strsim::generic_levenshtein(&Units(left), &Units(right))
}

/// Units to iterate over, as strsim wants them.
struct Units<'a>(&'a [u16]);

impl<'a> IntoIterator for &'a Units<'a> {
    type Item = &'a u16;
    type IntoIter = std::slice::Iter<'a, u16>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_the_known_ones() {
        let of = |left: &str, right: &str| {
            let units = |text: &str| text.encode_utf16().collect::<Vec<_>>();
            distance(&units(left), &units(right))
        };
        assert_eq!(of("kitten", "sitting"), 3);
        assert_eq!(of("", "abc"), 3);
        assert_eq!(of("naïve", "naive"), 1);
        // An emoji outside the basic plane is two units, in JavaScript too.
        assert_eq!(of("😀", ""), 2);
    }
}
