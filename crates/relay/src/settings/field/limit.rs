//! The settings of limits, budgets, replicas, usage and figures.

use jiff::tz::TimeZone;

use super::Field;
use crate::settings::read::{list, put, seconds, server, within};

const MOST_REQUESTS: u64 = 1_000_000_000;

const REQUESTS: &str = "a number from 0 to 1000000000; 0 is no limit";

const MOST_CREDITS: u64 = 1_000_000_000_000;

const CREDITS: &str = "a number of credits from 0 to 1000000000000; 0 is no limit";

/// The rows.
pub(super) const FIELDS: &[Field] = &[
    Field {
        name: "requests_per_minute",
        variables: &["RELAY_REQUESTS_PER_MINUTE"],
        allowed: REQUESTS,
        help: "Requests a minute for one 1min.ai key; 0 for no limit",
        has_flag: false,
        set: |settings, value| put(&mut settings.limits.requests_per_minute, within(value, 0, MOST_REQUESTS)),
        show: |settings| settings.limits.requests_per_minute.to_string(),
    },
    Field {
        name: "caller_requests_per_minute",
        variables: &["RELAY_CALLER_REQUESTS_PER_MINUTE"],
        allowed: REQUESTS,
        help: "Requests a minute of each caller; 0 for no limit",
        has_flag: false,
        set: |settings, value| put(&mut settings.limits.caller_requests_per_minute, within(value, 0, MOST_REQUESTS)),
        show: |settings| settings.limits.caller_requests_per_minute.to_string(),
    },
    Field {
        name: "concurrent_requests",
        variables: &["RELAY_CONCURRENT_REQUESTS"],
        allowed: REQUESTS,
        help: "Requests at the same time; 0 for no limit",
        has_flag: false,
        set: |settings, value| put(&mut settings.limits.concurrent_requests, within(value, 0, MOST_REQUESTS)),
        show: |settings| settings.limits.concurrent_requests.to_string(),
    },
    Field {
        name: "caller_concurrent_requests",
        variables: &["RELAY_CALLER_CONCURRENT_REQUESTS"],
        allowed: REQUESTS,
        help: "Requests of each caller at the same time; 0 for no limit",
        has_flag: false,
        set: |settings, value| put(&mut settings.limits.caller_concurrent_requests, within(value, 0, MOST_REQUESTS)),
        show: |settings| settings.limits.caller_concurrent_requests.to_string(),
    },
    Field {
        name: "queue_length",
        variables: &["RELAY_QUEUE_LENGTH"],
        allowed: "a number from 0 to 100000",
        help: "Requests that may wait for others to end; more are refused",
        has_flag: false,
        set: |settings, value| put(&mut settings.limits.queue_length, within(value, 0, 100_000)),
        show: |settings| settings.limits.queue_length.to_string(),
    },
    Field {
        name: "queue_seconds",
        variables: &["RELAY_QUEUE_SECONDS"],
        allowed: "a number of seconds from 1 to 86400",
        help: "Seconds that a request waits for others to end",
        has_flag: false,
        set: |settings, value| put(&mut settings.limits.queue_wait, seconds(value)),
        show: |settings| settings.limits.queue_wait.as_secs().to_string(),
    },
    Field {
        name: "credits_per_day",
        variables: &["RELAY_CREDITS_PER_DAY"],
        allowed: CREDITS,
        help: "Credits that may be spent in a day; 0 for no limit",
        has_flag: false,
        set: |settings, value| put(&mut settings.limits.credits_per_day, within(value, 0, MOST_CREDITS)),
        show: |settings| settings.limits.credits_per_day.to_string(),
    },
    Field {
        name: "credits_per_month",
        variables: &["RELAY_CREDITS_PER_MONTH"],
        allowed: CREDITS,
        help: "Credits that may be spent in a month; 0 for no limit",
        has_flag: false,
        set: |settings, value| put(&mut settings.limits.credits_per_month, within(value, 0, MOST_CREDITS)),
        show: |settings| settings.limits.credits_per_month.to_string(),
    },
    Field {
        name: "caller_credits_per_day",
        variables: &["RELAY_CALLER_CREDITS_PER_DAY"],
        allowed: CREDITS,
        help: "Credits that each caller may spend in a day; 0 for no limit",
        has_flag: false,
        set: |settings, value| put(&mut settings.limits.caller_credits_per_day, within(value, 0, MOST_CREDITS)),
        show: |settings| settings.limits.caller_credits_per_day.to_string(),
    },
    Field {
        name: "caller_credits_per_month",
        variables: &["RELAY_CALLER_CREDITS_PER_MONTH"],
        allowed: CREDITS,
        help: "Credits that each caller may spend in a month; 0 for no limit",
        has_flag: false,
        set: |settings, value| put(&mut settings.limits.caller_credits_per_month, within(value, 0, MOST_CREDITS)),
        show: |settings| settings.limits.caller_credits_per_month.to_string(),
    },
    Field {
        name: "budget_warning_percent",
        variables: &["RELAY_BUDGET_WARNING_PERCENT"],
        allowed: "a number from 0 to 100",
        help: "At which part of a budget to warn, in percent; 0 for never",
        has_flag: false,
        set: |settings, value| put(&mut settings.limits.budget_warning_percent, within(value, 0, 100)),
        show: |settings| settings.limits.budget_warning_percent.to_string(),
    },
    Field {
        name: "time_zone",
        variables: &["RELAY_TIME_ZONE"],
        allowed: "a time zone such as Europe/Berlin, or UTC",
        help: "Where the days and months of budgets and usage begin; the system's if unset",
        has_flag: false,
        set: |settings, value| put(&mut settings.limits.time_zone, TimeZone::get(value).ok().map(Some)),
        show: |settings| {
            settings.limits.time_zone.as_ref().and_then(|zone| zone.iana_name()).unwrap_or_default().to_owned()
        },
    },
    Field {
        name: "memcached_servers",
        variables: &["MEMCACHED_SERVERS", "RELAY_MEMCACHED_SERVERS", "MEMCACHED_HOST"],
        allowed: "names or addresses of servers, each with or without a port, such as 10.0.0.5:11211,cache.lan",
        help: "memcached servers through which several relays share limits and budgets",
        has_flag: false,
        set: |settings, value| put(&mut settings.memcached_servers, list(value, server)),
        show: |settings| settings.memcached_servers.join(","),
    },
    Field {
        name: "memcached_port",
        variables: &["MEMCACHED_PORT", "RELAY_MEMCACHED_PORT"],
        allowed: "a port from 1 to 65535",
        help: "Port of the memcached servers that name none",
        has_flag: false,
        set: |settings, value| put(&mut settings.memcached_port, value.parse().ok().filter(|port| *port > 0)),
        show: |settings| settings.memcached_port.to_string(),
    },
    Field {
        name: "tokens_file",
        variables: &["RELAY_TOKENS_FILE"],
        allowed: "the path of a file",
        help: "File of tokens that several relays share; read again when it changes",
        has_flag: false,
        set: |settings, value| put(&mut settings.tokens_file, Some(Some(value.into()))),
        show: |settings| settings.tokens_file.as_ref().map(|path| path.display().to_string()).unwrap_or_default(),
    },
    Field {
        name: "usage_days",
        variables: &["RELAY_USAGE_DAYS"],
        allowed: "a number of days from 1 to 3650",
        help: "Days that each request is kept in the usage; the totals of days stay",
        has_flag: false,
        set: |settings, value| put(&mut settings.usage_days, within(value, 1, 3_650)),
        show: |settings| settings.usage_days.to_string(),
    },
    Field {
        name: "metrics",
        variables: &["RELAY_METRICS"],
        allowed: "off, loopback or network",
        help: "Who may read /metrics: nobody, programs of this machine, or whoever reaches the relay",
        has_flag: false,
        set: |settings, value| put(&mut settings.metrics, value.parse().ok()),
        show: |settings| settings.metrics.to_string(),
    },
];
