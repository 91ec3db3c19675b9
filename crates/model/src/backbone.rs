//! The frozen backbone on a device.

use std::sync::atomic::{AtomicUsize, Ordering};

use graftwork_formats::{BackboneConfig, Error as FileError, Fingerprint, FingerprintBuilder, WeightSource};
use graftwork_tensor::ops::attention::Sequences;
use graftwork_tensor::ops::embed::embed;
use graftwork_tensor::{Activation, Device, Indices, Tape, Var, Weight, WeightType};

use crate::graft::{Bare, Graft, Product, SubLayer};
use crate::layers::{Dense, Norm, activation};
use crate::loader::Loader;
use crate::{Adapter, Error, Result};

/// A BERT encoder whose weights lie on a device and never change.
#[derive(Debug)]
pub struct Backbone {
    config: BackboneConfig,
    device: Device,
    tables: [Weight; 3],
    embedding_norm: Norm,
    layers: Vec<Layer>,
    pooler: Option<Dense>,
    fingerprint: Fingerprint,
    /// Tells it from every other backbone of the process, even one of the same weights on another device.
    id: usize,
}

static NEXT_ID: AtomicUsize = AtomicUsize::new(0);

#[derive(Debug)]
struct Layer {
    /// Query, key and value in one matrix [3 D, D].
    qkv: Dense,
    attention_output: Dense,
    attention_norm: Norm,
    intermediate: Dense,
    output: Dense,
    output_norm: Norm,
}

impl Layer {
    fn product(&self, product: Product) -> &Dense {
        match product {
            Product::QueryKeyValue => &self.qkv,
            Product::AttentionOutput => &self.attention_output,
            Product::FeedForwardUp => &self.intermediate,
            Product::FeedForwardDown => &self.output,
        }
    }
}

/// A packed batch on a device: T tokens of S sequences end to end.
#[derive(Debug)]
pub struct Batch {
    tokens: Indices,
    sequences: Sequences,
    backbone: usize,
}

impl Batch {
    /// Where its sequences lie.
    pub fn sequences(&self) -> &Sequences {
        &self.sequences
    }
}

impl Backbone {
    /// Reads every weight of `source` once, piece by piece, to the device, hashing it on the way. `progress` gets the
    /// fraction of values read so far. `weight_type` is how matrices are stored on the device; `None` keeps the type that
    /// the file has, where there is such a type (bf16 is widened to f32). Norms and biases are f32.
    ///
    /// # Errors
    /// If a tensor cannot be read, `weight_type` cannot hold a value, the device fails or is too small, or the head size is none that attention supports.
    pub async fn load(
        config: &BackboneConfig,
        source: &mut dyn WeightSource,
        device: &Device,
        weight_type: Option<WeightType>,
        progress: &mut dyn FnMut(f64),
    ) -> Result<Self> {
        let head_size = config.head_size();
        if !head_size.is_multiple_of(4) || head_size > 128 {
            let what = format!("a head size of {head_size} (hidden_size / num_attention_heads)");
            return Err(FileError::unsupported("config.json", what, "multiples of 4 up to 128").into());
        }
        let total: usize = config.tensor_specs().iter().map(|spec| spec.shape.iter().product::<usize>()).sum();
        let mut loader =
            Loader { source, device, weight_type, hashes: FingerprintBuilder::default(), read: 0, total, progress };
        let eps = config.layer_norm_eps as f32;

        let mut table = |name: &str| loader.matrix(&[&format!("embeddings.{name}_embeddings.weight")]);
        let tables = [table("word")?, table("position")?, table("token_type")?];
        let embedding_norm = loader.norm("embeddings.LayerNorm", eps)?;
        let mut layers = Vec::with_capacity(config.num_hidden_layers);
        for i in 0..config.num_hidden_layers {
            let name = |part: &str| format!("encoder.layer.{i}.{part}");
            let attention = ["query", "key", "value"].map(|part| name(&format!("attention.self.{part}")));
            layers.push(Layer {
                qkv: loader.dense(&attention.each_ref().map(String::as_str))?,
                attention_output: loader.dense(&[&name("attention.output.dense")])?,
                attention_norm: loader.norm(&name("attention.output.LayerNorm"), eps)?,
                intermediate: loader.dense(&[&name("intermediate.dense")])?,
                output: loader.dense(&[&name("output.dense")])?,
                output_norm: loader.norm(&name("output.LayerNorm"), eps)?,
            });
        }
        let has_pooler = loader.source.shape("pooler.dense.weight").is_some();
        let pooler = if has_pooler { Some(loader.dense(&["pooler.dense"])?) } else { None };
        let fingerprint = loader.hashes.finish();
        // What the driver says late is said when something is read: here, not in somebody else's request.
        device.read(&tables[0].words().view(0, 1, 1)).await?;
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        let (config, device) = (config.clone(), device.clone());
        Ok(Self { config, device, tables, embedding_norm, layers, pooler, fingerprint, id })
    }

    /// What it is.
    pub fn config(&self) -> &BackboneConfig {
        &self.config
    }

    /// Where it is.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The identity of its weights.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// A product of a layer.
    pub(crate) fn product(&self, layer: usize, product: Product) -> &Dense {
        self.layers[layer].product(product)
    }

    pub(crate) fn id(&self) -> usize {
        self.id
    }

    /// Whether the checkpoint has a pooler.
    pub fn has_pooler(&self) -> bool {
        self.pooler.is_some()
    }

    /// Every weight, in the order of the forward pass: for counting, and for showing that training changes none.
    pub fn weights(&self) -> Vec<Weight> {
        let mut all = self.tables.to_vec();
        all.extend(self.embedding_norm.weights());
        for layer in &self.layers {
            all.extend(
                layer.qkv.weights().chain(layer.attention_output.weights()).chain(layer.attention_norm.weights()),
            );
            all.extend(layer.intermediate.weights().chain(layer.output.weights()).chain(layer.output_norm.weights()));
        }
        all.extend(self.pooler.iter().flat_map(Dense::weights));
        all
    }

    /// How many values it has.
    pub fn parameters(&self) -> usize {
        self.weights().iter().map(Weight::len).sum()
    }

    /// How many bytes its weights take on the device.
    pub fn bytes(&self) -> u64 {
        self.weights().iter().map(Weight::bytes).sum()
    }

    /// How many tokens one batch may have: those whose widest states fit one buffer of the device.
    pub fn most_tokens(&self) -> usize {
        let widest = (3 * self.config.hidden_size).max(self.config.intermediate_size);
        self.device.max_tensor_bytes().map_or(usize::MAX, |bytes| bytes as usize / (4 * widest))
    }

    /// Uploads a packed batch: T token ids, T token types, and where each sequence starts, with T at the end.
    ///
    /// # Errors
    /// If it has more than [`Backbone::most_tokens`], an id is outside the vocabulary, a sequence is empty or longer than the backbone's positions, or the lengths
    /// don't fit together.
    pub fn batch(&self, ids: &[u32], type_ids: &[u32], cu_seqlens: &[u32]) -> Result<Batch> {
        let refuse = |problem: String| Err(Error::Batch { problem });
        let ascending = cu_seqlens.windows(2).all(|w| w[0] < w[1]);
        if cu_seqlens.len() < 2 || cu_seqlens[0] != 0 || !ascending {
            return refuse("sequence starts must ascend from 0, without empty sequences".to_owned());
        }
        let total = cu_seqlens[cu_seqlens.len() - 1] as usize;
        if total > self.most_tokens() {
            return Err(Error::BatchTooLarge { tokens: total, most: self.most_tokens() });
        }
        if ids.len() != total || type_ids.len() != total {
            return refuse(format!("it has {} ids, {} types and {total} tokens", ids.len(), type_ids.len()));
        }
        if let Some(id) = ids.iter().find(|id| **id as usize >= self.config.vocab_size) {
            return refuse(format!(
                "token id {id} is outside the vocabulary of {}; is this the backbone's own tokenizer?",
                self.config.vocab_size
            ));
        }
        if let Some(kind) = type_ids.iter().find(|kind| **kind as usize >= self.config.type_vocab_size) {
            return refuse(format!("token type {kind} is not below {}", self.config.type_vocab_size));
        }
        let longest = cu_seqlens.windows(2).map(|w| (w[1] - w[0]) as usize).max().unwrap_or(0);
        if longest > self.config.max_position_embeddings {
            let limit = self.config.max_position_embeddings;
            return refuse(format!("a sequence has {longest} tokens, the backbone takes {limit}; truncate it"));
        }
        let positions = cu_seqlens.windows(2).flat_map(|w| 0..w[1] - w[0]);
        let tokens: Vec<u32> = ids.iter().copied().chain(positions).chain(type_ids.iter().copied()).collect();
        let sequences = Sequences::new(&self.device, cu_seqlens);
        Ok(Batch { tokens: self.device.indices(&tokens), sequences, backbone: self.id })
    }

    /// Last hidden states [T, D], with an adapter's modules in their places. `dropout` is the probability after the
    /// embeddings and after each sub-layer's dense, where the tape drops at all; attention weights are not dropped.
    ///
    /// # Errors
    /// If the batch or the adapter is of another backbone.
    pub fn forward(&self, tape: &mut Tape, batch: &Batch, adapter: Option<&Adapter>, dropout: f32) -> Result<Var> {
        if batch.backbone != self.id {
            return Err(Error::Batch { problem: "it was made by another one; make it with this one".to_owned() });
        }
        if let Some(adapter) = adapter.filter(|adapter| adapter.backbone() != self.id) {
            return Err(Error::AttachedElsewhere { adapter: adapter.description().name.clone() });
        }
        let tokens = batch.sequences.tokens();
        let embedded = self.device.empty(tokens, self.config.hidden_size);
        embed(&self.device, &batch.tokens, &self.tables.each_ref(), &embedded);
        let embedded = tape.constant(embedded);
        let mut x = self.embedding_norm.forward(tape, &embedded, None);
        x = tape.dropout(&x, dropout, None);
        let graft: &dyn Graft = adapter.map_or(&Bare, Adapter::graft);
        x = graft.embeddings(tape, x);
        for (i, layer) in self.layers.iter().enumerate() {
            let product = |tape: &mut Tape, product, x: &Var, activation| {
                graft.product(tape, (i, product), x, layer.product(product), activation)
            };
            let qkv = product(tape, Product::QueryKeyValue, &x, Activation::Identity);
            let qkv = graft.query_key_value(tape, i, qkv);
            let context = tape.attention(&qkv, &batch.sequences, self.config.num_attention_heads);
            let h = product(tape, Product::AttentionOutput, &context, Activation::Identity);
            let h = tape.dropout(&h, dropout, None);
            x = graft.after_sub_layer(tape, (i, SubLayer::Attention), [&h, &x], &layer.attention_norm);

            let inner = product(tape, Product::FeedForwardUp, &x, activation(&self.config.hidden_act));
            let h = product(tape, Product::FeedForwardDown, &inner, Activation::Identity);
            let h = tape.dropout(&h, dropout, None);
            x = graft.after_sub_layer(tape, (i, SubLayer::FeedForward), [&h, &x], &layer.output_norm);
        }
        Ok(x)
    }

    /// `tanh(W x + b)` of first-token states [S, D].
    ///
    /// # Panics
    /// If the checkpoint has no pooler; ask [`Backbone::has_pooler`].
    pub fn pooler(&self, tape: &mut Tape, first: &Var) -> Var {
        self.pooler.as_ref().expect("a backbone with a pooler").forward(tape, first, Activation::Tanh)
    }
}
