//! Access tokens: made and revoked beside a running relay, with models, limits and an end of their own.

mod file;
mod lost;

use std::{fmt::Write as _, fs, path::Path, time::Duration};

use mock_onemin::{Answer, Mock, Turn};
use relay::{
    StartError,
    settings::{KeepResponses, ModelRules},
    token::NewToken,
};
use relay_tests::{
    Answered, CANARY, NOW, Pair, ask,
    program::{Program, run},
    within,
};
use reqwest::{
    Method,
    multipart::{Form, Part},
};
use serde_json::{Value, json};

fn http() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap()
}

/// The status of a chat request with this token.
async fn chat(program: &Program, token: &str) -> u16 {
    let request = http().post(format!("{}/chat/completions", program.base_url())).bearer_auth(token);
    request.body(ask("x").to_string()).send().await.unwrap().status().as_u16()
}

/// Asks until the answer has this status, and gives how long that took.
async fn until(program: &Program, token: &str, status: u16) -> Duration {
    let start = tokio::time::Instant::now();
    within(async {
        while chat(program, token).await != status {
            tokio::task::yield_now().await;
        }
    })
    .await;
    start.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_made_listed_and_revoked_and_a_running_relay_knows_within_a_second() {
    let mock = Mock::start(0).await.unwrap();
    mock.script().always(Turn::Answer(Answer::default()));
    let folder = tempfile::tempdir().unwrap();
    let url = mock.url();
    let variables = [("ONE_MIN_API_URL", url.as_str()), ("ONE_MIN_API_KEY", CANARY), ("RELAY_REQUIRE_TOKEN", "true")];
    let program = Program::serve(folder.path(), &[], &variables);
    assert_eq!(chat(&program, CANARY).await, 401);
    let token = |arguments: &[&str]| {
        let arguments: Vec<&str> = ["token"].iter().chain(arguments).copied().collect();
        run(folder.path(), &arguments, &variables)
    };
    assert!(token(&["list"]).stdout.starts_with("There is no token."));
    let added =
        token(&["add", "ann", "--models", "gpt-4o-mini,gpt-4o", "--requests-per-minute", "60", "--expires", "30d"]);
    let secret = added.stdout.trim();
    assert!(added.status.success() && secret.starts_with("1mr-") && secret.len() == 47, "{added:?}");
    assert!(added.stderr.contains("the token ann") && !added.stderr.contains("1mr-"), "{added:?}");
    let delay = until(&program, secret, 200).await;
    assert!(delay < Duration::from_secs(1), "{delay:?}");
    let listed = token(&["list"]).stdout;
    assert!(
        listed.contains("ann") && listed.contains("gpt-4o-mini, gpt-4o") && listed.contains("60 a minute"),
        "{listed}"
    );
    let json: serde_json::Value = serde_json::from_str(&token(&["list", "--json"]).stdout).unwrap();
    assert_eq!((&json[0]["name"], &json[0]["is_shared"]), (&"ann".into(), &false.into()));
    assert!(!listed.contains(secret) && !json.to_string().contains("1mr-"));
    let twice = token(&["add", "ann"]);
    assert!(!twice.status.success() && twice.stdout.is_empty() && twice.stderr.contains("already"), "{twice:?}");
    let by_id = token(&["add", "bob", "--json"]);
    let bob: serde_json::Value = serde_json::from_str(&by_id.stdout).unwrap();
    until(&program, bob["token"].as_str().unwrap(), 200).await;
    assert!(token(&["revoke", "ann"]).status.success());
    let delay = until(&program, secret, 401).await;
    assert!(delay < Duration::from_secs(1), "{delay:?}");
    assert!(token(&["revoke", bob["id"].as_str().unwrap()]).status.success());
    // The last one is gone: everybody is refused.
    until(&program, bob["token"].as_str().unwrap(), 401).await;
    assert_eq!(chat(&program, "anything").await, 401);
    let unknown = token(&["revoke", "ann"]);
    assert!(!unknown.status.success() && unknown.stderr.contains("no token of that name"), "{unknown:?}");
}

/// A token of this name, for all models.
fn named(name: &str) -> NewToken {
    NewToken { name: name.into(), ..NewToken::default() }
}

/// A pair, and the secret of a new token.
async fn pair_with(new: NewToken) -> (Pair, String) {
    let pair = Pair::start().await;
    pair.script().always(Turn::Answer(Answer::default()));
    let (_, secret) = pair.relay.add_token(new).await.unwrap();
    (pair, secret.reveal().to_owned())
}

/// Sends this with a token.
async fn send(pair: &Pair, method: Method, path: &str, token: &str, body: Option<&Value>) -> Answered {
    let request = pair.http.request(method, pair.url(path)).bearer_auth(token);
    let request = if let Some(body) = body { request.body(body.to_string()) } else { request };
    Answered::read(request.send().await.unwrap()).await
}

#[tokio::test]
async fn a_token_asks_and_sees_its_models_alone_wherever_models_are_named() {
    let models = vec!["mistral-nemo".into(), "dall-e-3".into(), "fast".into()];
    let (pair, token) = pair_with(NewToken { models: Some(models), ..named("ann") }).await;
    let mut settings = pair.relay.settings();
    settings.models =
        ModelRules { aliases: [("fast".to_owned(), "gpt-4o-mini".to_owned())].into(), ..ModelRules::default() };
    pair.relay.apply(settings).await.unwrap();
    let listed = send(&pair, Method::GET, "/v1/models", &token, None).await.json();
    // In which order they come depends on whether 1min.ai's list is here yet.
    let mut ids: Vec<&str> =
        listed["data"].as_array().unwrap().iter().map(|model| model["id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["dall-e-3", "fast", "gpt-4o-mini", "open-mistral-nemo"]);
    assert_eq!(send(&pair, Method::GET, "/v1/models/grok-3", &token, None).await.status, 404);
    let everybody = send(&pair, Method::GET, "/v1/models/grok-3", "none", None).await;
    assert_eq!(everybody.status, 200, "who sends no token may ask all");
    let chat = |model: &str| json!({"model": model, "messages": [{"role": "user", "content": "x"}], "max_tokens": 9});
    let input = |model: &str| json!({"model": model, "input": "x"});
    let prompt = |model: &str| json!({"model": model, "prompt": "x"});
    for (path, refused) in [
        ("/v1/chat/completions", chat("grok-3")),
        ("/v1/chat/completions", chat("grok-3:online")),
        ("/v1/chat/completions", chat("a-model-that-nobody-lists")),
        ("/v1/messages", chat("grok-3")),
        ("/v1/responses", input("grok-3")),
        ("/v1/completions", prompt("grok-3")),
        ("/v1/images/generations", prompt("midjourney")),
        // What the settings choose where none is named is not the token's either.
        ("/v1/images/generations", json!({"prompt": "x"})),
        ("/v1/audio/speech", json!({"input": "x"})),
        (
            "/v1/responses",
            json!({"model": "fast", "input": "x", "tools": [{"type": "image_generation"}], "tool_choice": {"type": "image_generation"}}),
        ),
    ] {
        let answered = send(&pair, Method::POST, path, &token, Some(&refused)).await;
        assert!(answered.status.is_client_error(), "{path} {refused}: {} {}", answered.status, answered.body);
        assert!(!answered.body.contains("`gpt-4.1`"), "no other is offered: {}", answered.body);
    }
    assert_eq!((pair.script().counts().total(), pair.script().feature_counts().total()), (0, 0));
    for (path, taken) in [
        ("/v1/chat/completions", chat("fast")),
        ("/v1/chat/completions", chat("open-mistral-nemo")),
        ("/v1/images/generations", prompt("dall-e-3")),
    ] {
        let answered = send(&pair, Method::POST, path, &token, Some(&taken)).await;
        assert_eq!(answered.status, 200, "{path} {taken}: {}", answered.body);
    }
}

#[tokio::test]
async fn what_is_stored_for_one_token_is_not_there_for_another_nor_for_who_sends_none() {
    let folder = tempfile::tempdir().unwrap();
    let change = |settings: &mut relay::settings::Settings| settings.keep_responses = KeepResponses::Disk;
    let mock = Mock::start(0).await.unwrap();
    let pair = Pair::start_in(Some(folder.path()), NOW, mock, change, Some(CANARY)).await;
    pair.script().always(Turn::Answer(Answer::default()));
    let ann = pair.relay.add_token(named("ann")).await.unwrap().1.reveal().to_owned();
    let bob = pair.relay.add_token(named("bob")).await.unwrap().1.reveal().to_owned();
    let form = Form::new().text("purpose", "user_data").part("file", Part::bytes(b"mine".to_vec()).file_name("a.txt"));
    let upload = pair.http.post(pair.url("/v1/files")).bearer_auth(&ann).multipart(form).send().await.unwrap();
    let file = Answered::read(upload).await.json()["id"].as_str().unwrap().to_owned();
    let made =
        send(&pair, Method::POST, "/v1/responses", &ann, Some(&json!({"model": "gpt-4o-mini", "input": "x"}))).await;
    let response = made.json()["id"].as_str().unwrap().to_owned();
    let picture = json!({"model": "dall-e-3", "prompt": "a fox", "response_format": "url"});
    let retry = async |token: &str| {
        let request = pair.http.post(pair.url("/v1/images/generations")).bearer_auth(token);
        let request = request.header("x-stainless-retry-count", "1").body(picture.to_string());
        Answered::read(request.send().await.unwrap()).await.json()["data"][0]["url"].as_str().unwrap().to_owned()
    };
    let result = retry(&ann).await;
    assert_eq!(retry(&ann).await, result, "the same run answers its owner again");
    for other in [bob.as_str(), "none"] {
        for (method, path) in [
            (Method::GET, format!("/v1/files/{file}")),
            (Method::GET, format!("/v1/files/{file}/content")),
            (Method::DELETE, format!("/v1/files/{file}")),
            (Method::GET, format!("/v1/responses/{response}")),
            (Method::GET, format!("/v1/responses/{response}/input_items")),
            (Method::POST, format!("/v1/responses/{response}/cancel")),
            (Method::DELETE, format!("/v1/responses/{response}")),
        ] {
            let refused = send(&pair, method.clone(), &path, other, None).await;
            assert_eq!(refused.status, 404, "{method} {path}: {}", refused.body);
        }
        assert_eq!(send(&pair, Method::GET, "/v1/files", other, None).await.json()["data"], json!([]));
        let theft = json!({"model": "gpt-4o-mini", "input": "x", "previous_response_id": response});
        let refused = send(&pair, Method::POST, "/v1/responses", other, Some(&theft)).await;
        assert_eq!(refused.error("code"), "previous_response_not_found");
        let named = json!([{"role": "user", "content": [{"type": "input_file", "file_id": file}]}]);
        let theft = json!({"model": "gpt-4o-mini", "input": named});
        assert_eq!(send(&pair, Method::POST, "/v1/responses", other, Some(&theft)).await.status, 404);
        assert_ne!(retry(other).await, result, "another's run is no answer");
    }
    // A name nobody was told leads nowhere, and ids of other things are no names.
    for name in [&file, &response, "x.png"] {
        assert_eq!(send(&pair, Method::GET, &format!("/results/{name}"), &ann, None).await.status, 404);
    }
    assert_eq!(send(&pair, Method::GET, &format!("/v1/files/{file}/content"), &ann, None).await.body, "mine");
    assert_eq!(send(&pair, Method::GET, &format!("/v1/responses/{response}"), &ann, None).await.status, 200);
}

#[tokio::test]
async fn beyond_loopback_a_stored_key_needs_a_token_and_the_last_one_that_goes_leaves_nobody_in() {
    let pair = Pair::start().await;
    pair.script().always(Turn::Answer(Answer::default()));
    let mut open = pair.relay.settings();
    open.host = "0.0.0.0".parse().unwrap();
    let refused = pair.relay.apply(open.clone()).await.unwrap_err().to_string();
    assert!(refused.contains("1min-relay token add NAME") && refused.contains("0.0.0.0"), "{refused}");
    assert_eq!(pair.chat(&ask("x")).await.status, 200);
    let (_, secret) = pair.relay.add_token(named("ann")).await.unwrap();
    pair.relay.apply(open).await.unwrap();
    assert!(pair.relay.requires_token());
    let with =
        async || send(&pair, Method::POST, "/v1/chat/completions", secret.reveal(), Some(&ask("x"))).await.status;
    assert_eq!((with().await.as_u16(), pair.chat(&ask("x")).await.status.as_u16()), (200, 401));
    assert!(pair.relay.revoke_token("ann").await.unwrap());
    assert_eq!((with().await.as_u16(), pair.chat(&ask("x")).await.status.as_u16()), (401, 401));
    // What has nothing to do with it can be changed all the same, and back on this machine no token is needed.
    let mut back = pair.relay.settings();
    back.usage_days = 7;
    pair.relay.apply(back.clone()).await.unwrap();
    assert_eq!(pair.chat(&ask("x")).await.status, 401);
    back.host = relay::settings::Host::Loopback;
    pair.relay.apply(back).await.unwrap();
    assert_eq!(pair.chat(&ask("x")).await.status, 200);
}

#[tokio::test]
async fn a_token_that_is_over_opens_no_start_beyond_loopback() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let options = |now: u64| {
        let mut settings = relay_tests::settings("http://127.0.0.1:1");
        settings.host = "0.0.0.0".parse().unwrap();
        let key = Some(onemin::ApiKey::new(CANARY).unwrap());
        let clock = relay::clock::Clock::fixed(now);
        relay::RelayOptions { settings, key, is_demo: false, data_dir: Some(data.clone()), clock }
    };
    let relay = relay::Relay::new(options(NOW)).unwrap();
    let short = NewToken { expires_unix_ms: Some(NOW * 1_000 + 1), ..named("ann") };
    relay.add_token(short).await.unwrap();
    relay.start().await.unwrap();
    relay.stop().await;
    let later = relay::Relay::new(options(NOW + 1)).unwrap();
    assert!(matches!(later.start().await, Err(StartError::NoToken { .. })));
}

async fn chat_status(pair: &Pair, token: &str) -> u16 {
    send(pair, Method::POST, "/v1/chat/completions", token, Some(&ask("x"))).await.status.as_u16()
}

/// Every file below a folder, as far as it is text.
fn files(folder: &Path) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            all += &files(&entry);
        } else {
            all += &String::from_utf8_lossy(&fs::read(&entry).unwrap());
        }
    }
    all
}

/// What is answered to each secret in every place, by every method and version of HTTP.
async fn everywhere(program: &Program, secrets: &[String]) -> String {
    let root = program.base_url().trim_end_matches("/v1");
    let two = reqwest::Client::builder().http2_prior_knowledge().no_proxy().build().unwrap();
    let posted = ["/v1/chat/completions", "/v1/messages", "/v1/responses"];
    let places = posted.iter().chain(&["/v1/models", "/v1/files", "/nope", "/metrics", "/health"]);
    let mut seen = String::new();
    for (secret, path) in secrets.iter().flat_map(|secret| places.clone().map(move |path| (secret, path))) {
        for client in [&http(), &two] {
            for method in [Method::GET, Method::POST] {
                let request = client.request(method, format!("{root}{path}")).header("x-api-key", secret);
                let answer = request.body(ask("x").to_string()).send().await.unwrap();
                write!(seen, "{:?}", answer.headers()).unwrap();
                seen += &answer.text().await.unwrap();
            }
        }
    }
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_in_no_file_no_log_and_no_answer_even_where_everything_is_logged() {
    let mock = Mock::start(0).await.unwrap();
    mock.script().always(Turn::Answer(Answer::default()));
    let folder = tempfile::tempdir().unwrap();
    let (url, shared) = (mock.url(), folder.path().join("tokens.json"));
    let variables = [
        ("ONE_MIN_API_URL", url.as_str()),
        ("ONE_MIN_API_KEY", CANARY),
        ("RELAY_LOG", "trace"),
        ("RELAY_REQUIRE_TOKEN", "true"),
        ("RELAY_METRICS", "loopback"),
        ("RELAY_TOKENS_FILE", shared.to_str().unwrap()),
        ("HOME", folder.path().to_str().unwrap()),
    ];
    let program = Program::serve(folder.path(), &[], &variables);
    let mut secrets = Vec::new();
    for arguments in
        [&["token", "add", "ann"][..], &["token", "add", "bob"], &["token", "add", "cy", "--file", variables[5].1]]
    {
        secrets.push(run(folder.path(), arguments, &variables).stdout.trim().to_owned());
        until(&program, secrets.last().unwrap(), 200).await;
    }
    let mut seen = String::new();
    for arguments in [
        &["token", "revoke", "bob"][..],
        &["token", "list"],
        &["token", "list", "--json"],
        &["doctor"],
        &["settings"],
        &["usage"],
    ] {
        let ended = run(folder.path(), arguments, &variables);
        write!(seen, "{}{}", ended.stdout, ended.stderr).unwrap();
    }
    until(&program, &secrets[1], 401).await;
    let wrong = format!("{}x", secrets[0]);
    secrets.push(wrong);
    seen += &everywhere(&program, &secrets).await;
    program.signal("TERM");
    let ended = program.end();
    assert!(ended.stderr.contains("POST /v1/chat/completions"), "the log was on");
    let received = mock.script().received().iter().map(|call| format!("{call:?}")).collect::<String>();
    let all = [seen, ended.stdout, ended.stderr, files(folder.path()), received].concat();
    assert!(all.contains("ann") && all.contains("SQLite format 3"), "the files were looked at");
    for secret in &secrets {
        let tail = &secret["1mr-".len()..];
        assert!(tail.len() >= 43 && !all.contains(&tail[..43]), "a secret was written down");
    }
}
