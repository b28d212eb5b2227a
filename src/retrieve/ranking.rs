//! The best of many scores.

use std::cmp::Ordering;

/// A passage by its number in the index, and its score.
pub(super) type Scored = (u32, f64);

/// Higher scores first, and of equals the passage whose identifier comes first: `rank` gives each
/// passage's place in the order of identifiers. The same order on every run and number of threads.
pub(super) fn best_first(rank: &[u32]) -> impl Fn(&Scored, &Scored) -> Ordering {
    |a, b| {
        let by_score = b.1.total_cmp(&a.1);
        by_score.then_with(|| rank[a.0 as usize].cmp(&rank[b.0 as usize]))
    }
}

/// The best `top_k`, in order.
pub(super) fn top(mut scored: Vec<Scored>, top_k: usize, rank: &[u32]) -> Vec<Scored> {
    let order = best_first(rank);
    if scored.len() > top_k && top_k > 0 {
        scored.select_nth_unstable_by(top_k - 1, &order);
    }
    scored.truncate(top_k);
    scored.sort_unstable_by(&order);
    scored
}

/// Each passage's place in the order of identifiers.
pub(super) fn ranks<'a>(ids: impl Iterator<Item = &'a str>) -> Vec<u32> {
    let mut order: Vec<(u32, &str)> = (0..).zip(ids).collect();
    order.sort_unstable_by_key(|(_, id)| *id);
    let mut ranks = vec![0; order.len()];
    for (rank, (at, _)) in (0..).zip(order) {
        ranks[at as usize] = rank;
    }
    ranks
}
