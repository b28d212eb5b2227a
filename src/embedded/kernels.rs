//! The element-wise steps of a transformer that candle computes one number at a time: GELU and softmax.
//!
//! `pulp` compiles each loop for the processor's widest vectors and picks at run time, so that one binary
//! runs everywhere. Beside candle's own operations MiniLM embeds half as many passages again in the same
//! time (benches/README.md, *Models in this process*).

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use pulp::{Arch, NullaryFnOnce};
use rayon::prelude::*;

/// Numbers that one task works on: large enough to be worth a thread's while.
const CHUNK: usize = 16_384;

/// `x * Φ(x)`, with the normal distribution's exact Φ (Hendrycks and Gimpel, 2016), as BERT has it.
pub(super) fn gelu(xs: &Tensor) -> Result<Tensor> {
    xs.contiguous()?.apply_op1_no_bwd(&Gelu)
}

/// `x / (1 + e^-x)` (Elfwing et al., 2018), as llama's gates have it.
pub(super) fn silu(xs: &Tensor) -> Result<Tensor> {
    xs.contiguous()?.apply_op1_no_bwd(&Silu)
}

/// The softmax along the last dimension of `scale * xs`.
pub(super) fn softmax(xs: &Tensor, scale: f32) -> Result<Tensor> {
    xs.contiguous()?.apply_op1_no_bwd(&Softmax { scale })
}

struct Gelu;

impl CustomOp1 for Gelu {
    fn name(&self) -> &'static str {
        "gelu"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        each(storage, layout, |x| {
            0.5 * x * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2))
        })
    }
}

struct Silu;

impl CustomOp1 for Silu {
    fn name(&self) -> &'static str {
        "silu"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        each(storage, layout, |x| {
            let small = exp(-x.abs());
            let share = if x < 0.0 { small } else { 1.0 };
            x * share / (1.0 + small)
        })
    }
}

/// Runs a loop compiled for the widest vectors that this processor has.
fn vectorised(work: impl NullaryFnOnce<Output = ()>) {
    #[cfg(target_arch = "x86_64")]
    if let Some(simd) = pulp::x86::V3::try_new() {
        return pulp::Simd::vectorize(simd, work);
    }
    Arch::new().dispatch(work);
}

/// Applies a function to every number.
fn each(
    storage: &CpuStorage,
    layout: &Layout,
    function: impl Fn(f32) -> f32 + Copy + Sync,
) -> Result<(CpuStorage, Shape)> {
    let mut values = contiguous(storage, layout)?.to_vec();
    values.par_chunks_mut(CHUNK).for_each(|chunk| {
        vectorised(
            #[inline(always)]
            || {
                for x in chunk.iter_mut() {
                    *x = function(*x);
                }
            },
        );
    });
    Ok((CpuStorage::F32(values), layout.shape().clone()))
}

struct Softmax {
    scale: f32,
}

impl CustomOp1 for Softmax {
    fn name(&self) -> &'static str {
        "softmax"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let width = layout.shape().dims().last().copied().unwrap_or(1).max(1);
        let mut values = contiguous(storage, layout)?.to_vec();
        let rows_of_a_task = (CHUNK / width).max(1);
        let scale = self.scale;
        values.par_chunks_mut(width * rows_of_a_task).for_each(|rows| {
            vectorised(
                #[inline(always)]
                || {
                    for row in rows.chunks_exact_mut(width) {
                        softmax_row(row, scale);
                    }
                },
            );
        });
        Ok((CpuStorage::F32(values), layout.shape().clone()))
    }
}

#[expect(clippy::inline_always, reason = "only inlined is it compiled for the wider vectors")]
#[inline(always)]
fn softmax_row(row: &mut [f32], scale: f32) {
    let largest = row
        .iter()
        .fold(f32::NEG_INFINITY, |most, x| if *x > most { *x } else { most });
    // Sixteen running sums, so that additions need not wait for one another.
    let mut sums = [0.0_f32; 16];
    let mut chunks = row.chunks_exact_mut(16);
    for chunk in &mut chunks {
        for (x, sum) in chunk.iter_mut().zip(&mut sums) {
            *x = exp((*x - largest) * scale);
            *sum += *x;
        }
    }
    let mut total: f32 = sums.iter().sum();
    for x in chunks.into_remainder() {
        *x = exp((*x - largest) * scale);
        total += *x;
    }
    let share = 1.0 / total;
    for x in row {
        *x *= share;
    }
}

fn contiguous<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let values = storage.as_slice::<f32>()?;
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(&values[start..end]),
        None => candle_core::bail!("the values do not lie in one piece"),
    }
}

/// The error function, off by at most 1.5e-7: Abramowitz and Stegun, *Handbook of Mathematical Functions*
/// (1964), 7.1.26.
#[expect(clippy::inline_always, reason = "only inlined is it compiled for the wider vectors")]
#[inline(always)]
fn erf(x: f32) -> f32 {
    let size = x.abs();
    let t = 1.0 / (1.0 + 0.327_591_1 * size);
    let sum = t * (0.254_829_6 + t * (-0.284_496_72 + t * (1.421_413_8 + t * (-1.453_152_1 + t * 1.061_405_4))));
    (1.0 - sum * exp(-size * size)).copysign(x)
}

/// `e` to the `x` for `x` up to 0, off by less than 3e-7 of itself; 0 below -87.
///
/// `e^x = 2^n · e^r` with `n` the whole number nearest `x / ln 2`, and `e^r` by its Taylor series:
/// `|r| <= ln 2 / 2`, so that six terms leave 2e-7. Written without a branch, so that loops over it are vectorised.
#[inline(always)]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the exponent lies between -126 and 0 after the clamp"
)]
fn exp(x: f32) -> f32 {
    // ln 2 in two parts, so that `n · ln 2` loses nothing.
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    // Adding it pushes the fraction out of a single-precision number: that rounds.
    const ROUND: f32 = 12_582_912.0;
    let clamped = if x < -87.0 { -87.0 } else { x };
    let n = (clamped * std::f32::consts::LOG2_E + ROUND) - ROUND;
    let r = (clamped - n * LN_2_HIGH) - n * LN_2_LOW;
    let series =
        1.0 + r * (1.0 + r * (0.5 + r * (1.0 / 6.0 + r * (1.0 / 24.0 + r * (1.0 / 120.0 + r * (1.0 / 720.0))))));
    let power = f32::from_bits(((n as i32 + 127) as u32) << 23);
    if x < -87.0 { 0.0 } else { series * power }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    #[test]
    fn the_functions_are_the_true_ones() {
        for step in -4_000..=4_000 {
            let x = f32::from(i16::try_from(step).unwrap()) / 100.0;
            assert!((erf(x) - libm::erff(x)).abs() < 4e-7, "erf({x})");
            let y = -x.abs() * 2.2;
            let exact = libm::expf(y);
            assert!(
                (exp(y) - exact).abs() <= 4e-7 * exact + 2e-38,
                "exp({y}): {} and {exact}",
                exp(y)
            );
        }
        assert_eq!(exp(f32::NEG_INFINITY), 0.0);
    }

    #[test]
    fn softmax_sums_to_one_and_hides_what_is_masked() {
        let values = [1.0_f32, 2.0, f32::MIN, 3.0, 0.0, 0.0, 0.0, f32::NEG_INFINITY];
        let xs = Tensor::from_slice(&values, (2, 4), &Device::Cpu).unwrap();
        let rows = softmax(&xs, 0.5).unwrap().to_vec2::<f32>().unwrap();
        let total = libm::exp(0.5) + libm::exp(1.0) + libm::exp(1.5);
        let expected = [
            libm::exp(0.5) / total,
            libm::exp(1.0) / total,
            0.0,
            libm::exp(1.5) / total,
        ];
        for (got, want) in rows[0].iter().zip(expected) {
            assert!((f64::from(*got) - want).abs() < 1e-6);
        }
        assert!((rows[1][0] - 1.0 / 3.0).abs() < 1e-6);
        assert_eq!(rows[1][3], 0.0);
    }

    #[test]
    fn silu_is_x_times_the_logistic_function() {
        let values = [-90.0_f32, -1.0, 0.0, 1.0, 90.0];
        let xs = Tensor::from_slice(&values, 5, &Device::Cpu).unwrap();
        for (got, x) in silu(&xs).unwrap().to_vec1::<f32>().unwrap().iter().zip(values) {
            let want = f64::from(x) / (1.0 + libm::exp(-f64::from(x)));
            assert!((f64::from(*got) - want).abs() < 1e-6, "{got} and {want}");
        }
    }

    #[test]
    fn gelu_is_x_times_the_normal_distribution() {
        let xs = Tensor::from_slice(&[-1.0_f32, 0.0, 1.0, 3.0], 4, &Device::Cpu).unwrap();
        // Standard normal table: Φ(1) = 0.841345, Φ(3) = 0.998650.
        let expected = [-0.158_655, 0.0, 0.841_345, 2.995_95];
        for (got, want) in gelu(&xs).unwrap().to_vec1::<f32>().unwrap().iter().zip(expected) {
            assert!((got - want).abs() < 1e-5);
        }
    }
}
