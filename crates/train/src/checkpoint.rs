//! The state of an interrupted run, in one file: enough to end with the same bytes as without the interruption.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use graftwork_model::{HostTensor, SafetensorsFile, write_atomically, write_safetensors};
use serde_json::{Value, json};

use crate::{Error, Result};

/// Where a run stands between two steps.
#[derive(Debug, Clone, PartialEq)]
pub struct RunState {
    /// Identifies the run: its settings, data and starting weights.
    pub run: String,
    /// Optimizer steps done.
    pub step: usize,
    /// Evaluations since the best one.
    pub stale: usize,
    /// Whether the dev data is to be evaluated before the next step.
    pub evaluation_due: bool,
    /// The best dev accuracy so far, with its step and mean loss.
    pub best: Option<Best>,
    /// The arena's weights, and the two moments.
    pub arena: [Vec<f32>; 3],
    /// The arena's weights at the best evaluation, if they are kept.
    pub best_weights: Option<Vec<f32>>,
}

/// The best evaluation of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Best {
    /// After which step.
    pub step: usize,
    /// Dev accuracy.
    pub accuracy: f64,
    /// Mean dev loss; decides between equal accuracies.
    pub loss: f64,
}

impl Best {
    /// Whether another evaluation is better: a higher accuracy, or an equal one at a lower loss.
    pub fn is_beaten_by(&self, accuracy: f64, loss: f64) -> bool {
        accuracy > self.accuracy || (accuracy == self.accuracy && loss < self.loss)
    }
}

const NAMES: [&str; 3] = ["weights", "first_moment", "second_moment"];
const BEST: &str = "best_weights";
const KEY: &str = "graftwork_checkpoint";

impl RunState {
    /// The checkpoint as the bytes of a safetensors file.
    ///
    /// # Errors
    /// If the state cannot be laid out as a file.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut tensors = BTreeMap::new();
        for (name, values) in NAMES.iter().zip(&self.arena) {
            tensors.insert((*name).to_owned(), HostTensor::new([values.len()], values.clone()));
        }
        if let Some(values) = &self.best_weights {
            tensors.insert(BEST.to_owned(), HostTensor::new([values.len()], values.clone()));
        }
        let best = self.best.map(|best| json!({"step": best.step, "accuracy": best.accuracy, "loss": best.loss}));
        let state = json!({
            "version": 1, "run": self.run, "step": self.step, "stale": self.stale,
            "evaluation_due": self.evaluation_due, "best": best,
        });
        Ok(write_safetensors(&tensors, Some(HashMap::from([(KEY.to_owned(), state.to_string())])))?)
    }

    /// Writes the checkpoint; an existing one is replaced only once the new one is whole.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        Ok(write_atomically(path, &self.to_bytes()?)?)
    }

    /// Reads a checkpoint of an arena of `len` elements.
    ///
    /// # Errors
    /// If the file is damaged or of another arena.
    pub fn load(path: &Path, len: usize) -> Result<Self> {
        let file = path.display().to_string();
        let reader =
            std::fs::File::open(path).map_err(|e| Error::Checkpoint { file: file.clone(), problem: e.to_string() })?;
        Self::from_safetensors(SafetensorsFile::open(file, reader)?, len)
    }

    /// The same from bytes; `file` is what messages call them.
    ///
    /// # Errors
    /// As [`RunState::load`].
    pub fn from_bytes(file: &str, bytes: &[u8], len: usize) -> Result<Self> {
        Self::from_safetensors(SafetensorsFile::open(file, std::io::Cursor::new(bytes))?, len)
    }

    fn from_safetensors<R: std::io::Read + std::io::Seek>(mut source: SafetensorsFile<R>, len: usize) -> Result<Self> {
        let file = source.file().to_owned();
        let damaged = |problem: &str| Error::Checkpoint { file: file.clone(), problem: problem.to_owned() };
        let state: Value = source
            .metadata()
            .get(KEY)
            .and_then(|text| serde_json::from_str(text).ok())
            .ok_or_else(|| damaged("it has no run state"))?;
        let number = |value: &Value, key: &str| {
            value[key].as_u64().map(|n| n as usize).ok_or_else(|| damaged(&format!("its `{key}` is not a count")))
        };
        if number(&state, "version")? != 1 {
            return Err(damaged("it was written by another version"));
        }
        let mut read = |name: &str| -> Result<Vec<f32>> {
            match source.shape(name) {
                Some([n]) if *n == len => {}
                _ => return Err(damaged(&format!("`{name}` does not have the adapter's {len} elements"))),
            }
            Ok(source.read(name)?.data)
        };
        let arena = [read(NAMES[0])?, read(NAMES[1])?, read(NAMES[2])?];
        let best = match &state["best"] {
            Value::Null => None,
            best => Some(Best {
                step: number(best, "step")?,
                accuracy: best["accuracy"].as_f64().ok_or_else(|| damaged("its best accuracy is no number"))?,
                loss: best["loss"].as_f64().ok_or_else(|| damaged("its best loss is no number"))?,
            }),
        };
        let has_best = source.shape(BEST).is_some();
        let best_weights = if has_best { Some(source.read(BEST)?.data) } else { None };
        if best_weights.as_ref().is_some_and(|values| values.len() != len) {
            return Err(damaged("its best weights are of another adapter"));
        }
        Ok(Self {
            run: state["run"].as_str().unwrap_or_default().to_owned(),
            step: number(&state, "step")?,
            stale: number(&state, "stale")?,
            evaluation_due: state["evaluation_due"] == Value::Bool(true),
            best,
            arena,
            best_weights,
        })
    }
}
