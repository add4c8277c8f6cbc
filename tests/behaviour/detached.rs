//! What is billed once it is asked for: finished and kept although the client has gone, and never begun twice for one wish.

use std::path::Path;

use mock_onemin::{Act, Mock, Reply, Step, Turn};
use relay::{Run, RunOutcome, journal::Outcome};
use relay_tests::{
    Answered, CANARY, NOW, Pair,
    program::{Program, run},
    within,
};
use serde_json::{Value, json};

/// A call that waits at the gate before it is answered.
fn gated() -> Turn {
    Turn::Act(Act { before_headers: vec![Step::Gate], ..Act::default() })
}

fn picture(prompt: &str) -> Value {
    json!({"model": "dall-e-3", "prompt": prompt, "response_format": "url"})
}

async fn draw(pair: &Pair, body: &Value, tries_before: u32) -> Answered {
    let request = pair.http.post(pair.url("/v1/images/generations")).body(body.to_string());
    let request = request.header("x-stainless-retry-count", tries_before.to_string());
    Answered::read(request.send().await.unwrap()).await
}

fn url_of(answered: &Answered) -> String {
    answered.json()["data"][0]["url"].as_str().unwrap_or_else(|| panic!("{}", answered.body)).to_owned()
}

async fn only_run(pair: &Pair) -> Run {
    let [run] = pair.relay.runs().await.unwrap().try_into().unwrap();
    run
}

#[tokio::test]
async fn a_picture_is_finished_and_kept_although_its_client_has_left() {
    let pair = Pair::start().await;
    pair.script().push_feature(gated());
    let body = picture("a fox");
    let asking = draw(&pair, &body, 0);
    let waiting = pair.script().wait_for_features(|counts| counts.open == 1);
    tokio::select! {
        _ = asking => panic!("it is being drawn"),
        _ = within(waiting) => {}
    }
    assert_eq!(only_run(&pair).await.outcome, RunOutcome::Running);
    pair.script().open_gate();
    let record = pair.record().await;
    assert_eq!((record.outcome, record.status, record.upstream_calls), (Outcome::ClientLeft, None, 1));
    let kept = only_run(&pair).await;
    assert_eq!((&kept.outcome, kept.kind, kept.model.as_str()), (&RunOutcome::Done, "picture", "dall-e-3"));
    assert_eq!((kept.files.len(), kept.unfetched), (1, 0));
    let fetched = pair.http.get(pair.url(&format!("/results/{}", kept.files[0]))).send().await.unwrap();
    assert_eq!(
        (fetched.status().as_u16(), &fetched.headers()["x-content-type-options"]),
        (200, &"nosniff".parse().unwrap())
    );
    assert_eq!(fetched.headers()["content-type"], "image/png");
    let bytes = fetched.bytes().await.unwrap();
    let place = pair.script().downloads()[0].path.clone();
    let original = pair.http.get(format!("{}{place}", pair.mock.url())).send().await.unwrap().bytes().await.unwrap();
    assert_eq!(bytes, original);
    assert_eq!(pair.script().features().len(), 1);
    // Whoever asks again because the answer took too long is given that picture.
    let again = draw(&pair, &body, 1).await;
    assert!(url_of(&again).ends_with(&kept.files[0]), "{}", again.body);
    assert_eq!(pair.script().features().len(), 1);
}

#[tokio::test]
async fn a_second_try_waits_for_the_first_and_a_new_wish_does_not() {
    let pair = Pair::start().await;
    pair.script().push_feature(gated());
    let body = picture("a fox");
    let both = async {
        tokio::join!(draw(&pair, &body, 0), async {
            within(pair.script().wait_for_features(|counts| counts.open == 1)).await;
            let second = draw(&pair, &body, 2);
            let opened = async {
                // Another picture, and the same one wished for anew, are calls of their own.
                assert_eq!(draw(&pair, &picture("a bear"), 2).await.status, 200);
                assert_eq!(draw(&pair, &body, 0).await.status, 200);
                pair.script().open_gate();
            };
            tokio::join!(second, opened).0
        })
    };
    let (first, second) = within(both).await;
    assert_eq!(pair.script().features().len(), 3);
    assert_eq!((first.status.as_u16(), second.status.as_u16()), (200, 200));
    assert_eq!(url_of(&first), url_of(&second));
}

#[tokio::test]
async fn what_one_owner_has_is_not_given_to_another() {
    let pair = Pair::start_with(|_| {}, None).await;
    let ask = async |key: &str| {
        let request = pair.http.post(pair.url("/v1/images/generations")).body(picture("a fox").to_string());
        let request = request.bearer_auth(key).header("x-stainless-retry-count", "1");
        url_of(&Answered::read(request.send().await.unwrap()).await)
    };
    let (one, other) = (ask("key-of-one-0123456789").await, ask("key-of-another-0123456789").await);
    assert_ne!(one, other);
    assert_eq!(ask("key-of-one-0123456789").await, one);
    assert_eq!(pair.script().features().len(), 2);
}

#[tokio::test]
async fn what_may_have_been_billed_is_not_asked_again() {
    let pair = Pair::start().await;
    for status in [500, 502, 503, 522] {
        let body = picture(&format!("a fox, {status}"));
        let calls = pair.script().features().len();
        pair.script().push_feature(Turn::Reply(Reply::json(status, r#"{"message":"the vendor is busy"}"#)));
        let failed = draw(&pair, &body, 0).await;
        assert_eq!(
            (failed.status.as_u16(), failed.headers["x-should-retry"].to_str().unwrap()),
            (502, "false"),
            "{status}"
        );
        assert!(failed.error("message").contains("may have been billed"), "{}", failed.body);
        let again = draw(&pair, &body, 1).await;
        assert_eq!((again.status, again.error("message")), (failed.status, failed.error("message")), "{status}");
        assert_eq!(pair.script().features().len(), calls + 1, "{status}");
    }
    let run = pair.relay.runs().await.unwrap().remove(0);
    assert!(matches!(run.outcome, RunOutcome::Failed { is_perhaps_billed: true, .. }), "{run:?}");
}

#[tokio::test]
async fn what_was_certainly_not_begun_may_be_asked_again() {
    let pair = Pair::start().await;
    let limited = r#"{"success":false,"error":{"code":"RATE_LIMITED","message":"slow down"}}"#;
    pair.script().push_feature(Turn::Reply(Reply::json(429, limited)));
    let body = picture("a fox");
    assert_eq!(draw(&pair, &body, 0).await.status, 429);
    assert_eq!(draw(&pair, &body, 1).await.status, 200);
    assert_eq!(pair.script().features().len(), 2);
}

#[tokio::test]
async fn what_was_billed_in_part_is_not_asked_again() {
    let pair = Pair::start().await;
    let limited = r#"{"success":false,"error":{"code":"RATE_LIMITED","message":"slow down"}}"#;
    pair.script().push_feature(Turn::Reply(Reply::json(429, limited)));
    // The other call is made and billed, and its picture can't be had.
    (0..6).for_each(|_| pair.script().push_download(Reply::json(500, "{}")));
    let body = json!({"model": "black-forest-labs/flux-dev", "prompt": "a fox", "n": 2, "response_format": "url"});
    let failed = draw(&pair, &body, 0).await;
    assert_eq!((failed.status.as_u16(), failed.header("x-should-retry")), (502, "false"), "{}", failed.body);
    assert_eq!(draw(&pair, &body, 1).await.body, failed.body);
    assert_eq!(pair.script().features().len(), 2);
}

#[tokio::test]
async fn the_end_of_one_run_does_not_end_another_of_the_same_request() {
    let pair = Pair::start().await;
    let limited = r#"{"success":false,"error":{"code":"RATE_LIMITED","message":"slow down"}}"#;
    pair.script().push_feature(gated());
    pair.script().push_feature(Turn::Reply(Reply::json(429, limited)));
    let body = picture("a fox");
    let later = async {
        within(pair.script().wait_for_features(|counts| counts.open == 1)).await;
        assert_eq!(draw(&pair, &body, 0).await.status, 429);
        let again = draw(&pair, &body, 1);
        tokio::pin!(again);
        assert!(futures_util::poll!(&mut again).is_pending());
        pair.script().open_gate();
        again.await
    };
    let both = Box::pin(async { tokio::join!(draw(&pair, &body, 0), later) });
    let (first, again) = within(both).await;
    assert_eq!(url_of(&first), url_of(&again));
    assert_eq!(pair.script().features().len(), 2);
}

#[tokio::test]
async fn a_picture_that_is_fetched_late_is_not_fetched_instead_of_another() {
    let folder = tempfile::tempdir().unwrap();
    let pair = Pair::start_in(Some(folder.path()), NOW, Mock::start(0).await.unwrap(), |_| {}, Some(CANARY)).await;
    (0..6).for_each(|_| pair.script().push_download(Reply::json(500, "{}")));
    let body = json!({"model": "dall-e-2", "prompt": "a fox", "n": 3, "response_format": "url"});
    assert_eq!(draw(&pair, &body, 0).await.status, 502);
    let run = only_run(&pair).await;
    let out = folder.path().join("out");
    (0..6).for_each(|_| pair.script().push_download(Reply::json(500, "{}")));
    assert!(pair.relay.write_results(&run.id, &out).await.is_err());
    let written = pair.relay.write_results(&run.id, &out).await.unwrap();
    let mut pictures: Vec<Vec<u8>> = written.iter().map(|path| std::fs::read(path).unwrap()).collect();
    pictures.sort();
    pictures.dedup();
    assert_eq!((pictures.len(), only_run(&pair).await.unfetched), (3, 0));
}

#[tokio::test]
async fn what_was_made_and_could_not_be_fetched_is_fetched_later() {
    let folder = tempfile::tempdir().unwrap();
    let pair = Pair::start_in(Some(folder.path()), NOW, Mock::start(0).await.unwrap(), |_| {}, Some(CANARY)).await;
    // Both addresses, three times each.
    (0..6).for_each(|_| pair.script().push_download(Reply::json(500, "{}")));
    let failed = draw(&pair, &picture("a fox"), 0).await;
    assert_eq!((failed.status.as_u16(), failed.error("code").as_str()), (502, "result_not_fetched"));
    assert!(failed.error("message").contains("1min-relay results"), "{}", failed.body);
    let run = only_run(&pair).await;
    assert_eq!((run.files.len(), run.unfetched), (0, 1));
    let out = folder.path().join("out");
    let [written] = pair.relay.write_results(&run.id, &out).await.unwrap().try_into().unwrap();
    assert!(std::fs::read(&written).unwrap().starts_with(b"\x89PNG"), "{}", written.display());
    let run = only_run(&pair).await;
    assert_eq!((run.files.len(), run.unfetched), (1, 0));
    assert_eq!(pair.script().features().len(), 1, "fetching is no second call");
}

#[tokio::test]
async fn nothing_is_sent_where_nothing_can_be_kept_and_the_relay_lives_on() {
    let folder = tempfile::tempdir().unwrap();
    // Whoever runs this may be allowed to write everywhere: a file in the place of the folder stops anybody.
    std::fs::write(folder.path().join("runs"), "").unwrap();
    let pair = Pair::start_in(Some(folder.path()), NOW, Mock::start(0).await.unwrap(), |_| {}, Some(CANARY)).await;
    let failed = draw(&pair, &picture("a fox"), 0).await;
    assert_eq!((failed.status.as_u16(), failed.error("code").as_str()), (500, "storage_failed"));
    let message = failed.error("message");
    assert!(message.contains("Nothing was sent to 1min.ai") && !message.contains(folder.path().to_str().unwrap()));
    assert_eq!(pair.script().features().len(), 0);
    std::fs::remove_file(folder.path().join("runs")).unwrap();
    assert_eq!(draw(&pair, &picture("a fox"), 0).await.status, 200);
}

#[tokio::test]
async fn a_damaged_record_harms_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let pair = Pair::start_in(Some(folder.path()), NOW, Mock::start(0).await.unwrap(), |_| {}, Some(CANARY)).await;
    let urls = [url_of(&draw(&pair, &picture("a"), 0).await), url_of(&draw(&pair, &picture("b"), 0).await)];
    let name = urls[0].rsplit('/').next().unwrap().split('.').next().unwrap().to_owned();
    std::fs::write(folder.path().join("results").join(format!("{name}.json")), "{half").unwrap();
    let get = async |url: &String| pair.http.get(url).send().await.unwrap().status().as_u16();
    assert_eq!((get(&urls[0]).await, get(&urls[1]).await), (404, 200));
    for odd in ["/results/x", "/results/..%2Fsalt", "/results/a.b.png", "/results/%00.png"] {
        assert_eq!(get(&pair.url(odd)).await, 404, "{odd}");
    }
}

fn variables(mock: &Mock) -> [(&'static str, String); 3] {
    [("ONE_MIN_API_KEY", CANARY.into()), ("ONE_MIN_API_URL", mock.url()), ("ONE_MIN_ASSET_URL", mock.url())]
}

/// The program in front of `mock`, and its variables.
fn serve(folder: &Path, variables: &[(&str, &str)]) -> Program {
    Program::serve(folder, &[], variables)
}

async fn draw_at(base: &str, model: &str, tries_before: u32) -> reqwest::Result<Answered> {
    let http = reqwest::Client::builder().no_proxy().build()?;
    let body = json!({"model": model, "prompt": "a fox", "response_format": "url"});
    let request = http.post(format!("{base}/images/generations")).body(body.to_string());
    Ok(Answered::read(request.header("x-stainless-retry-count", tries_before.to_string()).send().await?).await)
}

#[tokio::test]
async fn sigterm_waits_for_a_picture() {
    let (mock, folder) = (Mock::start(0).await.unwrap(), tempfile::tempdir().unwrap());
    mock.script().push_feature(gated());
    let variables = variables(&mock);
    let variables = variables.each_ref().map(|(name, value)| (*name, value.as_str()));
    let mut program = serve(folder.path(), &variables);
    let base = program.base_url().to_owned();
    let stopped = async {
        within(mock.script().wait_for_features(|counts| counts.open == 1)).await;
        program.signal("TERM");
        while !program.read_line().starts_with("stopping") {}
        mock.script().open_gate();
    };
    let (drawn, ()) = tokio::join!(draw_at(&base, "dall-e-3", 0), stopped);
    assert_eq!(drawn.unwrap().status, 200);
    assert!(program.end().status.success());
}

#[tokio::test]
async fn a_picture_is_lost_with_its_relay_and_not_begun_again() {
    let (mock, folder) = (Mock::start(0).await.unwrap(), tempfile::tempdir().unwrap());
    mock.script().push_feature(gated());
    let variables = variables(&mock);
    let variables = variables.each_ref().map(|(name, value)| (*name, value.as_str()));
    let program = serve(folder.path(), &variables);
    let killed = async {
        within(mock.script().wait_for_features(|counts| counts.open == 1)).await;
        let list = run(folder.path(), &["results"], &variables);
        assert!(list.stdout.contains("running"), "{}", list.stdout);
        program.signal("KILL");
    };
    let (drawn, ()) = tokio::join!(draw_at(program.base_url(), "dall-e-3", 0), killed);
    assert!(drawn.is_err(), "the connection broke");
    let list = run(folder.path(), &["results"], &variables);
    assert!(list.stdout.contains("lost, perhaps billed"), "{}{}", list.stdout, list.stderr);
    drop(program);
    let next = serve(folder.path(), &variables);
    next.wait_for_log("may have been billed").await;
    // An SDK asks again by itself, without knowing.
    let again = draw_at(next.base_url(), "dall-e-3", 1).await.unwrap();
    assert_eq!((again.status.as_u16(), again.headers["x-should-retry"].to_str().unwrap()), (503, "false"));
    assert!(again.error("message").contains("may have been billed"), "{}", again.body);
    assert_eq!(mock.script().features().len(), 1);
    // Its user asks again, and knows.
    assert_eq!(draw_at(next.base_url(), "dall-e-3", 0).await.unwrap().status, 200);
}

// The program is waited for by a thread, while the stand-in must answer it.
#[tokio::test(flavor = "multi_thread")]
async fn what_1min_had_begun_is_had_after_a_crash() {
    let (mock, folder) = (Mock::start(0).await.unwrap(), tempfile::tempdir().unwrap());
    // The result is never there while the relay lives.
    mock.script().processing(1_000);
    let variables = variables(&mock);
    let variables = variables.each_ref().map(|(name, value)| (*name, value.as_str()));
    let program = serve(folder.path(), &variables);
    let killed = async {
        let noted = async {
            while !run(folder.path(), &["results", "--json"], &variables).stdout.contains("\"is_fetchable\": true") {
                tokio::task::yield_now().await;
            }
        };
        within(noted).await;
        program.signal("KILL");
    };
    let (drawn, ()) = tokio::join!(draw_at(program.base_url(), "midjourney", 0), killed);
    assert!(drawn.is_err(), "the connection broke");
    mock.script().processing(0);
    let list: Value = serde_json::from_str(&run(folder.path(), &["results", "--json"], &variables).stdout).unwrap();
    assert_eq!(list[0]["state"], "lost");
    let id = list[0]["id"].as_str().unwrap();
    let got = run(folder.path(), &["results", "get", id, "--to", "out"], &variables);
    assert!(got.status.success(), "{}", got.stderr);
    assert_eq!(std::fs::read_dir(folder.path().join("out")).unwrap().count(), 4, "{}", got.stdout);
    assert_eq!(mock.script().features().len(), 1);
}
