//! Topics in XML, as the TREC web track (2009 to 2014), TREC-COVID and the clinical tracks have them:
//! `<topic number="1"><query>obama family tree</query>…</topic>`.

use std::path::Path;

use roxmltree::{Document, Node, ParsingOptions};

use super::{CorpusError, Query};

/// Elements that hold the question, the best first: the web track's and TREC-COVID's, then the clinical tracks'.
const TEXT: &[&str] = &["query", "title", "summary"];
/// The most elements, attributes and texts of a file.
const MOST_NODES: u32 = 2_000_000;

/// Whether a file's start shows topics in XML: a `<topic` with its number, whatever stands around it.
pub(super) fn is_topics(start: &str) -> bool {
    start.starts_with('<')
        && start
            .split("<topic")
            .skip(1)
            .any(|after| after.starts_with(char::is_whitespace) && after.split('>').next().is_some_and(numbered))
}

fn numbered(attributes: &str) -> bool {
    attributes.contains("number=") || attributes.contains("id=")
}

/// Reads topics: the number, and the query (descriptions, narratives and subtopics are left out).
///
/// # Errors
/// Fails on what is no XML, and on a topic without a number or a query, with its line.
pub(super) fn read(path: &Path, text: &str) -> Result<Vec<Query>, CorpusError> {
    let text = text.trim_start_matches('\u{feff}');
    let options = ParsingOptions {
        nodes_limit: MOST_NODES,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(text, options).map_err(|error| {
        let line = usize::try_from(error.pos().row).unwrap_or(1);
        CorpusError::at(path, line, format!("topics in XML that cannot be read: {error}"))
    })?;
    let (mut line, mut counted) = (1, 0);
    let topics = document.descendants().filter(|node| node.has_tag_name("topic"));
    let read = topics.map(|topic| {
        let start = topic.range().start;
        line += memchr::memchr_iter(b'\n', &text.as_bytes()[counted..start]).count();
        counted = start;
        let id = topic.attribute("number").or_else(|| topic.attribute("id"));
        let (Some(id), Some(text)) = (id, question(topic)) else {
            let message = "a <topic> without a number or a <query>";
            return Err(CorpusError::at(path, line, message));
        };
        Ok(Query {
            id: id.trim().to_owned(),
            text,
            answer: None,
            line,
        })
    });
    read.collect()
}

/// The text of the first element that holds the question, white space folded.
fn question(topic: Node<'_, '_>) -> Option<String> {
    let named = |name: &&str| topic.children().find(|child| child.has_tag_name(*name));
    let element = TEXT.iter().find_map(named)?;
    let text: String = element
        .descendants()
        .filter_map(|node| node.text().filter(|_| node.is_text()))
        .collect();
    Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the form of the web track of 2009.
    const WEB: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<webtrack2009>
  <topic number="1" type="faceted">
    <query>obama family tree</query>
    <description>Find information on President Barack Obama's family history.</description>
    <subtopic number="1" type="nav">Find the TIME magazine photo essay.</subtopic>
  </topic>
  <topic number='2' type="faceted">
    <query>
      french lick resort &amp; casino
    </query>
  </topic>
</webtrack2009>
"#;

    #[test]
    fn the_web_track_s_topics_are_read() {
        assert!(is_topics(WEB));
        let read = read(Path::new("wt09.xml"), WEB).unwrap();
        let of = |query: &Query| (query.id.clone(), query.text.clone(), query.line);
        assert_eq!(of(&read[0]), ("1".to_owned(), "obama family tree".to_owned(), 3));
        assert_eq!(
            of(&read[1]),
            ("2".to_owned(), "french lick resort & casino".to_owned(), 8)
        );
        assert_eq!(read.len(), 2);
    }

    #[test]
    fn titles_and_summaries_stand_in_for_the_query() {
        let text = "<topics><topic number=\"7\"><title>a title</title></topic>\
                    <topic id=\"8\"><description>long</description><summary>short</summary></topic></topics>";
        let read = read(Path::new("t.xml"), text).unwrap();
        assert_eq!((read[0].text.as_str(), read[1].text.as_str()), ("a title", "short"));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let wrong = |text: &str| read(Path::new("t.xml"), text).unwrap_err().to_string();
        let none = "<topics>\n<topic number=\"1\"><narrative>x</narrative></topic>\n</topics>";
        assert!(
            wrong(none).contains("t.xml:2") && wrong(none).contains("<query>"),
            "{}",
            wrong(none)
        );
        assert!(wrong("<topics>\n<topic number=\"1\">\n").contains("cannot be read"));
        assert!(!is_topics("<topics><topic>no number</topic></topics>") && !is_topics("1\t<topic number=1>"));
    }
}
