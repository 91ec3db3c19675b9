//! What several heads say about the same examples.

use graftwork_model::{Adapter, Backbone, Batch, beside};
use graftwork_tensor::{MaybeSend, OnProgress, Tape, Var};

use crate::predict::{Counts, Rows, Source, in_batches};
use crate::{Error, Result};

/// What all heads of an adapter say about examples, in one forward pass and one readback a batch; `read` gets an example's
/// number with the rows of each head, in the heads' order, and `with_features` at the end what the first one stands on;
/// `progress` gets the fraction done.
///
/// # Errors
/// As [`predict_head`](crate::predict::predict_head).
pub async fn predict_heads<'s, T: MaybeSend>(
    backbone: &Backbone,
    adapter: &Adapter,
    examples: impl Into<Source<'s>>,
    with_features: bool,
    mut read: impl FnMut(usize, &[Rows<'_>]) -> T + MaybeSend,
    progress: &mut OnProgress<'_>,
) -> Result<Vec<T>> {
    let first = adapter.head().ok_or(Error::NoHead)?;
    let source = examples.into();
    let compute = |batch: &Batch| {
        let mut tape = Tape::inference(backbone.device());
        let hidden = backbone.forward(&mut tape, batch, Some(adapter), 0.0)?;
        let mut all: Vec<_> =
            adapter.heads().map(|head| head.forward(&mut tape, backbone, &hidden, batch, 0.0)).collect();
        if with_features {
            all.push(first.features(&mut tape, backbone, &hidden, batch));
        }
        // Heads have other numbers of rows: end to end they are one row.
        let row = |rows: Var| tape.constant(rows.value().reshape(1, rows.value().len()));
        let all = all.into_iter().map(row).collect();
        Ok(beside(&mut tape, all).value().clone())
    };
    let answers = |chosen: &[usize], out: Rows<'_>| {
        let counts = source.counts(chosen);
        let mut rest = out.values;
        let mut by_head = Vec::new();
        let file = adapter.description();
        let features = file.head.iter().filter(|_| with_features).map(|head| (head, head.features(file.hidden_size)));
        for (head, cols) in file.heads().map(|head| (head, head.outputs())).chain(features) {
            let (values, others) = rest.split_at(Counts::rows(&counts, head.kind.info().rows) * cols);
            rest = others;
            by_head.push(Rows { values, cols }.by_example(&counts).collect::<Vec<_>>());
        }
        let example = |place: usize| by_head.iter().map(|rows| rows[place]).collect::<Vec<_>>();
        chosen.iter().enumerate().map(|(place, number)| read(*number, &example(place))).collect()
    };
    in_batches(backbone, source, compute, answers, progress).await
}
