//! What frozen parts make of examples, computed once and kept: the hidden states below the lowest layer that learns, or what
//! the head's dense layers get where they alone learn.
//!
//! A row of a batch does not depend on the others, so what was kept is, to the last bit, what would be computed again.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use graftwork_model::{Adapter, Backbone, Batch};
use graftwork_tensor::Tape;

use crate::predict::{Counts, Rows, upload};
use crate::tasks::Examples;
use crate::{Error, Result};

/// Where that ends which is the same whatever is learned. Dropout acts above only.
pub(crate) enum Place {
    /// At what goes into a layer (from 0): below, there is the backbone alone.
    Layer(usize),
    /// At what this adapter's head gets.
    Head(Box<Adapter>),
}

/// The bytes that may still be kept, of all that share them.
#[derive(Debug, Clone)]
pub(crate) struct Room(Arc<AtomicUsize>);

impl Room {
    pub fn new(bytes: usize) -> Self {
        Self(Arc::new(AtomicUsize::new(bytes)))
    }

    fn is_empty(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }

    fn take(&self, bytes: usize) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes)).is_ok()
    }
}

/// Examples with what is kept of them: that fills as they come, until there is no room left.
pub(crate) struct Kept<'a> {
    backbone: &'a Backbone,
    examples: &'a dyn Examples,
    place: Place,
    room: Room,
    is_full: AtomicBool,
    /// Of each example all rows, one after the other.
    values: Vec<OnceLock<Vec<f32>>>,
    /// Elements of a row.
    cols: OnceLock<usize>,
}

impl<'a> Kept<'a> {
    pub fn new(backbone: &'a Backbone, examples: &'a dyn Examples, place: Place, room: &Room) -> Self {
        let values = (0..examples.len()).map(|_| OnceLock::new()).collect();
        let is_full = AtomicBool::new(room.is_empty());
        Self { backbone, examples, place, room: room.clone(), is_full, values, cols: OnceLock::new() }
    }

    /// Some of the examples as a batch that begins where the frozen parts end.
    pub async fn batch(&self, chosen: &[usize]) -> Result<Batch> {
        let mut missing: Vec<usize> = Vec::new();
        for example in chosen {
            if self.values[*example].get().is_none() && !missing.contains(example) {
                missing.push(*example);
            }
        }
        if missing.len() == chosen.len() && self.is_full.load(Ordering::Relaxed) {
            // Nobody waits for the device.
            return self.compute(chosen);
        }
        let mut fresh = Vec::new();
        if !missing.is_empty() {
            let batch = self.compute(&missing)?;
            let states = batch.computed().expect("a batch that begins above");
            let values = self.backbone.device().read(states).await?;
            let out = Rows { values: &values, cols: *self.cols.get_or_init(|| states.cols()) };
            fresh = self.keep(&missing, out);
        }
        let rows = |example: &usize| {
            let kept = self.values[*example].get();
            let new = || fresh.iter().find(|(known, _)| known == example).map(|(_, values)| values);
            kept.or_else(new).expect("what was computed").as_slice()
        };
        self.join(chosen, &chosen.iter().map(rows).collect::<Vec<_>>().concat())
    }

    /// Keeps what there is room for, and gives back the rest.
    fn keep(&self, examples: &[usize], out: Rows<'_>) -> Vec<(usize, Vec<f32>)> {
        let counts: Vec<Counts> = examples.iter().map(|i| Counts::of(self.examples.sequences(*i))).collect();
        let mut left = Vec::new();
        for (example, rows) in examples.iter().zip(out.by_example(&counts)) {
            let values = rows.values.to_vec();
            if self.room.take(size_of_val(values.as_slice())) {
                // Somebody else may have been faster with the same values.
                let _ = self.values[*example].set(values);
            } else {
                self.is_full.store(true, Ordering::Relaxed);
                left.push((*example, values));
            }
        }
        left
    }

    fn compute(&self, chosen: &[usize]) -> Result<Batch> {
        let batch = upload(self.backbone, chosen.iter().map(|example| self.examples.sequences(*example)))?;
        match &self.place {
            Place::Layer(layer) => Ok(self.backbone.raise(batch, *layer)?),
            Place::Head(adapter) => {
                let head = adapter.head().ok_or(Error::NoHead)?;
                let mut tape = Tape::inference(self.backbone.device());
                let hidden = self.backbone.forward(&mut tape, &batch, Some(adapter), 0.0)?;
                let features = head.features(&mut tape, self.backbone, &hidden, &batch);
                Ok(batch.at_features(&features))
            }
        }
    }

    /// Uploads what was computed.
    fn join(&self, chosen: &[usize], values: &[f32]) -> Result<Batch> {
        let Place::Layer(layer) = &self.place else {
            let cols = self.cols.get().copied().unwrap_or(1);
            return Ok(self.backbone.batch_of_features(values.len() / cols, values)?);
        };
        let (mut starts, mut texts) = (vec![0], vec![0]);
        for example in chosen {
            for length in self.lengths(*example) {
                starts.push(starts[starts.len() - 1] + length as u32);
            }
            texts.push(starts.len() as u32 - 1);
        }
        let batch = self.backbone.batch_at(*layer, values, &starts)?;
        Ok(batch.of_texts(self.backbone.device(), &texts)?)
    }

    fn lengths(&self, example: usize) -> impl Iterator<Item = usize> {
        self.examples.sequences(example).iter().map(|sequence| sequence.len())
    }
}
