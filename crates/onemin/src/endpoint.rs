//! Where everything is: the addresses of the API, and those that files may be fetched from.

use url::{Host, Url};

use crate::client::SetupError;

/// Where an address of a file may lead besides the address of the files: the CDN, the docs' host, and the two forms of the
/// bucket (docs, live). A path is what it must begin with.
const FILE_HOSTS: [(&str, &str); 4] = [
    ("asset.1min.ai", "/"),
    ("storage.1min.ai", "/"),
    ("s3.us-east-1.amazonaws.com", "/asset.1min.ai/"),
    ("asset.1min.ai.s3.us-east-1.amazonaws.com", "/"),
];

#[derive(Debug)]
pub(crate) struct Endpoints {
    pub(crate) assets: Url,
    pub(crate) chat: Url,
    pub(crate) chat_stream: Url,
    pub(crate) features: Url,
    pub(crate) models: Url,
    results: Url,
    files: Url,
}

impl Endpoints {
    pub(crate) fn new(api_url: &Url, asset_url: &Url) -> Result<Self, SetupError> {
        let is_usable = |url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host();
        if !is_usable(api_url) || !is_usable(asset_url) {
            return Err(SetupError::ApiUrl);
        }
        let endpoint = |segments: &[&str]| below(api_url, segments).ok_or(SetupError::ApiUrl);
        let chat = endpoint(&["api", "chat-with-ai"])?;
        let mut chat_stream = chat.clone();
        chat_stream.set_query(Some("isStreaming=true"));
        Ok(Self {
            assets: endpoint(&["api", "assets"])?,
            chat,
            chat_stream,
            features: endpoint(&["api", "features"])?,
            models: endpoint(&["models"])?,
            results: endpoint(&["api", "results"])?,
            files: below(asset_url, &[]).ok_or(SetupError::ApiUrl)?,
        })
    }

    /// Where the result of a call is asked for. `None`: that is no id.
    pub(crate) fn result(&self, uuid: &str) -> Option<Url> {
        below(&self.results, &[uuid])
    }

    /// Where a file is by what a record says of it: a key, or an address, which must be one that files are at.
    pub(crate) fn file(&self, entry: &str) -> Option<Url> {
        let url = match Url::parse(entry) {
            Ok(url) => url,
            // No slash twice; one at the front is seen in code.
            Err(_) => below(&self.files, &entry.split('/').filter(|part| !part.is_empty()).collect::<Vec<_>>())?,
        };
        self.is_of_files(&url).then_some(url)
    }

    fn is_of_files(&self, url: &Url) -> bool {
        let place =
            |url: &Url| (url.scheme().to_owned(), url.host_str().map(str::to_owned), url.port_or_known_default());
        let is_known = || {
            url.scheme() == "https"
                && url.port_or_known_default() == Some(443)
                && FILE_HOSTS.iter().any(|(host, path)| url.host_str() == Some(host) && url.path().starts_with(path))
        };
        url.username().is_empty() && url.password().is_none() && (place(url) == place(&self.files) || is_known())
    }
}

/// An address with these segments at its end, and without query and fragment.
fn below(url: &Url, segments: &[&str]) -> Option<Url> {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.path_segments_mut().ok()?.pop_if_empty().extend(segments);
    Some(url)
}

/// Whether an address is this machine's own.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::ClientOptions;

    fn endpoints(api_url: &str, asset_url: &str) -> Result<Endpoints, SetupError> {
        Endpoints::new(&Url::parse(api_url).unwrap(), &Url::parse(asset_url).unwrap())
    }

    #[test]
    fn the_default_addresses_give_the_documented_endpoints() {
        let ClientOptions { api_url, asset_url, .. } = ClientOptions::default();
        let endpoints = Endpoints::new(&api_url, &asset_url).unwrap();
        assert_eq!(endpoints.chat.as_str(), "https://api.1min.ai/api/chat-with-ai");
        assert_eq!(endpoints.chat_stream.as_str(), "https://api.1min.ai/api/chat-with-ai?isStreaming=true");
        assert_eq!(endpoints.models.as_str(), "https://api.1min.ai/models");
        assert_eq!(endpoints.features.as_str(), "https://api.1min.ai/api/features");
        assert_eq!(endpoints.result("1-2").unwrap().as_str(), "https://api.1min.ai/api/results/1-2");
        assert_eq!(endpoints.file("images/a.png").unwrap().as_str(), "https://asset.1min.ai/images/a.png");
        assert_eq!(endpoints.file("/a//b c?.png").unwrap().as_str(), "https://asset.1min.ai/a/b%20c%3F.png");
    }

    #[test]
    fn a_path_prefix_is_kept_and_odd_addresses_are_refused() {
        let chat = |url: &str| endpoints(url, "http://localhost:9/files/").map(|e| e.chat.to_string());
        assert_eq!(chat("http://localhost:9/base/?x#y").unwrap(), "http://localhost:9/base/api/chat-with-ai");
        assert_eq!(chat("ftp://host/"), Err(SetupError::ApiUrl));
        assert_eq!(chat("data:text/plain,x"), Err(SetupError::ApiUrl));
        let files = endpoints("http://localhost:9/", "http://localhost:9/files/").unwrap();
        assert_eq!(files.file("a.png").unwrap().as_str(), "http://localhost:9/files/a.png");
        assert!(matches!(endpoints("http://localhost:9/", "file:///tmp"), Err(SetupError::ApiUrl)));
    }

    #[test]
    fn files_are_fetched_from_where_they_are_and_from_nowhere_else() {
        let endpoints = endpoints("https://api.1min.ai", "https://asset.1min.ai").unwrap();
        for good in [
            "https://asset.1min.ai/images/a.png",
            "https://storage.1min.ai/images/a.png?X-Amz-Expires=604800",
            "https://s3.us-east-1.amazonaws.com/asset.1min.ai/images/a.png?X-Amz-Signature=0",
            "https://asset.1min.ai.s3.us-east-1.amazonaws.com/images/a.png",
        ] {
            assert_eq!(endpoints.file(good).as_ref().map(Url::as_str), Some(good));
        }
        for bad in [
            "http://asset.1min.ai/a.png",
            "https://asset.1min.ai:8443/a.png",
            "https://asset.1min.ai.example.com/a.png",
            "https://example.com/asset.1min.ai/a.png",
            "https://s3.us-east-1.amazonaws.com/another-bucket/a.png",
            "https://s3.us-east-1.amazonaws.com/asset.1min.ai/../another-bucket/a.png",
            "https://s3.us-east-1.amazonaws.com/asset.1min.ai/%2e%2e/another-bucket/a.png",
            "https://asset.1min.ai@example.com/a.png",
            "https://me:secret@asset.1min.ai/a.png",
            "https://127.0.0.1/a.png",
            "http://169.254.169.254/latest/meta-data",
            "file:///etc/passwd",
            "data:image/png;base64,AAAA",
        ] {
            assert_eq!(endpoints.file(bad), None, "{bad}");
        }
        assert_eq!(endpoints.file("../../x.png").unwrap().as_str(), "https://asset.1min.ai/x.png");
    }

    #[test]
    fn a_stand_in_on_this_machine_serves_its_files_without_tls() {
        let endpoints = endpoints("http://127.0.0.1:7", "http://127.0.0.1:7").unwrap();
        assert!(endpoints.file("http://127.0.0.1:7/images/a.png").is_some());
        assert!(endpoints.file("http://127.0.0.1:8/images/a.png").is_none());
        assert!(endpoints.file("https://127.0.0.1:7/images/a.png").is_none());
    }
}
