//! What callers and several relays share: access tokens, memcached.

use super::Finding;
use crate::{cli::Context, clock::Clock, memcached::Memcached, relay::Relay, token};

/// The access tokens: can they be read, and is there one where one is required?
pub(super) async fn tokens(context: &Context, relay: &Relay, has_key: bool) -> Finding {
    const NAME: &str = "Tokens";
    let settings = context.settings();
    // A relay goes on with what it read before; the doctor says what is wrong with the file.
    if let Some(Err(error)) = settings.tokens_file.as_deref().map(token::file::all) {
        let advice = "Mend the file that RELAY_TOKENS_FILE names; 1min-relay token add NAME --file makes one";
        return Finding::problem(NAME, error.to_string(), advice);
    }
    let tokens = match relay.tokens().await {
        Ok(tokens) => tokens,
        Err(error) => return Finding::problem(NAME, error.to_string(), "Look at the database first"),
    };
    let now_unix_ms = Clock::system().unix_ms();
    let expired = tokens.iter().filter(|token| token.is_expired(now_unix_ms)).count();
    let good = tokens.len() - expired;
    let text = format!("{good} may be used, {expired} have expired");
    match good {
        // Beyond this machine the relay does not start then, which is said of its port.
        0 if settings.require_token && has_key && settings.host.is_loopback() => Finding::problem(
            NAME,
            format!("{text}, and callers need one: everybody is refused"),
            "Make one with 1min-relay token add NAME, or turn RELAY_REQUIRE_TOKEN off",
        ),
        _ => Finding::ok(NAME, text),
    }
}

/// The memcached servers: does each keep things?
pub(super) async fn memcached(context: &Context) -> Finding {
    const NAME: &str = "memcached";
    let settings = context.settings();
    let Some(memcached) = Memcached::new(&settings.memcached_servers, settings.memcached_port) else {
        return Finding::ok(NAME, "none is set, so this relay counts alone");
    };
    let servers = memcached.probe().await;
    let wrong = servers.iter().filter_map(|server| Some(format!("{}: {}", server.name, server.problem.as_ref()?)));
    let wrong: Vec<String> = wrong.collect();
    if wrong.is_empty() {
        let names: Vec<String> = servers.into_iter().map(|server| server.name).collect();
        return Finding::ok(NAME, format!("{} can be written", names.join(", ")));
    }
    let text = format!("{}; meanwhile each relay counts alone", wrong.join("; "));
    Finding::problem(NAME, text, "Start it, or set MEMCACHED_SERVERS right")
}
