//! Finds the 1min.ai key that pays for a request: the stored one, else the one the client sent.
//!
//! | stored key | token required | what a client sends | who pays |
//! |---|---|---|---|
//! | any | any | a token of the relay (`1mr-...`) | nobody: 401, there are no tokens yet |
//! | none | any | its own 1min.ai key | the client |
//! | none | any | nothing | nobody: 401 |
//! | yes | no | anything or nothing | the stored key |
//! | yes | yes | anything or nothing | nobody: 401 |

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, header};
use onemin::ApiKey;

use super::{Caller, owner::Owner};
use crate::{
    error::Error,
    request::Ticket,
    shared::{Shared, Snapshot},
};

/// What a token of the relay begins with. Such a credential is never taken for a 1min.ai key, so none leaves the machine.
const TOKEN_PREFIX: &str = "1mr-";

/// The layer.
pub(crate) async fn layer(
    State(shared): State<Arc<Shared>>,
    mut request: Request,
    next: Next,
) -> Result<Response, Error> {
    let snapshot = request.extensions().get::<Arc<Snapshot>>().ok_or(Error::Internal)?;
    let ticket = request.extensions().get::<Ticket>().ok_or(Error::Internal)?;
    let key = paying_key(snapshot, sent(request.headers()))?;
    let account = shared.salt.account(&key);
    let owner = if snapshot.key.is_some() { Owner::local() } else { Owner::from(&account) };
    let policy = Arc::clone(&snapshot.callers);
    ticket.caller(owner.as_str(), policy.token.as_deref());
    request.extensions_mut().insert(Caller { key, account, owner, policy });
    Ok(next.run(request).await)
}

fn paying_key(snapshot: &Snapshot, sent: Option<&str>) -> Result<ApiKey, Error> {
    if sent.is_some_and(|credential| credential.starts_with(TOKEN_PREFIX)) {
        return Err(Error::UnknownToken);
    }
    match &snapshot.key {
        Some(_) if snapshot.settings.require_token => Err(Error::MissingToken),
        Some(key) => Ok(key.clone()),
        None => ApiKey::new(sent.ok_or(Error::MissingKey)?).map_err(Error::InvalidKey),
    }
}

/// Whether the stored key may be used by whoever sent these headers, where that takes a token; for what needs no key.
///
/// # Errors
/// As the layer's.
pub(super) fn check_token(snapshot: &Snapshot, headers: &HeaderMap) -> Result<(), Error> {
    let takes_token = snapshot.key.is_some() && snapshot.settings.require_token;
    if takes_token { paying_key(snapshot, sent(headers)).map(drop) } else { Ok(()) }
}

/// The credential a client sent: `Authorization: Bearer` as OpenAI has it, `x-api-key` as Anthropic, `api-key` as Azure.
pub(super) fn sent(headers: &HeaderMap) -> Option<&str> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let bearer = text(header::AUTHORIZATION.as_str()).and_then(|value| {
        let (scheme, credential) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| credential.trim())
    });
    [bearer, text("x-api-key"), text("api-key")].into_iter().flatten().find(|credential| !credential.is_empty())
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
        for none in [&[][..], &[("authorization", "Basic abc")], &[("authorization", "Bearer")], &[("x-api-key", " ")]]
        {
            assert_eq!(sent_in(none), None);
        }
    }
}
