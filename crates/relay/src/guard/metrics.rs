//! Who may read the figures: nobody, programs of this machine, or whoever reaches the relay, as the setting says. They name
//! nobody, but tell how much is asked and spent.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, HeaderName, header};

use super::credential;
use crate::{
    error::Error,
    listen::Peer,
    settings::MetricsFor,
    shared::{Shared, Snapshot},
};

/// What proxies add: who asks is behind one, and may be anywhere.
const FORWARDED: [HeaderName; 3] =
    [header::FORWARDED, HeaderName::from_static("x-forwarded-for"), HeaderName::from_static("x-real-ip")];

/// The layer.
pub(crate) async fn layer(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Result<Response, Error> {
    let snapshot = request.extensions().get::<Arc<Snapshot>>().ok_or(Error::Internal)?;
    let Peer(peer) = *request.extensions().get::<Peer>().ok_or(Error::Internal)?;
    match snapshot.settings.metrics {
        MetricsFor::Nobody => return Err(Error::MetricsOff),
        MetricsFor::Loopback if !is_of_this_machine(peer, request.headers()) => return Err(Error::MetricsNotAllowed),
        MetricsFor::Loopback => {}
        MetricsFor::Network => credential::check_token(&shared, snapshot, request.headers(), peer).await?,
    }
    Ok(next.run(request).await)
}

fn is_of_this_machine(peer: IpAddr, headers: &HeaderMap) -> bool {
    peer.to_canonical().is_loopback() && FORWARDED.iter().all(|name| !headers.contains_key(name))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn this_machine_is_known_by_its_address_and_not_believed_of_what_comes_through_a_proxy() {
        let none = HeaderMap::new();
        for own in ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"] {
            assert!(is_of_this_machine(own.parse().unwrap(), &none), "{own}");
        }
        for foreign in ["192.168.1.7", "::ffff:192.168.1.7", "fe80::1", "0.0.0.0"] {
            assert!(!is_of_this_machine(foreign.parse().unwrap(), &none), "{foreign}");
        }
        for name in FORWARDED {
            let headers = HeaderMap::from_iter([(name.clone(), HeaderValue::from_static("127.0.0.1"))]);
            assert!(!is_of_this_machine("127.0.0.1".parse().unwrap(), &headers), "{name}");
        }
    }
}
