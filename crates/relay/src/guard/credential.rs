//! Finds the 1min.ai key that pays for a request: the stored one, else the one the client sent.

use std::sync::Arc;

use axum::{extract::Request, middleware::Next, response::Response};
use http::{HeaderMap, header};
use onemin::ApiKey;

use super::Caller;
use crate::{error::Error, shared::Snapshot};

/// The layer.
pub(crate) async fn layer(mut request: Request, next: Next) -> Result<Response, Error> {
    let stored = request.extensions().get::<Arc<Snapshot>>().and_then(|snapshot| snapshot.key.clone());
    let key = match stored {
        Some(key) => key,
        None => ApiKey::new(sent(request.headers()).ok_or(Error::MissingKey)?).map_err(Error::InvalidKey)?,
    };
    request.extensions_mut().insert(Caller { key });
    Ok(next.run(request).await)
}

/// The credential a client sent: `Authorization: Bearer` as OpenAI has it, `x-api-key` as Anthropic, `api-key` as Azure.
fn sent(headers: &HeaderMap) -> Option<&str> {
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
