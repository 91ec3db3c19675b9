//! Options as JSON objects, keys as JavaScript writes them.

use graftwork::{AdapterConfig, BatchSize, METHODS, MethodOption, Pooling, Schedule, TrainConfig};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::{Failure, Result};

/// Reads options; the message names an unknown key or a wrong value.
pub fn parse<T: DeserializeOwned>(json: &str) -> Result<T> {
    serde_json::from_str(json).map_err(|error| bad(error.to_string()))
}

/// An error about an option.
pub fn bad(message: impl Into<String>) -> Failure {
    Failure::new("bad-option", message)
}

/// Of a new adapter.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Create {
    /// The only one so far.
    #[serde(default)]
    pub task: Task,
    pub name: Option<String>,
    pub labels: Vec<String>,
    #[serde(default)]
    pub method: Method,
    pub seed: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
pub enum Task {
    #[default]
    #[serde(rename = "text-classification")]
    TextClassification,
}

/// How a new adapter is built.
#[derive(Debug, Default, Deserialize)]
pub struct Method {
    #[serde(rename = "type")]
    preset: Option<String>,
    /// The options of the methods.
    #[serde(flatten)]
    options: Map<String, Value>,
}

impl Method {
    /// The same defaults as the program's.
    pub fn config(&self) -> Result<AdapterConfig> {
        let preset = self.preset.as_deref().unwrap_or("double_seq_bn");
        let mut config = AdapterConfig::preset(preset).ok_or_else(|| bad(format!("unknown method `{preset}`")))?;
        for (key, value) in self.options.iter().filter(|(_, value)| !value.is_null()) {
            let mut options = METHODS.iter().flat_map(|method| method.options);
            let option = options.find(|option| in_camel_case(option) == *key);
            let option = option.ok_or_else(|| bad(format!("unknown field `{key}` of a method")))?;
            config = config.with(option.key, value.clone()).map_err(|error| bad(format!("{key}: {error}")))?;
        }
        Ok(config)
    }
}

/// `reductionFactor` for `reduction-factor`.
fn in_camel_case(option: &MethodOption) -> String {
    let mut words = option.name.split('-');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| name + &word[..1].to_uppercase() + &word[1..])
}

/// Of a classification.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Classify {
    pub max_length: Option<usize>,
}

/// Of an embedding.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Embed {
    pub max_length: Option<usize>,
    pub pooling: Option<String>,
    pub normalize: Option<bool>,
}

impl Embed {
    /// Which vector stands for a text.
    pub fn pooling(&self) -> Result<Pooling> {
        match self.pooling.as_deref() {
            None | Some("mean") => Ok(Pooling::Mean),
            Some("cls") => Ok(Pooling::Cls),
            Some("pooler") => Ok(Pooling::Pooler),
            Some("none") => Ok(Pooling::None),
            Some(other) => Err(bad(format!("unknown pooling `{other}`; known: mean, cls, pooler, none"))),
        }
    }
}

/// Of a training run.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Train {
    epochs: Option<usize>,
    max_steps: Option<usize>,
    lr: Option<f64>,
    schedule: Option<String>,
    warmup_ratio: Option<f64>,
    weight_decay: Option<f64>,
    /// 0 clips nothing.
    clip: Option<f64>,
    batch_size: Option<usize>,
    batch_tokens: Option<usize>,
    dropout: Option<f64>,
    shuffle: Option<bool>,
    seed: Option<u64>,
    eval_every: Option<usize>,
    patience: Option<usize>,
    keep_best: Option<bool>,
    pub max_length: Option<usize>,
    /// The share of the examples that is held out.
    pub validation: Option<f64>,
}

impl Train {
    /// As the engine takes it, with its defaults.
    pub fn config(&self) -> Result<TrainConfig> {
        let base = TrainConfig::default();
        let schedule = match &self.schedule {
            Some(name) => name.parse::<Schedule>().map_err(|error| bad(format!("schedule: {error}")))?,
            None => base.schedule,
        };
        let batch_size = match (self.batch_size, self.batch_tokens) {
            (Some(_), Some(_)) => return Err(bad("give batchSize or batchTokens, not both")),
            (Some(count), None) => BatchSize::Count(count),
            (None, Some(tokens)) => BatchSize::Tokens(tokens),
            (None, None) => base.batch_size,
        };
        let config = TrainConfig {
            epochs: self.epochs.unwrap_or(base.epochs),
            max_steps: self.max_steps,
            lr: self.lr.unwrap_or(base.lr),
            schedule,
            warmup_ratio: self.warmup_ratio.unwrap_or(base.warmup_ratio),
            weight_decay: self.weight_decay.unwrap_or(base.weight_decay),
            clip: self.clip.or(base.clip).filter(|clip| *clip != 0.0),
            batch_size,
            dropout: self.dropout.unwrap_or(base.dropout),
            shuffle: self.shuffle.unwrap_or(base.shuffle),
            seed: self.seed.unwrap_or(base.seed),
            eval_every: self.eval_every,
            patience: self.patience,
            keep_best: self.keep_best.unwrap_or(base.keep_best),
        };
        config.validate()?;
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_the_engines() {
        assert_eq!(parse::<Train>("{}").unwrap().config().unwrap(), TrainConfig::default());
    }

    #[test]
    fn wrong_options_are_named() {
        let message = |error: Failure| format!("{error:?}");
        assert!(message(parse::<Train>(r#"{"epoch": 3}"#).unwrap_err()).contains("epoch"));
        assert!(message(parse::<Train>(r#"{"epochs": 0}"#).unwrap().config().unwrap_err()).contains("epochs"));
        let method: Create = parse(r#"{"labels": ["a", "b"], "method": {"type": "x"}}"#).unwrap();
        assert!(message(method.method.config().unwrap_err()).contains("`x`"));
    }
}
