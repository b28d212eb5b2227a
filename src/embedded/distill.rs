//! Making a table of token vectors out of an embedder.
//!
//! No corpus is read, so that nothing is tuned to any: the model is asked about bags of its own tokens, and
//! each token gets the vector whose mean over a bag comes nearest to what the model says of the bag. How long
//! that vector is, and so how much the token counts, comes out of the same fit. `static/README.md` tells the
//! steps and why.

use super::linear::{Bags, Rows, principal};
use super::{BertEmbedder, ModelError, StaticTable};
use crate::rng::Chance;

/// Everything random comes from this.
const SEED: u64 = 1;
/// Bags for each token of the vocabulary.
const BAGS_PER_TOKEN: usize = 2;
/// Tokens in a bag, at least and at most.
const SIZES: std::ops::RangeInclusive<usize> = 2..=12;
/// How strongly a token's own vector holds against what its bags say.
const RIDGE: f32 = 0.001;
/// Steps of the fit; it moves no more after some thirty.
const STEPS: usize = 30;
/// Of each hundred directions the strongest one is left out: it tells how common a token is, not what it
/// means (Mu and Viswanath, "All-but-the-Top", 2018).
const DIRECTIONS_FOR_ONE_LEFT_OUT: usize = 100;
/// Tokens that are embedded between two notes.
const PORTION: usize = 4_096;

/// Makes the table; `note` gets a line now and then.
///
/// The same model on the same kind of processor gives the same bytes.
///
/// # Errors
/// Fails when the model's vocabulary is not BERT's kind, or the model fails.
pub fn distill(embedder: &BertEmbedder, dimensions: usize, note: &mut dyn FnMut(&str)) -> Result<Vec<u8>, ModelError> {
    let pieces = embedder.pieces();
    if !pieces.iter().any(|(_, piece)| piece.starts_with("##")) {
        return Err(ModelError::new(
            "a table is made of a vocabulary in pieces of words (WordPiece, with ##); this model has another",
        ));
    }
    let wide = super::Embedder::dimensions(embedder);
    if dimensions == 0 || dimensions > wide {
        return Err(ModelError::new(format!(
            "the vectors have {wide} numbers and cannot have {dimensions}"
        )));
    }
    let mut alone = embed(embedder, &pieces, &singles(pieces.len()), "tokens alone", note)?;
    let mean = alone.mean();
    alone.centre(&mean);
    let bags = bags(&pieces);
    let mut targets = embed(embedder, &pieces, &bags, "bags of tokens", note)?;
    let mean = targets.mean();
    targets.centre(&mean);
    note("fitting the tokens to the bags");
    let fitted = Bags::new(bags, pieces.len()).fit(&alone, &targets, RIDGE, STEPS);
    note("turning the vectors so that few numbers tell most");
    let shorter = shorten(&fitted, dimensions);
    let mut vectors = shorter;
    for (vector, weight) in vectors.iter_mut().zip(weights(&pieces)) {
        scale(vector, weight);
    }
    let names = pieces.iter().map(|(_, piece)| piece.clone());
    let rows: Vec<(String, Vec<f32>)> = names.zip(vectors).collect();
    StaticTable::write(&rows)
}

fn singles(count: usize) -> Vec<Vec<u32>> {
    (0..u32::try_from(count).unwrap_or(u32::MAX))
        .map(|at| vec![at])
        .collect()
}

/// Bags of places among the pieces. Each token begins as many; of the others half are drawn alike and half by
/// Zipf's law (rank from the vocabulary, which BERT's is ordered by), so that the words that hold every text
/// together are in most bags.
fn bags(pieces: &[(u32, String)]) -> Vec<Vec<u32>> {
    let mut chance = Chance::seeded(SEED, "distill");
    let words: Vec<u32> = (0_u32..)
        .zip(pieces)
        .filter(|(_, (_, piece))| is_word(piece))
        .map(|(place, _)| place)
        .collect();
    #[expect(clippy::cast_precision_loss, reason = "a rank")]
    let cumulated: Vec<f64> = (0..words.len())
        .scan(0.0, |sum, rank| {
            *sum += 1.0 / (rank as f64 + 5.0);
            Some(*sum)
        })
        .collect();
    let whole = cumulated.last().copied().unwrap_or(1.0);
    let mut bags = Vec::with_capacity(pieces.len() * BAGS_PER_TOKEN);
    for _ in 0..BAGS_PER_TOKEN {
        for first in 0..u32::try_from(pieces.len()).unwrap_or(u32::MAX) {
            let size = SIZES.start() + chance.below(SIZES.end() - SIZES.start() + 1);
            let mut bag = vec![first];
            while bag.len() < size {
                let drawn = if chance.coin() && !words.is_empty() {
                    let at = chance.unit() * whole;
                    words[cumulated.partition_point(|sum| *sum < at).min(words.len() - 1)]
                } else {
                    u32::try_from(chance.below(pieces.len())).unwrap_or(0)
                };
                bag.push(drawn);
            }
            // The first anywhere in the bag.
            let place = chance.below(size);
            bag.swap(0, place);
            bags.push(bag);
        }
    }
    bags
}

/// The model's unit vectors of bags.
fn embed(
    embedder: &BertEmbedder,
    pieces: &[(u32, String)],
    bags: &[Vec<u32>],
    what: &str,
    note: &mut dyn FnMut(&str),
) -> Result<Rows, ModelError> {
    let mut vectors = Vec::with_capacity(bags.len());
    for portion in bags.chunks(PORTION) {
        let ids = portion
            .iter()
            .map(|bag| bag.iter().map(|place| pieces[*place as usize].0).collect());
        vectors.extend(embedder.embed_ids(ids.collect())?);
        note(&format!("{what}: {} of {}", vectors.len(), bags.len()));
    }
    Ok(Rows::new(&vectors))
}

fn scale(vector: &mut [f32], by: f32) {
    for x in vector {
        *x *= by;
    }
}

/// Whether a piece is a word or begins one. Single characters stand before them in the vocabulary.
fn is_word(piece: &str) -> bool {
    piece.chars().count() > 1 && !piece.starts_with("##")
}

/// How much each piece counts beside the length of its vector: the information that it carries by Zipf's law,
/// as a share of the rarest one's. Letters, digits and signs of ASCII are as common as the commonest word.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "ranks and shares"
)]
fn weights(pieces: &[(u32, String)]) -> Vec<f32> {
    let count = pieces.len().max(2) as f64;
    let first = pieces.iter().position(|(_, piece)| is_word(piece)).unwrap_or(0);
    let information = |rank: f64| {
        // Half of all tokens at most, so that even the commonest word carries something.
        let share = (1.0 / (rank * libm::log(count))).min(0.5);
        libm::log(1.0 / share)
    };
    let most = information(count);
    let weight = |(place, (_, piece)): (usize, &(u32, String))| {
        let rank = match place.checked_sub(first) {
            Some(after) => after as f64 + 1.0,
            None if piece.len() == 1 => 1.0,
            None => count,
        };
        (information(rank) / most) as f32
    };
    pieces.iter().enumerate().map(weight).collect()
}

/// Each row along the strongest directions of all rows but the very strongest. Strong directions are made
/// weaker, by the root of how far rows spread along them: half way to where all count alike.
#[expect(clippy::cast_possible_truncation, reason = "back to the numbers' own size")]
fn shorten(rows: &Rows, dimensions: usize) -> Vec<Vec<f32>> {
    let left_out = (rows.width / DIRECTIONS_FOR_ONE_LEFT_OUT + 1).min(rows.width - dimensions);
    let mut centred = rows.clone();
    centred.centre(&rows.mean());
    let axes: Vec<(Vec<f64>, f64)> = principal(&centred, left_out + dimensions)
        .into_iter()
        .skip(left_out)
        .map(|axis| (axis.direction, 1.0 / axis.deviation.sqrt().max(f64::MIN_POSITIVE)))
        .collect();
    let along = |row: &[f32]| {
        let numbers = axes.iter().map(|(direction, scale)| {
            let product: f64 = direction.iter().zip(row).map(|(a, x)| a * f64::from(*x)).sum();
            (product * scale) as f32
        });
        numbers.collect()
    };
    rows.iter().map(along).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(names: &[&str]) -> Vec<(u32, String)> {
        (0..).zip(names.iter().map(|name| (*name).to_owned())).collect()
    }

    #[test]
    fn every_token_is_in_bags_and_the_same_ones_each_time() {
        let pieces = pieces(&["a", "the", "of", "##s", "wing"]);
        let made = bags(&pieces);
        assert_eq!(made, bags(&pieces));
        assert_eq!(made.len(), 5 * BAGS_PER_TOKEN);
        assert!(made.iter().all(|bag| SIZES.contains(&bag.len())));
        assert!((0..5).all(|piece| made.iter().any(|bag| bag.contains(&piece))));
    }

    #[test]
    fn common_pieces_count_little() {
        let weights = weights(&pieces(&["!", "\u{6f22}", "the", "of", "wing", "##s"]));
        assert_eq!(weights[0], weights[2]);
        assert_eq!(weights[1], 1.0);
        assert!(
            weights[2] <= weights[3] && weights[3] < weights[4] && weights[4] < weights[5],
            "{weights:?}"
        );
    }

    #[test]
    fn vectors_are_turned_along_what_tells_most() {
        // The first direction is left out, the second keeps the root of its spread.
        let rows = Rows::new(&[
            vec![9.0, 0.0, 0.0],
            vec![-9.0, 0.0, 0.0],
            vec![0.0, 4.0, 0.1],
            vec![0.0, -4.0, -0.1],
        ]);
        let short = shorten(&rows, 1);
        assert!(short[0][0].abs() < 0.01 && short[1][0].abs() < 0.01, "{short:?}");
        // The deviation along it is sqrt(2 · 16 / 4) = 2.83, its root 1.68: 4 / 1.68.
        assert!((short[2][0].abs() - 2.378).abs() < 0.01, "{short:?}");
    }
}
