//! The little arithmetic on vectors that every model here needs.

/// The sum of products.
pub(super) fn dot(left: &[f32], right: &[f32]) -> f32 {
    // Sixteen running sums, so that the compiler vectorises and the order of additions is fixed.
    let mut sums = [0.0_f32; 16];
    let (left, left_rest) = left.as_chunks::<16>();
    let (right, right_rest) = right.as_chunks::<16>();
    for (a, b) in left.iter().zip(right) {
        for at in 0..16 {
            sums[at] += a[at] * b[at];
        }
    }
    let rest: f32 = left_rest.iter().zip(right_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}

/// Scales to unit length; zeros and what is no number become zeros.
pub(super) fn normalise(vector: &mut [f32]) {
    let length = dot(vector, vector).sqrt();
    let scale = if length.is_finite() && length > 0.0 {
        1.0 / length
    } else {
        0.0
    };
    for x in vector {
        *x = if scale > 0.0 { *x * scale } else { 0.0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_and_lengths() {
        let long: Vec<f32> = (0_u8..37).map(f32::from).collect();
        // 0² + … + 36² = 36 · 37 · 73 / 6.
        assert_eq!(dot(&long, &long), 16_206.0);
        let mut vector = [3.0, 4.0];
        normalise(&mut vector);
        assert_eq!(vector, [0.6, 0.8]);
        let mut nothing = [f32::NAN, 0.0];
        normalise(&mut nothing);
        assert_eq!(nothing, [0.0, 0.0]);
    }
}
