//! The way from sequences to answers: plan -> upload -> forward -> read -> put in order. Everything that infers goes
//! through here.

use graftwork_model::{Adapter, Backbone, Batch, HeadRows, Hidden, beside};
use graftwork_tensor::{MaybeSend, OnProgress, Tape, Tensor, Var, give_way};
use graftwork_text::{BatchSize, Encoding, PackedBatch, by_length, plan};

pub use crate::source::Source;
use crate::tasks::text_classification;
use crate::{Error, Result};

/// Tokens of a batch during inference: enough to keep a GPU busy, few enough for a small one.
const INFERENCE_TOKENS: usize = 2048;

/// What came out for one example, row by row: one row, or one for each of its sequences, or for each token of them, or for
/// each masked one.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    /// Row after row.
    pub values: &'a [f32],
    /// Elements of a row.
    pub cols: usize,
}

impl<'a> Rows<'a> {
    /// Row `index`.
    pub fn row(&self, index: usize) -> &'a [f32] {
        &self.values[index * self.cols..][..self.cols]
    }

    /// Those of each example of a batch, of which there is so much.
    pub(crate) fn by_example<'c>(self, counts: &'c [Counts]) -> impl Iterator<Item = Self> + use<'a, 'c> {
        let all = Counts::sum(counts);
        let rows = self.iter().len();
        let mut rest = self.values;
        counts.iter().map(move |own| {
            // An example has at least as many tokens as sequences, and one of each: where sums are equal, so are all of them.
            let own = match rows {
                _ if all.masked > 0 => own.masked,
                rows if rows == counts.len() => 1,
                rows if rows == all.sequences => own.sequences,
                _ => own.tokens,
            };
            let (values, others) = rest.split_at(own * self.cols);
            rest = others;
            Self { values, cols: self.cols }
        })
    }

    /// All rows.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &'a [f32]> {
        self.values.chunks(self.cols.max(1))
    }
}

/// What there is of an example: how many rows an output may have of it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counts {
    pub sequences: usize,
    pub tokens: usize,
    /// Masked tokens. If there are any, nothing else has rows.
    pub masked: usize,
}

impl Counts {
    pub(crate) fn of(sequences: &[Encoding]) -> Self {
        Self {
            sequences: sequences.len(),
            tokens: sequences.iter().map(Encoding::len).sum(),
            masked: sequences.iter().map(|one| one.masked.places.len()).sum(),
        }
    }

    pub(crate) fn sum(all: &[Self]) -> Self {
        all.iter().fold(Self::default(), |all, own| Self {
            sequences: all.sequences + own.sequences,
            tokens: all.tokens + own.tokens,
            masked: all.masked + own.masked,
        })
    }

    /// How many rows a head has of so much.
    pub(crate) fn rows(all: &[Self], rows: HeadRows) -> usize {
        let of = |own: &Self| match rows {
            HeadRows::Texts => 1,
            HeadRows::Sequences => own.sequences,
            HeadRows::Masked if own.masked > 0 => own.masked,
            HeadRows::Tokens | HeadRows::Masked => own.tokens,
        };
        all.iter().map(of).sum()
    }
}

/// Runs the backbone over examples, each of one or more sequences, and makes of what `output` gives for it one answer
/// each, in input order. `output` gets the hidden states, those after the layers `keep` (from 1) among them, and gives a row
/// an example, a sequence, a token or, where something is masked, a masked token; `read` gets an example's number with its
/// rows, `progress` the fraction done.
///
/// # Errors
/// If a sequence is too long for the backbone, the adapter is of another one, or the device fails.
pub async fn predict<'s, T: MaybeSend>(
    backbone: &Backbone,
    adapter: Option<&Adapter>,
    examples: impl Into<Source<'s>>,
    (keep, output): (&[usize], impl Fn(&mut Tape, Hidden, &Batch) -> Var + MaybeSend),
    mut read: impl FnMut(usize, Rows<'_>) -> T + MaybeSend,
    progress: &mut OnProgress<'_>,
) -> Result<Vec<T>> {
    let source = examples.into();
    let compute = move |batch: &Batch| {
        let mut tape = Tape::inference(backbone.device());
        let hidden = backbone.forward_keeping(&mut tape, batch, (adapter, 0.0), keep)?;
        Ok(output(&mut tape, hidden, batch).value().clone())
    };
    let answers = |chosen: &[usize], out: Rows<'_>| {
        let counts = source.counts(chosen);
        chosen.iter().zip(out.by_example(&counts)).map(|(example, rows)| read(*example, rows)).collect()
    };
    in_batches(backbone, source, compute, answers, progress).await
}

/// An answer to each input, in input order. `compute` gets one batch at a time, longest inputs first, `read` the indices of
/// its inputs with what was computed, to give an answer to each. A batch that the device has no room
/// for is split, and so are those after it. `progress` gets the fraction done. Dropped between two batches, it leaves
/// nothing behind.
///
/// # Errors
/// The first of `compute`'s or the device's that a smaller batch does not help.
pub async fn in_batches<T: MaybeSend>(
    backbone: &Backbone,
    source: Source<'_>,
    compute: impl FnMut(&Batch) -> Result<Tensor> + MaybeSend,
    read: impl FnMut(&[usize], Rows<'_>) -> Vec<T> + MaybeSend,
    progress: &mut OnProgress<'_>,
) -> Result<Vec<T>> {
    let lengths = source.lengths();
    let mut work = Collect { compute, read, answers: lengths.iter().map(|_| None).collect() };
    each_batch(backbone, (source, &lengths), &mut work, progress).await?;
    Ok(work.answers.into_iter().map(|answer| answer.expect("an answer to every input of a batch")).collect())
}

/// What is done with batches.
trait Work: MaybeSend {
    fn compute(&mut self, batch: &Batch) -> Result<Tensor>;
    fn read(&mut self, chosen: &[usize], out: Rows<'_>);
}

struct Collect<C, R, T> {
    compute: C,
    read: R,
    answers: Vec<Option<T>>,
}

impl<C, R, T> Work for Collect<C, R, T>
where
    C: FnMut(&Batch) -> Result<Tensor> + MaybeSend,
    R: FnMut(&[usize], Rows<'_>) -> Vec<T> + MaybeSend,
    T: MaybeSend,
{
    fn compute(&mut self, batch: &Batch) -> Result<Tensor> {
        (self.compute)(batch)
    }

    fn read(&mut self, chosen: &[usize], out: Rows<'_>) {
        let some = (self.read)(chosen, out);
        chosen.iter().zip(some).for_each(|(index, some)| self.answers[*index] = Some(some));
    }
}

/// The one loop for whatever is computed: one for each type of answer would be a kilobyte each for a browser to download.
async fn each_batch(
    backbone: &Backbone,
    (source, lengths): (Source<'_>, &[usize]),
    work: &mut dyn Work,
    progress: &mut OnProgress<'_>,
) -> Result<()> {
    let device = backbone.device();
    let order = by_length(lengths);
    let mut most = INFERENCE_TOKENS.min(backbone.most_tokens());
    let mut done = 0;
    // A GPU computes a batch while the host reads the one before and prepares the next.
    let at_once = if device.as_gpu().is_some() { 2 } else { 1 };
    while done < order.len() {
        let mut planned = plan(lengths, &order[done..], BatchSize::Tokens(most)).into_iter();
        let mut started = Vec::new();
        loop {
            while started.len() < at_once
                && let Some(indices) = planned.next()
            {
                // Not one closure for all: of an async one, the compiler cannot tell that it may go to another thread.
                let out = source.batch(backbone, &indices).await.and_then(|batch| work.compute(&batch));
                let asked = out.and_then(|out| Ok((device.start_read(&out)?, out.cols())));
                started.push((indices, asked));
            }
            if started.is_empty() {
                break;
            }
            let (indices, asked) = started.remove(0);
            let out = match asked {
                Ok((asked, cols)) => device.finish_read(asked).await.map(|values| (values, cols)).map_err(Error::from),
                Err(error) => Err(error),
            };
            match out {
                Ok((values, cols)) => {
                    work.read(&indices, Rows { values: &values, cols });
                    done += indices.len();
                    progress(done as f64 / order.len() as f64);
                    give_way().await;
                }
                // What was started after it is done again, in smaller batches.
                Err(error) if indices.len() > 1 && error.is_out_of_memory() => {
                    most = indices.iter().map(|index| lengths[*index]).sum::<usize>() / 2;
                    break;
                }
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}

/// What an adapter's head says about examples; see [`predict`].
///
/// # Errors
/// As [`predict`], and if the adapter has no head.
pub async fn predict_head<'s, T: MaybeSend>(
    backbone: &Backbone,
    adapter: &Adapter,
    examples: impl Into<Source<'s>>,
    read: impl FnMut(usize, Rows<'_>) -> T + MaybeSend,
    progress: &mut OnProgress<'_>,
) -> Result<Vec<T>> {
    let head = adapter.head().ok_or(Error::NoHead)?;
    let logits = |tape: &mut Tape, hidden: Hidden, batch: &Batch| head.forward(tape, backbone, &hidden, batch, 0.0);
    predict(backbone, Some(adapter), examples, (head.hidden_layers(), logits), read, progress).await
}

/// What an adapter's head says about texts, with what it stands on if `with_features`: `read` gets an example's number,
/// its logits `[C]` and its features `[D]`, or none. One forward pass and one readback a batch for both.
///
/// # Errors
/// As [`predict_head`], and if the head is of another task.
pub async fn predict_texts<'s, T: MaybeSend>(
    backbone: &Backbone,
    adapter: &Adapter,
    examples: impl Into<Source<'s>>,
    with_features: bool,
    mut read: impl FnMut(usize, &[f32], &[f32]) -> T + MaybeSend,
    progress: &mut OnProgress<'_>,
) -> Result<Vec<T>> {
    let head = adapter.head().ok_or(Error::NoHead)?;
    let config = adapter.description().head.as_ref().ok_or(Error::NoHead)?;
    text_classification::INFO.check(config)?;
    let output = |tape: &mut Tape, hidden: Hidden, batch: &Batch| {
        let features = head.features(tape, backbone, &hidden, batch);
        let logits = head.logits(tape, &features, 0.0);
        if with_features { beside(tape, vec![logits, features]) } else { logits }
    };
    let read = |example: usize, rows: Rows<'_>| {
        let (logits, features) = rows.row(0).split_at(config.num_labels);
        read(example, logits, features)
    };
    predict(backbone, Some(adapter), examples, (head.hidden_layers(), output), read, progress).await
}

/// The head's output for one batch, [rows, labels], read back.
///
/// # Errors
/// As [`predict_head`].
pub async fn logits(backbone: &Backbone, adapter: &Adapter, batch: &Batch) -> Result<Vec<Vec<f32>>> {
    let head = adapter.head().ok_or(Error::NoHead)?;
    let mut tape = Tape::inference(backbone.device());
    let hidden = backbone.forward(&mut tape, batch, Some(adapter), 0.0)?;
    let logits = head.forward(&mut tape, backbone, &hidden, batch, 0.0);
    let values = backbone.device().read(logits.value()).await?;
    Ok(values.chunks(logits.value().cols()).map(<[f32]>::to_vec).collect())
}

/// Uploads the sequences of some examples as one packed batch, in which those of an example are said to be windows of one
/// text.
pub(crate) fn upload<'e>(backbone: &Backbone, examples: impl Iterator<Item = &'e [Encoding]>) -> Result<Batch> {
    let (mut sequences, mut starts) = (Vec::new(), vec![0]);
    for example in examples {
        sequences.extend(example);
        starts.push(sequences.len() as u32);
    }
    let packed = PackedBatch::pack(&sequences);
    let batch = backbone.batch(&packed.ids, &packed.type_ids, &packed.cu_seqlens)?;
    let batch = batch.of_texts(backbone.device(), &starts)?;
    Ok(backbone.ask(batch, &packed.masked.places, &packed.masked.truths)?)
}

/// The first of the largest.
pub fn argmax(row: &[f32]) -> usize {
    row.iter().enumerate().fold(0, |best, (i, v)| if *v > row[best] { i } else { best })
}

/// Probabilities from logits.
pub fn softmax(row: &[f32]) -> Vec<f32> {
    let top = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let exps: Vec<f32> = row.iter().map(|v| (v - top).exp()).collect();
    let total: f32 = exps.iter().sum();
    exps.iter().map(|e| e / total).collect()
}
