//! What held-out answers say about an adapter: the content of its [`Knowledge`].

use graftwork_model::{Familiar, Knowledge};

use super::calibration::{Bins, expected_calibration_error, outcomes, temperature};
use super::trade_off::trade_offs;

/// From the logits, row-major [n, C], that examples got which had not been learned, and their labels. `familiar` is what
/// [`familiar`](super::familiar) gives. `None` without examples.
pub fn knowledge(logits: &[f32], classes: usize, labels: &[usize], familiar: Option<Familiar>) -> Option<Knowledge> {
    if labels.is_empty() || classes < 2 {
        return None;
    }
    let temperature = temperature(logits, classes, labels);
    let calibrated = outcomes(logits, classes, labels, temperature);
    let bins = Bins::for_outcomes(labels.len());
    let before = expected_calibration_error(&outcomes(logits, classes, labels, 1.0), bins);
    Some(Knowledge {
        temperature,
        held_out: labels.len(),
        calibration_error: (before, expected_calibration_error(&calibrated, bins)),
        threshold: None,
        trade_offs: trade_offs(&calibrated),
        familiar,
    })
}
