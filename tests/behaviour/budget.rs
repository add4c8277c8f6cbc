//! Credits of a day and a month: a warning, a hard stop with clear words, and nothing sent beyond it.

use base64::{Engine, prelude::BASE64_STANDARD};
use mock_onemin::{Act, Answer, Mock, Reply, Step, Turn, wire};
use relay::{Whose, journal::Outcome};
#[cfg(unix)]
use relay_tests::memcached::RealMemcached;
use relay_tests::{Answered, CANARY, NOW, Pair, ask, ask_streaming, reply::read_until, within};
use serde_json::{Value, json};

/// A pair whose answers cost 45 credits each.
async fn pair(credits_per_day: u64) -> Pair {
    let pair = Pair::start_with(|settings| settings.limits.credits_per_day = credits_per_day, Some(CANARY)).await;
    pair.script().always(Turn::Answer(Answer::default()));
    pair
}

/// A short question, whose answer may not cost much.
fn short(body: Value) -> Value {
    let mut body = body;
    body["max_tokens"] = json!(10);
    body
}

async fn post(pair: &Pair, path: &str, body: &Value) -> Answered {
    Answered::read(pair.post_to(path, body).await).await
}

/// What is spent and reserved of the only budget.
fn stand(pair: &Pair) -> (f64, f64) {
    let [budget] = pair.relay.budgets().try_into().unwrap();
    assert_eq!((&budget.whose, budget.period), (&Whose::All, "day"));
    (budget.spent, budget.reserved)
}

#[tokio::test]
async fn near_the_end_answers_warn_and_beyond_it_nothing_is_sent() {
    let pair = pair(100).await;
    for warning in [None, None, Some("90 of 100 credits a day are spent of the budget of this relay;")] {
        let answered = pair.chat(&short(ask("x"))).await;
        assert_eq!(answered.status, 200, "{}", answered.body);
        let told = answered.header("x-relay-budget-warning");
        assert!(warning.map_or(told.is_empty(), |words| told.starts_with(words)), "{told}");
    }
    // The last one was let through because it should have cost less: budgets are passed by the error of estimates.
    assert_eq!(stand(&pair), (135.0, 0.0));
    let picture = json!({"model": "dall-e-3", "prompt": "a fox"});
    let words = json!({"model": "gpt-4o-mini", "input": "x"});
    for (path, body) in [
        ("/v1/chat/completions", ask("x")),
        ("/v1/chat/completions", ask_streaming("x")),
        ("/v1/responses", words.clone()),
        ("/v1/images/generations", picture),
        ("/v1/audio/speech", json!({"model": "tts-1", "input": "x", "voice": "nova"})),
        ("/v1/messages", short(ask("x"))),
    ] {
        let refused = post(&pair, path, &body).await;
        assert_eq!(refused.status, 429, "{path} {}", refused.body);
        assert_eq!(refused.header("x-should-retry"), "false", "{path}");
        let message = refused.error("message");
        assert!(
            message.starts_with("The budget of this relay is spent: 100 credits a day. It begins anew at 2027-01-1")
        );
        let named = if path == "/v1/messages" { "rate_limit_error" } else { "insufficient_quota" };
        assert_eq!(refused.error("type"), named, "{path}");
    }
    assert_eq!((pair.script().counts().total(), pair.script().features().len()), (3, 0));
    // What costs nothing goes on.
    assert_eq!(pair.http.get(pair.url("/v1/models")).send().await.unwrap().status(), 200);
    assert_eq!(pair.records(10).await[3].error, Some("budget_spent"));
}

#[tokio::test]
async fn a_raised_budget_lets_callers_in_at_once() {
    let pair = pair(40).await;
    pair.chat(&short(ask("x"))).await;
    assert_eq!(pair.chat(&short(ask("x"))).await.status, 429);
    let mut settings = pair.relay.settings();
    settings.limits.credits_per_day = 1_000;
    pair.relay.apply(settings).await.unwrap();
    assert_eq!(pair.chat(&short(ask("x"))).await.status, 200);
    assert_eq!(stand(&pair), (90.0, 0.0));
}

#[tokio::test]
async fn what_should_cost_more_than_is_left_is_refused_before_anything_is_billed() {
    let pair = pair(60_000).await;
    let refused =
        post(&pair, "/v1/images/generations", &json!({"model": "dall-e-3", "prompt": "x", "quality": "hd"})).await;
    let message = refused.error("message");
    assert!(message.contains("should cost about 80000 credits, and 60000 of 60000 a day are left"), "{message}");
    assert_eq!((refused.status.as_u16(), refused.header("x-should-retry")), (429, "false"));
    let choices = json!({"model": "gpt-4o", "n": 4, "messages": [{"role": "user", "content": "x"}], "max_tokens": 400});
    assert_eq!(pair.chat(&choices).await.status, 200, "each may cost 12000");
    let dear =
        json!({"model": "gpt-5.2-pro", "n": 2, "messages": [{"role": "user", "content": "x"}], "max_tokens": 100});
    assert_eq!(pair.chat(&dear).await.status, 429, "each may cost 50000, and none is made");
    assert_eq!((pair.script().counts().total(), pair.script().features().len()), (4, 0));
    assert_eq!(stand(&pair), (180.0, 0.0));
}

#[tokio::test]
async fn what_is_running_keeps_its_share_until_it_is_billed() {
    let pair = pair(100_000).await;
    let gated = Act { before_headers: vec![Step::Gate], metadata: json!({"credit": 30_000}) };
    pair.script().push_feature(Turn::Act(gated));
    let picture = |prompt: &str| json!({"model": "dall-e-3", "prompt": prompt, "quality": "hd", "size": "1024x1024"});
    let (body, other) = (picture("a fox"), picture("a bear"));
    let second = async {
        within(pair.script().wait_for_features(|counts| counts.open == 1)).await;
        assert_eq!(stand(&pair), (0.0, 80_000.0));
        let held = post(&pair, "/v1/images/generations", &other).await;
        assert_eq!((held.status.as_u16(), held.header("retry-after")), (429, "5"), "{}", held.body);
        pair.script().open_gate();
    };
    let (first, ()) = tokio::join!(post(&pair, "/v1/images/generations", &body), second);
    assert_eq!(first.status, 200, "{}", first.body);
    assert_eq!(stand(&pair), (30_000.0, 0.0));
    // It has shown that it costs less than the list says.
    assert_eq!(post(&pair, "/v1/images/generations", &other).await.status, 200);
    let (spent, reserved) = stand(&pair);
    assert!((60_000.0..60_100.0).contains(&spent), "what 1min.ai does not say is reckoned: {spent}");
    assert_eq!(reserved, 0.0);
}

/// A budget that the first try has spent is no reason to keep from the second what was paid for.
#[tokio::test]
async fn who_asks_once_more_is_given_what_was_paid_for() {
    let pair = pair(80_000).await;
    pair.script().push_feature(Turn::Act(Act { metadata: json!({"credit": 80_000}), ..Act::default() }));
    let body =
        json!({"model": "dall-e-3", "prompt": "x", "quality": "hd", "size": "1024x1024", "response_format": "url"});
    let draw = async |tries_before: u32, body: &Value| {
        let request = pair.http.post(pair.url("/v1/images/generations")).body(body.to_string());
        let request = request.header("x-stainless-retry-count", tries_before.to_string());
        Answered::read(request.send().await.unwrap()).await
    };
    let first = draw(0, &body).await;
    let again = draw(1, &body).await;
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (200, 200), "{}", again.body);
    assert_eq!(first.json()["data"][0]["url"], again.json()["data"][0]["url"]);
    for (tries_before, prompt) in [(0, "x"), (1, "another")] {
        let mut body = body.clone();
        body["prompt"] = json!(prompt);
        assert_eq!(draw(tries_before, &body).await.error("code"), "insufficient_quota");
    }
    assert_eq!(pair.script().features().len(), 1);
}

#[tokio::test]
async fn what_was_not_billed_is_let_go_of_and_what_may_have_been_is_not() {
    let pair = pair(10_000).await;
    for (status, error) in [(400, "upstream_refused"), (500, "upstream_error")] {
        pair.script().push(Turn::Reply(Reply::json(status, "{}")));
        pair.chat(&short(ask("x"))).await;
        let record = pair.relay.journal().recent().pop().unwrap();
        assert_eq!(record.error, Some(error));
        let (spent, reserved) = stand(&pair);
        assert_eq!((spent > 0.0, reserved), (status == 500, 0.0), "{status}");
        assert_eq!(record.reckoned_credits.is_some(), status == 500, "{status}");
    }
}

#[tokio::test]
async fn who_leaves_pays_for_what_was_begun() {
    let pair = pair(10_000).await;
    let mut stuck = Reply::stream([wire::content_frame("so far")]);
    stuck.body.push(Step::Hang);
    pair.reply(stuck);
    drop(read_until(pair.post(&ask_streaming("x")).await, "so far").await);
    let record = pair.record().await;
    assert_eq!(record.outcome, Outcome::ClientLeft);
    let (spent, reserved) = stand(&pair);
    assert!(spent > 0.0 && spent < 10.0, "two words: {spent}");
    assert_eq!((reserved, record.reckoned_credits.map(f64::ceil)), (0.0, Some(spent.ceil())));
}

#[tokio::test]
async fn callers_with_keys_of_their_own_have_budgets_of_their_own() {
    let change = |settings: &mut relay::settings::Settings| {
        settings.limits.caller_credits_per_month = 40;
        settings.limits.credits_per_month = 1;
    };
    let pair = Pair::start_with(change, None).await;
    pair.script().always(Turn::Answer(Answer::default()));
    let ask = async |key: &str| {
        let request = pair.http.post(pair.url("/v1/chat/completions")).bearer_auth(key);
        Answered::read(request.body(short(ask("x")).to_string()).send().await.unwrap()).await
    };
    assert_eq!(ask("key-of-one-0123456789").await.status, 200);
    let refused = ask("key-of-one-0123456789").await;
    assert!(refused.error("message").starts_with("The budget of each caller is spent: 40 credits a month."));
    assert_eq!(ask("key-of-another-0123456789").await.status, 200);
    let budgets = pair.relay.budgets();
    assert!(budgets.iter().all(|budget| matches!(budget.whose, Whose::Key { .. }) && budget.spent == 45.0));
    assert_eq!(budgets.len(), 2);
}

/// Each tells the others once a second, and goes on with what it knows when memcached is gone.
#[cfg(unix)]
#[tokio::test]
async fn relays_share_a_budget_through_memcached() {
    let mut memcached = RealMemcached::start();
    let change = |settings: &mut relay::settings::Settings| {
        settings.limits.credits_per_day = 100;
        settings.memcached_servers = vec![memcached.address()];
    };
    let (one, other) = (Pair::start_with(change, Some(CANARY)).await, Pair::start_with(change, Some(CANARY)).await);
    one.script().always(Turn::Answer(Answer::default()));
    for _ in 0..2 {
        assert_eq!(one.chat(&short(ask("x"))).await.status, 200);
    }
    let heard = async {
        while stand(&other).0 < 90.0 {
            tokio::task::yield_now().await;
        }
    };
    within(heard).await;
    let refused = other.chat(&short(ask("x"))).await;
    assert!(
        refused.error("message").contains("10 of 100 a day are left of the budget of this relay"),
        "{}",
        refused.body
    );
    memcached.kill();
    assert_eq!(other.chat(&short(ask("x"))).await.status, 429);
    assert_eq!(other.script().counts().total(), 0);
}

#[tokio::test]
async fn what_was_spent_before_a_restart_is_known_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let start = async |now: u64| {
        let mock = Mock::start(0).await.unwrap();
        mock.script().always(Turn::Answer(Answer::default()));
        let change = |settings: &mut relay::settings::Settings| {
            settings.limits.credits_per_day = 50;
            settings.limits.caller_credits_per_month = 80;
        };
        Pair::start_in(Some(folder.path()), now, mock, change, Some(CANARY)).await
    };
    let before = start(NOW).await;
    assert_eq!(before.chat(&short(ask("x"))).await.status, 200);
    before.relay.stop().await;
    let stands = |pair: &Pair| -> Vec<(Whose, f64)> {
        pair.relay.budgets().into_iter().map(|budget| (budget.whose, budget.spent)).collect()
    };
    let after = start(NOW + 60).await;
    let refused = after.chat(&ask("x")).await;
    let left = "35 of 80 a month are left of the budget of each caller";
    assert!(refused.error("message").contains(left), "{}", refused.body);
    assert_eq!(stands(&after), [(Whose::All, 45.0), (Whose::Local, 45.0)]);
    after.relay.stop().await;
    // Two days later the day is over, and the month is not.
    let later = start(NOW + 2 * 24 * 3_600).await;
    let refused = later.chat(&ask("x")).await;
    assert!(refused.error("message").contains(left), "{}", refused.body);
    assert_eq!(stands(&later), [(Whose::All, 0.0), (Whose::Local, 45.0)]);
}

/// What the usage has in all, once everything is written.
async fn used(pair: &Pair) -> f64 {
    pair.relay.stop().await;
    let days = pair.relay.usage(relay::usage::By::Day, relay::usage::Period::default()).await.unwrap();
    days.iter().map(|day| day.totals.credits).sum()
}

#[tokio::test]
async fn a_document_costs_what_it_has_to_be_read_for_though_the_answer_is_cut() {
    let pair = pair(10_000_000).await;
    let text = mock_onemin::Text::Literal("one two three four five six seven eight ".repeat(20));
    pair.script().always(Turn::Answer(Answer { text, ..Answer::default() }));
    let file = json!({"filename": "a.txt", "file_data": BASE64_STANDARD.encode("word ".repeat(200_000))});
    let content = json!([{"type": "text", "text": "x"}, {"type": "file", "file": file}]);
    let body = json!({"model": "gpt-4o-mini", "max_tokens": 3, "stream": true, "messages": [{"role": "user", "content": content}]});
    assert_eq!(pair.chat(&body).await.status, 200);
    // As far as the model can read them: 128000 tokens.
    let price_of_input =
        pair.relay.with_models(|models| models.find("gpt-4o-mini").unwrap().credits["INPUT"].as_f64().unwrap());
    let least = 120_000.0 * price_of_input;
    let spent = stand(&pair).0;
    assert!(spent > least, "{spent} of at least {least}");
    let poor = self::pair(10_000).await;
    let refused = poor.chat(&body).await;
    assert_eq!(
        (refused.status.as_u16(), refused.error("code").as_str()),
        (429, "insufficient_quota"),
        "{}",
        refused.body
    );
    assert_eq!(poor.script().counts().total(), 0, "nothing is asked that does not fit");
    assert_eq!(poor.chat(&short(ask("x"))).await.status, 200, "without the document it does");
}

#[tokio::test]
async fn what_1min_said_of_one_call_hides_nothing_of_another() {
    let pair = pair(10_000_000).await;
    pair.script().push(Turn::Answer(Answer::default()));
    pair.script().push(Turn::Reply(Reply::json(500, "{}")));
    let body = json!({"model": "gpt-4o", "n": 2, "messages": [{"role": "user", "content": "x"}]});
    pair.chat(&body).await;
    pair.record().await;
    let (spent, _) = stand(&pair);
    assert!(spent > 45.0, "{spent}");
    assert!((used(&pair).await - spent).abs() < 1.0);
}

#[tokio::test]
async fn a_picture_that_may_have_been_billed_is_in_the_usage_whatever_the_client_is_told() {
    let pair = pair(10_000_000).await;
    pair.script().push_feature(Turn::Reply(Reply::json(500, "{}")));
    let tool = json!({"type": "image_generation", "model": "dall-e-3"});
    let body = json!({"model": "gpt-4o-mini", "input": "a fox", "stream": true, "tools": [tool], "tool_choice": {"type": "image_generation"}});
    post(&pair, "/v1/responses", &body).await;
    pair.record().await;
    let (spent, _) = stand(&pair);
    assert!(spent > 1_000.0, "{spent}");
    assert!((used(&pair).await - spent).abs() < 1.0);
}

#[tokio::test]
async fn a_picture_that_a_stop_cuts_off_is_booked_as_what_it_should_cost() {
    let change = |settings: &mut relay::settings::Settings| {
        settings.limits.credits_per_day = 10_000_000;
        settings.drain = std::time::Duration::from_millis(100);
    };
    let pair = Pair::start_with(change, Some(CANARY)).await;
    pair.script().push_feature(Turn::Reply(Reply { before_headers: vec![Step::Hang], ..Reply::default() }));
    let body = json!({"model": "dall-e-3", "prompt": "a fox", "response_format": "url"});
    let used = async {
        within(pair.script().wait_for_features(|counts| counts.open == 1)).await;
        used(&pair).await
    };
    let (_, used) = tokio::join!(pair.post_to("/v1/images/generations", &body), used);
    let (spent, reserved) = stand(&pair);
    assert!(spent > 1_000.0 && reserved == 0.0, "{spent}, {reserved}");
    assert!((used - spent).abs() < 1.0, "{used} of {spent}");
}

#[tokio::test]
async fn pictures_that_are_dearer_than_listed_do_not_add_up_to_a_price_of_one() {
    let pair = pair(2_000_000).await;
    let act = || Turn::Act(Act { metadata: json!({"credit": 80_000}), ..Act::default() });
    (0..8).for_each(|_| pair.script().push_feature(act()));
    for prompt in ["a fox", "a hen"] {
        let body = json!({"model": "dall-e-3", "prompt": prompt, "n": 4, "response_format": "url"});
        let made = post(&pair, "/v1/images/generations", &body).await;
        assert_eq!(made.status, 200, "{}", made.body);
    }
    assert_eq!(stand(&pair).0, 640_000.0);
}
