//! The kinds of heads: what each predicts, and how files tell them apart. One row of a table a kind.

use std::ops::RangeInclusive;

use graftwork_formats::Blueprint;
use graftwork_formats::architectures::{Classifier, SPANS, TAGGER};

/// The most classes of a head.
const MAX_LABELS: usize = 200_000;

/// What a head predicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HeadKind {
    /// One of several classes for a text.
    Classification,
    /// A number for a text.
    Regression,
    /// Any of several classes for a text.
    MultiLabel,
    /// One of several classes for every token.
    Tagging,
    /// Where an answer begins and where it ends: two logits for every token.
    QuestionAnswering,
    /// How well a text fits, to be compared with others: one logit for a text.
    MultipleChoice,
    /// Which token of the vocabulary stands where one is masked: a logit for each of them.
    MaskedLm,
}

/// What a head gives a row of logits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HeadRows {
    /// One vector of a text.
    Texts,
    /// One vector of each sequence, also where several are of the same example.
    Sequences,
    /// Every token.
    Tokens,
    /// Every token that is masked, or every one where a batch does not say which are.
    Masked,
}

/// A kind's row in the table.
#[derive(Debug)]
pub struct HeadKindInfo {
    /// Which one it is.
    pub kind: HeadKind,
    /// Its `head_type` in AdapterHub's files.
    pub head_type: &'static str,
    /// The end of the name of transformers' class that has such a head, and nothing else, over the backbone.
    pub model_class: &'static str,
    /// What it gives logits for.
    pub rows: HeadRows,
    /// The key that counts its classes.
    pub count_key: &'static str,
    /// How many classes it may have. Kinds of one `head_type` are told apart by it: the first that fits.
    pub counts: RangeInclusive<usize>,
    /// How many logits a row has, where that is not how many classes there are.
    pub outputs: Option<usize>,
    /// AdapterHub's default number of dense layers.
    pub layers: usize,
    /// Whether AdapterHub's files say `use_pooler`. It refuses keys that a kind does not have.
    pub says_pooler: bool,
    /// Whether they say `bias`.
    pub says_bias: bool,
    /// Whether they say `dropout_prob`; a kind that does not has no dropout.
    pub says_dropout: bool,
    /// Whether its last layer is the backbone's table of words: see [`Tied`](crate::Tied).
    pub tied: bool,
    /// Its layers in transformers' class; `None` where the architecture's is something else.
    pub plain: fn(&Blueprint) -> Option<Classifier>,
}

/// Every kind. Where files tell two kinds by nothing but a note of our own, the one that they mean without it is first.
pub static HEAD_KINDS: &[HeadKindInfo] = &[
    HeadKindInfo { kind: HeadKind::Classification, counts: 2..=MAX_LABELS, ..OF_TEXTS },
    HeadKindInfo { kind: HeadKind::Regression, counts: 1..=1, ..OF_TEXTS },
    HeadKindInfo { kind: HeadKind::MultiLabel, head_type: "multilabel_classification", ..OF_TEXTS },
    HeadKindInfo {
        kind: HeadKind::MultipleChoice,
        head_type: "multiple_choice",
        model_class: "ForMultipleChoice",
        rows: HeadRows::Sequences,
        count_key: "num_choices",
        outputs: Some(1),
        says_bias: false,
        plain: |architecture| architecture.chooser,
        ..OF_TEXTS
    },
    HeadKindInfo { kind: HeadKind::Tagging, ..OF_TOKENS },
    HeadKindInfo {
        kind: HeadKind::QuestionAnswering,
        head_type: "question_answering",
        model_class: "ForQuestionAnswering",
        counts: 2..=2,
        plain: |_| Some(Classifier { layers: &[SPANS], activation: None, on_pooler: false }),
        ..OF_TOKENS
    },
    HeadKindInfo {
        kind: HeadKind::MaskedLm,
        head_type: "masked_lm",
        model_class: "ForMaskedLM",
        rows: HeadRows::Masked,
        count_key: "vocab_size",
        counts: 1..=1 << 24,
        layers: 2,
        says_bias: true,
        says_dropout: false,
        tied: true,
        // Of the backbone's own head only the backbone's files say how large its vocabulary is: `Backbone::language_head`.
        plain: |_| None,
        ..OF_TOKENS
    },
];

const OF_TEXTS: HeadKindInfo = HeadKindInfo {
    kind: HeadKind::Classification,
    head_type: "classification",
    model_class: "ForSequenceClassification",
    rows: HeadRows::Texts,
    count_key: "num_labels",
    counts: 1..=MAX_LABELS,
    outputs: None,
    layers: 2,
    says_pooler: true,
    says_bias: true,
    says_dropout: true,
    tied: false,
    plain: |architecture| Some(architecture.classifier),
};

const OF_TOKENS: HeadKindInfo = HeadKindInfo {
    kind: HeadKind::Tagging,
    head_type: "tagging",
    model_class: "ForTokenClassification",
    rows: HeadRows::Tokens,
    layers: 1,
    says_pooler: false,
    says_bias: false,
    plain: |_| Some(Classifier { layers: &[TAGGER], activation: None, on_pooler: false }),
    ..OF_TEXTS
};

impl HeadKind {
    /// Its row in the table.
    ///
    /// # Panics
    /// Never: every kind has one.
    #[must_use]
    pub fn info(self) -> &'static HeadKindInfo {
        HEAD_KINDS.iter().find(|info| info.kind == self).expect("a row for every kind")
    }
}
