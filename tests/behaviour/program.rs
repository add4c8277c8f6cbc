//! The program, as a person or a service manager runs it.

use mock_onemin::{Answer, Mock, Reply, Step, Turn, wire};
use relay_tests::{
    CANARY, ask, ask_streaming,
    program::{Program, run},
    within,
};
use serde_json::Value;

fn http() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

async fn chat(program: &Program, body: &Value) -> reqwest::Response {
    http().post(format!("{}/chat/completions", program.base_url())).body(body.to_string()).send().await.unwrap()
}

#[tokio::test]
async fn the_demo_answers_without_key_and_network_and_says_that_it_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let variables = [
        ("ONE_MIN_API_KEY", CANARY),
        ("ONE_MIN_API_URL", "http://127.0.0.1:1"),
        ("HTTP_PROXY", "http://127.0.0.1:1"),
        ("http_proxy", "http://127.0.0.1:1"),
    ];
    let mut program = Program::serve(folder.path(), &["--demo"], &variables);
    while !program.said.last().unwrap().starts_with("Demo: ") {
        program.read_line();
    }
    let answered = chat(&program, &ask("Why is the sky blue?")).await;
    assert_eq!(answered.headers()["x-relay-demo"], "true");
    let text = answered.text().await.unwrap();
    assert!(text.contains("This is the demo of 1min Relay") && text.contains("Why is the sky blue?"));
    let streamed = chat(&program, &ask_streaming("hi")).await.text().await.unwrap();
    assert!(streamed.contains("demo ") && streamed.ends_with("data: [DONE]\n\n"));
}

#[tokio::test]
async fn the_key_comes_from_the_environment_or_a_file_of_variables() {
    let mock = Mock::start(0).await.unwrap();
    mock.script().always(Turn::Answer(Answer::default()));
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(".env"), format!("ONE_MIN_API_KEY={CANARY}\nONE_MIN_API_URL={}\n", mock.url()))
        .unwrap();
    let program = Program::serve(folder.path(), &[], &[]);
    assert_eq!(chat(&program, &ask("x")).await.status(), 200);
    let other = Program::serve(folder.path(), &[], &[("ONE_MIN_API_KEY", "another-key-0123456789")]);
    assert_eq!(chat(&other, &ask("x")).await.status(), 200);
    let keys: Vec<_> = mock.script().received().iter().map(|call| call.header("api-key").unwrap().to_owned()).collect();
    assert_eq!(keys, [CANARY, "another-key-0123456789"]);
}

#[tokio::test]
async fn sigterm_lets_an_answer_finish() {
    let mock = Mock::start(0).await.unwrap();
    let mut reply = Reply::stream([wire::content_frame("so far")]);
    reply.body.extend([Step::Gate, Step::Send(wire::content_frame(", so good") + &wire::done_frame())]);
    mock.script().always(Turn::Reply(reply));
    let folder = tempfile::tempdir().unwrap();
    let mut program =
        Program::serve(folder.path(), &[], &[("ONE_MIN_API_URL", &mock.url()), ("ONE_MIN_API_KEY", CANARY)]);
    let mut answer = chat(&program, &ask_streaming("x")).await;
    let first = answer.chunk().await.unwrap().unwrap();
    program.signal("TERM");
    while !program.said.last().unwrap().starts_with("stopping: ") {
        program.read_line();
    }
    mock.script().open_gate();
    let rest = answer.bytes().await.unwrap();
    let text = String::from_utf8([first, rest].concat()).unwrap();
    assert!(text.contains(", so good") && text.ends_with("data: [DONE]\n\n"), "{text}");
    let ended = program.end();
    assert!(ended.status.success(), "{ended:?}");
}

#[test]
fn a_signal_right_after_the_start_is_heeded() {
    let folder = tempfile::tempdir().unwrap();
    for signal in ["TERM", "INT"].repeat(5) {
        let program = Program::serve(folder.path(), &[], &[]);
        program.signal(signal);
        let ended = program.end();
        assert!(ended.status.success() && ended.stdout.contains("stopping: "), "{ended:?}");
    }
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once() {
    let mock = Mock::start(0).await.unwrap();
    mock.script().always(Turn::Reply(Reply { before_headers: vec![Step::Hang], ..Reply::default() }));
    let folder = tempfile::tempdir().unwrap();
    let url = mock.url();
    let variables = [("ONE_MIN_API_URL", url.as_str()), ("ONE_MIN_API_KEY", CANARY), ("RELAY_DRAIN_SECONDS", "86400")];
    let mut program = Program::serve(folder.path(), &[], &variables);
    let post = http().post(format!("{}/chat/completions", program.base_url())).body(ask("x").to_string()).send();
    let signals = async {
        within(mock.script().wait_for(|counts| counts.open == 1)).await;
        program.signal("INT");
        while !program.said.last().unwrap().starts_with("stopping: ") {
            program.read_line();
        }
        program.signal("INT");
        // On a thread of its own: a program that does not end must not hold up the limit of this test.
        within(tokio::task::spawn_blocking(move || program.end())).await.unwrap()
    };
    let (answered, ended) = tokio::join!(post, signals);
    let answered = answered.unwrap();
    assert_eq!((answered.status().as_u16(), &answered.headers()["x-should-retry"]), (503, &"false".parse().unwrap()));
    assert!(ended.status.success(), "{ended:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn it_opens_as_many_files_as_the_system_lets_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut shell = std::process::Command::new("/bin/sh");
    shell.args(["-c", "ulimit -Sn 64 && exec \"$0\" serve --port 0"]).arg(relay_tests::program::path());
    shell.current_dir(folder.path()).env_clear();
    let program = Program::start(shell);
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", program.id())).unwrap();
    let open_files = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap();
    let [soft, hard, _unit] = open_files.split_whitespace().collect::<Vec<_>>().try_into().unwrap();
    assert_eq!(soft, hard);
    assert_ne!(soft, "64");
}

#[test]
fn a_wrong_value_names_the_setting_and_what_is_allowed() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, variables, words) in [
        (
            &["serve"][..],
            &[("PORT", "abc")][..],
            "PORT is \"abc\" (from the environment). It must be a port from 1 to 65535, or 0 for a free one.",
        ),
        (
            &["serve", "--host", "my-machine"],
            &[],
            "--host is \"my-machine\" (from the command line). It must be localhost or an IP address.",
        ),
        (&["serve", "--set", "idle_timeout=soon"], &[], "--set idle_timeout is \"soon\""),
        (
            &["serve"],
            &[("ONE_MIN_API_KEY", "two words")],
            "ONE_MIN_API_KEY: The 1min.ai key holds characters that no key has",
        ),
        (
            &["serve", "--host", "0.0.0.0"],
            &[("ONE_MIN_API_KEY", CANARY)],
            "within reach of the network, and there is no access token yet",
        ),
    ] {
        let ended = run(folder.path(), arguments, variables);
        assert_eq!(ended.status.code(), Some(1), "{ended:?}");
        assert!(ended.stderr.contains(words), "{}", ended.stderr);
        assert!(!ended.stderr.contains("two words") && !ended.stderr.contains("canary"), "{}", ended.stderr);
    }
}

#[test]
fn wrong_words_on_the_command_line_are_explained() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, words) in [
        (&["serve", "--set", "no_such=1"][..], "there is no setting no_such; the names are host, port,"),
        (&["serve", "--prot", "1"], "--port"),
        (&["sevre"], "serve"),
    ] {
        let ended = run(folder.path(), arguments, &[]);
        assert_eq!(ended.status.code(), Some(2), "{ended:?}");
        assert!(ended.stderr.contains(words), "{}", ended.stderr);
    }
    assert!(run(folder.path(), &["--version"], &[]).stdout.starts_with("1min-relay "));
}

#[test]
fn a_taken_port_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let folder = tempfile::tempdir().unwrap();
    let ended = run(folder.path(), &["serve", "--port", &port], &[]);
    assert_eq!(ended.status.code(), Some(1));
    let words = format!(
        "port {port} of 127.0.0.1 is taken by another program. Stop that program, or choose another port (--port or PORT)."
    );
    assert!(ended.stderr.contains(&words), "{}", ended.stderr);
}
