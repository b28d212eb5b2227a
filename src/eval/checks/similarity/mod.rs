//! How alike two texts are: by words in common, by edits, by meaning.

mod bleu;
mod embedding;
mod gleu;
mod levenshtein;
mod meteor;
mod ngrams;
mod porter;
mod rouge;
mod treebank;

pub(super) use bleu::bleu;
pub(super) use embedding::{cosine, cosine_of, dot, embed, euclidean};
pub(super) use gleu::gleu;
pub(super) use levenshtein::{edit_similarity, levenshtein};
pub(super) use meteor::meteor;
pub(super) use rouge::{rouge_l, rouge_n};
