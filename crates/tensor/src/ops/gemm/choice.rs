//! Which kernel a product takes: the fixed one of GPUs in software; on others a guess, until the kernels that may be best
//! were measured on the device itself. Those all give the same bits, so it may change at any time.

use std::sync::{Arc, Mutex, MutexGuard};

use super::measure::fastest;
use super::{GemmKernel, Layout};
use crate::{Device, Result, WeightType};

/// How a device chooses among the kernels of the matrix product. The bytes of a result are the same for all choices but
/// [`GemmKernel::Registers`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GemmChoice {
    /// By measuring once what a kind of product takes on this device, some milliseconds each, while something that was read
    /// has been waited for anyway; until then by [`GemmChoice::Guessed`].
    Measured,
    /// By what is best on most GPUs.
    Guessed,
    /// Always this one.
    Always(GemmKernel),
}

impl GemmChoice {
    /// `measured`, `guessed` or a kernel's name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "measured" => Some(Self::Measured),
            "guessed" => Some(Self::Guessed),
            _ => GemmKernel::ALL.into_iter().find(|kernel| kernel.name() == name).map(Self::Always),
        }
    }
}

/// A product, as far as its speed depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Product {
    pub layout: Layout,
    /// [M, N, K]
    pub size: [usize; 3],
    /// Values of K that are summed apart from the others.
    pub k_slice: usize,
    /// How B is stored.
    pub kind: WeightType,
}

impl Product {
    /// Whether all rows have multiples of 4 elements.
    pub fn is_contiguous(&self) -> bool {
        let [m, n, k] = self.size;
        let row_of_a = if self.layout == Layout::Tn { m } else { k };
        row_of_a.is_multiple_of(4) && n.is_multiple_of(4)
    }

    /// Floating-point operations.
    pub fn flop(&self) -> u64 {
        2 * self.size.iter().product::<usize>() as u64
    }

    /// The product that stands for all whose number of tokens is similar: of those, every batch has its own.
    fn bucket(mut self) -> Self {
        let sliced = self.k_slice < self.size[2];
        let tokens = &mut self.size[if self.layout == Layout::Tn { 2 } else { 0 }];
        *tokens = [8, 32, 128, 512].into_iter().find(|most| *tokens <= *most).unwrap_or(1024);
        if !sliced {
            self.k_slice = self.size[2].next_multiple_of(4);
        }
        self
    }

    /// The kernels that may be the best one, at most four, the likeliest first: larger tiles read less, but a GPU of 32 cores
    /// wants two of them for each.
    pub fn candidates(&self) -> &'static [GemmKernel] {
        use GemmKernel::{Rows, Tile32, Tile64, Tile128};
        let [m, n, k] = self.size;
        let tiles = m.div_ceil(64) * n.div_ceil(64) * k.div_ceil(self.k_slice);
        match m {
            ..=8 => &[Rows, Tile32],
            9..=32 => &[Tile32, Rows, Tile64],
            512.. if n >= 768 => &[Tile64, Tile128, Tile32],
            _ if tiles >= 64 => &[Tile64, Tile32],
            _ => &[Tile32, Tile64],
        }
    }
}

/// What a device knows of kernels. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Kernels {
    choice: GemmChoice,
    known: Arc<Mutex<Vec<Known>>>,
}

#[derive(Debug)]
struct Known {
    product: Product,
    kernel: GemmKernel,
    measured: bool,
}

impl Kernels {
    pub fn new(choice: GemmChoice) -> Self {
        Self { choice, known: Arc::default() }
    }

    /// The kernel for a product, for now.
    pub(super) fn pick(&self, product: Product) -> GemmKernel {
        let product = match self.choice {
            GemmChoice::Always(kernel) => return kernel,
            GemmChoice::Guessed => return product.candidates()[0],
            GemmChoice::Measured => product.bucket(),
        };
        let mut known = self.known();
        if let Some(known) = known.iter().find(|known| known.product == product) {
            return known.kernel;
        }
        let kernel = product.candidates()[0];
        known.push(Known { product, kernel, measured: false });
        kernel
    }

    /// Measures what was asked for and never measured. Who is cut off in between leaves guesses behind.
    pub async fn measure(&self, device: &Device) -> Result<()> {
        while let Some(product) = self.next() {
            let kernel = fastest(device, product).await?;
            self.known().iter_mut().filter(|known| known.product == product).for_each(|known| known.kernel = kernel);
        }
        Ok(())
    }

    fn next(&self) -> Option<Product> {
        let mut known = self.known();
        let next = known.iter_mut().find(|known| !known.measured)?;
        next.measured = true;
        Some(next.product)
    }

    fn known(&self) -> MutexGuard<'_, Vec<Known>> {
        self.known.lock().expect("the kernels' lock")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn product(layout: Layout, size: [usize; 3], k_slice: usize) -> Product {
        Product { layout, size, k_slice, kind: WeightType::F32 }
    }

    #[test]
    fn batches_of_similar_sizes_are_one_product() {
        let forward = |m| product(Layout::Nt, [m, 384, 96], 96).bucket();
        assert_eq!(forward(9), forward(32));
        assert_eq!(forward(600), forward(70_000));
        assert!(forward(8) != forward(9) && forward(9) != product(Layout::Nn, [9, 384, 96], 96).bucket());
        let gradient = |tokens| product(Layout::Tn, [384, 24, tokens], 256).bucket();
        assert_eq!(gradient(513), gradient(2000));
        assert_eq!(gradient(513).size, [384, 24, 1024]);
        assert_eq!(forward(7).bucket(), forward(7));
    }

    #[test]
    fn guesses() {
        let guess = |size: [usize; 3]| product(Layout::Nt, size, size[2]).candidates()[0];
        assert_eq!(guess([4, 384, 384]), GemmKernel::Rows);
        assert_eq!(guess([12, 384, 384]), GemmKernel::Tile32);
        assert_eq!(guess([64, 384, 384]), GemmKernel::Tile32);
        assert_eq!(guess([4096, 384, 384]), GemmKernel::Tile64);
        assert_eq!(guess([4096, 64, 384]), GemmKernel::Tile64);
        assert_eq!(product(Layout::Tn, [384, 64, 4096], 256).candidates()[0], GemmKernel::Tile64);
    }

    #[test]
    fn there_are_at_most_four_candidates() {
        for m in [1, 8, 9, 32, 33, 511, 512, 10_000] {
            for n in [1, 64, 768, 4096] {
                let candidates = product(Layout::Nt, [m, n, 384], 384).candidates();
                assert!((2..=4).contains(&candidates.len()), "{m} x {n}");
                assert!(!candidates.contains(&GemmKernel::Registers), "{m} x {n}: its bits are others");
                let twice = |kernel| candidates.iter().filter(|other| *other == kernel).count() > 1;
                assert!(!candidates.iter().any(twice), "{m} x {n}");
            }
        }
    }
}
