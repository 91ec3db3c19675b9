//! Text in, labels or vectors out.

use std::io::{Cursor, Read, Seek};
use std::path::Path;

use graftwork_formats::{BackboneConfig, Checkpoint, Fingerprint, WeightSource, read_whole};
use graftwork_model::{AdapterConfig, AdapterFile, HeadConfig, Metadata};
use graftwork_tensor::ops::pool::Pool;
use graftwork_tensor::{Device, Tape};
use graftwork_text::{Dataset, Encoding, PackedBatch, Tokenizer};
use graftwork_train::Examples;
use graftwork_train::evaluate::{Evaluation, argmax, evaluate, logits, softmax};
use graftwork_train::predict::in_batches;

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

/// What a classifier says about one text.
#[derive(Debug, Clone, PartialEq)]
pub struct Classification {
    /// The most probable label.
    pub label: String,
    /// Each label's probability, in the head's order.
    pub scores: Vec<(String, f32)>,
    /// Before the softmax, in the same order.
    pub logits: Vec<f32>,
}

/// Which vector stands for a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pooling {
    /// The mean over all tokens, special ones included, as sentence-transformers computes it.
    Mean,
    /// The first token's.
    Cls,
    /// The backbone's pooler over the first token.
    Pooler,
    /// One vector for each token.
    None,
}

/// How texts become vectors.
#[derive(Debug, Clone, Copy)]
pub struct EmbedOptions<'a> {
    /// With this adapter's modules in the backbone.
    pub adapter: Option<&'a Adapter>,
    /// Tokens after which a text is cut; `None` is as many as the backbone takes.
    pub max_length: Option<usize>,
    /// Which vector.
    pub pooling: Pooling,
    /// Whether each vector is scaled to length 1.
    pub normalize: bool,
}

impl Default for EmbedOptions<'_> {
    fn default() -> Self {
        Self { adapter: None, max_length: None, pooling: Pooling::Mean, normalize: false }
    }
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
        let model = graftwork_model::Backbone::load(config, weights, device, progress).await?;
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

    /// A new adapter with AdapterHub's default classification head, drawn from a seed and ready to be trained.
    ///
    /// # Errors
    /// If there are fewer than two labels, or the configuration makes no sense.
    pub fn new_adapter(
        &self,
        name: &str,
        config: AdapterConfig,
        labels: Vec<String>,
        seed: u64,
    ) -> Result<AdapterFile> {
        if labels.len() < 2 {
            let must = format!("be at least 2 to tell apart; there are {}", labels.len());
            return Err(Error::Setting { setting: "the number of labels", must });
        }
        let head = HeadConfig::flex(name, labels);
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
        let most = self.config().max_position_embeddings;
        let length = max_length.unwrap_or(most);
        if length > most || length < 3 {
            return Err(Error::Setting { setting: "max length", must: format!("be from 3 to {most} tokens") });
        }
        texts.iter().map(|text| Ok(self.tokenizer.encode(text.as_ref(), length)?)).collect()
    }

    /// Tokenises a data set; `what` names it in messages. Training and evaluation match its labels with those of the
    /// head by name.
    ///
    /// # Errors
    /// If it is empty, or an example has no label.
    pub fn examples(&self, what: &'static str, data: &Dataset, max_length: Option<usize>) -> Result<Examples> {
        let texts: Vec<&str> = data.examples.iter().map(|example| example.text.as_str()).collect();
        let labels = data.examples.iter().map(|example| example.label);
        Ok(Examples::new(what, self.encode(&texts, max_length)?, labels, &data.labels)?)
    }

    /// Classifies texts, in input order. `max_length` defaults to that of the adapter's training, else to what the
    /// backbone takes. `progress` gets the fraction done.
    ///
    /// # Errors
    /// If the adapter has no head, or the device fails.
    pub async fn classify<S: AsRef<str>>(
        &self,
        adapter: &Adapter,
        texts: &[S],
        max_length: Option<usize>,
        progress: &mut dyn FnMut(f64),
    ) -> Result<Vec<Classification>> {
        let encodings = self.encode(texts, max_length.or(adapter.max_length()))?;
        let labels = adapter.labels();
        let classify = async |indices: &[usize]| {
            let batch = self.upload(&encodings, indices)?;
            let rows = logits(&self.model, &adapter.model, &batch).await?;
            Ok(rows.into_iter().map(|row| classification(&labels, row)).collect())
        };
        Ok(in_batches(&self.model, &lengths(&encodings), classify, progress).await?)
    }

    /// Vectors of texts, in input order: for each text one row of D numbers, or one for each token with
    /// [`Pooling::None`].
    ///
    /// # Errors
    /// If the pooler is asked for and the backbone has none, or the device fails.
    pub async fn embed<S: AsRef<str>>(
        &self,
        texts: &[S],
        options: EmbedOptions<'_>,
        progress: &mut dyn FnMut(f64),
    ) -> Result<Vec<Vec<Vec<f32>>>> {
        if options.pooling == Pooling::Pooler && !self.model.has_pooler() {
            let must = "not be `pooler`: this backbone's weights have none".to_owned();
            return Err(Error::Setting { setting: "pooling", must });
        }
        let encodings = self.encode(texts, options.max_length)?;
        let embed = async |indices: &[usize]| {
            let batch = self.upload(&encodings, indices)?;
            let mut tape = Tape::inference(self.device());
            let hidden = self.model.forward(&mut tape, &batch, options.adapter.map(|a| &a.model), 0.0)?;
            let vectors = match options.pooling {
                Pooling::None => hidden,
                Pooling::Mean => tape.pool(&hidden, batch.sequences(), Pool::Mean),
                Pooling::Cls => tape.pool(&hidden, batch.sequences(), Pool::First),
                Pooling::Pooler => {
                    let first = tape.pool(&hidden, batch.sequences(), Pool::First);
                    self.model.pooler(&mut tape, &first)
                }
            };
            let values = self.device().read(vectors.value()).await?;
            let mut rows = values.chunks(self.config().hidden_size).map(|row| finished(row, options.normalize));
            let rows_of = |i: &usize| if options.pooling == Pooling::None { encodings[*i].len() } else { 1 };
            Ok(indices.iter().map(|i| rows.by_ref().take(rows_of(i)).collect()).collect())
        };
        Ok(in_batches(&self.model, &lengths(&encodings), embed, progress).await?)
    }

    /// Classifies examples and compares with their labels.
    ///
    /// # Errors
    /// If the adapter has no head, or the device fails.
    pub async fn evaluate(
        &self,
        adapter: &Adapter,
        examples: &Examples,
        progress: &mut dyn FnMut(f64),
    ) -> Result<Evaluation> {
        Ok(evaluate(&self.model, &adapter.model, examples, progress).await?)
    }

    fn upload(&self, encodings: &[Encoding], indices: &[usize]) -> graftwork_model::Result<graftwork_model::Batch> {
        let chosen: Vec<&Encoding> = indices.iter().map(|i| &encodings[*i]).collect();
        let packed = PackedBatch::pack(&chosen);
        self.model.batch(&packed.ids, &packed.type_ids, &packed.cu_seqlens)
    }
}

fn lengths(encodings: &[Encoding]) -> Vec<usize> {
    encodings.iter().map(Encoding::len).collect()
}

fn classification(labels: &[String], logits: Vec<f32>) -> Classification {
    let scores = labels.iter().cloned().zip(softmax(&logits)).collect();
    Classification { label: labels[argmax(&logits)].clone(), scores, logits }
}

fn finished(row: &[f32], normalize: bool) -> Vec<f32> {
    let length = row.iter().map(|v| v * v).sum::<f32>().sqrt();
    // As PyTorch's `normalize`: a vector of zeros stays one.
    let scale = if normalize { 1.0 / length.max(1e-12) } else { 1.0 };
    row.iter().map(|v| v * scale).collect()
}
