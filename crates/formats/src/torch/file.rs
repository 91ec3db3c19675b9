//! All tensors of a weights file in memory, whichever of AdapterHub's two formats it has.

use std::collections::{BTreeMap, HashMap};
use std::io::Cursor;

use crate::error::{Error, Result};
use crate::host_tensor::HostTensor;
use crate::safetensors::file::SafetensorsFile;
use crate::safetensors::number_format::NumberFormat;
use crate::torch::{pickle, stored_zip};

/// Tensors by the name that their file gives them.
pub type Tensors = BTreeMap<String, HostTensor>;

/// Reads a safetensors or PyTorch file, by what it contains; `file` is what messages call it.
pub(crate) fn read(file: &str, bytes: &[u8]) -> Result<Tensors> {
    if is_zip(bytes) {
        return read_torch(file, bytes);
    }
    if bytes.starts_with(&[0x80]) && bytes.get(1).is_some_and(|protocol| *protocol <= 5) && file.ends_with(".bin") {
        let problem =
            "it has the form of PyTorch before 1.6; load it with torch.load and save it with torch.save again";
        return Err(Error::torch(file, problem));
    }
    Ok(read_safetensors(file, bytes)?.0)
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
fn read_torch(file: &str, bytes: &[u8]) -> Result<Tensors> {
    let damaged = |problem: String| Error::torch(file, problem);
    let entries = stored_zip::entries(file, bytes)?;
    let root = entries.keys().find_map(|name| name.strip_suffix("/data.pkl"));
    let root = root.ok_or_else(|| damaged("it has no entry data.pkl, so torch.save did not write it".to_owned()))?;
    if entries.get(format!("{root}/byteorder").as_str()).is_some_and(|order| *order != b"little") {
        return Err(damaged("its numbers are big-endian; save it again on a little-endian machine".to_owned()));
    }
    let described = pickle::tensors(entries[format!("{root}/data.pkl").as_str()]).map_err(damaged)?;

    let mut tensors = Tensors::new();
    let mut total = 0usize;
    for (name, described) in described {
        let format = match described.kind {
            "Float" => NumberFormat::F32,
            "Half" => NumberFormat::F16,
            "BFloat16" => NumberFormat::BF16,
            other => {
                let (file, tensor, found) = (file.to_owned(), name.to_owned(), other.to_owned());
                return Err(Error::WrongDtype { file, tensor, found });
            }
        };
        let value_bytes = format.value_bytes();
        let entry = format!("{root}/data/{}", described.storage);
        let data = *entries.get(entry.as_str()).ok_or_else(|| damaged(format!("it lacks the entry {entry}")))?;
        if data.len() != described.storage_values.saturating_mul(value_bytes) {
            let (found, expected) = (data.len(), described.storage_values);
            return Err(damaged(format!("its entry {entry} has {found} bytes for {expected} values")));
        }
        // Tensors may share a storage (AdapterHub's `ln_before` does, twice); without a bound, a small file could
        // describe any amount of memory.
        let values: usize = described.shape.iter().product();
        total = total.saturating_add(values * value_bytes);
        if total > 2 * bytes.len() {
            return Err(damaged("its tensors share storages so often that they exceed twice the file".to_owned()));
        }
        let mut tensor = HostTensor::filled(described.shape, 0.0);
        let start = described.offset * value_bytes;
        format.widen(&data[start..start + values * value_bytes], &mut tensor.data);
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
