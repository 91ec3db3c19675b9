//! What the runs have brought: a line each in results.jsonl, and means over seeds.

use std::path::{Path, PathBuf};

use graftwork::files::write_atomically;
use serde_json::{Map, Value, json};

use super::trial::Trial;
use crate::failure::{Failure, Kind, Result};

const FILE: &str = "results.jsonl";

/// The finished runs of a sweep, in the order in which they ended.
pub struct Results {
    path: PathBuf,
    lines: Vec<Value>,
}

/// The runs of one choice.
pub struct Group {
    pub values: Vec<(String, String)>,
    /// By seed.
    pub runs: Vec<(Option<u64>, f64)>,
    /// On test data, if there is any.
    pub tests: Vec<f64>,
}

impl Results {
    /// Those in a directory, if it has some.
    ///
    /// # Errors
    /// If the file cannot be read or is none of a sweep.
    pub fn open(dir: &Path) -> Result<Self> {
        let path = dir.join(FILE);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(Failure::of(Kind::Input, &error).about(format!("cannot read {}", path.display()))),
        };
        let mut lines = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            let value: Option<Value> = serde_json::from_str(line).ok();
            let is_ours = |line: &Value| line["args"].is_array() && line["score"].is_number();
            lines.push(value.filter(is_ours).ok_or_else(|| {
                let message = format!("{}:{number}: this is not the result of a run", path.display());
                Failure::new(Kind::Input, message).hint("remove the line: its run is then done again")
            })?);
        }
        Ok(Self { path, lines })
    }

    /// Whether another sweep's runs are here: those of this one have these options in common.
    pub fn is_of(&self, common: &[String]) -> bool {
        let begins = |line: &Value| {
            let args = line["args"].as_array().map_or(&[][..], Vec::as_slice);
            args.len() >= common.len() && args.iter().zip(common).all(|(found, common)| found == common)
        };
        self.lines.iter().all(begins)
    }

    fn of(&self, trial: &Trial) -> Option<&Value> {
        self.lines.iter().find(|line| line["args"] == json!(trial.args))
    }

    /// Whether a run is finished.
    pub fn has(&self, trial: &Trial) -> bool {
        self.of(trial).is_some()
    }

    /// Adds what a finished run has told, and gives its score.
    ///
    /// # Errors
    /// If it has nothing to choose by, or the file cannot be written.
    pub fn add(&mut self, trial: &Trial, told: &Value) -> Result<f64> {
        let (metric, score) = score(told).ok_or_else(|| {
            let message = format!("the run {} was not measured on anything it had not learned", trial.name());
            Failure::new(Kind::Input, message).hint("give --dev, or take --recipe standard")
        })?;
        let values: Map<String, Value> =
            trial.values.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        let numbers = |name: &str| {
            let found = told[name].as_object()?.iter().filter(|(_, value)| value.is_number());
            Some(found.map(|(key, value)| (key.clone(), value.clone())).collect::<Map<_, _>>())
        };
        self.lines.push(json!({
            "run": trial.name(),
            "values": values,
            "seed": trial.seed,
            "metric": metric,
            "score": score,
            "dev": numbers("dev"),
            "test": numbers("test"),
            "steps": told["steps"],
            "train_seconds": told["train_seconds"],
            "args": trial.args,
        }));
        let text: String = self.lines.iter().map(|line| format!("{line}\n")).collect();
        write_atomically(&self.path, text.as_bytes())?;
        Ok(score)
    }

    /// What the scores are.
    pub fn metric(&self) -> &str {
        self.lines.first().and_then(|line| line["metric"].as_str()).unwrap_or("score")
    }

    /// The choices of these runs, the best mean first; of equal ones, the one that comes first.
    pub fn groups(&self, trials: &[Trial]) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        for trial in trials {
            let Some(line) = self.of(trial) else { continue };
            let place = groups.iter().position(|group| group.values == trial.values).unwrap_or(groups.len());
            if place == groups.len() {
                groups.push(Group { values: trial.values.clone(), runs: Vec::new(), tests: Vec::new() });
            }
            groups[place].runs.push((trial.seed, line["score"].as_f64().unwrap_or_default()));
            // The metric that chooses comes first there, too.
            let test = line["test"].as_object().and_then(|found| found.values().next()).and_then(Value::as_f64);
            groups[place].tests.extend(test);
        }
        groups.sort_by(|a, b| b.mean().total_cmp(&a.mean()));
        groups
    }
}

impl Group {
    pub fn mean(&self) -> f64 {
        mean(&self.scores())
    }

    /// The standard deviation over the seeds, with n - 1; `None` of a single one.
    pub fn spread(&self) -> Option<f64> {
        let (scores, mean) = (self.scores(), self.mean());
        let squares: f64 = scores.iter().map(|score| (score - mean).powi(2)).sum();
        (scores.len() > 1).then(|| (squares / (scores.len() - 1) as f64).sqrt())
    }

    pub fn test(&self) -> Option<f64> {
        (!self.tests.is_empty()).then(|| mean(&self.tests))
    }

    /// The seed of the best run.
    pub fn best_seed(&self) -> Option<u64> {
        self.runs
            .iter()
            .fold(None, |best: Option<(Option<u64>, f64)>, run| match best {
                Some(best) if best.1 >= run.1 => Some(best),
                _ => Some(*run),
            })?
            .0
    }

    /// As a user would type it.
    pub fn name(&self) -> String {
        let values: Vec<_> = self.values.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if values.is_empty() { "all".to_owned() } else { values.join(" ") }
    }

    pub fn scores(&self) -> Vec<f64> {
        self.runs.iter().map(|(_, score)| *score).collect()
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// What a run chooses its weights by, on dev data; of few examples, the share that cross-validation got right.
fn score(told: &Value) -> Option<(String, f64)> {
    if let Some((name, value)) = told["dev"].as_object().and_then(|dev| dev.iter().next()) {
        return Some((format!("dev {name}"), value.as_f64()?));
    }
    let found = &told["cross_validation"];
    let kept = &found[found["kept"].as_str()?];
    Some(("cross-validated accuracy".to_owned(), kept["right"].as_f64()? / kept["of"].as_f64()?))
}
