//! What stands on top of the backbone: a prediction head.

use graftwork_formats::{ActivationName, BackboneConfig, Blueprint, Error, Fingerprint, Result, TensorSpec};
use serde_json::{Map, Value};

use crate::head_kind::HeadKind;

/// A prediction head: `layers` times (dropout, dense), with an activation between the dense layers, on one vector a text
/// ([`HeadPooling`]) or on the hidden state of every token, as its kind says. The inner dense layers are `[D, D]`, the
/// last is `[outputs, D]`; the first takes as many numbers as the vector has ([`HeadConfig::features`]).
#[derive(Debug, Clone, PartialEq)]
pub struct HeadConfig {
    /// What it predicts.
    pub kind: HeadKind,
    /// Which of the two forms of AdapterHub's files it has; both compute the same from the same fields.
    pub style: HeadStyle,
    /// How many classes; of multiple choice, how many choices there were when it was trained.
    pub num_labels: usize,
    /// How many dense layers, at least 1.
    pub layers: usize,
    /// Between the dense layers; `None` is nothing at all.
    pub activation: Option<ActivationName>,
    /// Which vector of a text it stands on; means nothing where every token is tagged.
    pub pooling: HeadPooling,
    /// Whether that vector is scaled to length 1. As [`HeadPooling::Mean`], AdapterHub cannot know it.
    pub normalize: bool,
    /// The layers (from 1, ascending, at most [`MOST_LAYERS`]) whose hidden states it reads; empty for the last one's alone.
    /// Each gives a vector as above, which stand beside each other, all together of length 1. Nor can AdapterHub know this.
    pub hidden_layers: Vec<usize>,
    /// Whether the last dense layer has a bias; the inner ones always have.
    pub bias: bool,
    /// The dropout probability while training; `None` takes the backbone's `classifier_dropout`, else its
    /// `hidden_dropout_prob`.
    pub dropout_prob: Option<f64>,
    /// The classes' names by id. Where a file names only some, the others are `LABEL_<id>`.
    pub labels: Option<Vec<String>>,
    /// What it has where its last layer is the table of words ([`HeadKindInfo::tied`](crate::HeadKindInfo)).
    pub tied: Option<Tied>,
    /// Unknown keys of the `config` object, written back as they were.
    pub extra_config: Map<String, Value>,
    /// Unknown keys of the file, written back as they were.
    pub extra: Map<String, Value>,
}

/// A last layer that is the backbone's table of words `[V, E]`, frozen and stored nowhere else, with a bias of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Tied {
    /// E: what the inner dense layers give.
    pub width: usize,
    /// Whether a norm follows each of those, behind the activation.
    pub norm: bool,
    /// Which table it was, if the head's file had it: that of another backbone is refused. See
    /// [`Fingerprint::of_tensor`](graftwork_formats::Fingerprint).
    pub table: Option<Fingerprint>,
}

/// The most layers that a head reads.
pub const MOST_LAYERS: usize = 3;

/// Which vector of a text a head stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HeadPooling {
    /// The first token's hidden state.
    First,
    /// The backbone's pooler: dense and tanh over the first token.
    Pooler,
    /// The mean of all tokens' hidden states, special tokens included, as sentence-transformers computes it. AdapterHub has
    /// no such head: it would take the first token's.
    Mean,
}

/// The two forms in which AdapterHub saves heads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeadStyle {
    /// A head of a `...AdapterModel`: named, configurable; tensors `heads.<name>.<index>.weight`.
    Flex {
        /// Its name; AdapterHub activates it with the adapter of the same name.
        name: String,
    },
    /// That of one of transformers' classes, such as `...ForSequenceClassification`, as the architecture has it
    /// ([`HeadKindInfo::plain`](crate::HeadKindInfo)).
    Static,
}

impl HeadPooling {
    /// Its name in our files and in what the program prints.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Pooler => "pooler",
            Self::Mean => "mean",
        }
    }
}

impl HeadConfig {
    /// AdapterHub's default head of a kind: on the first token or on every one, with tanh between its dense layers.
    #[must_use]
    pub fn flex(kind: HeadKind, name: impl Into<String>, labels: Vec<String>) -> Self {
        Self {
            kind,
            style: HeadStyle::Flex { name: name.into() },
            num_labels: labels.len(),
            layers: kind.info().layers,
            activation: ActivationName::parse("tanh"),
            pooling: HeadPooling::First,
            normalize: false,
            hidden_layers: Vec::new(),
            bias: true,
            dropout_prob: None,
            labels: Some(labels),
            tied: None,
            extra_config: Map::new(),
            extra: Map::new(),
        }
    }

    /// AdapterHub's default head of a masked language model, `BertStyleMaskedLMHead`: dense, gelu and a norm under the table of
    /// words. How many words there are is the backbone's: [`HeadConfig::fitted`].
    #[must_use]
    pub fn masked_lm(name: impl Into<String>) -> Self {
        let mut head = Self::flex(HeadKind::MaskedLm, name, Vec::new());
        head.activation = ActivationName::parse("gelu");
        head.labels = None;
        head.tied = Some(Tied { width: 0, norm: true, table: None });
        head
    }

    /// The same over the words of a backbone, where it is a head over words.
    #[must_use]
    pub fn fitted(mut self, backbone: &BackboneConfig) -> Self {
        if let Some(tied) = &mut self.tied {
            (self.num_labels, tied.width) = (backbone.vocab_size, backbone.embedding_size());
        }
        self
    }

    /// AdapterHub's default head for text classification: two dense layers, on the first token.
    #[must_use]
    pub fn classifier(name: impl Into<String>, labels: Vec<String>) -> Self {
        Self::flex(HeadKind::Classification, name, labels)
    }

    /// The head of the architecture's class in transformers for that kind; `None` if it has another one there.
    #[must_use]
    pub fn plain(kind: HeadKind, architecture: &Blueprint, labels: Vec<String>) -> Option<Self> {
        let own = (kind.info().plain)(architecture)?;
        Some(Self {
            style: HeadStyle::Static,
            layers: own.layers.len(),
            activation: own.activation.and_then(ActivationName::parse),
            pooling: if own.on_pooler { HeadPooling::Pooler } else { HeadPooling::First },
            ..Self::flex(kind, "", labels)
        })
    }

    /// One dense layer on the mean of a text's hidden states, scaled to length 1: logistic regression on the vectors that
    /// sentence-transformers gives.
    #[must_use]
    pub fn linear(name: impl Into<String>, labels: Vec<String>) -> Self {
        Self {
            layers: 1,
            activation: None,
            pooling: HeadPooling::Mean,
            normalize: true,
            ..Self::classifier(name, labels)
        }
    }

    /// The same after half and all of a backbone's layers: topics are told apart better in the last layer, style and form in
    /// the middle, and from few examples that counts.
    #[must_use]
    pub fn linear_on_layers(name: impl Into<String>, labels: Vec<String>, backbone: &BackboneConfig) -> Self {
        let last = backbone.num_hidden_layers;
        let mut hidden_layers = vec![last.div_ceil(2), last];
        hidden_layers.dedup();
        Self { hidden_layers, ..Self::linear(name, labels) }
    }

    /// Refuses layers that cannot be read; those of a backbone with `layers`, if that is known.
    pub(crate) fn check_layers(&self, file: &str, layers: Option<usize>) -> Result<()> {
        let read = &self.hidden_layers;
        let ascending = read.first() != Some(&0) && read.windows(2).all(|pair| pair[0] < pair[1]);
        let of_means = read.is_empty() || (self.pooling == HeadPooling::Mean && self.normalize);
        let there = read.last().is_none_or(|last| layers.is_none_or(|layers| *last <= layers));
        if ascending && read.len() <= MOST_LAYERS && of_means && there {
            return Ok(());
        }
        let problem = format!(
            "is {read:?}; it must be at most {MOST_LAYERS} layers from 1 on, ascending, none beyond the backbone's last, of a \
             head on means of length 1"
        );
        Err(Error::config(file, "hidden_layers", problem))
    }

    /// Its name; `None` for that of one of transformers' classes.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match &self.style {
            HeadStyle::Flex { name } => Some(name),
            HeadStyle::Static => None,
        }
    }

    /// Whether AdapterHub's files can say all that it computes.
    #[must_use]
    pub fn is_adapterhubs(&self) -> bool {
        self.pooling != HeadPooling::Mean && !self.normalize && self.hidden_layers.is_empty()
    }

    /// The name of class `id`: `LABEL_<id>` if the head does not name its classes.
    #[must_use]
    pub fn label(&self, id: usize) -> String {
        self.labels.as_ref().and_then(|labels| labels.get(id).cloned()).unwrap_or_else(|| unnamed_label(id))
    }

    /// All classes' names by id; none where they are words.
    #[must_use]
    pub fn label_names(&self) -> Vec<String> {
        let classes = if self.tied.is_some() { 0 } else { self.num_labels };
        (0..classes).map(|id| self.label(id)).collect()
    }

    /// The classes' names by id, unless all are transformers' names for classes without one.
    #[must_use]
    pub fn own_labels(&self) -> Option<&[String]> {
        let labels = self.labels.as_deref()?;
        let nameless = labels.iter().enumerate().all(|(id, label)| *label == unnamed_label(id));
        (!nameless).then_some(labels)
    }

    /// Refuses two classes of one name, which no answer could tell apart and a file could not hold.
    pub(crate) fn check_labels(&self, file: &str) -> Result<()> {
        let mut before = Map::new();
        let mut names = self.labels.iter().flatten();
        match names.find(|name| before.insert((*name).clone(), Value::Null).is_some()) {
            Some(name) => Err(Error::config(file, "label2id", format!("names the label {name:?} twice"))),
            None => Ok(()),
        }
    }

    /// How long the vector is that the dense layers stand on, on a backbone of width `hidden`.
    #[must_use]
    pub fn features(&self, hidden: usize) -> usize {
        hidden * self.hidden_layers.len().max(1)
    }

    /// How many logits a row of its output has.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.kind.info().outputs.unwrap_or(self.num_labels)
    }

    /// The head's tensors on a backbone of width `hidden`, in the order of the forward pass: `head.<layer>.weight` and
    /// `head.<layer>.bias`, and where there are norms `head.<layer>.norm.weight` and `head.<layer>.norm.bias`.
    #[must_use]
    pub fn tensor_specs(&self, hidden: usize) -> Vec<TensorSpec> {
        let mut specs = Vec::new();
        for layer in 0..self.layers {
            let last = layer + 1 == self.layers;
            let width = self.tied.as_ref().map_or(hidden, |tied| tied.width);
            let outputs = if last { self.outputs() } else { width };
            let inputs = if layer == 0 { self.features(hidden) } else { width };
            let mut add = |part: &str, shape| {
                specs.push(TensorSpec { name: format!("head.{layer}.{part}"), shape, optional: false });
            };
            if !last || self.tied.is_none() {
                add("weight", vec![outputs, inputs]);
            }
            if !last || self.bias {
                add("bias", vec![outputs]);
            }
            if !last && self.tied.as_ref().is_some_and(|tied| tied.norm) {
                add("norm.weight", vec![outputs]);
                add("norm.bias", vec![outputs]);
            }
        }
        specs
    }
}

/// What transformers calls a class without a name.
pub(crate) fn unnamed_label(id: usize) -> String {
    format!("LABEL_{id}")
}

#[cfg(test)]
#[path = "head_config_tests.rs"]
mod tests;
