//! The measures and their names.

use std::fmt;
use std::str::FromStr;

use super::average_precision::average_precision;
use super::bpref::bpref;
use super::judged::Judged;
use super::ndcg::ndcg;
use super::precision::{judged_share, precision, r_precision, recall, reciprocal_rank, success};

/// What a grade is worth in nDCG.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Gain {
    /// The grade itself: `trec_eval`.
    Linear,
    /// 2^grade − 1.
    Exponential,
}

impl Gain {
    pub(super) fn of(self, grade: i32) -> f64 {
        match self {
            Self::Linear => f64::from(grade),
            Self::Exponential => f64::from(grade).exp2() - 1.0,
        }
    }
}

/// A measure of one query's ranking. A cut-off is a number of ranks, at least 1; without one the whole
/// ranking counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Measure {
    /// `precision@k`, in `trec_eval` `P_k`.
    Precision(usize),
    /// `recall@k`, `recall_k`; without a cut-off `set_recall`.
    Recall(Option<usize>),
    /// `hit@k`, `success_k`: 1 when one of the first k is relevant.
    Hit(usize),
    /// `mrr`, `recip_rank`; also with a cut-off.
    ReciprocalRank(Option<usize>),
    /// `map`, `map_cut_k`: average precision.
    AveragePrecision(Option<usize>),
    /// `ndcg`, `ndcg_cut_k`; `ndcg_exp` with the exponential gain.
    Ndcg(Option<usize>, Gain),
    /// `rprec`, `Rprec`.
    RPrecision,
    /// `bpref`.
    Bpref,
    /// `judged@k`: the share of the first k that is judged.
    Judged(usize),
    /// `num_ret`: how many documents were ranked.
    Retrieved,
    /// `num_rel`: how many are relevant.
    Relevant,
    /// `num_rel_ret`: how many relevant ones were ranked.
    RelevantRetrieved,
}

/// A name that is no measure's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no retrieval measure: precision@K, recall@K, hit@K, mrr, mrr@K, map, map@K, ndcg, ndcg@K, \
     ndcg_exp@K, rprec, bpref, judged@K, num_ret, num_rel, num_rel_ret (K from 1), or trec_eval's names for them"
)]
pub struct MeasureError(pub String);

impl Measure {
    /// The measure's value; 0 for a query without relevant documents, as `trec_eval` has it.
    #[must_use]
    pub fn value(self, judged: &Judged) -> f64 {
        match self {
            Self::Precision(cut) => precision(judged, cut),
            Self::Recall(cut) => recall(judged, cut),
            Self::Hit(cut) => success(judged, cut),
            Self::ReciprocalRank(cut) => reciprocal_rank(judged, cut),
            Self::AveragePrecision(cut) => average_precision(judged, cut),
            Self::Ndcg(cut, gain) => ndcg(judged, cut, gain),
            Self::RPrecision => r_precision(judged),
            Self::Bpref => bpref(judged),
            Self::Judged(cut) => judged_share(judged, cut),
            Self::Retrieved => count(judged.grades.len()),
            Self::Relevant => count(judged.relevant()),
            Self::RelevantRetrieved => count(judged.found(None)),
        }
    }

    /// Whether it counts: then a run's value is the sum over queries, else the mean.
    pub const fn is_count(self) -> bool {
        matches!(self, Self::Retrieved | Self::Relevant | Self::RelevantRetrieved)
    }

    /// The same measure at another cut-off; `None` for one that has none.
    #[must_use]
    pub const fn at(self, cut: usize) -> Option<Self> {
        Some(match self {
            Self::Precision(_) => Self::Precision(cut),
            Self::Recall(_) => Self::Recall(Some(cut)),
            Self::Hit(_) => Self::Hit(cut),
            Self::ReciprocalRank(_) => Self::ReciprocalRank(Some(cut)),
            Self::AveragePrecision(_) => Self::AveragePrecision(Some(cut)),
            Self::Ndcg(_, gain) => Self::Ndcg(Some(cut), gain),
            Self::Judged(_) => Self::Judged(cut),
            _ => return None,
        })
    }
}

impl fmt::Display for Measure {
    /// The short name: `ndcg@10`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, cut) = match *self {
            Self::Precision(cut) => ("precision", Some(cut)),
            Self::Recall(cut) => ("recall", cut),
            Self::Hit(cut) => ("hit", Some(cut)),
            Self::ReciprocalRank(cut) => ("mrr", cut),
            Self::AveragePrecision(cut) => ("map", cut),
            Self::Ndcg(cut, Gain::Linear) => ("ndcg", cut),
            Self::Ndcg(cut, Gain::Exponential) => ("ndcg_exp", cut),
            Self::RPrecision => ("rprec", None),
            Self::Bpref => ("bpref", None),
            Self::Judged(cut) => ("judged", Some(cut)),
            Self::Retrieved => ("num_ret", None),
            Self::Relevant => ("num_rel", None),
            Self::RelevantRetrieved => ("num_rel_ret", None),
        };
        match cut {
            Some(cut) => write!(f, "{name}@{cut}"),
            None => f.write_str(name),
        }
    }
}

impl FromStr for Measure {
    type Err = MeasureError;

    /// Short names (`ndcg@10`), and `trec_eval`'s (`ndcg_cut_10`, `ndcg_cut.10`), whatever their case.
    fn from_str(name: &str) -> Result<Self, MeasureError> {
        let wrong = || MeasureError(name.to_owned());
        let lower = name.to_ascii_lowercase();
        let digits = lower.trim_end_matches(|char: char| char.is_ascii_digit());
        let (base, cut) = if digits.len() == lower.len() {
            (lower.as_str(), None)
        } else {
            let base = digits.strip_suffix(['@', '_', '.']).ok_or_else(wrong)?;
            let cut: usize = lower[digits.len()..].parse().map_err(|_| wrong())?;
            (
                base,
                Some(cut)
                    .filter(|cut| *cut > 0)
                    .map_or_else(|| Err(wrong()), |cut| Ok(Some(cut)))?,
            )
        };
        let needed = || cut.ok_or_else(wrong);
        let measure = match base {
            "p" | "precision" => Self::Precision(needed()?),
            "recall" | "set_recall" => Self::Recall(cut),
            "hit" | "hit_rate" | "success" => Self::Hit(needed()?),
            "mrr" | "recip_rank" => Self::ReciprocalRank(cut),
            "map" | "map_cut" => Self::AveragePrecision(cut),
            "ndcg" | "ndcg_cut" => Self::Ndcg(cut, Gain::Linear),
            "ndcg_exp" => Self::Ndcg(cut, Gain::Exponential),
            "rprec" if cut.is_none() => Self::RPrecision,
            "bpref" if cut.is_none() => Self::Bpref,
            "judged" => Self::Judged(needed()?),
            "num_ret" if cut.is_none() => Self::Retrieved,
            "num_rel" if cut.is_none() => Self::Relevant,
            "num_rel_ret" if cut.is_none() => Self::RelevantRetrieved,
            _ => return Err(wrong()),
        };
        Ok(measure)
    }
}

/// A share; 0 of 0 is 0, as `trec_eval` has it.
pub(super) fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { count(part) / count(whole) }
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
const fn count(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        let names = "precision@5 recall@100 recall hit@1 mrr mrr@10 map map@100 ndcg ndcg@10 ndcg_exp@10 rprec bpref \
                     judged@10 num_ret num_rel num_rel_ret";
        for name in names.split(' ') {
            assert_eq!(name.parse::<Measure>().unwrap().to_string(), name);
        }
        for (theirs, ours) in [("P_5", "precision@5"), ("ndcg_cut.10", "ndcg@10"), ("Rprec", "rprec")] {
            assert_eq!(theirs.parse::<Measure>().unwrap().to_string(), ours);
        }
        for wrong in [
            "",
            "ndcg@0",
            "ndcg@",
            "@5",
            "5",
            "p",
            "hit",
            "bpref@3",
            "ndcg@99999999999999999999",
        ] {
            assert!(wrong.parse::<Measure>().is_err(), "{wrong}");
        }
    }
}
