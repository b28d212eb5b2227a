//! What the judges of this process see in a text: sentences, words with their stems, quantities. English
//! where a language matters (stems, function words, number words); other scripts still split into words.

mod lists;
mod quantity;
mod sentence;
mod word;

pub(crate) use lists::{NEGATIONS, opposite};
pub(crate) use quantity::{Quantity, quantities};
pub(crate) use sentence::sentences;
pub(crate) use word::{Role, Word, words};
