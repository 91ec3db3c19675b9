//! Weights on their way from a file to a device.

use graftwork_formats::{FingerprintBuilder, TensorHasher, WeightSource};
use graftwork_tensor::{Device, Param, Tensor};

use crate::Result;
use crate::layers::{Dense, Norm};

/// Streams tensors from a source to a device.
pub(crate) struct Loader<'a> {
    pub source: &'a mut dyn WeightSource,
    pub device: &'a Device,
    pub hashes: FingerprintBuilder,
    /// Values read so far, of `total`.
    pub read: usize,
    pub total: usize,
    pub progress: &'a mut dyn FnMut(f64),
}

impl Loader<'_> {
    /// One tensor, or several of the same width below each other. A vector becomes one row.
    pub fn tensor(&mut self, names: &[&str]) -> Result<Tensor> {
        let shapes: Vec<Vec<usize>> =
            names.iter().map(|name| self.source.shape(name).unwrap_or_default().to_vec()).collect();
        let total: usize = shapes.iter().map(|shape| shape.iter().product::<usize>()).sum();
        let cols = if shapes[0].len() > 1 { shapes[0][1] } else { total };
        let tensor = self.device.empty(total / cols.max(1), cols);
        self.device.check(&tensor)?;
        let mut at = 0;
        for (name, shape) in names.iter().zip(&shapes) {
            let mut hasher = TensorHasher::new(name, shape);
            let device = self.device;
            self.source.stream(name, &mut |values| {
                device.write(&tensor.view(at, 1, values.len()), values);
                hasher.update(values);
                at += values.len();
                Ok(())
            })?;
            self.hashes.add(name, hasher);
        }
        self.read += total;
        (self.progress)(self.read as f64 / self.total as f64);
        Ok(tensor)
    }

    pub fn dense(&mut self, names: &[&str]) -> Result<Dense> {
        let part = |part: &str| names.iter().map(|name| format!("{name}.{part}")).collect::<Vec<_>>();
        let (weights, biases) = (part("weight"), part("bias"));
        let weight = self.tensor(&weights.iter().map(String::as_str).collect::<Vec<_>>())?;
        let bias = self.tensor(&biases.iter().map(String::as_str).collect::<Vec<_>>())?;
        Ok(Dense { weight: Param::frozen(weight), bias: Some(Param::frozen(bias)) })
    }

    pub fn norm(&mut self, name: &str, eps: f32) -> Result<Norm> {
        let gamma = self.tensor(&[&format!("{name}.weight")])?;
        let beta = self.tensor(&[&format!("{name}.bias")])?;
        Ok(Norm { gamma: Param::frozen(gamma), beta: Param::frozen(beta), eps })
    }
}
