//! Three real programs as one, with one real memcached and one place for what they keep: a folder, or the bucket of an S3 server
//! that `npm run test:s3` starts. What one of them keeps all find; one that is killed takes nothing with it that was
//! acknowledged; and memcached may go and come back.

mod killed;
mod limits;
mod sharing;
mod spending;

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::PathBuf,
    sync::Mutex,
};

use mock_onemin::{Answer, Mock, Turn};
use relay_tests::{
    Answered,
    memcached::RealMemcached,
    program::{Program, run},
    within,
};
use reqwest::{
    Client, Method, RequestBuilder,
    multipart::{Form, Part},
};
use serde_json::Value;
use tempfile::TempDir;

/// Credentials as S3 takes them, signed by nobody.
const SOMEBODY: &str =
    "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=x";

/// What the relays of a team have in common.
struct Team {
    mock: Mock,
    memcached: Mutex<RealMemcached>,
    folder: TempDir,
    variables: Vec<(String, String)>,
    http: Client,
}

impl Team {
    /// With these settings besides those that make relays serve as one.
    async fn new(more: &[(&str, &str)]) -> Self {
        let (mock, memcached) = (Mock::start(0).await.unwrap(), RealMemcached::start());
        mock.script().always(Turn::Answer(Answer::default()));
        let folder = tempfile::tempdir().unwrap();
        let mut variables = place(&folder);
        let own = [
            ("ONE_MIN_API_URL", mock.url()),
            ("MEMCACHED_SERVERS", memcached.address()),
            ("RELAY_KEEP_RESPONSES", "disk".into()),
            ("RELAY_METRICS", "loopback".into()),
            ("RELAY_REQUESTS_PER_MINUTE", "0".into()),
        ];
        variables.extend(own.map(|(name, value)| (name.to_owned(), value)));
        variables.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let http = Client::builder().no_proxy().build().unwrap();
        Self { mock, memcached: Mutex::new(memcached), folder, variables, http }
    }

    /// Starts a relay with a data folder of its own, or that relay once more.
    fn start(&self, name: &str) -> Program {
        Program::serve(&self.folder_of(name), &[], &self.borrowed())
    }

    /// Three relays, and where they are.
    fn start_three(&self) -> ([Program; 3], [String; 3]) {
        let programs = ["one", "two", "three"].map(|name| self.start(name));
        let urls = programs.each_ref().map(url);
        (programs, urls)
    }

    /// Runs another command of the program where that relay has its data, and gives what it says.
    fn run(&self, name: &str, arguments: &[&str]) -> String {
        let ended = run(&self.folder_of(name), arguments, &self.borrowed());
        assert!(ended.status.success(), "{ended:?}");
        ended.stdout
    }

    fn folder_of(&self, name: &str) -> PathBuf {
        let folder = self.folder.path().join(name);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn borrowed(&self) -> Vec<(&str, &str)> {
        self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    fn request(&self, method: Method, url: &str, path: &str, credential: &str) -> RequestBuilder {
        self.http.request(method, format!("{url}{path}")).bearer_auth(credential)
    }

    async fn get(&self, url: &str, path: &str, credential: &str) -> Answered {
        read(self.request(Method::GET, url, path, credential)).await
    }

    async fn delete(&self, url: &str, path: &str, credential: &str) -> Answered {
        read(self.request(Method::DELETE, url, path, credential)).await
    }

    async fn post(&self, url: &str, path: &str, credential: &str, body: &Value) -> Answered {
        read(self.request(Method::POST, url, path, credential).body(body.to_string())).await
    }

    fn kill_memcached(&self) {
        self.memcached.lock().unwrap().kill();
    }

    /// Starts it again, on the same port; what it knew is gone.
    fn start_memcached_again(&self) {
        self.memcached.lock().unwrap().start_again();
    }

    /// Every key that memcached has, and every value.
    fn in_memcached(&self) -> Vec<u8> {
        let address = self.memcached.lock().unwrap().address();
        let dump = ask_memcached(&address, "lru_crawler metadump all");
        let dump = String::from_utf8_lossy(&dump);
        let keys = dump.lines().filter_map(|line| line.strip_prefix("key=")?.split(' ').next());
        keys.flat_map(|key| ask_memcached(&address, &format!("get {key}"))).collect()
    }

    /// All that is in the bucket, by its names; nothing where there is none.
    async fn in_bucket(&self) -> Vec<(String, Vec<u8>)> {
        let Ok(bucket) = std::env::var("RELAY_TESTS_BUCKET") else { return Vec::new() };
        let place = format!("{}/{bucket}", std::env::var("AWS_ENDPOINT").unwrap());
        let get = async |address: String| {
            // The server only looks whether anybody says to be somebody.
            let answered = self.http.get(address).header("authorization", SOMEBODY).send().await.unwrap();
            assert_eq!(answered.status(), 200);
            answered.bytes().await.unwrap()
        };
        let prefix = prefix(&self.folder);
        let list = get(format!("{place}?list-type=2&prefix={prefix}/")).await;
        let list = String::from_utf8(list.to_vec()).unwrap();
        let mut objects = Vec::new();
        for name in list.split("<Key>").skip(1).filter_map(|rest| rest.split("</Key>").next()) {
            objects.push((name.to_owned(), get(format!("{place}/{name}")).await.to_vec()));
        }
        assert!(!objects.is_empty(), "{list}");
        objects
    }

    /// A figure of a relay.
    async fn figure(&self, url: &str, name: &str) -> Option<f64> {
        let figures = self.get(url, "/metrics", "x").await.body;
        figures.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
    }
}

/// Where a team keeps its things, in variables: in a bucket if there is one.
fn place(folder: &TempDir) -> Vec<(String, String)> {
    let Ok(bucket) = std::env::var("RELAY_TESTS_BUCKET") else {
        return vec![("RELAY_STORE_URL".into(), folder.path().join("shared").display().to_string())];
    };
    let prefix = prefix(folder);
    let access = std::env::vars().filter(|(name, _)| name.starts_with("AWS_"));
    access.chain([("RELAY_STORE_URL".into(), format!("s3://{bucket}/{prefix}"))]).collect()
}

/// The part of the bucket that is this test's alone.
fn prefix(folder: &TempDir) -> String {
    folder.path().file_name().unwrap().to_string_lossy().replace('.', "")
}

/// What memcached answers to a command.
fn ask_memcached(address: &str, command: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(format!("{command}\r\n").as_bytes()).unwrap();
    let (mut answer, mut piece) = (Vec::new(), [0; 4_096]);
    while !answer.ends_with(b"END\r\n") {
        let length = stream.read(&mut piece).unwrap();
        assert!(length > 0, "memcached answered {:?}", String::from_utf8_lossy(&answer));
        answer.extend_from_slice(&piece[..length]);
    }
    answer
}

/// Where a relay is.
fn url(program: &Program) -> String {
    program.base_url().trim_end_matches("/v1").to_owned()
}

async fn read(request: RequestBuilder) -> Answered {
    Answered::read(request.send().await.unwrap()).await
}

/// The form that uploads a file.
fn form(content: &str) -> Form {
    let part = Part::bytes(content.to_owned().into_bytes()).file_name("notes.txt");
    Form::new().text("purpose", "user_data").part("file", part)
}

/// Waits until it is so. What is asked takes its time, so that this is no idle loop.
async fn until(mut is_so: impl AsyncFnMut() -> bool) {
    within(async { while !is_so().await {} }).await;
}

/// The text of a field.
fn text(object: &Value, name: &str) -> String {
    object[name].as_str().unwrap_or_else(|| panic!("no {name}: {object}")).to_owned()
}
