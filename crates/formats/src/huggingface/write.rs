//! A backbone's weights to one `model.safetensors`, a tensor at a time.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;

use safetensors::Dtype;
use safetensors::tensor::View;

use super::checkpoint::{RoundedFrom, WeightSource};
use crate::error::{Error, Result};
use crate::host_tensor::HostTensor;
use crate::safetensors::file::scales_of;

/// Writes every tensor of `source` to the file `path` as F32, under its canonical name. Memory holds one tensor.
///
/// # Errors
/// If a tensor cannot be read, or the file cannot be written; it may be there in part then.
pub fn write_weights(path: &Path, source: &mut dyn WeightSource) -> Result<()> {
    write(path, source, None, |name, shape| vec![(name.to_owned(), Part::Whole, shape)])
}

/// The scale and the 8-bit integers of a row of a matrix, unless it has values that are not finite.
pub type RoundRow = fn(&[f32]) -> Option<(f32, Vec<i8>)>;

/// The same with matrices of 8-bit integers, rounded row by row, their scales beside them, and vectors as F32. The file says of which backbone it is a copy.
///
/// # Errors
/// As [`write_weights`], and if a value cannot be rounded.
pub fn write_rounded(path: &Path, source: &mut dyn WeightSource, of: RoundedFrom, round: RoundRow) -> Result<()> {
    let metadata = HashMap::from([(RoundedFrom::KEY.to_owned(), of.to_string())]);
    write(path, source, Some(metadata), |name, shape| match shape[..] {
        [rows, _] => {
            vec![(name.to_owned(), Part::Integers(round), shape), (scales_of(name), Part::Scales(round), vec![rows])]
        }
        _ => vec![(name.to_owned(), Part::Whole, shape)],
    })
}

/// What of a tensor is written.
#[derive(Clone, Copy)]
enum Part {
    Whole,
    Integers(RoundRow),
    Scales(RoundRow),
}

fn write(
    path: &Path,
    source: &mut dyn WeightSource,
    metadata: Option<HashMap<String, String>>,
    parts: impl Fn(&str, Vec<usize>) -> Vec<(String, Part, Vec<usize>)>,
) -> Result<()> {
    let names: Vec<_> =
        source.names().into_iter().map(|name| (source.shape(&name).unwrap_or_default().to_vec(), name)).collect();
    let source = RefCell::new((source, Ok(())));
    let views = names.into_iter().flat_map(|(shape, name)| {
        let parts = parts(&name, shape);
        let source = &source;
        parts.into_iter().map(move |(stored, part, shape)| (stored, Lazy { name: name.clone(), part, shape, source }))
    });
    let written = safetensors::serialize_to_file(views, metadata, path);
    // What went wrong while reading is the reason for whatever went wrong while writing.
    source.into_inner().1?;
    written.map_err(|error| Error::safetensors(&path.display().to_string(), error.to_string()))
}

/// A tensor, or a part of what is stored of it, that is read when its turn comes.
struct Lazy<'a, 'b> {
    name: String,
    part: Part,
    shape: Vec<usize>,
    source: &'a RefCell<(&'b mut dyn WeightSource, Result<()>)>,
}

impl Lazy<'_, '_> {
    fn bytes(&self, tensor: &HostTensor) -> Result<Vec<u8>> {
        let rounded = |round: RoundRow| {
            let file = "the backbone's weights".to_owned();
            let rows = tensor.data.chunks(tensor.shape[1].max(1)).map(round);
            rows.map(move |row| row.ok_or_else(|| Error::NotFinite { file: file.clone(), tensor: self.name.clone() }))
        };
        match self.part {
            Part::Whole => Ok(tensor.to_le_bytes()),
            Part::Integers(round) => rounded(round).try_fold(Vec::with_capacity(tensor.len()), |mut bytes, row| {
                bytes.extend(row?.1.into_iter().map(i8::cast_unsigned));
                Ok(bytes)
            }),
            Part::Scales(round) => rounded(round).try_fold(Vec::new(), |mut bytes, row| {
                bytes.extend(row?.0.to_le_bytes());
                Ok(bytes)
            }),
        }
    }
}

impl View for Lazy<'_, '_> {
    fn dtype(&self) -> Dtype {
        if matches!(self.part, Part::Integers(_)) { Dtype::I8 } else { Dtype::F32 }
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        let (source, outcome) = &mut *self.source.borrow_mut();
        match source.read(&self.name).and_then(|tensor| self.bytes(&tensor)) {
            Ok(bytes) => bytes.into(),
            Err(error) => {
                *outcome = Err(error);
                vec![0; self.data_len()].into()
            }
        }
    }

    fn data_len(&self) -> usize {
        let bytes = if matches!(self.part, Part::Integers(_)) { 1 } else { 4 };
        bytes * self.shape.iter().product::<usize>()
    }
}
