//! Weights on their way from a file to a device.

use graftwork_formats::{Identifier, Piece, WeightSource};
use graftwork_tensor::{Device, OutOfRange, Param, Tensor, Weight, WeightType, WeightUse, WeightWriter};

use crate::layers::{Dense, Norm};
use crate::{Error, Result};

/// Streams tensors from a source to a device.
pub(crate) struct Loader<'a, W, P> {
    pub source: &'a mut W,
    pub device: &'a Device,
    /// How matrices are stored; `None` keeps what the file has.
    pub weight_type: Option<WeightType>,
    pub identifier: Identifier,
    /// Values read so far, of `total`.
    pub read: usize,
    pub total: usize,
    pub progress: &'a mut P,
}

impl<W: WeightSource, P: FnMut(f64)> Loader<'_, W, P> {
    /// One matrix, or several of the same width below each other.
    pub fn matrix(&mut self, names: &[&str], what_for: WeightUse) -> Result<Weight> {
        let kinds = names.iter().map(|name| self.kind(name));
        // What holds all of them exactly.
        let kind = kinds.reduce(|a, b| if a == b { a } else { WeightType::F32 }).unwrap_or(WeightType::F32);
        self.tensor(names, kind, what_for)
    }

    /// One vector, or several behind each other, in f32.
    pub fn vector(&mut self, names: &[&str]) -> Result<Tensor> {
        Ok(self.tensor(names, WeightType::F32, WeightUse::Table)?.words().clone())
    }

    fn kind(&self, name: &str) -> WeightType {
        let of_file = || WeightType::from_name(self.source.format(name)?.name());
        self.weight_type.or_else(of_file).unwrap_or(WeightType::F32)
    }

    fn tensor(&mut self, names: &[&str], kind: WeightType, what_for: WeightUse) -> Result<Weight> {
        let shapes: Vec<Vec<usize>> =
            names.iter().map(|name| self.source.shape(name).unwrap_or_default().to_vec()).collect();
        let total: usize = shapes.iter().map(|shape| shape.iter().product::<usize>()).sum();
        let cols = if shapes[0].len() > 1 { shapes[0][1] } else { total };
        let mut writer = WeightWriter::new(self.device, kind, what_for, [total / cols.max(1), cols]);
        self.device.check(writer.words())?;
        let mut wide = Vec::new();
        for (name, shape) in names.iter().zip(&shapes) {
            let mut passing = self.identifier.begin(name, shape);
            let mut written = Ok(());
            self.source.pieces(name, &mut |piece| {
                // The identity is that of the file's numbers, however they are stored here.
                passing.update(piece, &mut wide);
                written = written.and_then(|()| match piece {
                    Piece::F16(values) => writer.write_f16(values),
                    piece => writer.write(piece.widened(&mut wide)),
                });
                Ok(())
            })?;
            written.map_err(|OutOfRange { value }| Error::OutOfRange { tensor: (*name).to_owned(), value, kind })?;
            self.identifier.end(name, passing);
        }
        self.read += total;
        (self.progress)(self.read as f64 / self.total as f64);
        Ok(writer.finish())
    }

    pub fn dense(&mut self, names: &[&str]) -> Result<Dense> {
        let part = |part: &str| names.iter().map(|name| format!("{name}.{part}")).collect::<Vec<_>>();
        let (weights, biases) = (part("weight"), part("bias"));
        let weight = self.matrix(&weights.iter().map(String::as_str).collect::<Vec<_>>(), WeightUse::Product)?;
        let bias = self.vector(&biases.iter().map(String::as_str).collect::<Vec<_>>())?;
        Ok(Dense { weight, bias: Some(Param::frozen(bias)) })
    }

    pub fn norm(&mut self, name: &str, eps: f32) -> Result<Norm> {
        let gamma = self.vector(&[&format!("{name}.weight")])?;
        let beta = self.vector(&[&format!("{name}.bias")])?;
        Ok(Norm { gamma: Param::frozen(gamma), beta: Param::frozen(beta), eps })
    }
}
