//! From a path to documents, whatever stands there.

use std::collections::HashSet;
use std::path::Path;

use rayon::prelude::*;

use super::limits::{
    MOST_COLLECTION_BYTES, MOST_DOCUMENT_BYTES, MOST_DOCUMENTS, MOST_HTML_BYTES, read_bytes, read_text, utf8,
};
use super::{Corpus, CorpusError, Document, Markup, beir, csv, discover, html, jsonl, pdf, smart, trec};

/// What one file gave.
#[derive(Default)]
pub(super) struct FileRead {
    pub(super) documents: Vec<Document>,
    pub(super) problems: Vec<CorpusError>,
}

/// Reads a corpus: a folder (walked as git sees it), a BEIR folder, or one file.
///
/// # Errors
/// Fails when the path cannot be read or holds no document at all; single files and rows that cannot be
/// read are [`Corpus::problems`].
pub fn load(path: &Path) -> Result<Corpus, CorpusError> {
    let meta = std::fs::metadata(path).map_err(|error| CorpusError::new(path, format!("cannot be read: {error}")))?;
    let mut corpus = Corpus::default();
    if !meta.is_dir() {
        let id = path.file_name().map(|name| name.to_string_lossy().into_owned());
        gather(vec![read_file(path, id.unwrap_or_default())], &mut corpus);
    } else if beir::is_beir(path) {
        gather(vec![beir::read_corpus(path)], &mut corpus);
    } else {
        let files = discover::files(path, &mut corpus.problems);
        let read = files
            .par_iter()
            .map(|file| read_file(file, discover::id_below(path, file)));
        gather(read.collect(), &mut corpus);
    }
    if corpus.documents.is_empty() {
        return Err(corpus.problems.into_iter().next().unwrap_or_else(|| {
            let known = "Markdown, text, HTML, PDF, CSV or JSONL files, a BEIR folder, or SMART or TREC documents";
            CorpusError::new(path, format!("no document: looked for {known}"))
        }));
    }
    Ok(corpus)
}

/// Joins what the files gave, in their order; a second document of one identifier is left out, and said.
fn gather(read: Vec<FileRead>, corpus: &mut Corpus) {
    let mut seen: HashSet<String> = HashSet::new();
    for file in read {
        corpus.problems.extend(file.problems);
        for document in file.documents {
            if corpus.documents.len() == MOST_DOCUMENTS {
                let message = format!("more than {MOST_DOCUMENTS} documents: the rest is left out");
                corpus.problems.push(CorpusError::new(Path::new(&document.id), message));
                return;
            }
            if seen.insert(document.id.clone()) {
                corpus.documents.push(document);
            } else {
                let message = "a second document with this identifier: only the first is kept";
                corpus.problems.push(CorpusError::new(Path::new(&document.id), message));
            }
        }
    }
}

/// Reads one file as what its content shows.
fn read_file(path: &Path, id: String) -> FileRead {
    let mut read = FileRead::default();
    if let Err(error) = try_file(path, id, &mut read) {
        read.problems.push(error);
    }
    read
}

fn try_file(path: &Path, id: String, read: &mut FileRead) -> Result<(), CorpusError> {
    let head = head(path)?;
    if head.starts_with(b"%PDF-") {
        let text = pdf::text(path, read_bytes(path, MOST_DOCUMENT_BYTES)?)?;
        read.documents.push(Document {
            id,
            text,
            markup: Markup::Plain,
        });
        return Ok(());
    }
    if head.contains(&0) {
        return Err(CorpusError::new(
            path,
            "neither text nor PDF: convert it, or leave it out",
        ));
    }
    let extension = path.extension().and_then(|extension| extension.to_str());
    let extension = extension.unwrap_or_default().to_ascii_lowercase();
    match extension.as_str() {
        "csv" | "tsv" => {
            let text = read_text(path, MOST_COLLECTION_BYTES)?;
            csv::read(path, &id, &text, read)
        }
        "md" | "markdown" | "mdx" => {
            let text = read_text(path, MOST_DOCUMENT_BYTES)?;
            read.documents.push(Document {
                id,
                text,
                markup: Markup::Markdown,
            });
            Ok(())
        }
        _ => by_content(path, id, &extension, &head, read),
    }
}

fn by_content(path: &Path, id: String, extension: &str, head: &[u8], read: &mut FileRead) -> Result<(), CorpusError> {
    let start = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    if start.starts_with(b".I ") {
        read.documents = smart::read_documents(path)?;
    } else if trec::is_documents(start) {
        let text = String::from_utf8_lossy(&read_bytes(path, MOST_COLLECTION_BYTES)?).into_owned();
        read.documents = trec::read_documents(path, &text)?;
    } else if html::is_html(extension, start) {
        let page = utf8(path, read_bytes(path, MOST_HTML_BYTES)?)?;
        if html::is_too_deep(&page) {
            return Err(CorpusError::new(
                path,
                "HTML nested thousands of elements deep, which is not read",
            ));
        }
        read.documents.push(Document {
            id,
            text: html::to_markdown(&page),
            markup: Markup::Markdown,
        });
    } else if jsonl::is_jsonl(extension, start) {
        let text = read_text(path, MOST_COLLECTION_BYTES)?;
        jsonl::read(path, &id, &text, read)?;
    } else {
        let text = read_text(path, MOST_DOCUMENT_BYTES)?;
        let markup = if extension.is_empty() && text.lines().any(|line| line.starts_with("# ")) {
            Markup::Markdown
        } else {
            Markup::Plain
        };
        read.documents.push(Document { id, text, markup });
    }
    Ok(())
}

/// The first bytes, by which a format is told.
fn head(path: &Path) -> Result<Vec<u8>, CorpusError> {
    use std::io::Read as _;
    let mut head = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(4_096).read_to_end(&mut head));
    read.map_err(|error| CorpusError::new(path, format!("cannot be read: {error}")))?;
    Ok(head)
}
