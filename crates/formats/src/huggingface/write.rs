//! A backbone's weights to one `model.safetensors`, a tensor at a time.

use std::borrow::Cow;
use std::cell::RefCell;
use std::path::Path;

use safetensors::Dtype;
use safetensors::tensor::View;

use super::checkpoint::WeightSource;
use crate::error::{Error, Result};

/// Writes every tensor of `source` to the file `path` as F32, under its canonical name. Memory holds one tensor.
///
/// # Errors
/// If a tensor cannot be read, or the file cannot be written; it may be there in part then.
pub fn write_weights(path: &Path, source: &mut dyn WeightSource) -> Result<()> {
    let shapes: Vec<_> =
        source.names().into_iter().map(|name| (source.shape(&name).map(<[usize]>::to_vec), name)).collect();
    let source = RefCell::new((source, Ok(())));
    let views = shapes.into_iter().map(|(shape, name)| {
        let shape = shape.unwrap_or_default();
        (name.clone(), Lazy { name, shape, source: &source })
    });
    let written = safetensors::serialize_to_file(views, None, path);
    // What went wrong while reading is the reason for whatever went wrong while writing.
    source.into_inner().1?;
    written.map_err(|error| Error::safetensors(&path.display().to_string(), error.to_string()))
}

/// A tensor that is read when its turn comes.
struct Lazy<'a, 'b> {
    name: String,
    shape: Vec<usize>,
    source: &'a RefCell<(&'b mut dyn WeightSource, Result<()>)>,
}

impl View for Lazy<'_, '_> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        let (source, outcome) = &mut *self.source.borrow_mut();
        match source.read(&self.name) {
            Ok(tensor) => tensor.to_le_bytes().into(),
            Err(error) => {
                *outcome = Err(error);
                vec![0; self.data_len()].into()
            }
        }
    }

    fn data_len(&self) -> usize {
        4 * self.shape.iter().product::<usize>()
    }
}
