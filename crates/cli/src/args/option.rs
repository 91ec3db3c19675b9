//! Options of the command line that come from the library's tables.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Arg, ArgAction, ArgMatches};
use graftwork::options::OptionKind;
use serde_json::Value;

/// The option `--<name>`, or the switch that the kind asks for.
pub(super) fn arg(name: &'static str, kind: OptionKind, help: &'static str) -> Arg {
    let arg = Arg::new(name).long(name.replace('_', "-")).help(help);
    match kind {
        OptionKind::Switch => arg.action(ArgAction::SetTrue),
        OptionKind::OnUnless { switch, help } => arg.long(switch).help(help).action(ArgAction::SetTrue),
        OptionKind::OneOf(names) => {
            let names = names.iter().map(|(name, about)| PossibleValue::new(*name).help(*about));
            arg.value_name(name.to_uppercase()).value_parser(PossibleValuesParser::new(names).map(Value::from))
        }
        // A number below zero is a value, and refused as one.
        _ => arg
            .value_name(value_name(kind))
            .allow_negative_numbers(true)
            .value_parser(move |text: &str| kind.parse(text)),
    }
}

/// What was chosen, or is the default.
pub(super) fn value(matches: &ArgMatches, name: &str, kind: OptionKind) -> Option<Value> {
    match kind {
        OptionKind::Switch => matches.get_flag(name).then_some(Value::Bool(true)),
        OptionKind::OnUnless { .. } => matches.get_flag(name).then_some(Value::Bool(false)),
        _ => matches.get_one::<Value>(name).cloned(),
    }
}

fn value_name(kind: OptionKind) -> String {
    match kind {
        OptionKind::Whole { unit: "", .. } => "N".to_owned(),
        OptionKind::Whole { unit, .. } => unit.to_uppercase(),
        OptionKind::Number(_) => "X".to_owned(),
        OptionKind::NumberOrNone(_) => "X|none".to_owned(),
        OptionKind::SomeOf(names) => names.join(","),
        OptionKind::Layers => "LAYERS".to_owned(),
        _ => "NAME".to_owned(),
    }
}
