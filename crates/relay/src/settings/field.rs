//! The table of settings.

use std::time::Duration;

use url::Url;

use super::Settings;

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

/// Every setting there is.
pub const FIELDS: &[Field] = &[
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
        allowed: "an address that begins with https:// or http://",
        help: "Address of the 1min.ai API",
        has_flag: false,
        set: |settings, value| put(&mut settings.api_url, web_address(value)),
        show: |settings| settings.api_url.to_string(),
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
        name: "youtube_once",
        variables: &["RELAY_YOUTUBE_ONCE"],
        allowed: "true or false",
        help: "Keep YouTube links of earlier turns from being fetched and billed again",
        has_flag: false,
        set: |settings, value| put(&mut settings.youtube_once, truth(value)),
        show: |settings| settings.youtube_once.to_string(),
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

fn put<T>(place: &mut T, value: Option<T>) -> bool {
    value.map(|value| *place = value).is_some()
}

fn within(value: &str, least: u64, most: u64) -> Option<u64> {
    value.parse().ok().filter(|number| (least..=most).contains(number))
}

fn seconds(value: &str) -> Option<Duration> {
    within(value, 1, 86_400).map(Duration::from_secs)
}

fn truth(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}

fn web_address(value: &str) -> Option<Url> {
    Url::parse(value).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

fn log_filter(value: &str) -> Option<String> {
    value.parse::<tracing_subscriber::filter::Targets>().is_ok().then(|| value.to_owned())
}
