//! Every setting: its name, default, unit, variables, and what it may be. Nothing here knows HTTP.
//!
//! A setting has one flat name and the variable `RELAY_<NAME>`; some have an older or better known variable as well. Flags
//! go over the environment, the environment over a `.env` file, that over the settings file, and that over the default. The
//! 1min.ai key is no setting: see [`KeyStore`](crate::cli::KeyStore).

mod field;
mod file;
mod host;
mod keep;
mod limits;
mod metrics;
mod models;
mod read;
mod source;
mod store_url;

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use ipnet::IpNet;
use onemin::ProxyUrl;
use url::Url;

use crate::conversation::thinking::Thinking;

pub use field::{Field, fields};
pub use file::{FileError, SetAside, SettingsFile, set_aside};
pub use host::Host;
pub use keep::KeepResponses;
pub use limits::Limits;
pub use metrics::MetricsFor;
pub use models::{ModelRules, UnknownModels};
pub(crate) use read::{host_name, origin};
pub use source::{Environment, Origin, Places, Sources};
pub use store_url::{InvalidStoreUrl, StoreUrl};

/// The relay's settings. Every combination of these values can run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where to listen. Default: loopback.
    pub host: Host,
    /// The port to listen on; 0 takes a free one. Default 5001.
    pub port: u16,
    /// Where 1min.ai is. Default `https://api.1min.ai`.
    pub api_url: Url,
    /// Where 1min.ai's files are; `None`: where they are for this `api_url`.
    pub asset_url: Option<Url>,
    /// The proxy to 1min.ai; `None` takes the system's.
    pub proxy: Option<ProxyUrl>,
    /// Time to connect to 1min.ai. Default 10 s.
    pub connect_timeout: Duration,
    /// Time to the first byte of an answer. Default 180 s.
    pub first_byte_timeout: Duration,
    /// Time between two pieces of an answer. Default 120 s.
    pub idle_timeout: Duration,
    /// Time to the end of an answer. Default 600 s.
    pub total_timeout: Duration,
    /// Time that requests have to finish when the relay stops. Default 30 s.
    pub drain: Duration,
    /// The largest body of a request. Default 64 MiB.
    pub body_max_mb: u64,
    /// The most that the bodies of all requests together may take. Default 512 MiB.
    pub bodies_max_mb: u64,
    /// The largest document that is uploaded. Default 50 MiB.
    pub file_max_mb: u64,
    /// Private ranges in which addresses of pictures may be opened. Default: none.
    pub fetch_private: Vec<IpNet>,
    /// Whether addresses of pictures are opened through `proxy`, which then resolves their names. Default: no.
    pub fetch_through_proxy: bool,
    /// Names besides its own that the relay answers to, in lower case. Default: none.
    pub allowed_hosts: Vec<String>,
    /// Web pages that may use the relay, such as `https://chat.example.com`. Default: none.
    pub allowed_origins: Vec<String>,
    /// Whether callers must have a token of the relay to use the stored key. Default: no.
    pub require_token: bool,
    /// Which models may be asked, and by which names.
    pub models: ModelRules,
    /// How old the list of models may grow before it is fetched again; `None`: never. Default 60 min.
    pub catalog_refresh: Option<Duration>,
    /// Whether YouTube links of earlier turns are kept from being fetched and billed again. Default: yes.
    pub youtube_once: bool,
    /// What becomes of the thinking that a model writes before its answer. Default: it is told apart.
    pub thinking: Thinking,
    /// Whether a model is asked once more, and billed, where its answer lacks the tool call or the JSON that was demanded.
    /// Default: yes.
    pub answer_retry: bool,
    /// Where responses are kept, so that later requests can go on from them. Default: in memory, for an hour.
    pub keep_responses: KeepResponses,
    /// Where files, results and kept responses are. Counts from the next start. Default: in the data folder.
    pub store_url: StoreUrl,
    /// How many days what 1min.ai made is kept. Default 7.
    pub results_days: u64,
    /// The most that all of it may take; the oldest goes first. Default 2048 MiB.
    pub results_max_mb: u64,
    /// The most that all uploaded files may take; no more are taken then. Default 10240 MiB.
    pub files_max_mb: u64,
    /// What the addresses of results begin with; `None`: what the client used.
    pub public_url: Option<Url>,
    /// The model that draws where a request names none. Default `gpt-image-1-mini`.
    pub image_model: String,
    /// The model that speaks where a request names none. Default `tts-1`.
    pub speech_model: String,
    /// The model that hears where a request names none. Default `whisper-1`.
    pub transcription_model: String,
    /// How much may be asked, and spent.
    pub limits: Limits,
    /// The memcached servers through which replicas share counters. Default: none.
    pub memcached_servers: Vec<String>,
    /// The port of those that name none. Default 11211.
    pub memcached_port: u16,
    /// A file of tokens that replicas share; `None`: the tokens of the data folder alone.
    pub tokens_file: Option<PathBuf>,
    /// How many days each request is kept in the usage; totals of days stay. Default 90.
    pub usage_days: u64,
    /// Who may read `/metrics`. Default: nobody.
    pub metrics: MetricsFor,
    /// Which log lines are written, as a `tracing` filter. Default `info`.
    pub log: String,
}

impl Default for Settings {
    fn default() -> Self {
        let onemin::ClientOptions { api_url, proxy, timeouts, .. } = onemin::ClientOptions::default();
        Self {
            host: Host::Loopback,
            port: 5001,
            api_url,
            asset_url: None,
            proxy,
            connect_timeout: timeouts.connect,
            first_byte_timeout: timeouts.first_byte,
            idle_timeout: timeouts.idle,
            total_timeout: timeouts.total,
            drain: Duration::from_secs(30),
            body_max_mb: 64,
            bodies_max_mb: 512,
            file_max_mb: 50,
            fetch_private: Vec::new(),
            fetch_through_proxy: false,
            allowed_hosts: Vec::new(),
            allowed_origins: Vec::new(),
            require_token: false,
            models: ModelRules::default(),
            catalog_refresh: Some(Duration::from_secs(3_600)),
            youtube_once: true,
            thinking: Thinking::Separate,
            answer_retry: true,
            keep_responses: KeepResponses::Memory,
            store_url: StoreUrl::DataFolder,
            results_days: 7,
            results_max_mb: 2_048,
            files_max_mb: 10_240,
            public_url: None,
            image_model: "gpt-image-1-mini".into(),
            speech_model: "tts-1".into(),
            transcription_model: "whisper-1".into(),
            limits: Limits::default(),
            memcached_servers: Vec::new(),
            memcached_port: 11_211,
            tokens_file: None,
            usage_days: 90,
            metrics: MetricsFor::Nobody,
            log: "info".into(),
        }
    }
}

/// Settings, and where each came from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resolved {
    /// The settings.
    pub settings: Settings,
    /// Where those that are not the default came from, by name.
    pub origins: BTreeMap<&'static str, Origin>,
}

/// A setting with a value it can't have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{setting} is \"{value}\" ({origin}). It must be {allowed}.")]
pub struct SettingError {
    /// The variable, flag or name it was given by.
    pub setting: String,
    /// What it was.
    pub value: String,
    /// Where it came from.
    pub origin: Origin,
    /// What is allowed.
    pub allowed: &'static str,
}

impl Settings {
    /// Settings from `sources`, the defaults beneath.
    ///
    /// # Errors
    /// [`SettingError`] for the first wrong value.
    pub fn resolve(sources: &Sources) -> Result<Resolved, SettingError> {
        let mut resolved = Resolved::default();
        for field in fields() {
            for (name, value, origin) in sources.values_of(field) {
                if (field.set)(&mut resolved.settings, &value) {
                    resolved.origins.insert(field.name, origin);
                    break;
                }
                if !field.may_be_ignored(&name) {
                    let value = showable(&value);
                    return Err(SettingError { setting: name, value, origin, allowed: field.allowed });
                }
            }
        }
        Ok(resolved)
    }

    /// What the client of 1min.ai is made from.
    #[must_use]
    pub fn client_options(&self) -> onemin::ClientOptions {
        let default = onemin::ClientOptions::default();
        // What stands in for 1min.ai serves its files itself.
        let usual = if self.api_url == default.api_url { default.asset_url } else { self.api_url.clone() };
        onemin::ClientOptions {
            api_url: self.api_url.clone(),
            asset_url: self.asset_url.clone().unwrap_or(usual),
            proxy: self.proxy.clone(),
            user_agent: concat!("1min-relay/", env!("CARGO_PKG_VERSION")).to_owned(),
            timeouts: onemin::Timeouts {
                connect: self.connect_timeout,
                first_byte: self.first_byte_timeout,
                idle: self.idle_timeout,
                total: self.total_timeout,
            },
            largest_file_bytes: default.largest_file_bytes,
        }
    }
}

/// A wrong value as an error may show it: without what stands before an `@`, most often a password, and not endless.
fn showable(value: &str) -> String {
    let (secret, rest) = value.rsplit_once('@').map_or((false, value), |(_, rest)| (true, rest));
    let rest: String = rest.chars().take(80).collect();
    if secret { format!("…@{rest}") } else { rest }
}

#[cfg(test)]
mod tests;
