//! The commands as the window calls them, on Tauri's mock runtime: names, arguments, answers and errors on the wire.

use serde_json::{Value, json};
use tauri::{
    WebviewWindow, WebviewWindowBuilder,
    ipc::{CallbackFn, InvokeBody},
    test::{INVOKE_KEY, MockRuntime, get_ipc_response, mock_builder, mock_context, noop_assets},
    webview::InvokeRequest,
};

use super::with_commands;
use crate::shell::tests::House;

fn window(house: &House) -> WebviewWindow<MockRuntime> {
    let builder = with_commands(mock_builder()).manage(house.shell.clone());
    let app = builder.build(mock_context(noop_assets())).unwrap();
    WebviewWindowBuilder::new(&app, "main", tauri::WebviewUrl::default()).build().unwrap()
}

/// What the window gets for a call: the answer, or the error.
fn call(window: &WebviewWindow<MockRuntime>, command: &str, arguments: Value) -> Result<Value, Value> {
    let request = InvokeRequest {
        cmd: command.into(),
        callback: CallbackFn(0),
        error: CallbackFn(1),
        url: "tauri://localhost".parse().unwrap(),
        body: InvokeBody::Json(arguments),
        headers: http::HeaderMap::default(),
        invoke_key: INVOKE_KEY.to_owned(),
    };
    get_ipc_response(window, request).map(|body| body.deserialize().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_takes_the_arguments_that_the_window_sends() {
    let house = House::new().await;
    let window = window(&house);
    let state = call(&window, "get_state", json!({})).unwrap();
    assert_eq!((&state["relay"]["state"], &state["problems"][0]["kind"]), (&json!("stopped"), &json!("key_missing")));
    for (command, arguments) in [
        ("set_relay", json!({"on": true})),
        ("set_key", json!({"key": "canary-key-0123456789-abcd", "place": "session"})),
        ("check_key", json!({})),
        ("set_setting", json!({"name": "idle_timeout", "value": "60"})),
        ("reset_setting", json!({"name": "idle_timeout"})),
        ("allow_models", json!({"ids": ["gpt-4o"], "allowed": false})),
        ("set_favourite", json!({"id": "gpt-4o", "isFavourite": true})),
        ("allow_blocked", json!({"kind": "host", "name": "relay.lan"})),
        ("set_preferences", json!({"preferences": {"theme": "dark", "language": "ru"}})),
        ("set_demo", json!({"on": true})),
        ("set_demo", json!({"on": false})),
        ("remove_key", json!({})),
        ("set_relay", json!({"on": false})),
    ] {
        assert_eq!(call(&window, command, arguments), Ok(Value::Null), "{command}");
    }
    let models = call(&window, "list_models", json!({})).unwrap();
    assert!(models.as_array().unwrap().iter().any(|row| row["id"] == "gpt-4o" && row["is_allowed"] == json!(false)));
    assert!(call(&window, "refresh_models", json!({})).unwrap().is_array());
    let state = call(&window, "get_state", json!({})).unwrap();
    assert_eq!((&state["preferences"]["theme"], &state["key"]["place"]), (&json!("dark"), &json!("none")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_comes_and_goes_over_the_wire() {
    let house = House::new().await;
    let window = window(&house);
    let limits = json!({"requests_per_minute": null, "concurrent_requests": 2, "credits_per_day": 0});
    let wish = json!({"name": "Cline", "models": ["gpt-4o"], "limits": limits, "days": 30});
    let added = call(&window, "add_token", json!({ "wish": wish })).unwrap();
    assert!(added["secret"].as_str().unwrap().starts_with("1mr-"));
    assert_eq!(added["token"]["limits"]["concurrent_requests"], 2);
    let tokens = call(&window, "list_tokens", json!({})).unwrap();
    assert_eq!(tokens, json!([added["token"]]));
    assert_eq!(call(&window, "revoke_token", json!({"id": tokens[0]["id"]})), Ok(Value::Null));
    for list in ["list_tokens", "list_budgets", "list_blocked"] {
        assert_eq!(call(&window, list, json!({})), Ok(json!([])), "{list}");
    }
    let error = call(&window, "add_token", json!({"wish": {"name": "", "models": null, "limits": {}, "days": null}}));
    assert_eq!(error.unwrap_err()["kind"], "invalid_value");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_has_a_kind_and_a_sentence() {
    let house = House::new().await;
    let window = window(&house);
    let error = call(&window, "set_setting", json!({"name": "port", "value": "99999"})).unwrap_err();
    assert_eq!(error["kind"], "invalid_value");
    assert!(error["message"].as_str().unwrap().contains("It must be a port from 1 to 65535"), "{error}");
    let error = call(&window, "set_key", json!({"key": " ", "place": "keyring"})).unwrap_err();
    assert_eq!(error["kind"], "invalid_key");
}
