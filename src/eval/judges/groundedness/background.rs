//! How much a word tells: the rarer, the more.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::text::{Role, Word, sentences, words};

/// In how many texts of the fitted data a stem occurs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Background {
    /// How many texts were counted.
    pub texts: u32,
    /// The texts of each stem, for stems that are in more than a few.
    pub stems: BTreeMap<String, u32>,
}

/// A stem in fewer texts counts as unknown: it would only name what the data happen to be about.
const FEWEST: u32 = 4;

impl Background {
    /// Counts the stems of texts.
    pub(super) fn count<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let mut background = Self::default();
        for text in texts {
            background.texts += 1;
            let mut stems: Vec<String> = sentences(text)
                .into_iter()
                .flat_map(|range| words(&text[range]))
                .filter(|word| word.role == Role::Content)
                .map(|word| word.stem)
                .collect();
            stems.sort_unstable();
            stems.dedup();
            for stem in stems {
                *background.stems.entry(stem).or_default() += 1;
            }
        }
        background.stems.retain(|_, count| *count >= FEWEST);
        background
    }

    /// From 0 for grammar to 1 for a number and for what is never heard of: the inverse document
    /// frequency as a share of the greatest.
    pub(in crate::eval::judges) fn weight(&self, word: &Word) -> f64 {
        match word.role {
            Role::Function => 0.0,
            Role::Number => 1.0,
            Role::Content => {
                let count = self.stems.get(&word.stem).copied().unwrap_or(FEWEST - 1);
                let rarest = f64::from(self.texts.max(FEWEST)) / f64::from(FEWEST);
                let own = f64::from(self.texts.max(FEWEST)) / f64::from(count + 1);
                if rarest <= 1.0 {
                    1.0
                } else {
                    (own.ln() / rarest.ln()).clamp(0.1, 1.0)
                }
            }
        }
    }
}
