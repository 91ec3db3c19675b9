//! All tensors of a weights file in memory, whichever of AdapterHub's two formats it has.

use std::collections::{BTreeMap, HashMap};
use std::io::Cursor;

use crate::error::{Error, Result};
use crate::host_tensor::HostTensor;
use crate::safetensors::file::SafetensorsFile;
use crate::safetensors::number_format::NumberFormat;
use crate::torch::pickle::Described;
use crate::torch::{legacy, pickle, stored_zip};

/// Tensors by the name that their file gives them.
pub type Tensors = BTreeMap<String, HostTensor>;

/// Which numbers a file's tensors may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kinds {
    /// Floats alone: others are refused.
    Floats,
    /// Any: those that are no floats, such as the positions' ids that backbones had, are left out.
    Any,
}

/// Reads a safetensors or PyTorch file, by what it contains; `file` is what messages call it.
pub(crate) fn read(file: &str, bytes: &[u8]) -> Result<Tensors> {
    if is_zip(bytes) || legacy::is_legacy(bytes) {
        return read_pickled(file, bytes, Kinds::Floats);
    }
    if bytes.starts_with(&[0x80]) && bytes.get(1).is_some_and(|protocol| *protocol <= 5) && file.ends_with(".bin") {
        return Err(Error::torch(file, "it is a pickle, but not one that torch.save writes"));
    }
    Ok(read_safetensors(file, bytes)?.0)
}

/// Reads a PyTorch file, whichever of its two forms it has.
pub(crate) fn read_pickled(file: &str, bytes: &[u8], kinds: Kinds) -> Result<Tensors> {
    if legacy::is_legacy(bytes) { legacy::read(file, bytes, kinds) } else { read_torch(file, bytes, kinds) }
}

/// Whether `bytes` are a ZIP archive, as PyTorch's weights files are.
pub(crate) fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(&stored_zip::MAGIC)
}

/// All tensors of a safetensors file, and the texts of its `__metadata__`.
pub(crate) fn read_safetensors(file: &str, bytes: &[u8]) -> Result<(Tensors, HashMap<String, String>)> {
    let mut safetensors = SafetensorsFile::open(file, Cursor::new(bytes))?;
    let names: Vec<String> = safetensors.names().map(str::to_owned).collect();
    let mut tensors = Tensors::new();
    for name in names {
        let tensor = safetensors.read(&name)?;
        tensors.insert(name, tensor);
    }
    Ok((tensors, safetensors.metadata().clone()))
}

/// All tensors of a file that `torch.save` wrote: a ZIP archive with the entries `<any>/data.pkl`, which describes the
/// tensors, and `<any>/data/<storage>`, little-endian.
fn read_torch(file: &str, bytes: &[u8], kinds: Kinds) -> Result<Tensors> {
    let damaged = |problem: String| Error::torch(file, problem);
    let entries = stored_zip::entries(file, bytes)?;
    let root = entries.keys().find_map(|name| name.strip_suffix("/data.pkl"));
    let root = root.ok_or_else(|| damaged("it has no entry data.pkl, so torch.save did not write it".to_owned()))?;
    if entries.get(format!("{root}/byteorder").as_str()).is_some_and(|order| *order != b"little") {
        return Err(damaged("its numbers are big-endian; save it again on a little-endian machine".to_owned()));
    }
    let described = pickle::tensors(entries[format!("{root}/data.pkl").as_str()]).map_err(damaged)?;
    assemble(file, bytes.len(), described, kinds, |storage| {
        let entry = format!("{root}/data/{storage}");
        entries.get(entry.as_str()).copied().ok_or_else(|| damaged(format!("it lacks the entry {entry}")))
    })
}

/// What a storage of this kind has, if that is floats.
pub(crate) fn format_of(kind: &str) -> Option<NumberFormat> {
    match kind {
        "Float" => Some(NumberFormat::F32),
        "Half" => Some(NumberFormat::F16),
        "BFloat16" => Some(NumberFormat::BF16),
        _ => None,
    }
}

/// Cuts tensors out of storages, which `data` gives by name; `length` is that of the whole file.
pub(crate) fn assemble<'d>(
    file: &str,
    length: usize,
    described: Described<'_>,
    kinds: Kinds,
    data: impl Fn(&str) -> Result<&'d [u8]>,
) -> Result<Tensors> {
    let damaged = |problem: String| Error::torch(file, problem);
    let mut tensors = Tensors::new();
    let mut total = 0usize;
    for (name, described) in described {
        let Some(format) = format_of(described.kind) else {
            if kinds == Kinds::Any {
                continue;
            }
            let (file, tensor, found) = (file.to_owned(), name.to_owned(), described.kind.to_owned());
            return Err(Error::WrongDtype { file, tensor, found });
        };
        let value_bytes = format.value_bytes();
        let data = data(described.storage)?;
        if data.len() != described.storage_values.saturating_mul(value_bytes) {
            let (found, expected, storage) = (data.len(), described.storage_values, described.storage);
            return Err(damaged(format!("its storage {storage} has {found} bytes for {expected} values")));
        }
        // Tensors may share a storage (AdapterHub's `ln_before` does, twice); without a bound, a small file could
        // describe any amount of memory.
        let values: usize = described.shape.iter().product();
        total = total.saturating_add(values * value_bytes);
        if total > 2 * length {
            return Err(damaged("its tensors share storages so often that they exceed twice the file".to_owned()));
        }
        let mut tensor = HostTensor::filled(described.shape, 0.0);
        let start = described.offset * value_bytes;
        format.widen(&data[start..start + values * value_bytes], &mut tensor.data);
        // Some models' matrices are transposes of what was trained: their columns lie one after the other.
        if described.transposed {
            let (rows, columns) = (tensor.shape[0], std::mem::take(&mut tensor.data));
            tensor.data = (0..rows).flat_map(|row| columns.iter().skip(row).step_by(rows).copied()).collect();
        }
        if tensors.insert(name.to_owned(), tensor).is_some() {
            let problem = "the pickle sets the name twice".to_owned();
            return Err(Error::DuplicateTensor { file: file.to_owned(), tensor: name.to_owned(), problem });
        }
    }
    Ok(tensors)
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
