//! XML in the answer: `is-xml`, `contains-xml`, after promptfoo 0.121.20.
//!
//! `is-xml` wants the whole answer well formed, with namespaces, and without a document type of its own making.
//! `contains-xml` is content with tags that open and close. Required elements are paths such as `root.item.name`;
//! `@_id` is an attribute, `#text` the text, and among several elements of one name a number picks one.

use serde_json::Value;

use super::case::{Case, Judged};
use crate::eval::judges::JudgeError;

/// Elements nested deeper than this are not followed.
const MAX_DEPTH: usize = 200;

/// The answer is XML, with the required elements.
pub(super) fn is_xml(case: &Case<'_>) -> Judged {
    let required = required(case)?;
    let fault = match well_formed(&case.text) {
        Err(fault) => Some(fault),
        Ok(()) => {
            let roots: Vec<_> = scan(&case.text).into_iter().map(|(_, element)| element).collect();
            missing(&roots.iter().collect::<Vec<_>>(), &required)
        }
    };
    Ok(case.holds(fault.is_none(), || {
        format!("be XML{}", fault.map(|fault| format!(": {fault}")).unwrap_or_default())
    }))
}

/// The answer holds XML, with the required elements.
pub(super) fn contains_xml(case: &Case<'_>) -> Judged {
    let required = required(case)?;
    let roots = scan(&case.text);
    let alone = roots
        .iter()
        .any(|(_, element)| missing(&[element], &required).is_none());
    let together = || {
        roots.iter().any(|(parent, _)| {
            let siblings: Vec<_> = roots
                .iter()
                .filter(|(other, _)| other == parent)
                .map(|(_, element)| element)
                .collect();
            siblings.len() > 1 && missing(&siblings, &required).is_none()
        })
    };
    Ok(case.holds(alone || together(), || {
        if required.is_empty() {
            "contain XML".to_owned()
        } else {
            format!("contain XML with {}", required.join(", "))
        }
    }))
}

fn required(case: &Case<'_>) -> Result<Vec<String>, JudgeError> {
    let names = |items: &[Value]| items.iter().map(super::case::text_of).collect();
    match &case.value {
        Value::Null => Ok(Vec::new()),
        Value::String(text) => Ok(text.split(',').map(|name| name.trim().to_owned()).collect()),
        Value::Array(items) => Ok(names(items)),
        Value::Object(map) if map.is_empty() => Ok(Vec::new()),
        Value::Object(map) => match map.get("requiredElements") {
            Some(Value::Array(items)) => Ok(names(items)),
            _ => Err(case.fault("the value must be a list of elements, or have `requiredElements`")),
        },
        _ => Err(case.fault("the value must be a list of elements, or text divided by commas")),
    }
}

fn well_formed(text: &str) -> Result<(), String> {
    let options = roxmltree::ParsingOptions {
        allow_dtd: true,
        ..roxmltree::ParsingOptions::default()
    };
    if let Some(start) = text.find("<!DOCTYPE") {
        let declaration = &text[start..];
        let end = declaration.find('>').unwrap_or(declaration.len());
        if declaration[..end].contains('[') {
            return Err("a document type with declarations of its own is not supported".to_owned());
        }
    }
    roxmltree::Document::parse_with_options(text, options)
        .map(|_| ())
        .map_err(|error| error.to_string())
}

/// An element, by its tags alone.
#[derive(Debug)]
struct Element {
    name: String,
    attributes: Vec<String>,
    has_text: bool,
    children: Vec<Element>,
}

/// A tag that is still open.
struct Open {
    start: usize,
    element: Element,
}

/// The outermost elements whose tags match, each with the start of the open tag that it stands in.
fn scan(text: &str) -> Vec<(Option<usize>, Element)> {
    let mut roots = Vec::new();
    let mut stack: Vec<Open> = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find('<').map(|found| at + found) {
        if !text[at..start].trim().is_empty()
            && let Some(open) = stack.last_mut()
        {
            open.element.has_text = true;
        }
        let Some(tag) = tag(&text[start..]) else {
            at = start + 1;
            continue;
        };
        at = start + tag.length;
        match tag.kind {
            TagKind::Other => {}
            TagKind::Open | TagKind::Empty => {
                let element = Element {
                    name: tag.name.to_owned(),
                    attributes: attributes(tag.inside),
                    has_text: false,
                    children: Vec::new(),
                };
                if matches!(tag.kind, TagKind::Open) {
                    stack.push(Open { start, element });
                } else {
                    settle(element, &mut stack, &mut roots);
                }
            }
            TagKind::Close => {
                if stack.last().is_some_and(|open| open.element.name == tag.name) {
                    if let Some(open) = stack.pop() {
                        settle(open.element, &mut stack, &mut roots);
                    }
                } else {
                    release(&mut stack, &mut roots);
                }
            }
        }
    }
    release(&mut stack, &mut roots);
    roots
}

fn settle(element: Element, stack: &mut [Open], roots: &mut Vec<(Option<usize>, Element)>) {
    match stack.last_mut() {
        Some(parent) => parent.element.children.push(element),
        None => roots.push((None, element)),
    }
}

/// What stands in tags that never close stands for itself.
fn release(stack: &mut Vec<Open>, roots: &mut Vec<(Option<usize>, Element)>) {
    for open in stack.drain(..) {
        roots.extend(open.element.children.into_iter().map(|child| (Some(open.start), child)));
    }
}

enum TagKind {
    Open,
    Empty,
    Close,
    Other,
}

struct Tag<'a> {
    kind: TagKind,
    name: &'a str,
    inside: &'a str,
    length: usize,
}

/// The tag that a text starts with.
fn tag(text: &str) -> Option<Tag<'_>> {
    let other = |end: Option<usize>| {
        Some(Tag {
            kind: TagKind::Other,
            name: "",
            inside: "",
            length: end.unwrap_or(text.len()),
        })
    };
    if text.starts_with("<!--") {
        return other(text.find("-->").map(|at| at + 3));
    }
    if text.starts_with("<![CDATA[") {
        return other(text.find("]]>").map(|at| at + 3));
    }
    if text.starts_with("<?") {
        return other(text.find("?>").map(|at| at + 2));
    }
    if text.starts_with("<!") {
        return other(text.find('>').map(|at| at + 1));
    }
    let closes = text.starts_with("</");
    let named = &text[if closes { 2 } else { 1 }..];
    let length = named
        .find(|c: char| !(c.is_alphanumeric() || matches!(c, ':' | '_' | '-' | '.')))
        .unwrap_or(named.len());
    let name = &named[..length];
    if !name.starts_with(|c: char| c.is_alphabetic() || matches!(c, ':' | '_')) {
        return None;
    }
    let end = tag_end(text)?;
    let inside = &named[length..end - (text.len() - named.len())];
    let kind = if closes {
        TagKind::Close
    } else if inside.trim_end().ends_with('/') {
        TagKind::Empty
    } else {
        TagKind::Open
    };
    Some(Tag {
        kind,
        name,
        inside,
        length: end + 1,
    })
}

/// Where the tag's `>` stands, outside of quotes; no other tag may begin before it.
fn tag_end(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in text.char_indices().skip(1) {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '<') => return None,
            (None, '>') => return Some(at),
            _ => {}
        }
    }
    None
}

/// The names of a tag's attributes.
fn attributes(inside: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut name = String::new();
    let mut quote = None;
    let mut in_value = false;
    for c in inside.trim_end_matches('/').chars().chain([' ']) {
        match quote {
            Some(open) if c == open => {
                quote = None;
                in_value = false;
            }
            None if in_value && (c == '"' || c == '\'') => quote = Some(c),
            None if c == '=' => in_value = true,
            None if c.is_whitespace() => {
                if !name.is_empty() {
                    names.push(std::mem::take(&mut name));
                }
                in_value = false;
            }
            None if !in_value => name.push(c),
            Some(_) | None => {}
        }
        if in_value && !name.is_empty() {
            names.push(std::mem::take(&mut name));
        }
    }
    names
}

fn missing(roots: &[&Element], required: &[String]) -> Option<String> {
    let missing: Vec<_> = required
        .iter()
        .filter(|path| !has_path(roots, &path.split('.').collect::<Vec<_>>(), 0))
        .map(String::as_str)
        .collect();
    (!missing.is_empty()).then(|| format!("{} is missing", missing.join(", ")))
}

fn has_path(siblings: &[&Element], path: &[&str], depth: usize) -> bool {
    let Some((key, rest)) = path.split_first() else {
        return true;
    };
    let named: Vec<_> = siblings.iter().filter(|element| element.name == *key).collect();
    match named.as_slice() {
        [] => false,
        [one] => within(one, rest, depth),
        several => match rest.split_first() {
            None => true,
            Some((index, rest)) => {
                let picked = index.parse::<usize>().ok().and_then(|index| several.get(index));
                picked.is_some_and(|element| within(element, rest, depth))
            }
        },
    }
}

fn within(element: &Element, path: &[&str], depth: usize) -> bool {
    let Some(key) = path.first() else { return true };
    if depth > MAX_DEPTH {
        return false;
    }
    let last = path.len() == 1;
    let holds_more = !element.children.is_empty() || !element.attributes.is_empty();
    if *key == "#text" {
        return last && element.has_text && holds_more;
    }
    if let Some(name) = key.strip_prefix("@_") {
        return last && element.attributes.iter().any(|attribute| attribute == name);
    }
    has_path(&element.children.iter().collect::<Vec<_>>(), path, depth + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(text: &str, path: &str) -> bool {
        let roots: Vec<_> = scan(text).into_iter().map(|(_, element)| element).collect();
        missing(&roots.iter().collect::<Vec<_>>(), &[path.to_owned()]).is_none()
    }

    #[test]
    fn paths_go_through_elements() {
        let text = "<r id='1'><a>x</a><b><c/></b><i><n>1</n></i><i><n>2</n></i></r>";
        for path in ["r", "r.a", "r.b.c", "r.@_id", "r.i", "r.i.1.n"] {
            assert!(has(text, path), "{path}");
        }
        for path in ["a", "r.x", "r.a.x", "r.i.n", "r.i.2.n", "r.@_x"] {
            assert!(!has(text, path), "{path}");
        }
    }

    #[test]
    fn tags_are_found_in_prose() {
        assert_eq!(scan("1 < 2 and <a>x</a>, <b/> too").len(), 2);
        assert_eq!(scan("<open><a></a>").len(), 1);
        assert!(scan("<a><b></a>").is_empty());
        assert!(well_formed("<a><b/></a>").is_ok() && well_formed("<a></b>").is_err());
    }
}
