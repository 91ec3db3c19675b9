//! The frozen backbone on a device.

use std::sync::atomic::{AtomicUsize, Ordering};

use graftwork_formats::{BackboneConfig, Error as FileError, Fingerprint, Identifier, KnownIdentity, WeightSource};
use graftwork_tensor::ops::attention::Sequences;
use graftwork_tensor::ops::pool::Pool;
use graftwork_tensor::{Activation, Device, Tape, Tensor, Var, Weight, WeightType, give_way};

use crate::batch::{Batch, Hidden, MaskedTokens, Start};
use crate::embeddings::Embeddings;
use crate::graft::{Bare, Graft, Product};
use crate::head::Head;
use crate::language_head::{LanguageHead, words_table};
use crate::layer::Layer;
use crate::layers::Dense;
use crate::loader::Loader;
use crate::{Adapter, Error, HeadConfig, HeadPooling, Result};

/// An encoder of any architecture of [`graftwork_formats::architectures`], whose weights lie on a device and never change.
#[derive(Debug)]
pub struct Backbone {
    config: BackboneConfig,
    device: Device,
    embeddings: Embeddings,
    layers: Vec<Layer>,
    pooler: Option<Dense>,
    identity: KnownIdentity,
    language_head: Option<LanguageHead>,
    /// Tells it from every other backbone of the process, even one of the same weights on another device.
    id: usize,
}

static NEXT_ID: AtomicUsize = AtomicUsize::new(0);

impl Backbone {
    /// Reads every weight of `source` once, piece by piece, to the device, hashing it on the way. `progress` gets the
    /// fraction of values read so far. `weight_type` is how matrices are stored on the device; `None` keeps the type that
    /// the file has, where there is such a type (bf16 is widened to f32). Norms and biases are f32. Dropped
    /// between two layers, it leaves nothing behind.
    ///
    /// # Errors
    /// If a tensor cannot be read, `weight_type` cannot hold a value, the device fails or is too small, or the head size is none that attention supports.
    pub async fn load<W: WeightSource, P: FnMut(f64)>(
        config: &BackboneConfig,
        source: &mut W,
        device: &Device,
        weight_type: Option<WeightType>,
        progress: &mut P,
    ) -> Result<Self> {
        Self::load_known(config, source, device, (weight_type, None), progress).await
    }

    /// The same where it is known what the weights should be: only a sample of them is hashed on the way, and if it does not
    /// fit, they are read once more and hashed.
    ///
    /// # Errors
    /// As [`Backbone::load`].
    pub async fn load_known<W: WeightSource, P: FnMut(f64)>(
        config: &BackboneConfig,
        source: &mut W,
        device: &Device,
        (weight_type, known): (Option<WeightType>, Option<KnownIdentity>),
        progress: &mut P,
    ) -> Result<Self> {
        let head_size = config.head_size();
        if !head_size.is_multiple_of(4) || head_size > 128 {
            let what = format!("a head size of {head_size} (hidden_size / num_attention_heads)");
            return Err(FileError::unsupported("config.json", what, "multiples of 4 up to 128").into());
        }
        let total: usize = config.tensor_specs().iter().map(|spec| spec.shape.iter().product::<usize>()).sum();
        let identifier = Identifier::new(source, known);
        let mut loader = Loader { source, device, weight_type, identifier, read: 0, total, progress };
        let embeddings = Embeddings::load(&mut loader, config)?;
        let mut layers = Vec::with_capacity(config.num_hidden_layers);
        for i in 0..config.num_hidden_layers {
            layers.push(Layer::load(&mut loader, config, i)?);
            give_way().await;
        }
        let pooler = config.architecture.names.pooler;
        let pooler = pooler.filter(|pooler| loader.source.shape(&format!("{pooler}.weight")).is_some());
        let pooler = pooler.map(|pooler| loader.dense(&[pooler])).transpose()?;
        let Loader { source, identifier, .. } = loader;
        let identity = identifier.finish(source, &words_table(config.architecture))?;
        let language_head = LanguageHead::read(source, config, identity.words)?;
        // What the driver says late is said when something is read: here, not in somebody else's request.
        device.read(&device.empty(1, 1)).await?;
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        let (config, device) = (config.clone(), device.clone());
        Ok(Self { config, device, embeddings, layers, pooler, identity, language_head, id })
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
        self.identity.fingerprint
    }

    /// The same with what tells the next load of the same weights that they are still the same.
    pub fn identity(&self) -> KnownIdentity {
        self.identity
    }

    /// The head of a masked language model that its files have, if they do.
    pub fn language_head(&self) -> Option<&LanguageHead> {
        self.language_head.as_ref()
    }

    /// The table of words, [V, E].
    pub(crate) fn words(&self) -> &Weight {
        self.embeddings.words()
    }

    /// Refuses a head over the words of another backbone.
    pub(crate) fn check_words(&self, head: &HeadConfig) -> Result<()> {
        let Some(tied) = &head.tied else { return Ok(()) };
        let (words, width) = (self.config.vocab_size, self.config.embedding_size());
        let is_own = tied.table.is_none() || tied.table == Some(self.identity.words);
        if head.num_labels == words
            && tied.width == width
            && (head.layers > 1 || width == self.config.hidden_size)
            && is_own
        {
            return Ok(());
        }
        Err(Error::OtherWords { words: head.num_labels, width: tied.width, own: (words, width) })
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
        let above = self.layers.iter().flat_map(Layer::weights).chain(self.pooler.iter().flat_map(Dense::weights));
        self.embeddings.weights().chain(above).collect()
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
        let widest = (3 * self.config.hidden_size).max(self.config.intermediate_size).max(self.config.embedding_size());
        self.device.max_tensor_bytes().map_or(usize::MAX, |bytes| bytes as usize / (4 * widest))
    }

    /// Uploads a packed batch: T token ids, T token types (which count only where the backbone has types), and where each
    /// sequence starts, with T at the end.
    ///
    /// # Errors
    /// If it has more than [`Backbone::most_tokens`], an id is outside the vocabulary, a sequence is empty or longer than
    /// the backbone's positions, or the lengths don't fit together.
    pub fn batch(&self, ids: &[u32], type_ids: &[u32], cu_seqlens: &[u32]) -> Result<Batch> {
        let refuse = |problem: String| Err(Error::Batch { problem });
        self.check_starts(cu_seqlens)?;
        let total = cu_seqlens[cu_seqlens.len() - 1] as usize;
        if ids.len() != total || type_ids.len() != total {
            return refuse(format!("it has {} ids, {} types and {total} tokens", ids.len(), type_ids.len()));
        }
        if let Some(id) = ids.iter().find(|id| **id as usize >= self.config.vocab_size) {
            return refuse(format!(
                "token id {id} is outside the vocabulary of {}; is this the backbone's own tokenizer?",
                self.config.vocab_size
            ));
        }
        let types = self.config.type_vocab_size;
        if let Some(kind) = type_ids.iter().find(|kind| types > 0 && **kind as usize >= types) {
            return refuse(format!("token type {kind} is not below {types}"));
        }
        let longest = cu_seqlens.windows(2).map(|w| (w[1] - w[0]) as usize).max().unwrap_or(0);
        if longest > self.config.max_length() {
            let limit = self.config.max_length();
            return refuse(format!("a sequence has {longest} tokens, the backbone takes {limit}; truncate it"));
        }
        let tokens = Embeddings::rows((&self.config, &self.device), ids, type_ids, cu_seqlens);
        let sequences = Sequences::new(&self.device, cu_seqlens);
        Ok(Batch { start: Start::Tokens(tokens), sequences, texts: None, masked: None, backbone: self.id })
    }

    /// Uploads a batch whose lower layers were computed before, by [`Backbone::lower`]: the hidden states [T, D] that go
    /// into `layer`, and where each sequence starts, with T at the end.
    ///
    /// # Errors
    /// If it has more than [`Backbone::most_tokens`], there is no such layer, or the lengths don't fit together.
    pub fn batch_at(&self, layer: usize, hidden: &[f32], cu_seqlens: &[u32]) -> Result<Batch> {
        let (layers, d) = (self.layers.len(), self.config.hidden_size);
        self.check_starts(cu_seqlens)?;
        let tokens = cu_seqlens[cu_seqlens.len() - 1] as usize;
        if hidden.len() != tokens * d || layer > layers {
            let problem = format!("it has {} values for {tokens} tokens at layer {layer} of {layers}", hidden.len());
            return Err(Error::Batch { problem });
        }
        let hidden = self.device.tensor(tokens, d, hidden);
        let sequences = Sequences::new(&self.device, cu_seqlens);
        Ok(Batch { start: Start::Hidden(layer, hidden), sequences, texts: None, masked: None, backbone: self.id })
    }

    /// Says which tokens of a batch a masked language model is asked about, ascending, and what truly stands there: a token a
    /// place, or none at all. Without places it stays as it is.
    ///
    /// # Errors
    /// If a place is none of the batch or there twice, or a truth is outside the vocabulary or one too many or too few.
    pub fn ask(&self, batch: Batch, places: &[u32], truths: &[u32]) -> Result<Batch> {
        if places.is_empty() {
            return Ok(batch);
        }
        let ascends = places.is_sorted_by(|a, b| a < b);
        let inside = places.last().is_some_and(|last| (*last as usize) < batch.sequences.tokens());
        let known = truths.iter().all(|truth| (*truth as usize) < self.config.vocab_size);
        if !ascends || !inside || !known || ![0, places.len()].contains(&truths.len()) {
            let problem = format!(
                "its {} masked places must ascend within its {} tokens, and the {} truths be tokens of the vocabulary",
                places.len(),
                batch.sequences.tokens(),
                truths.len()
            );
            return Err(Error::Batch { problem });
        }
        let truths = (!truths.is_empty()).then(|| self.device.indices(truths));
        Ok(Batch { masked: Some(MaskedTokens { places: self.device.indices(places), truths }), ..batch })
    }

    /// Uploads a batch of which everything below the head's dense layers was computed before: what they get, row by row.
    ///
    /// # Errors
    /// If there are no rows, or the values don't make whole ones.
    pub fn batch_of_features(&self, rows: usize, features: &[f32]) -> Result<Batch> {
        if rows == 0 || !features.len().is_multiple_of(rows) {
            return Err(Error::Batch { problem: format!("it has {} values for {rows} rows", features.len()) });
        }
        let sequences = Sequences::new(&self.device, &(0..=rows as u32).collect::<Vec<_>>());
        let features = self.device.tensor(rows, features.len() / rows, features);
        Ok(Batch { start: Start::Features(features), sequences, texts: None, masked: None, backbone: self.id })
    }

    /// A batch that begins at `layer`, what goes into which is computed here, by [`Backbone::lower`].
    ///
    /// # Errors
    /// As [`Backbone::lower`].
    pub fn raise(&self, batch: Batch, layer: usize) -> Result<Batch> {
        let states = self.lower(&batch, layer)?;
        Ok(Batch { start: Start::Hidden(layer, states), ..batch })
    }

    /// Starts ascend from 0, and what they end with is no more than the device can take.
    fn check_starts(&self, cu_seqlens: &[u32]) -> Result<()> {
        let ascending = cu_seqlens.windows(2).all(|w| w[0] < w[1]);
        if cu_seqlens.len() < 2 || cu_seqlens[0] != 0 || !ascending {
            let problem = "sequence starts must ascend from 0, without empty sequences".to_owned();
            return Err(Error::Batch { problem });
        }
        let tokens = cu_seqlens[cu_seqlens.len() - 1] as usize;
        if tokens > self.most_tokens() {
            return Err(Error::BatchTooLarge { tokens, most: self.most_tokens() });
        }
        Ok(())
    }

    /// Hidden states, with an adapter's modules in their places. `dropout` is the probability after the
    /// embeddings' norm and after each sub-layer's last product, where the tape drops at all; attention weights are not dropped.
    ///
    /// # Errors
    /// If the batch or the adapter is of another backbone, or the batch begins above a layer that the adapter changes.
    pub fn forward(&self, tape: &mut Tape, batch: &Batch, adapter: Option<&Adapter>, dropout: f32) -> Result<Hidden> {
        let read = adapter.and_then(Adapter::head).map_or(&[][..], Head::hidden_layers);
        self.forward_keeping(tape, batch, (adapter, dropout), read)
    }

    /// The same, where other layers are read (from 1) than the adapter's head does.
    ///
    /// # Errors
    /// As [`Backbone::forward`].
    pub fn forward_keeping(
        &self,
        tape: &mut Tape,
        batch: &Batch,
        (adapter, dropout): (Option<&Adapter>, f32),
        read: &[usize],
    ) -> Result<Hidden> {
        self.check_batch(batch)?;
        if let Some(adapter) = adapter.filter(|adapter| adapter.backbone() != self.id) {
            return Err(Error::AttachedElsewhere { adapter: adapter.description().name.clone() });
        }
        let Some(below) = batch.first_layer() else {
            let features = batch.computed().expect("a batch that begins at the head").clone();
            return Ok(Hidden { last: tape.constant(features), between: Vec::new() });
        };
        let graft: &dyn Graft = adapter.map_or(&Bare, Adapter::graft);
        let changed = adapter.map_or(below, |adapter| adapter.description().config.lowest_layer(self.layers.len()));
        let lowest = read.iter().copied().fold(changed, usize::min);
        if lowest < below {
            let problem = format!("it begins at layer {below}, but layer {lowest} is changed or read");
            return Err(Error::Batch { problem });
        }
        let mut between = Vec::with_capacity(read.len());
        let keep = |layer, x: &Var| {
            if read.contains(&layer) {
                between.push(x.clone());
            }
        };
        let last = self.layers(tape, batch, graft, (below, self.layers.len(), dropout), keep);
        Ok(Hidden { last, between })
    }

    /// What goes into `layer` (from 0; as many as there are layers is the end), [T, D], by the frozen backbone: what
    /// [`Backbone::batch_at`] begins with.
    ///
    /// # Errors
    /// If the batch is of another backbone, or begins above that layer.
    pub fn lower(&self, batch: &Batch, layer: usize) -> Result<Tensor> {
        self.check_batch(batch)?;
        let first = batch.first_layer().unwrap_or(usize::MAX);
        if !(first..=self.layers.len()).contains(&layer) {
            let begins = batch.first_layer().map_or("the head".to_owned(), |first| format!("layer {first}"));
            return Err(Error::Batch { problem: format!("it begins at {begins}, layer {layer} is asked for") });
        }
        let mut tape = Tape::inference(&self.device);
        Ok(self.layers(&mut tape, batch, &Bare, (first, layer, 0.0), |_, _| {}).value().clone())
    }

    /// The way of a batch from the layer `first`, where it begins, up to the layer `end`. `keep` gets the states that go into a layer, by the number of layers before.
    fn layers(
        &self,
        tape: &mut Tape,
        batch: &Batch,
        graft: &dyn Graft,
        (first, end, dropout): (usize, usize, f32),
        mut keep: impl FnMut(usize, &Var),
    ) -> Var {
        let mut x = match &batch.start {
            Start::Tokens(tokens) => {
                let x = self.embeddings.forward(tape, &self.device, tokens, dropout);
                graft.embeddings(tape, x)
            }
            Start::Hidden(_, states) | Start::Features(states) => tape.constant(states.clone()),
        };
        keep(first, &x);
        for (i, layer) in self.layers[..end].iter().enumerate().skip(first) {
            x = layer.forward(tape, (i, x), &batch.sequences, graft, dropout);
            keep(i + 1, &x);
        }
        x
    }

    fn check_batch(&self, batch: &Batch) -> Result<()> {
        if batch.backbone == self.id {
            return Ok(());
        }
        Err(Error::Batch { problem: "it was made by another one; make it with this one".to_owned() })
    }

    /// One vector a text from the last hidden states [T, D]: of windows of the same text, the mean of theirs.
    ///
    /// # Panics
    /// As [`Backbone::pooler`], if that is asked for.
    pub fn pool(&self, tape: &mut Tape, hidden: &Var, batch: &Batch, pooling: HeadPooling) -> Var {
        let x = self.pool_sequences(tape, hidden, batch, pooling);
        batch.texts.iter().fold(x, |x, texts| tape.pool(&x, texts, Pool::Mean))
    }

    /// One vector a sequence from the last hidden states [T, D]; panics as [`Backbone::pool`].
    pub fn pool_sequences(&self, tape: &mut Tape, hidden: &Var, batch: &Batch, pooling: HeadPooling) -> Var {
        let kind = if pooling == HeadPooling::Mean { Pool::Mean } else { Pool::First };
        let x = tape.pool(hidden, &batch.sequences, kind);
        if pooling == HeadPooling::Pooler { self.pooler(tape, &x) } else { x }
    }

    /// `tanh(W x + b)` of first-token states [S, D].
    ///
    /// # Panics
    /// If the checkpoint has no pooler; ask [`Backbone::has_pooler`].
    pub fn pooler(&self, tape: &mut Tape, first: &Var) -> Var {
        self.pooler.as_ref().expect("a backbone with a pooler").forward(tape, first, Activation::Tanh)
    }
}
