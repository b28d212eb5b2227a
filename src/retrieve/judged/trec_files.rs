//! TREC qrels and run files, read at the speed of the disk: names are borrowed from the file's bytes and
//! the parts of a file are parsed at once.

use std::path::Path;

use rayon::prelude::*;

use super::views::Of;
use super::{QrelsView, RunView};
use crate::retrieve::corpus::limits::{MOST_COLLECTION_BYTES, read_bytes};
use crate::retrieve::error::CorpusError;
use crate::rng::fnv;

/// What a line of either file gives: the query, the document and the number of a column.
type Line<'a, N> = (&'a [u8], &'a [u8], N);

/// The bytes of a file, to be parsed here.
///
/// # Errors
/// Fails when the file cannot be read or is larger than 4 GB.
pub fn read_file(path: &Path) -> Result<Vec<u8>, CorpusError> {
    read_bytes(path, MOST_COLLECTION_BYTES)
}

/// Parses `QUERY ITERATION DOCUMENT RANK SCORE TAG`; the rank is ignored, as `trec_eval` does.
///
/// # Errors
/// Fails with the first line that is not so, or whose document stands twice for its query.
pub fn parse_run<'a>(path: &Path, bytes: &'a [u8]) -> Result<RunView<'a>, CorpusError> {
    let queries = groups(path, bytes, "QUERY Q0 DOCUMENT RANK SCORE TAG", |fields| match fields {
        [query, _, document, _, score, _] => {
            let score: f64 = std::str::from_utf8(score).ok()?.parse().ok()?;
            #[expect(clippy::cast_possible_truncation, reason = "trec_eval keeps scores with 32 bits")]
            (!score.is_nan()).then_some((*query, *document, score as f32))
        }
        _ => None,
    })?;
    let twice = queries
        .par_iter()
        .find_map_first(|(query, ranked)| Some((*query, twice(ranked)?)));
    match twice {
        None => Ok(RunView { queries }),
        Some((query, document)) => {
            let (query, document) = (String::from_utf8_lossy(query), String::from_utf8_lossy(document));
            let message = format!("document `{document}` stands twice for query `{query}`");
            Err(CorpusError::new(path, message))
        }
    }
}

/// A document that stands twice. Hashes are sorted, which is quicker than names, and only equal ones are
/// looked at closer.
fn twice<'a>(ranked: &[(&'a [u8], f32)]) -> Option<&'a [u8]> {
    let mut hashes: Vec<u64> = ranked.iter().map(|(document, _)| fnv(document)).collect();
    hashes.sort_unstable();
    if hashes.array_windows().all(|[a, b]| a != b) {
        return None;
    }
    let mut names: Vec<&[u8]> = ranked.iter().map(|(document, _)| *document).collect();
    names.sort_unstable();
    names.array_windows().find(|[a, b]| a == b).map(|[a, _]| *a)
}

/// Parses `QUERY ITERATION DOCUMENT GRADE`; of two judgements of one pair the last counts.
///
/// # Errors
/// Fails with the first line that is not so.
pub fn parse_qrels<'a>(path: &Path, bytes: &'a [u8]) -> Result<QrelsView<'a>, CorpusError> {
    let mut queries = groups(path, bytes, "QUERY 0 DOCUMENT GRADE", |fields| match fields {
        [query, _, document, grade] => {
            let grade: i32 = std::str::from_utf8(grade).ok()?.parse().ok()?;
            Some((*query, *document, grade))
        }
        _ => None,
    })?;
    queries.par_iter_mut().for_each(|(_, judged)| {
        // A stable sort, read from its end: of equals the last stays.
        judged.sort_by_key(|(document, _)| *document);
        judged.reverse();
        judged.dedup_by_key(|(document, _)| *document);
        judged.reverse();
    });
    Ok(QrelsView::from_sorted(queries))
}

/// Parses all lines and gathers them by query, in the order of the queries' identifiers and, within one,
/// of the lines.
fn groups<'a, N: Copy + Send>(
    path: &Path,
    bytes: &'a [u8],
    expected: &str,
    parse: impl Fn(&[&'a [u8]]) -> Option<Line<'a, N>> + Sync,
) -> Result<Vec<Of<'a, N>>, CorpusError> {
    let parsed: Vec<Result<Vec<Of<'a, N>>, usize>> = parts(bytes)
        .into_par_iter()
        .map(|part| part_groups(bytes, part, &parse))
        .collect();
    let mut all = Vec::new();
    for part in parsed {
        all.extend(part.map_err(|at| wrong(path, bytes, at, expected))?);
    }
    all.sort_by_key(|(query, _)| *query);
    let mut joined: Vec<Of<'a, N>> = Vec::with_capacity(all.len());
    for (query, lines) in all {
        match joined.last_mut().filter(|(last, _)| *last == query) {
            Some((_, before)) => before.extend(lines),
            None => joined.push((query, lines)),
        }
    }
    Ok(joined)
}

/// Parts of some megabytes that end with a line, as offsets.
fn parts(bytes: &[u8]) -> Vec<(usize, usize)> {
    const PART: usize = 2 << 20;
    let mut parts = Vec::new();
    let mut start = 0;
    while start < bytes.len() {
        let rest = &bytes[start..];
        let end = match rest.get(PART..).and_then(|rest| memchr::memchr(b'\n', rest)) {
            Some(length) => start + PART + length + 1,
            None => bytes.len(),
        };
        parts.push((start, end));
        start = end;
    }
    parts
}

/// The groups of one part; the error is the offset of a wrong line.
fn part_groups<'a, N: Copy>(
    bytes: &'a [u8],
    (start, end): (usize, usize),
    parse: &impl Fn(&[&'a [u8]]) -> Option<Line<'a, N>>,
) -> Result<Vec<Of<'a, N>>, usize> {
    let mut groups: Vec<Of<'a, N>> = Vec::new();
    let mut at = start;
    while at < end {
        let length = memchr::memchr(b'\n', &bytes[at..end]).unwrap_or(end - at);
        let mut fields: [&[u8]; 7] = [&[]; 7];
        let count = split(&bytes[at..at + length], &mut fields);
        if count > 0 {
            let (query, document, number) = parse(&fields[..count]).ok_or(at)?;
            match groups.last_mut().filter(|(last, _)| *last == query) {
                Some((_, lines)) => lines.push((document, number)),
                None => {
                    // The next query has about as many lines as the last.
                    let mut lines = Vec::with_capacity(groups.last().map_or(8, |(_, lines)| lines.len()));
                    lines.push((document, number));
                    groups.push((query, lines));
                }
            }
        }
        at += length + 1;
    }
    Ok(groups)
}

/// The fields between blanks (and whatever else is no visible character), at most as many as there is room for, and how many.
fn split<'a>(line: &'a [u8], fields: &mut [&'a [u8]]) -> usize {
    let (mut count, mut at) = (0, 0);
    while count < fields.len() {
        while line.get(at).is_some_and(|byte| *byte <= b' ') {
            at += 1;
        }
        let start = at;
        while line.get(at).is_some_and(|byte| *byte > b' ') {
            at += 1;
        }
        if start == at {
            break;
        }
        fields[count] = &line[start..at];
        count += 1;
    }
    count
}

fn wrong(path: &Path, bytes: &[u8], at: usize, expected: &str) -> CorpusError {
    let line = 1 + memchr::memchr_iter(b'\n', &bytes[..at]).count();
    let text = bytes[at..].split(|byte| *byte == b'\n').next().unwrap_or_default();
    let text: String = String::from_utf8_lossy(text).chars().take(120).collect();
    CorpusError::at(
        path,
        line,
        format!("expected `{expected}`, found `{}`", text.trim_end()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_query_may_stand_apart() {
        let bytes = b"2 Q0 a 1 1e1 t\n1\tQ0 b 1 3 t\r\n\n2 Q0 c 2 -0.5 t";
        let run = parse_run(Path::new("run"), bytes).unwrap();
        let expected: Vec<Of<'_, f32>> = vec![(b"1", vec![(b"b", 3.0)]), (b"2", vec![(b"a", 10.0), (b"c", -0.5)])];
        assert_eq!(run.queries, expected);
    }

    #[test]
    fn of_two_judgements_the_last_counts() {
        let qrels = parse_qrels(Path::new("qrels"), b"1 0 b 1\n1 0 a -1\n1 0 b 2\n").unwrap();
        assert_eq!(qrels.of(b"1"), Some(&[(&b"a"[..], -1), (&b"b"[..], 2)][..]));
        assert_eq!(qrels.of(b"2"), None);
    }

    #[test]
    fn wrong_lines_are_named() {
        let of = |bytes: &[u8]| parse_run(Path::new("run"), bytes).unwrap_err().to_string();
        assert_eq!(
            of(b"1 Q0 a 1 2 t\n1 Q0 b 2 x t\n"),
            "run:2: expected `QUERY Q0 DOCUMENT RANK SCORE TAG`, found `1 Q0 b 2 x t`"
        );
        assert!(of(b"1 Q0 a 1 nan t").starts_with("run:1: expected"));
        assert!(of(b"1 Q0 a 1 1 t more").starts_with("run:1: expected"));
        assert_eq!(
            of(b"1 Q0 a 1 2 t\n1 Q0 a 2 1 t"),
            "run: document `a` stands twice for query `1`"
        );
    }
}
