use super::*;
use crate::{conversation::Usage, journal::Outcome};

fn now() -> Now {
    Now { models: 3, catalog_age_seconds: 60, memcached: 2, memcached_away: 1, ..Now::default() }
}

fn record(route: &str, model: Option<&str>, error: Option<&'static str>) -> Record {
    Record {
        id: "req_1".into(),
        arrived_unix_ms: 0,
        owner: Some("canary-owner".into()),
        token: Some("canary-token".into()),
        route: route.into(),
        outcome: if error.is_some() { Outcome::Failed } else { Outcome::Done },
        status: Some(if error.is_some() { 429 } else { 200 }),
        error,
        model: model.map(str::to_owned),
        answered_by: None,
        is_streaming: false,
        upstream_calls: 1,
        queued_ms: None,
        accepted_ms: Some(200),
        duration_ms: 2_000,
        usage: Some(Usage { prompt_tokens: 7, completion_tokens: 5, is_estimate: false, credits: Some(1.5) }),
        reckoned_credits: None,
    }
}

fn written(metrics: &Metrics) -> String {
    metrics.write(&now(), Format::OpenMetrics).unwrap()
}

fn assert_line(written: &str, line: &str) {
    assert!(written.lines().any(|written| written == line), "{line} is not in {written}");
}

#[test]
fn a_request_is_counted_with_its_time_tokens_and_credits() {
    let metrics = Metrics::default();
    metrics.set_models(["gpt-4o"].into_iter());
    metrics.count(&record("POST /v1/chat/completions", Some("gpt-4o"), None));
    let whole = written(&metrics);
    let route = r#"method="POST",route="/v1/chat/completions""#;
    assert_line(&whole, &format!(r#"onemin_relay_requests_total{{{route},outcome="done",status="200",error=""}} 1"#));
    assert_line(&whole, &format!("onemin_relay_request_duration_seconds_sum{{{route}}} 2.0"));
    assert_line(&whole, &format!(r#"onemin_relay_request_duration_seconds_bucket{{le="1.0",{route}}} 0"#));
    assert_line(&whole, &format!(r#"onemin_relay_request_duration_seconds_bucket{{le="2.5",{route}}} 1"#));
    assert_line(&whole, &format!("onemin_relay_request_accepted_seconds_sum{{{route}}} 0.2"));
    assert_line(&whole, r#"onemin_relay_upstream_calls_total{model="gpt-4o"} 1"#);
    assert_line(&whole, r#"onemin_relay_tokens_total{model="gpt-4o",kind="prompt",estimated="false"} 7"#);
    assert_line(&whole, r#"onemin_relay_tokens_total{model="gpt-4o",kind="completion",estimated="false"} 5"#);
    assert_line(&whole, r#"onemin_relay_credits_total{model="gpt-4o",estimated="false"} 1.5"#);
    assert_line(&whole, "onemin_relay_models 3");
    assert_line(&whole, "onemin_relay_catalog_age_seconds 60");
    assert_line(&whole, "onemin_relay_memcached_servers_away 1");
    assert!(whole.ends_with("# EOF\n") && !whole.contains("canary"), "{whole}");
}

#[test]
fn credits_that_were_not_said_are_the_reckoned_ones_as_the_usage_has_them() {
    let metrics = Metrics::default();
    let record = || record("POST /v1/chat/completions", Some("x"), None);
    metrics.count(&Record { usage: None, reckoned_credits: Some(9.0), ..record() });
    // One of its calls was said, the other was not.
    metrics.count(&Record { reckoned_credits: Some(4.0), ..record() });
    assert_line(&written(&metrics), r#"onemin_relay_credits_total{model="other",estimated="true"} 13.0"#);
    assert_line(&written(&metrics), r#"onemin_relay_credits_total{model="other",estimated="false"} 1.5"#);
}

#[test]
fn what_clients_make_up_makes_no_new_series() {
    let metrics = Metrics::default();
    metrics.set_models(["gpt-4o"].into_iter());
    let lines = |count: usize| {
        for number in 0..count {
            let error = Some("rate_limit_exceeded");
            metrics.count(&record(&format!("M{number} (unknown route)"), Some(&format!("made-up-{number}")), error));
        }
        written(&metrics).lines().count()
    };
    assert_eq!(lines(1), lines(1_000));
    let whole = written(&metrics);
    assert_line(&whole, r#"onemin_relay_upstream_calls_total{model="other"} 1001"#);
    assert!(whole.contains(r#"method="other",route="(unknown route)""#) && !whole.contains("made-up"), "{whole}");
}

#[test]
fn what_runs_is_counted_while_it_runs() {
    let metrics = Metrics::default();
    let (one, other) = (metrics.running(), metrics.running());
    other.is_streaming();
    other.is_streaming();
    let whole = written(&metrics);
    assert_line(&whole, "onemin_relay_requests_running 2");
    assert_line(&whole, "onemin_relay_streams_running 1");
    drop(one);
    let whole = written(&metrics);
    assert_line(&whole, "onemin_relay_requests_running 1");
    assert_line(&whole, "onemin_relay_streams_running 1");
    drop(other);
    let whole = written(&metrics);
    assert_line(&whole, "onemin_relay_requests_running 0");
    assert_line(&whole, "onemin_relay_streams_running 0");
}

#[test]
fn a_reader_gets_the_format_it_takes() {
    let prometheus = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.4";
    assert_eq!(Format::for_reader(Some(prometheus)), Format::OpenMetrics);
    assert_eq!((Format::for_reader(Some("*/*")), Format::for_reader(None)), (Format::Text, Format::Text));
    let text = Metrics::default().write(&now(), Format::Text).unwrap();
    assert!(text.contains("# TYPE onemin_relay_models gauge") && !text.contains("# EOF"), "{text}");
}

#[test]
fn a_budget_is_shown_while_it_has_a_limit() {
    let metrics = Metrics::default();
    let budgets = vec![Budget { period: "day", limit: 500.0, spent: 12.5, reserved: 3.0 }];
    let whole = metrics.write(&Now { budgets, ..now() }, Format::OpenMetrics).unwrap();
    assert_line(&whole, r#"onemin_relay_budget_limit_credits{period="day"} 500.0"#);
    assert_line(&whole, r#"onemin_relay_budget_spent_credits{period="day"} 12.5"#);
    assert_line(&whole, r#"onemin_relay_budget_reserved_credits{period="day"} 3.0"#);
    assert!(!written(&metrics).contains("budget"));
}
