//! The user's own table in PostgreSQL with the `vector` extension (pgvector 0.4 and later).

use std::sync::Arc;

use super::error::RetrieveError;
use super::retriever::Retriever;
use crate::embedded::Embedder;

/// Where the table is and which columns hold what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PgvectorSpec {
    /// The environment's variable that holds the connection, such as
    /// `postgresql://user:password@host/db`: passwords stand in no suite.
    pub connection: String,
    /// The table, with its schema if it is not on the search path.
    pub table: String,
    /// The column of identifiers, of any type.
    pub id: String,
    /// The column of texts.
    pub text: String,
    /// The column of documents; without one a row is its own document.
    pub document: Option<String>,
    /// The column of vectors, made by the same embedder that the suite names.
    pub embedding: String,
}

impl Default for PgvectorSpec {
    fn default() -> Self {
        let text = str::to_owned;
        Self {
            connection: text("DATABASE_URL"),
            table: text("passages"),
            id: text("id"),
            text: text("text"),
            document: None,
            embedding: text("embedding"),
        }
    }
}

/// Connects to the table.
///
/// # Errors
/// Fails when the build has no PostgreSQL, the environment no connection, or the server cannot be reached.
#[cfg(not(feature = "postgres"))]
#[expect(clippy::unused_async, reason = "with the feature it connects")]
pub(super) async fn open(
    _spec: &PgvectorSpec,
    _embedder: Arc<dyn Embedder>,
) -> Result<Arc<dyn Retriever>, RetrieveError> {
    let message = "this aisys was built without PostgreSQL: build it with `--features postgres`";
    Err(RetrieveError::Settings(message.to_owned()))
}

/// Connects to the table.
///
/// # Errors
/// Fails when the environment has no connection or the server cannot be reached.
#[cfg(feature = "postgres")]
pub(super) async fn open(
    spec: &PgvectorSpec,
    embedder: Arc<dyn Embedder>,
) -> Result<Arc<dyn Retriever>, RetrieveError> {
    let variable = &spec.connection;
    let connection = std::env::var(variable).map_err(|_| {
        let message = format!("the environment has no {variable}, which must hold the connection to PostgreSQL");
        RetrieveError::Settings(message)
    })?;
    Ok(Arc::new(
        super::postgres::PgvectorStore::connect(&connection, spec, embedder).await?,
    ))
}
