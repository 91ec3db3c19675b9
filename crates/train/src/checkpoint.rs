//! The state of an interrupted run, in one file: enough to end with the same bytes as without the interruption.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use graftwork_formats::atomic_file::write_atomically;
use graftwork_formats::json::parse_object;
use graftwork_formats::{Fingerprint, HostTensor, SafetensorsFile, write_safetensors};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

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
    /// The best evaluation so far.
    pub best: Option<Best>,
    /// The arena's weights, and the two moments.
    pub arena: [Vec<f32>; 3],
    /// The arena's weights at the best evaluation, if they are kept.
    pub best_weights: Option<Vec<f32>>,
    /// Where a run is several trainings one after the other: those before this one, and the numbers that they have left.
    pub before: (usize, Vec<f32>),
}

/// The best evaluation of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Best {
    /// After which step.
    pub step: usize,
    /// The dev score: the metric by which the task chooses, higher is better.
    pub score: f64,
    /// Mean dev loss; decides between equal scores.
    pub loss: f64,
}

impl Best {
    /// Whether another evaluation is better: a higher score, or an equal one at a lower loss.
    pub fn is_beaten_by(&self, score: f64, loss: f64) -> bool {
        score > self.score || (score == self.score && loss < self.loss)
    }
}

const NAMES: [&str; 3] = ["weights", "first_moment", "second_moment"];
const BEST: &str = "best_weights";
const LEFT: &str = "left_by_trainings_before";
const KEY: &str = "graftwork_checkpoint";
const DIGEST: &str = "sha256";

/// Version 1 called the score `accuracy` and had no digest.
const VERSION: usize = 2;

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
        let (before, left) = &self.before;
        if *before > 0 {
            tensors.insert(LEFT.to_owned(), HostTensor::new([left.len()], left.clone()));
        }
        let best = self.best.map(|best| json!({"step": best.step, "score": best.score, "loss": best.loss}));
        let mut state = json!({
            "version": VERSION, "run": self.run, "step": self.step, "stale": self.stale,
            "evaluation_due": self.evaluation_due, "best": best,
        });
        if *before > 0 {
            state["before"] = json!(before);
        }
        state[DIGEST] = json!(digest(&state, &tensors));
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
        let mut state: Map<String, Value> = source
            .metadata()
            .get(KEY)
            .and_then(|text| parse_object(&file, text.as_bytes()).ok())
            .ok_or_else(|| damaged("it has no run state"))?;
        let written = state.shift_remove(DIGEST);
        let state = Value::Object(state);
        let number = |value: &Value, key: &str| {
            value[key].as_u64().map(|n| n as usize).ok_or_else(|| damaged(&format!("its `{key}` is not a count")))
        };
        let score = match number(&state, "version")? {
            1 => "accuracy",
            VERSION => "score",
            _ => return Err(damaged("it was written by a later version")),
        };

        let has_best = source.shape(BEST).is_some().then_some(BEST);
        let mut tensors = BTreeMap::new();
        for name in NAMES.into_iter().chain(has_best) {
            match source.shape(name) {
                Some([n]) if *n == len => tensors.insert(name.to_owned(), source.read(name)?),
                _ => return Err(damaged(&format!("`{name}` does not have the adapter's {len} elements"))),
            };
        }
        let before = if state["before"].is_null() { 0 } else { number(&state, "before")? };
        if before > 0 {
            match source.shape(LEFT) {
                Some([_]) => tensors.insert(LEFT.to_owned(), source.read(LEFT)?),
                _ => return Err(damaged("it lacks what the trainings before have left")),
            };
        }
        if score != "accuracy" && written.as_ref().and_then(Value::as_str) != Some(&digest(&state, &tensors)) {
            return Err(damaged("its digest does not fit what it holds"));
        }

        let float = |value: &Value, key: &str| {
            value[key].as_f64().ok_or_else(|| damaged(&format!("the {key} of its best evaluation is no number")))
        };
        let best = match &state["best"] {
            Value::Null => None,
            best => Some(Best { step: number(best, "step")?, score: float(best, score)?, loss: float(best, "loss")? }),
        };
        let mut take = |name: &str| tensors.remove(name).map(|tensor| tensor.data);
        Ok(Self {
            run: state["run"].as_str().unwrap_or_default().to_owned(),
            step: number(&state, "step")?,
            stale: number(&state, "stale")?,
            evaluation_due: state["evaluation_due"] == Value::Bool(true),
            best,
            arena: NAMES.map(|name| take(name).unwrap_or_default()),
            best_weights: take(BEST),
            before: (before, take(LEFT).unwrap_or_default()),
        })
    }
}

/// SHA-256 over the state without its digest, and over the tensors.
fn digest(state: &Value, tensors: &BTreeMap<String, HostTensor>) -> String {
    let weights = Fingerprint::of_tensors(tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)));
    let digest = Sha256::new().chain_update(state.to_string()).chain_update(weights.to_string()).finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(score: f64, loss: f64) -> RunState {
        RunState {
            run: "r".to_owned(),
            step: 7,
            stale: 1,
            evaluation_due: false,
            best: Some(Best { step: 5, score, loss }),
            arena: [vec![1.0, -0.5], vec![0.25, 0.0], vec![1e-9, 3.0]],
            best_weights: Some(vec![0.5, 2.0]),
            before: (2, vec![0.125, 7.0, -1.0]),
        }
    }

    /// A score that comes back lower by its last bit makes an equal one look better.
    #[test]
    fn every_quotient_survives() {
        let mut lost = Vec::new();
        for n in 1..=300 {
            for k in 0..=n {
                let quotient = f64::from(k) / f64::from(n);
                let written = state(quotient, quotient.exp());
                if RunState::from_bytes("c", &written.to_bytes().unwrap(), 2).unwrap() != written {
                    lost.push((k, n));
                }
            }
        }
        assert!(lost.is_empty(), "{} of 45,450, such as {:?}", lost.len(), &lost[..lost.len().min(5)]);
    }

    #[test]
    fn any_changed_byte_is_noticed() {
        let whole = state(0.5, 0.25);
        let bytes = whole.to_bytes().unwrap();
        for at in 0..bytes.len() {
            for bit in [1, 0x10] {
                let mut damaged = bytes.clone();
                damaged[at] ^= bit;
                let found = RunState::from_bytes("c", &damaged, 2);
                assert!(found.as_ref().is_err() || *found.as_ref().unwrap() == whole, "byte {at}: {found:?}");
            }
        }
        let mut damaged = bytes.clone();
        let last = bytes.len() - 2;
        damaged[last] ^= 1;
        let message = RunState::from_bytes("c", &damaged, 2).unwrap_err().to_string();
        assert!(message.contains("digest") && message.contains("--resume"), "{message}");
    }
}
