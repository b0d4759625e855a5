//! The settings as flags, from the one table of them.

use clap::{Arg, ArgMatches, Command, Error, FromArgMatches};

use crate::config::{self, BadSettings, Config, Given, SETTINGS, Setting};

/// The settings that were given by flags.
#[derive(Debug, Clone, Default)]
pub(super) struct Flags(Vec<(&'static str, Option<String>)>);

impl Flags {
    /// The whole configuration: these flags, then variables, then the file. Where something is wrong with it, variables that are no settings are named
    /// as well, since one of them may be what is missing.
    ///
    /// # Errors
    /// [`BadSettings`] with every fault.
    pub(super) fn configure(&self, in_lab: bool) -> Result<Config, BadSettings> {
        Config::from_given(Given::collect(&self.0), in_lab).inspect_err(|_| name_strangers())
    }
}

/// Says on standard error which variables are named like settings and are none.
pub(super) fn name_strangers() {
    for stranger in config::strangers() {
        anstream::eprintln!("rcpt: {stranger}");
    }
}

/// The same in the log, by commands that go on for long.
pub(super) fn log_strangers() {
    for stranger in config::strangers() {
        tracing::warn!("{stranger}");
    }
}

impl Flags {
    /// Whether a setting was given by flag.
    pub(super) fn names(&self, name: &str) -> bool {
        self.0.iter().any(|(known, text)| *known == name && text.is_some())
    }
}

/// A secret on the command line would be in every process list.
fn as_flags() -> impl Iterator<Item = &'static Setting> {
    SETTINGS.iter().filter(|setting| !setting.name.starts_with("secret"))
}

impl clap::Args for Flags {
    fn augment_args(command: Command) -> Command {
        let name = command.get_name().to_owned();
        let arguments = as_flags().map(|setting| {
            Arg::new(setting.name)
                .long(setting.name.replace('_', "-"))
                .value_name("VALUE")
                .help(format!("{} [{}]", setting.meaning, setting.variable))
                .help_heading("Settings, also by variable or in a TOML file")
                // It is taken all the same: one script may start several commands.
                .hide(!setting.is_of(&name))
        });
        command.args(arguments)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        Ok(Self(as_flags().map(|setting| (setting.name, matches.get_one::<String>(setting.name).cloned())).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
