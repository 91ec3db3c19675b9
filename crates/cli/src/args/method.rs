//! The adapter method and what can be chosen about it: options that come from the methods themselves.

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::error::ErrorKind;
use clap::{Arg, ArgMatches, Args, Command, Error, FromArgMatches};
use graftwork::options::typed;
use graftwork::{AdapterConfig, METHODS, MethodOption, Preset};

use super::option;

const METHOD: &str = "method";
const HEADING: &str = "Adapter";

/// The chosen method.
#[derive(Debug, Clone)]
pub struct MethodArgs {
    /// The preset's name.
    pub name: &'static str,
    /// The preset with what was chosen.
    pub config: AdapterConfig,
}

fn options() -> impl Iterator<Item = &'static MethodOption> {
    METHODS.iter().flat_map(|method| method.options)
}

impl Args for MethodArgs {
    fn augment_args(command: Command) -> Command {
        let presets = METHODS
            .iter()
            .flat_map(|method| method.presets)
            .map(|preset| PossibleValue::new(preset.name).aliases(preset.aliases.iter().copied()).help(preset.about));
        let method = Arg::new(METHOD)
            .long(METHOD)
            .value_name("METHOD")
            .value_parser(PossibleValuesParser::new(presets))
            .default_value(Preset::DEFAULT)
            .help("How the adapter changes the backbone")
            .help_heading(HEADING);
        let arg = |option: &MethodOption| {
            let default = option.default_text().map(|text| format!(" [default: {text}]")).unwrap_or_default();
            let arg = option::arg(option.name, option.kind, option.help).help_heading(HEADING).conflicts_with("init");
            if default.is_empty() { arg } else { arg.help(format!("{}{default}", option.help)) }
        };
        command.arg(method.conflicts_with("init")).args(options().map(arg))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for MethodArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let name = matches.get_one::<String>(METHOD).map_or(Preset::DEFAULT, String::as_str);
        let refuse = |message: String| Error::raw(ErrorKind::ValueValidation, format!("{message}\n"));
        let preset = Preset::find(name).and_then(|preset| Some((preset.name, AdapterConfig::preset(name)?)));
        let (name, mut config) = preset.ok_or_else(|| refuse(format!("there is no method `{name}`")))?;
        for option in options() {
            if let Some(value) = option::value(matches, option.name, option.kind) {
                let text = typed(&value);
                let invalid = |error| refuse(format!("invalid value '{text}' for '--{}': {error}", option.name));
                config = config.with(option.key, value).map_err(invalid)?;
            }
        }
        Ok(Self { name, config })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
