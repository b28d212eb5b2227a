//! Corpora of every format, and stores that really run.

use std::path::Path;

use aisys::retrieve::chunk::{Chunking, cut};
use aisys::retrieve::corpus::{Beir, load};
use aisys::retrieve::{Models, RetrievalSpec, build};

use crate::support::root;

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

fn ids(path: &Path) -> (Vec<String>, Vec<String>) {
    let corpus = load(path).unwrap();
    let problems = corpus.problems.iter().map(ToString::to_string).collect();
    (
        corpus.documents.into_iter().map(|document| document.id).collect(),
        problems,
    )
}

#[test]
fn a_folder_of_everything_is_read_and_what_is_wrong_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    write(
        path,
        &[
            (".gitignore", "drafts/\n"),
            ("a.md", "# A\n\ntext\n"),
            ("b/c.txt", "plain"),
            ("d.html", "<html><body><h1>D</h1><p>page</p></body></html>"),
            ("drafts/e.md", "# hidden\n"),
            ("f.csv", "id,title,text\nr1,T,words\n,T,more\n"),
            (
                "g.jsonl",
                "{\"_id\": \"j1\", \"text\": \"t\"}\nnot json\n{\"id\": 2, \"body\": \"u\"}\n",
            ),
            ("h.csv", "x,y\n1,2\n"),
            ("i.png", "\0"),
        ],
    );
    std::fs::write(path.join("k.txt"), b"ok\nbad \xff\n").unwrap();
    std::fs::write(path.join("broken.pdf"), b"%PDF-1.4 nonsense").unwrap();
    let (ids, problems) = ids(path);
    assert_eq!(ids, ["a.md", "b/c.txt", "d.html", "r1", "f.csv:3", "j1", "2"]);
    let shown = problems.join("\n");
    assert_eq!(problems.len(), 4, "{shown}");
    assert!(problems[0].contains("broken.pdf: not readable as PDF"), "{shown}");
    assert!(problems[1].contains("g.jsonl:2: no JSON object"), "{shown}");
    assert!(
        problems[2].contains("h.csv:1: no column holds the text (columns: x, y)"),
        "{shown}"
    );
    assert!(problems[3].contains("k.txt:2: not UTF-8"), "{shown}");
}

#[test]
fn research_collections_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    write(
        path,
        &[
            (
                "beir/corpus.jsonl",
                "{\"_id\": \"d1\", \"title\": \"T\", \"text\": \"x\"}\n",
            ),
            (
                "beir/queries.jsonl",
                "{\"_id\": \"q1\", \"text\": \"ask\"}\n{\"_id\": \"q2\", \"text\": \"other\"}\n",
            ),
            ("beir/qrels/test.tsv", "query-id\tcorpus-id\tscore\nq1\td1\t2\n"),
            (
                "trec.sgml",
                "<DOC>\n<DOCNO> FT-1 </DOCNO>\n<TEXT>one <b>two</b></TEXT>\n</DOC>\n<DOC><DOCNO>FT-2</DOCNO>x</DOC>",
            ),
            ("smart.all", ".I 1\n.T\ntitle\n.A\nauthor\n.W\nwords\n"),
            (
                "topics",
                "<top>\n<num> Number: 301\n<title> some words\n<desc> more\n</top>\n",
            ),
        ],
    );
    assert_eq!(ids(&path.join("beir")).0, ["d1"]);
    let beir = Beir::read(&path.join("beir"), "test").unwrap();
    assert_eq!((beir.queries.len(), beir.queries[0].text.as_str()), (1, "ask"));
    assert_eq!(beir.qrels.to_trec(), "q1 0 d1 2\n");
    let error = Beir::read(&path.join("beir"), "dev").unwrap_err().to_string();
    assert!(error.ends_with("no such split; there are: test"), "{error}");
    let trec = load(&path.join("trec.sgml")).unwrap();
    assert_eq!(trec.documents[0].text, "one two");
    assert_eq!(trec.documents[1].id, "FT-2");
    assert_eq!(load(&path.join("smart.all")).unwrap().documents[0].text, "title\nwords");
    let topics = aisys::retrieve::corpus::read_trec_topics(&path.join("topics")).unwrap();
    assert_eq!((topics[0].id.as_str(), topics[0].text.as_str()), ("301", "some words"));
}

#[test]
fn the_shipped_help_centre_answers() {
    let corpus = load(&root("suites/help-centre")).unwrap();
    assert!(corpus.problems.is_empty(), "{:?}", corpus.problems);
    let cut = cut(&corpus, Chunking::default());
    let retriever = build(&RetrievalSpec::default(), &cut, &Models::none()).unwrap();
    let hits = retriever.search("How long do I have to send an item back?", 5).unwrap();
    let found: Vec<_> = hits.iter().map(|hit| hit.passage.id.as_str()).collect();
    assert!(found.iter().any(|id| id.starts_with("returns.md#")), "{found:?}");
    // Another thread count, the same hits.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let again = pool
        .install(|| retriever.search("How long do I have to send an item back?", 5))
        .unwrap();
    assert_eq!(hits, again);
}

#[test]
fn the_process_that_reads_pdf_says_what_is_wrong() {
    let mut command = assert_cmd::Command::cargo_bin("aisys").unwrap();
    let output = command
        .arg("pdf-text")
        .write_stdin("%PDF-1.4 nonsense")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.lines().last().unwrap().starts_with("error: not readable as PDF"),
        "{said}"
    );
}
