//! The relay: an OpenAI-compatible server in front of 1min.ai.
//!
//! Whoever embeds it (the headless program, the desktop application) sees [`Relay`]: start, stop, apply settings, status,
//! activity. This crate must never know Tauri or the OS keyring.

mod budget;
pub mod catalog;
pub mod cli;
pub mod clock;
pub mod conversation;
mod database;
#[cfg(feature = "demo")]
pub mod demo;
mod dialect;
mod engine;
mod error;
mod fetch;
mod guard;
mod health;
mod id;
pub mod journal;
mod limit;
mod listen;
mod memcached;
mod metrics;
mod policy;
mod relay;
pub mod request;
mod router;
pub mod settings;
mod shared;
mod spool;
mod status;
mod store;
pub mod task;
mod text;
pub mod token;
pub mod usage;

pub use budget::{BudgetStatus, Whose};
pub use catalog::{CatalogStatus, Source};
pub use error::{Error, Fault};
pub use guard::blocked::{Blocked, BlockedKind};
pub use listen::BindError;
pub use memcached::ServerState;
pub use relay::results::{Run, RunOutcome};
pub use relay::usage::UsageError;
pub use relay::{ApplyError, Relay, RelayOptions, StartError};
pub use status::{RunState, Status, base_url};
