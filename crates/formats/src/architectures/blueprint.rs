//! What tells one architecture from another, as data: names, sizes, and where the forward pass differs.
//!
//! Whatever all architectures of the table share stands in the forward pass alone: absolute positions, full attention of
//! as many key and value heads as query heads, separate projections stored [out, in] with biases, a plain feed-forward
//! half, LayerNorm behind each residual connection. The first architecture that differs in one of them adds a field here,
//! of an enum whose other variant is what all before it have:
//!
//! | difference | field | read by |
//! |---|---|---|
//! | rotary positions; positions in the attention | a variant of [`Positions`] | `Embeddings`, `Layer::forward` |
//! | one fused projection; matrices stored [in, out] | in [`LayerNames`], beside the names | `Loader::dense` |
//! | no biases; RMSNorm | in [`Names`] | `Loader::{dense, norm}`, `Norm` |
//! | norms before the sub-layers | in [`Names`] | `Layer::forward`, the default of `Graft::after_sub_layer` |
//! | a gated feed-forward half | in [`LayerNames`] | `Layer`, a variant of `Matrix` |
//! | causal mask, window, fewer key and value heads | [`Settings`] | the `attention` op |

/// An architecture.
#[derive(Debug)]
pub struct Blueprint {
    /// Its `model_type` in `config.json`.
    pub model_type: &'static str,
    /// What its classes in transformers and AdapterHub begin with, such as `Bert` of `BertModel`.
    pub class: &'static str,
    /// What task models call the backbone inside them, hence the prefix of its tensors.
    pub prefix: &'static str,
    /// The keys of its `config.json`.
    pub settings: Settings,
    /// Which row of the position table a token gets.
    pub positions: Positions,
    /// What its modules are called.
    pub names: Names,
    /// Transformers' head for classes of texts.
    pub classifier: Classifier,
    /// The head of `...ForMultipleChoice`, where it is dense layers alone.
    pub chooser: Option<Classifier>,
    /// The modules of its masked language model's head.
    pub masked_lm: MaskedLmNames,
}

/// Two blueprints of one `model_type` are the same.
impl PartialEq for Blueprint {
    fn eq(&self, other: &Self) -> bool {
        self.model_type == other.model_type
    }
}

/// A number of `config.json`.
#[derive(Debug, Clone, Copy)]
pub struct Setting<T> {
    /// Its key; `None` if the architecture leaves no choice.
    pub key: Option<&'static str>,
    /// Another key that transformers takes for it, before the first.
    pub also: Option<&'static str>,
    /// What it is where the file does not say.
    pub default: T,
}

impl<T: Copy> Setting<T> {
    /// One that a file may change.
    #[must_use]
    pub const fn new(key: &'static str, default: T) -> Self {
        Self { key: Some(key), also: None, default }
    }

    /// The same under another key too.
    #[must_use]
    pub const fn or(self, also: &'static str) -> Self {
        Self { also: Some(also), ..self }
    }

    /// One that is always the same.
    #[must_use]
    pub const fn fixed(value: T) -> Self {
        Self { key: None, also: None, default: value }
    }
}

/// What an architecture's `config.json` calls the fields of [`BackboneConfig`](crate::BackboneConfig), and transformers'
/// defaults.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs, reason = "each is documented where it is read into")]
pub struct Settings {
    pub vocab_size: Setting<usize>,
    /// `None`: embeddings are as wide as the hidden states.
    pub embedding_size: Option<Setting<usize>>,
    pub hidden_size: Setting<usize>,
    pub num_hidden_layers: Setting<usize>,
    pub num_attention_heads: Setting<usize>,
    pub intermediate_size: Setting<usize>,
    pub hidden_act: Setting<&'static str>,
    pub max_position_embeddings: Setting<usize>,
    pub type_vocab_size: Setting<usize>,
    pub layer_norm_eps: Setting<f64>,
    pub pad_token_id: Setting<usize>,
    pub hidden_dropout_prob: Setting<f64>,
    pub classifier_dropout: Setting<Option<f64>>,
}

/// Which row of the position table a token gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Positions {
    /// The first row for a sequence's first token, and so on.
    FromZero,
    /// Those behind the padding token's id, which padding gets: of 514 rows and padding 1, the rows 2 to 513 for the
    /// tokens of a sequence. A padding token that a text spells out gets that row too and is not counted.
    AfterPadding,
}

impl Positions {
    /// The row of a sequence's first token.
    #[must_use]
    pub fn first(self, padding: usize) -> usize {
        match self {
            Self::FromZero => 0,
            Self::AfterPadding => padding + 1,
        }
    }

    /// The rows of the tokens `ids` of one sequence.
    pub fn rows(self, ids: &[u32], padding: usize) -> impl Iterator<Item = u32> {
        let (padding, mut next) = (padding as u32, self.first(padding) as u32);
        ids.iter().map(move |id| {
            if self == Self::AfterPadding && *id == padding {
                return padding;
            }
            next += 1;
            next - 1
        })
    }
}

/// The modules of a backbone. Each has a `weight`, and all but tables a `bias`.
#[derive(Debug)]
pub struct Names {
    /// The table of words.
    pub words: &'static str,
    /// The table of positions.
    pub positions: &'static str,
    /// The table of token types, where there are any.
    pub types: Option<&'static str>,
    /// The norm of the embeddings.
    pub embedding_norm: &'static str,
    /// What makes hidden states of embeddings that are not as wide.
    pub projection: Option<&'static str>,
    /// Where the layers are: layer 0 is `<layers>.0`.
    pub layers: &'static str,
    /// The modules of a layer, behind its number.
    pub layer: LayerNames,
    /// The dense layer on the first token that some heads stand on. Checkpoints of task models may lack it.
    pub pooler: Option<&'static str>,
}

/// The modules of a layer, behind `<layers>.<l>.`.
#[derive(Debug)]
pub struct LayerNames {
    /// Into attention, D -> D.
    pub query: &'static str,
    /// Into attention, D -> D.
    pub key: &'static str,
    /// Into attention, D -> D.
    pub value: &'static str,
    /// Out of attention, D -> D.
    pub attention_output: &'static str,
    /// Behind attention and its residual connection.
    pub attention_norm: &'static str,
    /// D -> F.
    pub feed_forward_up: &'static str,
    /// F -> D.
    pub feed_forward_down: &'static str,
    /// Behind the feed-forward half and its residual connection.
    pub feed_forward_norm: &'static str,
    /// Where AdapterHub keeps a bottleneck behind attention.
    pub attention_adapter: &'static str,
    /// Where AdapterHub keeps a bottleneck behind the feed-forward half.
    pub feed_forward_adapter: &'static str,
}

/// The head of one of transformers' classes.
#[derive(Debug, Clone, Copy)]
pub struct Classifier {
    /// Its dense layers, the first [D, D] unless it is also the last.
    pub layers: &'static [&'static str],
    /// The non-linearity between them.
    pub activation: Option<&'static str>,
    /// Whether it stands on the pooler rather than on the first token.
    pub on_pooler: bool,
}

/// The head of transformers' `...ForMaskedLM`: dense to the width of the embeddings, a non-linearity, a norm, and the table
/// of words once more, with a bias.
#[derive(Debug, Clone, Copy)]
pub struct MaskedLmNames {
    /// The dense layer.
    pub dense: &'static str,
    /// The non-linearity; `None` is that of the backbone.
    pub activation: Option<&'static str>,
    /// The norm.
    pub norm: &'static str,
    /// The bias, one for each word: the whole name.
    pub bias: &'static str,
    /// The table of words where a checkpoint has it here too: the whole name.
    pub decoder: &'static str,
}

impl Blueprint {
    /// The class in AdapterHub's library that carries adapters and heads for this architecture.
    #[must_use]
    pub fn adapter_model_class(&self) -> String {
        format!("{}AdapterModel", self.class)
    }

    /// The name of a module of a layer.
    #[must_use]
    pub fn in_layer(&self, layer: usize, module: &str) -> String {
        format!("{}.{layer}.{module}", self.names.layers)
    }
}
