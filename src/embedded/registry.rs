//! The models that can be had by name: where each lies on the hub, and what its files must be.

use super::manifest::Kind;
use super::settings::{Pooling, Settings};

/// A model by name.
#[derive(Debug)]
pub struct Registered {
    /// The name.
    pub name: &'static str,
    /// What it can do.
    pub kind: Kind,
    /// The repository on the hub.
    pub repository: &'static str,
    /// The commit, so that the same name is the same model for ever; `main` where none is known for sure.
    pub revision: &'static str,
    /// Its licence (SPDX), as the model's page says.
    pub licence: &'static str,
    /// Its files.
    pub files: &'static [RegisteredFile],
    pub(super) pooling: Option<Pooling>,
    pub(super) max_tokens: Option<usize>,
    pub(super) query_prefix: &'static str,
    pub(super) passage_prefix: &'static str,
}

/// A file of such a model.
#[derive(Debug)]
pub struct RegisteredFile {
    /// Its path in the repository.
    pub name: &'static str,
    /// Its bytes and their SHA-256, where they are known for sure. Elsewhere the first download is trusted,
    /// and says so.
    pub known: Option<(u64, &'static str)>,
}

impl Registered {
    /// What the model's own files do not say.
    pub(super) fn settings(&self) -> Settings {
        Settings {
            pooling: self.pooling,
            max_tokens: self.max_tokens,
            query_prefix: self.query_prefix.to_owned(),
            passage_prefix: self.passage_prefix.to_owned(),
        }
    }
}

const fn known(name: &'static str, size: u64, sha256: &'static str) -> RegisteredFile {
    RegisteredFile {
        name,
        known: Some((size, sha256)),
    }
}

const fn unknown(name: &'static str) -> RegisteredFile {
    RegisteredFile { name, known: None }
}

/// The tokenizer of BERT in small letters without limits of its own, which several models share.
const BERT_TOKENIZER: &str = "d241a60d5e8f04cc1b2b3e9ef7a4921b27bf526d9f6050ab90f9267a1f9e5c66";

/// All of them. Hashes stand here only where they could be checked: MiniLM's against a published wheel of the
/// same bytes, the others against several independent records of the same commit.
pub static REGISTRY: &[Registered] = &[
    Registered {
        name: "minilm",
        kind: Kind::Embedder,
        repository: "sentence-transformers/all-MiniLM-L6-v2",
        revision: "1110a243fdf4706b3f48f1d95db1a4f5529b4d41",
        licence: "Apache-2.0",
        files: &[
            known(
                "config.json",
                612,
                "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
            ),
            known(
                "tokenizer.json",
                466_247,
                "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
            ),
            known(
                "model.safetensors",
                90_868_376,
                "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            ),
        ],
        pooling: Some(Pooling::Mean),
        max_tokens: Some(256),
        query_prefix: "",
        passage_prefix: "",
    },
    Registered {
        name: "bge-small",
        kind: Kind::Embedder,
        repository: "BAAI/bge-small-en-v1.5",
        revision: "5c38ec7c405ec4b44b94cc5a9bb96e735b38267a",
        licence: "MIT",
        files: &[
            unknown("config.json"),
            known("tokenizer.json", 711_396, BERT_TOKENIZER),
            known(
                "model.safetensors",
                133_466_304,
                "3c9f31665447c8911517620762200d2245a2518d6e7208acc78cd9db317e21ad",
            ),
        ],
        pooling: Some(Pooling::Cls),
        max_tokens: Some(512),
        query_prefix: "Represent this sentence for searching relevant passages: ",
        passage_prefix: "",
    },
    Registered {
        name: "e5-small",
        kind: Kind::Embedder,
        repository: "intfloat/e5-small-v2",
        revision: "ffb93f3bd4047442299a41ebb6fa998a38507c52",
        licence: "MIT",
        files: &[
            unknown("config.json"),
            unknown("tokenizer.json"),
            known(
                "model.safetensors",
                133_466_304,
                "45bfa60070649aae2244fbc9d508537779b93b6f353c17b0f95ceccb1c5116c1",
            ),
        ],
        pooling: Some(Pooling::Mean),
        max_tokens: Some(512),
        query_prefix: "query: ",
        passage_prefix: "passage: ",
    },
    Registered {
        name: "ms-marco-minilm",
        kind: Kind::CrossEncoder,
        repository: "cross-encoder/ms-marco-MiniLM-L-6-v2",
        revision: "233902d25c440f23af6f7d6e94d2946bac0bee0a",
        licence: "Apache-2.0",
        files: &[
            known(
                "config.json",
                794,
                "380e02c93f431831be65d99a4e7e5f67c133985bf2e77d9d4eba46847190bacc",
            ),
            known("tokenizer.json", 711_396, BERT_TOKENIZER),
            known(
                "model.safetensors",
                90_870_598,
                "821d1aa69520101d6e0737f78a042ae25b19e5cb9160701909d10434f4aeb0ae",
            ),
        ],
        pooling: None,
        max_tokens: Some(512),
        query_prefix: "",
        passage_prefix: "",
    },
    Registered {
        name: "nli-deberta-small",
        kind: Kind::Nli,
        repository: "cross-encoder/nli-deberta-v3-small",
        revision: "main",
        licence: "Apache-2.0",
        files: &[
            unknown("config.json"),
            unknown("tokenizer.json"),
            unknown("model.safetensors"),
        ],
        pooling: None,
        max_tokens: Some(512),
        query_prefix: "",
        passage_prefix: "",
    },
    Registered {
        name: "nli-deberta-base",
        kind: Kind::Nli,
        repository: "cross-encoder/nli-deberta-v3-base",
        revision: "main",
        licence: "Apache-2.0",
        files: &[
            unknown("config.json"),
            unknown("tokenizer.json"),
            unknown("model.safetensors"),
        ],
        pooling: None,
        max_tokens: Some(512),
        query_prefix: "",
        passage_prefix: "",
    },
];

/// A model by its name.
#[must_use]
pub fn registered(name: &str) -> Option<&'static Registered> {
    REGISTRY.iter().find(|model| model.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_single_and_hashes_whole() {
        for (at, model) in REGISTRY.iter().enumerate() {
            assert!(REGISTRY[..at].iter().all(|other| other.name != model.name));
            for (size, hash) in model.files.iter().filter_map(|file| file.known) {
                assert!(size > 0 && hash.len() == 64 && hash.bytes().all(|c| c.is_ascii_hexdigit()));
            }
            // A hash is one of a commit: what moves has none.
            assert!(model.revision != "main" || model.files.iter().all(|file| file.known.is_none()));
        }
        assert_eq!(
            registered("minilm").unwrap().repository,
            "sentence-transformers/all-MiniLM-L6-v2"
        );
        assert!(registered("nothing").is_none());
    }
}
