//! One loop for everything that maps texts to answers: plan, run, reorder.

use graftwork_model::Backbone;
use graftwork_text::{BatchSize, by_length, plan};

use crate::Result;
use crate::pause::between_batches;

/// Tokens of a batch during inference: enough to keep a GPU busy, few enough for a small one.
const INFERENCE_TOKENS: usize = 2048;

/// An answer to each of `lengths.len()` inputs, in input order. `answer` gets the indices of one batch at a time, longest
/// inputs first, and gives an answer to each. A batch that the device has no room for is split, and so are those after
/// it. `progress` gets the fraction done. Dropped between two batches, it leaves nothing behind.
///
/// # Errors
/// The first of `answer`'s that a smaller batch does not help.
pub async fn in_batches<T>(
    backbone: &Backbone,
    lengths: &[usize],
    mut answer: impl AsyncFnMut(&[usize]) -> Result<Vec<T>>,
    progress: &mut dyn FnMut(f64),
) -> Result<Vec<T>> {
    let order = by_length(lengths);
    let mut answers: Vec<Option<T>> = lengths.iter().map(|_| None).collect();
    let mut most = INFERENCE_TOKENS.min(backbone.most_tokens());
    let mut done = 0;
    while done < order.len() {
        for indices in plan(lengths, &order[done..], BatchSize::Tokens(most)) {
            match answer(&indices).await {
                Ok(some) => {
                    indices.iter().zip(some).for_each(|(index, some)| answers[*index] = Some(some));
                    done += indices.len();
                    progress(done as f64 / order.len() as f64);
                    between_batches().await;
                }
                Err(error) if indices.len() > 1 && error.is_out_of_memory() => {
                    most = indices.iter().map(|index| lengths[*index]).sum::<usize>() / 2;
                    break;
                }
                Err(error) => return Err(error),
            }
        }
    }
    Ok(answers.into_iter().map(|answer| answer.expect("an answer to every input of a batch")).collect())
}
