//! What a setting of training is, and what follows from the table of them (`config.rs`).

use graftwork_model::options::OptionKind;
use graftwork_text::LongTexts;
use serde_json::{Map, Number, Value};

use crate::config::SETTINGS;
use crate::{Error, Result, Schedule, TrainConfig};

/// One setting: what the options of the program and of the npm package, the types of the latter and the reference come
/// from.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// The field of [`TrainConfig`]; in files too. `max_steps` is `--max-steps` on the command line, `maxSteps` in JavaScript.
    pub name: &'static str,
    /// What it does, without a full stop at the end.
    pub help: &'static str,
    /// Which values it takes.
    pub kind: OptionKind,
    /// Which other setting means nothing while this one has a value.
    pub instead_of: Option<&'static str>,
    /// When an adapter's files record it, and checkpoints are of another run if it differs.
    pub(crate) recorded: Recorded,
    pub(crate) get: fn(&TrainConfig) -> Value,
    /// Tells whether the field's type takes the value.
    pub(crate) set: fn(&mut TrainConfig, Value) -> bool,
}

/// When a setting is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recorded {
    /// Always.
    Always,
    /// If it is not the default: a setting that was added so leaves the runs of before what they are.
    IfChosen,
    /// Never: it changes how fast something is learned, not what.
    Never,
}

impl Setting {
    /// Its value if nobody chooses; null if it has none.
    pub fn default_value(&self) -> Value {
        (self.get)(&TrainConfig::default())
    }
}

/// Makes the struct `TrainConfig`, its default and the table `SETTINGS` of lines like
///
/// ```text
/// /// What it does
/// name: type = default, kind;
/// /// What it does
/// name: type = default, kind, instead_of other_name;
/// /// What it does
/// name: type = default, kind, recorded IfChosen;
/// ```
macro_rules! settings {
    ($(
        $(#[doc = $help:literal])+
        $name:ident: $type:ty = $default:expr, $kind:expr $(, instead_of $other:ident)? $(, recorded $recorded:ident)?;
    )+) => {
        /// How an adapter is trained. [`SETTINGS`] says which values the fields take.
        #[derive(Debug, Clone, PartialEq)]
        pub struct TrainConfig {
            $(
                $(#[doc = $help])+
                #[doc = concat!("\n\nDefault: `", stringify!($default), "`.")]
                pub $name: $type,
            )+
        }

        impl Default for TrainConfig {
            fn default() -> Self {
                Self { $($name: $default,)+ }
            }
        }

        /// The table: every setting of training, in the order of the program's help.
        pub static SETTINGS: &[Setting] = &[$(Setting {
            name: stringify!($name),
            help: concat!($($help),+).trim_ascii(),
            kind: $kind,
            instead_of: $crate::setting::first(&[$(stringify!($other))?]),
            recorded: $crate::setting::recorded(&[$($crate::setting::Recorded::$recorded)?]),
            get: |config| $crate::setting::Field::to_json(&config.$name),
            set: |config, value| $crate::setting::Field::from_json(&value).map(|value| config.$name = value).is_some(),
        },)+];
    };
}
pub(crate) use settings;

/// The first of these names, if there is one.
pub(crate) const fn first(names: &[&'static str]) -> Option<&'static str> {
    match names {
        [] => None,
        [first, ..] => Some(first),
    }
}

/// What is said about recording, if anything is.
pub(crate) const fn recorded(said: &[Recorded]) -> Recorded {
    match said {
        [] => Recorded::Always,
        [first, ..] => *first,
    }
}

impl TrainConfig {
    /// Changes a setting; null is none.
    ///
    /// # Errors
    /// What the value must be.
    pub fn set(&mut self, setting: &Setting, value: Value) -> Result<()> {
        let allowed = value.is_null() || setting.kind.allows(&value);
        if allowed && (setting.set)(self, value) { Ok(()) } else { Err(refusal(setting)) }
    }

    /// Checks the ranges of all settings.
    ///
    /// # Errors
    /// The name of the setting and what it must be.
    pub fn validate(&self) -> Result<()> {
        let is_wrong = |setting: &&Setting| {
            let value = (setting.get)(self);
            !value.is_null() && !setting.kind.allows(&value)
        };
        SETTINGS.iter().find(is_wrong).map_or(Ok(()), |setting| Err(refusal(setting)))
    }

    /// The settings that decide what is learned, have a value and mean something, by their names: what an adapter's files
    /// record.
    pub fn to_json(&self) -> Map<String, Value> {
        let values = SETTINGS.iter().map(|setting| (setting, (setting.get)(self)));
        let decides = |setting: &Setting, value: &Value| match setting.recorded {
            Recorded::Always => !value.is_null(),
            Recorded::IfChosen => *value != setting.default_value(),
            Recorded::Never => false,
        };
        let values: Vec<_> = values.filter(|(setting, value)| decides(setting, value)).collect();
        let replaced = |name| values.iter().any(|(setting, _)| setting.instead_of == Some(name));
        let meant = values.iter().filter(|(setting, _)| !replaced(setting.name));
        meant.map(|(setting, value)| (setting.name.to_owned(), value.clone())).collect()
    }
}

fn refusal(setting: &Setting) -> Error {
    Error::Setting { setting: setting.name, must: format!("be {}", setting.kind) }
}

/// What the fields of [`TrainConfig`] are in JSON.
pub(crate) trait Field: Sized {
    /// Null is none.
    fn to_json(&self) -> Value;
    /// `None` where the type has no such value.
    fn from_json(value: &Value) -> Option<Self>;
}

impl<T: Field> Field for Option<T> {
    fn to_json(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::to_json)
    }

    fn from_json(value: &Value) -> Option<Self> {
        if value.is_null() { Some(None) } else { T::from_json(value).map(Some) }
    }
}

impl Field for usize {
    fn to_json(&self) -> Value {
        Value::from(*self)
    }

    fn from_json(value: &Value) -> Option<Self> {
        value.as_u64()?.try_into().ok()
    }
}

impl Field for u64 {
    fn to_json(&self) -> Value {
        Value::from(*self)
    }

    fn from_json(value: &Value) -> Option<Self> {
        value.as_u64()
    }
}

impl Field for f64 {
    /// JSON has no NaN and no infinities: those become texts, which no range has.
    fn to_json(&self) -> Value {
        Number::from_f64(*self).map_or_else(|| Value::from(self.to_string()), Value::Number)
    }

    fn from_json(value: &Value) -> Option<Self> {
        value.as_f64()
    }
}

impl Field for bool {
    fn to_json(&self) -> Value {
        Value::from(*self)
    }

    fn from_json(value: &Value) -> Option<Self> {
        value.as_bool()
    }
}

impl Field for LongTexts {
    fn to_json(&self) -> Value {
        Value::from(self.name())
    }

    fn from_json(value: &Value) -> Option<Self> {
        Self::from_name(value.as_str()?)
    }
}

impl Field for Schedule {
    fn to_json(&self) -> Value {
        Value::from(self.name())
    }

    fn from_json(value: &Value) -> Option<Self> {
        Self::ALL.into_iter().find(|schedule| value == schedule.name())
    }
}

#[cfg(test)]
mod tests {
    use graftwork_model::options::OptionKind;
    use serde_json::json;

    use super::*;

    fn setting(name: &str) -> &'static Setting {
        SETTINGS.iter().find(|setting| setting.name == name).unwrap()
    }

    fn changed(name: &str, value: Value) -> std::result::Result<TrainConfig, String> {
        let mut config = TrainConfig::default();
        config.set(setting(name), value).map(|()| config).map_err(|error| error.to_string())
    }

    #[test]
    fn defaults_are_in_their_ranges_and_of_their_types() {
        TrainConfig::default().validate().unwrap();
        for setting in SETTINGS {
            assert_eq!(changed(setting.name, setting.default_value()).unwrap(), TrainConfig::default());
            assert!(!setting.help.is_empty() && !setting.help.ends_with('.'), "{}", setting.name);
        }
    }

    #[test]
    fn every_name_is_a_value() {
        for setting in SETTINGS {
            if let OptionKind::OneOf(names) = setting.kind {
                for (name, _) in names {
                    assert_eq!((setting.get)(&changed(setting.name, json!(name)).unwrap()), *name);
                }
            }
        }
    }

    #[test]
    fn values_out_of_range_are_refused_however_they_came_in() {
        let base = TrainConfig::default;
        for (config, message) in [
            (TrainConfig { epochs: 0, ..base() }, "epochs must be a whole number from 1 on"),
            (TrainConfig { max_steps: Some(0), ..base() }, "max_steps must be a whole number of steps from 1 on"),
            (TrainConfig { lr: f64::NAN, ..base() }, "lr must be a number from 0 on"),
            (TrainConfig { lr: f64::INFINITY, ..base() }, "lr must be a number from 0 on"),
            (TrainConfig { warmup_ratio: 1.01, ..base() }, "warmup_ratio must be a number from 0 to 1"),
            (TrainConfig { clip: Some(f64::NAN), ..base() }, "clip must be a number above 0, or none"),
            (TrainConfig { clip: Some(0.0), ..base() }, "clip must be a number above 0, or none"),
            (TrainConfig { dropout: 1.0, ..base() }, "dropout must be a number from 0 to below 1"),
            (TrainConfig { batch_size: 0, ..base() }, "batch_size must be a whole number of examples from 1 on"),
            (TrainConfig { patience: Some(0), ..base() }, "patience must be a whole number of evaluations from 1 on"),
        ] {
            assert_eq!(config.validate().unwrap_err().to_string(), message);
        }
        assert_eq!(
            changed("max_length", json!(2)).unwrap_err(),
            "max_length must be a whole number of tokens from 3 on"
        );
        assert_eq!(changed("epochs", Value::Null).unwrap_err(), "epochs must be a whole number from 1 on");
        assert_eq!(changed("clip", Value::Null).unwrap().clip, None);
    }

    #[test]
    fn what_means_nothing_is_not_recorded() {
        let config = TrainConfig { batch_tokens: Some(512), clip: None, keep_mib: Some(0), ..TrainConfig::default() };
        let names: Vec<_> = config.to_json().into_iter().map(|(name, _)| name).collect();
        let expected = [
            "epochs",
            "lr",
            "schedule",
            "warmup_ratio",
            "weight_decay",
            "batch_tokens",
            "dropout",
            "shuffle",
            "seed",
            "keep_best",
        ];
        assert_eq!(names, expected);
        let frozen = TrainConfig { freeze_adapter: true, ..TrainConfig::default() };
        assert_eq!(frozen.to_json().get("freeze_adapter"), Some(&json!(true)));
    }
}
