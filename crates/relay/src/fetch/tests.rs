use std::{
    net::Ipv4Addr,
    sync::atomic::{AtomicUsize, Ordering},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Loopback as well, but another range of it.
const THERE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// A server that answers every connection with the same bytes, and counts them.
struct Server {
    port: u16,
    accepted: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Server {
    async fn at(address: IpAddr, port: u16, answer: impl Into<Vec<u8>>) -> Self {
        let listener = TcpListener::bind((address, port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (accepted, answer) = (Arc::new(AtomicUsize::new(0)), answer.into());
        let counter = Arc::clone(&accepted);
        #[expect(clippy::disallowed_methods, reason = "ends with the test")]
        let task = tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                counter.fetch_add(1, Ordering::SeqCst);
                let mut request = [0; 4096];
                // The client may leave in the middle of an answer that is too long.
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(&answer).await;
            }
        });
        Self { port, accepted, task }
    }

    async fn start(answer: impl Into<Vec<u8>>) -> Self {
        Self::at(HERE, 0, answer).await
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/{path}", self.port)
    }

    fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn answer(head: &str, body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\n{head}content-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

fn redirect_to(location: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
}

/// A fetcher that allows these ranges, and whose names stand for these addresses, one list a look-up.
fn fetcher(allowed: &[&str], names: Vec<Vec<IpAddr>>) -> Fetcher {
    let allowed: Vec<IpNet> = allowed.iter().map(|range| range.parse().unwrap()).collect();
    let asked = AtomicUsize::new(0);
    let lookup = move |_| -> Answer {
        let turn = asked.fetch_add(1, Ordering::SeqCst);
        let answer = names.get(turn.min(names.len().saturating_sub(1))).cloned().unwrap_or_default();
        Box::pin(async move { Ok(answer) })
    };
    Fetcher::with_lookup(&allowed, None, Arc::new(lookup))
}

async fn refusal(fetcher: &Fetcher, address: &str) -> FetchError {
    fetcher.fetch(address, Wanted::Image).await.map(|fetched| fetched.bytes).unwrap_err()
}

#[tokio::test]
async fn a_picture_is_fetched_from_where_it_may_be() {
    let server = Server::start(answer("content-type: image/PNG; x=y\r\n", "bytes")).await;
    let fetcher = fetcher(&["127.0.0.1/32"], vec![vec![HERE]]);
    for address in [server.url("a/cat.png?x=1"), format!(" http://Name.example:{}/cat.png#x ", server.port)] {
        let fetched = fetcher.fetch(&address, Wanted::Image).await.unwrap();
        assert_eq!(fetched.bytes, "bytes");
        assert_eq!(fetched.media_type.as_deref(), Some("image/png"));
        assert_eq!(fetched.name.as_deref(), Some("cat.png"));
    }
    assert_eq!(server.accepted(), 2);
}

/// Addresses of this machine, and of others that are not public, in every form that some parser reads.
const HOSTS: &str = "127.0.0.1 127.1 127.0.1 2130706433 017700000001 0177.0.0.1 0x7f000001 0x7f.1 \
    0X7F.0x0.0x0.0x1 %31%32%37.0.0.1 １２７.0.0.1 127。0。0。1 127.0.0.1. 0.0.0.0 0 [::1] [::] [::ffff:127.0.0.1] \
    [::ffff:7f00:1] [::127.0.0.1] [64:ff9b::7f00:1] [2002:7f00:1::] 10.0.0.1 172.16.0.1 192.168.0.1 \
    169.254.169.254 2852039166 100.64.0.1 [fe80::1] [fd00::1] 224.0.0.1 255.255.255.255";

/// Every way to name this machine, or another that is not public; nothing is ever connected to.
#[tokio::test]
async fn what_is_not_public_is_refused_without_a_connection() {
    let server = Server::start(answer("", "secret")).await;
    let port = server.port;
    for host in HOSTS.split_whitespace() {
        let address = format!("http://{host}:{port}/");
        assert_eq!(refusal(&fetcher(&[], vec![]), &address).await, FetchError::Private, "{address}");
    }
    // Names: those of the system's own resolver, then one that anybody can have made.
    let system = Fetcher::new(&Settings::default());
    for name in ["localhost", "LOCALHOST"] {
        assert_eq!(refusal(&system, &format!("http://{name}:{port}/")).await, FetchError::Private, "{name}");
    }
    for found in [vec![HERE], vec!["::1".parse().unwrap(), HERE], vec!["::ffff:127.0.0.1".parse().unwrap()]] {
        let fetcher = fetcher(&[], vec![found]);
        assert_eq!(refusal(&fetcher, &format!("http://evil.example:{port}/")).await, FetchError::Private);
    }
    assert_eq!(server.accepted(), 0);
}

#[tokio::test]
async fn other_schemes_and_credentials_are_refused_without_a_connection() {
    let server = Server::start(answer("", "x")).await;
    let fetcher = fetcher(&["127.0.0.0/8"], vec![vec![HERE]]);
    let port = server.port;
    for address in [
        "".to_owned(),
        "x".into(),
        "//127.0.0.1/".into(),
        format!("ftp://127.0.0.1:{port}/"),
        "file:///etc/passwd".into(),
        format!("gopher://127.0.0.1:{port}/"),
        "data:image/png;base64,aGk=".into(),
        "javascript:1".into(),
        "http://".into(),
    ] {
        assert_eq!(refusal(&fetcher, &address).await, FetchError::Address, "{address}");
    }
    for user in ["me:password", "me", ":password"] {
        assert_eq!(refusal(&fetcher, &format!("http://{user}@127.0.0.1:{port}/")).await, FetchError::Credentials);
    }
    assert_eq!(server.accepted(), 0);
}

#[tokio::test]
async fn a_redirect_is_judged_like_the_first_address() {
    let inner = Server::at(THERE, 0, answer("", "secret")).await;
    let port = inner.port;
    for (location, expected) in [
        (format!("http://127.0.0.2:{port}/"), FetchError::Private),
        (format!("//127.0.0.2:{port}/"), FetchError::Private),
        (format!("http://2130706434:{port}/"), FetchError::Private),
        (format!("http://[::ffff:127.0.0.2]:{port}/"), FetchError::Private),
        (format!("http://me:x@127.0.0.1:{port}/"), FetchError::Credentials),
        ("file:///etc/passwd".into(), FetchError::Address),
    ] {
        let outer = Server::start(redirect_to(&location)).await;
        let fetcher = fetcher(&["127.0.0.1/32"], vec![]);
        assert_eq!(refusal(&fetcher, &outer.url("")).await, expected, "{location}");
        assert_eq!((outer.accepted(), inner.accepted()), (1, 0), "{location}");
    }
}

#[tokio::test]
async fn three_redirects_are_followed_and_no_more() {
    let last = Server::start(answer("", "here")).await;
    let mut way = vec![last];
    for _ in 0..4 {
        way.push(Server::start(redirect_to(&way.last().unwrap().url("next"))).await);
    }
    let fetcher = fetcher(&["127.0.0.1/32"], vec![]);
    assert_eq!(fetcher.fetch(&way[3].url(""), Wanted::Image).await.unwrap().bytes, "here");
    assert_eq!(refusal(&fetcher, &way[4].url("")).await, FetchError::Redirects);
    assert_eq!(way[0].accepted(), 1);
}

/// The name stands for what is open when it is first asked, and for what is not when it is asked again.
#[tokio::test]
async fn a_name_that_changes_its_mind_leads_nowhere() {
    let inner = Server::at(THERE, 0, answer("", "secret")).await;
    let name = format!("http://rebinding.example:{}/", inner.port);
    let outer = Server::at(HERE, inner.port, redirect_to(&name)).await;
    let fetcher = fetcher(&["127.0.0.1/32"], vec![vec![HERE], vec![THERE]]);
    assert_eq!(refusal(&fetcher, &name).await, FetchError::Private);
    assert_eq!((outer.accepted(), inner.accepted()), (1, 0));
}

#[tokio::test]
async fn of_several_addresses_only_those_that_are_open_are_tried() {
    let inner = Server::at(THERE, 0, answer("", "secret")).await;
    let outer = Server::at(HERE, inner.port, answer("", "open")).await;
    let fetcher = fetcher(&["127.0.0.1/32"], vec![vec![THERE, HERE]]);
    let address = format!("http://both.example:{}/", inner.port);
    assert_eq!(fetcher.fetch(&address, Wanted::Image).await.unwrap().bytes, "open");
    assert_eq!((outer.accepted(), inner.accepted()), (1, 0));
}

#[tokio::test]
async fn what_is_of_no_use_is_refused() {
    let fetcher = fetcher(&["127.0.0.1/32"], vec![vec![]]);
    let long = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", (LARGEST_MB << 20) + 1);
    let mut endless = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_vec();
    endless.resize((LARGEST_MB << 20) + 4096, b'x');
    for (answer, expected) in [
        (answer("content-type: text/html\r\n", "<html>").into_bytes(), FetchError::MediaType("text/html".into())),
        (b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_vec(), FetchError::Status(404)),
        (b"HTTP/1.1 304 Not Modified\r\n\r\n".to_vec(), FetchError::Status(304)),
        (long.into_bytes(), FetchError::TooLarge),
        (endless, FetchError::TooLarge),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\nconnection: close\r\n\r\ncut".to_vec(), FetchError::Unreachable),
        (b"what?".to_vec(), FetchError::Unreachable),
    ] {
        let server = Server::start(answer).await;
        assert_eq!(refusal(&fetcher, &server.url("")).await, expected);
    }
    assert_eq!(refusal(&fetcher, "http://nobody.example/").await, FetchError::Unreachable);
}

#[tokio::test]
async fn a_document_may_be_of_any_type() {
    let server = Server::start(answer("content-type: text/html\r\n", "<html>")).await;
    let fetched = fetcher(&["127.0.0.1/32"], vec![]).fetch(&server.url(""), Wanted::File).await.unwrap();
    assert_eq!((fetched.media_type.as_deref(), fetched.name), (Some("text/html"), None));
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_ever() {
    // Never accepted, so never answered: the paused clock runs as soon as nothing else does.
    let listener = TcpListener::bind((HERE, 0)).await.unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    assert_eq!(refusal(&fetcher(&["127.0.0.1/32"], vec![]), &address).await, FetchError::Timeout);
}

#[tokio::test]
async fn a_proxy_is_asked_only_if_the_settings_say_so() {
    let proxy = Server::start(answer("", "through the proxy")).await;
    let settings = |through| Settings {
        proxy: Some(format!("http://127.0.0.1:{}", proxy.port).parse().unwrap()),
        fetch_through_proxy: through,
        ..Settings::default()
    };
    let direct = Fetcher::new(&settings(false));
    assert_eq!(refusal(&direct, "http://localhost/").await, FetchError::Private);
    assert_eq!(proxy.accepted(), 0);
    let through = Fetcher::new(&settings(true));
    let fetched = through.fetch("http://picture.invalid/", Wanted::Image).await.unwrap();
    assert_eq!(fetched.bytes, "through the proxy");
    assert_eq!(refusal(&through, "http://127.0.0.1/").await, FetchError::Private);
    assert_eq!(proxy.accepted(), 1);
}
