//! The table of settings.

mod limit;

use std::time::Duration;

use super::{
    Settings,
    read::{
        host_name, list, log_filter, minutes_or_never, model_name, origin, pairs, put, range, seconds, show_pairs,
        truth, web_address, within,
    },
    store_url,
};

/// One setting as the table describes it.
#[derive(Debug)]
pub struct Field {
    /// Its flat name, such as `idle_timeout`.
    pub name: &'static str,
    /// The variables that set it, the strongest first.
    pub variables: &'static [&'static str],
    /// What it may be, as the end of "It must be ...".
    pub allowed: &'static str,
    /// What it is for.
    pub help: &'static str,
    /// Whether the program has a flag of this name; the others are given by `--set`.
    pub has_flag: bool,
    /// Takes a value; `false`: it can't be that.
    pub(super) set: fn(&mut Settings, &str) -> bool,
    /// The value as text.
    pub show: fn(&Settings) -> String,
}

impl Field {
    /// Whether a wrong value under this name is somebody else's: shells export `HOST` as the machine's name.
    pub(super) fn may_be_ignored(&self, name: &str) -> bool {
        self.name == "host" && name == "HOST"
    }
}

const SECONDS: &str = "a number of seconds from 1 to 86400";

const STORED: &str = "a number of MiB from 1 to 1048576";

const WEB_ADDRESS: &str = "an address that begins with https:// or http://, without a user or password";

/// Every setting there is.
pub fn fields() -> impl Iterator<Item = &'static Field> {
    FIELDS.iter().chain(limit::FIELDS)
}

const FIELDS: &[Field] = &[
    Field {
        name: "host",
        variables: &["RELAY_HOST", "HOST"],
        allowed: "localhost or an IP address",
        help: "Address to listen on; localhost means 127.0.0.1 and ::1",
        has_flag: true,
        set: |settings, value| put(&mut settings.host, value.parse().ok()),
        show: |settings| settings.host.to_string(),
    },
    Field {
        name: "port",
        variables: &["RELAY_PORT", "PORT"],
        allowed: "a port from 1 to 65535, or 0 for a free one",
        help: "Port to listen on",
        has_flag: true,
        set: |settings, value| put(&mut settings.port, value.parse().ok()),
        show: |settings| settings.port.to_string(),
    },
    Field {
        name: "api_url",
        variables: &["ONE_MIN_API_URL", "RELAY_API_URL"],
        allowed: WEB_ADDRESS,
        help: "Address of the 1min.ai API",
        has_flag: false,
        set: |settings, value| put(&mut settings.api_url, web_address(value)),
        show: |settings| settings.api_url.to_string(),
    },
    Field {
        name: "asset_url",
        variables: &["ONE_MIN_ASSET_URL", "RELAY_ASSET_URL"],
        allowed: WEB_ADDRESS,
        help: "Address of 1min.ai's files",
        has_flag: false,
        set: |settings, value| put(&mut settings.asset_url, web_address(value).map(Some)),
        show: |settings| settings.asset_url.as_ref().map(ToString::to_string).unwrap_or_default(),
    },
    Field {
        name: "proxy",
        variables: &["RELAY_PROXY"],
        allowed: "an address that begins with http://, https://, socks5:// or socks5h://",
        help: "Proxy to 1min.ai; the system's if unset",
        has_flag: false,
        set: |settings, value| put(&mut settings.proxy, value.parse().ok().map(Some)),
        show: |settings| settings.proxy.as_ref().map(ToString::to_string).unwrap_or_default(),
    },
    Field {
        name: "connect_timeout",
        variables: &["RELAY_CONNECT_TIMEOUT"],
        allowed: SECONDS,
        help: "Seconds to connect to 1min.ai",
        has_flag: false,
        set: |settings, value| put(&mut settings.connect_timeout, seconds(value)),
        show: |settings| settings.connect_timeout.as_secs().to_string(),
    },
    Field {
        name: "first_byte_timeout",
        variables: &["RELAY_FIRST_BYTE_TIMEOUT"],
        allowed: SECONDS,
        help: "Seconds to the first byte of an answer",
        has_flag: false,
        set: |settings, value| put(&mut settings.first_byte_timeout, seconds(value)),
        show: |settings| settings.first_byte_timeout.as_secs().to_string(),
    },
    Field {
        name: "idle_timeout",
        variables: &["RELAY_IDLE_TIMEOUT"],
        allowed: SECONDS,
        help: "Seconds between two pieces of an answer",
        has_flag: false,
        set: |settings, value| put(&mut settings.idle_timeout, seconds(value)),
        show: |settings| settings.idle_timeout.as_secs().to_string(),
    },
    Field {
        name: "total_timeout",
        variables: &["RELAY_TOTAL_TIMEOUT"],
        allowed: SECONDS,
        help: "Seconds to the end of an answer",
        has_flag: false,
        set: |settings, value| put(&mut settings.total_timeout, seconds(value)),
        show: |settings| settings.total_timeout.as_secs().to_string(),
    },
    Field {
        name: "drain_seconds",
        variables: &["RELAY_DRAIN_SECONDS"],
        allowed: "a number of seconds from 0 to 86400",
        help: "Seconds that requests have to finish when the relay stops",
        has_flag: false,
        set: |settings, value| {
            put(&mut settings.drain, if value == "0" { Some(Duration::ZERO) } else { seconds(value) })
        },
        show: |settings| settings.drain.as_secs().to_string(),
    },
    Field {
        name: "body_max_mb",
        variables: &["RELAY_BODY_MAX_MB"],
        allowed: "a number of MiB from 1 to 1024",
        help: "Largest body of a request, in MiB",
        has_flag: false,
        set: |settings, value| put(&mut settings.body_max_mb, within(value, 1, 1024)),
        show: |settings| settings.body_max_mb.to_string(),
    },
    Field {
        name: "bodies_max_mb",
        variables: &["RELAY_BODIES_MAX_MB"],
        allowed: "a number of MiB from 1 to 65536",
        help: "Most that the bodies of all requests together may take, in MiB",
        has_flag: false,
        set: |settings, value| put(&mut settings.bodies_max_mb, within(value, 1, 65_536)),
        show: |settings| settings.bodies_max_mb.to_string(),
    },
    Field {
        name: "file_max_mb",
        variables: &["RELAY_FILE_MAX_MB"],
        allowed: "a number of MiB from 1 to 1024",
        help: "Largest document in a message, in MiB",
        has_flag: false,
        set: |settings, value| put(&mut settings.file_max_mb, within(value, 1, 1024)),
        show: |settings| settings.file_max_mb.to_string(),
    },
    Field {
        name: "fetch_private",
        variables: &["RELAY_FETCH_PRIVATE"],
        allowed: "ranges of IP addresses separated by commas, each such as 192.168.1.0/24 or 10.0.0.5",
        help: "Private addresses from which pictures may be fetched",
        has_flag: false,
        set: |settings, value| put(&mut settings.fetch_private, list(value, range)),
        show: |settings| settings.fetch_private.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
    },
    Field {
        name: "fetch_through_proxy",
        variables: &["RELAY_FETCH_THROUGH_PROXY"],
        allowed: "true or false",
        help: "Fetch pictures through the proxy that is set, which then decides what a name stands for",
        has_flag: false,
        set: |settings, value| put(&mut settings.fetch_through_proxy, truth(value)),
        show: |settings| settings.fetch_through_proxy.to_string(),
    },
    Field {
        name: "allowed_hosts",
        variables: &["RELAY_ALLOWED_HOSTS"],
        allowed: "host names separated by commas, without port",
        help: "Names besides its own that the relay answers to",
        has_flag: false,
        set: |settings, value| put(&mut settings.allowed_hosts, list(value, host_name)),
        show: |settings| settings.allowed_hosts.join(","),
    },
    Field {
        name: "allowed_origins",
        variables: &["RELAY_ALLOWED_ORIGINS"],
        allowed: "origins separated by commas, each such as https://chat.example.com",
        help: "Web pages that may use the relay",
        has_flag: false,
        set: |settings, value| put(&mut settings.allowed_origins, list(value, origin)),
        show: |settings| settings.allowed_origins.join(","),
    },
    Field {
        name: "require_token",
        variables: &["RELAY_REQUIRE_TOKEN"],
        allowed: "true or false",
        help: "Let only callers with a token of the relay use the stored key",
        has_flag: false,
        set: |settings, value| put(&mut settings.require_token, truth(value)),
        show: |settings| settings.require_token.to_string(),
    },
    Field {
        name: "only_chosen_models",
        variables: &["RELAY_ONLY_CHOSEN_MODELS", "PERMIT_MODELS_FROM_SUBSET_ONLY"],
        allowed: "true or false",
        help: "Let only the chosen models be asked",
        has_flag: false,
        set: |settings, value| put(&mut settings.models.only_chosen, truth(value)),
        show: |settings| settings.models.only_chosen.to_string(),
    },
    Field {
        name: "chosen_models",
        variables: &["RELAY_CHOSEN_MODELS", "SUBSET_OF_ONE_MIN_PERMITTED_MODELS"],
        allowed: "names of models separated by commas",
        help: "The chosen models",
        has_flag: false,
        set: |settings, value| put(&mut settings.models.chosen, list(value, |name| Some(name.to_owned()))),
        show: |settings| settings.models.chosen.join(","),
    },
    Field {
        name: "model_aliases",
        variables: &["RELAY_MODEL_ALIASES"],
        allowed: "pairs separated by commas, each such as fast=gpt-4o-mini",
        help: "Further names of models",
        has_flag: false,
        set: |settings, value| put(&mut settings.models.aliases, pairs(value)),
        show: |settings| show_pairs(&settings.models.aliases),
    },
    Field {
        name: "model_successors",
        variables: &["RELAY_MODEL_SUCCESSORS"],
        allowed: "pairs separated by commas, each such as gpt-4-turbo=gpt-4.1",
        help: "Which model answers for one that is gone",
        has_flag: false,
        set: |settings, value| put(&mut settings.models.successors, pairs(value)),
        show: |settings| show_pairs(&settings.models.successors),
    },
    Field {
        name: "unknown_models",
        variables: &["RELAY_UNKNOWN_MODELS"],
        allowed: "refuse or ask",
        help: "Refuse models that 1min.ai does not list, or ask it all the same",
        has_flag: false,
        set: |settings, value| put(&mut settings.models.unknown, value.parse().ok()),
        show: |settings| settings.models.unknown.to_string(),
    },
    Field {
        name: "catalog_refresh_minutes",
        variables: &["RELAY_CATALOG_REFRESH_MINUTES"],
        allowed: "a number of minutes from 1 to 10080, or 0 for never",
        help: "Minutes until the list of models is fetched again",
        has_flag: false,
        set: |settings, value| put(&mut settings.catalog_refresh, minutes_or_never(value)),
        show: |settings| settings.catalog_refresh.map_or(0, |age| age.as_secs() / 60).to_string(),
    },
    Field {
        name: "youtube_once",
        variables: &["RELAY_YOUTUBE_ONCE"],
        allowed: "true or false",
        help: "Keep YouTube links of earlier turns from being fetched and billed again",
        has_flag: false,
        set: |settings, value| put(&mut settings.youtube_once, truth(value)),
        show: |settings| settings.youtube_once.to_string(),
    },
    Field {
        name: "thinking",
        variables: &["RELAY_THINKING"],
        allowed: "separate, inline or hidden",
        help: "Tell a model's thinking apart from its answer, leave it in, or leave it out",
        has_flag: false,
        set: |settings, value| put(&mut settings.thinking, value.parse().ok()),
        show: |settings| settings.thinking.to_string(),
    },
    Field {
        name: "answer_retry",
        variables: &["RELAY_ANSWER_RETRY"],
        allowed: "true or false",
        help: "Ask a model once more, at a second price, where its answer lacks the tool call or the JSON that was demanded",
        has_flag: false,
        set: |settings, value| put(&mut settings.answer_retry, truth(value)),
        show: |settings| settings.answer_retry.to_string(),
    },
    Field {
        name: "keep_responses",
        variables: &["RELAY_KEEP_RESPONSES"],
        allowed: "off, memory or disk",
        help: "Where the answers of /v1/responses are kept: memory, for an hour; disk, for a day; off",
        has_flag: false,
        set: |settings, value| put(&mut settings.keep_responses, value.parse().ok()),
        show: |settings| settings.keep_responses.to_string(),
    },
    Field {
        name: "store_url",
        variables: &["RELAY_STORE_URL"],
        allowed: store_url::ALLOWED,
        help: "Where files, results and kept responses are; in the data folder if unset",
        has_flag: false,
        set: |settings, value| put(&mut settings.store_url, value.parse().ok()),
        show: |settings| settings.store_url.to_string(),
    },
    Field {
        name: "results_days",
        variables: &["RELAY_RESULTS_DAYS"],
        allowed: "a number of days from 1 to 3650",
        help: "Days that made pictures and sounds are kept",
        has_flag: false,
        set: |settings, value| put(&mut settings.results_days, within(value, 1, 3_650)),
        show: |settings| settings.results_days.to_string(),
    },
    Field {
        name: "results_max_mb",
        variables: &["RELAY_RESULTS_MAX_MB"],
        allowed: STORED,
        help: "Most that made pictures and sounds may take, in MiB; the oldest go first",
        has_flag: false,
        set: |settings, value| put(&mut settings.results_max_mb, within(value, 1, 1_048_576)),
        show: |settings| settings.results_max_mb.to_string(),
    },
    Field {
        name: "files_max_mb",
        variables: &["RELAY_FILES_MAX_MB"],
        allowed: STORED,
        help: "Most that uploaded files may take, in MiB; no more are taken then",
        has_flag: false,
        set: |settings, value| put(&mut settings.files_max_mb, within(value, 1, 1_048_576)),
        show: |settings| settings.files_max_mb.to_string(),
    },
    Field {
        name: "public_url",
        variables: &["RELAY_PUBLIC_URL"],
        allowed: WEB_ADDRESS,
        help: "What the addresses of results begin with; what the client used if unset",
        has_flag: false,
        set: |settings, value| put(&mut settings.public_url, web_address(value).map(Some)),
        show: |settings| settings.public_url.as_ref().map(ToString::to_string).unwrap_or_default(),
    },
    Field {
        name: "image_model",
        variables: &["RELAY_IMAGE_MODEL"],
        allowed: "the name of a model",
        help: "Model that draws where a request names none",
        has_flag: false,
        set: |settings, value| put(&mut settings.image_model, model_name(value)),
        show: |settings| settings.image_model.clone(),
    },
    Field {
        name: "speech_model",
        variables: &["RELAY_SPEECH_MODEL"],
        allowed: "the name of a model",
        help: "Model that speaks where a request names none",
        has_flag: false,
        set: |settings, value| put(&mut settings.speech_model, model_name(value)),
        show: |settings| settings.speech_model.clone(),
    },
    Field {
        name: "transcription_model",
        variables: &["RELAY_TRANSCRIPTION_MODEL"],
        allowed: "the name of a model",
        help: "Model that hears where a request names none",
        has_flag: false,
        set: |settings, value| put(&mut settings.transcription_model, model_name(value)),
        show: |settings| settings.transcription_model.clone(),
    },
    Field {
        name: "log",
        variables: &["RELAY_LOG"],
        allowed: "off, error, warn, info, debug, trace, or a tracing filter such as info,relay=debug",
        help: "Which log lines are written",
        has_flag: true,
        set: |settings, value| put(&mut settings.log, log_filter(value)),
        show: |settings| settings.log.clone(),
    },
];
