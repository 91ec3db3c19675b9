//! The frozen part and its tokenizer: loading, attaching, tokenising.

use std::io::{Cursor, Read, Seek};
use std::path::Path;

use graftwork_formats::{BackboneConfig, Checkpoint, Fingerprint, WeightSource, read_whole};
use graftwork_model::{AdapterConfig, AdapterFile, Metadata};
use graftwork_tensor::Device;
use graftwork_text::{Encoding, Tokenizer};
use graftwork_train::tasks::{Examples, Labelled, TaskInfo};

use crate::{Adapter, Error, Result};

/// The longest configuration or tokenizer that is read.
const MAX_TEXT_BYTES: u64 = 64 << 20;

/// A frozen backbone on a device, with its tokenizer.
#[derive(Debug)]
pub struct Backbone {
    model: graftwork_model::Backbone,
    tokenizer: Tokenizer,
}

/// The files of a backbone in memory.
#[derive(Debug, Clone, Copy)]
pub struct BackboneFiles<'a> {
    /// `config.json`
    pub config: &'a [u8],
    /// `model.safetensors`
    pub weights: &'a [u8],
    /// `tokenizer.json`
    pub tokenizer: &'a [u8],
}

impl Backbone {
    /// Loads a Hugging Face directory; weights stream to the device. `progress` gets the fraction done.
    ///
    /// # Errors
    /// If a file is missing, damaged or not supported, or the device fails.
    pub async fn load(dir: &Path, device: &Device, progress: &mut dyn FnMut(f64)) -> Result<Self> {
        let config = BackboneConfig::from_dir(dir)?;
        let tokenizer = Tokenizer::from_dir(dir)?;
        let mut weights = Checkpoint::open(dir, &config)?;
        Self::new(&config, &mut weights, tokenizer, device, progress).await
    }

    /// The same from files in memory.
    ///
    /// # Errors
    /// As [`Backbone::load`].
    pub async fn from_files(files: BackboneFiles<'_>, device: &Device, progress: &mut dyn FnMut(f64)) -> Result<Self> {
        let open = |name: &str| {
            let bytes = match name {
                "config.json" => files.config,
                "model.safetensors" => files.weights,
                "tokenizer.json" => files.tokenizer,
                _ => return None,
            };
            Some(Cursor::new(bytes))
        };
        Self::from_folder(&open, device, progress).await
    }

    /// The same from any place that has what a Hugging Face directory has: `open` gives a file by name if it is there.
    /// Weights are read piece by piece: whatever holds them, host memory holds one piece.
    ///
    /// # Errors
    /// As [`Backbone::load`].
    pub async fn from_folder<R: Read + Seek>(
        open: &dyn Fn(&str) -> Option<R>,
        device: &Device,
        progress: &mut dyn FnMut(f64),
    ) -> Result<Self> {
        let place = Path::new("the backbone");
        let read = |name: &str| open(name).map(|file| read_whole(name, file, MAX_TEXT_BYTES)).transpose();
        let text = |name: &str| {
            let refused = |error: graftwork_formats::Error| graftwork_text::Error::File {
                name: name.to_owned(),
                reason: error.to_string(),
            };
            read(name).map_err(refused)
        };
        let missing = || graftwork_formats::Error::MissingFile {
            place: place.display().to_string(),
            problem: "there is no config.json".to_owned(),
        };
        let config = BackboneConfig::from_json("config.json", &read("config.json")?.ok_or_else(missing)?)?;
        let tokenizer = Tokenizer::from_files(place, &text)?;
        let mut weights = Checkpoint::open_files(place, &config, &|name| Ok(open(name)))?;
        Self::new(&config, &mut weights, tokenizer, device, progress).await
    }

    async fn new(
        config: &BackboneConfig,
        weights: &mut dyn WeightSource,
        tokenizer: Tokenizer,
        device: &Device,
        progress: &mut dyn FnMut(f64),
    ) -> Result<Self> {
        let model = graftwork_model::Backbone::load(config, weights, device, None, progress).await?;
        Ok(Self { model, tokenizer })
    }

    /// The network.
    pub fn model(&self) -> &graftwork_model::Backbone {
        &self.model
    }

    /// What it is.
    pub fn config(&self) -> &BackboneConfig {
        self.model.config()
    }

    /// The identity of its weights.
    pub fn fingerprint(&self) -> Fingerprint {
        self.model.fingerprint()
    }

    /// Its tokenizer.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// Where it is.
    pub fn device(&self) -> &Device {
        self.model.device()
    }

    /// Uploads an adapter.
    ///
    /// # Errors
    /// If it does not fit this backbone.
    pub fn attach(&self, file: &AdapterFile) -> Result<Adapter> {
        Ok(Adapter { model: graftwork_model::Adapter::load(&self.model, file)? })
    }

    /// Uploads an adapter folded into copies of the frozen matrices that it changes: it takes their memory once more, and
    /// no time. The answers are those of [`Backbone::attach`] to rounding. Not for training.
    ///
    /// # Errors
    /// If it does not fit this backbone, or its method cannot be merged ([`AdapterConfig::merges`]).
    pub fn attach_merged(&self, file: &AdapterFile) -> Result<Adapter> {
        Ok(Adapter { model: graftwork_model::Adapter::load_merged(&self.model, file)? })
    }

    /// A new adapter with AdapterHub's default head for a task, drawn from a seed and ready to be trained.
    ///
    /// # Errors
    /// If there are fewer than two labels, or the configuration makes no sense.
    pub fn new_adapter(
        &self,
        task: &TaskInfo,
        name: &str,
        config: AdapterConfig,
        labels: Vec<String>,
        seed: u64,
    ) -> Result<AdapterFile> {
        if labels.len() < 2 {
            let must = format!("be at least 2 to tell apart; there are {}", labels.len());
            return Err(Error::Setting { setting: "the number of labels", must });
        }
        let head = (task.new_head)(name, labels);
        let mut file = AdapterFile::new(name, config, Some(head), self.config());
        file.metadata = Metadata { backbone_fingerprint: Some(self.fingerprint()), ..Metadata::default() };
        file.initialise(self.config(), seed)?;
        file.validate(name)?;
        Ok(file)
    }

    /// Tokenises texts, each cut after `max_length` tokens (default and most: what the backbone takes).
    ///
    /// # Errors
    /// If `max_length` is too small to hold anything or more than the backbone takes.
    pub fn encode<S: AsRef<str>>(&self, texts: &[S], max_length: Option<usize>) -> Result<Vec<Encoding>> {
        let length = self.max_length(max_length)?;
        texts.iter().map(|text| Ok(self.tokenizer.encode(text.as_ref(), length)?)).collect()
    }

    /// Tokenises texts that are already split into words; as [`Backbone::encode`].
    ///
    /// # Errors
    /// As [`Backbone::encode`].
    pub fn encode_words<W: AsRef<[String]>>(&self, texts: &[W], max_length: Option<usize>) -> Result<Vec<Encoding>> {
        let length = self.max_length(max_length)?;
        texts.iter().map(|words| Ok(self.tokenizer.encode_words(words.as_ref(), length)?)).collect()
    }

    fn max_length(&self, max_length: Option<usize>) -> Result<usize> {
        let most = self.config().max_length();
        let length = max_length.unwrap_or(most);
        if length > most || length < 3 {
            return Err(Error::Setting { setting: "max length", must: format!("be from 3 to {most} tokens") });
        }
        Ok(length)
    }

    /// Tokenises a data set of any task; `what` names it in messages. Training and evaluation match its labels with those
    /// of the head by name.
    ///
    /// # Errors
    /// If it is empty, or an example has no label.
    pub fn examples(
        &self,
        what: &'static str,
        data: &dyn Labelled,
        max_length: Option<usize>,
    ) -> Result<Box<dyn Examples>> {
        Ok(data.encode(what, &self.tokenizer, self.max_length(max_length)?)?)
    }
}
