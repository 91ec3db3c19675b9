//! Options as JSON objects, keys as JavaScript writes them. They are taken out one after the other, and what is left at the
//! end is what nobody knows. (A type with serde's derive for each call would cost a kilobyte each.)

use graftwork::options::{OptionKind, camel_case};
use graftwork::{
    AdapterConfig, LongTexts, METHODS, Pooling, Preset, Recipe, SETTINGS, Sampling, TextLimit, Thresholds, TrainConfig,
    WeightType,
};
use serde_json::{Map, Value};

use crate::error::{Failure, Result};

/// Reads JSON.
pub fn parse(json: &str) -> Result<Value> {
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

fn unknown(key: &str, of: &str, names: impl Iterator<Item = &'static str>) -> Failure {
    let known: Vec<_> = names.map(camel_case).collect();
    bad(format!("unknown option `{key}` of {of}; known: {}", known.join(", ")))
}

/// The options of a call.
#[derive(Debug)]
pub struct Options {
    given: Map<String, Value>,
    /// What was asked for, for messages.
    known: Vec<&'static str>,
    /// The number of the first input of the call, for messages.
    pub first: usize,
}

impl Options {
    /// What is left out is as good as null; `undefined` never gets here.
    pub fn parse(json: &str) -> Result<Self> {
        match parse(json)? {
            Value::Object(given) => Ok(Self::of(given)),
            other => Err(bad(format!("options are an object, not {other}"))),
        }
    }

    fn of(mut given: Map<String, Value>) -> Self {
        given.retain(|_, value| !value.is_null());
        Self { given, known: Vec::new(), first: 0 }
    }

    /// Takes an option out, whatever it is.
    fn take(&mut self, key: &'static str) -> Option<Value> {
        self.known.push(key);
        self.given.shift_remove(key)
    }

    fn take_as<T>(&mut self, key: &'static str, must: &str, of: fn(&Value) -> Option<T>) -> Result<Option<T>> {
        let typed = |value: Value| of(&value).ok_or_else(|| bad(format!("{key} must be {must}, not {value}")));
        self.take(key).map(typed).transpose()
    }

    /// Takes a number.
    pub fn number(&mut self, key: &'static str) -> Result<Option<f64>> {
        self.take_as(key, "a number", Value::as_f64)
    }

    /// Takes a whole number from 0 on.
    pub fn count(&mut self, key: &'static str) -> Result<Option<u64>> {
        self.take_as(key, "a whole number from 0 on", Value::as_u64)
    }

    /// Takes true or false; by default false.
    pub fn flag(&mut self, key: &'static str) -> Result<bool> {
        Ok(self.take_as(key, "true or false", Value::as_bool)?.unwrap_or(false))
    }

    /// Takes a string.
    pub fn text(&mut self, key: &'static str) -> Result<Option<String>> {
        self.take_as(key, "a string", |value| value.as_str().map(str::to_owned))
    }

    /// Takes a list of strings.
    pub fn texts(&mut self, key: &'static str) -> Result<Option<Vec<String>>> {
        self.take_as(key, "a list of strings", strings)
    }

    /// Takes `maxLength`: tokens.
    pub fn max_length(&mut self) -> Result<Option<usize>> {
        Ok(self.count("maxLength")?.map(|tokens| tokens as usize))
    }

    /// Takes `longTexts`: what is read of a longer text, if that is said.
    pub fn long_texts(&mut self) -> Result<Option<LongTexts>> {
        let Some(name) = self.text("longTexts")? else { return Ok(None) };
        let unknown = || unknown_name("longTexts", &name, &LongTexts::ALL.map(LongTexts::name));
        LongTexts::from_name(&name).ok_or_else(unknown).map(Some)
    }

    /// Takes both: how much is read of each text.
    pub fn limit(&mut self) -> Result<TextLimit> {
        Ok(TextLimit { max_length: self.max_length()?, long_texts: self.long_texts()?.unwrap_or_default() })
    }

    /// Takes `pooling`: which vector stands for a text; `None` if each token's does.
    pub fn pooling(&mut self) -> Result<Option<Pooling>> {
        match self.text("pooling")?.as_deref() {
            None | Some("mean") => Ok(Some(Pooling::Mean)),
            Some("cls") => Ok(Some(Pooling::Cls)),
            Some("pooler") => Ok(Some(Pooling::Pooler)),
            Some("none") => Ok(None),
            Some(other) => Err(unknown_name("pooling", other, &["mean", "cls", "pooler", "none"])),
        }
    }

    /// Takes `recipe`: how an adapter is learned.
    pub fn recipe(&mut self) -> Result<Recipe> {
        let Some(name) = self.text("recipe")? else { return Ok(Recipe::Standard) };
        let unknown = || unknown_name("recipe", &name, &Recipe::ALL.map(Recipe::name));
        Recipe::ALL.into_iter().find(|recipe| recipe.name() == name).ok_or_else(unknown)
    }

    /// Takes `chooseThresholds`: how thresholds are chosen, if they are to be.
    pub fn thresholds(&mut self) -> Result<Option<Thresholds>> {
        Ok(match self.text("chooseThresholds")?.as_deref() {
            None => None,
            Some("one") => Some(Thresholds::One),
            Some("per-label") => Some(Thresholds::PerLabel),
            Some(other) => return Err(unknown_name("chooseThresholds", other, &["one", "per-label"])),
        })
    }

    /// Takes `sampling`: how often each of several data sets has its turn.
    pub fn sampling(&mut self) -> Result<Sampling> {
        let Some(name) = self.text("sampling")? else { return Ok(Sampling::default()) };
        let unknown = || unknown_name("sampling", &name, &Sampling::ALL.map(Sampling::name));
        Sampling::ALL.into_iter().find(|sampling| sampling.name() == name).ok_or_else(unknown)
    }

    /// Takes `lossWeights`: how much the losses of heads count, by their names.
    pub fn loss_weights(&mut self) -> Result<Vec<(String, f64)>> {
        let weights = |given: &Value| {
            let weight = |(name, value): (&String, &Value)| {
                let weight = value.as_f64().filter(|weight| *weight > 0.0)?;
                Some((name.clone(), weight))
            };
            given.as_object()?.iter().map(weight).collect()
        };
        Ok(self.take_as("lossWeights", "an object of numbers above 0", weights)?.unwrap_or_default())
    }

    /// Takes options by name, each a set of its own.
    pub fn named(&mut self, key: &'static str) -> Result<Vec<(String, Self)>> {
        let named = |given: &Value| {
            let one = |(name, value): (&String, &Value)| Some((name.clone(), Self::of(value.as_object()?.clone())));
            given.as_object()?.iter().map(one).collect()
        };
        Ok(self.take_as(key, "an object of objects", named)?.unwrap_or_default())
    }

    /// Takes `method`: how a new adapter is built, its `type` and the options of the methods. The same defaults as the
    /// program's.
    pub fn method(&mut self) -> Result<AdapterConfig> {
        let method = self.take_as("method", "an object", |value| value.as_object().cloned())?;
        let mut method = Self::of(method.unwrap_or_default());
        let preset = method.text("type")?.unwrap_or_else(|| Preset::DEFAULT.to_owned());
        let mut config = AdapterConfig::preset(&preset).ok_or_else(|| bad(format!("unknown method `{preset}`")))?;
        let options = || METHODS.iter().flat_map(|method| method.options);
        for (key, value) in method.given {
            let option = options().find(|option| camel_case(option.name) == key);
            let option = option.ok_or_else(|| unknown(&key, "a method", options().map(|option| option.name)))?;
            config = config.with(option.key, value).map_err(|error| bad(format!("{key}: {error}")))?;
        }
        Ok(config)
    }

    /// The rest as settings of a training run, over a recipe's own.
    pub fn settings(&self, recipe: TrainConfig) -> Result<TrainConfig> {
        let mut config = recipe;
        let is_given = |name| self.given.contains_key(&camel_case(name));
        // As many steps as the epochs have that somebody asks for.
        if is_given("epochs") {
            config.max_steps = None;
        }
        for (key, value) in &self.given {
            let setting = SETTINGS.iter().find(|setting| camel_case(setting.name) == *key);
            let names = || SETTINGS.iter().map(|setting| setting.name).chain(["validation"]);
            let setting = setting.ok_or_else(|| unknown(key, "a training run", names()))?;
            if let Some(other) = setting.instead_of.filter(|other| is_given(other)) {
                return Err(bad(format!("give {} or {key}, not both", camel_case(other))));
            }
            // What stands instead of it in the recipe would win.
            for other in SETTINGS.iter().filter(|other| other.instead_of == Some(setting.name)) {
                config.set(other, Value::Null).map_err(|_| bad(other.name))?;
            }
            let is_none = matches!(setting.kind, OptionKind::NumberOrNone(_)) && value.as_f64() == Some(0.0);
            let value = if is_none { Value::Null } else { value.clone() };
            config.set(setting, value).map_err(|_| bad(format!("{key} must be {}", setting.kind)))?;
        }
        Ok(config)
    }

    /// Refuses what nobody took.
    pub fn end(self) -> Result<()> {
        let Some(key) = self.given.keys().next() else { return Ok(()) };
        Err(unknown(key, "this call", self.known.into_iter()))
    }
}

/// A list of strings.
pub fn strings(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use graftwork::Schedule;

    use super::*;

    fn train(json: &str) -> std::result::Result<TrainConfig, String> {
        let settings = |mut options: Options| {
            options.number("validation")?;
            options.settings(TrainConfig::default())
        };
        Options::parse(json).and_then(settings).map_err(|failure| format!("{failure:?}"))
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
            "clip": 0, "batchTokens": 512, "maxLength": 64, "longTexts": "ends", "dropout": 0.1,
            "maskRate": 0.2, "maskRandom": 0.3, "maskKept": 0, "wholeWord": true, "shuffle": false, "seed": 9007199254740991,
            "evalEvery": 5, "patience": 2, "keepBest": false, "freezeAdapter": true, "keepMib": 64}"#;
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
            mask_rate: Some(0.2),
            mask_random: Some(0.3),
            mask_kept: Some(0.0),
            whole_word: Some(true),
            shuffle: false,
            seed: 9_007_199_254_740_991,
            eval_every: Some(5),
            patience: Some(2),
            keep_best: false,
            freeze_adapter: true,
            keep_mib: Some(64),
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
            let mut create = Options::parse(&format!(r#"{{"labels": ["a", "b"], "method": {json}}}"#)).unwrap();
            create.method().map_err(|failure| format!("{failure:?}"))
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
        let end = |json: &str| {
            let mut options = Options::parse(json).unwrap();
            options.max_length().and_then(|_| options.end()).map_err(|failure| format!("{failure:?}"))
        };
        assert!(end(r#"{"maxLength": 8, "other": null}"#).is_ok());
        assert!(
            end(r#"{"maxlength": 8}"#)
                .unwrap_err()
                .contains("unknown option `maxlength` of this call; known: maxLength")
        );
        assert!(
            end(r#"{"maxLength": -1}"#).unwrap_err().contains("maxLength must be a whole number from 0 on, not -1")
        );
    }
}
