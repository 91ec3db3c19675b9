//! The settings of training: options that come from the library's table of them.

use clap::error::ErrorKind;
use clap::{ArgMatches, Args, Command, Error, FromArgMatches};
use graftwork::options::typed;
use graftwork::{SETTINGS, Setting, TrainConfig};

use super::option;

/// The chosen settings.
#[derive(Debug, Clone)]
pub struct SettingArgs {
    /// As the library takes them.
    pub config: TrainConfig,
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
        for setting in SETTINGS {
            if let Some(value) = option::value(matches, setting.name, setting.kind) {
                let refuse = |error| Error::raw(ErrorKind::ValueValidation, format!("{error}\n"));
                config.set(setting, value).map_err(refuse)?;
            }
        }
        Ok(Self { config })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
