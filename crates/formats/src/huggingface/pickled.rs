//! The weights of a backbone directory that has them as PyTorch pickled them.

use std::io::Cursor;
use std::path::Path;

use crate::error::{Error, Result};
use crate::huggingface::checkpoint::{Checkpoint, INDEX, PICKLED, SINGLE};
use crate::huggingface::config::BackboneConfig;
use crate::safetensors::file::SafetensorsFile;
use crate::safetensors::write::serialize;
use crate::torch::file::{Kinds, read_pickled};

impl Checkpoint<Cursor<Vec<u8>>> {
    /// The weights of the backbone directory `dir` where it has no safetensors but `pytorch_model.bin`, in either of that file's
    /// forms; `None` otherwise. All of it is in memory, in f32. What is no number that a network computes with is left out.
    ///
    /// # Errors
    /// As [`Checkpoint::open`], and if the file is damaged or is more than tensors.
    pub fn open_pickled(dir: &Path, config: &BackboneConfig) -> Result<Option<Self>> {
        let path = dir.join(PICKLED);
        if [SINGLE, INDEX].iter().any(|name| dir.join(name).is_file()) || !path.is_file() {
            return Ok(None);
        }
        let file = path.display().to_string();
        let bytes = std::fs::read(&path).map_err(Error::io("read", &path))?;
        let tensors = read_pickled(&file, &bytes, Kinds::Any)?;
        drop(bytes);
        let bytes = serialize(&tensors, None)?;
        let shard = SafetensorsFile::open(&file, Cursor::new(bytes))?;
        Self::from_shards(&dir.display().to_string(), vec![shard], config).map(Some)
    }
}
