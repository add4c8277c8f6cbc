//! The figures: who may read them, and that they say what happened and nothing of anybody.

use mock_onemin::{Answer, Reply, Turn};
use relay::{
    settings::{Host, MetricsFor, Settings},
    token::NewToken,
};
use relay_tests::{Answered, CANARY, Pair, ask, ask_streaming, within};

/// The figures of a pair, as a program of this machine reads them.
async fn figures(pair: &Pair) -> Answered {
    Answered::read(pair.http.get(pair.url("/metrics")).send().await.unwrap()).await
}

fn on(settings: &mut Settings) {
    settings.metrics = MetricsFor::Loopback;
}

/// The value of the one series of this name and labels; 0 where there is none.
fn value(figures: &str, series: &str) -> f64 {
    let value = figures.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    value.map_or(0.0, |value| value.parse().unwrap())
}

const CHAT: &str = r#"method="POST",route="/v1/chat/completions""#;

#[tokio::test]
async fn they_are_off_until_they_are_turned_on() {
    let pair = Pair::start().await;
    let off = figures(&pair).await;
    assert_eq!((off.status.as_u16(), off.error("code").as_str()), (404, "unknown_url"));
    assert!(off.error("message").contains("RELAY_METRICS=loopback"), "{}", off.body);
    let mut settings = pair.relay.settings();
    on(&mut settings);
    pair.relay.apply(settings).await.unwrap();
    let figures = figures(&pair).await;
    assert_eq!(figures.status, 200);
    assert_eq!(figures.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    assert!(figures.body.contains("onemin_relay_build_info{version="), "{}", figures.body);
}

#[tokio::test]
async fn they_say_what_was_asked_what_it_cost_and_what_failed() {
    let pair = Pair::start_with(on, Some(CANARY)).await;
    pair.script().push(Turn::Answer(Answer::default()));
    pair.script().push(Turn::Answer(Answer::default()));
    pair.script().push(Turn::Reply(Reply::json(401, r#"{"message": "no"}"#)));
    for body in [ask("canary-prompt"), ask_streaming("canary-prompt"), ask("canary-prompt")] {
        pair.chat(&body).await;
    }
    let asked_for_nothing_there = pair.http.get(pair.url("/canary-path")).send().await.unwrap();
    assert_eq!(asked_for_nothing_there.status(), 404);
    let records = pair.records(4).await;
    let whole = figures(&pair).await.body;
    let done = format!(r#"onemin_relay_requests_total{{{CHAT},outcome="done",status="200",error=""}}"#);
    let refused =
        format!(r#"onemin_relay_requests_total{{{CHAT},outcome="failed",status="401",error="invalid_api_key"}}"#);
    assert_eq!((value(&whole, &done), value(&whole, &refused)), (2.0, 1.0), "{whole}");
    assert!(whole.contains(r#"method="GET",route="(unknown route)",outcome="failed",status="404""#), "{whole}");
    assert_eq!(value(&whole, &format!("onemin_relay_request_duration_seconds_count{{{CHAT}}}")), 3.0);
    assert_eq!(value(&whole, r#"onemin_relay_upstream_calls_total{model="gpt-4o-mini"}"#), 3.0);
    let told = |of: fn(&relay::conversation::Usage) -> u64| -> u64 {
        records.iter().filter_map(|record| record.usage.as_ref().map(of)).sum()
    };
    let tokens = |kind: &str| {
        ["true", "false"]
            .map(|estimated| {
                value(
                    &whole,
                    &format!(
                        r#"onemin_relay_tokens_total{{model="gpt-4o-mini",kind="{kind}",estimated="{estimated}"}}"#
                    ),
                )
            })
            .into_iter()
            .sum::<f64>()
    };
    assert_eq!(tokens("prompt"), told(|usage| usage.prompt_tokens) as f64);
    assert_eq!(tokens("completion"), told(|usage| usage.completion_tokens) as f64);
    assert!(tokens("prompt") > 0.0);
    assert!(value(&whole, "onemin_relay_models") > 10.0);
    assert!(!whole.contains("canary") && !whole.contains("local"), "{whole}");
}

#[tokio::test]
async fn what_runs_is_seen_while_it_runs() {
    let pair = Pair::start_with(on, Some(CANARY)).await;
    let mut held = Reply::stream(Vec::<String>::new());
    held.before_headers.push(mock_onemin::Step::Gate);
    pair.reply(held);
    let body = ask_streaming("x");
    let asking = pair.post(&body);
    let looking = async {
        loop {
            let whole = figures(&pair).await.body;
            if value(&whole, "onemin_relay_streams_running") == 1.0 {
                // This reading is the other one.
                assert_eq!(value(&whole, "onemin_relay_requests_running"), 2.0);
                return;
            }
        }
    };
    tokio::select! {
        () = within(looking) => {}
        _ = asking => panic!("it was held"),
    }
    let left = async { while value(&figures(&pair).await.body, "onemin_relay_streams_running") != 0.0 {} };
    within(left).await;
}

#[tokio::test]
async fn on_loopback_nobody_reads_them_through_a_proxy_or_as_a_page() {
    let pair = Pair::start_with(on, Some(CANARY)).await;
    for (name, value) in [
        ("x-forwarded-for", "127.0.0.1"),
        ("forwarded", "for=127.0.0.1"),
        ("x-real-ip", "127.0.0.1"),
        ("origin", "https://evil.example"),
        ("host", "evil.example"),
    ] {
        let answered = pair.http.get(pair.url("/metrics")).header(name, value).send().await.unwrap();
        assert_eq!(answered.status(), 403, "{name}");
        assert!(!answered.text().await.unwrap().contains("onemin_relay_"), "{name}");
    }
}

#[tokio::test]
async fn from_the_network_they_are_read_only_where_the_setting_says_so() {
    let own = if_addrs::get_if_addrs().unwrap().into_iter().map(|interface| interface.ip());
    let own = own.into_iter().find(|ip| ip.is_ipv4() && !ip.is_loopback());
    let own = own.expect("a machine without any address but loopback can't show this");
    let everywhere = |metrics| {
        move |settings: &mut Settings| {
            settings.host = "0.0.0.0".parse::<Host>().unwrap();
            settings.metrics = metrics;
        }
    };
    for (metrics, status) in [(MetricsFor::Nobody, 404), (MetricsFor::Loopback, 403), (MetricsFor::Network, 200)] {
        let pair = Pair::start_with(everywhere(metrics), None).await;
        let url = pair.url("/metrics").replace("127.0.0.1", &own.to_string());
        assert!(url.contains(&own.to_string()), "{url}");
        assert_eq!(pair.http.get(url).send().await.unwrap().status(), status, "{metrics}");
    }
}

#[tokio::test]
async fn where_a_token_is_required_the_network_needs_one_for_them() {
    let change = |settings: &mut Settings| {
        settings.metrics = MetricsFor::Network;
        settings.require_token = true;
    };
    let pair = Pair::start_with(change, Some(CANARY)).await;
    for credential in ["", "their-key", "1mr-abc", CANARY] {
        let answered = pair.http.get(pair.url("/metrics")).bearer_auth(credential).send().await.unwrap();
        assert_eq!(answered.status(), 401, "{credential}");
    }
    let (token, secret) =
        pair.relay.add_token(NewToken { name: "canary-ann".into(), ..NewToken::default() }).await.unwrap();
    let chat = pair.http.post(pair.url("/v1/chat/completions")).bearer_auth(secret.reveal());
    assert_eq!(chat.body(ask("x").to_string()).send().await.unwrap().status(), 200);
    let answered = pair.http.get(pair.url("/metrics")).bearer_auth(secret.reveal()).send().await.unwrap();
    assert_eq!(answered.status(), 200);
    let figures = answered.text().await.unwrap();
    assert_eq!(value(&figures, r#"onemin_relay_upstream_calls_total{model="gpt-4o-mini"}"#), 1.0, "{figures}");
    for secret in ["canary", "1mr-", &token.id, secret.reveal()] {
        assert!(!figures.contains(secret), "{secret}: {figures}");
    }
}

#[tokio::test]
async fn budgets_of_all_are_shown_and_those_of_callers_are_not() {
    let change = |settings: &mut Settings| {
        on(settings);
        settings.limits.credits_per_day = 1_000_000;
        settings.limits.caller_credits_per_month = 7_000_000;
    };
    let pair = Pair::start_with(change, Some(CANARY)).await;
    pair.script().always(Turn::Answer(Answer::default()));
    pair.chat(&ask("x")).await;
    let spent = pair.record().await.usage.unwrap().credits.unwrap();
    let whole = figures(&pair).await.body;
    assert_eq!(value(&whole, r#"onemin_relay_budget_limit_credits{period="day"}"#), 1_000_000.0, "{whole}");
    assert_eq!(value(&whole, r#"onemin_relay_budget_spent_credits{period="day"}"#), spent, "{whole}");
    assert!(spent > 0.0 && !whole.contains("7000000") && !whole.contains(r#"period="month""#), "{whole}");
}

#[tokio::test]
async fn refusals_of_the_relay_and_of_1min_are_told_apart() {
    let change = |settings: &mut Settings| {
        on(settings);
        settings.limits.requests_per_minute = 1;
    };
    let pair = Pair::start_with(change, Some(CANARY)).await;
    let mut busy = Reply::json(429, r#"{"message": "Too many requests"}"#);
    busy.headers.push(("retry-after".into(), "0".into()));
    pair.reply(busy);
    for _ in 0..2 {
        assert_eq!(pair.chat(&ask("x")).await.status, 429);
    }
    pair.records(2).await;
    let whole = figures(&pair).await.body;
    for error in ["rate_limit_exceeded", "rate_limited"] {
        let series = format!(r#"onemin_relay_requests_total{{{CHAT},outcome="failed",status="429",error="{error}"}}"#);
        assert_eq!(value(&whole, &series), 1.0, "{error}: {whole}");
    }
}
