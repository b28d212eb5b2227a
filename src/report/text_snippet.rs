//! One finding with its line and a caret, in the way of the Rust compiler.

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

use super::{Finding, FixSafety, Severity, Style};
use crate::source::Place;

/// Longer lines are cut around what matters: a line can be a whole minified file.
const LONGEST_LINE: usize = 140;
/// Related places that are shown with their lines.
const MOST_RELATED: usize = 3;
/// Folded lines that are listed.
const MOST_LINES: usize = 6;
/// Routes that are listed.
const MOST_ROUTES: usize = 8;

/// A group of findings of one rule in one file: the first in full, the others by their lines.
pub(super) fn snippet(group: &[&Finding], style: Style) -> String {
    let Some(first) = group.first() else {
        return String::new();
    };
    let level = match first.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let primary = Excerpt::new(&first.place);
    let label = clean(&first.label);
    let related: Vec<(Excerpt, String)> = first
        .related
        .iter()
        .take(MOST_RELATED)
        .map(|related| (Excerpt::new(&related.place), clean(&related.label)))
        .collect();
    let footers = footers(first, group);
    let title = clean(&first.message);
    let mut message: Group<'_> = level
        .clone()
        .primary_title(title.as_str())
        .id(first.rule)
        .element(primary.snippet(AnnotationKind::Primary, &label));
    for (excerpt, label) in &related {
        message = message.element(excerpt.snippet(AnnotationKind::Context, label));
    }
    for (level, text) in &footers {
        message = message.element(level.clone().message(text.as_str()));
    }
    let renderer = if style.color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    renderer.term_width(style.width).render(&[message])
}

fn footers(first: &Finding, group: &[&Finding]) -> Vec<(Level<'static>, String)> {
    let mut footers = Vec::new();
    let mut routes: Vec<&str> = Vec::new();
    for route in group.iter().flat_map(|finding| &finding.routes) {
        if !routes.contains(&route.as_str()) {
            routes.push(route);
        }
    }
    if routes.len() > 1 {
        let more = routes.len().saturating_sub(MOST_ROUTES);
        let names = clean(&routes.iter().take(MOST_ROUTES).copied().collect::<Vec<_>>().join(", "));
        let tail = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        footers.push((Level::NOTE, format!("routes: {names}{tail}")));
    }
    if group.len() > 1 {
        let lines: Vec<String> = group
            .iter()
            .skip(1)
            .take(MOST_LINES)
            .map(|finding| finding.place.start().line.to_string())
            .collect();
        let more = (group.len() - 1).saturating_sub(MOST_LINES);
        let tail = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        let word = if group.len() == 2 { "line" } else { "lines" };
        footers.push((Level::NOTE, format!("the same at {word} {}{tail}", lines.join(", "))));
    }
    // A fix whose title is the help is told once, with the flag that applies it.
    let told = first.fix.as_ref().map(|fix| &fix.title);
    if let Some(help) = first.help.as_ref().filter(|help| Some(*help) != told) {
        footers.push((Level::HELP, clean(help)));
    }
    if let Some(fix) = &first.fix {
        let how = match fix.safety {
            FixSafety::Safe => "--fix",
            FixSafety::NeedsReview => "--fix --review-fixes",
        };
        footers.push((Level::HELP, format!("{how} would {}", clean(&fix.title))));
    }
    if first.confidence == super::Confidence::Low {
        footers.push((Level::NOTE, "confidence: low".to_owned()));
    }
    footers
}

/// A place's first line, cut to what fits.
struct Excerpt {
    path: String,
    line: usize,
    text: String,
    start: usize,
    end: usize,
}

impl Excerpt {
    fn new(place: &Place) -> Self {
        let place = place.first_line();
        let line = place.start().line;
        let whole = place.file.line_span(line);
        let (text, start, end) = whole.map_or_else(
            || (String::new(), 0, 0),
            |whole| {
                let text = &place.file.text()[whole.start..whole.end];
                let start = place.span.start.clamp(whole.start, whole.end) - whole.start;
                let end = place.span.end.clamp(whole.start + start, whole.end) - whole.start;
                cut(text, start, end)
            },
        );
        Self {
            path: format!("{}", place.file.path().display()),
            line,
            text,
            start,
            end,
        }
    }

    fn snippet<'a>(&'a self, kind: AnnotationKind, label: &'a str) -> Snippet<'a, Annotation<'a>> {
        Snippet::source(self.text.as_str())
            .path(self.path.as_str())
            .line_start(self.line)
            .annotation(kind.span(self.start..self.end).label(label))
    }
}

/// The part of a line around a range, with control characters made harmless; the range moves along.
fn cut(text: &str, start: usize, end: usize) -> (String, usize, usize) {
    let characters: Vec<(usize, char)> = text.char_indices().collect();
    let first = characters.partition_point(|(at, _)| *at < start);
    let last = characters.partition_point(|(at, _)| *at < end);
    let from = if characters.len() > LONGEST_LINE {
        first.saturating_sub(30)
    } else {
        0
    };
    let to = (from + LONGEST_LINE).min(characters.len());
    let mut shown = String::new();
    let (mut shown_start, mut shown_end) = (None, None);
    for (at, (_, c)) in characters.iter().enumerate().take(to).skip(from) {
        if at == first {
            shown_start = Some(shown.len());
        }
        if at == last {
            shown_end = Some(shown.len());
        }
        // A tab stays: the renderer knows how wide it is.
        shown.push(if c.is_control() && *c != '\t' { '\u{fffd}' } else { *c });
    }
    let start = shown_start.unwrap_or(shown.len());
    let end = shown_end.unwrap_or(shown.len()).max(start);
    (shown, start, end)
}

/// Text from outside without control characters: a file must not command the terminal.
pub(super) fn clean(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\t' => ' ',
            c if c.is_control() => '\u{fffd}',
            c => c,
        })
        .collect()
}
