//! One spelling for every path, before it is routed.
//!
//! Apps are given a base address with or without `/v1`, with or without a slash at its end, and put their own `/v1` and
//! slashes to it; some know Anthropic's API under `/anthropic`. All of these mean the same route.

use http::{Request, Uri, uri::PathAndQuery};

/// Paths whose one spelling has no `/v1`. Apps that probe their base address are answered by the first.
const OUTSIDE: [&str; 4] = ["/", "/health", "/health/ready", "/metrics"];

/// What is below this has none either: the addresses of what was made.
const RESULTS: &str = "/results/";

/// What may stand in front of a path, and as often as it likes.
const PREFIXES: [&str; 2] = ["v1", "anthropic"];

/// `request` under the one spelling of its path; the query stays as it is.
pub(super) fn canonical<B>(mut request: Request<B>) -> Request<B> {
    if let Some(path) = spelled(request.uri().path())
        && let Some(uri) = with_path(request.uri(), path)
    {
        *request.uri_mut() = uri;
    }
    request
}

/// The one spelling, if it differs.
fn spelled(path: &str) -> Option<String> {
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let prefixes = segments.iter().take_while(|segment| PREFIXES.contains(*segment)).count();
    let bare = format!("/{}", segments[prefixes..].join("/"));
    let one = if OUTSIDE.contains(&bare.as_str()) || bare.starts_with(RESULTS) { bare } else { format!("/v1{bare}") };
    (one != path).then_some(one)
}

fn with_path(uri: &Uri, path: String) -> Option<Uri> {
    let path_and_query = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path,
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(path_and_query.parse::<PathAndQuery>().ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(uri: &str) -> String {
        canonical(Request::get(uri).body(()).unwrap()).uri().to_string()
    }

    #[test]
    fn every_spelling_of_a_path_is_one() {
        for spelling in [
            "/v1/chat/completions",
            "/chat/completions",
            "/v1/v1/chat/completions",
            "/v1//chat/completions/",
            "//chat//completions",
        ] {
            assert_eq!(uri(spelling), "/v1/chat/completions", "{spelling}");
        }
        for spelling in ["/messages", "/anthropic/v1/messages", "/v1/anthropic/v1/messages", "/anthropic/messages/"] {
            assert_eq!(uri(spelling), "/v1/messages", "{spelling}");
        }
        assert_eq!(uri("/anthropic/v1/messages/count_tokens?beta=true"), "/v1/messages/count_tokens?beta=true");
        assert_eq!(uri("/models?api-version=1&x=/v1/"), "/v1/models?api-version=1&x=/v1/");
        assert_eq!(uri("http://localhost:5001/models/"), "http://localhost:5001/v1/models");
        assert_eq!(uri("/models/openai%2Fgpt-4o"), "/v1/models/openai%2Fgpt-4o");
        assert_eq!(uri("/v1/models/black-forest-labs/flux-dev"), "/v1/models/black-forest-labs/flux-dev");
    }

    #[test]
    fn paths_outside_the_prefix_stay_there() {
        let models = "/v1/models/anthropic/claude";
        assert_eq!((uri("/anthropic"), uri("/models/anthropic/claude")), ("/".into(), models.into()));
        assert_eq!((uri("/"), uri("//"), uri("/health/")), ("/".into(), "/".into(), "/health".into()));
        assert_eq!(
            (uri("/results/a.png"), uri("/v1/results/a.png")),
            ("/results/a.png".into(), "/results/a.png".into())
        );
        assert_eq!(
            (uri("/v1"), uri("/v1/health/ready"), uri("/nope")),
            ("/".into(), "/health/ready".into(), "/v1/nope".into())
        );
    }
}
