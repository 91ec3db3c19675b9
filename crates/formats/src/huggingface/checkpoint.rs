//! The weights of a backbone directory, one tensor at a time.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::path::Path;

use crate::architectures::TensorSpec;
use crate::error::{Error, Result};
use crate::fingerprint::Fingerprint;
use crate::host_tensor::HostTensor;
use crate::huggingface::config::BackboneConfig;
use crate::huggingface::shard_index::shards_of_index;
use crate::json::MAX_JSON_BYTES;
use crate::safetensors::file::SafetensorsFile;
use crate::safetensors::number_format::{NumberFormat, Piece};

/// The name of weights in one file.
pub(super) const SINGLE: &str = "model.safetensors";
/// The name of the list of shards.
pub(super) const INDEX: &str = "model.safetensors.index.json";
/// The name of what PyTorch pickled.
pub(super) const PICKLED: &str = "pytorch_model.bin";

/// Weights that are handed out tensor by tensor, by canonical name (see [`TensorSpec::name`]).
pub trait WeightSource {
    /// The names of all tensors of the backbone, sorted. There may be others beside: those of a masked language model's head
    /// ([`MaskedLmNames`](crate::architectures::MaskedLmNames)).
    fn names(&self) -> Vec<String>;

    /// The shape of tensor `name`; `None` if there is no such tensor.
    fn shape(&self, name: &str) -> Option<&[usize]>;

    /// How the values of tensor `name` are stored; `None` if there is no such tensor.
    fn format(&self, name: &str) -> Option<NumberFormat>;

    /// Whose rounded numbers these are, if they are somebody's.
    fn rounded_from(&self) -> Option<RoundedFrom> {
        None
    }

    /// Hands the values of tensor `name` to `visit`, row-major, piece by piece, no wider than they are stored.
    ///
    /// # Errors
    /// If the tensor cannot be read, or `visit` fails.
    fn pieces(&mut self, name: &str, visit: &mut dyn FnMut(Piece<'_>) -> Result<()>) -> Result<()>;

    /// The same, widened to `f32`.
    ///
    /// # Errors
    /// As [`WeightSource::pieces`].
    fn stream(&mut self, name: &str, visit: &mut dyn FnMut(&[f32]) -> Result<()>) -> Result<()> {
        let mut scratch = Vec::new();
        self.pieces(name, &mut |piece| visit(piece.widened(&mut scratch)))
    }

    /// All of tensor `name`.
    ///
    /// # Errors
    /// If the tensor is not there or cannot be read.
    fn read(&mut self, name: &str) -> Result<HostTensor> {
        let shape = self.shape(name).unwrap_or_default().to_vec();
        let mut data = Vec::with_capacity(shape.iter().product());
        self.stream(name, &mut |values| {
            data.extend_from_slice(values);
            Ok(())
        })?;
        Ok(HostTensor::new(shape, data))
    }
}

/// The backbone that a rounded copy was made of. The copy goes by its name, so that it takes the same adapters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoundedFrom {
    /// Its weights.
    pub fingerprint: Fingerprint,
    /// Its table of words ([`Fingerprint::of_tensor`]).
    pub words: Fingerprint,
}

impl RoundedFrom {
    /// In a file's metadata: both fingerprints, one behind the other.
    pub(super) const KEY: &str = "graftwork.rounded_from";

    fn parse(text: &str) -> Option<Self> {
        let (fingerprint, words) = text.split_once(' ')?;
        Some(Self { fingerprint: fingerprint.parse().ok()?, words: words.parse().ok()? })
    }
}

impl fmt::Display for RoundedFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.fingerprint, self.words)
    }
}

/// Weights in memory, by canonical name.
impl WeightSource for BTreeMap<String, HostTensor> {
    fn names(&self) -> Vec<String> {
        self.keys().cloned().collect()
    }

    fn shape(&self, name: &str) -> Option<&[usize]> {
        self.get(name).map(|tensor| tensor.shape.as_slice())
    }

    fn format(&self, name: &str) -> Option<NumberFormat> {
        self.contains_key(name).then_some(NumberFormat::F32)
    }

    fn pieces(&mut self, name: &str, visit: &mut dyn FnMut(Piece<'_>) -> Result<()>) -> Result<()> {
        let Some(tensor) = self.get(name) else {
            let (file, expected, hint) = ("memory".to_owned(), Vec::new(), "the weights in memory lack it");
            return Err(Error::MissingTensor { file, tensor: name.to_owned(), expected, hint });
        };
        visit(Piece::F32(&tensor.data))
    }
}

/// The weights of a checkpoint in one or several safetensors files, checked against a configuration. Only the files'
/// headers are in memory.
#[derive(Debug)]
pub struct Checkpoint<R> {
    shards: Vec<SafetensorsFile<R>>,
    /// Canonical name -> (index in `shards`, name in the file); the backbone's tensors only.
    tensors: BTreeMap<String, (usize, String)>,
    /// The same of the head of a masked language model, which is no part of the backbone: all of it, or nothing.
    beside: BTreeMap<String, (usize, String)>,
    has_pooler: bool,
}

impl Checkpoint<File> {
    /// Opens the weights of the backbone directory `dir`: `model.safetensors`, or the shards that
    /// `model.safetensors.index.json` lists.
    ///
    /// # Errors
    /// If there are no such files, a file is damaged, or a tensor of `config` is missing or of another shape or format.
    pub fn open(dir: &Path, config: &BackboneConfig) -> Result<Self> {
        let open = |name: &str| {
            let path = dir.join(name);
            path.is_file().then(|| File::open(&path).map_err(Error::io("open", &path))).transpose()
        };
        Self::open_files(dir, config, &open)
    }
}

impl<'a> Checkpoint<Cursor<&'a [u8]>> {
    /// The weights in the bytes of one safetensors file; `file` is what messages call it.
    ///
    /// # Errors
    /// As [`Checkpoint::open`].
    pub fn from_bytes(file: &str, bytes: &'a [u8], config: &BackboneConfig) -> Result<Self> {
        Self::from_shards(file, vec![SafetensorsFile::open(file, Cursor::new(bytes))?], config)
    }
}

impl<R: Read + Seek> Checkpoint<R> {
    /// The same from wherever the files are: `open` gives one by name if it is there, messages call the place `dir`.
    ///
    /// # Errors
    /// As [`Checkpoint::open`].
    pub fn open_files(dir: &Path, config: &BackboneConfig, open: &dyn Fn(&str) -> Result<Option<R>>) -> Result<Self> {
        let place = dir.display().to_string();
        let file = |name: &str| dir.join(name).display().to_string();
        if let Some(single) = open(SINGLE)? {
            return Self::from_shards(&place, vec![SafetensorsFile::open(file(SINGLE), single)?], config);
        }
        let Some(index) = open(INDEX)? else {
            return Err(no_weights(&place, |name| matches!(open(name), Ok(Some(_)))));
        };
        let listed = shards_of_index(&file(INDEX), &read_whole(&file(INDEX), index, MAX_JSON_BYTES as u64)?)?;
        let mut shards = Vec::with_capacity(listed.len());
        for (name, tensors) in &listed {
            let Some(shard) = open(name)? else {
                let problem = format!("{INDEX} lists the shard {name}, which is not there; download it too");
                return Err(Error::MissingFile { place, problem });
            };
            let shard = SafetensorsFile::open(file(name), shard)?;
            if let Some(missing) = tensors.iter().find(|tensor| shard.shape(tensor).is_none()) {
                let problem = format!("{} says that it holds the tensor `{missing}`, but it does not", file(INDEX));
                return Err(Error::safetensors(shard.file(), problem));
            }
            shards.push(shard);
        }
        Self::from_shards(&place, shards, config)
    }

    /// The weights in several opened files; `place` is what messages call them together.
    ///
    /// # Errors
    /// If a tensor of `config` is missing, is there twice, or is of another shape or format.
    pub fn from_shards(place: &str, shards: Vec<SafetensorsFile<R>>, config: &BackboneConfig) -> Result<Self> {
        let mut found: BTreeMap<String, (usize, String)> = BTreeMap::new();
        let mut twice = BTreeMap::new();
        for (index, shard) in shards.iter().enumerate() {
            for name in shard.names() {
                let canonical = config.architecture.canonical_name(name);
                if let Some((other, before)) = found.insert(canonical.clone(), (index, name.to_owned())) {
                    let problem = format!("as `{before}` in {} and as `{name}`", shards[other].file());
                    twice.insert(canonical, (shard.file().to_owned(), problem));
                }
            }
        }
        let mut tensors = BTreeMap::new();
        for spec in config.tensor_specs() {
            // Ambiguity matters only for tensors that are used.
            if let Some((file, problem)) = twice.remove(&spec.name) {
                return Err(Error::DuplicateTensor { file, tensor: spec.name, problem });
            }
            match found.remove(&spec.name) {
                Some(at) => {
                    check(&shards[at.0], &at.1, &spec)?;
                    tensors.insert(spec.name, at);
                }
                None if spec.optional => {}
                None => return Err(missing(place, spec)),
            }
        }
        // An optional group (the pooler's weight and bias) is there or not there, but not half.
        for spec in config.tensor_specs().into_iter().filter(|spec| spec.optional && !tensors.contains_key(&spec.name))
        {
            let group = &spec.name[..=spec.name.rfind('.').unwrap_or(0)];
            if tensors.keys().any(|name| name.starts_with(group)) {
                return Err(missing(place, spec));
            }
        }
        let pooler = config.architecture.names.pooler;
        let has_pooler = pooler.is_some_and(|pooler| tensors.contains_key(&format!("{pooler}.weight")));
        let head = &config.architecture.masked_lm;
        let specs = head.tensor_specs(config);
        let fits =
            |spec: &TensorSpec| found.get(&spec.name).is_some_and(|at| check(&shards[at.0], &at.1, spec).is_ok());
        let mut beside = BTreeMap::new();
        if specs.iter().all(fits) {
            let names = specs.iter().map(|spec| spec.name.as_str()).chain([head.decoder]);
            beside.extend(names.filter_map(|name| found.remove_entry(name)));
        }
        Ok(Self { shards, tensors, beside, has_pooler })
    }

    /// Where a tensor is.
    fn place(&self, name: &str) -> Option<&(usize, String)> {
        self.tensors.get(name).or_else(|| self.beside.get(name))
    }

    /// Whether the checkpoint has the pooler (a dense layer with tanh over the first token) that some heads stand on.
    #[must_use]
    pub fn has_pooler(&self) -> bool {
        self.has_pooler
    }
}

impl<R: Read + Seek> WeightSource for Checkpoint<R> {
    fn names(&self) -> Vec<String> {
        self.tensors.keys().cloned().collect()
    }

    fn shape(&self, name: &str) -> Option<&[usize]> {
        let (shard, name) = self.place(name)?;
        self.shards[*shard].shape(name)
    }

    fn format(&self, name: &str) -> Option<NumberFormat> {
        let (shard, name) = self.place(name)?;
        self.shards[*shard].format(name)
    }

    fn rounded_from(&self) -> Option<RoundedFrom> {
        let [whole] = &self.shards[..] else { return None };
        RoundedFrom::parse(whole.metadata().get(RoundedFrom::KEY)?)
    }

    fn pieces(&mut self, name: &str, visit: &mut dyn FnMut(Piece<'_>) -> Result<()>) -> Result<()> {
        let Some((shard, stored)) = self.place(name).cloned() else {
            let file = self.shards.first().map(|shard| shard.file().to_owned()).unwrap_or_default();
            let hint = "it is not one of this backbone's tensors, or an optional one that the checkpoint lacks";
            return Err(Error::MissingTensor { file, tensor: name.to_owned(), expected: Vec::new(), hint });
        };
        self.shards[shard].pieces(&stored, visit)
    }
}

/// All of a file that messages call `file`, if it has at most `limit` bytes.
///
/// # Errors
/// If it has more, or cannot be read.
pub fn read_whole(file: &str, mut reader: impl Read + Seek, limit: u64) -> Result<Vec<u8>> {
    let read_error = |source| Error::Io { action: "read", file: file.to_owned(), source };
    let found = reader.seek(SeekFrom::End(0)).map_err(read_error)?;
    if found > limit {
        return Err(Error::TooLarge { file: file.to_owned(), what: "the text", found, limit });
    }
    let mut bytes = vec![0; found as usize];
    reader.seek(SeekFrom::Start(0)).and_then(|_| reader.read_exact(&mut bytes)).map_err(read_error)?;
    Ok(bytes)
}

/// Checks shape and number format of the tensor that `shard` calls `name`.
fn check<R: Read + Seek>(shard: &SafetensorsFile<R>, name: &str, spec: &TensorSpec) -> Result<()> {
    let (file, tensor) = (shard.file().to_owned(), name.to_owned());
    let found = shard.shape(name).unwrap_or_default();
    if found != spec.shape {
        return Err(Error::WrongShape { file, tensor, expected: spec.shape.clone(), found: found.to_vec() });
    }
    match (shard.dtype(name), shard.format(name)) {
        (Some(found), None) => Err(Error::WrongDtype { file, tensor, found }),
        _ => Ok(()),
    }
}

fn missing(place: &str, spec: TensorSpec) -> Error {
    let hint = "the weights are incomplete, or of another architecture than the configuration says";
    Error::MissingTensor { file: place.to_owned(), tensor: spec.name, expected: spec.shape, hint }
}

/// The error of a directory without weights that can be read, by what is there instead.
fn no_weights(place: &str, is_there: impl Fn(&str) -> bool) -> Error {
    let place = place.to_owned();
    let pickled = [PICKLED, "pytorch_model.bin.index.json"].iter().find(|name| is_there(name));
    let problem = match pickled {
        Some(name) => format!(
            "there is only {name}, which is a Python program as much as data and is not read; convert it once with \
             `python -c \"from transformers import AutoModel; AutoModel.from_pretrained('{place}')\
             .save_pretrained('{place}', safe_serialization=True)\"`"
        ),
        None => format!("there is neither {SINGLE} nor {INDEX}; download the backbone's safetensors weights"),
    };
    Error::MissingFile { place, problem }
}

#[cfg(test)]
#[path = "checkpoint_tests.rs"]
mod tests;
