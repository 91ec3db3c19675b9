//! Numbers on the command line, with their ranges.

/// Largest norm of the gradients, if any.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Clip(pub Option<f64>);

/// A whole number from 1 on.
pub(super) fn count(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|&n| n > 0).ok_or_else(|| "must be a whole number from 1 on".to_owned())
}

/// A sequence length in tokens.
pub(super) fn max_length(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|&n| n > 2).ok_or_else(|| "must be at least 3: [CLS], one token and [SEP]".to_owned())
}

/// A finite number from 0 on.
pub(super) fn not_negative(text: &str) -> Result<f64, String> {
    number(text, |x| x >= 0.0, "must be a number from 0 on")
}

/// A number from 0 to 1.
pub(super) fn fraction(text: &str) -> Result<f64, String> {
    number(text, |x| (0.0..=1.0).contains(&x), "must be a number from 0 to 1")
}

/// A number from 0 to below 1.
pub(super) fn probability(text: &str) -> Result<f64, String> {
    number(text, |x| (0.0..1.0).contains(&x), "must be a number from 0 to below 1")
}

/// A positive number, or `none`.
pub(super) fn clip(text: &str) -> Result<Clip, String> {
    if text == "none" {
        return Ok(Clip(None));
    }
    number(text, |x| x > 0.0, "must be a number above 0, or none").map(|norm| Clip(Some(norm)))
}

fn number(text: &str, allowed: impl Fn(f64) -> bool, must: &str) -> Result<f64, String> {
    text.parse().ok().filter(|&x: &f64| x.is_finite() && allowed(x)).ok_or_else(|| must.to_owned())
}
