//! The library as the program uses it: a backbone with its tokenizer on a device, and what is asked of the two.
//!
//! Everything asynchronous ends here: the program blocks on it.

use std::path::Path;

use graftwork_model::{Adapter, AdapterFile, Backbone, BackboneConfig, Batch, Checkpoint};
use graftwork_tensor::ops::pool::Pool;
use graftwork_tensor::{Device, Tape, Tensor};
use graftwork_text::{BatchSize, Dataset, Encoding, PackedBatch, Tokenizer, by_length, in_input_order, plan};
use graftwork_train::Examples;
use graftwork_train::evaluate::{Evaluation, INFERENCE_TOKENS, argmax, evaluate, logits, softmax};
use pollster::block_on;

use crate::args::{DeviceArg, Pooling};
use crate::failure::{Failure, Kind, Result};

/// A backbone with its tokenizer.
pub struct Engine {
    backbone: Backbone,
    tokenizer: Tokenizer,
}

/// What a text was classified as.
pub struct Classification {
    /// Index of the best label.
    pub label: usize,
    /// Probability of each label.
    pub scores: Vec<f32>,
    /// The head's output for each label.
    pub logits: Vec<f32>,
}

/// Vectors of one text: one, or with [`Pooling::None`] one for each token.
pub type Vectors = Vec<Vec<f32>>;

/// Opens the device that the user wants.
///
/// # Errors
/// If there is no GPU and one was asked for.
pub fn open_device(wanted: DeviceArg) -> Result<Device> {
    Ok(match wanted {
        DeviceArg::Cpu => Device::cpu(),
        DeviceArg::Auto => block_on(Device::auto()),
        DeviceArg::Gpu => block_on(Device::gpu(&graftwork_gpu::AdapterChoice::Preferred))?,
    })
}

impl Engine {
    /// Loads a backbone directory; `progress` gets the fraction done.
    ///
    /// # Errors
    /// If its files are not what they should be, or the device fails.
    pub fn load(dir: &Path, device: &Device, progress: &mut dyn FnMut(f64)) -> Result<Self> {
        let tokenizer = Tokenizer::from_dir(dir)?;
        let config = BackboneConfig::from_dir(dir)?;
        if tokenizer.vocab_size() > config.vocab_size {
            let message = format!(
                "{}: the tokenizer has {} tokens, but the backbone only {}",
                dir.display(),
                tokenizer.vocab_size(),
                config.vocab_size
            );
            return Err(Failure::new(Kind::Input, message));
        }
        let mut checkpoint = Checkpoint::open(dir, &config)?;
        let backbone = block_on(Backbone::load(&config, &mut checkpoint, device, progress))?;
        Ok(Self { backbone, tokenizer })
    }

    /// The backbone.
    pub fn backbone(&self) -> &Backbone {
        &self.backbone
    }

    /// The length to cut texts to: what the user said, else what the adapter was trained with, else all the backbone
    /// can take.
    ///
    /// # Errors
    /// If the user said more than the backbone can take.
    pub fn max_length(&self, asked: Option<usize>, adapter: Option<&AdapterFile>) -> Result<usize> {
        let limit = self.backbone.config().max_position_embeddings;
        match asked {
            Some(asked) if asked > limit => {
                let message = format!("--max-length {asked} is more than the {limit} tokens this backbone can take");
                Err(Failure::new(Kind::Usage, message))
            }
            Some(asked) => Ok(asked),
            None => Ok(adapter.and_then(|file| file.metadata.max_length).unwrap_or(limit).min(limit)),
        }
    }

    /// Reads an adapter; with `any_backbone` it forgets which backbone it was trained on.
    ///
    /// # Errors
    /// If its files are not what they should be.
    pub fn read_adapter(path: &Path, any_backbone: bool) -> Result<AdapterFile> {
        let mut file = graftwork_model::load(path)?;
        if any_backbone {
            file.metadata.backbone_fingerprint = None;
        }
        Ok(file)
    }

    /// Puts an adapter on the device.
    ///
    /// # Errors
    /// If it does not fit the backbone.
    pub fn attach(&self, file: &AdapterFile) -> Result<Adapter> {
        Ok(Adapter::load(&self.backbone, file)?)
    }

    /// Reads a trained adapter back from the device.
    ///
    /// # Errors
    /// If the device fails.
    pub fn read_back(&self, adapter: &Adapter) -> Result<AdapterFile> {
        Ok(block_on(adapter.to_file(self.backbone.device()))?)
    }

    /// Draws the weights of a new adapter and its head.
    ///
    /// # Errors
    /// If its configuration makes no sense for this backbone.
    pub fn initialize(&self, file: AdapterFile, seed: u64) -> Result<AdapterFile> {
        let _ = (file, seed);
        Err(Failure::new(Kind::Failure, "new adapters are not wired up yet; use --init"))
    }

    /// Token ids of one text.
    ///
    /// # Errors
    /// If `max_length` leaves no room for it.
    pub fn encode(&self, text: &str, max_length: usize) -> Result<Encoding> {
        Ok(self.tokenizer.encode(text, max_length)?)
    }

    /// Token ids of labelled texts. `what` names them in messages.
    ///
    /// # Errors
    /// If there are none.
    pub fn examples(&self, what: &'static str, data: &Dataset, max_length: usize) -> Result<Examples> {
        let encodings = data.examples.iter().map(|example| self.encode(&example.text, max_length));
        let encodings = encodings.collect::<Result<Vec<_>>>()?;
        let labels = data.examples.iter().map(|example| example.label);
        Ok(Examples::new(what, encodings, labels, data.labels.len())?)
    }

    /// Classifies examples and compares with their labels; `progress` gets the fraction done.
    ///
    /// # Errors
    /// If the adapter has no head, or the device fails.
    pub fn evaluate(
        &self,
        adapter: &Adapter,
        examples: &Examples,
        progress: &mut dyn FnMut(f64),
    ) -> Result<Evaluation> {
        Ok(block_on(evaluate(&self.backbone, adapter, examples, progress))?)
    }

    /// Classifies texts.
    ///
    /// # Errors
    /// If the adapter has no head, or the device fails.
    pub fn classify(&self, adapter: &Adapter, texts: &[String], max_length: usize) -> Result<Vec<Classification>> {
        self.in_batches(texts, max_length, |batch, _| {
            let rows = block_on(logits(&self.backbone, adapter, batch))?;
            Ok(rows
                .into_iter()
                .map(|logits| Classification { label: argmax(&logits), scores: softmax(&logits), logits })
                .collect())
        })
    }

    /// Vectors of texts.
    ///
    /// # Errors
    /// If the backbone lacks the pooler that is asked for, or the device fails.
    pub fn embed(
        &self,
        adapter: Option<&Adapter>,
        texts: &[String],
        max_length: usize,
        pooling: Pooling,
    ) -> Result<Vec<Vectors>> {
        if pooling == Pooling::Pooler && !self.backbone.has_pooler() {
            return Err(Failure::new(Kind::Input, "this backbone has no pooler; try --pooling cls or mean"));
        }
        self.in_batches(texts, max_length, |batch, lengths| {
            let mut tape = Tape::inference(self.backbone.device());
            let hidden = self.backbone.forward(&mut tape, batch, adapter, 0.0);
            let pooled = match pooling {
                Pooling::None => hidden,
                Pooling::Mean => tape.pool(&hidden, batch.sequences(), Pool::Mean),
                Pooling::Cls => tape.pool(&hidden, batch.sequences(), Pool::First),
                Pooling::Pooler => {
                    let first = tape.pool(&hidden, batch.sequences(), Pool::First);
                    self.backbone.pooler(&mut tape, &first)
                }
            };
            let mut rows = self.rows(pooled.value())?.into_iter();
            let count = |length: &usize| if pooling == Pooling::None { *length } else { 1 };
            Ok(lengths.iter().map(|length| rows.by_ref().take(count(length)).collect()).collect())
        })
    }

    fn rows(&self, tensor: &Tensor) -> Result<Vec<Vec<f32>>> {
        let values = block_on(self.backbone.device().read(tensor))?;
        Ok(values.chunks(tensor.cols()).map(<[f32]>::to_vec).collect())
    }

    /// Runs texts through `compute` in batches of similar lengths; results come back in the order of the texts.
    fn in_batches<T>(
        &self,
        texts: &[String],
        max_length: usize,
        mut compute: impl FnMut(&Batch, &[usize]) -> Result<Vec<T>>,
    ) -> Result<Vec<T>> {
        let encodings = texts.iter().map(|text| self.encode(text, max_length)).collect::<Result<Vec<_>>>()?;
        let lengths: Vec<usize> = encodings.iter().map(Encoding::len).collect();
        let batches = plan(&lengths, &by_length(&lengths), BatchSize::Tokens(INFERENCE_TOKENS));
        let mut results = Vec::with_capacity(batches.len());
        for indices in &batches {
            let packed = PackedBatch::pack(&indices.iter().map(|i| &encodings[*i]).collect::<Vec<_>>());
            let batch = self.backbone.batch(&packed.ids, &packed.type_ids, &packed.cu_seqlens)?;
            results.push(compute(&batch, &packed.lengths().collect::<Vec<_>>())?);
        }
        Ok(in_input_order(&batches, results))
    }
}

impl From<graftwork_text::Error> for Failure {
    fn from(error: graftwork_text::Error) -> Self {
        let kind = match error {
            graftwork_text::Error::MaxLength { .. } => Kind::Usage,
            _ => Kind::Input,
        };
        Self::of(kind, &error)
    }
}

impl From<graftwork_tensor::Error> for Failure {
    fn from(error: graftwork_tensor::Error) -> Self {
        Self::of(Kind::Device, &error)
    }
}

impl From<graftwork_model::Error> for Failure {
    fn from(error: graftwork_model::Error) -> Self {
        use graftwork_model::Error;
        let kind = match &error {
            Error::Device(_) => Kind::Device,
            Error::Io { action, .. } if !matches!(*action, "read" | "open") => Kind::Failure,
            _ => Kind::Input,
        };
        let failure = Self::of(kind, &error);
        match error {
            Error::OtherBackbone { .. } => failure.hint("--any-backbone overrides this check"),
            _ => failure,
        }
    }
}

impl From<graftwork_train::Error> for Failure {
    fn from(error: graftwork_train::Error) -> Self {
        use graftwork_train::Error;
        match error {
            Error::Model(error) => error.into(),
            Error::Device(error) => error.into(),
            Error::Setting { .. } => Self::of(Kind::Usage, &error),
            Error::Diverged { .. } => Self::of(Kind::Failure, &error),
            _ => Self::of(Kind::Input, &error),
        }
    }
}
