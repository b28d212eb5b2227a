//! The headings of a Markdown document and what stands under each.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::slug::Slugs;

/// A heading and what stands under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The heading's name in links, unique in its document.
    pub slug: String,
    /// The heading's text.
    pub title: String,
    /// 1 to 6.
    pub level: u8,
    /// Its headings from the outermost to its own, by their place among the document's sections.
    pub path: Vec<usize>,
    /// From the heading to the next one of any level.
    pub own: Range<usize>,
    /// From the heading to the next one of its level or above: with its subsections.
    pub whole: Range<usize>,
    /// Where the text under the heading starts.
    pub body: usize,
}

/// The sections of a Markdown text, in order, and where its content starts (after a front matter).
///
/// Headings in code, quotes and lists are no headings of the document.
pub(super) fn sections(text: &str) -> (Vec<Section>, usize) {
    let mut sections: Vec<Section> = Vec::new();
    let mut slugs = Slugs::default();
    let (mut depth, mut content) = (0_usize, 0);
    let mut heading: Option<(u8, Range<usize>, String)> = None;
    let options = Options::ENABLE_YAML_STYLE_METADATA_BLOCKS | Options::ENABLE_TABLES;
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading { level, .. }) if depth == 0 => {
                heading = Some((level as u8, range, String::new()));
                depth += 1;
            }
            Event::Start(_) => depth += 1,
            Event::End(TagEnd::MetadataBlock(_)) => {
                depth = depth.saturating_sub(1);
                content = content.max(range.end);
            }
            Event::End(end) => {
                depth = depth.saturating_sub(1);
                if let (TagEnd::Heading(_), 0) = (end, depth)
                    && let Some((level, range, title)) = heading.take()
                {
                    let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
                    push(text, &mut sections, slugs.name(&title), title, level, &range);
                }
            }
            Event::Text(words) | Event::Code(words) => {
                if let Some((_, _, title)) = &mut heading {
                    title.push_str(&words);
                }
            }
            Event::SoftBreak | Event::HardBreak => {
                if let Some((_, _, title)) = &mut heading {
                    title.push(' ');
                }
            }
            _ => {}
        }
    }
    (sections, content)
}

fn push(text: &str, sections: &mut Vec<Section>, slug: String, title: String, level: u8, range: &Range<usize>) {
    let at = sections.len();
    let mut path = Vec::new();
    if let Some(last) = sections.last_mut() {
        last.own.end = range.start;
        path.clone_from(&last.path);
    }
    while let Some(above) = path.last().copied().filter(|above| sections[*above].level >= level) {
        path.pop();
        sections[above].whole.end = range.start;
    }
    path.push(at);
    sections.push(Section {
        slug,
        title,
        level,
        path,
        own: range.start..text.len(),
        whole: range.start..text.len(),
        body: range.end,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_nest_and_code_holds_no_headings() {
        let text = "---\ntitle: x\n---\nIntro.\n\n# A *b* `c`\n\ntext\n\n```\n# not one\n```\n\n> # nor this\n\n\
                    ## B\nb\n\n# D\nd\n";
        let (found, content) = sections(text);
        let shown: Vec<_> = found
            .iter()
            .map(|section| {
                (
                    section.slug.as_str(),
                    section.level,
                    section.path.clone(),
                    &text[section.body..section.own.end],
                )
            })
            .collect();
        assert_eq!(shown[0].0, "a-b-c");
        assert_eq!(shown[1], ("b", 2, vec![0, 1], "b\n\n"));
        assert_eq!(shown[2], ("d", 1, vec![2], "d\n"));
        assert_eq!(
            &text[found[0].whole.clone()],
            &text[text.find("# A").unwrap()..text.find("# D").unwrap()]
        );
        assert_eq!(text[content..].trim_start().lines().next(), Some("Intro."));
    }

    #[test]
    fn underlined_headings_count() {
        let (found, _) = sections("Title\n=====\n\nSub\n---\nx");
        let titles: Vec<_> = found.iter().map(|it| (it.title.as_str(), it.level)).collect();
        assert_eq!(titles, [("Title", 1), ("Sub", 2)]);
    }
}
