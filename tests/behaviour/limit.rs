//! How often may be asked: through the relay's own door, as clients see it.

use mock_onemin::{Answer, Reply, Turn};
use relay::settings::Settings;
use relay_tests::{Answered, CANARY, Pair, ask};
use serde_json::{Value, json};

/// What OpenAI and Anthropic call the three figures, and what of them is exposed to web pages.
const OPENAI: [&str; 3] =
    ["x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"];
const ANTHROPIC: [&str; 3] = [
    "anthropic-ratelimit-requests-limit",
    "anthropic-ratelimit-requests-remaining",
    "anthropic-ratelimit-requests-reset",
];

async fn pair(change: impl FnOnce(&mut Settings), key: Option<&str>) -> Pair {
    let pair = Pair::start_with(change, key).await;
    pair.script().always(Turn::Answer(Answer::default()));
    pair
}

async fn post(pair: &Pair, path: &str, headers: &[(&str, &str)], body: &Value) -> Answered {
    let request = pair.http.post(pair.url(path)).body(body.to_string());
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    Answered::read(request.send().await.unwrap()).await
}

fn message() -> Value {
    json!({"model": "gpt-4o-mini", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}]})
}

#[tokio::test]
async fn openais_clients_are_told_what_is_left_and_when_to_come_again() {
    let pair = pair(|settings| settings.limits.requests_per_minute = 2, Some(CANARY)).await;
    let page = [("origin", "tauri://localhost")];
    for remaining in ["1", "0"] {
        let answered = post(&pair, "/v1/chat/completions", &page, &ask("x")).await;
        assert_eq!((answered.status.as_u16(), answered.text().is_empty()), (200, false));
        assert_eq!((answered.header(OPENAI[0]), answered.header(OPENAI[1])), ("2", remaining));
        assert!(answered.header(OPENAI[2]).ends_with('s'), "{}", answered.header(OPENAI[2]));
        assert!(ANTHROPIC.iter().all(|name| answered.header(name).is_empty()));
    }
    let refused = post(&pair, "/v1/chat/completions", &page, &ask("x")).await;
    assert_eq!((refused.status.as_u16(), refused.error("code").as_str()), (429, "rate_limit_exceeded"));
    assert_eq!(refused.error("type"), "requests");
    assert!(refused.error("message").contains("this relay may make 2 a minute"), "{}", refused.body);
    assert_eq!((refused.header(OPENAI[0]), refused.header(OPENAI[1])), ("2", "0"));
    let seconds: u64 = refused.header("retry-after").parse().unwrap();
    let milliseconds: u64 = refused.header("retry-after-ms").parse().unwrap();
    assert!((1..=61).contains(&seconds) && milliseconds.div_ceil(1_000) == seconds);
    assert_eq!(refused.header("x-should-retry"), "", "SDKs may try again");
    let exposed = refused.header("access-control-expose-headers");
    assert!(OPENAI.iter().chain(&ANTHROPIC).all(|name| exposed.split(", ").any(|one| one == *name)), "{exposed}");
    assert_eq!(pair.script().counts().total(), 2, "what is refused costs nothing");
    assert_eq!(pair.records(3).await[2].error, Some("rate_limited"));
}

#[tokio::test]
async fn anthropics_clients_are_told_in_their_own_words() {
    let pair = pair(|settings| settings.limits.requests_per_minute = 1, Some(CANARY)).await;
    let answered = post(&pair, "/v1/messages", &[], &message()).await;
    assert_eq!((answered.header(ANTHROPIC[0]), answered.header(ANTHROPIC[1])), ("1", "0"));
    // The pair's date is 2027-01-15T08:00:00Z.
    let reset = answered.header(ANTHROPIC[2]);
    assert!(reset.starts_with("2027-01-15T08:01:0") && reset.ends_with('Z'), "{reset}");
    assert!(OPENAI.iter().all(|name| answered.header(name).is_empty()));
    let refused = post(&pair, "/v1/messages", &[], &message()).await;
    assert_eq!((refused.status.as_u16(), refused.error("type").as_str()), (429, "rate_limit_error"));
    assert_eq!((refused.header(ANTHROPIC[0]), refused.header(ANTHROPIC[1])), ("1", "0"));
    assert!(!refused.header("retry-after").is_empty() && !refused.header("request-id").is_empty());
}

#[tokio::test]
async fn what_asks_1min_counts_and_nothing_else() {
    let pair = pair(|settings| settings.limits.requests_per_minute = 100, Some(CANARY)).await;
    let asking = [
        "/v1/chat/completions",
        "/v1/completions",
        "/v1/responses",
        "/v1/messages",
        "/v1/images/generations",
        "/v1/images/edits",
        "/v1/images/variations",
        "/v1/audio/speech",
        "/v1/audio/transcriptions",
        "/v1/audio/translations",
        // As clients write it that add their own beginning.
        "/v1/v1/chat/completions",
    ];
    let remaining = |answered: &Answered| {
        [OPENAI[1], ANTHROPIC[1]].map(|name| answered.header(name).to_owned()).concat().parse::<usize>().ok()
    };
    for (index, path) in asking.iter().enumerate() {
        // Nothing in it can be answered; that is found out later.
        assert_eq!(remaining(&post(&pair, path, &[], &json!({})).await), Some(99 - index), "{path}");
    }
    for path in
        ["/v1/messages/count_tokens", "/v1/responses/input_tokens", "/v1/embeddings", "/v1/files", "/v1/nothing"]
    {
        assert_eq!(remaining(&post(&pair, path, &[], &message()).await), None, "{path}");
    }
    for path in ["/v1/models", "/v1/files", "/v1/responses/resp_1", "/v1/chat/completions", "/health", "/"] {
        let answered = Answered::read(pair.http.get(pair.url(path)).send().await.unwrap()).await;
        assert_eq!(remaining(&answered), None, "{path}");
    }
    let last = post(&pair, "/v1/chat/completions", &[], &ask("x")).await;
    assert_eq!(remaining(&last), Some(99 - asking.len()));
}

#[tokio::test]
async fn many_clients_at_once_get_exactly_what_the_limit_allows() {
    let pair = pair(|settings| settings.limits.requests_per_minute = 100, Some(CANARY)).await;
    let client = || async {
        let mut statuses = Vec::new();
        for _ in 0..10 {
            statuses.push(post(&pair, "/v1/chat/completions", &[], &ask("x")).await.status.as_u16());
        }
        statuses
    };
    let statuses = futures_util::future::join_all((0..32).map(|_| client())).await.concat();
    let count = |wanted| statuses.iter().filter(|status| **status == wanted).count();
    assert_eq!((count(200), count(429)), (100, 220));
    assert_eq!(pair.script().counts().total(), 100);
}

#[tokio::test]
async fn a_changed_limit_is_in_force_at_once_and_0_lifts_it() {
    let pair = pair(|settings| settings.limits.requests_per_minute = 1, Some(CANARY)).await;
    let status = || async { post(&pair, "/v1/chat/completions", &[], &ask("x")).await.status.as_u16() };
    assert_eq!([status().await, status().await], [200, 429]);
    let with = |limit| {
        let mut settings = pair.relay.settings();
        settings.limits.requests_per_minute = limit;
        settings
    };
    pair.relay.apply(with(2)).await.unwrap();
    assert_eq!([status().await, status().await], [200, 429]);
    pair.relay.apply(with(0)).await.unwrap();
    let answered = post(&pair, "/v1/chat/completions", &[], &ask("x")).await;
    assert_eq!((answered.status.as_u16(), answered.header(OPENAI[0])), (200, ""));
    pair.relay.apply(with(2)).await.unwrap();
    assert_eq!(status().await, 429, "what was asked before still counts");
}

#[tokio::test]
async fn each_caller_has_a_limit_of_its_own_and_a_key_has_its_own_once_1min_has_accepted_it() {
    let change = |settings: &mut Settings| {
        settings.limits.requests_per_minute = 3;
        settings.limits.caller_requests_per_minute = 2;
    };
    let pair = pair(change, None).await;
    let status = |key: &'static str| {
        let pair = &pair;
        async move { post(pair, "/v1/chat/completions", &[("x-api-key", key)], &ask("x")).await }
    };
    assert_eq!(status("the-key-of-one-client").await.header(OPENAI[0]), "3", "the address's, for all new keys");
    assert_eq!(status("the-key-of-another-client").await.status, 200);
    // Invented keys have a limit together, and take nothing from those that were accepted.
    pair.reply(Reply::json(401, "{}"));
    let mut statuses = Vec::new();
    for key in ["invented-key-1", "invented-key-2", "invented-key-3", "invented-key-4", "invented-key-5"] {
        statuses.push(status(key).await.status.as_u16());
    }
    assert_eq!(statuses, [401, 401, 401, 429, 429]);
    pair.script().always(Turn::Answer(Answer::default()));
    let answered = status("the-key-of-one-client").await;
    assert_eq!((answered.header(OPENAI[0]), answered.header(OPENAI[1])), ("2", "0"), "its first request counts");
    let refused = status("the-key-of-one-client").await;
    assert_eq!(refused.status, 429);
    assert!(refused.error("message").contains("each caller may make 2 a minute"), "{}", refused.body);
    assert_eq!(status("the-key-of-another-client").await.status, 200);
    let refused = status("the-key-of-a-third-client").await;
    assert!(refused.error("message").contains("until 1min.ai has accepted your key"), "{}", refused.body);
}

#[tokio::test]
async fn each_call_of_a_request_counts_for_the_key_that_pays() {
    let pair = pair(|settings| settings.limits.requests_per_minute = 5, Some(CANARY)).await;
    let mut three = ask("x");
    three["n"] = json!(3);
    let first = post(&pair, "/v1/chat/completions", &[], &three).await;
    assert_eq!((first.status.as_u16(), first.header(OPENAI[1])), (200, "4"), "how many it takes shows while it runs");
    assert_eq!(pair.script().counts().total(), 3);
    let second = post(&pair, "/v1/chat/completions", &[], &ask("x")).await;
    assert_eq!((second.status.as_u16(), second.header(OPENAI[1])), (200, "1"));
    assert_eq!(post(&pair, "/v1/chat/completions", &[], &ask("x")).await.status, 200);
    assert_eq!(post(&pair, "/v1/chat/completions", &[], &ask("x")).await.status, 429);
}
