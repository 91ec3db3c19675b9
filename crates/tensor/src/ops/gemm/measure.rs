//! What the kernels take on the device at hand.

use web_time::Instant;

use super::choice::Product;
use super::gpu::dispatch;
use super::{Epilogue, GemmKernel, Layout};
use crate::{Device, Result, Tensor, Weight, WeightUse, WeightWriter};

/// Seconds that one measurement lasts at least, if [`MOST_RUNS`] do: much longer than a clock's tick in a browser.
const LONG_ENOUGH: f64 = 0.002;
const MOST_RUNS: f64 = 32.0;
/// How often each kernel is measured; the shortest time counts, because everything else was in its way.
const ROUNDS: usize = 3;
/// Products that take so many seconds are measured once: what else runs matters less.
const SLOW: f64 = 0.005;
/// What another kernel than the guess may take of its time.
const CLEARLY_FASTER: f64 = 0.95;

/// The fastest kernel of those that come into question. Another one than the first must be clearly faster.
///
/// # Errors
/// If the device is lost, or reports what went wrong before.
pub(super) async fn fastest(device: &Device, mut product: Product) -> Result<GemmKernel> {
    let kernels = product.candidates();
    // No dispatch takes longer than any other.
    let most = device.as_gpu().map_or(0, |gpu| gpu.flop_per_submit());
    while product.flop() > most && product.size[0] > 64 {
        product.size[0] /= 2;
    }
    let operands = Operands::new(device, product);
    if operands.all().any(|tensor| device.check(tensor).is_err()) {
        return Ok(kernels[0]);
    }
    // The first run compiles.
    for kernel in kernels {
        operands.time(device, product, *kernel, 1).await?;
    }
    let once = operands.time(device, product, kernels[0], 1).await?;
    // A browser's clock may not have moved.
    let runs = (LONG_ENOUGH / once.max(1e-6)).clamp(1.0, MOST_RUNS) as u32;
    let mut best = [f64::MAX; 4];
    for _ in 0..if once < SLOW { ROUNDS } else { 1 } {
        for (kernel, best) in kernels.iter().zip(&mut best) {
            *best = operands.time(device, product, *kernel, runs).await?.min(*best);
        }
    }
    best[0] *= CLEARLY_FASTER;
    let fastest = (1..kernels.len()).fold(0, |fastest, i| if best[i] < best[fastest] { i } else { fastest });
    Ok(kernels[fastest])
}

/// Matrices of a product, whatever stands in them.
struct Operands {
    a: Tensor,
    b: Weight,
    y: Tensor,
}

impl Operands {
    fn new(device: &Device, Product { layout, size: [m, n, k], k_slice, kind }: Product) -> Self {
        let (rows, cols) = if layout == Layout::Nt { (n, k) } else { (k, n) };
        Self {
            a: device.empty(m, k),
            b: WeightWriter::new(device, kind, WeightUse::Product, [rows, cols]).unwritten(),
            y: device.empty(k.div_ceil(k_slice), m * n),
        }
    }

    fn all(&self) -> impl Iterator<Item = &Tensor> {
        [&self.a, self.b.words(), &self.y].into_iter()
    }

    /// Seconds that a kernel takes, several times and with what it takes to hear of it.
    async fn time(&self, device: &Device, product: Product, kernel: GemmKernel, runs: u32) -> Result<f64> {
        let started = Instant::now();
        for _ in 0..runs {
            dispatch(device, product, kernel, (&self.a, &self.b), Epilogue::default(), &self.y);
        }
        device.wait(device.start_read(&self.y.view(0, 1, 1))?).await?;
        Ok(started.elapsed().as_secs_f64())
    }
}
