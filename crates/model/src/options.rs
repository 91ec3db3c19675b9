//! What a user may choose: the kinds of options there are, with their ranges.
//!
//! Two tables say which options there are: [`METHODS`](crate::METHODS) for adapter methods, and `SETTINGS` of
//! `graftwork-train` for training. The options of the program, those of the npm package with their types, and the reference
//! (`SETTINGS.md`) are made from them.

use std::fmt;

use serde_json::{Value, json};

use crate::methods::MAX_LAYERS;

/// Which values an option takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum OptionKind {
    /// A whole number.
    Whole {
        /// The smallest.
        from: u64,
        /// What it counts, such as `steps`; empty if nothing.
        unit: &'static str,
    },
    /// A finite number.
    Number(Range),
    /// A finite number, or none: `none` on the command line, 0 in JavaScript, null here.
    NumberOrNone(Range),
    /// One of these names; each with what it means.
    OneOf(&'static [(&'static str, &'static str)]),
    /// Some of these names: a list, with commas between on the command line.
    SomeOf(&'static [&'static str]),
    /// Layers from 0: a list, on the command line with commas and ranges such as `0-3`, or `none`.
    Layers,
    /// A name that only its reader can judge.
    Name,
    /// True or false, false by default: a switch on the command line.
    Switch,
    /// True or false, true by default: on the command line a switch turns it off.
    OnUnless {
        /// The switch's name.
        switch: &'static str,
        /// What the switch does.
        help: &'static str,
    },
}

/// The numbers that an option takes; all are finite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Range {
    /// All.
    Any,
    /// This and larger ones.
    From(f64),
    /// Larger ones.
    Above(f64),
    /// From the first to the second, both included.
    FromTo(f64, f64),
    /// From the first, included, to the second, excluded.
    FromBelow(f64, f64),
}

impl Range {
    fn contains(self, number: f64) -> bool {
        number.is_finite()
            && match self {
                Self::Any => true,
                Self::From(least) => number >= least,
                Self::Above(bound) => number > bound,
                Self::FromTo(least, most) => (least..=most).contains(&number),
                Self::FromBelow(least, bound) => (least..bound).contains(&number),
            }
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => write!(f, "a number"),
            Self::From(least) => write!(f, "a number from {least} on"),
            Self::Above(bound) => write!(f, "a number above {bound}"),
            Self::FromTo(least, most) => write!(f, "a number from {least} to {most}"),
            Self::FromBelow(least, bound) => write!(f, "a number from {least} to below {bound}"),
        }
    }
}

/// What a value must be, as in "epochs must be a whole number from 1 on".
impl fmt::Display for OptionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole { from, unit: "" } => write!(f, "a whole number from {from} on"),
            Self::Whole { from, unit } => write!(f, "a whole number of {unit} from {from} on"),
            Self::Number(range) => write!(f, "{range}"),
            Self::NumberOrNone(range) => write!(f, "{range}, or none"),
            Self::OneOf(names) => {
                let names: Vec<_> = names.iter().map(|(name, _)| *name).collect();
                write!(f, "one of {}", names.join(", "))
            }
            Self::SomeOf(names) => write!(f, "some of {}", names.join(", ")),
            Self::Layers => write!(f, "a list of layers from 0 to {}", MAX_LAYERS - 1),
            Self::Name => write!(f, "a name"),
            Self::Switch | Self::OnUnless { .. } => write!(f, "true or false"),
        }
    }
}

impl OptionKind {
    /// Whether an option may have this value.
    #[must_use]
    pub fn allows(&self, value: &Value) -> bool {
        match self {
            Self::Whole { from, .. } => value.as_u64().is_some_and(|number| number >= *from),
            Self::Number(range) => value.as_f64().is_some_and(|number| range.contains(number)),
            Self::NumberOrNone(range) => value.is_null() || Self::Number(*range).allows(value),
            Self::OneOf(names) => names.iter().any(|(name, _)| value == name),
            Self::SomeOf(names) => {
                value.as_array().is_some_and(|list| list.iter().all(|value| names.iter().any(|name| value == name)))
            }
            Self::Layers => {
                let is_layer = |value: &Value| value.as_u64().is_some_and(|layer| layer < MAX_LAYERS as u64);
                value.as_array().is_some_and(|list| list.iter().all(is_layer))
            }
            Self::Name => value.is_string(),
            Self::Switch | Self::OnUnless { .. } => value.is_boolean(),
        }
    }

    /// The value that a user typed.
    ///
    /// # Errors
    /// What it must be.
    pub fn parse(&self, text: &str) -> Result<Value, String> {
        let value = match self {
            Self::Whole { .. } => text.parse::<u64>().map_or(Value::Null, Value::from),
            Self::NumberOrNone(_) if text == "none" => return Ok(Value::Null),
            Self::Number(_) | Self::NumberOrNone(_) => text.parse::<f64>().map_or(Value::Null, Value::from),
            Self::OneOf(_) | Self::Name => Value::from(text),
            Self::SomeOf(_) => text.split(',').map(str::trim).collect(),
            Self::Layers if text == "none" => json!([]),
            Self::Layers => text.split(',').map(layers).collect::<Option<Vec<_>>>().map(|parts| parts.concat()).into(),
            Self::Switch | Self::OnUnless { .. } => json!(text.parse::<bool>().ok()),
        };
        // What is no number is null here, and so is infinity.
        if !value.is_null() && self.allows(&value) { Ok(value) } else { Err(format!("must be {self}")) }
    }
}

/// One layer, or those of a range such as `0-3`.
fn layers(text: &str) -> Option<Vec<usize>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last): (usize, usize) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    (first <= last && last < MAX_LAYERS).then(|| (first..=last).collect())
}

/// A value as a user would type it: 5e-4 rather than 0.0005, a list with commas.
#[must_use]
pub fn typed(value: &Value) -> String {
    match value {
        Value::Number(number) if number.is_f64() => {
            let number = number.as_f64().unwrap_or_default();
            let (plain, scientific) = (number.to_string(), format!("{number:e}"));
            if scientific.len() < plain.len() { scientific } else { plain }
        }
        Value::String(text) => text.clone(),
        Value::Array(list) if list.is_empty() => "none".to_owned(),
        Value::Array(list) => list.iter().map(typed).collect::<Vec<_>>().join(","),
        Value::Null => "none".to_owned(),
        other => other.to_string(),
    }
}

/// The name of an option in JavaScript: `batchSize` for `batch_size` or `batch-size`.
#[must_use]
pub fn camel_case(name: &str) -> String {
    let mut words = name.split(['-', '_']);
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| name + &word[..1].to_ascii_uppercase() + &word[1..])
}

#[cfg(test)]
mod tests {
    use super::OptionKind::{Layers, Name, Number, NumberOrNone, OnUnless, OneOf, SomeOf, Switch, Whole};
    use super::*;
    use crate::{AdapterConfig, METHODS, Preset};

    #[test]
    fn what_is_typed_is_read_or_refused() {
        let whole = Whole { from: 3, unit: "" };
        let cases = [
            (whole, "3", Some(json!(3))),
            (whole, "2", None),
            (whole, "3.0", None),
            (whole, "18446744073709551615", Some(json!(u64::MAX))),
            (whole, "18446744073709551616", None),
            (Number(Range::Any), "-2", Some(json!(-2.0))),
            (Number(Range::Any), "nan", None),
            (Number(Range::Any), "inf", None),
            (Number(Range::Any), "none", None),
            (Number(Range::From(0.0)), "0", Some(json!(0.0))),
            (Number(Range::From(0.0)), "-1e-9", None),
            (Number(Range::FromTo(0.0, 1.0)), "1", Some(json!(1.0))),
            (Number(Range::FromTo(0.0, 1.0)), "1.0001", None),
            (Number(Range::FromBelow(0.0, 1.0)), "0", Some(json!(0.0))),
            (Number(Range::FromBelow(0.0, 1.0)), "1", None),
            (NumberOrNone(Range::Above(0.0)), "none", Some(Value::Null)),
            (NumberOrNone(Range::Above(0.0)), "0.5", Some(json!(0.5))),
            (NumberOrNone(Range::Above(0.0)), "0", None),
            (NumberOrNone(Range::Above(0.0)), "nothing", None),
            (OneOf(&[("a", ""), ("b", "")]), "b", Some(json!("b"))),
            (OneOf(&[("a", ""), ("b", "")]), "c", None),
            (SomeOf(&["q", "k"]), "k, q", Some(json!(["k", "q"]))),
            (SomeOf(&["q", "k"]), "q,v", None),
            (Layers, "0-2, 5", Some(json!([0, 1, 2, 5]))),
            (Layers, "none", Some(json!([]))),
            (Layers, "2-1", None),
            (Layers, "256", None),
            (Layers, "0,", None),
            (Layers, "0-18446744073709551615", None),
            (Name, "any", Some(json!("any"))),
            (Switch, "true", Some(json!(true))),
            (OnUnless { switch: "off", help: "" }, "yes", None),
        ];
        for (kind, text, value) in cases {
            assert_eq!(kind.parse(text), value.ok_or_else(|| format!("must be {kind}")), "{kind:?} {text}");
        }
        assert_eq!(whole.parse("x").unwrap_err(), "must be a whole number from 3 on");
    }

    #[test]
    fn values_are_shown_as_they_are_typed() {
        let values = [json!(5e-4), json!(0.1), json!(0.01), json!(1.0), json!(0.0), json!(32), json!(["q", "v"])];
        assert_eq!(values.map(|value| typed(&value)), ["5e-4", "0.1", "0.01", "1", "0", "32", "q,v"]);
    }

    #[test]
    fn names_in_javascript() {
        assert_eq!(["lr", "warmup_ratio", "attn-output-lora"].map(camel_case), ["lr", "warmupRatio", "attnOutputLora"]);
    }
    /// An option's kind is what fronts refuse by, the configuration what files are refused by.
    #[test]
    fn methods_have_the_ranges_of_their_configurations() {
        let numbers = [-1.0, 0.0, 0.5, 0.999, 1.0, 1.5, 8.0, 64.0].map(Value::from);
        let others = [
            json!(0),
            json!(1),
            json!(8),
            json!(-1),
            json!("q"),
            json!("relu"),
            json!(true),
            json!(["q", "v"]),
            json!(["q", "x"]),
            json!([0, 3]),
            json!([256]),
        ];
        let mut tried = 0;
        for method in METHODS {
            for option in method.options.iter().filter(|option| option.kind != Name) {
                for value in numbers.iter().chain(&others) {
                    let config = AdapterConfig::preset(method.presets[0].name).unwrap();
                    let taken = config.with(option.key, value.clone()).is_ok();
                    assert_eq!(taken, option.kind.allows(value), "{} {value}", option.name);
                    tried += usize::from(taken);
                }
            }
        }
        assert!(tried > 20);
    }

    #[test]
    fn defaults_are_those_of_the_presets() {
        let options = METHODS.iter().flat_map(|method| method.options);
        let defaults: Vec<_> = options.map(|option| (option.name, option.default_text())).collect();
        let expected = [
            ("reduction-factor", Some("16, par_bn 2, scaled_par_bn 2")),
            ("non-linearity", Some("relu, double_seq_bn swish")),
            ("leave-out", Some("none")),
            ("rank", Some("8")),
            ("alpha", Some("8")),
            ("attn-matrices", Some("q,v")),
            ("attn-output-lora", None),
            ("intermediate-lora", None),
            ("output-lora", None),
            ("adapter-dropout", Some("0")),
        ];
        assert_eq!(defaults, expected.map(|(name, text)| (name, text.map(str::to_owned))));
        assert!(Preset::find(Preset::DEFAULT).is_some());
    }
}
