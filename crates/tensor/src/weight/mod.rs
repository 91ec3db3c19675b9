//! Weights: matrices that products and embeddings read, in the type that their elements are stored in.
//!
//! Activations, gradients and everything that learns is f32. A frozen matrix may be stored otherwise: each type is one file of
//! this folder, which says how its elements are widened on the CPU, read by shaders, and made from what a file holds.

mod f16;
mod f32;
mod format;
mod panels;
mod q8;
mod writer;

use std::fmt;
use std::ops::Range;

use graftwork_gpu::Shader;

use crate::ops::Variants;
use crate::ops::embed::embed;
use crate::tensor::CpuRead;
use crate::{Device, Param, Tensor};
pub(crate) use format::Shaders;
use format::{Format, Pack, RoundedProduct};
use panels::Panels;
pub(crate) use panels::StoredWeight;
pub use q8::quantize_row;
pub use writer::{OutOfRange, WeightUse, WeightWriter};

/// How the elements of a frozen matrix are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum WeightType {
    /// 32-bit floats.
    F32,
    /// Half precision, IEEE 754 binary16.
    F16,
    /// 8-bit integers with a scale for each row.
    Q8,
}

impl WeightType {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::F32, Self::F16, Self::Q8];

    fn format(self) -> &'static dyn Format {
        match self {
            Self::F32 => &f32::F32,
            Self::F16 => &f16::F16,
            Self::Q8 => &q8::Q8,
        }
    }

    /// Its name in options and files.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.format().name()
    }

    /// The type of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The shaders of the ops that read weights of this type.
    pub(crate) fn shaders(self) -> &'static Shaders {
        self.format().shaders()
    }
}

impl fmt::Display for WeightType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The shaders that read weights, of every type, with constants that cover their branches.
pub(crate) fn shaders() -> impl Iterator<Item = (&'static Shader, Variants)> {
    WeightType::ALL.into_iter().flat_map(|kind| kind.shaders().all())
}

/// A matrix as products and embeddings read it: frozen and stored in some type, or learned, in f32. Clones share it.
#[derive(Debug, Clone)]
pub struct Weight {
    kind: WeightType,
    rows: usize,
    cols: usize,
    /// What is stored, as words of 4 bytes: row by row, or in panels.
    words: Tensor,
    panels: Option<Panels>,
    grad: Option<Tensor>,
}

impl Weight {
    /// A frozen f32 matrix as products read it best.
    pub fn of_product(device: &Device, tensor: &Tensor) -> Self {
        if device.as_gpu().is_some() {
            return tensor.into();
        }
        let mut writer = WeightWriter::new(device, WeightType::F32, WeightUse::Product, [tensor.rows(), tensor.cols()]);
        writer.write(&tensor.cpu()).expect("f32 holds every number");
        writer.finish()
    }

    /// Rows: outputs of a layer, entries of a table.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Columns: inputs of a layer, the width of a table.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// Elements.
    pub fn len(&self) -> usize {
        self.rows * self.cols
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The type that its elements are stored in.
    pub fn kind(&self) -> WeightType {
        self.kind
    }

    /// How many bytes its elements take on the device.
    pub fn bytes(&self) -> u64 {
        4 * self.words.len() as u64
    }

    /// What is stored, bit for bit, as words of 4 bytes: to compare, not to calculate with.
    pub fn words(&self) -> &Tensor {
        &self.words
    }

    /// Some of the rows of a table. On a GPU the first is a multiple of 128.
    pub fn slice(&self, rows: Range<usize>) -> Self {
        assert!(self.panels.is_none(), "a slice of a table");
        let words = |rows| self.kind.format().words([rows, self.cols]);
        let words = self.words.view(words(rows.start), 1, words(rows.len()));
        Self { kind: self.kind, rows: rows.len(), cols: self.cols, words, panels: None, grad: None }
    }

    /// Its gradient, if it learns.
    pub fn grad(&self) -> Option<&Tensor> {
        self.grad.as_ref()
    }

    /// Its elements as a tensor: itself if it is stored as one, else a widened copy.
    pub fn widened(&self, device: &Device) -> Tensor {
        if let Some(tensor) = self.as_tensor() {
            return tensor.reshape(self.rows, self.cols);
        }
        let wide = device.empty(self.rows, self.cols);
        if self.panels.is_some() {
            panels::to_rows(self, &mut wide.cpu_mut());
            return wide;
        }
        let every_row: Vec<u32> = (0..self.rows as u32).collect();
        embed(device, &device.indices(&every_row), std::slice::from_ref(self), &wide);
        wide
    }

    /// Itself as a tensor, if it is stored as one.
    pub(crate) fn as_tensor(&self) -> Option<&Tensor> {
        (self.kind == WeightType::F32 && self.panels.is_none()).then_some(&self.words)
    }

    /// `Wᵀ` or, not `transposed`, W as products on the CPU read it, if it is stored in panels.
    pub(crate) fn stored<'a>(&'a self, device: &Device, transposed: bool) -> Option<StoredWeight<'a>> {
        let panels = self.panels.as_ref()?;
        Some(if transposed { panels.transposed(self) } else { panels.plain(device, self) })
    }

    /// On the CPU, if it lies in panels and its type has one: the product with rounded activations.
    pub(crate) fn rounded_product(&self) -> Option<RoundedProduct> {
        self.panels.as_ref().and_then(|_| self.kind.format().rounded_product())
    }

    /// The elements of a table on the CPU.
    pub(crate) fn cpu(&self) -> CpuWeight<'_> {
        assert!(self.panels.is_none(), "rows of a table");
        CpuWeight { kind: self.kind, shape: [self.rows, self.cols], words: self.words.cpu() }
    }
}

impl From<Param> for Weight {
    fn from(param: Param) -> Self {
        let (rows, cols) = (param.value.rows(), param.value.cols());
        Self { kind: WeightType::F32, rows, cols, words: param.value, panels: None, grad: param.grad }
    }
}

impl From<&Tensor> for Weight {
    fn from(tensor: &Tensor) -> Self {
        Param::frozen(tensor.clone()).into()
    }
}

impl From<&Weight> for Weight {
    fn from(weight: &Weight) -> Self {
        weight.clone()
    }
}

/// A table's elements on the CPU, to be widened as they are needed.
pub(crate) struct CpuWeight<'a> {
    kind: WeightType,
    shape: [usize; 2],
    words: CpuRead<'a>,
}

impl CpuWeight<'_> {
    /// Widens the elements of a row from column `first` on.
    pub(crate) fn widen(&self, row: usize, first: usize, to: &mut [f32]) {
        self.kind.format().widen(&self.words, self.shape, [row, first], to);
    }
}
