//! The frozen part and its tokenizer: loading, attaching, tokenising.

use std::io::{Cursor, Read, Seek};
use std::path::Path;
use std::sync::Arc;

use graftwork_formats::{BackboneConfig, Checkpoint, Fingerprint, KnownIdentity, WeightSource, read_whole};
use graftwork_model::AdapterFile;
use graftwork_tensor::{Device, WeightType};
use graftwork_text::{AsText, Encoding, Tokenizer};

use crate::{Adapter, Call, Error, Result, TextLimit, resolve_backbone};

/// The longest configuration or tokenizer that is read.
const MAX_TEXT_BYTES: u64 = 64 << 20;

/// A frozen backbone on a device, with its tokenizer. Clones share it, and so do the adapters that are attached to it: its
/// memory is free when the last of them is dropped.
#[derive(Debug, Clone)]
pub struct Backbone(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    model: graftwork_model::Backbone,
    tokenizer: Tokenizer,
}

/// How a backbone is loaded.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct LoadOptions {
    /// How matrices are stored on the device; `None` keeps the type that the file has. Fingerprints are those of the file.
    pub weight_type: Option<WeightType>,
    /// What [`Backbone::identity`] said of the same weights before. While a sample of them says that they are the same, the rest is not
    /// hashed again; else they are read twice. Default: everything is hashed.
    pub known: Option<KnownIdentity>,
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
    /// Loads a Hugging Face directory, named by its path or, if it is in the [cache](crate::models_dir), by its id, such
    /// as `sentence-transformers/all-MiniLM-L6-v2`. Weights stream to the device.
    ///
    /// # Errors
    /// If there is none, a file is missing, damaged or not supported, or the device fails.
    pub fn load<'a>(dir_or_id: impl AsRef<Path>, device: &'a Device) -> Call<'a, LoadOptions, Self> {
        let name = dir_or_id.as_ref().to_path_buf();
        Call::new(LoadOptions::default(), move |options, mut progress| async move {
            let dir = if name.is_dir() { name } else { resolve_backbone(&name.to_string_lossy())? };
            let config = BackboneConfig::from_dir(&dir)?;
            let tokenizer = Tokenizer::from_dir(&dir)?;
            if let Some(mut weights) = Checkpoint::open_pickled(&dir, &config)? {
                return Self::new(&config, &mut weights, tokenizer, device, options, &mut progress).await;
            }
            let mut weights = Checkpoint::open(&dir, &config)?;
            Self::new(&config, &mut weights, tokenizer, device, options, &mut progress).await
        })
    }

    /// The same from files in memory.
    ///
    /// # Errors
    /// As [`Backbone::load`].
    pub fn from_files<'a>(files: BackboneFiles<'a>, device: &'a Device) -> Call<'a, LoadOptions, Self> {
        let open = move |name: &str| {
            let bytes = match name {
                "config.json" => files.config,
                "model.safetensors" => files.weights,
                "tokenizer.json" => files.tokenizer,
                _ => return None,
            };
            Some(Cursor::new(bytes))
        };
        Call::new(LoadOptions::default(), move |options, progress| Self::from_folder(open, device, options, progress))
    }

    /// The same from any place that has what a Hugging Face directory has: `open` gives a file by name if it is there.
    /// Weights are read piece by piece: whatever holds them, host memory holds one piece. `progress` gets the fraction
    /// done. This is no [`Call`], because `open` and `progress` need not be able to go to another thread.
    ///
    /// # Errors
    /// As [`Backbone::load`].
    pub async fn from_folder<R: Read + Seek>(
        open: impl Fn(&str) -> Option<R>,
        device: &Device,
        options: LoadOptions,
        mut progress: impl FnMut(f64),
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
        Self::new(&config, &mut weights, tokenizer, device, options, &mut progress).await
    }

    async fn new<W: WeightSource, P: FnMut(f64)>(
        config: &BackboneConfig,
        weights: &mut W,
        tokenizer: Tokenizer,
        device: &Device,
        options: LoadOptions,
        progress: &mut P,
    ) -> Result<Self> {
        let LoadOptions { weight_type, known } = options;
        let model =
            graftwork_model::Backbone::load_known(config, weights, device, (weight_type, known), progress).await?;
        Ok(Self(Arc::new(Parts { model, tokenizer })))
    }

    /// The network.
    pub(crate) fn model(&self) -> &graftwork_model::Backbone {
        &self.0.model
    }

    /// What it is.
    pub fn config(&self) -> &BackboneConfig {
        self.model().config()
    }

    /// The identity of its weights.
    pub fn fingerprint(&self) -> Fingerprint {
        self.model().fingerprint()
    }

    /// The same with what spares the next load of the same weights most of the hashing: [`LoadOptions::known`].
    pub fn identity(&self) -> KnownIdentity {
        self.model().identity()
    }

    /// How many values it has.
    pub fn parameters(&self) -> usize {
        self.model().parameters()
    }

    /// Its tokenizer.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.0.tokenizer
    }

    /// Where it is.
    pub fn device(&self) -> &Device {
        self.model().device()
    }

    /// Uploads an adapter.
    ///
    /// # Errors
    /// If it does not fit this backbone, or was trained on another one.
    pub fn attach(&self, file: &AdapterFile) -> Result<Adapter> {
        Ok(Adapter::new(self, graftwork_model::Adapter::load(self.model(), file)?))
    }

    /// Uploads an adapter folded into copies of the frozen matrices that it changes: it takes their memory once more, and
    /// no time. The answers are those of [`Backbone::attach`] to rounding. Not for training.
    ///
    /// # Errors
    /// If it does not fit this backbone, or its method cannot be merged
    /// ([`AdapterConfig::merges`](crate::AdapterConfig::merges)).
    pub fn attach_merged(&self, file: &AdapterFile) -> Result<Adapter> {
        Ok(Adapter::new(self, graftwork_model::Adapter::load_merged(self.model(), file)?))
    }

    /// Tokenises texts, each cut after `max_length` tokens (default and most: what the backbone takes).
    ///
    /// # Errors
    /// If `max_length` is too small to hold anything or more than the backbone takes.
    pub fn encode<S: AsRef<str>>(&self, texts: &[S], max_length: impl Into<Option<usize>>) -> Result<Vec<Encoding>> {
        let length = self.max_length(max_length.into())?;
        texts.iter().map(|text| Ok(self.tokenizer().encode(text.as_ref(), length)?)).collect()
    }

    /// Tokenises texts that are already split into words; as [`Backbone::encode`].
    ///
    /// # Errors
    /// As [`Backbone::encode`].
    pub fn encode_words<W: AsRef<[S]>, S: AsRef<str>>(
        &self,
        texts: &[W],
        max_length: impl Into<Option<usize>>,
    ) -> Result<Vec<Encoding>> {
        let length = self.max_length(max_length.into())?;
        texts.iter().map(|words| Ok(self.tokenizer().encode_words(words.as_ref(), length)?)).collect()
    }

    /// Tokenises texts, or pairs of texts, as [`TextLimit`] says: of windows there are several sequences a text.
    ///
    /// # Errors
    /// As [`Backbone::encode`], and if more than first tokens of a pair are to be read.
    pub fn encode_long<T: AsText>(&self, texts: &[T], limit: impl Into<TextLimit>) -> Result<Vec<Vec<Encoding>>> {
        let TextLimit { max_length, long_texts } = limit.into();
        let length = self.max_length(max_length)?;
        texts.iter().map(|text| Ok(self.tokenizer().encode_text(text, length, long_texts)?)).collect()
    }

    pub(crate) fn max_length(&self, max_length: Option<usize>) -> Result<usize> {
        let most = self.config().max_length();
        let length = max_length.unwrap_or(most);
        if length > most || length < 3 {
            return Err(Error::Setting { setting: "max length", must: format!("be from 3 to {most} tokens") });
        }
        Ok(length)
    }
}

impl<T> Call<'_, LoadOptions, T> {
    /// Stores matrices in this type on the device, whatever the file has; see [`LoadOptions::weight_type`].
    pub fn weight_type(self, weight_type: impl Into<Option<WeightType>>) -> Self {
        self.with(|options| options.weight_type = weight_type.into())
    }

    /// Says what the weights should be, so that only a sample of them is hashed; see [`LoadOptions::known`].
    pub fn known(self, known: impl Into<Option<KnownIdentity>>) -> Self {
        self.with(|options| options.known = known.into())
    }
}
