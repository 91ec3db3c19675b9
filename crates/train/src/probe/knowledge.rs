//! What held-out answers say about an adapter: the content of its [`Knowledge`].

use graftwork_model::{Familiar, Knowledge};

use super::calibration::{Bins, expected_calibration_error, outcomes, temperature};
use super::trade_off::trade_offs;

/// From the logits, row-major [n, C], that examples got which had not been learned, and their labels. `familiar` is what
/// [`familiar`](super::familiar) gives. `None` without examples, or with a single class.
pub fn knowledge(logits: &[f32], classes: usize, labels: &[usize], familiar: Option<Familiar>) -> Option<Knowledge> {
    let temperature = temperature(logits, classes, labels);
    (!labels.is_empty() && classes > 1).then(|| Knowledge { familiar, ..assess(logits, classes, labels, temperature) })
}

/// How well a temperature, from wherever it is, fits these examples.
pub fn assess(logits: &[f32], classes: usize, labels: &[usize], temperature: f64) -> Knowledge {
    let bins = Bins::for_outcomes(labels.len());
    let calibrated = outcomes(logits, classes, labels, temperature);
    let before = expected_calibration_error(&outcomes(logits, classes, labels, 1.0), bins);
    Knowledge {
        temperature,
        held_out: labels.len(),
        calibration_error: (before, expected_calibration_error(&calibrated, bins)),
        threshold: None,
        trade_offs: trade_offs(&calibrated),
        familiar: None,
    }
}
