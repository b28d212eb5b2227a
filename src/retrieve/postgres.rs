//! Asking the table: `SELECT … ORDER BY embedding <=> $1 LIMIT …`.

use std::fmt::Write as _;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio_postgres::{Client, NoTls};

use super::error::RetrieveError;
use super::pgvector::PgvectorSpec;
use super::retriever::Retriever;
use super::{Hit, Passage};
use crate::embedded::Embedder;

/// A table of passages with vectors.
pub(super) struct PgvectorStore {
    client: Client,
    query: String,
    embedder: Arc<dyn Embedder>,
}

impl PgvectorStore {
    /// Connects, without TLS: to a server on this machine, or through a tunnel.
    pub(super) async fn connect(
        connection: &str,
        spec: &PgvectorSpec,
        embedder: Arc<dyn Embedder>,
    ) -> Result<Self, RetrieveError> {
        let (client, link) = tokio_postgres::connect(connection, NoTls)
            .await
            .map_err(|error| failed(&error))?;
        // It ends when the client is dropped; what goes wrong on the way is told to whoever asks next.
        tokio::spawn(link);
        Ok(Self {
            client,
            query: query(spec)?,
            embedder,
        })
    }

    async fn ask(&self, question: &str, top_k: usize) -> Result<Vec<Hit>, RetrieveError> {
        let (embedder, question) = (Arc::clone(&self.embedder), question.to_owned());
        let embed = tokio::task::spawn_blocking(move || embedder.embed(&[&question]));
        let vectors = embed.await.map_err(|error| RetrieveError::Cut(error.to_string()))??;
        let vector = literal(vectors.first().map_or(&[], Vec::as_slice));
        let most = i64::try_from(top_k).unwrap_or(i64::MAX);
        let rows = self
            .client
            .query(&self.query, &[&vector, &most])
            .await
            .map_err(|error| failed(&error))?;
        let hits = rows.iter().map(|row| {
            let text = |at: usize| row.try_get::<_, String>(at).map_err(|error| failed(&error));
            let (id, words, document) = (text(0)?, text(1)?, text(2)?);
            let distance: f64 = row.try_get(3).map_err(|error| failed(&error))?;
            Ok(Hit {
                passage: Arc::new(Passage {
                    id,
                    document,
                    headings: Vec::new(),
                    bytes: 0..words.len(),
                    text: words,
                }),
                score: 1.0 - distance,
            })
        });
        hits.collect()
    }
}

impl Retriever for PgvectorStore {
    fn retrieve<'a>(&'a self, question: &'a str, top_k: usize) -> BoxFuture<'a, Result<Vec<Hit>, RetrieveError>> {
        Box::pin(self.ask(question, top_k))
    }
}

/// The statement: the nearest by cosine distance, and of equals the first by identifier, so that runs
/// repeat. Names are quoted, so that none is more than a name.
fn query(spec: &PgvectorSpec) -> Result<String, RetrieveError> {
    let column = |name: &str| quoted(name);
    let (id, text, embedding) = (column(&spec.id)?, column(&spec.text)?, column(&spec.embedding)?);
    let document = spec.document.as_deref().map_or_else(|| Ok(id.clone()), column)?;
    let table = spec
        .table
        .split('.')
        .map(quoted)
        .collect::<Result<Vec<_>, _>>()?
        .join(".");
    Ok(format!(
        "SELECT {id}::text, {text}::text, {document}::text, ({embedding} <=> $1::text::vector)::float8 AS distance \
         FROM {table} WHERE {embedding} IS NOT NULL AND {text} IS NOT NULL \
         ORDER BY {embedding} <=> $1::text::vector, {id}::text LIMIT $2"
    ))
}

fn quoted(name: &str) -> Result<String, RetrieveError> {
    if name.is_empty() || name.contains('\0') {
        return Err(RetrieveError::Settings(format!(
            "`{name}` is no name of a table or column"
        )));
    }
    Ok(format!("\"{}\"", name.replace('"', "\"\"")))
}

/// A vector as pgvector reads it: `[1,0.5]`.
fn literal(vector: &[f32]) -> String {
    let mut text = String::with_capacity(vector.len() * 10);
    for (at, number) in vector.iter().enumerate() {
        // Writing to a string cannot fail.
        let _ = write!(text, "{}{number}", if at == 0 { '[' } else { ',' });
    }
    text.push(']');
    text
}

/// PostgreSQL's own words; the connection's password is not among them.
fn failed(error: &tokio_postgres::Error) -> RetrieveError {
    let said = error
        .as_db_error()
        .map_or_else(|| error.to_string(), |error| error.message().to_owned());
    let hint = if said.contains("type \"vector\" does not exist") {
        ": the database lacks pgvector (CREATE EXTENSION vector)"
    } else {
        ""
    };
    RetrieveError::Store(format!("PostgreSQL: {said}{hint}"))
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};
    use std::process::Command;

    use super::*;
    use crate::retrieve::hashing::HashEmbedder;

    /// A PostgreSQL with pgvector in a folder of its own, stopped when dropped.
    struct Server {
        binaries: PathBuf,
        folder: tempfile::TempDir,
    }

    /// The programs of the wheel `pgserver`, which holds PostgreSQL and pgvector.
    fn binaries() -> PathBuf {
        let packages = Path::new(env!("CARGO_MANIFEST_DIR")).join(".venv-peers/lib");
        let found = std::fs::read_dir(packages)
            .into_iter()
            .flatten()
            .flatten()
            .map(|python| {
                let inside = "site-packages/pgserver/pginstall/bin";
                python.path().join(inside)
            });
        let found = found.filter(|folder| folder.join("postgres").exists()).min();
        found.expect("PostgreSQL with pgvector is missing; install it by: tests/setup-peers")
    }

    impl Server {
        fn start() -> Self {
            let server = Self {
                binaries: binaries(),
                folder: tempfile::tempdir().unwrap(),
            };
            let folder = server.folder.path().display().to_string();
            if is_root() {
                let status = Command::new("chown").args(["65534:65534", &folder]).status().unwrap();
                assert!(status.success());
            }
            let data = format!("{folder}/data");
            server.run("initdb", &["-D", &data, "-U", "postgres", "-A", "trust", "--no-sync"]);
            let options = format!("-k {folder} -c listen_addresses= -c fsync=off");
            let log = format!("{folder}/log");
            server.run("pg_ctl", &["-D", &data, "-o", &options, "-l", &log, "-w", "start"]);
            server
        }

        /// Runs a program of PostgreSQL, which refuses to run as root: then as nobody.
        fn run(&self, program: &str, words: &[&str]) {
            let program = self.binaries.join(program);
            let mut command = if is_root() {
                let mut command = Command::new("setpriv");
                command
                    .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
                    .arg(program);
                command
            } else {
                Command::new(program)
            };
            let folder = self.folder.path();
            // Output to files: a server that inherits a pipe would keep it open.
            let said = folder.join("said");
            let out = std::fs::File::create(&said).unwrap();
            let status = command
                .args(words)
                .current_dir(folder)
                .stdout(out.try_clone().unwrap())
                .stderr(out)
                .status();
            assert!(status.unwrap().success(), "{}", std::fs::read_to_string(said).unwrap());
        }

        fn connection(&self) -> String {
            format!("host={} user=postgres dbname=postgres", self.folder.path().display())
        }
    }

    impl Drop for Server {
        fn drop(&mut self) {
            let data = self.folder.path().join("data").display().to_string();
            self.run("pg_ctl", &["-D", &data, "-m", "immediate", "stop"]);
        }
    }

    fn is_root() -> bool {
        let id = Command::new("id").arg("-u").output().unwrap();
        id.stdout.starts_with(b"0\n")
    }

    #[tokio::test]
    async fn a_real_table_gives_the_nearest_rows() {
        let server = Server::start();
        let (client, link) = tokio_postgres::connect(&server.connection(), NoTls).await.unwrap();
        tokio::spawn(link);
        let embedder: Arc<dyn Embedder> = Arc::new(HashEmbedder);
        let setup = format!(
            "CREATE EXTENSION vector; CREATE SCHEMA kb; \
             CREATE TABLE kb.\"Our passages\" (id int, body text, source text, embedding vector({}))",
            embedder.dimensions()
        );
        client.batch_execute(&setup).await.unwrap();
        let rows = [
            (2, "returns take thirty days"),
            (1, "returns take thirty days"),
            (3, "kettles boil water"),
        ];
        for (id, body) in rows {
            let vector = literal(&embedder.embed(&[body]).unwrap()[0]);
            let insert = "INSERT INTO kb.\"Our passages\" VALUES ($1, $2, 'd.md', $3::text::vector)";
            client.execute(insert, &[&id, &body, &vector]).await.unwrap();
        }
        let spec = PgvectorSpec {
            table: "kb.Our passages".to_owned(),
            text: "body".to_owned(),
            document: Some("source".to_owned()),
            ..PgvectorSpec::default()
        };
        let store = PgvectorStore::connect(&server.connection(), &spec, embedder)
            .await
            .unwrap();
        let hits = store.retrieve("how long do returns take", 2).await.unwrap();
        let ids: Vec<_> = hits.iter().map(|hit| hit.passage.id.as_str()).collect();
        assert_eq!(ids, ["1", "2"]);
        assert_eq!(
            (hits[0].passage.document.as_str(), hits[0].score),
            ("d.md", hits[1].score)
        );
        assert!(hits[0].score > 0.3, "{}", hits[0].score);
        let wrong = PgvectorSpec {
            table: "kb.nothing; DROP TABLE kb".to_owned(),
            ..spec
        };
        let store = PgvectorStore::connect(&server.connection(), &wrong, Arc::new(HashEmbedder))
            .await
            .unwrap();
        let error = store.retrieve("q", 2).await.unwrap_err().to_string();
        assert!(error.starts_with("PostgreSQL: relation"), "{error}");
    }
}
