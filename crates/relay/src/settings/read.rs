//! Reads the values of settings from text.

use std::{collections::BTreeMap, net::IpAddr, time::Duration};

use ipnet::IpNet;
use url::Url;

pub(super) fn put<T>(place: &mut T, value: Option<T>) -> bool {
    value.map(|value| *place = value).is_some()
}

pub(super) fn within(value: &str, least: u64, most: u64) -> Option<u64> {
    value.parse().ok().filter(|number| (least..=most).contains(number))
}

pub(super) fn seconds(value: &str) -> Option<Duration> {
    within(value, 1, 86_400).map(Duration::from_secs)
}

pub(super) fn truth(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}

pub(super) fn web_address(value: &str) -> Option<Url> {
    let is_plain = |url: &Url| url.username().is_empty() && url.password().is_none();
    Url::parse(value).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host() && is_plain(url))
}

pub(super) fn log_filter(value: &str) -> Option<String> {
    value.parse::<tracing_subscriber::filter::Targets>().is_ok().then(|| value.to_owned())
}

pub(super) fn minutes_or_never(value: &str) -> Option<Option<Duration>> {
    if value == "0" {
        return Some(None);
    }
    within(value, 1, 10_080).map(|minutes| Some(Duration::from_secs(minutes * 60)))
}

/// Items separated by commas; blanks around them and empty ones do not count.
pub(super) fn list<T>(value: &str, read: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    value.split(',').map(str::trim).filter(|item| !item.is_empty()).map(read).collect()
}

/// A range of addresses, or one.
pub(super) fn range(value: &str) -> Option<IpNet> {
    value.parse().ok().or_else(|| value.parse::<IpAddr>().ok().map(IpNet::from))
}

/// The name of a model, as requests have it.
pub(super) fn model_name(value: &str) -> Option<String> {
    let is_name = !value.is_empty() && value.len() <= 256 && !value.contains(char::is_whitespace);
    is_name.then(|| value.to_owned())
}

/// Pairs such as `name=value`, separated by commas.
pub(super) fn pairs(value: &str) -> Option<BTreeMap<String, String>> {
    let pair = |item: &str| {
        let (name, value) = item.split_once('=')?;
        let (name, value) = (name.trim(), value.trim());
        (!name.is_empty() && !value.is_empty()).then(|| (name.to_owned(), value.to_owned()))
    };
    list(value, pair).map(BTreeMap::from_iter)
}

pub(super) fn show_pairs(pairs: &BTreeMap<String, String>) -> String {
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(",")
}

/// A server's name or address, with or without a port.
pub(super) fn server(value: &str) -> Option<String> {
    let url = Url::parse(&format!("memcached://{value}")).ok()?;
    let has_user = !url.username().is_empty() || url.password().is_some();
    let is_plain = !has_user && url.path().is_empty() && url.query().is_none();
    (is_plain && url.has_host() && url.fragment().is_none()).then(|| value.to_owned())
}

/// A host name in lower case, without the dot that may end it.
pub(crate) fn host_name(value: &str) -> Option<String> {
    let name = value.trim_end_matches('.').to_ascii_lowercase();
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    (!name.is_empty() && name.bytes().all(is_name)).then_some(name)
}

/// A web page's origin as browsers write it: scheme, host, and the port if it is not the usual one.
pub(crate) fn origin(value: &str) -> Option<String> {
    let url = web_address(value)?;
    let has_more = url.path() != "/" || url.query().is_some() || url.fragment().is_some();
    let has_user = !url.username().is_empty() || url.password().is_some();
    (!has_more && !has_user).then(|| url.origin().ascii_serialization())
}
