//! One contiguous buffer for everything of an adapter that learns.

use std::collections::BTreeMap;

use graftwork_formats::{HostTensor, TensorSpec};
use graftwork_tensor::{Device, Param, Tensor};

use crate::Result;

/// Elements at which parameters begin: GPUs bind a buffer at multiples of 256 bytes.
const ALIGNMENT: usize = 64;

/// All parameters of an adapter and its head, one after the other: matrices first, which weight decay applies to, then
/// vectors. The optimizer is then one dispatch, clipping one reduction, saving one readback.
#[derive(Debug, Clone)]
pub struct Arena {
    weights: Tensor,
    grads: Option<Tensor>,
    entries: BTreeMap<String, Entry>,
    decayed: usize,
    parameters: usize,
}

#[derive(Debug, Clone)]
struct Entry {
    offset: usize,
    shape: Vec<usize>,
}

impl Arena {
    /// Room for the tensors of `specs` on a device, filled from `tensors`, which has one for each (checked before).
    /// With `trainable`, room for their gradients too.
    pub(crate) fn new(
        device: &Device,
        specs: &[TensorSpec],
        tensors: &BTreeMap<String, HostTensor>,
        trainable: bool,
    ) -> Self {
        let mut entries = BTreeMap::new();
        let mut host: Vec<f32> = Vec::new();
        let mut decayed = 0;
        let (matrices, vectors): (Vec<_>, Vec<_>) = specs.iter().partition(|spec| spec.shape.len() > 1);
        for spec in matrices.iter().chain(&vectors) {
            entries.insert(spec.name.clone(), Entry { offset: host.len(), shape: spec.shape.clone() });
            host.extend_from_slice(&tensors[&spec.name].data);
            host.resize(host.len().next_multiple_of(ALIGNMENT), 0.0);
            if spec.shape.len() > 1 {
                decayed = host.len();
            }
        }
        let weights = device.tensor(1, host.len(), &host);
        let grads = trainable.then(|| device.zeros(1, host.len()));
        let parameters = specs.iter().map(|spec| spec.shape.iter().product::<usize>()).sum();
        Self { weights, grads, entries, decayed, parameters }
    }

    /// Every weight, [1, n]; gaps between parameters are zero and stay zero.
    pub fn weights(&self) -> &Tensor {
        &self.weights
    }

    /// The gradient of every weight, if it learns.
    pub fn grads(&self) -> Option<&Tensor> {
        self.grads.as_ref()
    }

    /// How many elements from the start weight decay applies to.
    pub fn decayed(&self) -> usize {
        self.decayed
    }

    /// How many parameters there are, without the gaps.
    pub fn parameters(&self) -> usize {
        self.parameters
    }

    /// A parameter by its canonical name, as rows x columns; a vector is one row. `None` if there is no such tensor.
    pub fn get(&self, name: &str) -> Option<Param> {
        let entry = self.entries.get(name)?;
        let cols = entry.shape.last().copied().unwrap_or(1);
        let rows = entry.shape.iter().product::<usize>() / cols;
        let view = |tensor: &Tensor| tensor.view(entry.offset, rows, cols);
        Some(Param { value: view(&self.weights), grad: self.grads.as_ref().map(view) })
    }

    /// Cuts values of the whole arena, as read from the device, into tensors by name.
    pub fn unpack(&self, values: &[f32]) -> BTreeMap<String, HostTensor> {
        let cut = |entry: &Entry| {
            let len = entry.shape.iter().product::<usize>();
            HostTensor::new(entry.shape.clone(), values[entry.offset..entry.offset + len].to_vec())
        };
        // Collecting would sort what is sorted, by code that nothing else needs.
        let mut tensors = BTreeMap::new();
        tensors.extend(self.entries.iter().map(|(name, entry)| (name.clone(), cut(entry))));
        tensors
    }

    /// Reads all weights back.
    pub async fn read(&self, device: &Device) -> Result<BTreeMap<String, HostTensor>> {
        Ok(self.unpack(&device.read(&self.weights).await?))
    }
}
