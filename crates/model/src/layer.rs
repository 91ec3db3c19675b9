//! A layer of the backbone, as the blueprint says.

use graftwork_formats::{BackboneConfig, WeightSource};
use graftwork_tensor::ops::attention::Sequences;
use graftwork_tensor::{Activation, Tape, Var, Weight};

use crate::Result;
use crate::graft::{Graft, Product, SubLayer};
use crate::layers::{Dense, Norm, activation};
use crate::loader::Loader;

/// Attention and the feed-forward half, each with a residual connection and a norm behind it.
#[derive(Debug)]
pub(crate) struct Layer {
    /// Query, key and value in one matrix [3 D, D].
    qkv: Dense,
    attention_output: Dense,
    attention_norm: Norm,
    up: Dense,
    down: Dense,
    feed_forward_norm: Norm,
    heads: usize,
    activation: Activation,
}

impl Layer {
    /// Layer `i`.
    pub fn load<W: WeightSource, P: FnMut(f64)>(
        loader: &mut Loader<'_, W, P>,
        config: &BackboneConfig,
        i: usize,
    ) -> Result<Self> {
        let modules = &config.architecture.names.layer;
        let name = |module| config.architecture.in_layer(i, module);
        let eps = config.layer_norm_eps as f32;
        Ok(Self {
            qkv: loader.dense(&[&name(modules.query), &name(modules.key), &name(modules.value)])?,
            attention_output: loader.dense(&[&name(modules.attention_output)])?,
            attention_norm: loader.norm(&name(modules.attention_norm), eps)?,
            up: loader.dense(&[&name(modules.feed_forward_up)])?,
            down: loader.dense(&[&name(modules.feed_forward_down)])?,
            feed_forward_norm: loader.norm(&name(modules.feed_forward_norm), eps)?,
            heads: config.num_attention_heads,
            activation: activation(&config.hidden_act),
        })
    }

    pub fn product(&self, product: Product) -> &Dense {
        match product {
            Product::QueryKeyValue => &self.qkv,
            Product::AttentionOutput => &self.attention_output,
            Product::FeedForwardUp => &self.up,
            Product::FeedForwardDown => &self.down,
        }
    }

    /// Hidden states [T, D] to hidden states [T, D] in layer `i`. `dropout` is the probability behind each sub-layer's
    /// last product.
    pub fn forward(
        &self,
        tape: &mut Tape,
        (i, x): (usize, Var),
        sequences: &Sequences,
        graft: &dyn Graft,
        dropout: f32,
    ) -> Var {
        let product = |tape: &mut Tape, product, x: &Var, activation| {
            graft.product(tape, (i, product), x, self.product(product), activation)
        };
        let qkv = product(tape, Product::QueryKeyValue, &x, Activation::Identity);
        let qkv = graft.query_key_value(tape, i, qkv);
        let context = tape.attention(&qkv, sequences, self.heads);
        let h = product(tape, Product::AttentionOutput, &context, Activation::Identity);
        let h = tape.dropout(&h, dropout, None);
        let x = graft.after_sub_layer(tape, (i, SubLayer::Attention), [&h, &x], &self.attention_norm);

        let inner = product(tape, Product::FeedForwardUp, &x, self.activation);
        let h = product(tape, Product::FeedForwardDown, &inner, Activation::Identity);
        let h = tape.dropout(&h, dropout, None);
        graft.after_sub_layer(tape, (i, SubLayer::FeedForward), [&h, &x], &self.feed_forward_norm)
    }

    /// Every weight, in the order of the forward pass.
    pub fn weights(&self) -> impl Iterator<Item = Weight> {
        let attention = self.qkv.weights().chain(self.attention_output.weights()).chain(self.attention_norm.weights());
        attention.chain(self.up.weights()).chain(self.down.weights()).chain(self.feed_forward_norm.weights())
    }
}
