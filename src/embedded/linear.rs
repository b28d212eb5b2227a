//! Matrices of rows, for making a table of token vectors: a ridge fit and principal components.

use rayon::prelude::*;

/// Rows of one length, one after the other.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    pub(super) values: Vec<f32>,
    pub(super) width: usize,
}

impl Rows {
    /// From rows of one length.
    pub(super) fn new(rows: &[Vec<f32>]) -> Self {
        Self {
            values: rows.concat(),
            width: rows.first().map_or(1, Vec::len),
        }
    }

    /// The rows.
    pub(super) fn iter(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks_exact(self.width)
    }

    /// The mean of all rows.
    #[expect(clippy::cast_precision_loss, reason = "a count of rows")]
    pub(super) fn mean(&self) -> Vec<f64> {
        let mut sum = vec![0.0; self.width];
        for row in self.iter() {
            for (total, x) in sum.iter_mut().zip(row) {
                *total += f64::from(*x);
            }
        }
        let count = (self.values.len() / self.width).max(1) as f64;
        sum.iter().map(|total| total / count).collect()
    }

    /// Takes a vector from every row.
    #[expect(clippy::cast_possible_truncation, reason = "back to the numbers' own size")]
    pub(super) fn centre(&mut self, mean: &[f64]) {
        for row in self.values.chunks_exact_mut(self.width) {
            for (x, centre) in row.iter_mut().zip(mean) {
                *x = (f64::from(*x) - centre) as f32;
            }
        }
    }
}

/// Bags of numbered things, each the mean of what its things are: a sparse matrix whose rows sum to 1.
pub(super) struct Bags {
    bags: Vec<Vec<u32>>,
    /// For each thing, the bags that it is in, once for each time.
    holders: Vec<Vec<u32>>,
}

impl Bags {
    /// `things` is one more than the largest number.
    pub(super) fn new(bags: Vec<Vec<u32>>, things: usize) -> Self {
        let mut holders = vec![Vec::new(); things];
        for (number, bag) in (0_u32..).zip(&bags) {
            for thing in bag {
                holders[*thing as usize].push(number);
            }
        }
        Self { bags, holders }
    }

    #[expect(clippy::cast_precision_loss, reason = "bags are small")]
    fn share(&self, bag: usize) -> f32 {
        1.0 / self.bags[bag].len() as f32
    }

    /// The mean of each bag's rows.
    fn means(&self, rows: &Rows) -> Rows {
        let width = rows.width;
        let mut values = vec![0.0_f32; self.bags.len() * width];
        values.par_chunks_exact_mut(width).enumerate().for_each(|(bag, mean)| {
            for thing in &self.bags[bag] {
                add(mean, &rows.values[*thing as usize * width..][..width], self.share(bag));
            }
        });
        Rows { values, width }
    }

    /// The transposed matrix: for each thing, the sum of its bags' rows, each by the thing's share of it.
    fn spread(&self, rows: &Rows) -> Rows {
        let width = rows.width;
        let mut values = vec![0.0_f32; self.holders.len() * width];
        values.par_chunks_exact_mut(width).enumerate().for_each(|(thing, sum)| {
            for bag in &self.holders[thing] {
                add(
                    sum,
                    &rows.values[*bag as usize * width..][..width],
                    self.share(*bag as usize),
                );
            }
        });
        Rows { values, width }
    }

    /// The rows `W` nearest `start` whose means over the bags are nearest `targets`: the least
    /// `|A W - targets|² + ridge · |W - start|²`, by conjugate gradients (Hestenes and Stiefel, 1952), all
    /// columns at once.
    pub(super) fn fit(&self, start: &Rows, targets: &Rows, ridge: f32, steps: usize) -> Rows {
        let width = start.width;
        let mut found = start.clone();
        let mut missing = self.means(start);
        for (left, target) in missing.values.iter_mut().zip(&targets.values) {
            *left = target - *left;
        }
        let mut residual = self.spread(&missing);
        let mut direction = residual.clone();
        let mut size = column_squares(&residual.values, &residual.values, width);
        for _ in 0..steps {
            let mut image = self.spread(&self.means(&direction));
            add(&mut image.values, &direction.values, ridge);
            let along = column_squares(&direction.values, &image.values, width);
            let step: Vec<f64> = size.iter().zip(&along).map(|(a, b)| ratio(*a, *b)).collect();
            add_by_column(&mut found.values, &direction.values, &step, 1.0);
            add_by_column(&mut residual.values, &image.values, &step, -1.0);
            let next = column_squares(&residual.values, &residual.values, width);
            let turn: Vec<f64> = next.iter().zip(&size).map(|(a, b)| ratio(*a, *b)).collect();
            // The new direction is the residual plus the old one times the turn.
            let mut turned = residual.clone();
            add_by_column(&mut turned.values, &direction.values, &turn, 1.0);
            direction = turned;
            size = next;
        }
        found
    }
}

fn ratio(above: f64, below: f64) -> f64 {
    if below > 0.0 { above / below } else { 0.0 }
}

fn add(sum: &mut [f32], values: &[f32], share: f32) {
    for (total, x) in sum.iter_mut().zip(values) {
        *total += share * x;
    }
}

#[expect(clippy::cast_possible_truncation, reason = "back to the numbers' own size")]
fn add_by_column(sum: &mut [f32], values: &[f32], share: &[f64], sign: f32) {
    let share: Vec<f32> = share.iter().map(|x| *x as f32 * sign).collect();
    let width = share.len();
    let rows = sum.par_chunks_exact_mut(width).zip(values.par_chunks_exact(width));
    rows.for_each(|(sum, values)| {
        for ((total, x), share) in sum.iter_mut().zip(values).zip(&share) {
            *total += share * x;
        }
    });
}

/// For each column, the sum of products down it. Added in the rows' order, so that it is the same every time.
fn column_squares(left: &[f32], right: &[f32], width: usize) -> Vec<f64> {
    let mut sums = vec![0.0_f64; width];
    for (left, right) in left.chunks_exact(width).zip(right.chunks_exact(width)) {
        for ((sum, a), b) in sums.iter_mut().zip(left).zip(right) {
            *sum += f64::from(*a) * f64::from(*b);
        }
    }
    sums
}

/// A direction, and how far rows spread along it.
pub(super) struct Axis {
    /// Of unit length.
    pub(super) direction: Vec<f64>,
    /// The standard deviation.
    pub(super) deviation: f64,
}

/// The directions in which centred rows differ most, the strongest first.
#[expect(clippy::cast_precision_loss, reason = "a count of rows")]
pub(super) fn principal(rows: &Rows, count: usize) -> Vec<Axis> {
    let width = rows.width;
    let covariance: Vec<f64> = (0..width)
        .into_par_iter()
        .flat_map_iter(|at| {
            let mut sums = vec![0.0_f64; width];
            for row in rows.iter() {
                let own = f64::from(row[at]);
                for (sum, x) in sums.iter_mut().zip(row) {
                    *sum += own * f64::from(*x);
                }
            }
            sums
        })
        .collect();
    let (values, vectors) = eigen(covariance, width);
    let mut order: Vec<usize> = (0..width).collect();
    order.sort_by(|left, right| values[*right].total_cmp(&values[*left]));
    let number = (rows.values.len() / width).max(1) as f64;
    order
        .into_iter()
        .take(count)
        .map(|column| {
            let mut direction: Vec<f64> = (0..width).map(|row| vectors[row * width + column]).collect();
            // Either way along an axis is as good: the one with a positive sum, so that tables repeat.
            if direction.iter().sum::<f64>() < 0.0 {
                for x in &mut direction {
                    *x = -*x;
                }
            }
            Axis {
                direction,
                deviation: (values[column].max(0.0) / number).sqrt(),
            }
        })
        .collect()
}

/// Eigenvalues and eigenvectors (in columns) of a symmetric matrix: Jacobi's rotations, row by row (Golub and
/// Van Loan, *Matrix Computations*, 8.5).
fn eigen(mut matrix: Vec<f64>, width: usize) -> (Vec<f64>, Vec<f64>) {
    const SWEEPS: usize = 30;
    let mut vectors = vec![0.0; width * width];
    for at in 0..width {
        vectors[at * width + at] = 1.0;
    }
    for _ in 0..SWEEPS {
        let diagonal: f64 = (0..width).map(|at| matrix[at * width + at].powi(2)).sum();
        let off: f64 = matrix.iter().map(|x| x * x).sum::<f64>() - diagonal;
        if off <= diagonal * 1e-22 {
            break;
        }
        for p in 0..width {
            for q in p + 1..width {
                rotate(&mut matrix, &mut vectors, width, (p, q));
            }
        }
    }
    let values = (0..width).map(|at| matrix[at * width + at]).collect();
    (values, vectors)
}

/// Turns rows and columns `p` and `q` so that what they share becomes 0.
fn rotate(matrix: &mut [f64], vectors: &mut [f64], width: usize, (p, q): (usize, usize)) {
    let shared = matrix[p * width + q];
    if shared == 0.0 {
        return;
    }
    let half = (matrix[q * width + q] - matrix[p * width + p]) / (2.0 * shared);
    let tangent = half.signum() / (half.abs() + half.hypot(1.0));
    let cosine = 1.0 / tangent.hypot(1.0);
    let sine = tangent * cosine;
    let turn = |values: &mut [f64], first: usize, second: usize| {
        let (a, b) = (values[first], values[second]);
        values[first] = cosine * a - sine * b;
        values[second] = sine * a + cosine * b;
    };
    for at in 0..width {
        turn(matrix, at * width + p, at * width + q);
    }
    for at in 0..width {
        turn(matrix, p * width + at, q * width + at);
    }
    for at in 0..width {
        turn(vectors, at * width + p, at * width + q);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn principal_components_are_the_longest_axes() {
        // An ellipse: long along (3, 4) / 5, short across it.
        let points = [[3.0, 4.0], [-3.0, -4.0], [0.4, -0.3], [-0.4, 0.3]];
        let rows = Rows::new(&points.map(|point| point.to_vec()));
        let axes = principal(&rows, 2);
        let near = |axis: &Axis, expected: [f64; 2], deviation: f64| {
            let mut found = axis.direction.iter().zip(expected);
            assert!(found.all(|(a, b)| (a - b).abs() < 1e-6), "{:?}", axis.direction);
            assert!((axis.deviation - deviation).abs() < 1e-6, "{}", axis.deviation);
        };
        // Two of four points lie 5 away along the first, two 0.5 along the second.
        near(&axes[0], [0.6, 0.8], (50.0_f64 / 4.0).sqrt());
        near(&axes[1], [0.8, -0.6], (0.5_f64 / 4.0).sqrt());
    }

    #[test]
    fn a_fit_finds_what_bags_are_made_of() {
        let things = Rows::new(&[vec![1.0, 0.0], vec![0.0, 2.0], vec![-1.0, 1.0]]);
        let bags = Bags::new(vec![vec![0], vec![0, 1], vec![1, 2], vec![2, 2, 0], vec![0, 1, 2]], 3);
        let targets = bags.means(&things);
        let nothing = Rows {
            values: vec![0.0; 6],
            width: 2,
        };
        let found = bags.fit(&nothing, &targets, 0.0, 12);
        for (got, want) in found.values.iter().zip(&things.values) {
            assert!((got - want).abs() < 1e-4, "{found:?}");
        }
        // A strong ridge keeps what was there.
        let kept = bags.fit(&things, &bags.means(&nothing), 1e6, 12);
        assert!(
            kept.values
                .iter()
                .zip(&things.values)
                .all(|(got, want)| (got - want).abs() < 1e-3)
        );
    }

    #[test]
    fn centred_rows_have_no_mean() {
        let mut rows = Rows::new(&[vec![1.0, 5.0], vec![3.0, 1.0]]);
        let mean = rows.mean();
        assert_eq!(mean, [2.0, 3.0]);
        rows.centre(&mean);
        assert_eq!(rows.values, [-1.0, 2.0, 1.0, -2.0]);
    }
}
