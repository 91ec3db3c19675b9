use thiserror::Error;

/// What can go wrong while an adapter is trained or evaluated.
#[derive(Debug, Error)]
pub enum Error {
    /// The model or one of its files.
    #[error(transparent)]
    Model(#[from] graftwork_model::Error),
    /// A checkpoint's file.
    #[error(transparent)]
    File(#[from] graftwork_formats::Error),
    /// Data sets and tokenizers.
    #[error(transparent)]
    Text(#[from] graftwork_text::Error),
    /// The device.
    #[error(transparent)]
    Device(#[from] graftwork_tensor::Error),
    /// A setting is out of its range.
    #[error("{setting} must {must}")]
    Setting {
        /// Which.
        setting: &'static str,
        /// What it must be.
        must: String,
    },
    /// There is nothing to train or evaluate on.
    #[error("the {what} data has no examples: give it some")]
    NoExamples {
        /// Training, dev or test.
        what: &'static str,
    },
    /// An example lacks a label.
    #[error("example {index} of the {what} data has no label: give it one, or leave it out")]
    NoLabel {
        /// Training, dev or test.
        what: &'static str,
        /// From 0.
        index: usize,
    },
    /// An example contradicts itself.
    #[error("example {index} (counted from 0) of the {what} data: {problem}")]
    Example {
        /// Training, dev or test.
        what: &'static str,
        /// From 0.
        index: usize,
        /// What is wrong.
        problem: String,
    },
    /// The data has a label that the head does not.
    #[error(
        "the {what} data has the label `{label}`, which the adapter's head does not know; its {} labels are {}. \
         Correct the data, or train a new adapter for its labels",
        known.len(), listed(known)
    )]
    OtherLabels {
        /// Training, dev or test.
        what: &'static str,
        /// The first unknown one.
        label: String,
        /// The head's labels.
        known: Vec<String>,
    },
    /// The adapter's head is for another task.
    #[error(
        "the adapter's head is for {head}, not for {wanted}: use it for that, or an adapter that was trained for this"
    )]
    OtherTask {
        /// The head's task, or its kind.
        head: &'static str,
        /// The task that was asked for.
        wanted: &'static str,
    },
    /// Few examples are learned where each has one label.
    #[error(
        "few examples cannot be learned for {task}, whose examples do not have one label each: train by the standard recipe"
    )]
    NotOneLabel {
        /// The task.
        task: &'static str,
    },
    /// The head is none that can be fitted alone.
    #[error("a head that is fitted before the adapter has one dense layer and a bias; this one has {layers} layers")]
    HeadLayers {
        /// How many dense layers it has.
        layers: usize,
    },
    /// A label id is beyond the head's.
    #[error("label {label} is beyond the head, which has {classes} (counted from 0)")]
    LabelOutOfRange {
        /// The id.
        label: u32,
        /// How many the head tells apart.
        classes: usize,
    },
    /// There are more or fewer labels than rows of the head's output.
    #[error("there are {labels} labels for {rows} rows of the head's output: one a text, or one a token to be tagged")]
    LabelCount {
        /// Labels.
        labels: usize,
        /// Sequences or tokens of the batch.
        rows: usize,
    },
    /// There are not as many numbers as the head's output has.
    #[error("there are {found} numbers for {rows} rows of the head's output, each of {cols}: give one for each")]
    NumberCount {
        /// How many there are.
        found: usize,
        /// Texts of the batch.
        rows: usize,
        /// Outputs of the head.
        cols: usize,
    },
    /// The adapter has no head to train or evaluate.
    #[error(
        "the adapter has no head: it can embed texts, but predict and learn nothing; use one with a head, or a new one"
    )]
    NoHead,
    /// The tokenizer has no token that stands for a hidden one.
    #[error(
        "the backbone's vocabulary has no [MASK] or <mask>, so nothing can be hidden from it: use a backbone with one"
    )]
    NoMask,
    /// A batch does not say what is masked.
    #[error("the batch has no masked tokens with their truth: draw it from examples for fill-mask")]
    NoTruth,
    /// A teacher's logits are not for what is learned.
    #[error("the teacher's logits do not fit: {problem}")]
    Teacher {
        /// What is wrong.
        problem: String,
    },
    /// The loss is no longer a number.
    #[error("the loss became {loss} at step {step}: lower the learning rate")]
    Diverged {
        /// The step.
        step: usize,
        /// NaN or infinite.
        loss: f32,
    },
    /// A checkpoint belongs to another run.
    #[error(
        "the checkpoint {file} does not fit this run: {problem}; use the same arguments, or start without --resume"
    )]
    OtherRun {
        /// The checkpoint.
        file: String,
        /// What differs.
        problem: String,
    },
    /// A checkpoint is damaged.
    #[error("the checkpoint {file} is damaged: {problem}; start without --resume")]
    Checkpoint {
        /// The checkpoint.
        file: String,
        /// What is wrong.
        problem: String,
    },
}

impl Error {
    /// Whether the device had no room for a batch: a smaller one may succeed.
    pub fn is_out_of_memory(&self) -> bool {
        match self {
            Self::Model(error) => error.is_out_of_memory(),
            Self::Device(error) => error.is_out_of_memory(),
            _ => false,
        }
    }
}

/// The first few of many.
fn listed(names: &[String]) -> String {
    const MOST: usize = 10;
    let more = if names.len() > MOST { ", ..." } else { "" };
    format!("{}{more}", names[..names.len().min(MOST)].join(", "))
}

/// `Result` with this crate's [`enum@Error`].
pub type Result<T> = std::result::Result<T, Error>;
