//! Places: where the backbone calls out, and what an adapter may do there.
//!
//! The backbone knows no method. At each place it hands over the tape, what goes in, and what it would compute itself, and
//! takes what comes back. Every place has a default that is the frozen backbone, so a method names only the places that
//! it changes, and a backbone without a graft computes what it would without places.

use std::fmt::Debug;

use graftwork_tensor::{Activation, Tape, Var};

use crate::layers::{Dense, Norm};
use crate::methods::Sizes;

/// A product with a frozen matrix in a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Product {
    /// x [T, D] -> query, key and value beside each other.
    QueryKeyValue,
    /// Attention's context [T, D] -> [T, D].
    AttentionOutput,
    /// x [T, D] -> [T, F], with the backbone's non-linearity.
    FeedForwardUp,
    /// [T, F] -> [T, D].
    FeedForwardDown,
}

impl Product {
    /// All, in the order of the forward pass.
    pub(crate) const ALL: [Self; 4] =
        [Self::QueryKeyValue, Self::AttentionOutput, Self::FeedForwardUp, Self::FeedForwardDown];

    /// The matrices whose rows lie below each other in it.
    pub(crate) fn matrices(self) -> &'static [Matrix] {
        match self {
            Self::QueryKeyValue => &[Matrix::Query, Matrix::Key, Matrix::Value],
            Self::AttentionOutput => &[Matrix::AttentionOutput],
            Self::FeedForwardUp => &[Matrix::FeedForwardUp],
            Self::FeedForwardDown => &[Matrix::FeedForwardDown],
        }
    }
}

/// A frozen matrix of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Matrix {
    /// [D, D]
    Query,
    /// [D, D]
    Key,
    /// [D, D]
    Value,
    /// Behind attention, [D, D].
    AttentionOutput,
    /// Into the feed-forward half, [F, D].
    FeedForwardUp,
    /// Out of it, [D, F].
    FeedForwardDown,
}

impl Matrix {
    /// All, in the order of the forward pass.
    pub const ALL: [Self; 6] =
        [Self::Query, Self::Key, Self::Value, Self::AttentionOutput, Self::FeedForwardUp, Self::FeedForwardDown];

    /// [out, in] in a backbone of these sizes.
    pub(crate) fn shape(self, sizes: &Sizes) -> [usize; 2] {
        match self {
            Self::Query | Self::Key | Self::Value | Self::AttentionOutput => [sizes.hidden; 2],
            Self::FeedForwardUp => [sizes.feed_forward, sizes.hidden],
            Self::FeedForwardDown => [sizes.hidden, sizes.feed_forward],
        }
    }

    /// Its words in canonical names.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Key => "key",
            Self::Value => "value",
            Self::AttentionOutput => "attention_output",
            Self::FeedForwardUp => "feed_forward_up",
            Self::FeedForwardDown => "feed_forward_down",
        }
    }
}

/// Half of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubLayer {
    /// Self-attention with its output projection.
    Attention,
    /// The two feed-forward products.
    FeedForward,
}

impl SubLayer {
    /// Both, in the order of the forward pass.
    pub const ALL: [Self; 2] = [Self::Attention, Self::FeedForward];
}

/// What an adapter does at the places of a backbone.
pub(crate) trait Graft: Debug + Shared {
    /// The embeddings after their norm and dropout, [T, D].
    fn embeddings(&self, _tape: &mut Tape, x: Var) -> Var {
        x
    }

    /// `act(x W^T + b)` of a frozen `dense`, in layer `at.0`.
    fn product(&self, tape: &mut Tape, _at: (usize, Product), x: &Var, dense: &Dense, activation: Activation) -> Var {
        dense.forward(tape, x, activation)
    }

    /// Query, key and value beside each other, as attention gets them.
    fn query_key_value(&self, _tape: &mut Tape, _layer: usize, qkv: Var) -> Var {
        qkv
    }

    /// What follows the last product `h` of a sub-layer (and its dropout): the residual `x` and the frozen norm.
    fn after_sub_layer(&self, tape: &mut Tape, _at: (usize, SubLayer), [h, x]: [&Var; 2], norm: &Norm) -> Var {
        norm.forward(tape, h, Some(x))
    }
}

/// The frozen backbone as it is.
#[derive(Debug)]
pub(crate) struct Bare;

impl Graft for Bare {}

/// `Send + Sync` where there are threads; a browser's GPU handles stay in theirs.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) trait Shared: Send + Sync {}
#[cfg(not(target_arch = "wasm32"))]
impl<T: Send + Sync> Shared for T {}
#[cfg(target_arch = "wasm32")]
pub(crate) trait Shared {}
#[cfg(target_arch = "wasm32")]
impl<T> Shared for T {}
