//! Values on the command line, with their ranges.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use graftwork::options::OptionKind;
use graftwork::{LongTexts, WeightType};
use serde_json::Value;

/// A whole number from 1 on.
pub(super) fn count(text: &str) -> Result<usize, String> {
    whole(1, "", text)
}

/// A sequence length in tokens: [CLS], one token and [SEP].
pub(super) fn max_length(text: &str) -> Result<usize, String> {
    whole(3, "tokens", text)
}

/// A probability, from 0 to below 1.
pub(super) fn probability(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| (0.0..1.0).contains(number));
    number.ok_or_else(|| "must be a probability, at least 0 and less than 1".to_owned())
}

/// How matrices are stored.
pub(super) fn weight_type() -> impl TypedValueParser<Value = WeightType> {
    let names = PossibleValuesParser::new(WeightType::ALL.map(WeightType::name));
    names.try_map(|name| WeightType::from_name(&name).ok_or_else(|| format!("unknown type `{name}`")))
}

/// What is read of longer texts.
pub(super) fn long_texts() -> impl TypedValueParser<Value = LongTexts> {
    let names = LongTexts::NAMES.iter().map(|(name, help)| PossibleValue::new(*name).help(*help));
    let choice = |name: String| LongTexts::from_name(&name).ok_or_else(|| format!("unknown choice `{name}`"));
    PossibleValuesParser::new(names).try_map(choice)
}

fn whole(from: u64, unit: &'static str, text: &str) -> Result<usize, String> {
    let kind = OptionKind::Whole { from, unit };
    let number = kind.parse(text).ok().as_ref().and_then(Value::as_u64).and_then(|number| number.try_into().ok());
    number.ok_or_else(|| format!("must be {kind}"))
}
