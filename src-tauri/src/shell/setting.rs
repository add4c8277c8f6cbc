//! The relay's settings: read from the environment and the file, changed one at a time, kept only once they are in force.

use relay::settings::{Field, Resolved, fields};
use serde_json::json;

use super::{
    ApplyError, CommandError, CommandErrorKind, Environment, Settings, SettingsFile, Shelf, Shell, Sources, Value,
    failure,
};
use crate::contract::SettingView;

/// The file's format, which the program checks.
const VERSION: u64 = 1;

/// What stands in a value that is shown without its password.
const MASK: &str = ":***@";

/// A change of one setting: its name, and its value; none takes it back to the default.
pub(super) type Change = (&'static str, Option<String>);

/// Settings as environment and file have them, with these changes.
pub(super) fn resolve(
    environment: &Environment,
    shelf: &dyn Shelf,
    changes: &[Change],
) -> Result<Resolved, CommandError> {
    let mut values = shelf.values();
    for (name, value) in changes {
        match value {
            Some(value) => drop(values.insert((*name).to_owned(), json!(value))),
            None => drop(values.remove(*name)),
        }
    }
    let sources =
        Sources { flags: Vec::new(), environment: environment.clone(), file: SettingsFile::of_values(values) };
    Settings::resolve(&sources).map_err(|error| failure(CommandErrorKind::InvalidValue, &error.to_string()))
}

impl Shell {
    /// The settings of environment and file.
    pub(super) fn resolve(&self) -> Result<Resolved, CommandError> {
        self.resolve_with(&[])
    }

    fn resolve_with(&self, changes: &[Change]) -> Result<Resolved, CommandError> {
        if let Some(reason) = &self.0.unusable {
            return Err(failure(CommandErrorKind::Failed, reason));
        }
        resolve(&self.0.environment, self.0.settings.as_ref(), changes)
    }

    /// Changes a setting, or takes it back to its default (`None`): puts it in force, and keeps it only then.
    ///
    /// # Errors
    /// `InvalidValue`, `Locked`, `CannotListen`; the old value is in force then, and kept.
    pub async fn set_setting(&self, name: &str, value: Option<&str>) -> Result<(), CommandError> {
        let field = fields().find(|field| field.name == name);
        let unknown = || failure(CommandErrorKind::InvalidValue, &format!("There is no setting {name}."));
        let field = field.ok_or_else(unknown)?;
        let _turn = self.0.turn.lock().await;
        self.change_settings(&[(field.name, value.map(str::to_owned))]).await
    }

    /// Changes several settings as one; whoever calls this has the turn.
    pub(super) async fn change_settings(&self, changes: &[Change]) -> Result<(), CommandError> {
        for (name, value) in changes {
            let field = fields().find(|field| field.name == *name);
            if let Some(variable) = field.and_then(|field| self.locking_variable(field)) {
                let message = format!("{name} is set by the environment ({variable}).");
                return Err(failure(CommandErrorKind::Locked, &message));
            }
            if value.as_ref().is_some_and(|value| value.contains(MASK)) {
                let message = format!("{name} holds a hidden password: type it again, in full.");
                return Err(failure(CommandErrorKind::InvalidValue, &message));
            }
        }
        let mut settings = self.resolve_with(changes)?.settings;
        let demo = self.run().demo.clone();
        if let Some(demo) = demo {
            let in_demo = demo.settings(settings);
            settings = in_demo.map_err(|error| failure(CommandErrorKind::Failed, &error.to_string()))?;
        }
        self.relay().apply(settings).await.map_err(|error| refusal(&error))?;
        let mut kept = self.0.settings.put("version", Some(json!(VERSION)));
        for (name, value) in changes {
            kept = kept.and_then(|()| self.0.settings.put(name, value.as_deref().map(typed)));
        }
        self.change(|facts| facts.start_failure = None);
        kept.map_err(|error| failure(CommandErrorKind::Failed, &format!("It is in force, but can't be kept: {error}")))
    }

    /// Takes another port and starts the relay there.
    ///
    /// # Errors
    /// As [`set_setting`](Self::set_setting) and [`set_relay`](Self::set_relay).
    pub async fn use_port(&self, port: u16) -> Result<(), CommandError> {
        self.set_setting("port", Some(&port.to_string())).await?;
        self.set_relay(true).await
    }

    pub(super) fn setting_views(&self, settings: &Settings) -> Vec<SettingView> {
        let default = Settings::default();
        let view = |field: &Field| SettingView {
            name: field.name.to_owned(),
            value: (field.show)(settings),
            default: (field.show)(&default),
            locked_by: self.locking_variable(field),
        };
        fields().map(view).collect()
    }

    /// The variable of the environment that forces a setting.
    fn locking_variable(&self, field: &Field) -> Option<String> {
        let environment = self.0.environment.clone();
        let forced = Settings::resolve(&Sources { environment, ..Sources::default() });
        // An environment that is wrong itself forces every setting it names.
        let is_free = forced.is_ok_and(|forced| !forced.origins.contains_key(field.name));
        let named = field.variables.iter().find(|name| self.0.environment.get(name).is_some());
        named.filter(|_| !is_free).map(|name| (*name).to_owned())
    }
}

/// A value as JSON has it, for people who read the file.
fn typed(value: &str) -> Value {
    match (value, value.parse::<u64>()) {
        ("true", _) => Value::Bool(true),
        ("false", _) => Value::Bool(false),
        (_, Ok(number)) => json!(number),
        (text, Err(_)) => json!(text),
    }
}

fn refusal(error: &ApplyError) -> CommandError {
    let kind = match error {
        ApplyError::Upstream(_) => CommandErrorKind::InvalidValue,
        ApplyError::Start(_) => CommandErrorKind::CannotListen,
    };
    failure(kind, &error.to_string())
}
