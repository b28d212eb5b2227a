//! The corpus of a suite, cut and indexed once for all variants that search it alike.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

use crate::embedded;
use crate::retrieve::chunk::{Cut, cut};
use crate::retrieve::corpus::{Corpus, load};
use crate::retrieve::{CorpusError, Models, RetrievalKind, RetrievalSpec, Retriever, connect};

use super::prepare::PrepareError;
use super::suite::{Suite, SuiteError, Variant};

/// What is searched.
#[derive(Default)]
pub(super) struct Corpora {
    cut: Option<Cut>,
    problems: Vec<CorpusError>,
    digest: String,
    /// Retrievers that are built, by their settings.
    built: Mutex<Vec<(RetrievalSpec, Arc<dyn Retriever>)>>,
}

impl Corpora {
    /// Reads and cuts the corpus that a suite names; nothing without one.
    pub(super) fn load(suite: &Suite) -> Result<Self, PrepareError> {
        let Some(settings) = &suite.corpus else {
            return Ok(Self::default());
        };
        let mut corpus = Corpus::default();
        let several = settings.paths.len() > 1;
        for path in &settings.paths {
            let read = load(path);
            let read = read.map_err(|error| SuiteError::at(&settings.place, format!("the corpus: {error}")))?;
            let folder = path.file_name().map(|name| name.to_string_lossy().into_owned());
            for mut document in read.documents {
                if several && path.is_dir() {
                    // Two folders may hold files of one name.
                    document.id = format!("{}/{}", folder.clone().unwrap_or_default(), document.id);
                }
                corpus.documents.push(document);
            }
            corpus.problems.extend(read.problems);
        }
        for name in &settings.without {
            if !corpus.documents.iter().any(|document| document.id == *name) {
                let names = corpus.documents.iter().map(|document| document.id.as_str());
                return Err(SuiteError::unknown(&settings.place, "document", name, names).into());
            }
        }
        let mut corpus = corpus.without(&settings.without);
        let problems = std::mem::take(&mut corpus.problems);
        let cut = cut(&corpus, settings.chunking);
        let mut hasher = Sha256::new();
        for passage in &cut.passages {
            hasher.update(passage.id.as_bytes());
            hasher.update([0]);
            hasher.update(passage.text.as_bytes());
            hasher.update([0]);
        }
        let digest = crate::store::hex(&hasher.finalize());
        Ok(Self {
            cut: Some(cut),
            problems,
            digest,
            built: Mutex::default(),
        })
    }

    /// Whether there is a corpus of ours.
    pub(super) fn is_some(&self) -> bool {
        self.cut.is_some()
    }

    /// The passages and sections.
    pub(super) fn cut(&self) -> Option<&Cut> {
        self.cut.as_ref()
    }

    /// What could not be read.
    pub(super) fn problems(&self) -> impl Iterator<Item = &CorpusError> {
        self.problems.iter()
    }

    /// A hash of all passages; empty without a corpus.
    pub(super) fn digest(&self) -> &str {
        &self.digest
    }

    /// The documents and sections that cases may name.
    pub(super) fn keys(&self) -> Option<Vec<String>> {
        let cut = self.cut.as_ref()?;
        let keys = cut.sections.iter().flat_map(|(document, sections)| {
            let of_sections = sections
                .iter()
                .map(move |section| format!("{document}#{}", section.slug));
            std::iter::once(document.clone()).chain(of_sections)
        });
        Some(keys.collect())
    }

    /// What finds passages for a variant; `None` when nothing does.
    pub(super) async fn retriever(
        &self,
        variant: &Variant,
        models: &embedded::Models,
        home: &Path,
    ) -> Result<Option<Arc<dyn Retriever>>, PrepareError> {
        let Some(spec) = &variant.retrieval else {
            return Ok(None);
        };
        // How many passages are shown changes no index.
        let alike = RetrievalSpec {
            top_k: 0,
            ..spec.clone()
        };
        let known = |built: &[(RetrievalSpec, Arc<dyn Retriever>)]| {
            built
                .iter()
                .find(|(spec, _)| *spec == alike)
                .map(|(_, retriever)| Arc::clone(retriever))
        };
        if let Some(built) = known(&self.built()) {
            return Ok(Some(built));
        }
        let none = Cut::default();
        let cache = home.join("cache");
        let tools = Models {
            embedder: &|name| models.embedder(name),
            reranker: &|name| models.reranker(name),
            cache: Some(&cache),
            progress: &|_, _| {},
        };
        let built = connect(spec, self.cut.as_ref().unwrap_or(&none), &tools).await;
        let built = built.map_err(|error| {
            let message = format!("retrieval of `{}`: {error}", variant.name);
            match spec.kind {
                RetrievalKind::Http | RetrievalKind::Pgvector => PrepareError::Outside(message),
                _ => SuiteError::at(&variant.place, message).into(),
            }
        })?;
        self.built().push((alike, Arc::clone(&built)));
        Ok(Some(built))
    }

    fn built(&self) -> std::sync::MutexGuard<'_, Vec<(RetrievalSpec, Arc<dyn Retriever>)>> {
        self.built.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
