//! Finds the 1min.ai key that pays for a request: the stored one, else the one the client sent.
//!
//! | stored key | token required | what a client sends | who pays |
//! |---|---|---|---|
//! | yes | any | a token of the relay (`1mr-...`) that is good | the stored key |
//! | none | any | such a token | nobody: 401 |
//! | any | any | one that is unknown, revoked or over | nobody: 401 |
//! | none | any | its own 1min.ai key | the client |
//! | none | any | nothing | nobody: 401 |
//! | yes | no | anything else or nothing | the stored key |
//! | yes | yes | anything else or nothing | nobody: 401 |
//!
//! A token is required where the setting says so, and wherever others than this machine's programs can reach a stored key. What
//! comes through a proxy may come from anywhere, though the proxy is of this machine.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, header};
use onemin::ApiKey;

use super::{Caller, local::is_of_this_machine, owner::Owner};
use crate::{
    error::Error,
    listen::Peer,
    policy::Policy,
    request::Ticket,
    shared::{Shared, Snapshot},
    token::{self, Token},
};

/// The layer.
pub(crate) async fn layer(
    State(shared): State<Arc<Shared>>,
    mut request: Request,
    next: Next,
) -> Result<Response, Error> {
    let snapshot = request.extensions().get::<Arc<Snapshot>>().ok_or(Error::Internal)?;
    let ticket = request.extensions().get::<Ticket>().ok_or(Error::Internal)?;
    let peer = request.extensions().get::<Peer>().ok_or(Error::Internal)?;
    let caller = match sent(request.headers()) {
        Some(credential) if token::is_token(credential) => with_token(&shared, snapshot, credential).await?,
        sent => {
            let is_foreign = !is_of_this_machine(peer.0, request.headers());
            without_token(&shared, snapshot, sent, is_foreign).await?
        }
    };
    ticket.caller(caller.owner.as_str(), caller.policy.token.as_deref());
    request.extensions_mut().insert(caller);
    Ok(next.run(request).await)
}

/// Who sends a token: it owns what is made with it, and the stored key pays.
async fn with_token(shared: &Shared, snapshot: &Snapshot, credential: &str) -> Result<Caller, Error> {
    let token = good_token(shared, credential).await?;
    let key = snapshot.key.clone().ok_or(Error::TokenWithoutKey)?;
    Ok(Caller {
        account: shared.salt.account(&key),
        key,
        owner: Owner::of_token(&token.info.id),
        policy: Arc::new(Policy::of_token(&token.info, &snapshot.callers)),
    })
}

async fn good_token(shared: &Shared, credential: &str) -> Result<Arc<Token>, Error> {
    let token = shared.tokens.find(credential).await.ok_or(Error::UnknownToken)?;
    if token.info.is_expired(shared.clock.unix_ms()) { Err(Error::ExpiredToken) } else { Ok(token) }
}

/// Who sends none: with a stored key everybody is one and the same, without one everybody brings a key.
async fn without_token(
    shared: &Shared,
    snapshot: &Snapshot,
    sent: Option<&str>,
    is_foreign: bool,
) -> Result<Caller, Error> {
    let policy = Arc::clone(&snapshot.callers);
    let Some(key) = snapshot.key.clone() else {
        let key = ApiKey::new(sent.ok_or(Error::MissingKey)?).map_err(Error::InvalidKey)?;
        shared.salt.agree(&shared.store).await?;
        let account = shared.salt.account(&key);
        return Ok(Caller { key, owner: Owner::from(&account), account, policy });
    };
    if takes_token(snapshot, is_foreign) {
        return Err(Error::MissingToken);
    }
    Ok(Caller { account: shared.salt.account(&key), key, owner: Owner::local(), policy })
}

/// Whether it takes a token to use the stored key from there.
fn takes_token(snapshot: &Snapshot, is_foreign: bool) -> bool {
    // Also while the relay moves to another address: settings and listener are not changed in the same moment.
    snapshot.key.is_some() && (snapshot.requires_token() || is_foreign && !snapshot.is_demo)
}

/// Whether these headers hold a token, where it takes one to use the stored key; for what needs no key.
///
/// # Errors
/// As the layer's.
pub(super) async fn check_token(
    shared: &Shared,
    snapshot: &Snapshot,
    headers: &HeaderMap,
    peer: IpAddr,
) -> Result<(), Error> {
    if !takes_token(snapshot, !is_of_this_machine(peer, headers)) {
        return Ok(());
    }
    let token = sent(headers).filter(|sent| token::is_token(sent)).ok_or(Error::MissingToken)?;
    good_token(shared, token).await.map(drop)
}

/// The credential a client sent: `Authorization: Bearer` as OpenAI has it, `x-api-key` as Anthropic, `api-key` as Azure. A
/// token goes over others, which apps keep on sending from their settings.
pub(super) fn sent(headers: &HeaderMap) -> Option<&str> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let bearer = text(header::AUTHORIZATION.as_str()).and_then(|value| {
        let (scheme, credential) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| credential.trim())
    });
    let mut sent = [bearer, text("x-api-key"), text("api-key")].into_iter().flatten().filter(|sent| !sent.is_empty());
    let first = sent.next()?;
    Some(if token::is_token(first) { first } else { sent.find(|other| token::is_token(other)).unwrap_or(first) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};

    fn sent_in(headers: &[(&'static str, &'static str)]) -> Option<String> {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        sent(&headers.iter().map(pair).collect()).map(str::to_owned)
    }

    #[test]
    fn a_credential_is_found_in_each_of_its_places() {
        assert_eq!(sent_in(&[("authorization", "Bearer one")]).as_deref(), Some("one"));
        assert_eq!(sent_in(&[("authorization", "bEARER  one ")]).as_deref(), Some("one"));
        assert_eq!(sent_in(&[("x-api-key", "two")]).as_deref(), Some("two"));
        assert_eq!(sent_in(&[("api-key", "three")]).as_deref(), Some("three"));
        assert_eq!(sent_in(&[("authorization", "Bearer "), ("x-api-key", "two")]).as_deref(), Some("two"));
        assert_eq!(sent_in(&[("authorization", "Bearer one"), ("api-key", "1mr-x")]).as_deref(), Some("1mr-x"));
        for none in [&[][..], &[("authorization", "Basic abc")], &[("authorization", "Bearer")], &[("x-api-key", " ")]]
        {
            assert_eq!(sent_in(none), None);
        }
    }
}
