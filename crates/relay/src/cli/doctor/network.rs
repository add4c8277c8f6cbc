//! The way to 1min.ai: the proxy, the name, the connection, TLS, the clock; then the key and the list of models.

use std::{io, time::Duration};

use hyper_util::client::proxy::matcher::Matcher;
use onemin::{Client, KeyCheck, Knock};
use tokio::net::{TcpStream, lookup_host};
use url::{Host, Url};

use super::{Finding, Findings, State};
use crate::{
    catalog::{CatalogStatus, Source},
    cli::{Context, Failure, KeyError, StoredKey, key_command::ask, models},
    clock::Clock,
    relay::Relay,
    settings::Origin,
};

/// How long a name, a connection, and an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// How far the clock may be off, in seconds, before it is worth knowing, and before things go wrong.
const CLOCK_WARNING: u64 = 60;
const CLOCK_PROBLEM: u64 = 300;

/// The variables by which the system names a proxy, for a scheme, in the order in which they count.
const PROXIES_OF_HTTPS: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
const PROXIES_OF_HTTP: [&str; 4] = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

/// A proxy that is in the way, and who says so.
struct Way {
    proxy: onemin::ProxyUrl,
    set_by: &'static str,
}

/// Looks at everything between the relay and 1min.ai.
pub(super) async fn look(
    context: &Context,
    relay: &Relay,
    key: &Result<Option<StoredKey>, KeyError>,
) -> Result<Findings, Failure> {
    let api_url = &context.settings().api_url;
    let client = Client::new(&context.settings().client_options())?;
    let way = way(context, api_url);
    let (proxy, name, reached, knock, checked, catalog) = tokio::join!(
        proxy(way.as_ref()),
        name(api_url, way.is_some()),
        connect(api_url),
        knock(&client),
        check(context, key),
        relay.refresh_catalog(),
    );
    let is_named = name.as_ref().is_none_or(|name| name.state != State::Problem);
    let has_proxy = way.is_some() && proxy.state != State::Problem;
    let mut findings = vec![proxy];
    findings.extend(name);
    // Behind a proxy nobody need reach 1min.ai by themselves, and a fault is not told once more where something else needs it.
    if way.is_none() && is_named {
        findings.push(connection(api_url, reached.as_ref()));
    }
    if has_proxy || way.is_none() && reached.is_ok() {
        findings.push(answer(api_url, way.as_ref(), &knock));
    }
    findings.push(clock(knock.as_ref().ok(), Clock::system()));
    findings.push(stored_key(key, checked?, knock.is_ok()));
    findings.push(models_listed(&catalog, api_url, knock.is_ok()));
    Ok(findings)
}

/// The proxy that calls to 1min.ai go through, as the client decides it.
fn way(context: &Context, api_url: &Url) -> Option<Way> {
    if let Some(proxy) = &context.settings().proxy {
        return Some(Way { proxy: proxy.clone(), set_by: "RELAY_PROXY" });
    }
    if is_of_this_machine(api_url) {
        return None;
    }
    // The code by which the client decides it: NO_PROXY and what the system's own settings say count too.
    let found = Matcher::from_system().intercept(&api_url.as_str().parse().ok()?)?;
    let names = if api_url.scheme() == "https" { PROXIES_OF_HTTPS } else { PROXIES_OF_HTTP };
    let named = names.into_iter().find_map(|name| {
        // Only what the process was given: the client does not read .env.
        let (value, _) = context.environment.get(name).filter(|(_, origin)| *origin == Origin::Environment)?;
        Some((name, value.parse().or_else(|_| format!("http://{value}").parse()).ok()?))
    });
    match named {
        Some((set_by, proxy)) => Some(Way { proxy, set_by }),
        None => Some(Way { proxy: found.uri().to_string().parse().ok()?, set_by: "the system's settings" }),
    }
}

fn is_of_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

async fn proxy(way: Option<&Way>) -> Finding {
    const NAME: &str = "Proxy";
    let Some(Way { proxy, set_by }) = way else { return Finding::ok(NAME, "none is used") };
    match connect(proxy.as_url()).await {
        Ok(()) => Finding::ok(NAME, format!("1min.ai is asked through {proxy} ({set_by}), where something listens")),
        Err(error) => Finding::problem(
            NAME,
            format!("1min.ai is asked through {proxy} ({set_by}), which can't be reached: {error}"),
            format!("Start the proxy, or set {set_by} right"),
        ),
    }
}

/// The name of the API's host; `None` for an address, which needs no looking up.
async fn name(api_url: &Url, has_proxy: bool) -> Option<Finding> {
    const NAME: &str = "DNS";
    let Some(Host::Domain(host)) = api_url.host() else { return None };
    let found = in_time(async { lookup_host((host, 0)).await.map(Iterator::count) }).await;
    Some(match found {
        Ok(count) if count > 0 => Finding::ok(NAME, format!("{host} has {count} addresses")),
        _ if has_proxy => Finding::ok(NAME, format!("{host} is not found from here; the proxy looks it up")),
        found => {
            let why = found.err().map_or_else(|| "it has no address".to_owned(), |error| error.to_string());
            Finding::problem(
                NAME,
                format!("{host} is not found: {why}"),
                "Check this machine's network and DNS, ONE_MIN_API_URL, or set RELAY_PROXY where a proxy is the way out",
            )
        }
    })
}

/// Whether anything listens where an address leads.
async fn connect(url: &Url) -> io::Result<()> {
    let host = match url.host() {
        Some(Host::Domain(name)) => name.to_owned(),
        Some(Host::Ipv4(address)) => address.to_string(),
        Some(Host::Ipv6(address)) => address.to_string(),
        None => return Err(io::ErrorKind::InvalidInput.into()),
    };
    in_time(TcpStream::connect((host, port_of(url)))).await.map(drop)
}

fn port_of(url: &Url) -> u16 {
    let is_socks = url.scheme().starts_with("socks");
    url.port_or_known_default().unwrap_or(if is_socks { 1_080 } else { 80 })
}

async fn in_time<T>(work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    let late = || io::Error::new(io::ErrorKind::TimedOut, format!("nothing came within {} s", PATIENCE.as_secs()));
    tokio::time::timeout(PATIENCE, work).await.unwrap_or_else(|_| Err(late()))
}

fn connection(api_url: &Url, reached: Result<&(), &io::Error>) -> Finding {
    const NAME: &str = "Connection";
    let (host, port) = (api_url.host_str().unwrap_or_default(), port_of(api_url));
    match reached {
        Ok(()) => Finding::ok(NAME, format!("{host}, port {port}, can be reached")),
        Err(error) => Finding::problem(
            NAME,
            format!("{host}, port {port}, can't be reached: {error}"),
            "Look for a firewall, or set RELAY_PROXY where a proxy is the way out",
        ),
    }
}

async fn knock(client: &Client) -> Result<Knock, String> {
    let late = || format!("no answer within {} s", PATIENCE.as_secs());
    let knocked = tokio::time::timeout(PATIENCE, client.knock()).await;
    knocked.map_err(|_| late())?.map_err(|error| error.to_string())
}

/// What came back, and whether it came encrypted.
fn answer(api_url: &Url, way: Option<&Way>, knock: &Result<Knock, String>) -> Finding {
    const NAME: &str = "TLS";
    let is_plain = api_url.scheme() == "http";
    match knock {
        Ok(Knock { status, .. }) if is_plain && is_of_this_machine(api_url) => {
            Finding::ok(NAME, format!("none, because {api_url} is on this machine; it answers with HTTP {status}"))
        }
        Ok(_) if is_plain => Finding::warning(
            NAME,
            format!("none: your 1min.ai key goes to {api_url} for everybody in between to read"),
            "Begin ONE_MIN_API_URL with https://",
        ),
        Ok(Knock { status, .. }) => Finding::ok(NAME, format!("the certificate is good; HTTP {status} came back")),
        Err(why) => {
            let advice = if is_plain {
                "Check ONE_MIN_API_URL"
            } else if way.is_some() {
                "Check that the proxy lets this host through, and that this system trusts its certificate if it opens TLS"
            } else {
                "Check the clock; a firewall or virus scanner that opens TLS needs its certificate in this system's store"
            };
            Finding::problem(NAME, why.trim_end_matches('.'), advice)
        }
    }
}

/// This machine's clock beside 1min.ai's.
fn clock(knock: Option<&Knock>, clock: Clock) -> Finding {
    const NAME: &str = "Clock";
    const ADVICE: &str =
        "Let the system set its clock from the network: TLS, the expiry of tokens and budgets go by it";
    let date = knock.and_then(|knock| knock.date.as_deref());
    let theirs = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
    let Some(theirs) = theirs.and_then(|date| u64::try_from(date.timestamp().as_second()).ok()) else {
        return Finding::warning(NAME, "it can't be compared: 1min.ai told no date", "Mend what is above first");
    };
    let ours = clock.unix_seconds();
    let (off, which) = if ours > theirs { (ours - theirs, "ahead of") } else { (theirs - ours, "behind") };
    let text = format!("it is {off} s {which} 1min.ai's");
    if off <= CLOCK_WARNING {
        Finding::ok(NAME, "it goes with 1min.ai's")
    } else if off <= CLOCK_PROBLEM {
        Finding::warning(NAME, text, ADVICE)
    } else {
        Finding::problem(NAME, text, ADVICE)
    }
}

/// What 1min.ai says of the stored key, if there is one.
async fn check(context: &Context, key: &Result<Option<StoredKey>, KeyError>) -> Result<Option<KeyCheck>, Failure> {
    let Ok(Some(stored)) = key else { return Ok(None) };
    let late = |_| Ok(KeyCheck::Unknown(format!("no answer within {} s", PATIENCE.as_secs())));
    tokio::time::timeout(PATIENCE, ask(context, &stored.key)).await.unwrap_or_else(late).map(Some)
}

fn stored_key(key: &Result<Option<StoredKey>, KeyError>, checked: Option<KeyCheck>, is_answering: bool) -> Finding {
    const NAME: &str = "Key";
    const ANOTHER: &str = "Copy it again from your 1min.ai account: 1min-relay key set";
    let stored = match key {
        Ok(Some(stored)) => stored,
        Ok(None) => {
            let text = "none is stored; each app sends your 1min.ai key as its API key";
            return Finding::warning(NAME, text, "1min-relay key set stores one for all apps of this machine");
        }
        Err(error) => return Finding::problem(NAME, error.to_string().trim_end_matches('.'), ANOTHER),
    };
    let what = format!("{}, from {}", stored.masked(), stored.place);
    match checked {
        Some(KeyCheck::Taken) => Finding::ok(NAME, format!("{what}; 1min.ai takes it")),
        Some(KeyCheck::Refused(words)) => {
            Finding::problem(NAME, format!("{what}; 1min.ai does not take it: {words}"), ANOTHER)
        }
        Some(KeyCheck::Unknown(why)) if is_answering => {
            Finding::problem(NAME, format!("{what}; it could not be checked: {why}"), "Try again in a while")
        }
        Some(KeyCheck::Unknown(_)) | None => {
            Finding::warning(NAME, format!("{what}; it could not be checked"), "Mend what is above first")
        }
    }
}

fn models_listed(status: &CatalogStatus, api_url: &Url, is_answering: bool) -> Finding {
    const NAME: &str = "Models";
    let what = format!("{} models, {}", status.models, models::origin(status));
    let drift = models::drift(&status.drift);
    match (status.source, &status.problem) {
        (Source::Live, None) if drift.is_empty() => Finding::ok(NAME, what),
        (Source::Live, None) => Finding::warning(
            NAME,
            format!("{what}. {}", drift.join(". ")),
            "Apps that name models that are gone need others; RELAY_MODEL_SUCCESSORS can name them",
        ),
        _ if is_answering => Finding::problem(NAME, what, format!("Check that {api_url} is 1min.ai")),
        _ => Finding::warning(NAME, what, "Mend what is above first"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(date: Option<&str>) -> Finding {
        let knock = Knock { status: 200, date: date.map(str::to_owned) };
        clock(Some(&knock), Clock::fixed(784_111_777))
    }

    #[test]
    fn a_clock_that_is_off_is_told_from_one_that_is_not() {
        for (date, state, words) in [
            ("Sun, 06 Nov 1994 08:49:37 GMT", State::Ok, "goes with"),
            ("Sun, 06 Nov 1994 08:50:37 GMT", State::Ok, "goes with"),
            ("Sun, 06 Nov 1994 08:48:36 GMT", State::Warning, "61 s ahead of"),
            ("Sun, 06 Nov 1994 09:49:37 GMT", State::Problem, "3600 s behind"),
        ] {
            let found = at(Some(date));
            assert!(found.state == state && found.text.contains(words), "{date}: {found:?}");
        }
        assert_eq!((at(None).state, at(Some("soon")).state), (State::Warning, State::Warning));
        assert_eq!(clock(None, Clock::fixed(0)).state, State::Warning);
    }

    #[test]
    fn a_port_that_no_address_names_is_the_schemes() {
        for (url, port) in [
            ("https://api.1min.ai", 443),
            ("http://proxy:3128", 3128),
            ("socks5h://proxy", 1_080),
            ("http://proxy", 80),
        ] {
            assert_eq!(port_of(&url.parse().unwrap()), port, "{url}");
        }
    }
}
