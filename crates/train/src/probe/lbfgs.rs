//! L-BFGS (Nocedal, "Updating Quasi-Newton Matrices with Limited Storage", 1980) for smooth convex functions.

use std::collections::VecDeque;

/// Pairs of steps and changes of the gradient that are kept.
const MEMORY: usize = 10;
/// Steps at most.
const MOST: usize = 1000;
/// Share of the promised decrease that a step must bring (Armijo).
const DECREASE: f64 = 1e-4;
/// A function's value is known to this share of it in f32: a smaller change is noise.
const NOISE: f64 = 1e-7;

/// What is minimised.
pub(super) trait Function {
    /// The value at `x`, whose gradient goes into `gradient`.
    fn evaluate(&self, x: &[f64], gradient: &mut [f64]) -> f64;

    /// About the inverse of the Hessian's diagonal, up to a common factor: what makes steps in all directions alike.
    fn scales(&self) -> Vec<f64>;

    /// How large an element of the gradient may be at the minimum.
    fn tolerance(&self) -> f64;
}

/// Where `function` is least, searched from `x` on. Ends where the gradient is below the tolerance, where rounding hides
/// any further decrease, or after [`MOST`] steps.
pub(super) fn minimise(function: &impl Function, mut x: Vec<f64>) -> Vec<f64> {
    let scales = function.scales();
    let mut gradient = vec![0.0; x.len()];
    let mut value = function.evaluate(&x, &mut gradient);
    let mut memory: VecDeque<Pair> = VecDeque::new();
    for _ in 0..MOST {
        if gradient.iter().all(|g| g.abs() <= function.tolerance()) {
            return x;
        }
        let direction = direction(&gradient, &memory, &scales);
        let slope = dot(&gradient, &direction);
        let mut length = 1.0;
        let mut next_gradient = vec![0.0; x.len()];
        let (next, next_value) = loop {
            let next: Vec<f64> = x.iter().zip(&direction).map(|(x, d)| x + length * d).collect();
            let next_value = function.evaluate(&next, &mut next_gradient);
            if next_value <= value + DECREASE * length * slope + NOISE * value.abs() {
                break (next, next_value);
            }
            // The minimum of the parabola through both values and the slope, kept within reason.
            let best = -slope * length / (2.0 * ((next_value - value) / length - slope));
            length = if best.is_finite() { best.clamp(0.1 * length, 0.5 * length) } else { 0.1 * length };
            if length < 1e-10 {
                return x;
            }
        };
        let pair = Pair::new(difference(&next, &x), difference(&next_gradient, &gradient));
        // Convex functions have none that is not positive, but for rounding.
        if let Some(pair) = pair {
            memory.truncate(MEMORY - 1);
            memory.push_front(pair);
        }
        (x, value, gradient) = (next, next_value, next_gradient);
    }
    x
}

/// A step and what it changed of the gradient.
struct Pair {
    step: Vec<f64>,
    change: Vec<f64>,
    product: f64,
}

impl Pair {
    fn new(step: Vec<f64>, change: Vec<f64>) -> Option<Self> {
        let product = dot(&step, &change);
        (product > f64::EPSILON * dot(&change, &change)).then_some(Self { step, change, product })
    }
}

/// The two-loop recursion: minus the approximate inverse Hessian times the gradient.
fn direction(gradient: &[f64], memory: &VecDeque<Pair>, scales: &[f64]) -> Vec<f64> {
    let mut q: Vec<f64> = gradient.iter().map(|g| -g).collect();
    let mut alphas = Vec::with_capacity(memory.len());
    for pair in memory {
        let alpha = dot(&pair.step, &q) / pair.product;
        add(&mut q, -alpha, &pair.change);
        alphas.push(alpha);
    }
    // The newest pair says how long a step along the scales should be.
    let factor = memory.front().map_or(1.0, |pair| {
        let scaled: f64 = pair.change.iter().zip(scales).map(|(y, scale)| y * y * scale).sum();
        pair.product / scaled
    });
    q.iter_mut().zip(scales).for_each(|(q, scale)| *q *= factor * scale);
    for (pair, alpha) in memory.iter().zip(alphas).rev() {
        let beta = dot(&pair.change, &q) / pair.product;
        add(&mut q, alpha - beta, &pair.step);
    }
    q
}

/// Summed in eight lanes, in a fixed order.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut lanes = [0.0; 8];
    let (a, b) = (a.chunks(8), b.chunks(8));
    for (a, b) in a.zip(b) {
        lanes.iter_mut().zip(a.iter().zip(b)).for_each(|(sum, (a, b))| *sum += a * b);
    }
    lanes.iter().sum()
}

/// `to += factor * what`
pub(super) fn add(to: &mut [f64], factor: f64, what: &[f64]) {
    to.iter_mut().zip(what).for_each(|(to, what)| *to += factor * what);
}

fn difference(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `sum of k² (x_k - k)² / 2 + (x_k - k)⁴`, k from 1 on: convex, and a hundred times steeper one way than another.
    struct Valley;

    impl Function for Valley {
        fn evaluate(&self, x: &[f64], gradient: &mut [f64]) -> f64 {
            let of = |(x, g): (&f64, &mut f64), k: f64| {
                let off = x - k;
                *g = k * k * off + 4.0 * off.powi(3);
                0.5 * k * k * off * off + off.powi(4)
            };
            x.iter().zip(gradient).zip(1..).map(|(pair, k)| of(pair, f64::from(k))).sum()
        }

        fn scales(&self) -> Vec<f64> {
            vec![1.0; 10]
        }

        fn tolerance(&self) -> f64 {
            1e-7
        }
    }

    #[test]
    fn it_finds_the_minimum() {
        for start in [-30.0, 0.0, 1000.0] {
            for (x, k) in minimise(&Valley, vec![start; 10]).into_iter().zip(1..) {
                assert!((x - f64::from(k)).abs() < 1e-6, "{x} instead of {k} from {start}");
            }
        }
    }
}
