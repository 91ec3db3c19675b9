//! The settings of training: options that come from the library's table of them.

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command, Error, FromArgMatches};
use graftwork::options::typed;
use graftwork::{SETTINGS, Setting, TrainConfig};

use super::option;
use serde_json::Value;

/// The chosen settings.
#[derive(Debug, Clone)]
pub struct SettingArgs {
    /// Those that were given, or switched.
    chosen: Vec<(&'static Setting, Value)>,
}

impl SettingArgs {
    /// As the library takes them, where a recipe has its own.
    pub fn over(&self, recipe: TrainConfig) -> TrainConfig {
        let mut config = recipe;
        let is_chosen = |name| self.chosen.iter().any(|(setting, _)| setting.name == name);
        // As many steps as the epochs have that somebody asks for.
        if is_chosen("epochs") {
            config.max_steps = None;
        }
        for (setting, value) in &self.chosen {
            // What stands instead of it in the recipe would win.
            for other in SETTINGS.iter().filter(|other| other.instead_of == Some(setting.name)) {
                config.set(other, Value::Null).expect("a setting that may have none");
            }
            config.set(setting, value.clone()).expect("a value that was checked");
        }
        config
    }
}

impl Args for SettingArgs {
    fn augment_args(command: Command) -> Command {
        let arg = |setting: &Setting| {
            let mut arg = option::arg(setting.name, setting.kind, setting.help).conflicts_with_all(setting.instead_of);
            let default = setting.default_value();
            // Switches have none that could be typed.
            if !default.is_null() && !default.is_boolean() {
                arg = arg.default_value(typed(&default));
            }
            arg
        };
        command.args(SETTINGS.iter().map(arg))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for SettingArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut config = TrainConfig::default();
        let mut chosen = Vec::new();
        for setting in SETTINGS {
            let is_given = matches.value_source(setting.name) == Some(ValueSource::CommandLine);
            if let Some(value) = option::value(matches, setting.name, setting.kind).filter(|_| is_given) {
                let refuse = |error| Error::raw(ErrorKind::ValueValidation, format!("{error}\n"));
                config.set(setting, value.clone()).map_err(refuse)?;
                chosen.push((setting, value));
            }
        }
        Ok(Self { chosen })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
