//! Merging: an adapter folded into the frozen matrices that it changes, so that inference costs what the backbone costs.

use std::collections::BTreeMap;

use graftwork_formats::{
    BackboneConfig, Error as FileError, HostTensor, NumberFormat, Piece, Result as FileResult, WeightSource,
};
use graftwork_tensor::ops::add_columns::add_columns;
use graftwork_tensor::{Activation, Tape, Tensor, Var, Weight};

use crate::graft::{Graft, Matrix, Product};
use crate::layers::Dense;
use crate::methods::{Modules, Sizes};
use crate::{AdapterFile, Backbone};

/// A backbone's weights with an adapter folded into them, tensor by tensor as they are read.
pub struct Merged<'a> {
    source: &'a mut dyn WeightSource,
    adapter: &'a AdapterFile,
    /// The matrices that change, by canonical name.
    matrices: BTreeMap<String, (usize, Matrix)>,
}

impl<'a> Merged<'a> {
    /// The weights of `source`, a backbone of `config`, with `adapter`.
    ///
    /// # Errors
    /// If the adapter does not fit such a backbone, or its method changes more than matrices.
    pub fn new(
        source: &'a mut dyn WeightSource,
        config: &BackboneConfig,
        adapter: &'a AdapterFile,
    ) -> FileResult<Self> {
        check(adapter)?;
        adapter.check_backbone(config, None)?;
        let modules = Modules::of(config.architecture);
        let all = (0..config.num_hidden_layers).flat_map(|layer| Matrix::ALL.map(|matrix| (layer, matrix)));
        let changed = all.filter(|(layer, matrix)| adapter.changes(*layer, *matrix));
        let matrices = changed.map(|(layer, matrix)| (modules.weight(layer, matrix), (layer, matrix))).collect();
        Ok(Self { source, adapter, matrices })
    }

    /// What is added to a tensor.
    fn change(&self, name: &str) -> Option<HostTensor> {
        let (layer, matrix) = self.matrices.get(name)?;
        self.adapter.change(*layer, *matrix)
    }
}

impl WeightSource for Merged<'_> {
    fn names(&self) -> Vec<String> {
        self.source.names()
    }

    fn shape(&self, name: &str) -> Option<&[usize]> {
        self.source.shape(name)
    }

    /// Sums are f32, whatever they are sums of.
    fn format(&self, name: &str) -> Option<NumberFormat> {
        let format = self.source.format(name)?;
        Some(if self.matrices.contains_key(name) { NumberFormat::F32 } else { format })
    }

    fn pieces(&mut self, name: &str, visit: &mut dyn FnMut(Piece<'_>) -> FileResult<()>) -> FileResult<()> {
        let Some(change) = self.change(name) else { return self.source.pieces(name, visit) };
        let mut at = change.data.iter();
        self.source.stream(name, &mut |values| {
            let merged: Vec<f32> = values.iter().zip(at.by_ref()).map(|(value, change)| value + change).collect();
            visit(Piece::F32(&merged))
        })
    }
}

fn check(adapter: &AdapterFile) -> FileResult<()> {
    if adapter.config.merges() {
        return Ok(());
    }
    let what = format!("merging the adapter `{}`, whose method adds layers of its own,", adapter.name);
    Err(FileError::unsupported("the adapter", what, "merging LoRA adapters"))
}

/// An adapter that was folded into copies of the matrices that it changes.
#[derive(Debug)]
pub(crate) struct MergedProducts {
    products: BTreeMap<(usize, Product), Dense>,
}

impl MergedProducts {
    pub fn new(backbone: &Backbone, adapter: &AdapterFile) -> FileResult<Self> {
        check(adapter)?;
        let sizes = Sizes::of(backbone.config());
        let places = (0..sizes.layers).flat_map(|layer| Product::ALL.map(|product| (layer, product)));
        let merged = |at: (usize, Product)| Some((at, merged(backbone, adapter, at)?));
        Ok(Self { products: places.filter_map(merged).collect() })
    }
}

/// A copy of a product's matrix with its changes, in f32: narrower types would round small changes away. `None` if there
/// are none.
fn merged(backbone: &Backbone, adapter: &AdapterFile, (layer, product): (usize, Product)) -> Option<Dense> {
    let (device, dense) = (backbone.device(), backbone.product(layer, product));
    // Whole rows of a matrix are a block of columns, once the matrix is seen as one row.
    let row = |tensor: &Tensor| tensor.reshape(1, tensor.len());
    let changes = product.matrices().iter().enumerate().filter_map(|(i, matrix)| {
        let change = adapter.change(layer, *matrix)?;
        Some((i * change.len(), device.tensor(1, change.len(), &change.data)))
    });
    let changes: Vec<_> = changes.collect();
    if changes.is_empty() {
        return None;
    }
    let blocks: Vec<_> = changes.iter().map(|(first, change)| (*first, change)).collect();
    let frozen = dense.weight.widened(device);
    let copy = device.empty(frozen.rows(), frozen.cols());
    add_columns(device, &row(&frozen), &blocks, &row(&copy));
    Some(Dense { weight: Weight::of_product(device, &copy), bias: dense.bias.clone() })
}

impl Graft for MergedProducts {
    fn product(&self, tape: &mut Tape, at: (usize, Product), x: &Var, dense: &Dense, activation: Activation) -> Var {
        self.products.get(&at).unwrap_or(dense).forward(tape, x, activation)
    }
}
