//! Options as JSON objects, keys as JavaScript writes them.

use graftwork::options::{OptionKind, camel_case};
use graftwork::{
    AdapterConfig, LongTexts, METHODS, Pooling, Preset, Recipe, SETTINGS, TextLimit, TrainConfig, WeightType,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::{Failure, Result};

/// Reads options; the message names an unknown key or a wrong value.
pub fn parse<T: DeserializeOwned>(json: &str) -> Result<T> {
    serde_json::from_slice(json.as_bytes()).map_err(|error| bad(error.to_string()))
}

/// An error about an option.
pub fn bad(message: impl Into<String>) -> Failure {
    Failure::new("bad-option", message)
}

/// How matrices are stored.
pub fn weight_type(name: &str) -> Result<WeightType> {
    WeightType::from_name(name).ok_or_else(|| unknown_name("dtype", name, &WeightType::ALL.map(WeightType::name)))
}

fn unknown_name(option: &str, name: &str, known: &[&str]) -> Failure {
    bad(format!("unknown {option} `{name}`; known: {}", known.join(", ")))
}

/// What is read of a longer text, if that is said.
fn long_texts(name: Option<&str>) -> Result<Option<LongTexts>> {
    let choice = |name| {
        let unknown = || unknown_name("longTexts", name, &LongTexts::ALL.map(LongTexts::name));
        LongTexts::from_name(name).ok_or_else(unknown)
    };
    name.map(choice).transpose()
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
    recipe: Option<String>,
    pub seed: Option<u64>,
}

impl Create {
    pub fn recipe(&self) -> Result<Recipe> {
        recipe(self.recipe.as_deref())
    }
}

/// How an adapter is learned.
fn recipe(name: Option<&str>) -> Result<Recipe> {
    let Some(name) = name else { return Ok(Recipe::Standard) };
    let unknown = || unknown_name("recipe", name, &Recipe::ALL.map(Recipe::name));
    Recipe::ALL.into_iter().find(|recipe| recipe.name() == name).ok_or_else(unknown)
}

#[derive(Debug, Default, Deserialize)]
pub enum Task {
    #[default]
    #[serde(rename = "text-classification")]
    TextClassification,
}

/// How a new adapter is built: its `type`, and the options of the methods. (Serde's `flatten` would cost 5 KB.)
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct Method(Map<String, Value>);

impl Method {
    /// The same defaults as the program's.
    pub fn config(&self) -> Result<AdapterConfig> {
        let is_type = |(key, _): &(&String, &Value)| *key == "type";
        let preset = match given(&self.0).find(is_type) {
            None => Preset::DEFAULT,
            Some((_, name)) => name.as_str().ok_or_else(|| bad(format!("type must be a method's name, not {name}")))?,
        };
        let mut config = AdapterConfig::preset(preset).ok_or_else(|| bad(format!("unknown method `{preset}`")))?;
        let options = || METHODS.iter().flat_map(|method| method.options);
        for (key, value) in given(&self.0).filter(|option| !is_type(option)) {
            let option = options().find(|option| camel_case(option.name) == *key);
            let option = option.ok_or_else(|| unknown(key, "a method", options().map(|option| option.name)))?;
            config = config.with(option.key, value.clone()).map_err(|error| bad(format!("{key}: {error}")))?;
        }
        Ok(config)
    }
}

/// What is not left out: `undefined` never gets here, null is the same.
fn given(options: &Map<String, Value>) -> impl Iterator<Item = (&String, &Value)> {
    options.iter().filter(|(_, value)| !value.is_null())
}

fn unknown(key: &str, of: &str, names: impl Iterator<Item = &'static str>) -> Failure {
    let known: Vec<_> = names.map(camel_case).collect();
    bad(format!("unknown option `{key}` of {of}; known: {}", known.join(", ")))
}

/// Of a probe.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Probe {
    max_length: Option<usize>,
    long_texts: Option<String>,
}

impl Probe {
    /// How much is read of each text.
    pub fn limit(&self) -> Result<TextLimit> {
        let long_texts = long_texts(self.long_texts.as_deref())?.unwrap_or_default();
        Ok(TextLimit { max_length: self.max_length, long_texts })
    }
}

/// Of a classification.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Classify {
    pub max_length: Option<usize>,
    long_texts: Option<String>,
    pub threshold: Option<f64>,
}

impl Classify {
    pub fn long_texts(&self) -> Result<Option<LongTexts>> {
        long_texts(self.long_texts.as_deref())
    }
}

/// Of an embedding.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Embed {
    pub max_length: Option<usize>,
    long_texts: Option<String>,
    pooling: Option<String>,
    pub normalize: Option<bool>,
}

impl Embed {
    pub fn long_texts(&self) -> Result<Option<LongTexts>> {
        long_texts(self.long_texts.as_deref())
    }

    /// Which vector stands for a text; `None` if each token's does.
    pub fn pooling(&self) -> Result<Option<Pooling>> {
        match self.pooling.as_deref() {
            None | Some("mean") => Ok(Some(Pooling::Mean)),
            Some("cls") => Ok(Some(Pooling::Cls)),
            Some("pooler") => Ok(Some(Pooling::Pooler)),
            Some("none") => Ok(None),
            Some(other) => Err(unknown_name("pooling", other, &["mean", "cls", "pooler", "none"])),
        }
    }
}

/// Of a training run: the settings of the engine's table, `validation` and `recipe`.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct Train(Map<String, Value>);

const VALIDATION: &str = "validation";
const RECIPE: &str = "recipe";

impl Train {
    /// How the adapter is learned.
    pub fn recipe(&self) -> Result<Recipe> {
        let given = self.given(RECIPE);
        recipe(given.map(|value| value.as_str().ok_or_else(|| bad("recipe must be a name"))).transpose()?)
    }

    /// The share of the examples that is held out.
    pub fn validation(&self) -> Result<Option<f64>> {
        let share = |value: &Value| {
            value.as_f64().ok_or_else(|| bad(format!("{VALIDATION} must be a share or examples, not {value}")))
        };
        self.given(VALIDATION).map(share).transpose()
    }

    fn given(&self, name: &str) -> Option<&Value> {
        given(&self.0).find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// As the engine takes it, over a recipe's settings.
    pub fn config(&self, recipe: TrainConfig) -> Result<TrainConfig> {
        let mut config = recipe;
        let is_given = |name| given(&self.0).any(|(key, _)| *key == camel_case(name));
        // As many steps as the epochs have that somebody asks for.
        if is_given("epochs") {
            config.max_steps = None;
        }
        for (key, value) in given(&self.0).filter(|(key, _)| ![VALIDATION, RECIPE].contains(&key.as_str())) {
            let setting = SETTINGS.iter().find(|setting| camel_case(setting.name) == *key);
            let names = SETTINGS.iter().map(|setting| setting.name).chain([VALIDATION]);
            let setting = setting.ok_or_else(|| unknown(key, "a training run", names))?;
            if let Some(other) = setting.instead_of.filter(|other| is_given(other)) {
                return Err(bad(format!("give {} or {key}, not both", camel_case(other))));
            }
            let is_none = matches!(setting.kind, OptionKind::NumberOrNone(_)) && value.as_f64() == Some(0.0);
            let value = if is_none { Value::Null } else { value.clone() };
            config.set(setting, value).map_err(|_| bad(format!("{key} must be {}", setting.kind)))?;
        }
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use graftwork::Schedule;

    use super::*;

    fn train(json: &str) -> std::result::Result<TrainConfig, String> {
        parse::<Train>(json)
            .and_then(|train| train.config(TrainConfig::default()))
            .map_err(|failure| format!("{failure:?}"))
    }

    #[test]
    fn defaults_are_the_engines() {
        for json in ["{}", r#"{"epochs": null, "clip": null, "validation": 0.2}"#] {
            assert_eq!(train(json).unwrap(), TrainConfig::default());
        }
    }

    #[test]
    fn every_setting_has_a_key() {
        let json = r#"{"epochs": 2, "maxSteps": 7, "lr": 1, "schedule": "constant", "warmupRatio": 0.06, "weightDecay": 0,
            "clip": 0, "batchTokens": 512, "maxLength": 64, "longTexts": "ends", "dropout": 0.1, "shuffle": false, "seed": 9007199254740991,
            "evalEvery": 5, "patience": 2, "keepBest": false}"#;
        let expected = TrainConfig {
            epochs: 2,
            max_steps: Some(7),
            lr: 1.0,
            schedule: Schedule::Constant,
            warmup_ratio: 0.06,
            weight_decay: 0.0,
            clip: None,
            batch_size: 32,
            batch_tokens: Some(512),
            max_length: Some(64),
            long_texts: Some(LongTexts::Ends),
            dropout: 0.1,
            shuffle: false,
            seed: 9_007_199_254_740_991,
            eval_every: Some(5),
            patience: Some(2),
            keep_best: false,
        };
        assert_eq!(train(json).unwrap(), expected);
    }

    #[test]
    fn wrong_options_are_named() {
        for (json, message) in [
            (r#"{"epoch": 3}"#, "unknown option `epoch` of a training run; known: epochs, maxSteps, lr"),
            (r#"{"max_steps": 3}"#, "unknown option `max_steps`"),
            (r#"{"epochs": 0}"#, "epochs must be a whole number from 1 on"),
            (r#"{"epochs": 2.5}"#, "epochs must be a whole number from 1 on"),
            (r#"{"epochs": "3"}"#, "epochs must be a whole number from 1 on"),
            (r#"{"maxLength": 2}"#, "maxLength must be a whole number of tokens from 3 on"),
            (r#"{"seed": -1}"#, "seed must be a whole number from 0 on"),
            (r#"{"clip": -1}"#, "clip must be a number above 0, or none"),
            (r#"{"warmupRatio": 1.5}"#, "warmupRatio must be a number from 0 to 1"),
            (r#"{"dropout": 1}"#, "dropout must be a number from 0 to below 1"),
            (r#"{"schedule": "cosine"}"#, "schedule must be one of linear, constant"),
            (r#"{"shuffle": 1}"#, "shuffle must be true or false"),
            (r#"{"batchSize": 8, "batchTokens": 64}"#, "give batchSize or batchTokens, not both"),
        ] {
            let found = train(json).unwrap_err();
            assert!(found.contains(message), "{found}");
        }
        let method = |json: &str| {
            let create: Create = parse(&format!(r#"{{"labels": ["a", "b"], "method": {json}}}"#)).unwrap();
            create.method.config().map_err(|failure| format!("{failure:?}"))
        };
        for (json, message) in [
            (r#"{"type": "x"}"#, "unknown method `x`"),
            (r#"{"reduction_factor": 8}"#, "unknown option `reduction_factor` of a method; known: reductionFactor, "),
            (r#"{"reductionFactor": 0}"#, "reductionFactor: "),
        ] {
            let found = method(json).unwrap_err();
            assert!(found.contains(message), "{found}");
        }
        assert!(method(r#"{"type": "lora", "rank": 4, "attnMatrices": ["q"]}"#).is_ok());
    }
}
