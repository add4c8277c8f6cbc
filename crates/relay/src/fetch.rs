//! The only place that opens an address a client named.
//!
//! Whoever may ask the relay could make it open what only this machine can reach: a router, a cloud's metadata, another
//! program's port. So only public addresses are opened. An address that is written as a number is judged before anything
//! is done; a name is resolved by [`Guarded`], which gives the connection nothing but addresses that were judged, so there is
//! no second look-up that could answer otherwise; a redirect is judged like the first address. No proxy is used, because it
//! would resolve names by itself, unless the settings say so. This room must never know keys.

mod address;

use std::{
    fmt,
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use http::{StatusCode, header};
use ipnet::IpNet;
use reqwest::{
    Client, Proxy, Response,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::{Host, Url};

use crate::settings::Settings;

/// The largest file that is fetched, in MiB.
const LARGEST_MB: usize = 20;

/// How long one fetch may take, redirects and all.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// How long a connection may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// The most redirects that are followed.
const MOST_REDIRECTS: usize = 3;

/// The most fetched files at a time: each is held in memory until it is uploaded.
const MOST_AT_ONCE: usize = 16;

/// Names of any machine, by their look-up. Tests put their own in its place.
type Lookup = Arc<dyn Fn(String) -> Answer + Send + Sync>;
type Answer = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// What is expected at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// A picture.
    Image,
    /// Any file.
    File,
}

/// What was at an address.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) bytes: Bytes,
    /// What the server says it is, without parameters.
    pub(crate) media_type: Option<String>,
    /// The last part of its path.
    pub(crate) name: Option<String>,
    /// To be held as long as the bytes are.
    pub(crate) slot: OwnedSemaphorePermit,
}

/// Why an address was not opened, or gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FetchError {
    #[error("it is no address that begins with https:// or http://")]
    Address,
    #[error("it holds a user name or password, which the relay sends to nobody")]
    Credentials,
    #[error(
        "it leads to this machine or a private network, which the relay does not open unless RELAY_FETCH_PRIVATE allows it"
    )]
    Private,
    #[error("it redirects more than {MOST_REDIRECTS} times")]
    Redirects,
    #[error("it answers HTTP {0}")]
    Status(u16),
    #[error("it is {0} and not a picture")]
    MediaType(String),
    #[error("it is larger than {LARGEST_MB} MiB")]
    TooLarge,
    #[error("it did not come within {} s", TIME_LIMIT.as_secs())]
    Timeout,
    #[error("it can't be reached")]
    Unreachable,
}

/// Opens addresses, by the settings it was made from. Nothing is made before the first fetch.
#[derive(Clone)]
pub(crate) struct Fetcher {
    allowed: Arc<[IpNet]>,
    proxy: Option<onemin::ProxyUrl>,
    lookup: Lookup,
    client: Arc<OnceLock<Option<Client>>>,
    slots: Arc<Semaphore>,
}

impl Fetcher {
    /// A fetcher by these settings.
    pub(crate) fn new(settings: &Settings) -> Self {
        let proxy = settings.proxy.clone().filter(|_| settings.fetch_through_proxy);
        Self::with_lookup(settings.fetch_private.as_slice(), proxy, Arc::new(|name| Box::pin(system_lookup(name))))
    }

    fn with_lookup(allowed: &[IpNet], proxy: Option<onemin::ProxyUrl>, lookup: Lookup) -> Self {
        let slots = Arc::new(Semaphore::new(MOST_AT_ONCE));
        Self { allowed: allowed.into(), proxy, lookup, client: Arc::default(), slots }
    }

    /// What is at `address`. Dropping the future ends the fetch.
    ///
    /// # Errors
    /// [`FetchError`]: the address may not be opened, or there is nothing of use.
    pub(crate) async fn fetch(&self, address: &str, wanted: Wanted) -> Result<Fetched, FetchError> {
        let url = Url::parse(address.trim()).map_err(|_| FetchError::Address)?;
        self.judge(&url)?;
        let slot = Arc::clone(&self.slots).acquire_owned().await.map_err(|_| FetchError::Unreachable)?;
        let fetched = tokio::time::timeout(TIME_LIMIT, self.follow(url, wanted)).await;
        let (bytes, media_type, name) = fetched.unwrap_or(Err(FetchError::Timeout))?;
        Ok(Fetched { bytes, media_type, name, slot })
    }

    /// Whether an address may be opened, as far as its text tells. What a name stands for is judged when it is resolved.
    fn judge(&self, url: &Url) -> Result<(), FetchError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(FetchError::Address);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(FetchError::Credentials);
        }
        // The parser has written every odd form of an IPv4 address (decimal, octal, hex, short) as the usual one.
        let literal = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            Some(Host::Domain(_)) => None,
            None => return Err(FetchError::Address),
        };
        match literal {
            Some(address) if !address::may_open(address, &self.allowed) => Err(FetchError::Private),
            _ => Ok(()),
        }
    }

    async fn follow(&self, mut url: Url, wanted: Wanted) -> Result<File, FetchError> {
        for _ in 0..=MOST_REDIRECTS {
            let response = self.open(&url, wanted).await?;
            let Some(location) = redirect_of(&response) else { return read(response, &url, wanted).await };
            url = url.join(&location).map_err(|_| FetchError::Address)?;
            self.judge(&url)?;
        }
        Err(FetchError::Redirects)
    }

    async fn open(&self, url: &Url, wanted: Wanted) -> Result<Response, FetchError> {
        let client = self.client.get_or_init(|| self.make_client()).as_ref().ok_or(FetchError::Unreachable)?;
        let accept = if wanted == Wanted::Image { "image/*" } else { "*/*" };
        let sent = client.get(url.clone()).header(header::ACCEPT, accept).send().await;
        let response =
            sent.map_err(|error| if is_private(&error) { FetchError::Private } else { FetchError::Unreachable })?;
        let is_direct = self.proxy.is_none();
        match response.remote_addr() {
            // Never, if the resolver does what it should.
            Some(peer) if is_direct && !address::may_open(peer.ip(), &self.allowed) => Err(FetchError::Private),
            _ => Ok(response),
        }
    }

    /// `None`: the HTTP stack can't start, which it could for 1min.ai.
    fn make_client(&self) -> Option<Client> {
        let builder = Client::builder()
            .user_agent(concat!("1min-relay/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT_LIMIT)
            // Each connection is judged anew.
            .pool_max_idle_per_host(0)
            .no_proxy();
        let builder = match &self.proxy {
            Some(proxy) => builder.proxy(Proxy::all(proxy.as_url().clone()).ok()?),
            None => {
                let (lookup, allowed) = (Arc::clone(&self.lookup), Arc::clone(&self.allowed));
                builder.dns_resolver(Guarded { lookup, allowed })
            }
        };
        builder.build().inspect_err(|error| tracing::warn!(%error, "addresses can't be opened")).ok()
    }
}

impl fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetcher").field("allowed", &self.allowed).field("proxy", &self.proxy).finish_non_exhaustive()
    }
}

async fn system_lookup(name: String) -> io::Result<Vec<IpAddr>> {
    Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect())
}

/// Resolves names to addresses that may be opened, and to nothing else.
struct Guarded {
    lookup: Lookup,
    allowed: Arc<[IpNet]>,
}

/// A name stands for nothing but addresses that may not be opened.
#[derive(Debug, thiserror::Error)]
#[error("a private address")]
struct PrivateName;

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let answer = (self.lookup)(name.as_str().to_owned());
        let allowed = Arc::clone(&self.allowed);
        Box::pin(async move {
            let found = answer.await?;
            let is_known = !found.is_empty();
            let open: Vec<IpAddr> = found.into_iter().filter(|address| address::may_open(*address, &allowed)).collect();
            if is_known && open.is_empty() {
                return Err(PrivateName.into());
            }
            let addresses: Addrs = Box::new(open.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}

/// Whether a connection failed because its name stands for a private address.
fn is_private(error: &reqwest::Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<PrivateName>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Where an answer redirects to.
fn redirect_of(response: &Response) -> Option<String> {
    let is_redirect = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    let location = response.headers().get(header::LOCATION).filter(|_| is_redirect)?;
    location.to_str().ok().map(str::to_owned)
}

/// Bytes, media type and name.
type File = (Bytes, Option<String>, Option<String>);

async fn read(response: Response, url: &Url, wanted: Wanted) -> Result<File, FetchError> {
    if response.status() != StatusCode::OK {
        return Err(FetchError::Status(response.status().as_u16()));
    }
    let media_type = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = media_type.map(|value| value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
    let media_type = media_type.filter(|media_type| !media_type.is_empty());
    if let Some(other) = media_type.as_deref().filter(|media_type| wanted == Wanted::Image && !may_be_image(media_type))
    {
        return Err(FetchError::MediaType(other.chars().take(80).collect()));
    }
    let largest = LARGEST_MB << 20;
    if response.content_length().is_some_and(|length| usize::try_from(length).is_ok_and(|length| length > largest)) {
        return Err(FetchError::TooLarge);
    }
    let mut bytes = BytesMut::new();
    let mut body = response.bytes_stream();
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|_| FetchError::Unreachable)?;
        if bytes.len() + piece.len() > largest {
            return Err(FetchError::TooLarge);
        }
        bytes.extend_from_slice(&piece);
    }
    let name = url.path_segments().and_then(Iterator::last).filter(|name| !name.is_empty());
    Ok((bytes.freeze(), media_type, name.map(str::to_owned)))
}

/// Whether a picture may come under this media type; storage services send the second and third.
fn may_be_image(media_type: &str) -> bool {
    media_type.starts_with("image/") || matches!(media_type, "application/octet-stream" | "binary/octet-stream")
}

#[cfg(test)]
mod tests;
