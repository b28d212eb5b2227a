//! Models that run inside this process, and where their weights come from.
//!
//! [`Models`] loads them by name: the table of token vectors that ships, what is in the [`Store`], or a file.
//! Everything but the table is behind the cargo feature `models`. Nothing here goes to the network but
//! [`Hub::pull`], which only `aisys models pull` calls.

#![cfg_attr(not(feature = "models"), allow(dead_code, reason = "what only transformers need"))]

mod add;
mod archive;
#[cfg(feature = "models")]
mod bert;
#[cfg(feature = "models")]
mod classifier;
#[cfg(feature = "models")]
mod cross_encoder;
#[cfg(feature = "models")]
mod distill;
#[cfg(feature = "models")]
mod encoder;
mod files;
#[cfg(feature = "models")]
mod gguf;
#[cfg(feature = "models")]
mod kernels;
mod late_interaction;
#[cfg(feature = "models")]
mod linear;
mod manifest;
mod models;
#[cfg(feature = "models")]
mod nli;
mod pull;
mod recognise;
mod registry;
#[cfg(feature = "models")]
mod sequences;
mod settings;
mod static_table;
mod store;
mod traits;
mod vector;
#[cfg(feature = "models")]
mod weights;
mod wordpiece;

#[cfg(feature = "models")]
pub use bert::BertEmbedder;
#[cfg(feature = "models")]
pub use cross_encoder::CrossEncoder;
#[cfg(feature = "models")]
pub use distill::distill;
#[cfg(feature = "models")]
pub use gguf::{Generated, GgufModel};
pub use late_interaction::LateInteraction;
pub use manifest::{Kind, Manifest, StoredFile};
pub use models::{Models, home};
#[cfg(feature = "models")]
pub use nli::NliModel;
pub use pull::{Hub, Progress};
pub use registry::{REGISTRY, Registered, RegisteredFile, registered};
pub use settings::{Pooling, Settings};
pub use static_table::StaticTable;
pub use store::{Entry, Store};
pub use traits::{Embedder, ModelError, Nli, NliScores, Reranker, TokenVectors};
