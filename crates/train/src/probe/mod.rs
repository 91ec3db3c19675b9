//! The instant head: logistic regression on features of a frozen backbone, in milliseconds; and what its held-out answers
//! tell: how sure it may be, and what a threshold would cost.
//!
//! Features are rows of f32, row-major [n, D], of length 1 ([`fit`] does not ask for that, the values that [`choose_l2`]
//! tries suppose it). All of it is computed on the host: the same on every device.

mod basis;
mod calibration;
mod choose;
mod familiarity;
mod folds;
mod knowledge;
mod lbfgs;
mod learner;
mod linear;
mod objective;
mod trade_off;

pub use calibration::{Bins, Outcome, expected_calibration_error, outcomes, temperature};
pub use choose::{Chosen, choose_l2};
pub use familiarity::{distances, familiar, leave_one_out};
pub use folds::{by_label, fold_count, folds};
pub use knowledge::{assess, knowledge};
pub use learner::Learner;
pub use linear::{Linear, fit};
pub use trade_off::{trade_off, trade_offs};
