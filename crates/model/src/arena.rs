//! One contiguous buffer for everything of an adapter that learns.

use std::collections::BTreeMap;

use graftwork_formats::{HostTensor, TensorSpec};
use graftwork_tensor::{Device, Param, Tensor};

use crate::Result;
use crate::adapter_file::heads::is_of_head;

/// Elements at which parameters begin: GPUs bind a buffer at multiples of 256 bytes.
const ALIGNMENT: usize = 64;

/// What of an adapter learns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Learning {
    /// Nothing: it is used.
    Nothing,
    /// Its heads alone.
    Head,
    /// Adapter and heads.
    Everything,
}

impl Learning {
    /// Whether a tensor of this canonical name does.
    fn covers(self, name: &str) -> bool {
        match self {
            Self::Nothing => false,
            Self::Head => is_of_head(name),
            Self::Everything => true,
        }
    }
}

/// All parameters of an adapter and its head, one after the other: what learns before what is frozen, and of both matrices
/// first, which weight decay applies to, then vectors. The optimizer is then one dispatch, clipping one reduction, saving
/// one readback.
#[derive(Debug, Clone)]
pub struct Arena {
    weights: Tensor,
    grads: Option<Tensor>,
    entries: BTreeMap<String, Entry>,
    decayed: usize,
    learned: usize,
    parameters: usize,
}

#[derive(Debug, Clone)]
struct Entry {
    offset: usize,
    shape: Vec<usize>,
}

impl Arena {
    /// Room for the tensors of `specs` on a device, filled from `tensors`, which has one for each (checked before).
    /// What learns has room for its gradients too.
    pub(crate) fn new(
        device: &Device,
        specs: &[TensorSpec],
        tensors: &BTreeMap<String, HostTensor>,
        learning: Learning,
    ) -> Self {
        let mut entries = BTreeMap::new();
        let mut host: Vec<f32> = Vec::new();
        let (mut decayed, mut learned) = (0, 0);
        let is_matrix = |spec: &TensorSpec| spec.shape.len() > 1;
        let mut ordered: Vec<_> = specs.iter().collect();
        ordered.sort_by_key(|spec| (!learning.covers(&spec.name), !is_matrix(spec)));
        for spec in ordered {
            entries.insert(spec.name.clone(), Entry { offset: host.len(), shape: spec.shape.clone() });
            host.extend_from_slice(&tensors[&spec.name].data);
            host.resize(host.len().next_multiple_of(ALIGNMENT), 0.0);
            if learning.covers(&spec.name) {
                learned = host.len();
                decayed = if is_matrix(spec) { learned } else { decayed };
            }
        }
        let weights = device.tensor(1, host.len(), &host);
        let grads = (learning != Learning::Nothing).then(|| device.zeros(1, learned));
        let parameters = specs.iter().map(|spec| spec.shape.iter().product::<usize>()).sum();
        Self { weights, grads, entries, decayed, learned, parameters }
    }

    /// Every weight, [1, n]; gaps between parameters are zero and stay zero.
    pub fn weights(&self) -> &Tensor {
        &self.weights
    }

    /// The weights that learn, [1, n]: those at the beginning.
    pub fn learned(&self) -> Tensor {
        self.weights.view(0, 1, self.learned)
    }

    /// The gradient of every weight that learns, [1, n]; `None` if none does.
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
        let grads = self.grads.as_ref().filter(|_| entry.offset < self.learned);
        Some(Param { value: view(&self.weights), grad: grads.map(view) })
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
