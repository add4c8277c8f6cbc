//! The address by which a client reached the relay, for what it is told to fetch there.

use http::{header, request::Parts};

use crate::settings::Settings;

/// `RELAY_PUBLIC_URL`, else what the client itself asked; without a slash at its end.
pub(super) fn of(parts: &Parts, settings: &Settings) -> String {
    if let Some(public) = &settings.public_url {
        return public.as_str().trim_end_matches('/').to_owned();
    }
    // HTTP/2 and absolute addresses carry the name in the address; HTTP/1.0 may carry none.
    let authority = parts.uri.authority().map(ToString::to_string);
    let host = || parts.headers.get(header::HOST).and_then(|host| host.to_str().ok()).map(str::to_owned);
    let host = authority.or_else(host).unwrap_or_else(|| format!("127.0.0.1:{}", settings.port));
    format!("http://{host}")
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn base(request: http::request::Builder, settings: &Settings) -> String {
        of(&request.body(()).unwrap().into_parts().0, settings)
    }

    #[test]
    fn a_client_finds_the_relay_where_it_found_it_before() {
        let settings = Settings::default();
        let of = |request| base(request, &settings);
        assert_eq!(of(Request::get("/v1/x").header("host", "localhost:5001")), "http://localhost:5001");
        assert_eq!(of(Request::get("http://[::1]:5001/v1/x").header("host", "other")), "http://[::1]:5001");
        assert_eq!(of(Request::get("/v1/x")), "http://127.0.0.1:5001");
        let public =
            Settings { public_url: Some("https://relay.example.com/ai/".parse().unwrap()), ..settings.clone() };
        assert_eq!(base(Request::get("/").header("host", "x"), &public), "https://relay.example.com/ai");
    }
}
