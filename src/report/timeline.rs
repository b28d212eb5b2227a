//! Numbers over time as lines of blocks: ▁▂▃▅▇.

use unicode_segmentation::UnicodeSegmentation as _;

use super::{Timeline, Track, Worst};

/// From the low to the high end of a scale.
const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Columns of a drawing at least, and at most.
const COLUMNS: (usize, usize) = (20, 60);
/// Columns that are left for notes behind it.
const NOTE: usize = 36;

/// The lines of a timeline: marks first, then the tracks. Where it has more steps than there are columns, a
/// column shows the worst of its steps.
pub(super) fn lines(timeline: &Timeline, width: usize) -> Vec<String> {
    let steps = timeline
        .tracks
        .iter()
        .map(|track| track.values.len())
        .max()
        .unwrap_or(0);
    let labels = timeline
        .tracks
        .iter()
        .map(|track| &track.label)
        .chain([&timeline.marked]);
    let label_width = labels.map(|label| length(label)).max().unwrap_or(0);
    let room = width.saturating_sub(label_width + NOTE + 4).clamp(COLUMNS.0, COLUMNS.1);
    let columns = steps.min(room);
    let line = |label: &str, drawing: String, note: &str| {
        let gap = " ".repeat(label_width - length(label));
        format!("{label}{gap}  {drawing}  {note}").trim_end().to_owned()
    };
    let marks = timeline.marks.iter().enumerate().map(|(at, mark)| {
        let drawing = (0..columns).map(|column| {
            let on = spread(column, columns, steps).any(|step| mark.steps.get(step) == Some(&true));
            if on { '━' } else { '·' }
        });
        line(
            if at == 0 { &timeline.marked } else { "" },
            drawing.collect(),
            &mark.note,
        )
    });
    let tracks = timeline.tracks.iter().map(|track| {
        let drawing = (0..columns).map(|column| block(track, column, columns, steps));
        line(&track.label, drawing.collect(), &track.note)
    });
    marks.chain(tracks).collect()
}

/// The steps that a column stands for.
fn spread(column: usize, columns: usize, steps: usize) -> std::ops::Range<usize> {
    let from = column * steps / columns;
    from..((column + 1) * steps / columns).max(from + 1)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number from 0 to 7"
)]
fn block(track: &Track, column: usize, columns: usize, steps: usize) -> char {
    let values = spread(column, columns, steps).filter_map(|step| track.values.get(step).copied().flatten());
    let worst = values.reduce(|one, other| match track.worst {
        Worst::Low => one.min(other),
        Worst::High => one.max(other),
    });
    let Some(value) = worst else { return ' ' };
    let (low, high) = track.scale;
    let place = if high > low { (value - low) / (high - low) } else { 0.0 };
    BLOCKS[(place.clamp(0.0, 1.0) * 7.0).round() as usize]
}

fn length(text: &str) -> usize {
    text.graphemes(true).count()
}

#[cfg(test)]
mod tests {
    use super::super::Mark;
    use super::*;

    fn track(values: &[f64], worst: Worst) -> Track {
        Track {
            label: "answered".to_owned(),
            values: values.iter().map(|value| (*value >= 0.0).then_some(*value)).collect(),
            scale: (0.0, 7.0),
            worst,
            note: "at worst 0".to_owned(),
        }
    }

    #[test]
    fn values_become_blocks() {
        let timeline = Timeline {
            title: String::new(),
            marked: "faults".to_owned(),
            marks: vec![Mark {
                steps: vec![false, false, true, true],
                note: "529".to_owned(),
            }],
            tracks: vec![track(&[7.0, 3.0, 0.0, -1.0, 9.0], Worst::Low)],
        };
        assert_eq!(
            lines(&timeline, 100),
            ["faults    ··━━·  529", "answered  █▄▁ █  at worst 0"]
        );
    }

    #[test]
    fn a_column_shows_the_worst_of_its_steps() {
        let mut values = vec![7.0; 120];
        values[61] = 0.0;
        let of = |worst| {
            let timeline = Timeline {
                title: String::new(),
                marked: String::new(),
                marks: Vec::new(),
                tracks: vec![track(&values, worst)],
            };
            lines(&timeline, 200).remove(0)
        };
        assert_eq!(of(Worst::Low).matches('▁').count(), 1);
        assert_eq!(of(Worst::High).matches('█').count(), 60);
    }
}
