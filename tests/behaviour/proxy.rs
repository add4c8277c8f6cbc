//! The way to 1min.ai: through the proxy that is set, else through the system's, and never through one to this machine.

use mock_onemin::{Answer, Mock, Turn};
use relay_tests::{CANARY, Pair, ask, program::Program, within};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
};

/// A name that no resolver knows: whoever reaches it has gone through the proxy.
const UNKNOWN: &str = "http://api.1min.invalid";

/// A stand-in that takes what a plain HTTP proxy takes: requests with whole addresses.
async fn proxy() -> Mock {
    let mock = Mock::start(0).await.unwrap();
    mock.script().always(Turn::Answer(Answer::text("through the proxy")));
    mock
}

async fn pair_through(proxy: &str) -> Pair {
    let change = |settings: &mut relay::settings::Settings| {
        settings.api_url = UNKNOWN.parse().unwrap();
        settings.proxy = Some(proxy.parse().unwrap());
    };
    Pair::start_with(change, Some(CANARY)).await
}

#[tokio::test]
async fn an_http_proxy_that_is_set_is_used() {
    let proxy = proxy().await;
    let pair = pair_through(&proxy.url()).await;
    assert_eq!(pair.chat(&ask("x")).await.text(), "through the proxy");
    assert_eq!(proxy.script().received()[0].header("host"), Some("api.1min.invalid"));
}

#[tokio::test]
async fn a_socks_proxy_that_is_set_is_used() {
    let upstream = proxy().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let pair = pair_through(&format!("socks5h://{}", listener.local_addr().unwrap())).await;
    let serve = async {
        let (client, _) = listener.accept().await.unwrap();
        serve_socks(client, &upstream.url().replace("http://", "")).await
    };
    let body = ask("x");
    let asked = async {
        tokio::select! {
            answered = pair.chat(&body) => answered,
            name = serve => panic!("the connection to {name} ended before the answer"),
        }
    };
    assert_eq!(within(asked).await.text(), "through the proxy");
}

/// One connection of a SOCKS 5 proxy without login, to `upstream` whatever is asked for; gives the name that was.
async fn serve_socks(mut client: TcpStream, upstream: &str) -> String {
    let mut head = [0; 2];
    client.read_exact(&mut head).await.unwrap();
    client.read_exact(&mut vec![0; head[1].into()]).await.unwrap();
    client.write_all(&[5, 0]).await.unwrap();
    let mut request = [0; 5];
    client.read_exact(&mut request).await.unwrap();
    assert_eq!(request[..4], [5, 1, 0, 3], "connect to a name");
    let mut name = vec![0; usize::from(request[4]) + 2];
    client.read_exact(&mut name).await.unwrap();
    name.truncate(name.len() - 2);
    assert_eq!(name, b"api.1min.invalid");
    client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.unwrap();
    let mut upstream = TcpStream::connect(upstream).await.unwrap();
    // Either side may end it.
    let _ = copy_bidirectional(&mut client, &mut upstream).await;
    String::from_utf8(name).unwrap()
}

#[tokio::test]
async fn the_systems_proxy_is_used_where_none_is_set() {
    let proxy = proxy().await;
    let folder = tempfile::tempdir().unwrap();
    let variables = [("ONE_MIN_API_URL", UNKNOWN), ("ONE_MIN_API_KEY", CANARY), ("http_proxy", &proxy.url())];
    let program = Program::serve(folder.path(), &[], &variables);
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}/chat/completions", program.base_url());
    let answered = http.post(url).body(ask("x").to_string()).send().await.unwrap().text().await.unwrap();
    assert!(answered.contains("through the proxy"), "{answered}");
}
