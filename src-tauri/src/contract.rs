//! What window and shell say to each other. The TypeScript of these types is generated into `ui/src/contract`; a test keeps
//! it fresh. No type here can hold a 1min.ai key.

mod access;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

pub use access::{
    AddedToken, BlockedKind, BlockedView, BudgetOwner, BudgetPeriod, BudgetView, MemcachedView, TokenLimits, TokenView,
    TokenWish,
};

/// Everything the window shows but its lists (models, tokens, budgets, what was turned away), in one value. It is sent
/// whole, as the event `state`, at each change.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct AppState {
    /// The relay.
    pub relay: RelayView,
    /// The 1min.ai key.
    pub key: KeyView,
    /// The list of models.
    pub catalog: CatalogView,
    /// What is wrong, the worst first.
    pub problems: Vec<Problem>,
    /// Every setting of the relay.
    pub settings: Vec<SettingView>,
    /// What the person chose for the application itself.
    pub preferences: Preferences,
    /// Whether the application starts at login, as the system says.
    pub starts_at_login: bool,
    /// About this build.
    pub about: About,
}

/// The relay, as tray and window show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct RelayView {
    /// Whether it runs.
    pub state: RelayState,
    /// The address apps are pointed at, such as `http://127.0.0.1:5001/v1`; where it would be while it is stopped.
    pub base_url: String,
    /// Whether it answers from the demo.
    pub is_demo: bool,
    /// The addresses by which other machines reach it, as apps are pointed at them; none on this machine alone.
    pub reachable: Vec<String>,
    /// The memcached servers it shares limits and budgets through.
    pub memcached: Vec<MemcachedView>,
}

/// Whether the relay runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RelayState {
    /// It serves nobody.
    Stopped,
    /// It is about to serve.
    Starting,
    /// It serves.
    Running,
    /// It takes nothing new and lets requests finish.
    Stopping,
}

/// The stored 1min.ai key; never the key itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct KeyView {
    /// Where it is.
    pub place: KeyPlace,
    /// Its last four characters; empty for none, and for a very short one.
    pub last_four: String,
    /// What 1min.ai says of it.
    pub check: KeyCheck,
    /// Why the system's keyring can't be used, if it can't.
    pub keyring_problem: Option<String>,
}

/// Where the key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum KeyPlace {
    /// There is none: each app sends its own.
    None,
    /// In the system's keyring.
    Keyring,
    /// In memory, until the application ends.
    Session,
    /// In the environment, which the window can't change.
    Environment,
}

/// What 1min.ai says of the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum KeyCheck {
    /// Nobody asked, or it could not be asked.
    NotChecked,
    /// It takes the key.
    Taken,
    /// It refuses the key.
    Refused {
        /// Its own words.
        words: String,
    },
}

/// What is known of the list of models.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct CatalogView {
    /// The day it was made, `YYYY-MM-DD`.
    pub date: String,
    /// Whether it was fetched by this run.
    pub is_live: bool,
    /// How many models it has.
    pub models: u32,
    /// How many of them may be asked.
    pub allowed: u32,
    /// Models that are new since this version was made.
    pub new: Vec<String>,
    /// Models that are gone since then.
    pub retired: Vec<String>,
    /// Why it could not be fetched in full.
    pub problem: Option<String>,
}

/// Something that is wrong, each with its fix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Problem {
    /// Another program has the port. Fix: `use_port(free_port)`.
    PortTaken {
        /// The port.
        port: u16,
        /// Who has it, such as `python3 (pid 4242)`, where the system tells.
        holder: Option<String>,
        /// The next one that is free.
        free_port: Option<u16>,
    },
    /// The relay did not start for another reason. Fix: try again, or the settings.
    StartFailed {
        /// What happened and what to do.
        message: String,
    },
    /// It would serve the network with the stored key, and no app could be told from another. Fix: a token.
    TokenMissing {
        /// Where it is to listen.
        host: String,
    },
    /// There is no key. Fix: add one.
    KeyMissing,
    /// 1min.ai refuses the key. Fix: another one.
    KeyRefused {
        /// Its own words.
        words: String,
    },
    /// The keyring can't be used, and the key is kept for this session only, or not at all.
    KeyringUnavailable {
        /// What the system says.
        reason: String,
    },
    /// 1min.ai can't be reached. Fix: try again.
    Unreachable {
        /// What happened.
        words: String,
    },
    /// The list of models is old. Fix: refresh.
    CatalogOld {
        /// The day it was made.
        date: String,
    },
    /// The settings file could not be read and was moved aside.
    SettingsSetAside {
        /// Where it is now.
        moved_to: String,
    },
}

impl Problem {
    /// Whether no app can be answered because of it.
    #[must_use]
    pub const fn is_grave(&self) -> bool {
        matches!(
            self,
            Self::PortTaken { .. } | Self::StartFailed { .. } | Self::TokenMissing { .. } | Self::KeyRefused { .. }
        )
    }
}

/// One setting of the relay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct SettingView {
    /// Its flat name, such as `idle_timeout`.
    pub name: String,
    /// Its value as text.
    pub value: String,
    /// The value it has when nobody sets it.
    pub default: String,
    /// The variable that forces it; the window then can't change it.
    pub locked_by: Option<String>,
}

/// What the person chose for the application itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct Preferences {
    /// Light, dark, or as the system.
    pub theme: Theme,
    /// `en`, `ru`, or empty for the system's.
    pub language: String,
    /// Ids of models that the tray offers to copy.
    pub favourites: Vec<String>,
    /// Whether the first-start sheet has been seen to its end.
    pub is_set_up: bool,
    /// The page that was shown last.
    pub page: String,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            theme: Theme::System,
            language: String::new(),
            favourites: Vec::new(),
            is_set_up: false,
            page: "home".into(),
        }
    }
}

/// How bright the window is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the system.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// About this build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct About {
    /// The version.
    pub version: String,
    /// The data folder.
    pub data_dir: String,
    /// The folder of the log files.
    pub log_dir: String,
    /// Whether the desktop has a place for tray icons.
    pub has_tray: bool,
}

/// A model, as a row of the table.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct ModelRow {
    /// Its id, which apps ask for.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Who makes it.
    pub maker: String,
    /// What it can be used for.
    pub uses: Vec<ModelUse>,
    /// Kinds of input: `text`, `image`, `audio`, `video`.
    pub input: Vec<String>,
    /// Kinds of output.
    pub output: Vec<String>,
    /// Tokens of prompt and answer together.
    #[ts(type = "number | null")]
    pub context_tokens: Option<u64>,
    /// Credits for 1 000 tokens of the prompt, by the catalogue.
    pub credits_in: Option<f64>,
    /// Credits for 1 000 tokens of the answer, by the catalogue.
    pub credits_out: Option<f64>,
    /// Whether it may be asked.
    pub is_allowed: bool,
    /// Whether the tray offers it.
    pub is_favourite: bool,
    /// Whether 1min.ai no longer lists it; it is here because it is chosen.
    pub is_retired: bool,
    /// The model that answers for it once it is gone, or most likely could.
    pub successor: Option<String>,
    /// The person's other names for it.
    pub aliases: Vec<String>,
}

/// What a model can be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ModelUse {
    /// Chat.
    Chat,
    /// Making pictures.
    Image,
    /// Speaking a text.
    Speech,
    /// Writing down what is said.
    Transcription,
}

/// Why a command was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS, thiserror::Error)]
#[error("{message}")]
pub struct CommandError {
    /// What kind of failure.
    pub kind: CommandErrorKind,
    /// What happened and what to do, in English.
    pub message: String,
}

/// What kind of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CommandErrorKind {
    /// A value that a setting can't have; the old one is in force.
    InvalidValue,
    /// The text can't be a key.
    InvalidKey,
    /// 1min.ai refuses the key; it was not kept.
    KeyRefused,
    /// The keyring can't be used; the key can be kept for this session.
    KeyringUnavailable,
    /// The relay can't listen there.
    CannotListen,
    /// The environment forces this.
    Locked,
    /// Anything else.
    Failed,
}

/// A place outside the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Link {
    /// Where 1min.ai shows the key.
    GetKey,
    /// The folder of the log files.
    LogFolder,
    /// The data folder.
    DataFolder,
}

#[cfg(test)]
mod tests;
