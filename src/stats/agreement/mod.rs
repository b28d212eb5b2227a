//! How far raters agree: people among themselves, a judge with people, a judge with itself.

mod alpha;
mod auc;
mod kappa;

pub use alpha::{Level, krippendorff, krippendorff_interval};
pub use auc::{auc, auc_interval};
pub use kappa::{Weights, agreement, kappa, kappa_interval};
