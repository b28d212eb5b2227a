//! Pieces of at most so many tokens.

use std::ops::Range;

use super::sentences::sentences;
use super::tokens::tokens;

/// Windows of `size` tokens over a part of a text, each `overlap` tokens back from the one before.
pub(super) fn windows(text: &str, part: &Range<usize>, size: usize, overlap: usize) -> Vec<Range<usize>> {
    let tokens = tokens(&text[part.clone()]);
    let step = size - overlap;
    let mut pieces = Vec::new();
    let mut from = 0;
    while from < tokens.len() {
        let to = (from + size).min(tokens.len());
        pieces.push(part.start + tokens[from].start..part.start + tokens[to - 1].end);
        if to == tokens.len() {
            break;
        }
        from += step;
    }
    pieces
}

/// As many whole sentences as fit in `size` tokens; a sentence longer than that is cut into windows.
/// The last sentences of a piece that together fit in `overlap` tokens begin the next.
pub(super) fn sentence_packs(text: &str, part: &Range<usize>, size: usize, overlap: usize) -> Vec<Range<usize>> {
    let mut units: Vec<(Range<usize>, usize)> = Vec::new();
    for sentence in sentences(&text[part.clone()]) {
        let sentence = part.start + sentence.start..part.start + sentence.end;
        let count = tokens(&text[sentence.clone()]).len();
        if count <= size {
            units.push((sentence, count));
        } else {
            let windows = windows(text, &sentence, size, 0).into_iter();
            units.extend(windows.map(|window| {
                let count = tokens(&text[window.clone()]).len();
                (window, count)
            }));
        }
    }
    let mut pieces = Vec::new();
    let mut from = 0;
    while from < units.len() {
        let (mut to, mut sum) = (from, 0);
        while to < units.len() && (to == from || sum + units[to].1 <= size) {
            sum += units[to].1;
            to += 1;
        }
        pieces.push(units[from].0.start..units[to - 1].0.end);
        if to == units.len() {
            break;
        }
        // Steps back while the repeated sentences fit, beside the next one too, and the piece still moves on.
        let (mut next, mut repeated) = (to, 0);
        let room = overlap.min(size - units[to].1);
        while next > from + 1 && repeated + units[next - 1].1 <= room {
            next -= 1;
            repeated += units[next].1;
        }
        from = next;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_overlap_and_end() {
        let text = "a b c d e f g";
        let of = |size, overlap| {
            let windows = windows(text, &(0..text.len()), size, overlap);
            windows.into_iter().map(|range| &text[range]).collect::<Vec<_>>()
        };
        assert_eq!(of(3, 1), ["a b c", "c d e", "e f g"]);
        assert_eq!(of(3, 0), ["a b c", "d e f", "g"]);
        assert_eq!(of(10, 5), ["a b c d e f g"]);
    }

    #[test]
    fn sentences_stay_whole_where_they_fit() {
        let text = "A b. C d. E f g h i j k. L.";
        let of = |size, overlap| {
            let packs = sentence_packs(text, &(0..text.len()), size, overlap);
            packs.into_iter().map(|range| &text[range]).collect::<Vec<_>>()
        };
        assert_eq!(of(6, 0), ["A b. C d.", "E f g h i j", "k. L."]);
        assert_eq!(of(8, 3), ["A b. C d.", "E f g h i j k.", "L."]);
        assert_eq!(of(11, 3), ["A b. C d.", "C d. E f g h i j k.", "L."]);
    }
}
