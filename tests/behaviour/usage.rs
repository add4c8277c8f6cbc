//! What was asked and what it cost is kept, and a crash loses the last second of it at most.

use std::{path::Path, time::Duration};

use mock_onemin::{Answer, Mock, Reply, Step, Text, Turn, wire};
use relay::usage::{By, Period};
use relay_tests::{
    CANARY, NOW, Pair, ask, ask_streaming,
    program::{Program, run},
    reply::read_until,
    within,
};
use rusqlite::Connection;
use serde_json::{Value, json};
use tokio::{sync::mpsc, time::Instant};

fn http() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// A stand-in that answers all, and the variables of a program in front of it.
async fn stand_in() -> (Mock, [(&'static str, String); 3]) {
    let mock = Mock::start(0).await.unwrap();
    mock.script().always(Turn::Answer(Answer::default()));
    let variables =
        [("ONE_MIN_API_URL", mock.url()), ("ONE_MIN_API_KEY", CANARY.into()), ("RELAY_TIME_ZONE", "UTC".into())];
    (mock, variables)
}

fn borrowed<'a>(variables: &'a [(&'static str, String); 3]) -> [(&'static str, &'a str); 3] {
    variables.each_ref().map(|(name, value)| (*name, value.as_str()))
}

fn database(folder: &Path) -> Connection {
    Connection::open(folder.join("data/relay.sqlite")).unwrap()
}

fn one<T: rusqlite::types::FromSql>(connection: &Connection, query: &str) -> T {
    connection.query_row(query, [], |row| row.get(0)).unwrap()
}

/// Every byte of the files in a folder, as text.
fn all_bytes(folder: &Path) -> String {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    files.map(|path| String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned()).collect()
}

#[tokio::test]
async fn requests_are_counted_by_what_they_were_and_what_was_not_asked_is_not() {
    let pair = Pair::start().await;
    pair.script().always(Turn::Answer(Answer::default()));
    pair.chat(&ask("x")).await;
    let message = json!({"model": "gpt-4o-mini", "max_tokens": 50, "messages": [{"role": "user", "content": "x"}]});
    assert_eq!(pair.post_to("/v1/messages", &message).await.status(), 200);
    let unknown = json!({"model": "made-up", "messages": [{"role": "user", "content": "x"}]});
    assert_eq!(pair.chat(&unknown).await.status, 404);
    pair.http.get(pair.url("/v1/models")).send().await.unwrap();
    pair.records(4).await;
    pair.relay.stop().await;
    let lines = async |by| {
        let lines = pair.relay.usage(by, Period::default()).await.unwrap();
        let line = |line: relay::usage::Line| (line.name, line.totals.requests, line.totals.credits);
        lines.into_iter().map(line).collect::<Vec<_>>()
    };
    let line = |name: &str, requests, credits| (name.to_owned(), requests, credits);
    assert_eq!(lines(By::Model).await, [line("gpt-4o-mini", 2, 90.0), line("", 1, 0.0)]);
    assert_eq!(lines(By::Dialect).await, [line("openai.chat", 2, 45.0), line("anthropic.messages", 1, 45.0)]);
    assert_eq!(lines(By::Token).await, [line("", 3, 90.0)]);
    assert_eq!(pair.relay.usage(By::Day, Period::default()).await.unwrap()[0].totals.failed, 1);
}

#[tokio::test]
async fn what_ends_while_the_relay_stops_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let pair = Pair::start_in(Some(folder.path()), NOW, Mock::start(0).await.unwrap(), |_| {}, Some(CANARY)).await;
    let mut reply = Reply::stream([wire::content_frame("so far")]);
    reply.body.extend([Step::Gate, Step::Send(wire::content_frame(", so good") + &wire::done_frame())]);
    pair.reply(reply);
    let answer = read_until(pair.post(&ask_streaming("x")).await, "so far").await;
    let mut status = pair.relay.watch_status();
    let finish = async {
        within(status.wait_for(|status| status.state == relay::RunState::Stopping)).await.unwrap();
        pair.script().open_gate();
        drop(answer);
    };
    tokio::join!(within(pair.relay.stop()), finish);
    let lines = pair.relay.usage(By::Day, Period::default()).await.unwrap();
    assert_eq!((lines[0].name.as_str(), lines[0].totals.requests), ("2027-01-15", 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_shows_lists_and_deletes_it_beside_a_running_relay() {
    let (mock, variables) = stand_in().await;
    mock.script().always(Turn::Answer(Answer { text: Text::Literal("a secret answer".into()), ..Answer::default() }));
    let folder = tempfile::tempdir().unwrap();
    let usage = |arguments: &[&str]| {
        let arguments: Vec<_> = ["usage"].iter().chain(arguments).copied().collect();
        run(folder.path(), &arguments, &borrowed(&variables))
    };
    assert!(usage(&[]).stdout.starts_with("Nothing was asked in this time"), "{:?}", usage(&[]));
    let program = Program::serve(folder.path(), &[], &borrowed(&variables));
    let post = |body: Value| http().post(format!("{}/chat/completions", program.base_url())).body(body.to_string());
    for _ in 0..2 {
        let answered = post(ask("a secret question")).send().await.unwrap().text().await.unwrap();
        assert!(answered.contains("a secret answer"));
    }
    let json = |arguments: &[&str]| -> Value { serde_json::from_str(&usage(arguments).stdout).unwrap() };
    let written = async {
        while json(&["--json"])[0]["requests"] != 2 {
            tokio::task::yield_now().await;
        }
    };
    within(written).await;

    let today = json(&["--json"])[0]["day"].as_str().unwrap().to_owned();
    let table = usage(&["--by", "model", "--since", &today, "--until", &today]).stdout;
    let cells: Vec<_> = table.lines().map(|line| line.split_whitespace().take(4).collect::<Vec<_>>()).collect();
    assert_eq!(cells[1], ["gpt-4o-mini", "2", "0", "196"], "{table}");
    let csv = usage(&["--by", "request", "--csv"]).stdout;
    let [heading, first, ..] = csv.split("\r\n").collect::<Vec<_>>()[..] else { panic!("{csv}") };
    assert!(heading.starts_with("time,id,owner,token,dialect,model_asked,model_used,"), "{heading}");
    assert!(first.starts_with(&today) && first.contains(",local,,openai.chat,gpt-4o-mini,gpt-4o-mini,"), "{first}");
    assert_eq!(json(&["--by", "dialect", "--json", "--until", "2001-01-01"]), json!([]));
    assert!(!all_bytes(&folder.path().join("data")).contains("secret"), "what is said is not kept");

    let refused = usage(&["delete"]);
    assert!(!refused.status.success() && refused.stderr.contains("say --yes where nobody can be asked"), "{refused:?}");
    assert!(usage(&["delete", "--before", &today, "--yes"]).stdout.contains("Deleted the usage of all days before"));
    assert_eq!(json(&["--json"])[0]["requests"], 2);
    assert_eq!(usage(&["delete", "--yes"]).stdout, "Deleted all usage: 2 requests.\n");
    assert_eq!(json(&["--json"]), json!([]));

    // The relay goes on, and what it answered last is there when it has ended.
    post(ask("x")).send().await.unwrap().text().await.unwrap();
    program.signal("TERM");
    assert!(program.end().status.success());
    assert_eq!(json(&["--by", "token", "--json"])[0]["credits"], 45.0);
    let wrong = usage(&["--since", "yesterday"]);
    assert!(wrong.stderr.contains("write a day such as 2026-11-01"), "{wrong:?}");
}

/// Asks again and again until the relay is gone, and tells the id of every answer that came whole, and when.
async fn ask_on(url: String, told: mpsc::UnboundedSender<(String, Instant)>) {
    let http = http();
    while let Ok(answer) = http.post(&url).body(ask("x").to_string()).send().await {
        let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
        if answer.bytes().await.is_err() || told.send((id, Instant::now())).is_err() {
            break;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_is_killed_under_load_loses_the_last_second_at_most() {
    const SECOND: Duration = Duration::from_secs(1);
    let (_mock, variables) = stand_in().await;
    let folder = tempfile::tempdir().unwrap();
    let mut variables = borrowed(&variables).to_vec();
    variables.push(("RELAY_REQUESTS_PER_MINUTE", "0"));
    let program = Program::serve(folder.path(), &[], &variables);
    let url = format!("{}/chat/completions", program.base_url());
    let (told, mut answers) = mpsc::unbounded_channel();
    let clients = futures_util::future::join_all((0..8).map(|_| ask_on(url.clone(), told.clone())));
    drop(told);
    let kill = async {
        // Long enough for some of it to be older than what may be lost.
        let mut answered = vec![answers.recv().await.unwrap()];
        while answered.len() < 100 || answered[answered.len() - 1].1 - answered[0].1 < SECOND * 3 / 2 {
            answered.push(answers.recv().await.unwrap());
        }
        let killed = Instant::now();
        program.signal("KILL");
        assert!(!program.end().status.success());
        (answered, killed)
    };
    let ((answered, killed), _) = tokio::join!(within(kill), clients);

    let connection = database(folder.path());
    assert_eq!(one::<String>(&connection, "PRAGMA integrity_check"), "ok");
    let kept: u32 = one(&connection, "SELECT count(*) FROM usage");
    assert_eq!(one::<u32>(&connection, "SELECT sum(requests) FROM usage_day"), kept, "the sums are of these");
    let due: Vec<_> = answered.iter().filter(|(_, when)| killed - *when > SECOND).collect();
    assert!(!due.is_empty());
    for (id, when) in due {
        let is_kept: bool =
            connection.query_row("SELECT count(*) FROM usage WHERE id = ?1", [id], |row| row.get(0)).unwrap();
        assert!(is_kept, "{id} was answered {:?} before the end and is lost", killed - *when);
    }
    drop(connection);

    // The next relay goes on with what is there.
    let next = Program::serve(folder.path(), &[], &variables);
    let answered = http().post(format!("{}/chat/completions", next.base_url())).body(ask("x").to_string()).send().await;
    assert_eq!(answered.unwrap().status(), 200);
    next.signal("TERM");
    assert!(next.end().status.success());
    assert_eq!(one::<u32>(&database(folder.path()), "SELECT count(*) FROM usage"), kept + 1);
}
